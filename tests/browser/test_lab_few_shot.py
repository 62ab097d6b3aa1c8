"""The few-shot lab in a real JupyterLab."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_few_shot_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook(
        "import nasbook", "lab = nasbook.lab('few-shot', epochs=2, meta_steps=1, tasks=1, inner_steps=2)\nlab"
    )
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 2 epochs to make")
    lab.wait_sentence("φ is random yet")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 2 epochs")
    lab.wait_sentence("from random weights")
    assert notebook.ask("lab.trace.header.method") == "reptile"
