"""The estimator lab in a real JupyterLab."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_estimators_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook(
        "import nasbook", "lab = nasbook.lab('estimators', which='proxies', cells=150, budget=0.5)\nlab"
    )
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 10 estimators to make")
    lab.wait_sentence("Nothing is judged yet")
    lab.part("speed").locator("select").select_option("fastest")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 10 estimators")
    lab.wait_sentence("full training: ")
    assert notebook.ask("list(lab.found()).index('snip') < list(lab.found()).index('full training')") is True
    with lab.new_picture():  # more time: the estimators swap places
        lab.key("set-budget", "End")
    lab.wait_sentence("place 1 of 10")
    assert notebook.ask("list(lab.found())[0]") == "full training"
    with lab.new_picture():
        lab.part("set-shown").locator("select").select_option("naswot")
    assert notebook.ask("lab.comparison.judged[lab.comparison.shown][1].name") == "naswot"
    with lab.new_picture():
        lab.key("scrub", "ArrowLeft")
    lab.wait_sentence("naswot: ")
