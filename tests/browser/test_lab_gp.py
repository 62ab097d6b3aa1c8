"""The GP lab in a real JupyterLab: points are put, dragged and removed, and the length scale changes the band."""

from collections.abc import Callable

import pytest
from browser.jupyter import LabInPage, Notebook


def place(notebook: Notebook, lab: LabInPage, x: float, y: float) -> tuple[float, float]:
    """Where (x, y) lies in the page."""
    u, v = notebook.ask(f"lab.picture.handles([({x}, {y})]).tolist()[0]")
    box = lab.picture.bounding_box()
    assert box is not None
    return box["x"] + u * box["width"], box["y"] + v * box["height"]


def test_gp_lab(open_notebook: Callable[..., Notebook]):
    notebook = open_notebook("import nasbook", "lab = nasbook.lab('gp', seed=0)\nlab")
    notebook.run()
    lab = notebook.lab()
    lab.wait_sentence("drawn from the prior")
    mouse, keys = lab.page.mouse, lab.page.keyboard

    for x, y in ((0.2, 1.0), (0.7, -1.0)):
        with lab.new_picture():
            mouse.click(*place(notebook, lab, x, y))
    lab.wait_status("Paused after 2 points")
    assert notebook.ask("lab.points.ravel().tolist()") == pytest.approx([0.2, 1.0, 0.7, -1.0], abs=0.03)

    way = [place(notebook, lab, x, y) for x, y in ((0.7, -1.0), (0.6, 0.0), (0.5, 1.0), (0.5, 2.0))]
    mouse.move(*way[0])
    mouse.down()
    for there in way[1:]:  # the band follows while the button is down
        with lab.new_picture():
            mouse.move(*there, steps=5)
    mouse.up()
    notebook.wait("lab._held is None")
    assert notebook.ask("lab.points[1].tolist()") == pytest.approx([0.5, 2.0], abs=0.03)
    lab.wait_frame(notebook.ask("lab.image.frame"))  # the last place is the one that is shown
    lab.wait_sentence("Point 2 is at x = 0.")

    width = notebook.ask("lab.frame(2).width")
    with lab.new_picture():
        lab.key("set-lengthscale", *["ArrowRight"] * 5)
    notebook.wait("lab.values['lengthscale'] > 0.24")
    assert notebook.ask("lab.frame(2).width") < width

    # The same by keyboard: to the first point, take it, move it up, leave it; then remove the other.
    lab.root.locator(".nb-frame").focus()
    keys.press("n")
    keys.press("Enter")
    for _ in range(3):
        keys.press("Shift+ArrowUp")
    with lab.new_picture():
        keys.press("Enter")
    notebook.wait("lab._held is None and lab.points[0, 1] > 3")
    assert notebook.ask("lab.points[0].tolist()") == pytest.approx([0.2, 3.4], abs=0.03)
    keys.press("n")
    with lab.new_picture():
        keys.press("Delete")
    lab.wait_sentence("Point 2 is gone")
    with lab.new_picture():
        mouse.dblclick(*place(notebook, lab, *notebook.ask("lab.points[0].tolist()")))
    lab.wait_sentence("drawn from the prior")

    # Play measures the hidden function; a fit moves the slider, which then says that it is fitted.
    lab.part("speed").locator("select").select_option("fastest")
    lab.button("play").click()
    lab.wait_status("Done: 12 points")
    with lab.new_picture():
        lab.part("set-fit").locator("select").select_option("the length scale")
    lab.wait_sentence("the highest there is")
    with lab.new_picture():
        lab.root.locator(".nb-set-reveal input").check()
    lab.wait_sentence("% of the axis")
    assert "% of the axis" in lab.picture.get_attribute("alt")
