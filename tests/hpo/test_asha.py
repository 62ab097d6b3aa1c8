"""ASHA's rules of promotion, its schedule with three workers by hand, and its shares with eight."""

import math
from dataclasses import replace

import numpy as np
import pytest
from curve_tasks import Line, Timed

from nasbook.hpo.asha import ASHA, good_enough
from nasbook.method import Proposal
from nasbook.search import search

STRAGGLER = [{"x": 0.5, "slow": 1}, {"x": 0.4, "slow": 2}, {"x": 0.3, "slow": 10}]


def test_the_rung_rule():
    losses = [1, 2, 3, 4, 2]  # the last one is new, η = 4
    k = sum(x < losses[-1] for x in losses)
    assert good_enough(k, 5, 4, "quantile")  # Syne Tune: 2 ≤ quantile(losses, 1/4) = 2
    assert losses[-1] <= np.quantile(losses, 1 / 4)
    assert not losses[-1] <= np.quantile(losses[:-1], 1 / 4)  # Ray compares with the old losses: 1.75
    assert not good_enough(k, 5, 4, "count")  # the paper: among the best ⌊5/4⌋ = 1
    assert good_enough(0, 4, 4, "count") and not good_enough(0, 3, 4, "count")


@pytest.mark.parametrize("eta", [2, 3, 4])
def test_the_quantile_rule_is_that_of_numpy(eta):
    rng = np.random.default_rng(eta)
    for n in range(2, 40):
        values = rng.integers(0, 12, n).astype(float)  # with ties
        for v in values:
            assert good_enough(int((values < v).sum()), n, eta) == (v <= np.quantile(values, 1 / eta) + 1e-12)


def test_three_workers_by_hand():
    """Rungs 1, 3, 9 and the paper's rule ⌊n/3⌋.

    t = 1   A is done; D begins
    t = 2   B is done (2 results: ⌊2/3⌋ = 0); E begins.  D is done (3 results): D, the best, goes on, until 2 + 2
    t = 3   E is done (4 results): E, the best of those that rest, goes on, until 3 + 2
    t = 4   D is done in rung 1 (1 result).  In rung 0 the next best is B, second to D and E: a new one begins
    C, the straggler, ends at 10 and holds up nobody.
    """
    first = [*STRAGGLER, {"x": 0.2, "slow": 1}, {"x": 0.1, "slow": 1}]
    trace = search("asha", Timed(), trials=8, first=first, workers=3, max_fidelity=9, rule="count")
    by_id = sorted(trace.trials, key=lambda t: t.id)
    seen = [(t.fidelity, t.worker, t.start, t.end, t.info.get("continues")) for t in by_id[:7]]
    assert seen == [
        (1, 0, 0, 1, None),
        (1, 1, 0, 2, None),
        (1, 2, 0, 10, None),
        (1, 0, 1, 2, None),
        (1, 1, 2, 3, None),
        (3, 0, 2, 4, 3),
        (3, 1, 3, 5, 4),
    ]
    assert by_id[7].start == 4 and by_id[7].fidelity == 1 and "continues" not in by_id[7].info


@pytest.mark.parametrize("rule", ["quantile", "count"])
def test_asha_promotes_a_share_of_one_in_eta_once_each_and_never_waits(rule):
    trace = search("asha", Timed(), trials=400, seed=0, workers=8, max_fidelity=27, rule=rule)
    counts = [sum(t.fidelity == r for t in trace.trials) for r in (1, 3, 9, 27)]
    for low, high in zip(counts, counts[1:], strict=False):
        # when a trial is promoted it is among the best third; later ones may push it out, about √n of them
        assert low / 3 - 10 <= high <= low / 3 + 2 * math.sqrt(low)
    went = [(t.info["continues"], t.fidelity) for t in trace.trials if "continues" in t.info]
    assert len(went) == len(set(went))
    for worker in range(8):
        mine = sorted((t for t in trace.trials if t.worker == worker), key=lambda t: t.start)
        assert all(a.end == b.start for a, b in zip(mine, mine[1:], strict=False))


def test_asha_goes_from_the_top_down():
    method = ASHA(Line.space, max_fidelity=9)

    def tell(trial, value):
        method.tell(replace(trial, status="done", value=value))

    for trial, value in zip([method.ask() for _ in range(6)], (0.4, 0.2, 0.6, 0.1, 0.5, 0.3), strict=True):
        tell(trial, value)
    one, two, new = (method.ask() for _ in range(3))  # 6 results: k = 0 and 1 may go on (3 k ≤ 5), k = 2 may not
    assert [(t.fidelity, t.info.get("continues")) for t in (one, two, new)] == [(3, 3), (3, 1), (1, None)]
    tell(one, 0.1)
    tell(two, 0.2)
    tell(new, 0.05)
    asked = [method.ask() for _ in range(3)]  # the best of rung 1 and the new one of rung 0 may both go on
    assert [(t.fidelity, t.info.get("continues")) for t in asked] == [(9, 3), (3, new.id), (1, None)]
    assert [t.info["rung"] for t in (one, *asked)] == [1, 2, 1, 0]
    rungs = method.view().rungs
    assert [r.promoted for r in rungs] == [(3, 1, new.id), (one.id,), ()]
    assert rungs[0].stopped == (0, 2, 4, 5) and rungs[2].values == (None,)


def test_a_known_result_is_the_promotion_of_its_own_configuration_once():
    method = ASHA(Line.space, max_fidelity=9)
    for x, value in ((0.2, 0.4), (0.7, 0.1)):
        method.enqueue({"x": x})
        method.tell(replace(method.ask(), status="done", value=value))
    known = [method.place(Proposal({"x": x}, 3)).info for x in (0.7, 0.7, 0.5)]
    assert known == [{"continues": 1, "rung": 1}, {"rung": 1}, {"rung": 1}]  # promoted already; in no rung below
    assert method.promoted[0] == [1]
