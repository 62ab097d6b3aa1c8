"""The explain lab in a real JupyterLab."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_explain_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('explain', trials=5)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 5 trials to make")
    lab.wait_sentence("the table says what it owes to each parameter")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 5 trials")
    lab.wait_sentence("The forest on")
    with lab.new_picture():
        notebook.ask("lab.point('lr')")
    lab.wait_sentence("by the forest")
