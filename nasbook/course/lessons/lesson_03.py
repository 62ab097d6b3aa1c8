"""Lesson 03, acquisition functions: expected improvement against its definition, and what κ trades."""

from __future__ import annotations

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level


def check_ei(ei: object) -> str | None:
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
    off = ~(np.abs(got - truth) <= error)
    if off.any():
        i = int(np.argmax(off))
        extra = (
            " That is its negative: larger must mean better." if np.isclose(got[i], -truth[i], atol=error[i]) else ""
        )
        return (
            f"at mean {mean[i]}, std {std[i]}, best {best} the average improvement over 200,000 draws is {truth[i]:.4f}, "
            f"yours is {got[i]:.4f}.{extra}"
        )
    rng = np.random.default_rng()
    m, s, b = rng.normal(size=6), rng.uniform(0.1, 2, 6), float(rng.normal())
    u = np.linspace(-9, 9, 20_001)[:, None]  # the same mean, as an integral
    right = np.trapezoid(np.maximum(b - (m + s * u), 0) * np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi), u[:, 0], axis=0)
    alone = np.asarray(ei(m[:1].copy(), s[:1].copy(), b), dtype=float)
    again = np.asarray(ei(m.copy(), s.copy(), b), dtype=float)
    if alone.shape != (1,) or not np.allclose(alone, again[:1]):
        return "of one point alone the improvement is not what it is among several: each point stands for itself"
    if again.shape != m.shape or not np.allclose(again, right, atol=1e-4):
        i = int(np.argmax(np.abs(np.resize(again, m.shape) - right)))
        return (
            f"at mean {m[i]:.3f}, std {s[i]:.3f}, best {b:.3f}, drawn at random, the average improvement is {right[i]:.4f}, "
            f"yours is {np.resize(again, m.shape)[i]:.4f}"
        )
    return None


def check_switch(switch: object) -> str | None:
    if not callable(switch):
        return f"switch must be a function, not a {type(switch).__name__}"
    m, s, dm, ds = np.random.default_rng().uniform(0.1, 1, 4).round(3).tolist()
    drawn = (m, s), (m + dm, s + ds)
    for a, b in (((0.2, 0.05), (0.5, 0.3)), ((0.0, 0.1), (1.0, 0.6)), ((-1.0, 0.2), (-0.5, 0.45)), drawn):
        kappa, right = float(switch(*a, *b)), (b[0] - a[0]) / (b[1] - a[1])
        if not np.isclose(kappa, right):
            la, lb = (m - kappa * s for m, s in (a, b))
            return (
                f"for A = (mean {a[0]}, std {a[1]}) and B = (mean {b[0]}, std {b[1]}) your κ is {kappa:.4g}; there the two bounds "
                f"are {la:.4g} and {lb:.4g}, but at the switch they are equal"
            )
    return None


def judge_lowest(tries: dict[str, float], lowest: float) -> tuple[int, str]:
    """Method -> the x that it tries; and the x of the lowest mean."""
    there = {name for name, x in tries.items() if abs(x - lowest) < 0.002}
    options = {"EI": 0, "UCB, κ = 0": 1, "UCB, κ = 5": 2}
    exact = [k for name, k in options.items() if name in there]
    return (exact[0] if len(exact) == 1 else 3), (
        "With κ = 0 the uncertainty is worth nothing, and only the mean counts. "
        f"PI tries x = {tries['PI']:.3f}: it loves small, safe steps. EI goes to {tries['EI']:.3f}."
    )


def judge_seconds(tries: dict[str, float]) -> tuple[int, str]:
    moved = tries["ei_per_second"] - tries["ei"]
    return 2 - level(moved, -0.01, 0.01), (
        f"It moves by {moved:+.2f}. The left promises less, but for the time of one trial at the right we can make many "
        "there. Where the best values happen to be the expensive ones, this is a detour."
    )


def judge_greedy(stuck: dict[str, int]) -> tuple[int, str]:
    """Rule -> how many of 20 searches ended stuck."""
    return level(stuck["lowest mean"], 1, 6), (
        f"{stuck['lowest mean']} of 20, against {stuck['expected improvement']} with EI. A greedy search looks only where it "
        "already believes in something, so nothing ever tells it that it is wrong."
    )


QUESTIONS = [
    Question(
        "03.q1",
        "The lowest mean lies at x = 0.665, next to the best trial. Which method would try exactly there?",
        ("expected improvement", "a confidence bound with κ = 0", "a confidence bound with κ = 5", "all of them"),
        judge_lowest,
    ),
    Question(
        "03.q3",
        "EI would try x = 0.608. Where does EI per second look?",
        ("further to the right", "at the same place", "further to the left, in a valley that promises less"),
        judge_seconds,
    ),
    Question(
        "03.q2",
        "Of 20 searches that always try the lowest mean (κ = 0), how many end stuck in the wrong valley?",
        ("none", "1 to 5", "6 or more"),
        judge_greedy,
    ),
]

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
