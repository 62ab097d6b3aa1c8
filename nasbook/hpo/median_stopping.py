"""Median stopping: a random search that gives up on trials that are worse than most at the same epoch.

A running trial reports (x, y_x) after each epoch x; lower is better. Among the trials that ran to their end:

    rule "median"     stop if the best of y_1 … y_x is above the median of their running means   1/x Σ_{i ≤ x} y_i
    rule "wilcoxon"   pair the epochs with those of the best trial and stop if P(W ≥ w) < p_threshold: w is the sum of
                      the ranks of the differences that speak for the best, and each sign is a fair coin
    rule "curve"      extrapolate the curve (learning_curve.py) to the last epoch and stop if P(it ends below the best)
                      < p_threshold

No trial is stopped before `warmup` epochs, nor before `startup` trials have ended. A trial is judged by those that had
ended when it began, so that a resumed search stops the same ones. The three rules judge; the configurations are random.

What to know: running means still hold the bad first epochs, so the median rule is lenient where curves fall steeply.
Values of one curve are not independent, so the p-value is a score and no error rate, and testing after every epoch
stops more often than p_threshold. A trial that learns late is lost.

Papers: Golovin et al., Google Vizier, KDD 2017, section 3.2.2 (median); Wilcoxon, Individual Comparisons by Ranking
Methods, 1945, used as a stopper by Optuna; Domhan et al. 2015 (curve). Read first: `should_stop`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nasbook.hpo.parts.learning_curve import extrapolate
from nasbook.kit.checks import one_of, setting, whole, within
from nasbook.method import Method
from nasbook.space import Config, Space
from nasbook.trace import Trial

RULES = ("median", "wilcoxon", "curve")
Curve = Sequence[tuple[float, float | None]]
Reports = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class StoppingSettings:
    rule: str = setting("median", "How a trial is judged.", RULES)
    startup: int = setting(5, "Trials that must have ended before one is stopped.")
    warmup: int = setting(2, "Epochs that every trial is given.")
    p_threshold: float = setting(0.05, "Stop below this probability (rules 'wilcoxon' and 'curve').")

    def __post_init__(self) -> None:
        one_of("rule", self.rule, RULES)
        whole("startup", self.startup, 1)
        whole("warmup", self.warmup, 0)
        within("p_threshold", self.p_threshold, 0, 1, above=True)


@dataclass(frozen=True)
class StoppingView:
    """What a trial that begins now will be judged by."""

    rule: str
    curves: tuple[Curve, ...]  # of the trials that ran to their end
    best: int | None  # the trial to beat
    stopped: tuple[int, ...]  # trials stopped so far

    @property
    def medians(self) -> tuple[tuple[float, float], ...]:
        """(epoch, median of the running means) at every epoch that a trial reached."""
        epochs = sorted({x for curve in self.curves for x, _ in curve})
        return tuple((x, m) for x in epochs if (m := median_at(self.curves, x)) is not None)


def running_mean(curve: Curve, x: float) -> float | None:
    """Mean of the values reported up to epoch x; None if there are none."""
    values = [y for at, y in curve if at <= x and y is not None and math.isfinite(y)]
    return sum(values) / len(values) if values else None


def median_at(curves: Sequence[Curve], x: float) -> float | None:
    """Median of the running means at epoch x, of the curves that got so far."""
    means = [running_mean(c, x) for c in curves if c and c[-1][0] >= x]
    found = [m for m in means if m is not None]
    return float(np.median(found)) if found else None


def wilcoxon(differences: Sequence[float] | np.ndarray) -> float:
    """Exact one-sided p-value P(W ≥ w) of the signed-rank test; small where most differences are positive.

    Zeros are dropped, ties share their mean rank."""
    from scipy.stats import rankdata  # dear, and the other rules need none

    d = np.array([x for x in differences if x != 0], float)
    ranks = np.rint(2 * rankdata(np.abs(d))).astype(int)  # twice the rank, so that mean ranks are whole
    w = int(ranks[d > 0].sum())
    chance = np.zeros(ranks.sum() + 1)  # chance[v] = P(2 W = v)
    chance[0] = 1.0
    for rank in ranks:  # each rank counts or not, with probability one half
        chance = (chance + np.r_[np.zeros(rank), chance[:-rank]]) / 2
    return float(min(1.0, chance[w:].sum()))


# ---- the three rules: (the trial's finite reports so far, the trials that judge it, p_threshold) -> why it is stopped


def median_rule(y: Reports, judges: Sequence[Trial], p_threshold: float) -> str | None:
    """Is the best of y_1 … y_x above the median of their running means?"""
    x, lowest = y[-1][0], min(y_i for _, y_i in y)
    median = median_at([t.curve for t in judges], x)
    if median is None or lowest <= median:
        return None
    return f"its best value up to {x:g}, {lowest:.4g}, is above the median {median:.4g} of {len(judges)} trials"


def wilcoxon_rule(y: Reports, judges: Sequence[Trial], p_threshold: float) -> str | None:
    """Do the differences from the best trial, epoch by epoch, say too clearly that it is better?"""
    best = best_of(judges)
    to_beat = dict(best.curve)
    d = [y_i - other for i, y_i in y if (other := to_beat.get(i)) is not None]
    if sum(d) <= 0 or (p := wilcoxon(d)) >= p_threshold:
        return None
    return f"worse than trial {best.id} up to {y[-1][0]:g}: Wilcoxon's p = {p:.3g}"


def curve_rule(y: Reports, judges: Sequence[Trial], p_threshold: float) -> str | None:
    """Does the curve, extrapolated to the last epoch, hardly ever end below the best?"""
    best = best_of(judges)
    last, to_beat = best.curve[-1][0], best.value or 0.0
    end = extrapolate([i for i, _ in y], [y_i for _, y_i in y], last) if y[-1][0] < last else None
    if not end or (p := end.chance_below(to_beat)) >= p_threshold:
        return None
    return f"its curve tends to {end.mean:.4g} ± {end.std:.2g}; chance to beat {to_beat:.4g}: {p:.3g}"


def best_of(trials: Sequence[Trial]) -> Trial:
    return min(trials, key=lambda t: t.value or 0.0)


JUDGE = dict(zip(RULES, (median_rule, wilcoxon_rule, curve_rule), strict=True))


class MedianStopping(Method):
    name = "median-stopping"
    Settings = StoppingSettings
    View = StoppingView
    takes_one = True

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self._known: dict[int, list[Trial]] = {}  # trial in flight -> what had run to its end when it began

    def propose(self) -> Config:
        return self.space.sample(self.rng)

    def ask(self) -> Trial | None:
        trial = super().ask()
        if trial is not None:
            self._known[trial.id] = self.done
        return trial

    def observe(self, trial: Trial) -> None:
        self._known.pop(trial.id, None)

    def should_stop(self, trial: Trial, curve: Curve) -> str | None:
        s, judges = self.settings, [t for t in self._known.get(trial.id, []) if t.curve]
        y = [(x, y_x) for x, y_x in curve if y_x is not None and math.isfinite(y_x)]
        if len(judges) < s.startup or len(curve) <= s.warmup or not y or y[-1] != curve[-1]:
            return None
        return JUDGE[s.rule](y, judges, s.p_threshold)

    def view(self) -> StoppingView:
        ended = [t for t in self.done if t.curve]
        best = best_of(ended).id if ended else None
        stopped = tuple(t.id for t in self.trials if t.status == "pruned")
        return StoppingView(self.settings.rule, tuple(t.curve for t in ended), best, stopped)
