"""Lesson 15, performance estimation: a proxy against parameter count, and the moments of Monte-Carlo dropout."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question


def partial(score: np.ndarray, parameters: np.ndarray, truth: np.ndarray) -> float:
    """The same number by another way: correlate what a straight line on the ranks of `parameters` leaves over."""
    s, p, t = (rankdata(x) - (len(x) + 1) / 2 for x in (score, parameters, truth))
    s, t = s - p * (s @ p) / (p @ p), t - p * (t @ p) / (p @ p)
    return float(s @ t / np.sqrt((s @ s) * (t @ t)))


def check_beyond(beyond: object) -> str | None:
    if not callable(beyond):
        return f"beyond must be a function, not a {type(beyond).__name__}"
    rng = np.random.default_rng(0)
    parameters = rng.integers(1, 60, 200).astype(float)
    truth = parameters + rng.normal(0, 15, 200)
    for score, what in (
        (parameters + rng.normal(0, 5, 200), "of a score that is parameters and noise"),
        (truth + rng.normal(0, 10, 200), "of a score that knows more than parameters"),
        (np.exp(-truth / 9 + rng.normal(0, 1, 200)), "of a score that is worst where the truth is best"),
        (truth + np.random.default_rng().normal(0, 20, 200), "of a score drawn at random"),
    ):
        right, got = partial(score, parameters, truth), beyond(score.copy(), parameters.copy(), truth.copy())
        try:
            got = float(got)
        except (TypeError, ValueError):
            return f"beyond must return a number, not {got!r:.40}"
        if not abs(got - right) <= 1e-6:
            r_st = float(np.corrcoef(rankdata(score), rankdata(truth))[0, 1])
            r_sp = float(np.corrcoef(rankdata(score), rankdata(parameters))[0, 1])
            r_tp = float(np.corrcoef(rankdata(truth), rankdata(parameters))[0, 1])
            s, p, t = (np.corrcoef(a, b)[0, 1] for a, b in ((score, truth), (score, parameters), (truth, parameters)))
            plain = (s - p * t) / np.sqrt((1 - p**2) * (1 - t**2))
            hint = ""
            if abs(got - r_st) < 1e-6:
                hint = " Yours is ρ of score and truth: parameters have not been held fixed."
            elif abs(got - (r_st - r_sp * r_tp)) < 1e-6:
                hint = " The numerator is right; the denominator √((1 − ρ_sp²)(1 − ρ_tp²)) is missing."
            elif abs(got - plain) < 1e-6:
                hint = " You have correlated the numbers; take Spearman's ρ, which correlates their ranks."
            return f"{what[3:]}: the partial rank correlation is {right:.3f}, yours is {got:.3f}.{hint}"
    return None


def check_dropout(mc_dropout: object) -> str | None:
    if not callable(mc_dropout):
        return f"mc_dropout must be a function, not a {type(mc_dropout).__name__}"
    by_hand = np.array([[1.0, 2.0, 0.5, 0.0], [3.0, 0.0, 1.0, 2.0], [0.1, 0.1, 0.1, 0.1]])
    w = np.array([0.5, -1.0, 2.0, 1.0])
    drawn = np.random.default_rng().uniform(0.2, 2, (3, 4))
    for p, h in ((0.3, by_hand), (0.1, by_hand), (0.4, drawn)):
        T = 20_000
        result = mc_dropout(h.copy(), w.copy(), p, T, np.random.default_rng(0))
        if not (isinstance(result, tuple) and len(result) == 2):
            return "mc_dropout must return two things: mean, std"
        mean, std = (np.asarray(x, float) for x in result)
        if mean.shape != (3,) or std.shape != (3,):
            return f"for 3 rows, mean and std must have shape (3,), not {mean.shape} and {std.shape}"
        true_mean, true_std = h @ w, np.sqrt(p / (1 - p) * ((h * w) ** 2).sum(1))
        off = 6 * true_std / np.sqrt(T) + 1e-9
        if not np.all(np.abs(mean - true_mean) <= off):
            i = int(np.argmax(np.abs(mean - true_mean) / off))
            hint = ""
            if np.allclose(mean, (1 - p) * true_mean, atol=0.05):
                hint = " What is kept must be divided by 1 − p, so that the mean stays."
            elif np.allclose(mean, p / (1 - p) * true_mean, atol=0.05):
                hint = " p is the chance to be left out, not to be kept."
            return (
                f"with p = {p}, the mean of row {i} should be about {true_mean[i]:.2f}, yours is {mean[i]:.2f}.{hint}"
            )
        if not np.all(np.abs(std - true_std) <= 0.06 * true_std + 1e-6):
            i = int(np.argmax(np.abs(std - true_std)))
            hint = " Is it the variance?" if np.allclose(std, true_std**2, rtol=0.1) else ""
            if np.allclose(std, true_std / np.sqrt(T), rtol=0.1):
                hint = " That is the standard error of the mean; the spread of the network does not shrink with T."
            return f"with p = {p}, the std of row {i} should be about {true_std[i]:.2f}, yours is {std[i]:.2f}.{hint}"
    if not np.all(np.asarray(mc_dropout(by_hand, w, 0.0, 50, np.random.default_rng(0))[1], float) <= 1e-9):
        return "with p = 0 nothing is left out, so the std must be 0"
    return None


def judge_budget(found: dict[str, float]) -> tuple[int, str]:
    """Judge -> mean true accuracy of its choice, in the order of the options."""
    chosen = ", ".join(f"{name} {100 * a:.1f} %" for name, a in found.items())
    return list(found).index(max(found, key=found.__getitem__)), (
        f"{chosen}. A rough judge that sees ten times as many cells can choose better than a fine one that sees few. But it "
        "must be right about the top: seeing all of them does not help a judge that prefers the wrong ones."
    )


def judge_price(share: dict[str, float]) -> tuple[int, str]:
    """Data -> what one score by snip costs, as a share of an epoch."""
    which = 0 if share["digits"] < 0.05 else 2 if share["digits"] > 1 else 1
    return which, (
        f"{share['digits']:.0%} on digits. On a large data set an epoch has hundreds of steps and the share is tiny. On a "
        "small one it is not: how cheap a proxy is depends on what it replaces."
    )


def judge_nearest(regret: dict[str, np.ndarray]) -> tuple[int, str]:
    """Method -> (seeds, trials) regret in points, the same seeds; in the order of the options."""
    last = {name: r[:, -1] for name, r in regret.items()}
    first, second = sorted(last, key=lambda name: last[name].mean())[:2]
    gap = last[second] - last[first]
    error = gap.std(ddof=1) / len(gap) ** 0.5
    which = list(last).index(first) if gap.mean() > 2 * error else 3
    return which, (
        f"{second} minus {first}: {gap.mean():+.2f} ± {error:.2f} points. Two standard errors are the least that a difference "
        "should have before you believe it."
    )


QUESTIONS = [
    Question(
        "15.q1",
        "Full training ranks cells best (its rank correlation with the truth is above 0.9), training for 1 epoch far worse. "
        "With 10 seconds each: whose choice is truly better?",
        ("that of full training", "that of 1 epoch", "that of counting parameters: it sees the most cells"),
        judge_budget,
    ),
    Question(
        "15.q2",
        "An epoch of this task has 6 steps of 50 images. The proxy snip needs a new network, one batch and its gradient. What "
        "does it cost?",
        ("less than 5 % of an epoch", "a few tenths of an epoch", "more than an epoch"),
        judge_price,
    ),
    Question(
        "15.q3",
        "NAS-Bench-201 (CIFAR-10), 100 trained cells each, six seeds. Who ends nearest to the best cell, by more than two "
        "standard errors?",
        ("random search", "regularised evolution", "BANANAS", "the first two cannot be told apart"),
        judge_nearest,
    ),
]

EXERCISES = [
    Exercise(
        name="15.beyond",
        prompt="Does a proxy say more than counting? Write <code>beyond(score, parameters, truth)</code>: the partial "
        "rank correlation of score and truth with parameters held fixed, (ρ_st − ρ_sp ρ_tp) / √((1 − ρ_sp²)(1 − ρ_tp²)), "
        "where each ρ is Spearman's, between two of the three arrays.",
        answer="beyond",
        test=check_beyond,
        hints=(
            "<code>scipy.stats.spearmanr(a, b).statistic</code> is Spearman's ρ of two arrays.",
            "ρ_sp is between score and parameters, ρ_tp between truth and parameters, ρ_st between score and truth.",
        ),
        stub="def beyond(score, parameters, truth):\n    return ...",
        solution="from scipy.stats import spearmanr\n\ndef beyond(score, parameters, truth):\n"
        "    st = spearmanr(score, truth).statistic\n"
        "    sp = spearmanr(score, parameters).statistic\n"
        "    tp = spearmanr(truth, parameters).statistic\n"
        "    return (st - sp * tp) / ((1 - sp**2) * (1 - tp**2)) ** 0.5",
        why="Near 0, the proxy repeats what the parameters said. On a search space where larger is better, a proxy can "
        "look good by measuring size.",
    ),
    Exercise(
        name="15.dropout",
        prompt="Monte-Carlo dropout on one layer. h (n, H): the hidden values of n inputs; w (H,): output weights. Write "
        "<code>mc_dropout(h, w, p, T, rng)</code>: draw T masks z (H,), each entry 0 with probability p and 1 otherwise; the "
        "t-th output is (h z / (1 − p)) · w. Return the mean and the standard deviation over the T outputs, both (n,).",
        answer="mc_dropout",
        test=check_dropout,
        hints=(
            "<code>z = rng.random((T, H)) >= p</code> is T masks at once: True is kept.",
            "<code>(z * w) @ h.T / (1 - p)</code> has shape (T, n): mean and std over axis 0.",
        ),
        stub="def mc_dropout(h, w, p, T, rng):\n    return ...",
        solution="def mc_dropout(h, w, p, T, rng):\n"
        "    z = rng.random((T, len(w))) >= p\n"
        "    f = (z * w) @ h.T / (1 - p)\n"
        "    return f.mean(0), f.std(0)",
        why="Here both moments are known: the mean is h · w, the variance p / (1 − p) Σ (h_i w_i)². It vanishes with p, and "
        "grows with the hidden values: an input that switches units on far harder than the training data did is uncertain.",
    ),
]
