"""The growth lab in a real JupyterLab."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_growth_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('growth', rounds=1, networks=4, epochs=1)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 5 networks to make")
    lab.wait_sentence("A small chain waits")
    lab.part("speed").locator("select").select_option("fastest")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 5 networks")
    lab.wait_frame(notebook.ask("lab.image.frame"))
    assert "Chains of layers, 5 networks" in str(lab.picture.get_attribute("alt"))
    with lab.new_picture():
        lab.part("set-method").locator("select").select_option("differential evolution")
    lab.wait_status("so the search starts again")
    lab.button("step").click()
    lab.wait_sentence("a random first member")
    assert notebook.ask("lab.trace.header.method") == "cnn-differential-evolution"
