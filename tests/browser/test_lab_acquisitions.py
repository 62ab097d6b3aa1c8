"""All acquisitions side by side in a real JupyterLab, and the ends of the scrubber by keyboard."""

from collections.abc import Callable

from browser.jupyter import Notebook


def test_the_switch_shows_every_acquisition_and_the_keys_reach_the_ends(open_notebook: Callable[..., Notebook]):
    source = "lab = nasbook.lab('bayesian', task='forrester-slow', trials=8, seed=3)\nlab"
    notebook = open_notebook("import nasbook", source)
    notebook.run()
    lab = notebook.lab()
    lab.part("speed").locator("select").select_option("fastest")
    with lab.new_picture():
        lab.button("play").click()
    lab.wait_status("Done: 8 trials")
    kept = notebook.ask("[t.config['x'] for t in lab.trace.trials]")
    height = notebook.ask("lab.image.height")
    with lab.new_picture():
        lab.part("set-compare").locator("input").check()
    alt = lab.picture.get_attribute("alt")
    assert "knowledge gradient at x" in alt and "EI per second at x" in alt
    assert notebook.ask("lab.image.height") > height
    assert notebook.ask("[t.config['x'] for t in lab.trace.trials]") == kept
    lab.key("scrub", "Home")
    lab.wait_status("shown: 0")
    lab.key("scrub", "End")  # the last of 8, not the 1 that the slider was made with
    lab.wait("!lab.querySelector('.nb-status').textContent.includes('shown')")
    assert notebook.ask("lab.at") == 8
    with lab.new_picture():
        lab.part("set-compare").locator("input").uncheck()
    assert notebook.ask("lab.image.height") == height
