"""The transfer lab in a real JupyterLab."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_transfer_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('transfer', seeds=2, trials=15, known=40)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 2 seeds to make")
    lab.wait_sentence("The rank correlation is 0.96")
    lab.part("speed").locator("select").select_option("fastest")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 2 seeds")
    lab.wait_sentence("After 15 trials")
    assert notebook.ask("[len(lab.steps), len(lab.trace)]") == [2, 15]
    with lab.new_picture():  # another source: the search starts again, and the scatter is another one
        lab.part("set-source").locator("select").select_option("8×8 digits")
    lab.wait_status("so the search starts again")
    lab.wait_sentence("8×8 digits calls better also better on ImageNet16-120")
