"""The controller lab in a real JupyterLab."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_controller_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('controller', trials=50, seed=1)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 50 trials to make")
    lab.part("speed").locator("select").select_option("fastest")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 50 trials")
    lab.wait_sentence("Update 5: this batch had")
    assert notebook.ask("[len(lab.trace), lab.trace.header.method]") == [50, "reinforce"]
    with lab.new_picture():  # the clip belongs to PPO
        lab.part("set-method").locator("select").select_option("ppo")
    lab.wait_status("so the search starts again")
    with lab.new_picture():
        lab.key("set-clip", "ArrowRight")
    assert notebook.ask("[lab.method.name, round(lab.method.settings.clip, 6)]") == ["ppo", 0.22]
    lab.button("play").click()
    lab.wait_status("Done: 50 trials")
    lab.wait_sentence("The clip silenced")
    with lab.new_picture():
        lab.part("set-baseline").locator("input").click()
    lab.wait_status("so the search starts again")
    assert notebook.ask("lab.method.settings.baseline") is False
