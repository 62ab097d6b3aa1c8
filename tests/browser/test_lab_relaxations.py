"""The relaxations lab in a real JupyterLab."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_relaxations_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook(
        "import nasbook", "lab = nasbook.lab('relaxations', method='gdas', seeds=2, epochs=2, channels=4)\nlab"
    )
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 4 epochs to make")
    lab.wait_sentence("2 epochs of each of 2 seeds, in turn")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 4 epochs")
    rank = notebook.ask("lab.truth(lab.steps[-1].view.cell)[1]")
    lab.wait_sentence(f"rank {rank:,} of 5,044. The 2 seeds:")
    with lab.new_picture():
        lab.key("set-shown", "ArrowRight")
    assert notebook.ask("lab.trace.header.seed") == 1
    with lab.new_picture():
        lab.part("set-method").locator("select").select_option("sigmoids (FairDARTS)")
    lab.wait_status("so the search starts again")
    assert notebook.ask("lab.controls['cooling'].disabled")
