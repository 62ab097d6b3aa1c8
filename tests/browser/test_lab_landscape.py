"""The evolution lab's other methods and its landscape, in a real JupyterLab."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_landscape_crossover_and_local_search(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('evolution', population=8, trials=40, seed=1)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 40 trials to make")
    lab.part("set-method").locator("select").select_option("genetic")
    lab.wait_status("so the search starts again")
    lab.wait("lab.querySelector('.nb-set-ageing input').disabled")
    lab.part("speed").locator("select").select_option("fastest")
    lab.button("play").click()
    lab.wait_status("Done: 40 trials")
    lab.wait_sentence("The generation is full")
    with lab.new_picture():  # the same search, on the map of all cells
        lab.part("set-show").locator("select").select_option("landscape")
    rank = notebook.ask("lab.task.rank(lab.trace.best.config)")
    lab.wait_frame(notebook.ask("lab.image.frame"))
    assert f"rank {rank:,}" in lab.picture.get_attribute("alt")
    with lab.new_picture():
        lab.key("scrub", "Home")
    assert "Nothing has been tried" in lab.picture.get_attribute("alt")
    lab.part("set-method").locator("select").select_option("local-search")
    lab.wait_status("so the search starts again")
    assert notebook.ask("[lab.controls[n].disabled for n in ('population', 'sample', 'crossover')]") == [True] * 3
    lab.button("step").click()
    lab.wait_status("Paused after 1 of 40 trials")
    lab.button("step").click()
    lab.wait_sentence("A neighbour of trial 1")
    assert notebook.ask("lab.trace.header.method") == "local-search"
