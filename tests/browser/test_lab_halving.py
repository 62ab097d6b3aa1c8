"""The halving lab in a real JupyterLab: it opens, plays, and a control changes what it shows."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_halving_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('halving', seed=0)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 40 trials to make")
    lab.part("speed").locator("select").select_option("fastest")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 40 trials")
    lab.wait_sentence("went on to epoch 27")
    lab.wait_frame(notebook.ask("lab.image.frame"))
    wrong = notebook.ask("len(lab.curves.wrong)")
    assert f"{wrong} of the stopped ones would have ended better" in lab.picture.get_attribute("alt")
    with lab.new_picture():
        lab.part("set-method").locator("select").select_option("asha")
    lab.wait_status("so the search starts again")
    lab.button("step").click()
    lab.wait_status("Paused after 1 of 40 trials")
    lab.wait_sentence("ASHA promotes without waiting")
    assert notebook.ask("lab.trace.header.method") == "asha"
