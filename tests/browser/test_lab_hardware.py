"""The hardware lab in a real JupyterLab."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_hardware_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('hardware', epochs=3)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 3 steps to make")
    lab.wait_sentence("Drag the price")
    lab.part("speed").locator("select").select_option("fastest")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 3 steps")
    lab.wait_sentence("are expected. The likeliest chain")
    lab.wait_frame(notebook.ask("lab.image.frame"))
    assert "The expected latency is" in str(lab.picture.get_attribute("alt"))
    with lab.new_picture():
        lab.part("set-axis").locator("select").select_option("FLOPs")
    assert "against FLOPs of one image" in str(lab.picture.get_attribute("alt"))
    with lab.new_picture():
        lab.part("set-method").locator("select").select_option("NSGA-II")
    lab.wait_status("so the search starts again")
    lab.button("step").click()
    lab.wait_sentence("Trial 1 is")
    assert notebook.ask("lab.trace.header.task") == "digits-mbconv-table"
