"""A lab hears from its page where it is shown, and rests when it is shown nowhere."""

from waiting import PATIENCE, until
from widgets.simple_lab import DotsLab


def teller(lab):
    """What the page says of a lab's views."""
    return lambda kind, view, page="a": lab._keyboard._message(None, {"kind": kind, "page": page, "view": view}, [])


def test_a_search_that_nobody_sees_pauses():
    lab = DotsLab()
    tell = teller(lab)
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


def test_a_lab_whose_cell_has_run_again_closes_when_nobody_sees_it_any_more():
    lab = DotsLab()
    tell = teller(lab)
    tell("opened", "1")
    tell("opened", "2")
    lab.step(3)
    lab.replaced()
    tell("closed", "1")
    assert lab.comm is not None and "Its cell has been run again." in lab._status.value  # it is shown elsewhere, too
    tell("closed", "2")
    assert all(widget.comm is None for widget in (lab, lab.image, lab._keyboard, lab._play, lab._play.layout))
    assert len(lab.steps) == len(lab.trace) == 3  # what was found stays


def test_one_that_was_hidden_before_closes_at_once_and_one_that_was_never_shown_does_not():
    hidden, unseen = DotsLab(), DotsLab()
    tell = teller(hidden)
    tell("opened", "1")
    tell("closed", "1")
    assert hidden.comm is not None
    hidden.replaced()
    unseen.replaced()
    assert hidden.comm is None and unseen.comm is not None
    unseen.close()


def test_one_that_was_begun_anew_since_is_a_lab_like_any_other():
    lab = DotsLab()
    tell = teller(lab)
    tell("opened", "1")
    lab.replaced()
    lab.reset()
    tell("closed", "1")
    assert lab.comm is not None
    assert len(lab.run()) == 12
    lab.close()


def test_a_closed_lab_shows_what_it_showed_last(monkeypatch):
    shown = []
    monkeypatch.setattr("nasbook.widgets.still._publish", lambda data, **more: shown.append(data))
    lab = DotsLab()
    lab.step(2)
    lab.close()
    lab._ipython_display_()
    [data] = shown
    assert data["text/plain"] == lab.image.alt == "2 trials over x"
    assert 'src="data:image/png;base64,' in data["text/html"] and lab.said in data["text/html"]
