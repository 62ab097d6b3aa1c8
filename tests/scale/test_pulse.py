"""The pulse of a run tells its state."""

import os

import pytest

import nasbook
from nasbook.scale.pulse import Pulse
from nasbook.scale.watch import Watched


@pytest.fixture
def whole(tmp_path):
    path = tmp_path / "whole" / "trace.jsonl"
    nasbook.search("random", "branin", trials=5, seed=1, out=path)
    return path


def test_the_pulse_tells_the_state_and_damaged_lines_harm_nobody(whole):
    folder, now = whole.parent, [1.0]
    pulse = Pulse(folder, lambda: now[0])
    pulse.beat("running")
    pulse.beat("running")  # not due yet
    pulse.say("a word")
    pulse.beat("running")
    with open(folder / "pulse.jsonl", "ab") as file:
        file.write(b'nonsense\n[]\n{"at": "x"}\n{"at": 1e999}\n{"pid": "p"}\n\xff\n{"at": 2, "state": "run')
    run = Watched(folder)
    run.read()
    assert [b.state for b in run.beats] == ["running", "running"] and run.said() == "a word"
    assert run.state() == "running" and run.beats[0].pid == os.getpid()
    with open(folder / "pulse.jsonl", "ab") as file:
        file.write(b'ning"}\n')
    assert run.read() and len(run.beats) == 3
    now[0] = 100.0
    pulse.beat("ended")
    assert run.read() and run.state() == "ended" and run.now == 100.0
