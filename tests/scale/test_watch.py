"""A run as its folder tells it, while somebody else writes there."""

import json
import os
import shutil
import time

import pytest

import nasbook
from nasbook.scale.watch import GONE, Watched


@pytest.fixture
def whole(tmp_path):
    path = tmp_path / "whole" / "trace.jsonl"
    nasbook.search("random", "branin", trials=5, seed=1, out=path)
    return path


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda p: p.write_text('{"schema": "nasbook/trace@2"}\n'), "line 1: this is not a trace: schema must be"),
        (lambda p: p.write_bytes(p.read_bytes() + b"nonsense\n"), "line 12: not a line of JSON"),
        (lambda p: p.write_bytes(b"\xff\xfe\x00\n"), "line 1: not a line of JSON"),
        (lambda p: (p.unlink(), p.mkdir()), "is no file"),
        (lambda p: (p.unlink(), os.mkfifo(p)), "is no file"),
    ],
)
def test_damage_is_one_sentence_and_said_once(whole, damage, said):
    damage(whole)
    run = Watched(whole.parent)
    with pytest.raises(ValueError, match=said) as wrong:
        run.read()
    assert "\n" not in str(wrong.value) and not run.read()


def test_a_folder_without_a_run_waits_for_one(whole, tmp_path):
    run = Watched(tmp_path / "later")
    assert run.read() in (True, False) and run.state() == "absent" and run.trace is None
    shutil.copytree(whole.parent, tmp_path / "later")
    assert run.read() and len(run.trace) == 5 and run.state() == "unknown"
    shutil.rmtree(tmp_path / "later")
    assert run.read() and run.state() == "absent"
    assert Watched(whole).folder == whole.parent
    with pytest.raises(ValueError, match="a run is a folder"):
        (tmp_path / "study.yaml").write_text("")
        Watched(tmp_path / "study.yaml")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_said_to_be_so(whole):
    whole.chmod(0)
    with pytest.raises(ValueError, match="cannot be read: Permission denied"):
        Watched(whole.parent).read()


def test_a_run_whose_process_is_gone_or_that_is_silent_for_long_is_doubted(whole, tmp_path):
    folder = whole.parent

    def told(**row):
        (folder / "pulse.jsonl").write_text(json.dumps({"at": 1, "state": "running", "every": 1.0, **row}) + "\n")
        run = Watched(folder)
        run.read()
        return run.state()

    import socket
    import subprocess
    import sys

    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert told(date=time.time(), host=socket.gethostname(), pid=gone.pid) == "silent"
    assert told(date=time.time(), host="elsewhere", pid=gone.pid) == "running"
    assert told(date=time.time() - 2 * GONE, host="elsewhere", pid=gone.pid) == "silent"


def test_the_time_that_is_left_is_by_the_pace_of_the_last_trials(tmp_path):
    trace = nasbook.search("random", "nb201-cifar10", trials=12, seed=0)
    out = tmp_path / "out"
    from nasbook.scale import run

    run(trace.export(tmp_path / "study.yaml", trials=12), out)
    watched = Watched(out)
    watched.read()
    assert watched.total == 12 and watched.left() == 0.0 and watched.state() == "ended"
    lines = (out / "trace.jsonl").read_bytes().splitlines(keepends=True)
    (out / "trace.jsonl").write_bytes(b"".join(lines[: 1 + 2 * 6]))
    watched = Watched(out)
    watched.read()
    ends = [t.end for t in watched.trace.trials]
    assert len(ends) == 6 and watched.left() == pytest.approx(ends[-1])


def test_the_first_trials_are_seen_before_one_has_ended(whole):
    lines = whole.read_bytes().splitlines(keepends=True)
    whole.write_bytes(b"".join(lines[:2]))  # the header, and a trial that was asked for
    run = Watched(whole.parent)
    assert run.read() and [t.id for t in run.running()] == [0] and run.trace is not None and not len(run.trace)
