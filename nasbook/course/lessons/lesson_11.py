"""Lesson 11, reinforcement learning: the policy gradient against exact enumeration, and what PPO's clip leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question


def probabilities(theta: np.ndarray) -> np.ndarray:
    e = np.exp(theta - theta.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def check_gradient(policy_gradient: object) -> str | None:
    if not callable(policy_gradient):
        return f"policy_gradient must be a function, not a {type(policy_gradient).__name__}"
    return _wrong_gradient(policy_gradient, np.random.default_rng(0)) or _wrong_gradient(
        policy_gradient, np.random.default_rng()
    )


def _wrong_gradient(policy_gradient: Callable[..., ArrayLike], rng: np.random.Generator) -> str | None:
    theta = rng.normal(size=(2, 3))
    reward = {a: float(rng.random()) for a in product(range(3), repeat=2)}  # of all nine architectures

    def J(at: np.ndarray) -> float:
        p = probabilities(at)
        return sum(p[0, a] * p[1, c] * r for (a, c), r in reward.items())

    def slope(t: int, k: int) -> float:
        step = np.zeros_like(theta)
        step[t, k] = 1e-5
        return (J(theta + step) - J(theta - step)) / 2e-5

    truth = np.array([[slope(t, k) for k in range(3)] for t in range(2)])

    def one(a: tuple[int, ...], b: float) -> np.ndarray:
        return np.asarray(policy_gradient(theta.copy(), np.array([a]), np.array([reward[a]]), b), float)

    p = probabilities(theta)
    shape = one((0, 0), 0.0).shape
    if shape != theta.shape:
        return f"the gradient must have one entry for each entry of theta, so the shape {theta.shape}, not {shape}"

    def weigh(b: float) -> np.ndarray:
        return np.sum([p[0, a[0]] * p[1, a[1]] * one(a, b) for a in reward], axis=0)

    mean = weigh(0.0)
    off = np.abs(mean - truth)
    if not off.max() <= 1e-6:
        t, k = np.unravel_index(int(off.argmax()), off.shape)
        hint = ""
        if np.allclose(mean, -truth, atol=1e-6):
            hint = " That is its negative: the reward is maximised."
        elif np.allclose(mean - p * J(theta), truth, atol=1e-6):
            hint = " The derivative of log p with respect to θ_k is 1 − p_k for the option taken: you have left out p."
        return (
            f"averaged over all nine architectures, each as often as it is drawn, your estimate for θ[{t}, {k}] is "
            f"{mean[t, k]:.4f}; the derivative of J there, by finite differences, is {truth[t, k]:.4f}.{hint}"
        )
    if np.allclose(one((0, 1), 0.0), one((0, 1), 0.7)):
        return "the estimate is the same with b = 0 and b = 0.7: the baseline is not used"
    moved = np.abs(weigh(0.7) - truth)
    if not moved.max() <= 1e-6:
        t, k = np.unravel_index(int(moved.argmax()), moved.shape)
        return (
            f"with b = 0.7 the average estimate for θ[{t}, {k}] is {weigh(0.7)[t, k]:.4f}, without b it is right, "
            f"{truth[t, k]:.4f}: a baseline is only subtracted from the reward"
        )
    if not np.allclose(one((0, 1), 0.7), (reward[0, 1] - 0.7) * (np.eye(3)[[0, 1]] - p)):
        return "with b = 0.7 a single estimate must be (R − 0.7) ∇ log p: b is subtracted, not added"
    pair = [(0, 1), (2, 2)]
    both = policy_gradient(theta.copy(), np.array(pair), np.array([reward[a] for a in pair]), 0.3)
    if not np.allclose(both, (one(pair[0], 0.3) + one(pair[1], 0.3)) / 2):
        return "for two architectures the estimate must be the mean of their two estimates"
    return None


def check_surrogate(surrogate: object) -> str | None:
    if not callable(surrogate):
        return f"surrogate must be a function, not a {type(surrogate).__name__}"
    r = np.array([1.1, 1.5, 0.5, 1.5, 0.5, 0.9])
    A = np.array([2.0, 1.0, 1.0, -1.0, -1.0, -2.0])
    right = np.array([2.2, 1.2, 0.5, -1.5, -0.8, -1.8])  # by hand, for ε = 0.2
    got = np.asarray(surrogate(r, A, 0.2), float)
    if got.shape != r.shape:
        return f"for {len(r)} ratios the result must have shape {r.shape}, not {got.shape}: one number each, no mean"
    cases = {
        1: "it was good and has become likelier already: no more than (1 + ε) A",
        4: "it was bad and has become less likely already: no more than (1 − ε) A",
        3: "it was bad and has become likelier: it must still be pushed back, so its ratio is not clipped",
        2: "it was good and has become less likely: it must still be pushed up, so its ratio is not clipped",
        0: "inside of 1 ± ε it is r A",
        5: "inside of 1 ± ε it is r A",
    }
    for i, why in cases.items():
        if not np.isclose(got[i], right[i]):
            return f"for r = {r[i]}, A = {A[i]:g}, ε = 0.2 the objective is {right[i]:g}, yours is {got[i]:.4g}: {why}"
    narrow = np.asarray(surrogate(np.array([1.15]), np.array([1.0]), 0.1), float)
    if not np.isclose(narrow[0], 1.1):
        return f"for r = 1.15, A = 1, ε = 0.1 the objective is 1.1, yours is {narrow[0]:.4g}: use the ε that is given"
    rng = np.random.default_rng()
    r, A, eps = rng.uniform(0.2, 2, 20), rng.normal(size=20), float(rng.uniform(0.05, 0.4))
    right = np.array([min(x * a, min(max(x, 1 - eps), 1 + eps) * a) for x, a in zip(r, A, strict=True)])
    got = np.asarray(surrogate(r.copy(), A.copy(), eps), float)
    if got.shape != right.shape or not np.allclose(got, right):
        i = int(np.argmax(np.abs(np.resize(got, right.shape) - right)))
        return f"for r = {r[i]:.3f}, A = {A[i]:.3f}, ε = {eps:.3f}, drawn at random, the objective is {right[i]:.4f}"
    return None


def judge_baseline(mean_off: dict[float, float], variance: dict[float, float]) -> tuple[int, str]:
    """Baseline -> relative distance of the estimate's mean from the exact gradient, and variance of one estimate."""
    if mean_off[0.9] > 0.01:
        which = 2 if mean_off[0.9] > 1 else 0
    else:
        which = 1 if variance[0.9] < variance[0.0] else 3
    return which, (
        "The mean is the exact gradient for every b, to rounding. The variance with b = 0 is "
        f"{variance[0.0] / variance[0.9]:.0f} times that with b = 0.9, so without a baseline as many times more cells would be "
        "needed for the same precision."
    )


def judge_clip(factor: dict[float, float]) -> tuple[int, str]:
    """ε -> by what factor an update changes the probability of a cell, on average."""
    ratio = factor[1.0] / factor[0.2]
    return (1 if ratio > 1.1 else 2 if ratio < 1 / 1.1 else 0), (
        f"By a factor of {factor[0.2]:.2f} with the clip and {factor[1.0]:.2f} without. The clip takes the slope away from a "
        "cell that has moved by ε. It is not a wall: other cells of the batch share the weights and carry it further, so a "
        "factor beyond 1 + ε is common."
    )


def judge_race(regret: dict[str, np.ndarray]) -> tuple[int, str]:
    """Method -> (seeds, trials) regret in points, the same seeds."""
    gap = regret["ppo"][:, -1] - regret["regularized-evolution"][:, -1]
    error = gap.std(ddof=1) / len(gap) ** 0.5
    which = 2 if abs(gap.mean()) < 2 * error else 0 if gap.mean() < 0 else 1
    return which, (
        f"PPO minus evolution: {gap.mean():+.2f} ± {error:.2f} points. A queue with mutations needs no gradient, no network "
        "and a small part of the computing time. It is the one to beat."
    )


QUESTIONS = [
    Question(
        "11.q1",
        "All rewards lie between 0.88 and 0.91. We subtract b = 0.9 from each of them. What happens to the gradient estimate "
        "from a single cell?",
        (
            "its mean and its variance shrink",
            "its mean stays, its variance shrinks",
            "its mean changes its sign",
            "nothing changes",
        ),
        judge_baseline,
    ),
    Question(
        "11.q2",
        "PPO takes 10 steps with each batch, at a high rate. With the clip at ε = 0.2 and, in a second run, practically "
        "without one (ε = 1): how much do the probabilities of the batch's cells change at an update?",
        ("about the same: the clip acts rarely", "by more without the clip", "by more with the clip"),
        judge_clip,
    ),
    Question(
        "11.q3",
        "150 cells each, ten seeds. Evolution learns no weights, PPO learns about ten thousand. Which ends closer to the best "
        "cell?",
        (
            "PPO, by more than two standard errors",
            "evolution, by more than two standard errors",
            "they cannot be told apart",
        ),
        judge_race,
    ),
]

EXERCISES = [
    Exercise(
        name="11.gradient",
        prompt="A policy without an LSTM: T decisions of K options, each on its own, p = softmax of a row of "
        "<code>theta</code> (T, K). Given n drawn architectures <code>a</code> (n, T), their rewards <code>R</code> (n,) and a "
        "baseline <code>b</code>, write <code>policy_gradient(theta, a, R, b)</code>: the mean of (R − b) ∇ log p(a), of shape "
        "(T, K). The check enumerates all architectures.",
        answer="policy_gradient",
        test=check_gradient,
        hints=(
            "For one decision that took option a: ∂ log p(a) / ∂θ_k is 1 − p_k for k = a and −p_k for every other k.",
            "<code>np.eye(K)[a]</code> has shape (n, T, K), with a 1 at the option taken; subtract p from it, weigh it by "
            "<code>(R - b)[:, None, None]</code> and take the mean over the first axis.",
        ),
        stub="def policy_gradient(theta, a, R, b):\n    return ...",
        solution="import numpy as np\n\ndef policy_gradient(theta, a, R, b):\n"
        "    p = np.exp(theta) / np.exp(theta).sum(1, keepdims=True)\n"
        "    scores = np.eye(theta.shape[1])[a] - p\n"
        "    return ((R - b)[:, None, None] * scores).mean(0)",
        why="Its average is the derivative of the expected reward, whatever b is. Nothing was differentiated but log p.",
    ),
    Exercise(
        name="11.clip",
        prompt="Write PPO's objective for each trial: <code>surrogate(r, A, eps)</code> = min(r A, clip(r, 1 − ε, 1 + ε) A), "
        "for arrays of ratios r = p_new / p_old and advantages A = R − b. Same shape, no mean.",
        answer="surrogate",
        test=check_surrogate,
        hints=(
            "<code>np.clip(r, 1 - eps, 1 + eps)</code> keeps a ratio inside.",
            "The minimum is taken trial by trial, of r A and of the clipped r times A: <code>np.minimum</code>.",
        ),
        stub="def surrogate(r, A, eps):\n    return ...",
        solution="import numpy as np\n\ndef surrogate(r, A, eps):\n"
        "    return np.minimum(r * A, np.clip(r, 1 - eps, 1 + eps) * A)",
        why="The clip alone would also forgive mistakes: a bad architecture that has become likelier would have no slope "
        "to go back. The minimum keeps that slope.",
    ),
]
