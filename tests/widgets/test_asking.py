"""What a followed run has spent, in words, and which buttons it would hear."""

from types import SimpleNamespace

import pytest

from nasbook.scale import pulse
from nasbook.widgets.asking import Asking, duration, typed


@pytest.mark.parametrize(
    ("text", "config"),
    [('{"x1": 1.5, "x2": 2}', {"x1": 1.5, "x2": 2}), ("x1: 1.5, op: relu", {"x1": 1.5, "op": "relu"})],
)
def test_a_configuration_can_be_typed(text, config):
    assert typed(text) == config


def test_times_in_words():
    assert [duration(s) for s in (3.21, 99.4, 720, 12_600)] == ["3.2 s", "99 s", "12 min", "3.5 h"]


def followed(state, hears=pulse.HEARS, config=None):
    """A row that follows a run in this state, and what its buttons have asked for."""
    asked = []
    row = Asking(lambda **wish: asked.append(wish), asked.append, lambda act, *_: act())
    incumbent = SimpleNamespace(config=config) if config else None
    trace = SimpleNamespace(incumbent=incumbent)
    row.follow(SimpleNamespace(now=30.0, state=lambda: state, left=lambda: 720.0, hears=hears, trace=trace), 90.0, None)
    return row, asked


@pytest.mark.parametrize(
    ("state", "open_buttons"),
    [
        ("running", {"pause", "stop", "next"}),
        ("paused", {"resume", "stop", "next"}),
        ("stopped", {"next"}),
        ("silent", {"next"}),
        ("done", set()),
        ("unknown", set()),
    ],
)
def test_a_button_can_be_pressed_where_the_run_would_hear_it(state, open_buttons):
    row, _ = followed(state)
    assert {name for name, button in row.buttons.items() if not button.disabled} == open_buttons
    shut = [button.tooltip for name, button in row.buttons.items() if button.disabled]
    assert all("not" in why or "already" in why or "no wishes" in why for why in shut), shut


def test_a_single_training_tries_nothing_else():
    row, _ = followed("running", hears=("pause", "stop"))
    assert row.buttons["next"].disabled and "one training" in row.buttons["next"].tooltip


def test_the_buttons_ask_for_what_they_say():
    row, asked = followed("running", config={"lr": 0.1})
    for name in ("pause", "resume", "stop", "next"):
        row.buttons[name].click()
    assert asked == [{"pause": True}, {"pause": False}, {"stop": True}, '{"lr": 0.1}']


def test_what_is_left_is_told_of_a_run_at_work_only():
    assert "30 s spent · about 12 min left" in followed("running")[0].spent.value
    assert "left" not in followed("stopped")[0].spent.value


def test_what_somebody_types_is_not_written_over():
    row, _ = followed("running")
    row.typed.value = "lr: 1"
    trace = SimpleNamespace(incumbent=SimpleNamespace(config={"lr": 0.1}))
    row.follow(SimpleNamespace(now=1.0, state=lambda: "running", left=lambda: None, hears=(), trace=trace), 0.0, None)
    assert row.typed.value == "lr: 1"
