"""Which runs meet which: by method, seed and task, and what cannot be compared."""

import numpy as np
import pytest
from scipy import stats
from told_searches import SPACE, told

import nasbook
from nasbook.statistics import compare
from nasbook.trace import Header, Trace, Trial


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


def test_the_same_file_twice_counts_once_and_two_results_of_a_seed_both_count():
    one, two = told("a", [1.0]), told("a", [2.0])
    found = compare([one, one, two, told("b", [3.0])])
    assert [s.n for s in found.scores if s.method == "a"] == [2]
    assert "repeats the search of another one, and is left out" in str(found) and "both count" in str(found)


def test_settings_that_differ_name_the_method():
    found = compare([told("tpe", [1.0], settings={"gamma": g, "n": 1}) for g in (0.1, 0.2)])
    assert set(found.methods) == {"tpe (gamma = 0.1)", "tpe (gamma = 0.2)"}


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
