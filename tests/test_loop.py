"""The simulated clock of a search, by hand and against a list schedule."""

import math
import time
from collections import Counter

import numpy as np
import pytest
from searched import SPACE, Costly, InOrder

from nasbook.loop import Run
from nasbook.prepare import header_of
from nasbook.search import search, steps
from nasbook.space import Float, Space
from nasbook.task import Evaluation, Task
from nasbook.trace import Trace


def schedule(costs, **options):
    trace = search(InOrder, Costly(costs), **{"trials": len(costs), **options})
    return [(t.id, t.worker, t.start, t.end) for t in trace.trials], trace


def test_a_schedule_by_hand_for_two_workers():
    """Worker 0: trial 0 (0 to 3), trial 2 (3 to 4), trial 3 (4 to 8).  Worker 1: trial 1 (0 to 5), trial 4 (5 to 7)."""
    rows, trace = schedule([3, 5, 1, 4, 2], workers=2)
    assert rows == [
        (0, 0, 0.0, 3.0),
        (2, 0, 3.0, 4.0),
        (1, 1, 0.0, 5.0),
        (4, 1, 5.0, 7.0),
        (3, 0, 4.0, 8.0),
    ]
    assert [(k, t.id) for k, t in trace.events] == [
        ("ask", 0),
        ("ask", 1),
        ("tell", 0),
        ("ask", 2),
        ("tell", 2),
        ("ask", 3),
        ("tell", 1),
        ("ask", 4),
        ("tell", 4),
        ("tell", 3),
    ]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_a_run_that_is_stepped_is_the_search(workers):
    costs = [3, 5, 1, 4, 2, 2, 7]
    task = Costly(costs)
    method = InOrder(task.space)
    run = Run(method, task, Trace(header_of(method, task, workers)), workers=workers)
    while run.step(trials=len(costs)):
        pass
    rows, trace = schedule(costs, workers=workers)
    assert [(t.id, t.worker, t.start, t.end) for t in run.trace.trials] == rows
    assert run.trace.digest == trace.digest
    assert run.step(trials=len(costs)) is None
    assert run.step(trials=len(costs) + 1) is None  # the method has nothing left to ask


def test_a_slow_worker_takes_as_many_times_as_long():
    task = Costly([3, 5, 1, 4, 2])
    method = InOrder(task.space)
    run = Run(method, task, Trace(header_of(method, task, 2)), workers=2, pace={0: 4})
    while run.step():
        pass
    assert [(t.id, t.worker, t.start, t.end) for t in run.trace.trials] == [
        (1, 1, 0, 5),
        (2, 1, 5, 6),
        (3, 1, 6, 10),
        (0, 0, 0, 12),
        (4, 1, 10, 12),
    ]


def test_the_clock_stands_still_between_two_steps(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def objective(config):
        now[0] += 2.0
        return config["x"]

    running = steps("random", objective, space=SPACE, time=5.0)
    seen = []
    for step in running:
        seen.append((step.trial.start, step.trial.end))
        now[0] += 1000.0  # whoever takes the steps has paused
    assert seen == [(0, 2), (2, 4), (4, 6)]


def test_one_worker_is_a_queue():
    rows, _ = schedule([3, 5, 1], workers=1)
    assert rows == [(0, 0, 0, 3), (1, 0, 3, 8), (2, 0, 8, 9)]


def test_ties_are_broken_by_number_and_results_are_told_one_by_one():
    rows, trace = schedule([2, 2, 1, 1], workers=2)
    assert rows == [(0, 0, 0, 2), (1, 1, 0, 2), (2, 0, 2, 3), (3, 1, 2, 3)]
    assert [k for k, _ in trace.events] == ["ask", "ask", "tell", "ask", "tell", "ask", "tell", "tell"]


def test_failures_without_a_cost_take_no_time():
    rows, trace = schedule(["broken", 2, "broken", 1], workers=1)
    assert rows == [(0, 0, 0, 0), (1, 0, 0, 2), (2, 0, 2, 2), (3, 0, 2, 3)]
    assert trace.trials[0].reason == "RuntimeError: broken"


def test_time_is_of_the_simulated_clock():
    rows, trace = schedule([100.0] * 10, trials=None, time=250.0, workers=2)
    assert len(rows) == 6 and rows[-1][3] == 300.0  # asked at 0, 100, 200; what runs at 250 ends
    assert not trace.pending


def simulate(costs, workers):
    """A list schedule written the plain way: each trial goes to the worker that is free first."""
    free, out = [0.0] * workers, []
    for i, cost in enumerate(costs):
        w = min(range(workers), key=lambda w: (free[w], w))
        out.append((free[w], free[w] + cost, i))
        free[w] += cost
    return out


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_many_random_costs_give_the_list_schedule(workers):
    costs = np.random.default_rng(workers).exponential(1, 60).tolist()
    rows, trace = schedule(costs, workers=workers)
    expected = simulate(costs, workers)
    begins = [start for _, _, start, _ in sorted(rows)]
    assert begins == pytest.approx([start for start, _, _ in expected])
    ends = [e for *_, e in rows]
    assert ends == sorted(ends) and max(ends) == pytest.approx(max(e for _, e, _ in expected))
    for kind, trial in trace.events:  # never more in flight than workers, and never two on one worker
        busy = [t.worker for t in trace.trials if t.start <= trial.start < t.end]
        assert kind != "ask" or (len(busy) <= workers and max(Counter(busy).values()) == 1)


def test_a_trial_in_flight_is_chosen_without_the_others_results():
    told = []

    class Spy(InOrder):
        def propose(self):
            told.append([t.id for t in self.trials])
            return super().propose()

    search(Spy, Costly([3, 5, 1, 4, 2]), trials=5, workers=2)
    assert told == [[], [], [0], [0, 2], [0, 2, 1]]


@pytest.mark.parametrize("cost", [-1.0, math.nan, math.inf, None])
def test_a_cost_that_is_none_is_refused(cost):
    class Bad(Costly):
        def evaluate(self, config, **_):
            return Evaluation(1.0, cost=cost)

    if cost is None:
        trial = search(InOrder, Bad([1, 1]), trials=1).trials[0]
        assert trial.reason == "costly promises to know its cost (knows_cost), but told none"
        return
    trial = search(InOrder, Bad([1, 1]), trials=1).trials[0]
    assert trial.status == "failed"
    assert trial.reason.startswith("ValueError: the objective's cost must be a finite number of seconds of at least 0")


def test_a_budget_of_time_ends_although_every_trial_fails_at_no_cost():
    class Broken(Task):
        name, space, knows_cost = "broken", Space(x=Float(0, 1)), True

        def evaluate(self, config, **context):
            raise RuntimeError("no data")

    with pytest.warns(UserWarning, match="1000 trials in a row cost nothing, so time=60"):
        trace = search("random", Broken(), time=60)
    assert len(trace) == 1000 and all(t.status == "failed" for t in trace.trials)
