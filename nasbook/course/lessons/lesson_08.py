"""Lesson 08, hypergradients: one against finite differences, and how many terms a Neumann series needs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question


def ridge_val_loss(X: np.ndarray, y: np.ndarray, V: np.ndarray, t: np.ndarray, eta: float, lam: float, T: int) -> float:
    """L_val after T steps of gradient descent from w = 0."""
    w = np.zeros(X.shape[1])
    for _ in range(T):
        w = w - eta * (X.T @ (X @ w - y) / len(y) + lam * w)
    return float(((V @ w - t) ** 2).sum() / (2 * len(t)))


def check_against_differences(hypergradient: object) -> str | None:
    if not callable(hypergradient):
        return f"hypergradient must be a function, not a {type(hypergradient).__name__}"
    for eta, lam, T, seed in ((0.2, 0.5, 2, 0), (0.3, 0.1, 5, 0), (0.1, 0.3, 30, 0), (0.2, 0.4, 9, None)):
        rng = np.random.default_rng(seed)
        X, V = rng.standard_normal((20, 4)), rng.standard_normal((15, 4))
        w = rng.standard_normal(4)
        y, t = X @ w + rng.standard_normal(20), V @ w + rng.standard_normal(15)
        given = [a.copy() for a in (X, y, V, t)]
        found = hypergradient(*given, eta, lam, T)
        if any((a != b).any() for a, b in zip(given, (X, y, V, t), strict=True)):
            return "the data have been changed; work on copies"
        if np.ndim(found) != 0:
            return f"dL_val/dλ is one number, not an array of shape {np.shape(found)}: end with g @ z"
        above, below = (ridge_val_loss(X, y, V, t, eta, at, T) for at in (lam + 1e-5, lam - 1e-5))
        true = (above - below) / 2e-5
        error = abs(float(found) - true) / max(abs(true), 1e-3)
        if not error < 1e-5:
            call = f"with η = {eta}, λ = {lam} and {T} steps"
            says = f"{call} central differences give {true:.6g}, yours is {float(found):.6g}"
            if np.isclose(float(found), -true, rtol=1e-4):
                return f"{says}: the sign is wrong"
            if T == 2:  # the first steps: w_0 = 0 does not depend on λ, w_1 neither
                return f"{says}. In z ← (I − ηH)z − ηw stands w before the step, and H = XᵀX/n + λI"
            return f"{says}, off by {100 * error:.2g} %. Does z go through H = XᵀX/n + λI at every step?"
    return None


def check_terms(terms: object) -> str | None:
    if not callable(terms):
        return f"terms must be a function, not a {type(terms).__name__}"
    cases = [(1.0, [0.5], 0.1), (5.0, [0.03, 0.147], 0.001), (1.0, [0.2, 1.9], 0.01), (2.0, [0.01, 0.4], 0.05)]
    rng = np.random.default_rng()
    cases.append((1.0, rng.uniform(0.05, 1.9, 3).round(3).tolist(), round(float(rng.uniform(0.002, 0.2)), 4)))
    for eta, mus, error in cases:
        k, left = 0, np.ones(len(mus))
        while left.max() > error:  # the definition: what each direction still lacks after k terms
            k, left = k + 1, np.abs(left * (1 - eta * np.array(mus)))
        found, call = terms(eta, list(mus), error), f"terms({eta:g}, {mus}, {error:g})"
        if isinstance(found, bool) or not isinstance(found, int | np.integer):
            return f"{call} must be a whole number, not {found!r}"
        if found != k:
            worst = max(abs(1 - eta * mu) for mu in mus)
            then = worst ** int(found) if abs(int(found)) < 10_000 else math.inf
            why = "that is still too much" if then > error else "fewer are enough"
            return f"{call}: after {found} terms the slowest direction lacks {then:.3g} of its part; {why} ({k} it is)"
    for eta, mus in ((20.0, [0.03, 0.147]), (1.0, [0.0, 0.5])):
        if (found := terms(eta, list(mus), 0.01)) is not None:
            worst = max(abs(1 - eta * mu) for mu in mus)
            return (
                f"terms({eta:g}, {mus}, 0.01) must be None, not {found!r}: the largest |1 − ημ| is {worst:.3g}, so no "
                "number of terms is enough"
            )
    return None


def judge_hot(norms: dict[float, Sequence[float]], largest: float) -> tuple[int, str]:
    """Learning rate -> norms of the gradient after 1, 10, 100 steps; and the largest eigenvalue of the Hessian."""
    first, _, last = norms[20.0]
    which = 2 if last > 1e6 * first else 1 if last > 2 * first else 0
    return which, (
        f"From {first:.2g} to {last:.2g}. Each step multiplies the steepest direction by 1 − ημ = −{20 * largest - 1:.2f}, "
        "in the training and again in its derivative."
    )


def judge_black(ends: dict[str, float]) -> tuple[int, str]:
    """Search -> the lowest loss after 12 trainings, mean over the seeds where there are several."""
    black, middle, hot = min(ends["random"], ends["bayesian"]), ends["hypergradient"], ends["from 50"]
    which = 3 if abs(middle / black - 1) < 0.03 else 0 if middle < min(black, hot) else 1 if hot < black else 2
    return which, f"From the middle {middle:.4f}, the better black box {black:.4f}, and from a rate of 50 {hot:.3g}."


QUESTIONS = [
    Question(
        "08.q1",
        "With a learning rate of 5, the gradient of 20 steps differs from the optimum's by 4.4 %. Now the rate is 20. What "
        "does the gradient of 100 steps do?",
        ("it agrees sooner: larger steps", "it is off by about the same", "its norm becomes astronomically large"),
        judge_hot,
    ),
    Question(
        "08.q2",
        "Which of these ends with the lowest validation loss?",
        (
            "hypergradients from the middle",
            "hypergradients from a rate of 50",
            "random or Bayesian, on the mean of the seeds",
            "those from the middle and the black boxes are within 3 % of each other",
        ),
        judge_black,
    ),
]

EXERCISES = [
    Exercise(
        name="08.forward",
        prompt="Ridge regression with one output: L_train = ‖Xw − y‖²/(2n) + λ‖w‖²/2, trained by T steps "
        "w ← w − η∇L_train from w = 0. Write <code>hypergradient(X, y, V, t, eta, lam, T)</code>: dL_val/dλ of "
        "L_val = ‖Vw − t‖²/(2m), a number, by forward mode: carry z = dw/dλ. The check takes central differences.",
        answer="hypergradient",
        test=check_against_differences,
        hints=(
            "∇L_train = Xᵀ(Xw − y)/n + λw. Differentiate the step by λ: z ← z − η(Hz + w) with H = XᵀX/n + λI, and "
            "z = 0 at first.",
            "The w in that formula is the one before the step, so change z first, then w. At the end "
            "g = Vᵀ(Vw − t)/m, and the answer is <code>g @ z</code>.",
        ),
        stub="def hypergradient(X, y, V, t, eta, lam, T):\n    return ...",
        solution="import numpy as np\n\ndef hypergradient(X, y, V, t, eta, lam, T):\n"
        "    w, z = np.zeros(X.shape[1]), np.zeros(X.shape[1])\n"
        "    for _ in range(T):\n"
        "        z = z - eta * (X.T @ (X @ z) / len(y) + lam * z + w)\n"
        "        w = w - eta * (X.T @ (X @ w - y) / len(y) + lam * w)\n"
        "    return (V.T @ (V @ w - t) / len(t)) @ z",
        why="Two trainings give one number of a central difference; your recursion gives it exactly in one, and for the "
        "price of one more vector.",
    ),
    Exercise(
        name="08.terms",
        prompt="k terms of the Neumann series leave (1 − ημ)^k of the part that belongs to an eigenvalue μ of the "
        "Hessian. Write <code>terms(eta, mus, error)</code>: the fewest terms after which no direction lacks more than "
        "<code>error</code> (below 1) of its part. <code>None</code> if no number is enough.",
        answer="terms",
        test=check_terms,
        hints=(
            "The slowest direction has the largest |1 − ημ|: too small a μ is slow, and so is one close to 2/η.",
            "With q = that number: q^k ≤ error means k ≥ ln(error)/ln(q). If q ≥ 1, nothing helps.",
        ),
        stub="def terms(eta, mus, error):\n    return ...",
        solution="import math\n\ndef terms(eta, mus, error):\n    q = max(abs(1 - eta * mu) for mu in mus)\n"
        "    return None if q >= 1 else math.ceil(math.log(error) / math.log(q))",
        why="The error falls geometrically: ten times as exact always costs the same number of further terms. The same q "
        "rules the training, the unroll and the series.",
    ),
]
