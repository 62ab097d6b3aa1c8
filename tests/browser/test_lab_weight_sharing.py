"""The weight-sharing lab in a real JupyterLab."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_weight_sharing_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('weight-sharing', epochs=1, data='digits')\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 190 paths to make")
    lab.wait_sentence("waits to be trained along 30 paths, drawn uniformly")
    with lab.new_picture():
        lab.button("step").click()
    lab.wait_sentence("Path 1 of 30")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 190 paths")
    lab.wait_frame(notebook.ask("lab.image.frame"))
    assert "with recalibrated statistics" in str(lab.picture.get_attribute("alt"))
    with lab.new_picture():
        lab.part("set-recalibrate").locator("input").uncheck()
    lab.wait_status("Done: 190 paths")  # only the view has changed
    assert "with running statistics" in str(lab.picture.get_attribute("alt"))
    with lab.new_picture():
        lab.part("set-sampling").locator("select").select_option("strictly fair (FairNAS)")
    lab.wait_status("so the search starts again")
    assert notebook.ask("lab.method.name") == "fairnas"
