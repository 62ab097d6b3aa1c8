"""Lesson 19, the AutoML pipeline and ensembles: folds that do not leak, a choice that does not score itself, a greedy one."""

from __future__ import annotations

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level
from nasbook.kit.ensemble import error, greedy, nll


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


def check_folds(accuracy: object) -> str | None:
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


def check_nested(nested: object) -> str | None:
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


def _pool(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    """(P, y, size): some members that know something, of which fewer are to be taken."""
    m, n = int(rng.integers(7, 11)), 80
    y = rng.integers(3, size=n)
    z = 1.5 * rng.standard_normal((m, n, 3))
    z[:, np.arange(n), y] += rng.uniform(0.5, 2.5, (m, 1))
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True), y, int(rng.integers(4, m))


def _other_answers(P: np.ndarray, y: np.ndarray, size: int) -> dict[str, np.ndarray]:
    """What typical wrong answers give, by what is to be said of them."""
    m, right = len(P), lambda order, k: np.bincount(order, minlength=m) / k
    alone = np.argsort([nll(p, y) for p in P], kind="stable")
    few = min(size, m)
    return {
        "those are the best ones by themselves: the next member is the one that is best together with those taken": right(
            alone[:few], few
        ),
        "the best one by itself has all the weight: after it, look for the one with which the mean of the probabilities is best": np.eye(
            m
        )[alone[0]],
        "nobody was taken twice: a member may be taken again": right(greedy(P, y, nll, few, replace=False).order, few),
        "the members were chosen by their errors: make the NLL least": greedy(P, y, error, size).weights(size),
        "all members have the same weight": np.full(m, 1 / m),
    }


def check_greedy(greedy_weights: object) -> str | None:
    if not callable(greedy_weights):
        return f"greedy_weights must be a function, not a {type(greedy_weights).__name__}"
    for seed in (0, 1, None):
        rng = np.random.default_rng(seed)
        while True:  # a pool on which the usual mistakes have other weights than the right answer, and than each other
            P, y, size = _pool(rng)
            m, right, others = len(P), greedy(P, y, nll, size).weights(size), _other_answers(P, y, size)
            if len({tuple(np.round(w, 9)) for w in (right, *others.values())}) == 1 + len(others):
                break
        got = greedy_weights(P.copy(), y.copy(), size)
        try:
            w = np.asarray(got, float)
        except (TypeError, ValueError):
            w = np.zeros(0)
        if w.shape != (m,):
            shape = np.shape(got) if isinstance(got, np.ndarray | list | tuple) and w.size else repr(type(got).__name__)
            return f"greedy_weights must return a weight for each of the {m} members, of shape ({m},), not {shape}"
        if np.allclose(w, right):
            continue
        if np.allclose(w, size * right):
            return f"these are counts; divide them by the {size} that were taken, so that the weights add up to 1"
        for told, other in others.items():
            if np.allclose(w, other):
                return told
        if not np.isclose(w.sum(), 1):
            return f"the weights must add up to 1, yours to {w.sum():.3g}"
        return f"with {m} members and {size} steps the weights are {np.round(right, 3).tolist()}, yours are {np.round(w, 3).tolist()}"
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


def judge_ensemble(together: np.ndarray, best: np.ndarray) -> tuple[int, str]:
    """(3, splits) own, nested and test errors of the ensembles in %, and (splits,) test errors of the best ones."""
    own, _, test = together
    gain = best - test
    error = gain.std(ddof=1) / len(gain) ** 0.5
    return level(float(gain.mean()), 0, 2), (
        f"From {best.mean():.1f} % to {test.mean():.1f} %: {gain.mean():+.1f} ± {error:.1f} points. On the rows that chose it the ensemble "
        f"has {own.mean():.1f} % wrong: who may mix 25 predictions fits the noise of 60 rows better than who may take one."
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
    Question(
        "19.q3",
        "The same eight searches. Greedy selection takes up to 20 pipelines by their held-out predictions, instead of the best one. "
        "By how much does the error on the untouched wines fall?",
        ("it rises", "by less than two points", "by two points or more"),
        judge_ensemble,
    ),
]

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
    Exercise(
        name="19.greedy",
        prompt="<code>P</code> (m, n, classes) are the probabilities that m models give n held-out rows, <code>y</code> (n,) the right "
        "classes. Write <code>greedy_weights(P, y, size)</code>: take a member <code>size</code> times, always the one (the first of "
        "equals) with which the mean of all taken so far has the lowest NLL, the mean of −log of the right class's probability. A "
        "member may be taken again. Return the weights (m,): how often each was taken, divided by <code>size</code>.",
        answer="greedy_weights",
        test=check_greedy,
        hints=(
            "Keep the sum of what was taken: with member i the ensemble would say <code>(total + P[i]) / (k + 1)</code>.",
            "Its NLL is <code>-np.log(p[np.arange(len(y)), y]).mean()</code>. Try all m, take the <code>argmin</code>, add it to "
            "<code>total</code> and to <code>counts</code>.",
        ),
        stub="def greedy_weights(P, y, size):\n    return ...",
        solution="import numpy as np\n\ndef greedy_weights(P, y, size):\n"
        "    total, counts = np.zeros(P.shape[1:]), np.zeros(len(P))\n"
        "    for k in range(size):\n"
        "        nll = [-np.log(((total + p) / (k + 1))[np.arange(len(y)), y]).mean() for p in P]\n"
        "        best = int(np.argmin(nll))\n"
        "        total, counts[best] = total + P[best], counts[best] + 1\n"
        "    return counts / size",
        why="The first one taken is the best by itself. Each later one repairs what the others get wrong; taking one again is how "
        "weights that are no equal shares come about.",
    ),
]
