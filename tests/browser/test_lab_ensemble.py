"""The ensemble lab in a real JupyterLab."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_ensemble_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('ensemble', seeds=3, pool=10, members=4)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 3 pools to make")
    lab.wait_sentence("10 trained networks of 30 different cells")
    lab.part("speed").locator("select").select_option("fastest")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 3 pools")
    lab.wait_sentence("One network has ")
    assert notebook.ask("lab.gap(4)[0] > 0") is True
    lab.key("set-pool", "Home")  # two networks: the pools are drawn anew
    lab.wait_status("Ready: 3 pools to make")
    assert notebook.ask("lab.values['pool']") == 2
