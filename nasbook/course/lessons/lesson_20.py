"""Lesson 20, reading a search: nested cross-validation, a paired test, Holm's correction, and what one seed says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from nasbook.course.exercises import Exercise
from nasbook.course.lessons import explaining
from nasbook.course.predictions import Question, level
from nasbook.statistics import holm, wilcoxon

Error = Callable[[float, np.ndarray, np.ndarray], float]  # of a candidate, fitted to a part and measured on another
Noise = dict[float, np.ndarray]  # candidate -> its error at each point
Call = tuple[float, frozenset[int], frozenset[int]]  # the candidate, and both parts


# ---- 20.nested -----------------------------------------------------------------------------------------------------


def folds(indices: np.ndarray, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(train, test) of k folds."""
    return [(np.setdiff1d(indices, test), test) for test in np.array_split(indices, k)]


def cross_validated(error: Error, candidate: float, indices: np.ndarray, k: int) -> float:
    return float(np.mean([error(candidate, train, test) for train, test in folds(indices, k)]))


def best(error: Error, candidates: Sequence[float], indices: np.ndarray, k: int) -> float:
    return min(candidates, key=lambda c: cross_validated(error, c, indices, k))


def nested(error: Error, candidates: Sequence[float], n: int, k: int) -> float:
    outer = folds(np.arange(n), k)
    return float(np.mean([error(best(error, candidates, train, k), train, test) for train, test in outer]))


def wrong_nested(error: Error, candidates: Sequence[float], n: int, k: int) -> dict[str, float]:
    """What people compute instead -> what that is."""
    everything, outer = np.arange(n), folds(np.arange(n), k)
    chosen = best(error, candidates, everything, k)
    inner = [cross_validated(error, best(error, candidates, train, k), train, k) for train, _ in outer]
    peeked = [min(error(c, train, test) for c in candidates) for train, test in outer]
    return {
        " That is the lowest cross-validation error of the candidates: they were chosen and measured on the same folds.": cross_validated(
            error, chosen, everything, k
        ),
        " Yours takes, on each outer fold, the candidate that is best there: the outer test part must choose nothing.": float(
            np.mean(peeked)
        ),
        " That is the mean inner error, by which the candidates were chosen; measure on the outer test part.": float(
            np.mean(inner)
        ),
    }


def check_nested(answer: object) -> str | None:
    if not callable(answer):
        return f"nested must be a function, not a {type(answer).__name__}"
    rng = np.random.default_rng()
    for n, k, m in ((12, 3, 4), (20, 4, 6), (15, 5, 3), (18, 3, 8)):
        candidates = [round(float(x), 3) for x in rng.random(m)]
        noise = dict(zip(candidates, rng.normal(0.5, 0.2, (m, n)), strict=True))
        calls: list[Call] = []

        def error(
            candidate: float, train: ArrayLike, test: ArrayLike, noise: Noise = noise, calls: list[Call] = calls
        ) -> float:  # a model that knows its own points: nothing but noise, and a little of what it was fitted to
            train, test = np.asarray(train, int), np.asarray(test, int)
            calls.append((candidate, frozenset(train.tolist()), frozenset(test.tolist())))
            return float(noise[candidate][test].mean() - 0.3 * noise[candidate][train].mean())

        right, slips = nested(error, candidates, n, k), wrong_nested(error, candidates, n, k)
        calls.clear()
        got = answer(error, list(candidates), n, k)
        try:
            got = float(got)
        except (TypeError, ValueError):
            return f"nested must return a number, the mean of {k} errors, not {got!r:.40}"
        if any(train & test for _, train, test in calls):
            return "error was called with train and test parts that share points; a fold is measured on what was not fitted"
        if not abs(got - right) <= 1e-9:
            hint = next((words for words, value in slips.items() if abs(got - value) < 1e-9), "")
            if not hint and any(len(test) and len(train) + len(test) == n for _, train, test in calls):
                outer = {frozenset(test.tolist()) for _, test in folds(np.arange(n), k)}
                often = [sum(t == fold for *_, t in calls) for fold in outer]
                if max(often, default=0) > 1:
                    hint = " An outer test part was looked at more than once: choose on the outer training part alone."
            return f"for {m} candidates, {n} points and {k} folds: {right:.4f} is expected, yours is {got:.4f}.{hint}"
    return None


# ---- 20.paired and 20.holm -----------------------------------------------------------------------------------------


def check_paired(answer: object) -> str | None:
    if not callable(answer):
        return f"signed_rank must be a function, not a {type(answer).__name__}"
    rng = np.random.default_rng()
    cases = [
        (np.array([3.0, 1, 4, 2, 6, 5, 9]), np.array([5.0, 2, 4, 6, 9, 10, 2])),  # one pair is equal
        (np.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0]), np.array([2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0])),  # ties
        *((rng.normal(size=n), rng.normal(0.8, 1, n)) for n in (6, 8, 10)),
    ]
    for a, b in cases:
        right, got = wilcoxon(a, b), answer(a.copy(), b.copy())
        try:
            got = float(got)
        except (TypeError, ValueError):
            return f"signed_rank must return one number, the p-value, not {got!r:.40}"
        if not abs(got - right) <= 1e-9:
            slips = {
                " That is one side; without a guess in advance, both sides count.": wilcoxon(a, b, "less"),
                " That is the other side only; both count.": wilcoxon(b, a, "less"),
                " Pairs that are equal say nothing: leave them out before ranking.": _with_zeros(a, b),
                " Rank the sizes |d|, not the differences with their signs.": _ranked_signed(a, b),
                " You have compared two heaps; a seed makes a pair (Mann and Whitney's test does not know it).": float(
                    stats.mannwhitneyu(a, b).pvalue
                ),
                " That is the t-test, which believes that differences are normal.": float(stats.ttest_rel(a, b).pvalue),
            }
            hint = next((words for words, value in slips.items() if abs(got - value) < 1e-9), "")
            return f"for {len(a)} pairs p is {right:.4f}, yours is {got:.4f}.{hint}"
    return None


def _signs(ranks: np.ndarray, positive: np.ndarray) -> float:
    sums = np.array([ranks @ signs for signs in product((0, 1), repeat=len(ranks))])
    w = ranks[positive].sum()
    return float(min(1.0, 2 * min((sums <= w + 1e-9).mean(), (sums >= w - 1e-9).mean())))


def _with_zeros(a: np.ndarray, b: np.ndarray) -> float:
    return _signs(stats.rankdata(np.abs(a - b)), a > b)


def _ranked_signed(a: np.ndarray, b: np.ndarray) -> float:
    d = (a - b)[a != b]
    return _signs(stats.rankdata(d), d > 0)


def check_holm(answer: object) -> str | None:
    if not callable(answer):
        return f"correct must be a function, not a {type(answer).__name__}"
    rng = np.random.default_rng()
    for p in (
        np.array([0.01, 0.04, 0.03, 0.005]),
        np.array([0.9, 0.02, 0.6, 0.7]),
        rng.random(5) ** 3,
        rng.random(7) ** 4,
    ):
        right = holm(p)
        got = np.asarray(answer(p.copy()), float)
        if got.shape != p.shape:
            return f"for {len(p)} p-values, {len(p)} corrected ones are expected, not an array of shape {got.shape}"
        if not np.all(np.abs(got - right) <= 1e-9):
            order = np.argsort(p)
            steps = np.empty(len(p))
            steps[order] = (len(p) - np.arange(len(p))) * p[order]
            slips = {
                " That is Bonferroni's: each times m. Holm multiplies the smallest by m, the next by m - 1 …": np.minimum(
                    1, len(p) * p
                ),
                " A corrected p must never be below that of a smaller one: take the running maximum.": np.minimum(
                    1, steps
                ),
                " They are right, but in rising order: put each back where its p-value stood.": np.sort(right),
                " A probability is at most 1.": np.array([max(steps[p <= x]) for x in p]),
            }
            hint = next((w for w, value in slips.items() if np.allclose(got, value, rtol=0, atol=1e-9)), "")
            shown = ", ".join(f"{x:.3f}" for x in p)
            return f"for p = {shown}: {', '.join(f'{x:.3f}' for x in right)} is expected, not {', '.join(f'{x:.3f}' for x in got)}.{hint}"
    return None


# ---- questions -----------------------------------------------------------------------------------------------------


def judge_winner(ends: dict[str, np.ndarray]) -> tuple[int, str]:
    """Method -> (seeds,) its best value with each seed, the same seeds."""
    table = np.array(list(ends.values()))
    first = int(table.mean(1).argmin())
    other = float(1 - ((table == table.min(0))[first] / (table == table.min(0)).sum(0)).mean())
    return level(other, 0.1, 0.3), (
        f"{100 * other:.0f} %: with one seed the winner is another one than the best of {table.shape[1]} about that often "
        f"({list(ends)[first]}; ties are shared). Whoever publishes the one seed in which the own method is ahead lies to "
        "nobody, and proves nothing."
    )


def judge_seeds(needed: int | None) -> tuple[int, str]:
    """The smallest number of seeds that finds the difference in four of five repetitions."""
    shown = "more than 200" if needed is None else str(needed)
    return 2 if needed is None else level(needed, 10, 31), (
        f"{shown}. Drawn from the runs at hand, so it is a floor: if the true difference is smaller than the one that was "
        "seen, it takes more. The difference is real, and five seeds would have missed it nearly every time."
    )


def judge_overtuned(share: float) -> tuple[int, str]:
    """Share of the searches whose last best cell is worse on test than an earlier best one was."""
    return level(share, 0.1, 0.5), (
        f"{100 * share:.0f} % of the searches. They went on, found better validation errors, and moved away from what they "
        "had. Where validation is noisy and the good ones are close, a longer search mostly finds better luck."
    )


def judge_curse(gap: dict[int, float]) -> tuple[int, str]:
    """Trials -> mean error of the winner trained again, minus its error when it was chosen, in points."""
    few, many = gap[min(gap)], gap[max(gap)]
    told = ", ".join(f"{g:+.1f} after {n} trials" for n, g in gap.items())
    return 0 if many < few - 0.5 else 2 if many > few + 0.5 else 1, (
        f"{told}. The lowest of many noisy numbers is low partly by luck, and the more there are, the more luck the lowest "
        "has. That is the winner's curse; it is not a fault of the method."
    )


QUESTIONS = [
    Question(
        "20.q1",
        "Random search, a genetic algorithm and TPE tune a small network on a table, 40 trials each. With 50 seeds one of "
        "them has the best mean. You run a single seed of each: how often is another one ahead?",
        ("in less than a tenth of the seeds", "in a tenth to three tenths", "in more than three tenths"),
        judge_winner,
    ),
    Question(
        "20.q2",
        "TPE's mean error is about one point lower than the genetic algorithm's. How many seeds of each does it take to "
        "find that with p < 0.05, in four of five repetitions?",
        ("fewer than 10", "10 to 30", "more than 30"),
        judge_seeds,
    ),
    Question(
        "20.q3",
        "Fifty random searches of 200 cells on textures, each cell trained once, the best kept by validation. In how many "
        "was an earlier best cell of the same search better on the test images than the last one?",
        ("in fewer than a tenth", "in a tenth to a half", "in more than half"),
        judge_overtuned,
    ),
    Question(
        "20.q4",
        "The winner is trained again with other seeds, and its error is held against the one by which it was chosen. "
        "After 10, 50 and 200 trials: how does that gap move?",
        ("it shrinks with more trials", "it stays the same", "it grows with more trials"),
        judge_curse,
    ),
    *explaining.QUESTIONS,
]

EXERCISES = [
    Exercise(
        name="20.nested",
        prompt="Nested cross-validation. <code>error(candidate, train, test)</code> fits a candidate on the indices "
        "<code>train</code> and returns its error on <code>test</code>. Write <code>nested(error, candidates, n, k)</code>: "
        "the outer folds are <code>np.array_split(np.arange(n), k)</code>. For each of them take the other points as "
        "training part, choose the candidate with the lowest mean error over k inner folds "
        "(<code>np.array_split(train, k)</code>) of that part alone, and measure it on the outer fold after a fit on the "
        "whole training part. Return the mean of the k outer errors.",
        answer="nested",
        test=check_nested,
        hints=(
            "<code>np.setdiff1d(indices, test)</code> is the training part of a fold.",
            "Write a function <code>cv(candidate, indices)</code> first, the mean error over k folds of these indices, and "
            "call it with the outer training part.",
        ),
        stub="def nested(error, candidates, n, k):\n    return ...",
        solution="import numpy as np\n\ndef nested(error, candidates, n, k):\n"
        "    def cv(candidate, indices):\n"
        "        return np.mean([error(candidate, np.setdiff1d(indices, test), test)\n"
        "                        for test in np.array_split(indices, k)])\n"
        "    found = []\n"
        "    for test in np.array_split(np.arange(n), k):\n"
        "        train = np.setdiff1d(np.arange(n), test)\n"
        "        chosen = min(candidates, key=lambda c: cv(c, train))\n"
        "        found.append(error(chosen, train, test))\n"
        "    return np.mean(found)",
        why="The outer fold has chosen nothing, so it tells what the whole procedure is worth, the search included. It does "
        "not tell which candidate to take: the folds may choose different ones.",
    ),
    Exercise(
        name="20.paired",
        prompt="The signed-rank test, exactly. Write <code>signed_rank(a, b)</code> for two arrays whose i-th entries share "
        "a seed: take d = a − b without the zeros, rank the sizes |d| (equal ones share the mean of their ranks), and let W "
        "be the sum of the ranks where d > 0. If neither is better every sign is a fair coin: over all 2ᵐ choices of signs, "
        "return min(1, 2 min(P(sum ≤ W), P(sum ≥ W))).",
        answer="signed_rank",
        test=check_paired,
        hints=(
            "<code>scipy.stats.rankdata(np.abs(d))</code> ranks the sizes; "
            "<code>itertools.product((0, 1), repeat=m)</code> gives all choices of signs.",
            "<code>sums = np.array([ranks @ np.array(s) for s in product(...)])</code>, then "
            "<code>(sums &lt;= W).mean()</code>.",
        ),
        stub="def signed_rank(a, b):\n    return ...",
        solution="import numpy as np\nfrom itertools import product\nfrom scipy.stats import rankdata\n\n"
        "def signed_rank(a, b):\n"
        "    d = a - b\n"
        "    d = d[d != 0]\n"
        "    ranks = rankdata(np.abs(d))\n"
        "    W = ranks[d > 0].sum()\n"
        "    sums = np.array([ranks @ np.array(s) for s in product((0, 1), repeat=len(d))])\n"
        "    return min(1, 2 * min((sums <= W + 1e-9).mean(), (sums >= W - 1e-9).mean()))",
        why="With m pairs the smallest p is 2/2ᵐ: five seeds never get below 0.06, whatever the methods do.",
    ),
    Exercise(
        name="20.holm",
        prompt="Ten comparisons at the level 0.05 find a difference that is none in four of ten papers. Write "
        "<code>correct(p)</code>, Holm's correction of an array of m p-values: the smallest times m, the next times m − 1, "
        "… the largest times 1; then none may be below a smaller one's, and none above 1. Return them in the order of "
        "<code>p</code>.",
        answer="correct",
        test=check_holm,
        hints=(
            "<code>order = np.argsort(p)</code>; <code>np.maximum.accumulate</code> is a running maximum.",
            "Make an empty array <code>out</code> and set <code>out[order] = …</code>: each goes back to its place.",
        ),
        stub="def correct(p):\n    return ...",
        solution="import numpy as np\n\ndef correct(p):\n"
        "    m, order = len(p), np.argsort(p)\n"
        "    out = np.empty(m)\n"
        "    out[order] = np.minimum(1, np.maximum.accumulate((m - np.arange(m)) * p[order]))\n"
        "    return out",
        why="Bonferroni multiplies each by m; Holm finds everything that Bonferroni finds, at the same risk, and sometimes more.",
    ),
    *explaining.EXERCISES,
]
