"""The prior lab in a real JupyterLab: another prior is another belief, a point is dragged, a network learns."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_prior_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('prior', steps=100)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 11 rounds to make")
    lab.wait_sentence("learned the prior for minutes")
    with lab.new_picture():
        lab.part("set-prior").locator("select").select_option("steps")
    lab.wait_sentence("knows nothing of this prior")
    with lab.new_picture():
        lab.button("step").click()
    lab.wait_status("Paused after 1 of 11 rounds")
    lab.wait_sentence("before its first step")
    with lab.new_picture():
        lab.part("point").locator("select").select_option("2")
        lab.part("remove").click()
    lab.wait_sentence("Point 2 is gone")
    assert notebook.ask("len(lab.points)") == 3
