"""The game in a real JupyterLab: clicks, keys, a typed point, a typed code."""

from collections.abc import Callable

from browser.jupyter import LabInPage, Notebook


def click(notebook: Notebook, lab: LabInPage, u: float, v: float) -> None:
    """Click at these fractions of the learner's map, from its lower left."""
    left, top, w, h = notebook.ask("[float(v) for v in lab.image.areas[0]]")
    lab.picture.scroll_into_view_if_needed()
    box = lab.picture.bounding_box()
    assert box is not None
    lab.page.mouse.click(box["x"] + (left + u * w) * box["width"], box["y"] + (top + (1 - v) * h) * box["height"])


def test_game_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook(
        "import nasbook", "lab = nasbook.lab('game', opponent='grid', importance=10, trials=6)\nlab"
    )
    notebook.run()
    lab = notebook.lab()
    lab.wait_status("Ready: 6 rounds to make")
    with lab.new_picture():
        click(notebook, lab, 0.25, 0.75)
    lab.wait_sentence("You tried x1 = 0.2")
    config = notebook.ask("lab.trace[0].trial.config")
    assert abs(config["x1"] - 0.25) < 0.02 and abs(config["x2"] - 0.75) < 0.02
    frame = lab.part("picture").first
    with lab.new_picture():  # the cross begins in the middle
        frame.focus()
        frame.press("Shift+ArrowRight")
        frame.press("Enter")
    config = notebook.ask("lab.trace[1].trial.config")
    assert abs(config["x1"] - 0.6) < 0.02 and abs(config["x2"] - 0.5) < 0.02
    with lab.new_picture():
        lab.part("typed").locator("input").fill("0.1, 0.2")
        lab.button("try").click()
    notebook.wait("len(lab.trace) == 3")
    assert notebook.ask("lab.trace[2].trial.config") == {"x1": 0.1, "x2": 0.2}
    with lab.new_picture():  # the switch shows the opponent's points
        lab.part("set-show").locator("input").check()
    lab.part("speed").locator("select").select_option("fastest")
    lab.button("play").click()  # chance makes the moves that are left
    lab.wait_status("Done: 6 rounds")
    lab.wait_sentence("The game is over")
    assert notebook.ask("len(lab.opponent)") == 6
    with lab.new_picture():
        lab.key("scrub", "ArrowLeft")
    code = lab.part("set-code").locator("input")
    with lab.new_picture():
        code.fill("BT9-5")
        code.press("Enter")
    lab.wait_status("The game BT9-5 begins")
    lab.button("new").click()
    lab.wait_status("A new game, BT9-")
