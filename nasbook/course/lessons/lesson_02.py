"""Lesson 02, Gaussian processes: the posterior against scikit-learn's, and how much of a truth a band holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level

if TYPE_CHECKING:
    from sklearn.gaussian_process.kernels import Kernel


def check_posterior(posterior: object) -> str | None:
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel

    if not callable(posterior):
        return f"posterior must be a function, not a {type(posterior).__name__}"
    for rng, noise, scale in (
        (np.random.default_rng(0), 0.04, 0.3),
        (np.random.default_rng(1), 0.3, 0.1),
        (np.random.default_rng(), 0.1, 0.2),
    ):
        X, new = rng.random((6, 1)), np.linspace(-0.2, 1.2, 9)[:, None]
        y, kernel = np.sin(6 * X[:, 0]) + 0.2 * rng.standard_normal(6), ConstantKernel(1.7) * RBF(scale)
        if wrong := _wrong_posterior(posterior, X, new, y, noise, kernel):
            return wrong
    return None


def _wrong_posterior(
    posterior: Callable[..., object], X: np.ndarray, new: np.ndarray, y: np.ndarray, noise: float, kernel: Kernel
) -> str | None:
    from sklearn.gaussian_process import GaussianProcessRegressor

    peer = GaussianProcessRegressor(kernel, alpha=noise, optimizer=None).fit(X, y)
    mean, std = peer.predict(new, return_std=True)
    K, k, prior = kernel(X), kernel(new, X), kernel.diag(new)
    kept = [a.copy() for a in (K, k, prior, y)]
    answer = posterior(K, k, prior, y, noise)
    if any((a != b).any() for a, b in zip((K, k, prior, y), kept, strict=True)):
        return "an array that was given to your function has been changed; work on new ones"
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return "posterior must return two things, the means and the variances"
    for name, got, right in zip(("mean", "variance"), answer, (mean, std**2), strict=True):
        got = np.asarray(got, dtype=float)
        if got.shape != right.shape:
            hint = ""
            if got.shape == (9, 9):
                hint = " (that is the covariance of every pair; the variances are its diagonal)"
            return f"for {len(new)} new points the {name} must have shape {right.shape}, not {got.shape}{hint}"
        if not np.abs(got - right).max() <= 1e-8:
            i = int(np.argmax(np.abs(got - right)))
            return f"at new point {i} the {name} is {right[i]:.6f} in scikit-learn, yours is {got[i]:.6f}.{_why(name, got, K, k, prior, y, noise, std)}"
    return None


def _why(
    name: str,
    got: np.ndarray,
    K: np.ndarray,
    k: np.ndarray,
    prior: np.ndarray,
    y: np.ndarray,
    noise: float,
    std: np.ndarray,
) -> str:
    """What a well-known slip gives, where it gives this."""
    noisy = np.linalg.inv(K + noise * np.eye(len(y)))
    without = np.linalg.pinv(K)
    slips = {
        "mean": [
            (k @ without @ y, "The noise is missing: the values differ from f, so K needs it on its diagonal."),
            (k @ np.linalg.inv(K + noise**2 * np.eye(len(y))) @ y, "noise is σ² already; it must not be squared again."),
            (k @ np.linalg.inv(K + noise) @ y, "K + noise adds it to every entry; it belongs on the diagonal alone: np.eye(n)."),
        ],
        "variance": [
            (std, "That is the standard deviation, its root."),
            (std**2 + noise, "That is the variance of a new value with its noise; here it is that of f."),
            (np.einsum("ij,jk,ik->i", k, noisy, k), "That is what the points take away; it is taken from the prior variance."),
            (prior, "That is the prior: no point has told anything yet."),
        ],
    }  # fmt: skip
    for wrong, words in slips[name]:
        if np.allclose(got, wrong, atol=1e-6):
            return f" {words}"
    return ""


def check_coverage(coverage: object) -> str | None:
    if not callable(coverage):
        return f"coverage must be a function, not a {type(coverage).__name__}"
    mean = np.array([0.0, 1.0, -1.0, 0.5, 2.0, 0.0, 0.0, 0.3])
    std = np.array([0.5, 0.1, 0.2, 1.5, 0.3, 2.0, 0.1, 0.1])
    away = np.array([0.9, 3.0, 1.5, -2.5, -1.7, 1.5, 5.0, 3.3])  # in standard deviations; each slip gives another share
    rng = np.random.default_rng()
    n = int(rng.integers(20, 60))
    cases = [
        (mean, std, away),
        (mean[:3], std[:3], np.array([0.1, -1.9, 1.2])),  # all inside
        (mean[:2], std[:2], np.array([-2.2, 4.0])),  # none
        (rng.normal(size=n), rng.uniform(0.05, 3, n), 2 * rng.normal(size=n)),
    ]
    for m, s, a in cases:
        given = [m.copy(), s.copy(), m + a * s]
        got = np.asarray(coverage(*[x.copy() for x in given]))
        if got.shape != ():
            return f"coverage must return one number, a share, not an array of shape {got.shape}"
        share, inside = float(got), int((np.abs(a) <= 2).sum())
        if np.isclose(share, inside / len(a)):
            continue
        hint = ""
        if np.isclose(share, inside):
            hint = " That is a count; divide it by the number of points."
        elif np.isclose(share, 100 * inside / len(a)):
            hint = " A share lies between 0 and 1."
        elif np.isclose(share, np.mean(a <= 2)):
            hint = " A truth far below the band is outside too: take the absolute value."
        elif np.isclose(share, np.mean(np.abs(a) <= 1)):
            hint = " That is the band of one standard deviation."
        elif np.isclose(share, np.mean(np.abs(a * s) <= 2)):
            hint = " The distance must be compared with 2 standard deviations, not with 2."
        where = ", ".join(f"{x:.1f}" for x in a[:8]) + (", …" if len(a) > 8 else "")
        return (
            f"{len(a)} truths lie {where} standard deviations from their means; {inside} of {len(a)} are inside ± 2, a share "
            f"of {inside / len(a):.3g}, yours is {share:.4g}.{hint}"
        )
    return None


def judge_moved(before: np.ndarray, after: np.ndarray) -> tuple[int, str]:
    """Half the band's width along the axis, before and after the point was moved."""
    change = (after - before).mean()
    which = 2 if np.abs(after - before).max() < 1e-9 else 0 if change > 0 else 1
    return which, (
        "σ² has no y in it: only where the points lie counts. A surprise moves the mean. It changes the band only when "
        "the hyperparameters are fitted anew."
    )


def judge_band(shares: dict[str, np.ndarray]) -> tuple[int, str]:
    """What was believed -> share of the axis in the band, one a function."""
    wrong, fitted = shares["RBF"].mean(), shares["RBF, length scale fitted"].mean()
    repaired = "repairs part of it" if fitted > wrong + 0.02 else "does not repair it"
    return 2 - level(wrong, 0.65, 0.9), (
        f"{wrong:.0%}. A smooth process thinks that it knows the places between the points, because a smooth function could "
        f"not leave the line there. Fitting the length scale {repaired} ({fitted:.0%})."
    )


QUESTIONS = [
    Question(
        "02.q1",
        "The point in the middle, at x = 0.45, is dragged up from −0.4 to 3. Nothing else changes. What does the band there "
        "and beside it do?",
        ("it gets wider: the value is a surprise", "it gets narrower", "its width stays exactly the same"),
        judge_moved,
    ),
    Question(
        "02.q2",
        "The process believes in RBF (very smooth), with the right length scale, noise and signal. On what share of the axis "
        "does its band hold the truth?",
        ("about 95 %: only the kernel differs", "65 to 90 %", "about half"),
        judge_band,
    ),
]

EXERCISES = [
    Exercise(
        name="02.posterior",
        prompt="Write <code>posterior(K, k, prior, y, noise)</code>: K (n, n) are the covariances of the n points, k (m, n) those "
        "of m new points with them, prior (m,) the variances before, noise the variance σₙ². Return the means and the variances "
        "of f at the new points, two arrays of shape (m,): k (K + σₙ² I)⁻¹ y and prior − k (K + σₙ² I)⁻¹ kᵀ (its diagonal).",
        answer="posterior",
        test=check_posterior,
        hints=(
            "<code>np.linalg.solve(A, b)</code> is A⁻¹ b; A is <code>K + noise * np.eye(len(y))</code>.",
            "Row i of k, times A⁻¹, times row i again: <code>np.sum(k * np.linalg.solve(A, k.T).T, axis=1)</code>.",
        ),
        stub="import numpy as np\n\ndef posterior(K, k, prior, y, noise):\n    return ...",
        solution="import numpy as np\n\ndef posterior(K, k, prior, y, noise):\n    A = K + noise * np.eye(len(y))\n"
        "    mean = k @ np.linalg.solve(A, y)\n"
        "    return mean, prior - np.sum(k * np.linalg.solve(A, k.T).T, axis=1)",
        why="Three lines, and they agree with scikit-learn to 1e-8. The variance does not contain y: where the points lie decides "
        "how wide the band is, not what was measured there.",
    ),
    Exercise(
        name="02.coverage",
        prompt="Write <code>coverage(mean, std, truth)</code> for three arrays of n points: the share of them at which the truth "
        "lies within 2 standard deviations of the mean, a number in [0, 1].",
        answer="coverage",
        test=check_coverage,
        hints=(
            "The distance is <code>abs(truth - mean)</code>; the band reaches <code>2 * std</code> to both sides.",
            "The mean of an array of True and False is the share of True: <code>np.mean(... &lt;= ...)</code>.",
        ),
        stub="import numpy as np\n\ndef coverage(mean, std, truth):\n    return ...",
        solution="import numpy as np\n\ndef coverage(mean, std, truth):\n    return float(np.mean(np.abs(truth - mean) <= 2 * std))",
        why="This is how a band is tested. If the model is right it comes to about 95 % over many truths; in a real search nobody "
        "knows the truth, and the points that are left out of the fit take its place.",
    ),
]
