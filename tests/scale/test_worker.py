"""What a worker says: its log, its failures, and what all processes of a trial have used."""

import json
import os
import signal
import subprocess

import pytest
from scale.starting import LEARN, command, hold, starts, wait_for

from nasbook.scale import RunError, run


def test_what_a_task_prints_goes_to_the_log(study, tmp_path, capfd):
    trace = run(study("printing", 2), tmp_path / "out")
    assert len(trace.trials) == 2 and trace.best.status == "done"
    assert capfd.readouterr().out == ""
    log = (tmp_path / "out" / "logs" / "worker-0.log").read_text()
    assert log.count("a word on stdout") == 2 and log.count("and one past Python") == 2


def test_exceptions_and_exits_inside_a_task_are_failed_trials(study, tmp_path):
    trace = run(study("fails", 3), tmp_path / "a")
    assert [t.reason for t in trace.trials] == ["RuntimeError: no luck today"] * 3
    trace = run(study("leaves", 2), tmp_path / "b")
    assert [(t.status, t.reason) for t in trace.trials] == [("failed", "SystemExit: enough")] * 2


def test_what_all_processes_of_a_trial_have_used_is_counted(study, tmp_path):
    """Its worker is killed after three epochs, and the driver after four."""
    path, out = study("learn", 2, LEARN), tmp_path / "out"
    saved = out / "checkpoints" / "0" / "progress.json"

    def progress(epochs):
        state = saved.with_name("state")  # written after the report
        assert wait_for(lambda: state.exists() and json.loads(state.read_text())["epoch"] == epochs, 60)
        return json.loads(saved.read_text())["used"]["seconds"]

    hold(path, epoch=3)
    process = subprocess.Popen(command("run", path, "--out", out), stderr=subprocess.DEVNULL)
    try:
        three = progress(3)
        os.kill(starts(path)[0]["pid"], signal.SIGKILL)
        four = progress(4)
    finally:
        process.kill()
        process.wait()
    assert three > 0.08 and four > three + 0.02
    row = json.loads(saved.read_text())
    saved.write_text(json.dumps({**row, "used": {**row["used"], "cpu_seconds": 60.0, "peak_bytes": 1e15}}))
    hold(path)
    trace = run(path, out, resume=True)
    first, second = trace.trials
    assert first.used["seconds"] > four + 0.05 and first.cost > first.used["seconds"] - 0.01
    assert first.used["cpu_seconds"] > 60 > second.used["cpu_seconds"] and first.used["peak_bytes"] == 1e15
    assert trace.cost().cpu_seconds > 60 and trace.cost().seconds > four + 0.05


@pytest.mark.parametrize("engine", ["local", "optuna"])
def test_a_trial_that_ends_all_its_processes_has_used_what_it_had_saved(study, tmp_path, engine):
    path = study("dies_later", 1)
    path.write_text(path.read_text().replace("{trials: 1}", "{trials: 1, max_failures: 1}"))
    (trial,) = run(path, tmp_path / "out", engine=engine).trials
    assert trial.status == "failed" and "(2 times)" in trial.reason
    assert trial.used["seconds"] >= 0.1 and trial.cost >= 0.1, "twice 0.05 s"


def test_a_worker_that_cannot_make_the_task_says_why(study, tmp_path, monkeypatch):
    path = study("square", 2)
    objective = tmp_path / "objective.py"
    objective.write_text(
        "import os\nif 'nasbook.scale.worker' in os.sys.orig_argv: raise OSError('the disk is gone')\n"
        + objective.read_text()
    )
    with pytest.raises(RunError, match="worker 0 cannot make the task: importing objective fails: OSError: the disk"):
        run(path, tmp_path / "out")
