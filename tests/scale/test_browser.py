"""In a browser Python starts no process and no thread: what needs one is refused in one sentence, all else runs."""

import subprocess
import sys
import threading

import pytest

import nasbook
from nasbook.scale import load_study, run
from nasbook.scale.study_errors import RunError

SENTENCE = (
    r"^{} cannot run in a browser, whose Python starts no process and no thread; run it where Python is installed$"
)
HEAD = "schema: nasbook/study@1\nname: s\nmethod: {name: random}\nworkers: 2\nbudget: {trials: 3}\n"
TABLE = HEAD + "task: {name: nb201-cifar10}\nspace:\n"


@pytest.fixture(autouse=True)
def browser(monkeypatch):
    def none(*_, **__):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(sys, "platform", "emscripten")
    monkeypatch.setattr(threading.Thread, "start", none)
    monkeypatch.setattr(subprocess, "Popen", none)
    monkeypatch.setitem(sys.modules, "psutil", None)


@pytest.fixture
def function(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(
        HEAD + "task: {name: branin}\nspace:\n  x1: {type: float, low: -5, high: 10}\n"
        "  x2: {type: float, low: 0, high: 15}\n"
    )
    return path


@pytest.fixture
def table(tmp_path):
    rows = nasbook.task("nb201-cifar10").space.to_dict()
    path = tmp_path / "table.yaml"
    path.write_text(TABLE + "".join(f"  {name}: {row}\n" for name, row in rows.items()).replace("'", '"'))
    return path


def test_workers_are_refused_before_anything_is_written(function, tmp_path):
    for _ in range(2):  # and the second time it is not the folder that is in the way
        with pytest.raises(RunError, match=SENTENCE.format("a study on 2 worker processes")):
            run(function, tmp_path / "out")
    assert not (tmp_path / "out" / "trace.jsonl").exists()


def test_what_runs_in_this_process_runs(table, tmp_path):
    assert len(run(table, tmp_path / "out")) == 3


def test_trackers_are_refused(table, tmp_path):
    with pytest.raises(ValueError, match=SENTENCE.format("a tracker")):
        run(table, tmp_path / "out", track={"tensorboard": True})
    assert load_study(table).name == "s"


def test_a_command_is_refused():
    space = nasbook.Space(x=nasbook.Float(0, 1))
    with pytest.raises(ValueError, match=SENTENCE.format("a command")):
        nasbook.search("random", nasbook.task(command="echo {x}", space=space), trials=1)
