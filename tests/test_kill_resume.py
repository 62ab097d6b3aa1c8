"""kill -9 at random moments: the resumed search ends like one that was never disturbed, and repeats almost nothing."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from warm import Warm

from nasbook.trace import Trace
from nasbook.trace_file import read

SCRIPT = '''
import json, os, sys, time
import nasbook
from nasbook.task import Evaluation, Task

method, out, log, kind = sys.argv[1:5]
settings = json.loads(sys.argv[5])
space = nasbook.Space(x=nasbook.Float(0, 1), n=nasbook.Int(1, 20), c=nasbook.Choice(["a", "b"]))


def note(what):
    with open(log, "ab", buffering=0) as file:
        file.write(f"{what}\\n".encode())


def objective(config):
    note(json.dumps(config))
    time.sleep(0.02)
    if config["n"] % 7 == 0:
        raise RuntimeError("seven")
    return (config["x"] - 0.3) ** 2 + config["n"] + (config["c"] == "a")


class Cluster(Task):
    """Knows its cost, so several workers are simulated."""

    name, space, knows_cost = "cluster", space, True

    def evaluate(self, config, **_):
        return Evaluation(objective(config), cost=1.0 + config["n"] * config["x"])


options = dict(out=out, resume=True, seed=5, **settings)
if kind == "function":
    nasbook.search(method, objective, space=space, first=[{"x": 0.5, "n": 1, "c": "a"}] * 2, **options)
elif kind == "cluster":
    nasbook.search(method, Cluster(), **options)
else:
    for step in nasbook.steps(method, nasbook.task("digits-cells", train=100), **options):
        note(step.trial.id)
'''


class Runs:
    """Starts the script again and again on the same trace; `kill` ends it by SIGKILL soon after the file has grown.

    What is killed is forked from a warm process, what runs to its end is an interpreter of its own."""

    def __init__(self, folder, *arguments):
        self.out, self.log = folder / "trace.jsonl", folder / "log"
        (folder / "script.py").write_text(SCRIPT)
        method, kind, settings = arguments
        self.command = [
            sys.executable,
            str(folder / "script.py"),
            method,
            str(self.out),
            str(self.log),
            kind,
            json.dumps(settings),
        ]
        self.environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}

    @property
    def size(self):
        return self.out.stat().st_size if self.out.exists() else 0

    @property
    def told(self):
        return self.out.read_bytes().count(b'"event": "tell"') if self.out.exists() else 0

    def start(self):
        return subprocess.Popen(self.command, env=self.environment, stderr=subprocess.PIPE, text=True)

    def finish(self):
        process = self.start()
        _, errors = process.communicate(timeout=250)
        assert process.returncode == 0, errors
        return Trace.load(self.out)

    def kill(self, delay):
        """True if the kill came before the end."""
        errors = self.log.with_name("errors")
        process, before = Warm(self.command, env=self.environment, stderr=errors), self.told
        while process.poll() is None and self.told == before:  # one that ends no trial would count as a killer
            time.sleep(0.002)
        time.sleep(delay)
        process.kill()
        assert process.wait() in (0, -signal.SIGKILL), errors.read_text()
        return process.returncode != 0

    @property
    def evaluated(self):
        return self.log.read_text().splitlines()


def undisturbed(trace):
    return [(kind, t.id, t.config, t.status, t.value, t.reason) for kind, t in trace.events]


@pytest.mark.parametrize(
    ("method", "kind", "settings", "workers"),
    [
        ("random", "function", {"trials": 40}, 1),
        ("bayesian", "function", {"trials": 22}, 1),
        ("regularized-evolution", "cluster", {"trials": 60, "workers": 4}, 4),
        ("bayesian", "cluster", {"trials": 22, "workers": 3}, 3),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_a_killed_search_ends_like_an_undisturbed_one(tmp_path, method, kind, settings, workers):
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    whole = Runs(tmp_path / "whole", method, kind, settings).finish()
    assert len(whole) == settings["trials"]
    runs, rng, kills, told = Runs(tmp_path / "killed", method, kind, settings), random.Random(), 0, 0
    for _ in range(6):
        kills += runs.kill(delay=rng.uniform(0, 0.15))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a cut line is dropped
            now = read(runs.out)[0]
        assert len(now) >= told  # what was told stays told
        told = len(now)
        assert undisturbed(now) == undisturbed(whole)[: len(now.events)]
    trace = runs.finish()
    assert kills >= 2, "the test came too late to kill anything"
    assert trace.digest == whole.digest and undisturbed(trace) == undisturbed(whole)
    assert len(runs.evaluated) <= len(trace) + kills * workers  # a kill costs what was running, no more
    if kind == "cluster":  # the simulated clock is the same to the last bit
        assert [(t.start, t.end, t.cost, t.worker) for t in trace.trials] == [
            (t.start, t.end, t.cost, t.worker) for t in whole.trials
        ]
    else:
        assert list(trace.times) == sorted(trace.times)


@pytest.mark.slow
def test_a_killed_darts_ends_like_an_undisturbed_one(tmp_path):
    settings = {"epochs": 5, "order": 2, "channels": 4}
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    whole = Runs(tmp_path / "whole", "darts", "one-shot", settings).finish()
    assert len(whole) == 5
    runs, rng, kills = Runs(tmp_path / "killed", "darts", "one-shot", settings), random.Random(), 0
    for _ in range(2):
        kills += runs.kill(delay=rng.uniform(0, 0.4))
    trace = runs.finish()
    assert kills >= 1, "the test came too late to kill anything"
    assert trace.digest == whole.digest
    assert [s.view for s in trace] == [s.view for s in whole]  # α, losses and accuracies, to the last bit
    assert len(runs.evaluated) <= 5 + kills  # epochs that a new process yielded


def test_a_kill_within_the_first_moments_leaves_something_to_resume(tmp_path):
    """Killed anywhere from the start of Python to the first trials: whatever is on disk can be continued."""
    runs, rng = Runs(tmp_path, "random", "function", {"trials": 10}), random.Random()
    for _ in range(3):
        process = runs.start()
        time.sleep(rng.uniform(0, 1.0))
        process.kill()
        process.communicate()
    assert len(runs.finish()) == 10
