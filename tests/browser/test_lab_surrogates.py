"""The surrogates lab in a real JupyterLab."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_surrogates_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('surrogates', trials=15)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 15 trials to make")
    lab.wait_sentence("The first 10 trials are random")
    lab.part("speed").locator("select").select_option("fastest")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 15 trials")
    lab.wait_frame(notebook.ask("lab.image.frame"))
    assert "best f(x) so far" in str(lab.picture.get_attribute("alt"))
    with lab.new_picture():
        lab.part("set-model").locator("select").select_option("ensemble (BANANAS)")
    lab.wait_status("so the search starts again")
    assert notebook.ask("lab.values['task']") == "nb201-cifar10"
    lab.button("step").click()
    lab.wait_sentence("was drawn at random")
