"""Small trainings take one thread of torch by themselves, more where somebody asks for more, and give back what was."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import nasbook

BEGIN = """
import json, sys, threading, torch
import nasbook
if torch.get_num_threads() == 1:  # a machine with one core: what would others take?
    torch.set_num_threads(2)
from nasbook.kit import threads
seen, found = set(), []
before = torch.get_num_threads()
see = lambda *_: seen.add(torch.get_num_threads())
call = torch.nn.Module.__call__


def watched(self, *a, **k):
    see()
    return call(self, *a, **k)
"""
END = """
print(json.dumps([sorted(seen), torch.get_num_threads() == before]))
"""
EVALUATE = """
task = nasbook.task({task!r}, **{arguments})
config = task.space.sample(__import__('numpy').random.default_rng(0))
torch.nn.Module.__call__ = watched
task.evaluate(config, fidelity=1, report=see)
torch.nn.Module.__call__ = call
"""
SEARCH = """
torch.nn.Module.__call__ = watched
for step in nasbook.steps({method!r}, nasbook.task({task!r}, **{arguments}), trials=2, **{settings}):
    assert torch.get_num_threads() == before  # between two steps it is the user's
torch.nn.Module.__call__ = call
"""
TASKS = [
    ("digits-mlp", {"epochs": 1, "train": 100}),
    ("digits-cells", {"epochs": 1, "train": 100}),
]
METHODS = [
    ("darts", "digits-cells", {"train": 100}, {"epochs": 2}),
    ("pbt", "digits-mlp", {"epochs": 2, "train": 100}, {"population": 2, "interval": 1}),
]


def outcome(code: str, **environment: str):
    env = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    env |= {"PYTHONPATH": str(Path(nasbook.__file__).parents[1]), **environment}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def one_process():
    """What each training and search does after the other in one process."""
    parts = [EVALUATE.format(task=task, arguments=a) for task, a in TASKS]
    parts += [SEARCH.format(method=m, task=task, arguments=a, settings=s) for m, task, a, s in METHODS]
    each = "found.append([sorted(seen), torch.get_num_threads() == before]); seen.clear()\n"
    found = outcome(BEGIN + each.join([*parts, ""]) + "print(json.dumps(found))")
    return dict(zip([name for name, *_ in (*TASKS, *METHODS)], found, strict=True))


@pytest.mark.parametrize("task", [task for task, _ in TASKS])
def test_a_tiny_training_takes_one_thread_and_gives_the_others_back(one_process, task):
    assert one_process[task] == [[1], True]


@pytest.mark.parametrize("method", [method for method, *_ in METHODS])
def test_a_one_shot_method_takes_one_thread_while_it_works(one_process, method):
    assert one_process[method] == [[1], True]


def test_who_asks_for_more_gets_more():
    code = EVALUATE.format(task="digits-mlp", arguments=TASKS[0][1])
    assert outcome(BEGIN + code + END, OMP_NUM_THREADS="3") == [[3], True]
    asked = BEGIN.replace("before =", "torch.set_num_threads(5); before =")
    assert outcome(asked + code + END) == [[5], True]


def test_two_trainings_at_once_leave_the_number_of_before():
    code = (
        BEGIN
        + """
inside, go = threading.Barrier(2), threading.Barrier(2)
def first():
    with threads.one_thread():
        inside.wait(); see(); go.wait()
def second():
    inside.wait()
    with threads.one_thread():
        with threads.one_thread():
            see()
        go.wait(); see()
workers = [threading.Thread(target=f) for f in (first, second)]
[w.start() for w in workers]; [w.join() for w in workers]
other = []
t = threading.Thread(target=lambda: other.append(torch.get_num_threads())); t.start(); t.join()
assert other == [before], other
"""
        + END
    )
    assert outcome(code) == [[1], True]


def test_an_exception_gives_the_threads_back():
    import torch

    from nasbook.kit.threads import one_thread, one_thread_a_step

    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), one_thread():
        raise ZeroDivisionError

    @one_thread_a_step
    def steps():
        yield torch.get_num_threads()
        try:
            yield 2
        finally:
            closed.append(True)

    closed: list[bool] = []
    running = steps()
    next(running), next(running)
    running.close()
    assert closed and torch.get_num_threads() == before and threading.active_count() >= 1
