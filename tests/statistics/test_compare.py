"""Searches side by side: what is paired, what is left out and said, and what is refused in one sentence."""

import json
import warnings

import numpy as np
import pytest
from scipy import stats

import nasbook
from nasbook.statistics import compare
from nasbook.trace import Header, Trace, Trial

SPACE = nasbook.Space(x=nasbook.Float(0, 1))


def told(method, values, seed=0, task="made", **header):
    """A trace of a method whose trials have these values; None is a failure."""
    trace = Trace(Header(method, task, SPACE, seed=seed, **header))
    for i, v in enumerate(values):
        trace.started(Trial(i, {"x": 0.5}, start=float(i)))
        status = "failed" if v is None else "done"
        trace.ended(Trial(i, {"x": 0.5}, status=status, value=v, start=float(i), end=i + 1.0))
    return trace


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


def test_seeds_that_one_method_lacks_are_no_pairs_and_it_is_said():
    traces = [told("a", [float(s)], s) for s in range(8)] + [told("b", [s + 1.0], s) for s in range(6)]
    found = compare(traces)
    assert found.pairs[0].n == found.n_blocks == 6 and "2 more are not shared" in str(found)
    assert found.pairs[0].p == pytest.approx(2 / 2**6)


def test_methods_that_share_no_seed_are_not_paired():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=12), rng.normal(2, 1, 10)
    traces = [told("a", [float(v)], s) for s, v in enumerate(a)] + [
        told("b", [float(v)], 100 + s) for s, v in enumerate(b)
    ]
    found = compare(traces)
    (pair,) = found.pairs
    assert not pair.paired and not found.ranks and pair.a == "a"
    assert pair.p == pytest.approx(stats.mannwhitneyu(a, b).pvalue) and "Mann-Whitney" in str(found)


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


def test_the_same_file_twice_counts_once_and_two_results_of_a_seed_both_count():
    one, two = told("a", [1.0]), told("a", [2.0])
    found = compare([one, one, two, told("b", [3.0])])
    assert [s.n for s in found.scores if s.method == "a"] == [2]
    assert "repeats the search of another one, and is left out" in str(found) and "both count" in str(found)


def test_settings_that_differ_name_the_method():
    found = compare([told("tpe", [1.0], settings={"gamma": g, "n": 1}) for g in (0.1, 0.2)])
    assert set(found.methods) == {"tpe (gamma = 0.1)", "tpe (gamma = 0.2)"}


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


def test_what_was_maximised_does_not_meet_what_was_minimised():
    up = {"source": "optuna", "maximised": [0]}
    with pytest.raises(ValueError, match="'acc' was maximised and 'made' was minimised"):
        compare([told("optuna", [-0.9], task="acc", provenance=up), told("a", [0.1])])
    found = compare([told("x", [-0.9], provenance=up), told("y", [-0.8], provenance=up)])
    assert found.methods == ["x", "y"] and "as its negative" in str(found)


def test_imported_studies_belong_to_the_one_task_that_there_is():
    study = {"source": "optuna"}
    traces = [told("optuna", [1.0 + k], task=f"study {k}", provenance=study) for k in range(3)] + [told("a", [0.0], 0)]
    found = compare(traces)
    assert found.tasks == ["made"] and [s.n for s in found.scores] == [1, 3] and not found.pairs[0].paired
    with pytest.raises(ValueError, match="do not say which of made, other"):
        compare([*traces, told("a", [0.0], 0, task="other")])


WRONG = [
    ([], {}, "at least one trace"),
    (["x.jsonl"], {}, "Trace.load reads a file"),
    ([told("a", [])], {}, "has a trial that ended"),
    ([told("a", [1.0])], {"trials": 9}, "no run reaches 9 trials"),
    ([told("a", [1.0])], {"against": "b"}, "no method 'b' among these"),
    ([told("a", [1.0])], {"alpha": 2}, "alpha lies between"),
    ([told("a", [1.0])], {"trials": 0}, "must be above 0"),
    ([told("a", [1.0])], {"x": "epochs"}, "x is 'trials' or 'time'"),
    ([told("a", [1.0])], {"trials": 1, "seconds": 1}, "not both"),
]


@pytest.mark.parametrize("traces, options, says", WRONG, ids=[says for *_, says in WRONG])
def test_what_cannot_be_compared_gets_one_sentence(traces, options, says):
    with pytest.raises(ValueError, match=says) as caught:
        compare(traces, **options)
    assert "\n" not in str(caught.value)


def test_one_method_has_nobody_to_be_compared_with():
    assert "nothing to compare it with" in compare([told("a", [1.0], s) for s in range(3)]).sentence


def test_values_at_the_end_of_what_a_number_can_be():
    ends = {"a": [1e308, -1e308, 1e308, 0.0, 1e-320, 5.0, 1e308], "b": [1e307, -1e307, 1e308, 1.0, 0.0, 1e200, -1e308]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = compare([told(m, [v], s) for m, e in ends.items() for s, v in enumerate(e)])
        assert "Friedman" in str(found)
    json.dumps(found.to_dict(), allow_nan=False)


def test_methods_that_share_no_task_do_not_compare():
    traces = [told("a", [1.0], s, task="one") for s in range(3)] + [told("b", [2.0], s, task="two") for s in range(3)]
    found = compare(traces)
    assert not found.pairs and "No two of these methods were run on the same task" in found.sentence
    with pytest.raises(ValueError, match="no two of these methods were run on the same task"):
        nasbook.plots.plot(traces, "compare")
    joined = compare(traces, same_task=True)
    assert joined.tasks == ["one"] and joined.pairs[0].n == 3
    one = compare([told(m, [v], s) for m, v in (("a", 1.0), ("b", 2.0), ("c", 3.0)) for s in range(9)], against="c")
    assert one.sentence == "a is better than c"


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


def test_values_of_different_fidelities_are_said_not_to_compare():
    def rungs(method, fidelities):
        trace = Trace(Header(method, "made", SPACE))
        for i, f in enumerate(fidelities):
            trace.ended(Trial(i, {"x": 0.5}, fidelity=f, status="done", value=1.0 / (i + 1), start=i, end=i + 1.0))
        return trace

    short = compare([rungs("hyperband", [1, 1, 3, 9]), rungs("random", [9, 9])])
    assert "best of 1 of 2 runs is known at a low fidelity only (from 1, of 9)" in str(short)
    assert "fidelity" not in str(compare([rungs("hyperband", [1, 1, 3, 9]), rungs("random", [9] * 4)]))
    assert "fidelity" not in str(compare([rungs("hyperband", [1, 3]), rungs("asha", [1, 3])]))


def test_after_seconds_the_trials_may_stand_in_any_order_and_lack_a_time():
    def at(ends):
        trace = Trace(Header("a", "made", SPACE))
        for i, (value, end) in enumerate(ends):
            trace.ended(Trial(i, {"x": 0.5}, status="done", value=value, start=0.0, end=end))
        return trace

    late, untimed = at([(0.1, 9.0), (5.0, 2.0)]), at([(0.2, None), (0.7, 1.0), (0.5, 2.0)])
    found = compare({"late": late, "untimed": untimed}, seconds=2)
    assert [next(iter(v.values())) for v in found.values["made"].values()] == [5.0, 0.5]


def test_a_study_given_twice_counts_once_and_objectives_are_counted_after_a_failure():
    study = told("optuna", [1.0, 2.0], task="s", provenance={"source": "optuna"})
    other = told("optuna", [1.0, 2.0], task="another", provenance={"source": "optuna"})
    found = compare({"mine": [study, study, other], "theirs": told("a", [3.0, 3.0])})
    assert [s.n for s in found.scores] == [2, 1] and "One trace repeats" in str(found)
    two = Trace(Header("a", "made", SPACE))
    two.ended(Trial(0, {"x": 0.5}, status="failed"))
    two.ended(Trial(1, {"x": 0.5}, status="done", value=1.0, values=(1.0, 2.0)))
    assert "Of several objectives the first" in str(compare([two, told("b", [1.0, 2.0])]))


def test_what_does_not_print_is_spelled_out():
    names = [told(m, [1.0], s, task="t\x1b[2J\n") for m in ("a\nb\x1b[31m", "b\udc80") for s in range(6)]
    text = str(compare(names))
    assert all(c == "\n" or c.isprintable() for c in text) and "a\\nb\\x1b[31m" in text and "t\\x1b[2J" in text
    assert repr(names[0]).isprintable() and "a\\nb\\x1b[31m on t\\x1b[2J" in repr(names[0])
