"""Lesson 19, the AutoML pipeline: folds that do not leak, a choice that does not score itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level


def best_columns(x: np.ndarray, y: np.ndarray, k: int) -> np.ndarray:
    """The k columns whose means differ most between the two classes."""
    return np.argsort(-np.abs(x[y == 1].mean(0) - x[y == 0].mean(0)), kind="stable")[:k]


def centroid(x: np.ndarray, y: np.ndarray, new: np.ndarray) -> np.ndarray:
    """The class of the nearer mean."""
    far = [((new - x[y == c].mean(0)) ** 2).sum(1) for c in (0, 1)]
    return (far[1] < far[0]).astype(int)


def _honest(x: np.ndarray, y: np.ndarray, fold: np.ndarray, k: int) -> float:
    right = np.zeros(len(y), bool)
    for f in np.unique(fold):
        train, out = fold != f, fold == f
        chosen = best_columns(x[train], y[train], k)
        right[out] = centroid(x[train][:, chosen], y[train], x[out][:, chosen]) == y[out]
    return float(right.mean())


def check_folds(accuracy: Any) -> str | None:
    if not callable(accuracy):
        return f"accuracy must be a function, not a {type(accuracy).__name__}"
    for seed in (0, 1, None):
        rng = np.random.default_rng(seed)
        n, k = 60, int(rng.integers(5, 15))
        x, y = rng.normal(size=(n, 500)), rng.permutation(n) % 2
        x[:, :3] += 0.8 * y[:, None]
        fold = rng.permutation(n) % 5
        got, right = accuracy(x.copy(), y.copy(), fold.copy(), k), _honest(x, y, fold, k)
        if np.ndim(got) or not isinstance(got, int | float | np.number):
            return f"accuracy must return one number from 0 to 1, not {got!r:.60}"
        if np.isclose(float(got), right):
            continue
        chosen = best_columns(x, y, k)
        leaky = [
            centroid(x[fold != f][:, chosen], y[fold != f], x[fold == f][:, chosen]) == y[fold == f] for f in range(5)
        ]
        if np.isclose(float(got), np.concatenate(leaky).mean()):
            return f"{float(got):.2f} is what a leak gives, where {right:.2f} is right: the columns were chosen with the held-out rows in sight"
        if np.isclose(float(got), (centroid(x[:, chosen], y, x[:, chosen]) == y).mean()):
            return "the rows that are scored are those that were learnt from: hold out one fold at a time"
        if np.isclose(float(got), 1 - right):
            return f"that is the share of errors; the accuracy is {right:.2f}"
        return f"with {k} columns of 500 the accuracy over the five folds is {right:.4f}, yours is {float(got):.4f}"
    return None


def check_nested(nested: Any) -> str | None:
    if not callable(nested):
        return f"nested must be a function, not a {type(nested).__name__}"
    for seed in (0, 1, None):
        rng = np.random.default_rng(seed)
        trials, n = int(rng.integers(20, 60)), 50
        wrong, fold = rng.random((trials, n)) < rng.uniform(0.2, 0.4), rng.permutation(n) % 5
        got = nested(wrong.copy(), fold.copy())
        right = np.concatenate([wrong[wrong[:, fold != f].mean(1).argmin()][fold == f] for f in range(5)]).mean()
        if np.ndim(got) or not isinstance(got, int | float | np.number):
            return f"nested must return one number from 0 to 1, not {got!r:.60}"
        if np.isclose(float(got), right):
            continue
        if np.isclose(float(got), wrong.mean(1).min()):
            return "that is the search's own number: the trial was chosen with all folds, those that score it included"
        if np.isclose(float(got), np.mean([wrong[:, fold == f].mean(1).min() for f in range(5)])):
            return "the trial was chosen on the fold that scores it: choose on the other four"
        if np.isclose(float(got), np.mean([wrong[:, fold != f].mean(1).min() for f in range(5)])):
            return "chosen on four folds is right; the score must come from the fifth, not from the same four"
        if np.isclose(float(got), 1 - right):
            return "that is the share of what is right; return the error"
        return f"with {trials} trials the nested error is {right:.4f}, yours is {float(got):.4f}"
    return None


def judge_noise(leaky: np.ndarray) -> tuple[int, str]:
    """(draws,) % right of pipelines whose features were chosen before the split."""
    found = float(np.mean(leaky))
    return level(found, 60, 75), (
        f"{found:.0f} % right, of labels that no column knows anything about. Among 2,000 columns of noise some go with the "
        "labels by chance, in the held-out rows too: these are the ones that were chosen."
    )


def judge_three(search: np.ndarray, nested: np.ndarray, test: np.ndarray) -> tuple[int, str]:
    """(splits,) errors of each in %."""
    gap, error = (test - search).mean(), (test - search).std(ddof=1) / len(test) ** 0.5
    return level(float(gap), 0, 1), (
        f"Test minus search: {gap:+.1f} ± {error:.1f} points; test minus nested {(test - nested).mean():+.1f}. Nobody has cheated: "
        "the least of 25 noisy numbers is low because its noise is."
    )


QUESTIONS = [
    Question(
        "19.q1",
        "80 rows, 2,000 columns of pure noise, labels by turns. The 20 columns that go best with the labels are chosen on all rows; "
        "then five folds, fitted and scored as the book says. How many held-out rows are predicted right?",
        ("about half: noise is noise", "60 to 75 %", "more than 75 %"),
        judge_noise,
    ),
    Question(
        "19.q2",
        "60 wines, 25 pipelines, five clean folds, no leak anywhere. By how much is the error on 118 untouched wines higher than "
        "the best cross-validated one? (Mean of eight splits.)",
        ("it is not higher", "by less than one point", "by more than one point"),
        judge_three,
    ),
]  # fmt: skip

EXERCISES = [
    Exercise(
        name="19.folds",
        prompt="Two functions are there to be imported from <code>nasbook.course.lessons.lesson_19</code>: "
        "<code>best_columns(x, y, k)</code> chooses k columns, and <code>centroid(x, y, new)</code> learns from x, y and predicts "
        "the rows <code>new</code>. Write <code>accuracy(x, y, fold, k)</code>: the share of rows that are predicted right, from "
        "the k columns that are chosen, when each fold 0 … 4 of <code>fold</code> (n,) is held out in turn, without a leak.",
        answer="accuracy",
        test=check_folds,
        hints=(
            "For one fold f: <code>train = fold != f</code>. Whatever learns from labels may see <code>x[train], y[train]</code> only.",
            "Choose the columns inside the loop: <code>chosen = best_columns(x[train], y[train], k)</code>; then give "
            "<code>x[train][:, chosen]</code> to <code>centroid</code>.",
        ),
        stub="def accuracy(x, y, fold, k):\n    return ...",
        solution="import numpy as np\nfrom nasbook.course.lessons.lesson_19 import best_columns, centroid\n\n"
        "def accuracy(x, y, fold, k):\n"
        "    right = []\n"
        "    for f in range(5):\n"
        "        train, out = fold != f, fold == f\n"
        "        chosen = best_columns(x[train], y[train], k)\n"
        "        right.append(centroid(x[train][:, chosen], y[train], x[out][:, chosen]) == y[out])\n"
        "    return np.concatenate(right).mean()",
        why="Choosing columns is learning. A Pipeline of scikit-learn that is cross-validated as a whole does it for you.",
    ),
    Exercise(
        name="19.nested",
        prompt="<code>wrong</code> (trials, n) is True where a trial's out-of-fold prediction of a row is wrong, and "
        "<code>fold</code> (n,) says in which of the folds 0 … 4 the row was held out. Write <code>nested(wrong, fold)</code>: for "
        "each fold, choose the trial with the fewest errors on the <i>other</i> folds (the first of equals) and count its errors "
        "on this one; return the share of wrong rows over all folds.",
        answer="nested",
        test=check_nested,
        hints=(
            "For one fold f: <code>best = wrong[:, fold != f].mean(1).argmin()</code>.",
            "What is counted is <code>wrong[best, fold == f]</code>. Folds may differ in size: put the rows together, then take the mean.",
        ),
        stub="def nested(wrong, fold):\n    return ...",
        solution="import numpy as np\n\ndef nested(wrong, fold):\n"
        "    found = []\n"
        "    for f in range(5):\n"
        "        best = wrong[:, fold != f].mean(1).argmin()\n"
        "        found.append(wrong[best, fold == f])\n"
        "    return np.concatenate(found).mean()",
        why="It trains nothing: the predictions are there. It scores the way of choosing, not one pipeline, because another fold "
        "may choose another one.",
    ),
]
