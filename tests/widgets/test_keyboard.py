"""A lab hears from its page where it is shown, and rests when it is shown nowhere."""

from waiting import PATIENCE, until
from widgets.simple_lab import DotsLab


def test_a_search_that_nobody_sees_pauses():
    lab = DotsLab()
    tell = lambda kind, view, page="a": lab._keyboard._message(None, {"kind": kind, "page": page, "view": view}, [])  # noqa: E731
    tell("opened", "1")
    tell("opened", "2")
    lab._speed.value = 1.0
    lab.play()
    until(lambda: len(lab.steps) == 1)
    tell("closed", "1")
    assert lab.runner._allowed > 0  # the other view is still there
    tell("closed", "2")
    lab.runner.wait(PATIENCE)
    assert lab.runner.state == "paused" and len(lab.steps) < 12
    tell("opened", "3", page="b")  # the page was loaded anew
    lab.play()
    tell("closed", "3", page="b")
    lab.runner.wait(PATIENCE)
    assert lab.runner.state == "paused"
