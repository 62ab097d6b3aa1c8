"""Lesson 13, DARTS and its relaxations: Gumbel-softmax samples, and the Hessian-vector product of the second order."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import chisquare

from nasbook.course.exercises import Exercise


def check_gumbel(sample: Any) -> str | None:
    if not callable(sample):
        return f"gumbel_softmax must be a function, not a {type(sample).__name__}"
    logits = np.array([1.0, 0.0, -1.0])
    p = np.exp(logits) / np.exp(logits).sum()
    rng = np.random.default_rng(0)
    z = np.array([sample(logits, 1.0, rng) for _ in range(4000)], dtype=float)
    if z.shape != (4000, 3):
        return f"for 3 operations a sample must have shape (3,), not {z.shape[1:]}"
    if not np.allclose(z.sum(1), 1):
        return f"a sample must sum to 1; one of yours sums to {z.sum(1)[np.argmax(abs(z.sum(1) - 1))]:.4f}"
    if len(np.unique(z[:, 0])) < 2:
        return "every sample is the same: add Gumbel noise to the logits first"
    counts = np.bincount(z.argmax(1), minlength=3)
    if chisquare(counts, 4000 * p).pvalue < 1e-4:
        shares, want = ", ".join(f"{c / 4000:.2f}" for c in counts), ", ".join(f"{q:.2f}" for q in p)
        return (
            f"the largest entry is operation 0, 1, 2 in shares {shares}; Gumbel-max must give softmax(logits) = {want}"
        )
    cold = np.array([sample(logits, 0.05, rng) for _ in range(500)], dtype=float).max(1).mean()
    hot = np.array([sample(logits, 20.0, rng) for _ in range(500)], dtype=float).max(1).mean()
    if not cold > 0.95:
        return f"at temperature 0.05 a sample must be nearly one-hot; your largest entry is {cold:.2f} on average"
    if not hot < 0.4:
        return f"at temperature 20 a sample must be nearly uniform; your largest entry is {hot:.2f} on average"
    return None


def check_hvp(hvp: Any) -> str | None:
    if not callable(hvp):
        return f"hessian_vector must be a function, not a {type(hvp).__name__}"
    rng = np.random.default_rng(1)
    A = rng.standard_normal((3, 4))  # L(w, α) = αᵀ A w, so ∇_α L = A w and the product with v is exactly A v
    w, v = rng.standard_normal(4), rng.standard_normal(4)
    before = w.copy()
    for eps in (0.01, 0.5):
        got = np.asarray(hvp(lambda x: A @ x, w, v, eps), dtype=float)
        if not np.array_equal(w, before):
            return "w has been changed: work on w + eps * v without writing into w"
        if got.shape != (3,):
            return f"the result must have the shape of α, (3,), not {got.shape}"
        if not np.allclose(got, A @ v, rtol=1e-6):
            ratio = float(np.median(got / (A @ v)))
            trap = (
                " (p - n) / 2. * eps divides by 2 and then multiplies by eps: that very slip stood in well-known code for years."
                if np.isclose(ratio, eps**2)
                else ""
            )
            return f"on a function with a known answer, yours is {ratio:.4g} times too large at eps = {eps}.{trap}"
    return None


EXERCISES = [
    Exercise(
        name="13.gumbel",
        prompt="Write <code>gumbel_softmax(logits, tau, rng)</code>: z = softmax((logits + g)/τ), where g are independent Gumbel "
        "numbers, <code>rng.gumbel(size=…)</code>.",
        answer="gumbel_softmax",
        test=check_gumbel,
        hints=(
            "softmax(x) = exp(x) / sum(exp(x)); subtract x.max() first so that nothing overflows.",
            "The noise goes inside the bracket, before the division by τ.",
        ),
        stub="def gumbel_softmax(logits, tau, rng):\n    return ...",
        solution="import numpy as np\n\ndef gumbel_softmax(logits, tau, rng):\n"
        "    x = (logits + rng.gumbel(size=len(logits))) / tau\n    e = np.exp(x - x.max())\n    return e / e.sum()",
        why="The winner of a sample follows softmax(logits) exactly, at every temperature; τ only decides how sharp the sample is.",
    ),
    Exercise(
        name="13.hvp",
        prompt="Second-order DARTS needs a Hessian times a vector, which it takes from two gradients. Write <code>"
        "hessian_vector(grad_alpha, w, v, eps)</code> = [∇α L(w + εv) − ∇α L(w − εv)] / (2ε), where <code>grad_alpha(w)</code> is given.",
        answer="hessian_vector",
        test=check_hvp,
        hints=(
            "Two calls of grad_alpha: one at w + eps * v and one at w - eps * v.",
            "Mind the brackets: everything is divided by (2 * eps).",
        ),
        stub="def hessian_vector(grad_alpha, w, v, eps):\n    return ...",
        solution="def hessian_vector(grad_alpha, w, v, eps):\n"
        "    return (grad_alpha(w + eps * v) - grad_alpha(w - eps * v)) / (2 * eps)",
        why="Two gradients replace a matrix of millions of entries. Check such code against a function with a known answer, always.",
    ),
]
