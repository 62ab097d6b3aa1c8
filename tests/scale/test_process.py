"""How worker processes die, and what becomes of their trials."""

import json
import os
import signal
import subprocess

import pytest
from scale.starting import command, hold, starts, wait_for

from nasbook.scale import RunError, run
from nasbook.trace import Trace


def test_a_trial_whose_worker_is_killed_runs_again(study, tmp_path):
    trace = run(study("dies_once", 3), tmp_path / "out")
    assert [t.status for t in trace.trials] == ["done"] * 3
    assert [t.id for t in trace.trials] == [0, 1, 2]


def test_a_trial_that_kills_every_worker_fails_with_the_reason(study, tmp_path):
    path = study("dies", 2, "")
    path.write_text(path.read_text().replace("{trials: 2}", "{trials: 2, max_failures: 1}"))
    trace = run(path, tmp_path / "out")
    assert [t.status for t in trace.trials] == ["failed"] * 2
    assert "killed by SIGKILL" in trace.trials[0].reason and "(2 times)" in trace.trials[0].reason


def test_after_sigkill_of_a_worker_its_trial_goes_on_from_the_checkpoint(study, tmp_path):
    path, out = study("learn", 2, "fidelity: {unit: epoch, min: 1, max: 30}\nseeds: {search: 5}"), tmp_path / "out"
    hold(path, epoch=5)
    process = subprocess.Popen(command("run", path, "--out", out), stderr=subprocess.PIPE, text=True)
    try:
        state = out / "checkpoints" / "0" / "state"
        assert wait_for(lambda: state.exists() and json.loads(state.read_text())["epoch"] >= 5)
        os.kill(starts(path)[0]["pid"], signal.SIGKILL)
        hold(path)
        _, errors = process.communicate(timeout=200)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert "was killed by SIGKILL" in errors and "trial 0 goes on in a new process" in errors
    first, again = starts(path)[:2]
    assert first["x"] == again["x"] and first["epoch"] == 0 and again["epoch"] >= 5
    trial = Trace.load(out / "trace.jsonl").trials[0]
    assert [f for f, _ in trial.curve] == list(range(1, 31))
    assert trial.cost >= 30 * 0.03  # of both processes


def test_a_worker_that_takes_no_hint_is_killed_when_its_time_is_over(study, tmp_path, monkeypatch):
    monkeypatch.setattr("nasbook.scale.dispatch.GRACE", 0.3)
    path = study("hangs", 3, "first: [{x: 0.9}, {x: 0.1}, {x: 0.8}]")
    path.write_text(path.read_text().replace("{trials: 3}", "{trials: 3, timeout: 3}"))
    trace = run(path, tmp_path / "out")
    assert [t.status for t in trace.trials] == ["done", "failed", "done"]
    assert trace.trials[1].reason == "timed out after 3 s"


def test_workers_that_die_at_once_end_the_run_in_a_sentence(study, tmp_path):
    path = study("square", 2)
    objective = tmp_path / "objective.py"
    objective.write_text(
        "import os\nif 'nasbook.scale.worker' in os.sys.orig_argv: os._exit(3)\n" + objective.read_text()
    )
    with pytest.raises(RunError, match="do not come up: the last one ended with code 3; see .*worker-0.log"):
        run(path, tmp_path / "out")
