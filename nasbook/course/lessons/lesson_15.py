"""Lesson 15, performance estimation: a proxy against parameter count, and the moments of Monte-Carlo dropout."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import rankdata

from nasbook.course.exercises import Exercise


def partial(score: np.ndarray, parameters: np.ndarray, truth: np.ndarray) -> float:
    """The same number by another way: correlate what a straight line on the ranks of `parameters` leaves over."""
    s, p, t = (rankdata(x) - (len(x) + 1) / 2 for x in (score, parameters, truth))
    s, t = s - p * (s @ p) / (p @ p), t - p * (t @ p) / (p @ p)
    return float(s @ t / np.sqrt((s @ s) * (t @ t)))


def check_beyond(beyond: Any) -> str | None:
    if not callable(beyond):
        return f"beyond must be a function, not a {type(beyond).__name__}"
    rng = np.random.default_rng(0)
    parameters = rng.integers(1, 60, 200).astype(float)
    truth = parameters + rng.normal(0, 15, 200)
    for score, what in (
        (parameters + rng.normal(0, 5, 200), "of a score that is parameters and noise"),
        (truth + rng.normal(0, 10, 200), "of a score that knows more than parameters"),
        (np.exp(-truth / 9 + rng.normal(0, 1, 200)), "of a score that is worst where the truth is best"),
    ):
        right, got = partial(score, parameters, truth), beyond(score.copy(), parameters.copy(), truth.copy())
        try:
            got = float(got)
        except (TypeError, ValueError):
            return f"beyond must return a number, not {got!r:.40}"
        if abs(got - right) > 1e-6:
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


def check_dropout(mc_dropout: Any) -> str | None:
    if not callable(mc_dropout):
        return f"mc_dropout must be a function, not a {type(mc_dropout).__name__}"
    h = np.array([[1.0, 2.0, 0.5, 0.0], [3.0, 0.0, 1.0, 2.0], [0.1, 0.1, 0.1, 0.1]])
    w = np.array([0.5, -1.0, 2.0, 1.0])
    for p in (0.3, 0.1):
        T = 20_000
        result = mc_dropout(h.copy(), w.copy(), p, T, np.random.default_rng(0))
        if not (isinstance(result, tuple) and len(result) == 2):
            return "mc_dropout must return two things: mean, std"
        mean, std = (np.asarray(x, float) for x in result)
        if mean.shape != (3,) or std.shape != (3,):
            return f"for 3 rows, mean and std must have shape (3,), not {mean.shape} and {std.shape}"
        true_mean, true_std = h @ w, np.sqrt(p / (1 - p) * ((h * w) ** 2).sum(1))
        off = 6 * true_std / np.sqrt(T) + 1e-9
        if np.any(np.abs(mean - true_mean) > off):
            i = int(np.argmax(np.abs(mean - true_mean) / off))
            hint = ""
            if np.allclose(mean, (1 - p) * true_mean, atol=0.05):
                hint = " What is kept must be divided by 1 − p, so that the mean stays."
            elif np.allclose(mean, p / (1 - p) * true_mean, atol=0.05):
                hint = " p is the chance to be left out, not to be kept."
            return (
                f"with p = {p}, the mean of row {i} should be about {true_mean[i]:.2f}, yours is {mean[i]:.2f}.{hint}"
            )
        if np.any(np.abs(std - true_std) > 0.06 * true_std + 1e-6):
            i = int(np.argmax(np.abs(std - true_std)))
            hint = " Is it the variance?" if np.allclose(std, true_std**2, rtol=0.1) else ""
            if np.allclose(std, true_std / np.sqrt(T), rtol=0.1):
                hint = " That is the standard error of the mean; the spread of the network does not shrink with T."
            return f"with p = {p}, the std of row {i} should be about {true_std[i]:.2f}, yours is {std[i]:.2f}.{hint}"
    if np.any(np.asarray(mc_dropout(h, w, 0.0, 50, np.random.default_rng(0))[1], float) > 1e-9):
        return "with p = 0 nothing is left out, so the std must be 0"
    return None


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
