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
seen = set()
before = torch.get_num_threads()
see = lambda *_: seen.add(torch.get_num_threads())
"""
END = """
print(json.dumps([sorted(seen), torch.get_num_threads() == before]))
"""
EVALUATE = (
    BEGIN
    + """
task = nasbook.task({task!r}, **{arguments})
config = task.space.sample(__import__('numpy').random.default_rng(0))
keep = torch.nn.Module.__call__
torch.nn.Module.__call__ = lambda self, *a, **k: (see(), keep(self, *a, **k))[1]
task.evaluate(config, fidelity=1, report=see)
"""
    + END
)
SEARCH = (
    BEGIN
    + """
from nasbook.kit import learner
for step in nasbook.steps({method!r}, nasbook.task({task!r}, **{arguments}), trials=2, **{settings}):
    assert torch.get_num_threads() == before  # between two steps it is the user's
"""
    + END
)
TASKS = [
    ("digits-mlp", {"epochs": 1, "train": 100}),
    ("digits-cells", {"epochs": 1, "train": 100}),
]


def outcome(code: str, **environment: str):
    env = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    env |= {"PYTHONPATH": str(Path(nasbook.__file__).parents[1]), **environment}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("task", "arguments"), TASKS, ids=[t for t, _ in TASKS])
def test_a_tiny_training_takes_one_thread_and_gives_the_others_back(task, arguments):
    assert outcome(EVALUATE.format(task=task, arguments=arguments)) == [[1], True]


def test_who_asks_for_more_gets_more():
    code = EVALUATE.format(task="digits-mlp", arguments=TASKS[0][1])
    assert outcome(code, OMP_NUM_THREADS="3") == [[3], True]
    asked = code.replace("before =", "torch.set_num_threads(5); before =")
    assert outcome(asked) == [[5], True]


@pytest.mark.parametrize("method", ["darts", "pbt"])
def test_a_one_shot_method_takes_one_thread_while_it_works(method):
    task, arguments, settings = {
        "darts": ("digits-cells", {"train": 100}, {"epochs": 2}),
        "pbt": ("digits-mlp", {"epochs": 2, "train": 100}, {"population": 2, "interval": 1}),
    }[method]
    code = SEARCH.format(method=method, task=task, arguments=arguments, settings=settings)
    spy = "step = torch.optim.Optimizer.step\nkept = learner.measure\n"
    spy += "def measure(*a, **k):\n    see()\n    return kept(*a, **k)\nlearner.measure = measure\n"
    found = outcome(code.replace("from nasbook.kit import learner\n", "from nasbook.kit import learner\n" + spy))
    assert found == [[1], True]


def test_two_trainings_at_once_leave_the_number_of_before():
    code = BEGIN + """
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
""" + END  # fmt: skip
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
