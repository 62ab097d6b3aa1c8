"""The statistics lab in a real JupyterLab."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_statistics_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('statistics', seeds=3, draws=5)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 5 draws to make")
    lab.wait_sentence("who is ahead with them alone?")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 5 draws")
    lab.wait_sentence("With 3 pairs no p is below 0.25")
    assert notebook.ask("int(lab.trace.header.seed == lab.steps[-1][0])") == 1
