"""Searches side by side: what is paired, what is left out and said, and what is refused in one sentence."""

import json
import warnings

import numpy as np
import pytest
from scipy import stats
from told_searches import told

from nasbook.statistics import compare


@pytest.fixture(scope="module")
def runs():
    """Twenty seeds of three methods whose ends are known."""
    rng = np.random.default_rng(0)
    ends = {"a": rng.normal(0, 1, 20), "b": rng.normal(0.1, 1, 20), "c": rng.normal(3, 1, 20)}
    return {m: [told(m, [9.0, float(v)], s) for s, v in enumerate(e)] for m, e in ends.items()}, ends


def test_the_numbers_are_those_of_the_tests(runs):
    traces, ends = runs
    found = compare([t for group in traces.values() for t in group])
    assert set(found.methods) == set("abc") and found.budgets == {"made": 2} and found.methods[-1] == "c"
    for pair in found.pairs:
        assert pair.paired and pair.n == 20
        assert pair.p == pytest.approx(stats.wilcoxon(ends[pair.a], ends[pair.b]).pvalue)
        assert pair.beats == (ends[pair.a] < ends[pair.b]).mean() >= 0.5 and pair.low <= pair.beats <= pair.high
    score = next(s for s in found.scores if s.method == "c")
    assert score.mean == pytest.approx(ends["c"].mean()) and score.median == pytest.approx(np.median(ends["c"]))
    assert found.n_blocks == 20 and sum(found.ranks.values()) == pytest.approx(6)
    assert [p.holm < 0.05 for p in found.pairs] == ["c" in (p.a, p.b) for p in found.pairs]
    assert "better than c" in found.sentence and "not told apart" in found.sentence
    text = str(found)
    assert "Friedman" in text and "P(a beats b)" in text and found.sentence in text
    json.dumps(found.to_dict(), allow_nan=False)


def test_against_one_method_there_are_fewer_tests(runs):
    traces, _ = runs
    everyone, few = compare(traces), compare(traces, against="a")
    assert len(few.pairs) == 2 and all("a" in (p.a, p.b) for p in few.pairs)
    sure = next(p.holm for p in few.pairs if "c" in (p.a, p.b))
    assert sure < next(p.holm for p in everyone.pairs if {"a", "c"} == {p.a, p.b})


def test_unequal_lengths_end_where_all_have_come_and_it_is_said():
    traces = [told("a", [3.0, 2.0, 1.0]), told("b", [2.5, 2.4])]
    found = compare(traces)
    assert found.budgets["made"] == 2 and found.values["made"] == {"a": {(0, 0): 2.0}, "b": {(0, 0): 2.4}}
    assert "compared after 2 trials, which every run has; the longest has 3 trials" in str(found)
    cut = compare([*traces, told("a", [1.0], 1)], trials=2)
    assert "1 of 3 runs end before 2 trials and are left out; the shortest has 1 trial" in str(cut)


def test_failed_runs_come_last_and_are_counted():
    traces = [told("a", [None, None], s) if s < 2 else told("a", [5.0, 0.1], s) for s in range(7)]
    traces += [told("b", [1.0, 0.5], s) for s in range(7)]
    found = compare(traces)
    score = next(s for s in found.scores if s.method == "a")
    assert score.lost == 2 and score.mean == pytest.approx(0.1) and "2 without a success" in str(found)
    pair = found.pairs[0]
    assert pair.beats == (5 / 7 if pair.a == "a" else 2 / 7)


def test_one_seed_may_be_luck_and_five_cannot_reach_a_small_p():
    assert "one seed, which may be luck" in compare([told("a", [1.0]), told("b", [2.0])]).sentence
    five = compare([told(m, [s + (m == "b")], s) for m in "ab" for s in range(5)])
    assert five.pairs[0].p == pytest.approx(2 / 2**5) and "5 pairs cannot reach p < 0.05" in str(five)


def test_several_tasks_are_scaled_and_five_of_them_are_blocks():
    traces = [
        told(m, [k * (s + 3.0 * (m == "b"))], s, task=f"t{k}")
        for m in "ab"
        for k in (1, 10, 100, 3, 7)
        for s in range(4)
    ]
    found = compare(traces)
    assert found.blocks == "5 tasks" and found.ranks == {"a": 1.0, "b": 2.0} and found.pairs[0].n == 20
    few = compare([t for t in traces if t.header.task in ("t1", "t10")])
    assert few.n_blocks == 8 and "4 seeds" not in few.blocks


def test_time_is_a_budget_too():
    slow = told("a", [3.0, 1.0, 0.5])
    found = compare([slow, told("b", [2.0, 2.0])], x="time")
    assert found.budgets["made"] == 2.0 and found.values["made"]["a"] == {(0, 0): 1.0}
    assert compare([slow, told("b", [2.0])], seconds=1).values["made"]["a"] == {(0, 0): 3.0}


def test_one_method_has_nobody_to_be_compared_with():
    assert "nothing to compare it with" in compare([told("a", [1.0], s) for s in range(3)]).sentence


def test_values_at_the_end_of_what_a_number_can_be():
    ends = {"a": [1e308, -1e308, 1e308, 0.0, 1e-320, 5.0, 1e308], "b": [1e307, -1e307, 1e308, 1.0, 0.0, 1e200, -1e308]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = compare([told(m, [v], s) for m, e in ends.items() for s, v in enumerate(e)])
        assert "Friedman" in str(found)
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_method_that_ranks_first_and_loses_run_by_run_gets_a_sentence():
    """On each task b loses one run of ten, so that its mean is worst there; run by run it is better."""
    ends = {"a": [1.0 + s for s in range(10)], "b": [None, *(0.9 + s for s in range(1, 10))]}
    found = compare([told(m, [v], s, task=f"t{k}") for k in range(5) for m, e in ends.items() for s, v in enumerate(e)])
    assert found.methods == ["a", "b"] and found.pairs[0].a == "b" and found.pairs[0].holm < 0.05
    assert found.sentence == "a has the best mean rank, but run by run it loses to b"


def test_who_wins_more_often_by_less_than_it_loses_is_not_called_better():
    lost = [0.01 * (s + 1) if s < 56 else -1 - s for s in range(100)]
    found = compare([told(m, [v], s) for m, e in {"a": [0.0] * 100, "b": lost}.items() for s, v in enumerate(e)])
    (pair,) = found.pairs
    assert pair.a == "a" and pair.beats == 0.56 and pair.p < 0.01 and not pair.agree and not found.differ()
    assert "better than" not in found.sentence and "the test, in which sizes count, favours b" in str(found)
    even = [0.01 * (s + 1) if s < 50 else -1 - s for s in range(100)]
    found = compare([told(m, [v], s) for m, e in {"a": [0.0] * 100, "b": even}.items() for s, v in enumerate(e)])
    assert found.pairs[0].a == "b" and found.pairs[0].agree and found.pairs[0].p < 0.01
