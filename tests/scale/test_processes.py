"""Whatever ends a run ends all that it has started, and what a killed search has left behind is cleared away."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from waiting import PATIENCE

import nasbook
from nasbook.scale import run
from nasbook.states import folder_of_states

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")


# Objectives that start processes of their own, as joblib, multiprocessing and a shell do; pids.log tells which.
OBJECTIVE = """
import multiprocessing, os, re, subprocess, sys, time
from pathlib import Path

HERE = Path(__file__).parent


def nap():
    time.sleep(300)


def start():
    children = [subprocess.Popen(["sleep", "300"], start_new_session=own) for own in (False, True)]
    forked = multiprocessing.get_context("fork").Process(target=nap)
    forked.start()
    scratch = HERE / f"pids-{os.getpid()}.tmp"
    scratch.write_text(" ".join(map(str, [os.getpid(), forked.pid, *(c.pid for c in children)])))
    scratch.replace(HERE / f"pids-{os.getpid()}")


def waits(config):
    start()
    subprocess.run(["sleep", "300"])


def busy(config):
    start()
    re.match(r"(a+)+$", "a" * 60 + "b")  # C code that never lets another thread run


def leaves(config):
    import ctypes
    start()
    ctypes.CDLL(None)._exit(7)  # past Python


def crashes(config):
    import ctypes
    start()
    ctypes.string_at(0)


def learn(config, fidelity=None, checkpoint=None, **context):
    checkpoint.write_text("state")
    (HERE / "began").write_text(str(checkpoint))
    time.sleep(300)
"""
STUDY = """
schema: nasbook/study@1
name: test
task: {{name: "objective:{function}"}}
space:
  x: {{type: float, low: 0, high: 1}}
method: {{name: random}}
budget: {{trials: {trials}, max_failures: {failures}}}
workers: {workers}
"""
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(nasbook.__file__).parents[1])}


@pytest.fixture
def study(tmp_path):
    def write(function, trials=2, workers=1, failures=0):
        (tmp_path / "objective.py").write_text(OBJECTIVE)
        path = tmp_path / "study.yaml"
        path.write_text(STUDY.format(function=function, trials=trials, workers=workers, failures=failures))
        return path

    yield write
    sys.modules.pop("objective", None)
    for process in started(tmp_path):  # of a test that failed
        process.kill()


def started(folder: Path) -> list[psutil.Process]:
    """What the objectives say they have started, as far as it lives; a zombie waits for nobody and does nothing."""
    found = []
    for file in folder.glob("pids-*[0-9]"):
        for pid in file.read_text().split():
            try:
                process = psutil.Process(int(pid))
                if process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.NoSuchProcess:
                pass
    return found


def wait_for(event, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not (answer := event()):
        if time.monotonic() > deadline:
            return None
        time.sleep(0.02)
    return answer


@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "SIGHUP", "SIGINT"])
@pytest.mark.parametrize("function", ["waits", "busy"])
def test_nothing_that_an_objective_has_started_outlives_the_run(study, tmp_path, how, function):
    path = study(function, workers=2)
    command = [sys.executable, "-m", "nasbook.cli", "run", str(path), "--out", str(tmp_path / "out")]
    with subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert wait_for(lambda: len(started(tmp_path)) == 8), "the objectives have not started"
            process.send_signal(getattr(signal, how))
            _, errors = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert wait_for(lambda: not started(tmp_path)), f"{started(tmp_path)} live on"
    if how != "SIGKILL":
        assert process.returncode == 130 and "this goes on: nasbook run" in errors and "Traceback" not in errors


@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "SIGHUP", "SIGINT"])
@pytest.mark.parametrize(("function", "out"), [("waits", []), ("busy", ["--out", "trace.jsonl"])])
def test_nothing_that_an_objective_has_started_outlives_the_command_search(study, tmp_path, how, function, out):
    (tmp_path / "tmp").mkdir()
    environment = {**ENVIRONMENT, "TMPDIR": str(tmp_path / "tmp")}
    space = ["--space", str(study(function))]
    command = [sys.executable, "-m", "nasbook", "search", "random", f"objective:{function}", *space, *out]
    process = subprocess.Popen(
        command, env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        assert wait_for(lambda: len(started(tmp_path)) == 4), "the objective has not started"
        group = psutil.Process(process.pid).children()
        assert len(group) == 1 and group[0].children()
        family = [*group, *group[0].children(recursive=True)]
        objective = started(tmp_path)[0]
        before = objective.cpu_times().user
        assert function != "busy" or wait_for(lambda: objective.cpu_times().user > before + 0.2), "it is not in C code"
        process.send_signal(getattr(signal, how))
        if how != "SIGKILL" and function == "busy":  # C code hears no signal, so that the command waits for it
            assert process.poll() is None and len(started(tmp_path)) == 4
            process.kill()
        _, errors = process.communicate(timeout=PATIENCE)  # the pipe ends when nobody holds it any more
    finally:
        process.kill()
    assert wait_for(lambda: not [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE])
    assert not started(tmp_path) and "Traceback" not in errors
    if how != "SIGKILL" and function == "waits":
        assert process.returncode == 130 and not list((tmp_path / "tmp").iterdir())


def test_a_search_that_ends_ends_what_its_objective_has_started(study, tmp_path):
    path = study("waits")
    (tmp_path / "objective.py").write_text(OBJECTIVE + "\n\ndef returns(config):\n    start()\n    return 1\n")
    space = ["--space", str(path)]
    command = [sys.executable, "-m", "nasbook", "search", "random", "objective:returns", "--trials", "2", *space]
    subprocess.run(command, env=ENVIRONMENT, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL, timeout=100)
    assert len(list(tmp_path.glob("pids-*[0-9]"))) == 1 and wait_for(lambda: not started(tmp_path))


@pytest.mark.parametrize(("function", "fate"), [("leaves", "ended with code 7"), ("crashes", "killed by SIGSEGV")])
def test_an_objective_that_ends_its_process_is_a_failed_trial_even_if_its_children_live(
    study, tmp_path, function, fate
):
    """They hold the worker's output open, by whose end its death was noticed."""
    trace = run(study(function, trials=2, failures=1), tmp_path / "out")
    assert [t.status for t in trace.trials] == ["failed", "failed"]
    assert all(fate in t.reason and "(2 times)" in t.reason for t in trace.trials)
    assert len(list(tmp_path.glob("pids-*[0-9]"))) == 4  # two tries each, not for ever
    assert wait_for(lambda: not started(tmp_path))


@pytest.mark.parametrize("beside", [False, True])
def test_states_of_a_killed_search_are_cleared_away(tmp_path, beside):
    (tmp_path / "objective.py").write_text(OBJECTIVE)
    out = "out=HERE + '/trace.jsonl'" if beside else ""
    code = (
        f"import sys; HERE = {str(tmp_path)!r}; sys.path.insert(0, HERE)\n"
        "import nasbook, objective\n"
        "from nasbook.task import Fidelity\n"
        "task = nasbook.FunctionTask(objective.learn, nasbook.Space(x=nasbook.Float(0, 1)))\n"
        "task.fidelity = Fidelity('epoch', 1, 9)\n"
        f"nasbook.search('successive-halving', task, trials=13, {out})\n"
    )
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environment = {**ENVIRONMENT, "TMPDIR": str(temporary)}
    with subprocess.Popen([sys.executable, "-c", code], env=environment) as process:
        try:
            assert wait_for(lambda: (tmp_path / "began").exists() and (tmp_path / "began").read_text())
        finally:
            process.kill()
    checkpoint = Path((tmp_path / "began").read_text())
    assert checkpoint.exists() and checkpoint.is_relative_to(tmp_path if beside else temporary)

    class File:
        path = tmp_path / "trace.jsonl"

    import tempfile

    before, tempfile.tempdir = tempfile.tempdir, str(temporary)
    try:
        other = folder_of_states(File() if not beside else None)  # of another search: it clears nothing of this one
        assert checkpoint.exists()
        mine = folder_of_states(File() if beside else None)
        assert not checkpoint.exists() and Path(mine.name).is_dir() and Path(other.name).is_dir()
        again = folder_of_states(None)  # of a living process nothing is taken
        assert beside or Path(mine.name).is_dir()
        for folder in (other, mine, again):
            folder.cleanup()
    finally:
        tempfile.tempdir = before
    assert not [p for p in (*tmp_path.glob(".trace*"), *temporary.glob("nasbook-*"))]
