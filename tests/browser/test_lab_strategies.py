"""The evolution-strategy lab in a real JupyterLab."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_strategies_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('strategies', angle=30, trials=30, seed=1)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 30 trials to make")
    lab.part("speed").locator("select").select_option("fastest")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 30 trials")
    lab.wait_sentence("drawn from the ellipse of generation 3")
    assert notebook.ask("[len(lab.trace), lab.trace.header.method]") == [30, "cma-es"]
    with lab.new_picture():  # the valley turns, and the search starts again
        lab.key("set-angle", "ArrowRight")
    lab.wait_status("so the search starts again")
    lab.wait_sentence("turned by 35°")
    with lab.new_picture():
        lab.part("set-method").locator("select").select_option("differential-evolution")
    lab.wait_sentence("differential-evolution begins at random")
    lab.button("play").click()
    lab.wait_status("Done: 30 trials")
    lab.wait_sentence("for target")
