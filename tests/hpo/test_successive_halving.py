"""Rungs and promotions of successive halving, counted by hand; what it finds."""

from dataclasses import replace

import pytest
from curve_tasks import Line
from scipy.stats import kstest

import nasbook
from nasbook.method import Proposal
from nasbook.search import search, steps


def test_one_run_has_the_right_rungs_and_costs():
    trace = search("successive-halving", Line(), trials=40, seed=0)
    assert [t.fidelity for t in trace.trials] == [1] * 27 + [3] * 9 + [9] * 3 + [27]
    assert (
        sum(t.cost for t in trace.trials) == 27 * 1 + 9 * 2 + 3 * 6 + 1 * 18
    )  # training goes on: only the rest is paid
    first = sorted(trace.trials[:27], key=lambda t: t.value)
    assert [t.config for t in trace.trials[27:36]] == [t.config for t in first[:9]]
    assert [t.info["continues"] for t in trace.trials[36:]] == [t.id for t in (*first[:3], first[0])]


def test_a_first_rung_that_is_no_power_of_eta():
    trace = search("successive-halving", Line(), trials=20, configurations=13, max_fidelity=9)
    assert [t.fidelity for t in trace.trials][:18] == [1] * 13 + [3] * 4 + [9]
    with pytest.raises(ValueError, match="configurations must be a whole number of at least 3"):
        nasbook.method("successive-halving", Line.space, configurations=2)


def test_without_noise_the_best_of_n_is_found():
    """The lowest of n = 9 uniform numbers has the distribution 1 - (1 - x)^9, and halving finds it every time."""
    best = []
    for seed in range(150):
        trace = search("successive-halving", Line(), trials=13, seed=seed, max_fidelity=9)
        assert trace.best.fidelity == 9
        best.append(trace.best.config["x"])
    assert kstest(best, lambda x: 1 - (1 - x) ** 9).pvalue > 1e-3
    assert kstest(best, lambda x: 1 - (1 - x) ** 6).pvalue < 1e-3  # the test would see a worse method


def test_the_view_tells_who_went_on_and_who_stopped():
    *_, last = steps("successive-halving", Line(), trials=14, seed=3, max_fidelity=9)
    done, new = last.view.brackets
    assert [r.fidelity for r in done.rungs] == [1, 3, 9] and [len(r.trials) for r in done.rungs] == [9, 3, 1]
    first = done.rungs[0]
    lowest = sorted(zip(first.values, first.trials, strict=True))
    assert set(first.promoted) == {i for _, i in lowest[:3]} and set(first.stopped) == {i for _, i in lowest[3:]}
    assert done.rungs[2].promoted == () and done.rungs[2].stopped == (12,)
    assert new.rungs[0].values == (None,) and new.rungs[0].stopped == ()


def test_a_known_result_takes_the_place_of_its_epochs_or_none():
    method = nasbook.method("successive-halving", Line.space, max_fidelity=9)
    first = method.place(Proposal({"x": 0.3}, 1))
    assert (first.info, first.fidelity) == ({"bracket": 0, "rung": 0}, 1) and len(method.brackets) == 1
    assert "rung" not in method.place(Proposal({"x": 0.9}, 3)).info, "nobody waits at three epochs yet"
    method = nasbook.method("successive-halving", Line.space, max_fidelity=9)
    asked = [method.ask() for _ in range(9)]
    for t in asked:
        method.tell(replace(t, status="done", value=t.config["x"]))
    best = sorted(asked, key=lambda t: t.config["x"])[:3]
    placed = method.place(Proposal(best[1].config, 3))
    assert placed.info == {"continues": best[1].id, "bracket": 0, "rung": 1} and placed.config == best[1].config
    assert method.place(Proposal(best[1].config, 3)).info == {}, "its place is taken"
    assert {method.ask().info["continues"] for _ in range(2)} == {best[0].id, best[2].id}
