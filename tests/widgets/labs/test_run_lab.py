"""The run lab: what it shows is what the folder holds, and what it asks for stands in the control file."""

import json
import subprocess
import threading
import time

import pytest
from scale.conftest import OBJECTIVE, STUDY
from scale.starting import command, hold, nasbook_run, starts
from waiting import until
from widgets.hammer import words

import nasbook
from nasbook.scale.control import FILE
from nasbook.trace import Trace
from nasbook.widgets import watcher
from nasbook.widgets.labs.run import RunLab, running_after

BEAT = {"at": 2.0, "state": "running", "every": 1.0, "host": "elsewhere", "pid": 1, "memory": 2e9, "cpu": 1.5}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A run that was cut in the middle: three of six trials have ended, a fourth is running."""
    monkeypatch.chdir(tmp_path)
    nasbook.search("random", "branin", trials=6, seed=1, out="runs/a/trace.jsonl")
    path = tmp_path / "runs" / "a" / "trace.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:8]))
    path.with_name("rest").write_bytes(b"".join(lines[8:]))
    beat(path.parent)
    return path


def beat(folder, **row):
    with open(folder / "pulse.jsonl", "a") as file:
        file.write(json.dumps({**BEAT, "date": time.time(), **row}) + "\n")


def test_what_is_there_is_shown_at_once_and_what_comes_by_itself(folder):
    lab = nasbook.lab("run")  # the newest below runs/
    lab.wait()
    assert lab.values["folder"] == "runs/a" and len(lab.steps) == 3
    assert words(lab._status).startswith("Following: 3 trials, 1 running")
    shown = lab.frame(3)
    assert [t.id for t in shown.running] == [3] and shown.use[0].cpu == 1.5
    with open(folder, "ab") as file:
        file.write(folder.with_name("rest").read_bytes())
    beat(folder.parent, state="ended", at=9.0)
    until(lambda: len(lab.steps) == 6 and words(lab._status).startswith("Done: 6 trials"))
    assert [s.trial for s in lab.steps] == Trace.load(folder).trials and lab.error is None
    assert lab.trace.digest == Trace.load(folder).digest
    lab.close()


def test_half_a_line_waits_for_its_end_and_a_frame_is_drawn_only_for_news(folder):
    lab = nasbook.lab("run", "runs/a")
    lab.wait()
    lab._watcher.end()
    lab.look()
    frame = lab.image.frame
    assert not lab.look() and lab.image.frame == frame
    with open(folder, "ab") as file:
        file.write(folder.with_name("rest").read_bytes()[:30])
    lab.look()
    assert len(lab.steps) == 3 and lab.error is None
    with open(folder, "ab") as file:
        file.write(folder.with_name("rest").read_bytes()[30:])
    lab.look()
    lab.wait()
    assert len(lab.steps) == 6 and lab.image.frame > frame
    lab.close()


def test_earlier_moments_of_a_run_are_those_that_were(folder):
    lab = nasbook.lab("run", folder, show="workers")
    lab.wait()
    lab.scrub(1)
    assert len(lab.frame(1).steps) == 1 and lab.frame(1).now == lab.steps[0].trial.end
    events = lab.trace.events
    for n in range(4):
        told = [t.id for kind, t in events if kind == "tell"][:n]
        assert not {t.id for t in running_after(events, n)} & set(told)
    assert "Trial 1 (" in words(lab._sentence)
    lab.reset()  # it follows the run again
    lab.wait()
    assert len(lab.steps) == 3
    lab.close()


def test_what_is_asked_stands_in_the_control_file(folder):
    lab = nasbook.lab("run", "runs/a")
    lab.wait()
    control = folder.parent / FILE
    lab.asking.buttons["pause"].click()
    assert json.loads(control.read_text())["pause"] is True and "asked to pause" in words(lab._status)
    beat(folder.parent, state="paused")
    lab.look()
    assert words(lab._status).startswith("The run is paused: 3 trials")
    assert lab.asking.buttons["pause"].disabled and not lab.asking.buttons["resume"].disabled
    lab.asking.buttons["resume"].click()
    lab.asking.typed.value = "x1: 1.5, x2: 2"
    lab.asking.buttons["next"].click()
    assert json.loads(control.read_text())["next"] == [{"x1": 1.5, "x2": 2.0}]
    for wrong in ("x1: 1000, x2: 2", "", "[1]", "x1: 1"):
        lab.asking.typed.value = wrong
        lab.asking.buttons["next"].click()
        assert isinstance(lab.error, ValueError), wrong
    lab.asking.buttons["stop"].click()
    asked = json.loads(control.read_text())
    assert asked["stop"] is True and asked["pause"] is False and len(asked["next"]) == 1
    beat(folder.parent, state="stopped")
    lab.look()
    assert words(lab._status).startswith("The run was stopped: 3 trials") and lab.asking.buttons["stop"].disabled
    assert not lab.asking.buttons["next"].disabled  # it is tried when the run is resumed
    lab.close()


def test_time_and_energy_are_those_of_the_trials(folder):
    lab = nasbook.lab("run", "runs/a", watts=36)
    lab.wait()
    pending = lab.watched.now - lab.watched.pending[0].start
    assert lab.work == pytest.approx(sum(t.cost for t in lab.trace.trials) + pending)
    told = Trace.load(folder).cost(core_watts=36)  # what nasbook cost says
    joules = sum(t.used["cpu_seconds"] for t in lab.trace.trials) * 36
    assert lab.cost == told and told.wh == pytest.approx(joules / 3600) and told.energy in words(lab.asking.spent)
    lab.set(watts=10)
    assert "(estimate, 10 W a core)" in words(lab.asking.spent)
    lab.close()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda p: p.unlink(), "There is no run in runs/a yet"),
        (lambda p: p.write_text('{"schema": "nasbook/trace@9"}\n'), "schema must be 'nasbook/trace@1'"),
        (lambda p: p.write_bytes(p.read_bytes() + b"nonsense\n"), "line 9: not a line of JSON"),
    ],
)
def test_a_folder_that_holds_no_good_run_is_one_sentence(folder, damage, said):
    damage(folder)
    (folder.parent / "pulse.jsonl").unlink()
    lab = nasbook.lab("run", "runs/a")
    lab.wait()
    assert said in words(lab._sentence) and "\n" not in words(lab._sentence).strip(), words(lab._sentence)
    lab.set(folder="runs/none")
    assert "There is no run in runs/none yet" in words(lab._sentence)
    assert lab.asking.buttons["pause"].disabled and lab._step.disabled
    nasbook.search("random", "branin", trials=2, seed=1, out="runs/none/trace.jsonl")
    until(lambda: len(lab.steps) == 2)
    lab.close()


def test_the_thread_that_looks_ends_with_the_lab_its_page_and_its_cell(folder):
    def watchers():
        return [t for t in threading.enumerate() if t.name == watcher.NAME]

    until(lambda: not watchers())
    lab = nasbook.lab("run", "runs/a")
    assert len(watchers()) == 1
    lab._keyboard._message(None, {"kind": "opened", "page": "p", "view": "v"}, None)
    lab._paged(None, {"kind": "closed"}, None)  # another view is still open
    assert len(watchers()) == 1
    lab._keyboard._message(None, {"kind": "closed", "page": "p", "view": "v"}, None)
    lab._paged(None, {"kind": "closed"}, None)
    until(lambda: not watchers())
    lab._paged(None, {"kind": "opened"}, None)
    assert len(watchers()) == 1
    lab.stop("Its cell has been run again.")
    until(lambda: not watchers())
    nasbook.lab("run", "runs/a").close()
    until(lambda: not watchers())


def test_a_walk_with_a_run_in_a_process(tmp_path, monkeypatch):
    """A run begins, trials arrive, it is paused, given a configuration, stopped, resumed, and ends: all in the lab."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "objective.py").write_text(OBJECTIVE)
    more = "fidelity: {unit: epoch, min: 1, max: 3}"
    path = tmp_path / "study.yaml"
    path.write_text(STUDY.format(function="learn", trials=5, more=more))
    hold(path, starts=2)  # the second training waits in its first epoch
    lab = nasbook.lab("run", "runs/first")
    assert words(lab._status).startswith("Ready: waiting for a run")
    going = subprocess.Popen(command("run", path, "--out", "runs/first"), stderr=subprocess.DEVNULL)
    until(lambda: words(lab._status).startswith("Following: 1 of 5 trials, 1 running"))
    until(lambda: lab.frame(1).running[0].curve)  # what it has reported
    lab.asking.buttons["pause"].click()
    until(lambda: words(lab._status).startswith("The run is paused: 1 of 5 trials, 1 running"))
    hold(path)
    until(lambda: words(lab._status).startswith("The run is paused: 2 of 5 trials"))
    beats = len(lab.watched.beats)
    until(lambda: len(lab.watched.beats) >= beats + 2)  # it goes round its loop, and starts nothing
    assert len(starts(path)) == 2 and not lab.watched.pending
    hold(path, starts=3)
    lab.ask(then={"x": 0.5})
    lab.asking.buttons["resume"].click()
    until(
        lambda: words(lab._status).startswith("Following: 2 of 5 trials, 1 running") and lab.frame(2).running[0].curve
    )
    assert lab.watched.pending[0].config == {"x": 0.5}
    lab.asking.buttons["stop"].click()
    assert going.wait(120) == 130
    until(lambda: words(lab._status).startswith("The run was stopped: 2 of 5 trials"))
    hold(path)
    assert nasbook_run(path, "--out", "runs/first", "--resume").returncode == 0
    until(lambda: words(lab._status).startswith("Done: 5 trials"))
    trace = Trace.load("runs/first/trace.jsonl")
    assert [s.trial for s in lab.steps] == trace.trials and lab.trace.digest == trace.digest
    assert trace.trials[2].config == {"x": 0.5} and [t.config["x"] for t in trace.trials].count(0.5) == 1
    assert starts(path)[3]["epoch"] >= 1  # it went on from its checkpoint
    assert lab.error is None and lab.work == pytest.approx(sum(t.cost for t in trace.trials))
    lab.close()


def test_the_cost_is_of_the_folder_that_is_watched_whatever_the_search_holds(folder):
    """While a lab begins anew it holds no trace for a moment, and a control may be moved just then."""
    lab = nasbook.lab("run", "runs/a")
    lab.wait()
    lab._watcher.end()
    lab.trace = None  # as it stands in that moment
    lab.set(watts=20)
    assert lab.error is None and "(estimate, 20 W a core)" in words(lab.asking.spent)
    lab.close()


def test_a_run_that_is_one_training_takes_no_configuration_and_the_button_says_why(folder):
    beat(folder.parent, hears=["pause", "stop"], pid=0)
    lab = nasbook.lab("run")
    lab.wait()
    assert not lab.asking.buttons["pause"].disabled and not lab.asking.buttons["stop"].disabled
    assert lab.asking.buttons["next"].disabled and "one training" in lab.asking.buttons["next"].tooltip
    with pytest.raises(ValueError, match="nothing can be tried next: This run is one training"):
        lab.entered("x1: 1, x2: 2")
    lab.close()


def test_the_run_that_is_made_to_be_shown_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    lab = RunLab.to_show()
    assert [str(made) for made in tmp_path.iterdir()] == [lab.values["folder"]] and len(lab.trace) == 24
    lab.close()
    assert not list(tmp_path.iterdir())
