"""The Pareto lab in a real JupyterLab."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_pareto_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('pareto', trials=40, seed=1)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 40 trials to make")
    lab.wait_sentence("The table has 15,625 rows")
    lab.part("speed").locator("select").select_option("fastest")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 40 trials")
    lab.wait_sentence("of the true front's hypervolume")
    assert notebook.ask("[len(lab.trace), lab.trace.header.method]") == [40, "nsga2"]
    with lab.new_picture():  # the points that a weighted sum can reach
        lab.part("set-weighted").locator("input").click()
    assert notebook.ask("[len(lab.steps), lab.values['weighted']]") == [40, True]
    with lab.new_picture():
        lab.part("set-cost").locator("select").select_option("FLOPs")
    lab.wait_status("so the search starts again")
    assert notebook.ask("lab.task.objectives[1]") == "FLOPs (millions)"
