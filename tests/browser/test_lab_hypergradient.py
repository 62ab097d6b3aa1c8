"""The hypergradient lab in a real JupyterLab."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_hypergradient_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook(
        "import nasbook", "lab = nasbook.lab('hypergradient', task='logistic-cancer', rounds=5, unroll=10)\nlab"
    )
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 5 rounds to make")
    lab.wait_sentence("Held against the optimum")
    lab.part("speed").locator("select").select_option("fastest")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 5 rounds")
    lab.wait_sentence("Round 5 went back through 10 steps")
    assert notebook.ask("[len(lab.trace), lab.checks[4] < 1e-5]") == [5, True]
    with lab.new_picture():
        lab.key("scrub", "ArrowLeft")
    lab.wait_sentence("Round 4 went back")
    with lab.new_picture():  # another mode: the search starts again, and the dot moves to its curve
        lab.part("set-mode").locator("select").select_option("implicit")
    lab.wait_status("so the search starts again")
    with lab.new_picture():
        lab.key("set-lr", "End")  # far above the edge of stability
    lab.wait_sentence("of 100 steps by a factor of")
