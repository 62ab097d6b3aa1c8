"""Median stopping by hand, Wilcoxon's p-value against scipy, and which trials are stopped."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from curve_tasks import Line
from scipy import stats

import nasbook
from nasbook import Choice, Space
from nasbook.hpo.median_stopping import MedianStopping, median_at, running_mean, wilcoxon
from nasbook.search import search, steps

CURVES = [
    ((1, 0.9), (2, 0.5), (3, 0.4)),  # running means 0.9, 0.7, 0.6
    ((1, 0.6), (2, 0.6), (3, 0.3)),  # 0.6, 0.6, 0.5
    ((1, 1.0), (2, 0.6), (3, 0.5)),  # 1.0, 0.8, 0.7
]


def judge(curves=CURVES, **settings):
    """A method that has seen these trials to their end, and the next trial."""
    method = MedianStopping(Line.space, **settings)
    for curve in curves:
        method.tell(replace(method.ask(), status="done", value=curve[-1][1], curve=curve))
    return method, method.ask()


def test_the_median_rule_by_hand():
    assert running_mean(CURVES[0], 3) == pytest.approx(0.6) and running_mean(CURVES[0], 0) is None
    assert [median_at(CURVES, x) for x in (1, 2, 3)] == pytest.approx([0.9, 0.7, 0.6])
    method, trial = judge(startup=3, warmup=0)
    assert method.should_stop(trial, [(1, 0.91)]).startswith("its best value up to 1, 0.91, is above the median 0.9")
    assert method.should_stop(trial, [(1, 0.89)]) is None
    assert method.should_stop(trial, [(1, 0.95), (2, 0.71)])
    assert method.should_stop(trial, [(1, 0.95), (2, 0.69)]) is None
    assert method.should_stop(trial, [(1, 0.55), (2, 0.99)]) is None  # the best so far counts
    assert method.view().medians == ((1, 0.9), (2, 0.7), (3, pytest.approx(0.6))) and method.view().best == 1


def test_nobody_is_stopped_too_early():
    method, trial = judge(startup=4, warmup=0)
    assert method.should_stop(trial, [(1, 9.0)]) is None
    method, trial = judge(startup=3, warmup=2)
    assert method.should_stop(trial, [(1, 9.0), (2, 9.0)]) is None
    assert method.should_stop(trial, [(1, 9.0), (2, 9.0), (3, 9.0)])


def test_stopped_and_failed_trials_do_not_judge_and_later_ones_neither():
    method, trial = judge(startup=3, warmup=0)
    for status, value in (("pruned", 0.01), ("failed", None), ("done", 0.01)):
        method.tell(replace(method.ask(), status=status, value=value, curve=((1, 0.01),)))
    assert method.should_stop(trial, [(1, 0.89)]) is None  # it began when three were known
    fresh = method.ask()
    assert method.should_stop(fresh, [(1, 0.89)])  # median of 0.01, 0.6, 0.9, 1.0 is 0.75
    assert method.should_stop(fresh, [(1, 0.74)]) is None


@pytest.mark.parametrize("n", [1, 3, 8, 20, 40])
def test_wilcoxon_is_that_of_scipy(n):
    rng = np.random.default_rng(n)
    for shift in (-0.5, 0.0, 0.7):
        d = rng.normal(shift, 1, n)
        p = stats.wilcoxon(d, alternative="greater", method="exact").pvalue
        assert wilcoxon(d) == pytest.approx(p, rel=1e-9)


def test_wilcoxon_with_ties_is_the_count_of_all_signs():
    rng = np.random.default_rng(0)
    for _ in range(5):
        d = rng.integers(-3, 5, 9)
        ranks = stats.rankdata(np.abs(d[d != 0]))
        w = ranks[d[d != 0] > 0].sum()
        sums = [np.dot(signs, ranks) for signs in product((0, 1), repeat=len(ranks))]
        assert wilcoxon(d) == pytest.approx(np.mean([s >= w - 1e-9 for s in sums]))
    assert wilcoxon([0, 0]) == 1.0


def test_the_wilcoxon_rule():
    best = tuple((x, 0.5 / x) for x in range(1, 9))
    method, trial = judge([best], rule="wilcoxon", startup=1, warmup=0)
    above = [(x, y + 0.01 * x) for x, y in best]
    assert method.should_stop(trial, above[:4]) is None  # 2^-4 = 0.0625
    assert method.should_stop(trial, above[:5]) == "worse than trial 0 up to 5: Wilcoxon's p = 0.0312"  # 2^-5
    assert method.should_stop(trial, [(x, y - 0.01 * x) for x, y in best]) is None


def test_the_curve_rule_stops_what_cannot_win_and_keeps_what_may():
    x = np.arange(1, 28)
    best = tuple(zip(x.tolist(), (0.05 + 0.6 * x**-0.7).tolist(), strict=True))
    method, trial = judge([best], rule="curve", startup=1, warmup=0)
    worse = list(zip(x.tolist(), (0.25 + 0.6 * x**-0.7).tolist(), strict=True))
    better = list(zip(x.tolist(), (0.02 + 0.9 * x**-0.9).tolist(), strict=True))  # above the best at first
    assert better[3][1] > best[3][1]
    assert "chance to beat" in method.should_stop(trial, worse[:10])
    assert all(method.should_stop(trial, better[:n]) is None for n in range(1, 27))


@pytest.mark.parametrize(("rule", "share"), [("median", 0.99), ("wilcoxon", 0.8), ("curve", 0.95)])
def test_stopping_saves_epochs_and_keeps_the_best(rule, share):
    task = nasbook.task("digits201-digits", run=0)
    for seed in range(3):
        trace = search("median-stopping", task, trials=25, seed=seed, rule=rule, warmup=4 if rule == "curve" else 2)
        whole = search("random", task, trials=25, seed=seed)
        assert [t.config for t in trace.trials] == [t.config for t in whole.trials]
        assert sum(len(t.curve) for t in trace.trials) < share * 25 * 12
        assert trace.best.value <= whole.best.value + 0.02
        assert {t.status for t in trace.trials} == {"done", "pruned"}


def test_a_stopped_trial_costs_what_it_took_and_the_view_names_it():
    *_, last = steps("median-stopping", Line(), trials=30, seed=0, workers=3, startup=3)
    stopped = [t for t in (last.trial,) if t.status == "pruned"]
    trace = search("median-stopping", Line(), trials=30, seed=0, workers=3, startup=3)
    pruned = [t for t in trace.trials if t.status == "pruned"]
    assert len(pruned) > 5 and all(t.cost == len(t.curve) < 27 for t in pruned)
    assert set(last.view.stopped) <= {t.id for t in pruned} and len(last.view.stopped) >= len(pruned) - 4
    assert all(t.reason for t in stopped)


def test_settings_are_checked():
    with pytest.raises(ValueError, match="rule must be one of median, wilcoxon, curve, not 'mean'"):
        MedianStopping(Line.space, rule="mean")
    with pytest.raises(ValueError, match=r"p_threshold must lie in \(0, 1\], not 2"):
        MedianStopping(Line.space, p_threshold=2)


def test_values_that_are_no_numbers_are_left_out():
    assert running_mean(((1, 0.5), (2, None), (3, float("inf")), (4, 0.7)), 4) == pytest.approx(0.6)
    assert running_mean(((1, None),), 1) is None and median_at([((1, None),), ()], 1) is None
    method, trial = judge(startup=3, warmup=0)
    for last in (None, float("nan"), float("inf")):
        assert method.should_stop(trial, [(1, 0.95), (2, last)]) is None
        assert method.should_stop(trial, [(1, last), (2, 0.75)])


def test_on_the_border_nobody_is_stopped():
    method, trial = judge(startup=3, warmup=0)
    assert method.should_stop(trial, [(1, 0.9)]) is None  # the median itself is not above it
    best = tuple((x, 0.5 / x) for x in range(1, 9))
    method, trial = judge([best], rule="wilcoxon", startup=1, warmup=0, p_threshold=2**-5)
    above = [(x, y + 0.01 * x) for x, y in best]
    assert method.should_stop(trial, above[:5]) is None and method.should_stop(trial, above[:6])


def test_a_trial_at_its_end_is_not_extrapolated():
    x = np.arange(1, 28)
    best = tuple(zip(x.tolist(), (0.05 + 0.6 * x**-0.7).tolist(), strict=True))
    method, trial = judge([best], rule="curve", startup=1, warmup=0)
    worse = list(zip(x.tolist(), (0.25 + 0.6 * x**-0.7).tolist(), strict=True))
    assert method.should_stop(trial, worse) is None and method.should_stop(trial, worse[:26])


def test_nothing_is_better_than_zero():
    method, _ = judge([((1, 0.5),), ((1, 0.0),)], startup=1, warmup=0)
    assert method.view().best == 1
    method, trial = judge([((1, 0.5), (2, 0.4)), ((1, 0.0), (2, 0.0))], rule="wilcoxon", startup=1, p_threshold=0.5)
    assert "worse than trial 1" in method.should_stop(trial, [(1, 0.2), (2, 0.2), (3, 0.2)])


def test_differences_that_cancel_out_stop_nobody():
    """15 small losses and one large win: the ranks alone would say that the trial is worse, p = 122 / 2^16."""
    best = tuple((x, 0.5) for x in range(1, 17))
    method, trial = judge([best], rule="wilcoxon", startup=1, warmup=0)
    steps = [2**-6] * 15 + [-15 * 2**-6]
    assert wilcoxon(steps) == pytest.approx(122 / 2**16)
    even = [(x, 0.5 + d) for (x, _), d in zip(best, steps, strict=True)]
    assert method.should_stop(trial, even) is None
    assert method.should_stop(trial, [*even[:-1], (16, even[-1][1] + 2**-9)])


def test_a_best_of_zero_is_hard_to_beat_for_a_curve():
    x = np.arange(1, 28)
    method, trial = judge([((1, 0.6), (27, 0.0))], rule="curve", startup=1, warmup=0)
    curve = list(zip(x.tolist(), (0.25 + 0.6 * x**-0.7).tolist(), strict=True))
    assert "chance to beat 0" in method.should_stop(trial, curve[:10])


def test_a_space_without_a_choice_is_served():
    assert MedianStopping(Space(a=Choice([1]))).ask().config == {"a": 1}
