"""Every lab, hammered from three threads with every control and button: it stays whole, and answers afterwards."""

import threading

import pytest
from waiting import PATIENCE
from widgets.hammer import hammer

import nasbook
from nasbook import registry

SECONDS = 1.0


@pytest.mark.parametrize("name", [entry.name for entry in registry.LABS])
def test_a_lab_survives_a_hurried_user(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hammer(name, SECONDS, seed=1)


def test_a_click_on_a_picture_that_was_exchanged_since_chooses_nothing():
    """The page still shows the old frame while a restart has made the new picture and not drawn it."""
    lab, wrong = nasbook.lab("pareto"), []
    lab.report = wrong.append
    lab.step(3)
    lab.prepare()
    lab._clicked(0.5, 0.3)
    assert not wrong and lab._chosen is None
    lab.redraw()
    lab._clicked(0.5, 0.3)
    assert not wrong


@pytest.mark.parametrize(
    ("name", "control", "values"),
    [("race", "x", {"seeds": 2, "trials": 10}), ("evolution", "show", {}), ("spaces", "table", {})],
)
def test_a_picture_is_not_exchanged_while_another_thread_prepares_or_draws(name, control, values):
    lab = nasbook.lab(name, **values)
    option = next(o for o in lab.controls[control]._options_values if o != lab.controls[control].value)
    before, change = lab.live.picture, threading.Thread(target=setattr, args=(lab.controls[control], "value", option))
    with lab.changing():
        change.start()
        change.join(0.5)
        assert change.is_alive() and lab.live.picture is before
    change.join(PATIENCE)
    assert lab.live.picture is not before
