"""Lesson 13, DARTS and its relaxations: Gumbel-softmax samples, and the Hessian-vector product of the second order."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import numpy as np
from scipy.stats import chisquare

from nasbook import registry
from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level


def check_gumbel(sample: Any) -> str | None:
    if not callable(sample):
        return f"gumbel_softmax must be a function, not a {type(sample).__name__}"
    for logits, seed in ((np.array([1.0, 0.0, -1.0]), 0), (np.random.default_rng().uniform(-1, 1, 3), None)):
        if wrong := _wrong_shares(sample, logits, np.random.default_rng(seed)):
            return wrong
    logits, rng = np.array([1.0, 0.0, -1.0]), np.random.default_rng(0)
    cold = np.array([sample(logits, 0.05, rng) for _ in range(500)], dtype=float).max(1).mean()
    hot = np.array([sample(logits, 20.0, rng) for _ in range(500)], dtype=float).max(1).mean()
    if not cold > 0.95:
        return f"at temperature 0.05 a sample must be nearly one-hot; your largest entry is {cold:.2f} on average"
    if not hot < 0.4:
        return f"at temperature 20 a sample must be nearly uniform; your largest entry is {hot:.2f} on average"
    return None


def _wrong_shares(sample: Any, logits: np.ndarray, rng: np.random.Generator) -> str | None:
    given = logits.copy()
    p = np.exp(logits) / np.exp(logits).sum()
    z = np.array([sample(logits, 1.0, rng) for _ in range(4000)], dtype=float)
    if not np.array_equal(logits, given):
        return "the logits have been changed: work on a new array"
    if z.shape != (4000, 3):
        return f"for 3 operations a sample must have shape (3,), not {z.shape[1:]}"
    if not np.allclose(z.sum(1), 1):
        return f"a sample must sum to 1; one of yours sums to {z.sum(1)[np.argmax(abs(z.sum(1) - 1))]:.4f}"
    if len(np.unique(z[:, 0])) < 2:
        return "every sample is the same: add Gumbel noise to the logits first"
    counts = np.bincount(z.argmax(1), minlength=3)
    if chisquare(counts, 4000 * p).pvalue < 1e-5:
        shares, want = ", ".join(f"{c / 4000:.2f}" for c in counts), ", ".join(f"{q:.2f}" for q in p)
        return (
            f"the largest entry is operation 0, 1, 2 in shares {shares}; Gumbel-max must give softmax(logits) = {want}"
        )
    return None


def check_hvp(hvp: Any) -> str | None:
    if not callable(hvp):
        return f"hessian_vector must be a function, not a {type(hvp).__name__}"
    for seed, eps in ((1, 0.01), (1, 0.5), (2, 0.1), (None, 0.3)):
        rng = np.random.default_rng(seed)
        A, B = rng.standard_normal((2, 3, 4))
        w, v = rng.standard_normal((2, 4))

        def grad_alpha(x: np.ndarray, A: np.ndarray = A, B: np.ndarray = B) -> np.ndarray:
            return 1 + A @ x + (B @ x) ** 2 + (A @ x) ** 3 / 6  # bent, so that one-sided differences are off

        before = w.copy(), v.copy()
        got = np.asarray(hvp(grad_alpha, w, v, eps), dtype=float)
        if not (np.array_equal(w, before[0]) and np.array_equal(v, before[1])):
            return "w or v has been changed: work on w + eps * v without writing into w"
        if got.shape != (3,):
            return f"the result must have the shape of α, (3,), not {got.shape}"
        plus, minus, here = grad_alpha(w + eps * v), grad_alpha(w - eps * v), grad_alpha(w)
        right = (plus - minus) / (2 * eps)
        if np.allclose(got, right, rtol=1e-6):
            continue
        hint = ""
        if np.allclose(got, right * eps**2):
            hint = (
                " (p - n) / 2. * eps divides by 2 and then multiplies by eps: that very slip stood in well-known code "
                "for years."
            )
        elif np.allclose(got, (plus - here) / eps) or np.allclose(got, (here - minus) / eps):
            hint = " That is a one-sided difference, whose error is of the order ε instead of ε²."
        elif np.allclose(got, 2 * right) or np.allclose(got, right / 2) or np.allclose(got, 2 * eps * right):
            hint = " The distance between the two points is 2ε."
        elif np.allclose(got, -right):
            hint = " That is its negative: forwards minus backwards."
        elif np.allclose(got, grad_alpha(v)):
            hint = " That is the gradient at v; v is the direction in which w is moved."
        return (
            f"on a function with a known answer, at eps = {eps}, it is {right.round(4)}, yours is {got.round(4)}.{hint}"
        )
    return None


def searches(data: str, order: int = 1) -> list[dict[str, np.ndarray]]:
    """DARTS searches of 20 epochs on "digits", "messy" or "textures", one a seed, from nasbook/data/darts_seeds.csv.

    Along the epochs: "supernet", its validation accuracy; "derived" and "rank", the true test accuracy of the cell that
    would be derived and its rank of 5,044, from the table Digits-201; "free", its edges without weights. ValueError if
    there are none.
    """
    truth = registry.make("task", f"digits201-{data}")
    found: dict[str, list[tuple[float, float, int, int]]] = {}
    text = (files("nasbook") / "data" / "darts_seeds.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        if (row["task"], int(row["order"])) == (data, order):
            cell = row["cell"]
            told = (
                float(row["supernet"]),
                truth.test_accuracy(cell),
                truth.rank(cell),
                cell.count("1") + cell.count("4"),
            )
            found.setdefault(row["seed"], []).append(told)
    if not found:
        raise ValueError(f"no searches of order {order} on {data!r} have been kept")
    names = ("supernet", "derived", "rank", "free")
    return [
        {n: np.array(column) for n, column in zip(names, zip(*rows, strict=True), strict=True)}
        for rows in found.values()
    ]


def judge_seeds(runs: Sequence[dict[str, np.ndarray]]) -> tuple[int, str]:
    """Each search: the supernet's validation accuracy and the derived cell's true accuracy, along the epochs."""
    up = sum(r["supernet"][-1] > r["supernet"][2] for r in runs)
    change = np.array([r["derived"][-1] - r["derived"][2] for r in runs])
    error = change.std(ddof=1) / len(change) ** 0.5
    apart = change.mean() / error
    which = 1 if abs(apart) < 2 else 0 if apart > 0 else 2
    return which, (
        f"The supernet gained in {up} of {len(runs)} searches. The derived cell got better in {(change > 0).sum()}, worse in "
        f"{(change < 0).sum()}; mean change {100 * change.mean():+.1f} ± {100 * error:.1f} points."
    )


def judge_wins(wins: dict[float, np.ndarray]) -> tuple[int, str]:
    """Temperature -> how often each operation is the largest entry, for p = (0.7, 0.2, 0.1)."""
    return level(wins[0.1][1], 0.1, 0.27), (
        f"In {wins[0.1][1]:.0%}. The temperature changes how sharp a sample is, never how often each operation wins."
    )


QUESTIONS = [
    Question(
        "13.q1",
        "While DARTS trains, the supernet gets better and better on validation images. Ten searches on digits, which differ "
        "only in their seed: what happens, on average, to the true accuracy of the cell that would be derived, from epoch 3 "
        "to epoch 20?",
        ("it rises with the supernet's", "no change that could be told from chance", "it falls"),
        judge_seeds,
    ),
    Question(
        "13.q2",
        "p = (0.7, 0.2, 0.1). At temperature τ = 0.1, how often is the second operation the largest entry of a sample?",
        ("nearly never: low temperature favours the strongest", "in 20 % of the samples", "in a third of the samples"),
        judge_wins,
    ),
]

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
