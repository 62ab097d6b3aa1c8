"""`nasbook search` on an objective that ends its process: a failed trial with its reason, and the search goes on."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from warm import Warm

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
            words,
            cwd=tmp_path,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

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
    expected = nasbook.search(
        "random", lambda c: (c["x"] - 0.3) ** 2, space=nasbook.Space(x=nasbook.Float(0, 1)), trials=12, seed=3
    )
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
    assert children and not any(
        Path(f"/proc/{c}/cmdline").exists() and Path(f"/proc/{c}/cmdline").read_text() for c in children
    )


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
        codes.append(Warm([sys.executable, script], cwd=tmp_path, env=environment).wait())
    trace = Trace.load(tmp_path / "t.jsonl")
    failed = [t for t in trace.trials if t.status == "failed"]
    assert codes[-1] == 0 and len(trace) == 8 and failed
    assert {t.reason for t in failed} == {"the process has ended 5 times while this trial was running"}
    rows = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text().splitlines()[1:]]
    begun = Counter(r["id"] for r in rows if r["event"] in ("ask", "again"))
    assert [begun[t.id] for t in trace.trials] == [5 if t in failed else 1 for t in trace.trials]


CLUSTER = """import os, nasbook
from nasbook.task import Evaluation, Task

class Cluster(Task):
    name, space, knows_cost = "cluster", nasbook.Space(x=nasbook.Float(0, 1)), True

    def evaluate(self, config, seed=0, **_):
        with open("calls", "a") as file:
            file.write("x")
        if DIES:
            os.kill(os.getpid(), 9)
        return Evaluation(config["x"], cost=1e6 if config["x"] < LONG else 1.0)

nasbook.search("random", Cluster(), trials=30, workers=3, seed=0, out="t.jsonl", resume=True)
"""


@pytest.mark.parametrize(
    ("dies", "failed"),
    [("os.path.getsize('calls') % 4 == 0", 0), ("0.55 < config['x'] < 0.7", None)],
    ids=["now and then", "always the same"],
)
def test_a_trial_that_is_made_and_not_yet_ended_on_the_simulated_clock_is_no_killer(tmp_path, dies, failed):
    """The process dies with every fourth call, beside long trials that are begun anew every time."""
    script = tmp_path / "s.py"
    script.write_text(CLUSTER.replace("DIES", dies).replace("LONG", "0.3" if failed == 0 else "0"))
    environment = {**os.environ, "PYTHONPATH": str(Path(nasbook.__file__).parents[1])}
    codes = []
    while 0 not in codes and len(codes) < 60:
        codes.append(Warm([sys.executable, script], cwd=tmp_path, env=environment).wait())
    trace = Trace.load(tmp_path / "t.jsonl")
    assert codes[-1] == 0 and codes.count(-9) >= 5 and len(trace) == 30
    deadly = [t for t in trace.trials if 0.55 < t.config["x"] < 0.7] if failed is None else []
    assert [t.id for t in trace.trials if t.status == "failed"] == [t.id for t in deadly]


def test_the_words_for_an_end():
    assert fate(3) == "ended with code 3" and fate(-11) == "was killed by SIGSEGV"
    assert fate(-9) == "was killed by SIGKILL, perhaps because it needed more memory than there is"
    assert fate(-999) == "was killed by signal 999"
