"""Lesson 03, acquisition functions: expected improvement against its definition, and what κ trades."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbook.course.exercises import Exercise


def check_ei(ei: Any) -> str | None:
    if not callable(ei):
        return f"expected_improvement must be a function, not a {type(ei).__name__}"
    rng = np.random.default_rng(0)
    mean, std, best = np.array([0.3, 0.1, 0.6, 0.25]), np.array([0.2, 0.05, 0.4, 0.01]), 0.25
    got = np.asarray(ei(mean, std, best), dtype=float)
    if got.shape != mean.shape:
        hint = " (a column met a row: NumPy broadcast them)" if got.ndim == 2 else ""
        return f"for {len(mean)} points the result must have shape {mean.shape}, not {got.shape}{hint}"
    # the definition itself: the mean of max(best - f, 0) over many draws of f
    draws = np.maximum(best - (mean + std * rng.standard_normal((200_000, 4))), 0)
    truth, error = draws.mean(0), 4 * draws.std(0) / np.sqrt(len(draws)) + 1e-4
    off = np.abs(got - truth) > error
    if off.any():
        i = int(np.argmax(off))
        extra = (
            " That is its negative: larger must mean better." if np.isclose(got[i], -truth[i], atol=error[i]) else ""
        )
        return (
            f"at mean {mean[i]}, std {std[i]}, best {best} the average improvement over 200,000 draws is {truth[i]:.4f}, "
            f"yours is {got[i]:.4f}.{extra}"
        )
    return None


def check_switch(switch: Any) -> str | None:
    if not callable(switch):
        return f"switch must be a function, not a {type(switch).__name__}"
    for a, b in (((0.2, 0.05), (0.5, 0.3)), ((0.0, 0.1), (1.0, 0.6)), ((-1.0, 0.2), (-0.5, 0.45))):
        kappa, right = float(switch(*a, *b)), (b[0] - a[0]) / (b[1] - a[1])
        if not np.isclose(kappa, right):
            la, lb = (m - kappa * s for m, s in (a, b))
            return (
                f"for A = (mean {a[0]}, std {a[1]}) and B = (mean {b[0]}, std {b[1]}) your κ is {kappa:.4g}; there the two bounds "
                f"are {la:.4g} and {lb:.4g}, but at the switch they are equal"
            )
    return None


EXERCISES = [
    Exercise(
        name="03.ei",
        prompt="Write <code>expected_improvement(mean, std, best)</code> for arrays of n points: "
        "EI = σ·(u·Φ(u) + φ(u)) with u = (best − μ)/σ. The result has shape (n,).",
        answer="expected_improvement",
        test=check_ei,
        hints=(
            "Φ and φ are <code>norm.cdf</code> and <code>norm.pdf</code> of scipy.stats.",
            "We minimise, so an improvement is best − f: <code>u = (best - mean) / std</code>.",
        ),
        stub="def expected_improvement(mean, std, best):\n    return ...",
        solution="from scipy.stats import norm\n\ndef expected_improvement(mean, std, best):\n    u = (best - mean) / std\n"
        "    return std * (u * norm.cdf(u) + norm.pdf(u))",
        why="Your formula agrees with 200,000 draws from the belief: EI is an average over what f might be.",
    ),
    Exercise(
        name="03.switch",
        prompt="Point A has the lower mean, point B the larger standard deviation. The lower confidence bound is μ − κσ, and the "
        "lowest bound is tried next. Write <code>switch(mean_a, std_a, mean_b, std_b)</code>: the κ at which the choice changes from "
        "A to B.",
        answer="switch",
        test=check_switch,
        hints=(
            "At the switch both bounds are equal: μ_A − κσ_A = μ_B − κσ_B.",
            "Bring κ to one side: κ(σ_B − σ_A) = μ_B − μ_A.",
        ),
        stub="def switch(mean_a, std_a, mean_b, std_b):\n    return ...",
        solution="def switch(mean_a, std_a, mean_b, std_b):\n    return (mean_b - mean_a) / (std_b - std_a)",
        why="κ is a price: how much mean we pay for one unit of uncertainty. With κ = 0 only the mean counts.",
    ),
]
