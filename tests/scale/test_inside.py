"""Runs in this process, tables and trainings: they hear what a control file asks, and give a sign of life."""

import threading
import time

import pytest
from waiting import until

import nasbook
from nasbook.scale import load_study, run
from nasbook.scale.control import order
from nasbook.scale.progress import Bar
from nasbook.scale.watch import Watched
from nasbook.trace import Trace

PAUSE = 1.5  # seconds, much longer than a trial here
TABLE = """
schema: nasbook/study@1
name: table
task: {name: nb201-cifar10}
method: {name: regularized-evolution}
workers: 3
budget: {trials: 30}
space:
"""


@pytest.fixture
def table(tmp_path):
    rows = nasbook.task("nb201-cifar10").space.to_dict()
    path = tmp_path / "study.yaml"
    path.write_text(TABLE + "".join(f"  {name}: {row}\n" for name, row in rows.items()).replace("'", '"'))
    return path


@pytest.fixture
def training(study, tmp_path):
    """One training, of a function of the user's own, in the hands of PBT."""
    path = study("learn", 12, "fidelity: {unit: epoch, min: 1, max: 6}")
    path.write_text(path.read_text().replace("{name: random}", "{name: pbt, settings: {population: 4}}"))
    return path


def at_trial(monkeypatch, number, act):
    ended = Bar.ended

    def heard(bar, step):
        ended(bar, step)
        if step.trial.id == number:
            act()

    monkeypatch.setattr(Bar, "ended", heard)


@pytest.mark.parametrize("kind", ["table", "training"])
def test_stopped_and_resumed_it_is_the_run_that_it_would_have_been(kind, request, tmp_path, monkeypatch):
    path, out = request.getfixturevalue(kind), tmp_path / "out"
    straight = run(path, tmp_path / "straight")
    at_trial(monkeypatch, 5, lambda: order(out, stop=True))
    trace = run(path, out)
    lab = Watched(out)
    assert trace.interrupted and 5 <= len(trace) < len(straight)
    assert lab.read() and lab.state() == "stopped"
    assert lab.hears == (("pause", "stop", "next") if kind == "table" else ("pause", "stop"))
    trace = run(path, out, resume=True)
    assert not trace.interrupted and trace.digest == straight.digest
    assert lab.read() and lab.state() == "ended" and lab.now == pytest.approx(max(t.end for t in trace.trials), abs=1)


@pytest.mark.parametrize("kind", ["table", "training"])
def test_a_pause_holds_it_between_two_trials(kind, request, tmp_path, monkeypatch):
    path, out, seen = request.getfixturevalue(kind), tmp_path / "out", []

    def watch():
        lab = Watched(out)
        until(lambda: (lab.read() or True) and lab.state() == "paused")
        seen.append(len(lab.trace))
        time.sleep(PAUSE)  # so long nothing may happen
        lab.read()
        seen.append(len(lab.trace))
        order(out, pause=False)

    def pause():
        order(out, pause=True)
        threading.Thread(target=watch, daemon=True).start()

    at_trial(monkeypatch, 3, pause)
    trace = run(path, out)
    assert seen[0] == seen[1] < len(trace) and not trace.pending
    assert kind == "table" or all(t.end - t.start < PAUSE for t in trace.trials)  # a pause is no work


def test_a_table_tries_what_it_is_told_to_and_once(table, tmp_path, monkeypatch):
    out, wanted = tmp_path / "out", nasbook.task("nb201-cifar10").space.decode([0.9] * 6)
    at_trial(monkeypatch, 5, lambda: order(out, then=wanted))
    trace = run(table, out)
    ours = [t for t in trace.trials if t.info.get("ordered")]
    assert [t.config for t in ours] == [wanted] and 6 <= ours[0].id <= 10
    assert [s.trial for s in nasbook.replay(Trace.load(out / "trace.jsonl"))] == trace.trials
    table.write_text(table.read_text().replace("trials: 30", "trials: 40"))
    longer = run(table, out, resume=True)
    assert len(longer) == 40 and sum(bool(t.info.get("ordered")) for t in longer.trials) == 1


def test_a_training_that_is_told_to_try_something_says_once_that_it_does_not(training, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    at_trial(monkeypatch, 3, lambda: order(out, then={"x": 0.5}))
    trace = run(training, out, progress=True)
    assert not any(t.info.get("ordered") for t in trace.trials) and load_study(out / "study.yaml", check=False)
    assert capsys.readouterr().err.count("this run is one training, which takes no configurations from outside") == 1
