"""The TPE lab in a real JupyterLab: it opens, plays, and γ changes the picture while the trials stay."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_tpe_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('tpe', trials=20, seed=0)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 20 trials to make")
    lab.part("speed").locator("select").select_option("fastest")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 20 trials")
    lab.wait_sentence("24 candidates drawn from l")
    kept = notebook.ask("[t.config['x'] for t in lab.trace.trials]")
    assert notebook.ask("len(lab.frame(20).below)") == 2
    with lab.new_picture():
        lab.key("set-gamma", "End")
    lab.wait_status("γ changed: the next step uses it. The trials so far are kept.")
    assert notebook.ask("len(lab.frame(20).below)") == 20
    assert notebook.ask("[t.config['x'] for t in lab.trace.trials]") == kept
    assert "the 20 best are called good" in lab.picture.get_attribute("alt")
