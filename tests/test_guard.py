"""`nasbook search` on an objective that ends its process: a failed trial with its reason, and the search goes on."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import nasbook
from nasbook.guard import fate
from nasbook.trace import Trace

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

OBJECTIVES = """
import ctypes, os, sys, threading, time
from nasbook import Float, Space

SPACE = Space(x=Float(0, 1))
seen = []


def value(config):
    return (config["x"] - 0.3) ** 2


def segfault(config):
    if config["x"] > 0.6:
        ctypes.string_at(0)
    return value(config)


def always(config):
    ctypes.string_at(0)


def left_by_a_thread(config):
    if config["x"] > 0.6:
        thread = threading.Thread(target=os._exit, args=(0,))
        thread.start()
        thread.join()
    return value(config)


def leaves(config):
    if config["x"] > 0.6:
        (sys.exit if config["x"] > 0.8 else os._exit)(0)
    return value(config)


def asks(config):
    return float(input("how good? "))


def sleeps(config):
    print("sleeping", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def command(tmp_path):
    (tmp_path / "own.py").write_text(OBJECTIVES)
    environment = {**os.environ, "PYTHONPATH": str(Path(nasbook.__file__).parents[1])}

    def start(name, *options):
        words = [sys.executable, "-m", "nasbook", "search", "random", f"own:{name}", "--trials", "12", *options]
        return subprocess.Popen(
            words, cwd=tmp_path, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    return start


@pytest.mark.parametrize("out", [True, False])
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("segfault", "the process was killed by SIGSEGV"),
        ("left_by_a_thread", "the process ended with code 0"),
        ("leaves", "0)"),
    ],
)
def test_an_objective_that_ends_its_process_fails_that_trial_only(command, tmp_path, name, reason, out):
    options = ["--out", "t.jsonl"] if out else []
    process = command(name, "--json", "--seed", "3", *options)
    told, said = process.communicate(timeout=200)
    found = json.loads(told)
    expected = nasbook.search("random", lambda c: (c["x"] - 0.3) ** 2, space=nasbook.Space(x=nasbook.Float(0, 1)),
                              trials=12, seed=3)  # fmt: skip
    bad = [t.id for t in expected.trials if t.config["x"] > 0.6]
    assert process.returncode == 0 and found["trials"] == 12 and 0 < found["failed"] == len(bad), said
    assert found["best_value"] == expected.best.value
    if out:
        trials = Trace.load(tmp_path / "t.jsonl").trials
        assert [t.config for t in trials] == [t.config for t in expected.trials]
        assert [t.id for t in trials if t.status == "failed"] == bad
        reasons = {t.reason for t in trials if t.status == "failed"}
        assert all(reason in r or (name == "leaves" and r == "SystemExit: 0") for r in reasons), reasons


def test_an_objective_that_always_ends_its_process_ends_the_search(command, tmp_path):
    process = command("always", "--out", "t.jsonl")
    told, said = process.communicate(timeout=200)
    assert process.returncode == 1 and "the process was killed by SIGSEGV in 5 trials in a row" in said
    assert [t.status for t in Trace.load(tmp_path / "t.jsonl").trials] == ["failed"] * 5


def test_nobody_answers_an_objective(command):
    process = command("asks", "--json")  # standard input stays open: a terminal would wait for ever
    told, said = process.communicate(timeout=200)
    assert process.returncode == 1 and json.loads(told)["failed"] == 12
    assert "EOFError" in said and "all of the first 5 trials have failed alike" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_search(command, tmp_path, number):
    process = command("sleeps", "--out", "t.jsonl")
    assert "sleeping" in process.stderr.readline()
    process.send_signal(number)
    told, said = process.communicate(timeout=200)
    assert process.returncode == 130 and "interrupted after 0 trials" in said, said
    assert len(Trace.load(tmp_path / "t.jsonl").pending) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux does it")
def test_a_killed_search_leaves_no_process(command, tmp_path):
    process = command("sleeps", "--out", "t.jsonl")
    assert "sleeping" in process.stderr.readline()
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.kill()
    process.communicate(timeout=200)  # the pipes close when the child has ended
    assert children and not any(Path(f"/proc/{c}/cmdline").exists() and Path(f"/proc/{c}/cmdline").read_text()
                                for c in children)  # fmt: skip


def test_a_trial_that_ends_the_process_of_a_resumed_search_is_not_tried_for_ever(tmp_path):
    script = tmp_path / "s.py"
    script.write_text(
        "import ctypes, nasbook\n"
        "def f(config):\n    return ctypes.string_at(0) if config['x'] > 0.9 else config['x']\n"
        "space = nasbook.Space(x=nasbook.Float(0, 1))\n"
        "t = nasbook.search('random', f, space=space, trials=8, seed=0, out='t.jsonl', resume=True)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(nasbook.__file__).parents[1])}
    codes = []
    while 0 not in codes and len(codes) < 30:
        codes.append(subprocess.run([sys.executable, str(script)], cwd=tmp_path, env=environment).returncode)
    trace = Trace.load(tmp_path / "t.jsonl")
    failed = [t for t in trace.trials if t.status == "failed"]
    assert codes[-1] == 0 and len(trace) == 8 and failed
    assert {t.reason for t in failed} == {"the process has ended 5 times while this trial was running"}
    assert [trace.begun(t) for t in trace.trials] == [5 if t in failed else 1 for t in trace.trials]


def test_the_words_for_an_end():
    assert fate(3) == "ended with code 3" and fate(-11) == "was killed by SIGSEGV"
    assert fate(-9) == "was killed by SIGKILL, perhaps because it needed more memory than there is"
    assert fate(-999) == "was killed by signal 999"
