"""Lesson 13, DARTS and its relaxations: Gumbel-softmax samples, the second order, a hard sample, and when to stop."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chisquare

from nasbook import registry
from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level

FIRST, BACK, WINDOW = 4, 4, 5  # the first epoch whose cell a rule may keep; of R-DARTS, in epochs
CONVOLUTIONS = "23"  # digits of the operations that have weights


def check_gumbel(sample: object) -> str | None:
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


def _wrong_shares(sample: Callable[..., ArrayLike], logits: np.ndarray, rng: np.random.Generator) -> str | None:
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


def check_hvp(hvp: object) -> str | None:
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


def check_hard(gradient: object) -> str | None:
    if not callable(gradient):
        return f"hard_gradient must be a function, not a {type(gradient).__name__}"
    for m, tau, seed in ((3, 0.5, 1), (5, 2.0, 2), (4, 0.25, None), (5, 3.0, None)):
        rng = np.random.default_rng(seed)
        z = rng.dirichlet(np.ones(m))
        k, s = int(z.argmax()), float(rng.uniform(0.5, 2))
        given, one = z.copy(), np.eye(m)[k]
        got = np.asarray(gradient(z, k, s, tau), dtype=float)
        if not np.array_equal(z, given):
            return "z has been changed: work on a new array"
        if got.shape != (m,):
            return f"for {m} operations the gradient must have shape ({m},), not {got.shape}"
        right = z[k] * (one - z) * s / tau
        if np.allclose(got, right, rtol=1e-6):
            continue
        hint = ""
        if np.allclose(got, right * tau) or np.allclose(got, right * tau**2):
            hint = " The sample is softmax(… / τ), so the chain rule gives a factor 1/τ."
        elif np.allclose(got, one * s) or np.allclose(got, z[k] * (1 - z[k]) * one * s / tau):
            hint = " α of the operations that did not run stands in z_k too, by the sum of the softmax."
        elif np.allclose(got, (one - z) * s / tau) or np.allclose(got, (z - one) * s / tau):
            hint = " The derivative of z_k has z_k as a factor."
        elif np.allclose(got, z * (1 - z) * s / tau):
            hint = " That is ∂z_i/∂α_i for each i; what reaches the output is z_k alone."
        elif np.allclose(got, -right):
            hint = " That is its negative: a larger α_k makes z_k larger."
        return f"for z = {z.round(3)}, k = {k}, s = {s:.3f}, τ = {tau} it is {right.round(4)}, yours is {got.round(4)}.{hint}"
    return None


def check_stop(kept: object) -> str | None:
    if not callable(kept):
        return f"kept_epoch must be a function, not a {type(kept).__name__}"
    rng = np.random.default_rng()
    asked = [
        ([1, 2, 3, 4, 5, 5, 6], 5, 1),
        ([6, 5, 2, 3, 3, 5, 4], 5, 4),
        ([2, 3, 3, 2, 4], 5, 2),
        ([3, 4, 4, 4, 6], 4, 3),
    ]
    asked += [(rng.integers(0, 7, 12).tolist(), int(rng.integers(3, 6)), int(rng.integers(2, 5))) for _ in range(6)]
    for free, limit, first in asked:
        given = list(free)
        got = kept(free, limit, first)
        if free != given:
            return "the list has been changed: only read it"
        if isinstance(got, bool) or not isinstance(got, int | np.integer):
            return f"the answer must be the number of an epoch, a whole number, not {got!r}"
        late = [n for n in range(first + 1, len(free) + 1) if free[n - 1] >= limit]
        right = late[0] - 1 if late else len(free)
        if got == right:
            continue
        above = [n for n in range(first + 1, len(free) + 1) if free[n - 1] > limit]
        early = [n for n in range(1, len(free) + 1) if free[n - 1] >= limit]
        hint = ""
        if late and got == late[0]:
            hint = " That is the epoch in which it stops; its cell has too many edges without weights already."
        elif early and got == early[0] - 1:
            hint = f" No cell before epoch {first} may be kept: it goes on there, whatever is derived."
        elif got == right - 1:
            hint = " The first epoch is number 1."
        elif got == (above[0] - 1 if above else len(free)):
            hint = f" It stops at {limit} edges without weights, not only above."
        return f"with free = {free}, limit = {limit} and first = {first} epoch {right} is kept, yours is {got}.{hint}"
    return None


def searches(data: str, search: str = "darts") -> list[dict[str, np.ndarray]]:
    """Searches on "digits", "messy" or "textures", one a seed, from nasbook/data/relaxation_seeds.csv.

    search: a name of the file's first column, e.g. "gdas". Along the epochs: "supernet", its validation accuracy;
    "derived" and "rank", the true test accuracy of the cell that would be derived and its rank of 5,044, from the table
    Digits-201; "free", its edges without weights; "eigenvalue", NaN where it was not watched. ValueError if there are
    none.
    """
    truth = registry.make("task", f"digits201-{data}")
    found: dict[str, list[tuple[float, float, int, int, float]]] = {}
    text = (files("nasbook") / "data" / "relaxation_seeds.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        if (row["task"], row["search"]) == (data, search):
            cell = row["cell"]
            free = sum(op not in CONVOLUTIONS for op in cell)
            told = float(row["supernet"]), truth.test_accuracy(cell), truth.rank(cell), free
            found.setdefault(row["seed"], []).append((*told, float(row["eigenvalue"] or "nan")))
    if not found:
        raise ValueError(f"no searches {search!r} on {data!r} have been kept")
    names = ("supernet", "derived", "rank", "free", "eigenvalue")
    return [
        {n: np.array(column) for n, column in zip(names, zip(*rows, strict=True), strict=True)}
        for rows in found.values()
    ]


def stopped(runs: Sequence[dict[str, np.ndarray]], free: int = 0, growth: float = 0) -> list[dict[str, np.ndarray]]:
    """The same searches, each up to the epoch whose cell a rule keeps: `free`, the one before so many edges have no
    weights (DARTS+); `growth`, the one 4 epochs before the mean of five eigenvalues has grown by that factor (R-DARTS).
    No cell before epoch 4 is kept, as in `darts`."""
    return [{name: column[: _kept(run, free, growth)] for name, column in run.items()} for run in runs]


def _kept(run: dict[str, np.ndarray], free: int, growth: float) -> int:
    for n in range(FIRST + 1, len(run["free"]) + 1):
        if free and run["free"][n - 1] >= free:
            return n - 1
        if growth and n >= FIRST + BACK:
            mean = [run["eigenvalue"][max(0, end - WINDOW) : end].mean() for end in (n, n - BACK)]
            if mean[0] > growth * mean[1]:
                return n - BACK
    return len(run["free"])


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


def judge_means(means: dict[float, np.ndarray]) -> tuple[int, str]:
    """Temperature -> the mean of the samples, for p = (0.7, 0.2, 0.1)."""
    first = float(means[10.0][0])
    told = ", ".join(f"{m[0]:.2f} at τ = {tau:g}" for tau, m in means.items())
    return level(first, 0.55, 0.75), (
        f"The mean of its entry is {told}. A hot sample is nearly the same for every operation, so its mean is, too; it "
        "becomes p only as τ falls to 0."
    )


def judge_partial(runs: Sequence[dict[str, np.ndarray]]) -> tuple[int, str]:
    free = np.array([r["free"][-1] for r in runs])
    many, one_or_more = int((free >= 5).sum()), free.mean()
    return level(many, 4, 8), (
        f"In {many} of {len(runs)}; on average {one_or_more:.1f} of the 6 edges have no weights at the end."
    )


def judge_most(kinds: dict[str, Sequence[dict[str, np.ndarray]]]) -> tuple[int, str]:
    """Method -> its searches."""
    free = {name: float(np.mean([r["free"][-1] for r in runs])) for name, runs in kinds.items()}
    names = [name for name in KINDS if name in free]
    most = max(names, key=free.__getitem__)
    return names.index(most), ", ".join(f"{KINDS[name]} {free[name]:.1f}" for name in names) + " of 6."


KINDS = {"fair-darts": "sigmoids", "snas": "Gumbel samples", "gdas": "hard samples", "p-darts": "stages"}

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
    Question(
        "13.q3",
        "The same p. At temperature τ = 10, what is the mean of the first operation's entry over many samples?",
        ("about a third to a half", "0.7: the mean of a sample is p", "above 0.75"),
        judge_means,
    ),
    Question(
        "13.q4",
        "In most of the ten DARTS searches on digits five or six edges ended without weights. PC-DARTS sends half of the "
        "channels through the mixed operations and lets the rest pass by. In how many of its ten searches, without a "
        "warm-up, do five or six edges end without weights?",
        ("in 3 or fewer", "in 4 to 7", "in 8 or more"),
        judge_partial,
    ),
    Question(
        "13.q5",
        "Four other relaxations, ten searches each on digits: which derives cells with the most edges without weights?",
        ("sigmoids: FairDARTS", "Gumbel samples: SNAS", "hard samples: GDAS", "stages: P-DARTS"),
        judge_most,
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
    Exercise(
        name="13.hard",
        prompt="GDAS runs only operation k, the largest of the sample z, and its output is h_k · o_k(x), where h_k has the "
        "value 1 and the gradient of z_k. With s = ⟨∂L/∂ō, o_k(x)⟩ the gradient of α is s · ∂z_k/∂α, and z = softmax((α + g)/τ). "
        "Write <code>hard_gradient(z, k, s, tau)</code>: the gradient for all operations, of the shape of z.",
        answer="hard_gradient",
        test=check_hard,
        hints=(
            "The derivative of a softmax: ∂z_k/∂x_i = z_k (δ_ik − z_i), with δ_ik = 1 where i = k and 0 elsewhere.",
            "x = (α + g)/τ, so one more factor: 1/τ. Operations that did not run get −z_k z_i s/τ, not 0.",
        ),
        stub="def hard_gradient(z, k, s, tau):\n    return ...",
        solution="import numpy as np\n\ndef hard_gradient(z, k, s, tau):\n"
        "    chosen = np.zeros(len(z))\n    chosen[k] = 1\n    return z[k] * (chosen - z) * s / tau",
        why="One operation ran, and all five α learn from it: what makes z_k larger makes the others smaller. The factor 1/τ is "
        "why gradients grow as samples cool.",
    ),
    Exercise(
        name="13.stop",
        prompt="DARTS+ stops a search when too many edges have no weights, and keeps the cell of the epoch before. Write <code>"
        "kept_epoch(free, limit, first)</code>: <code>free[i]</code> is the number of such edges after epoch i + 1. The search "
        "stops after the first epoch that comes behind epoch <code>first</code> and has at least <code>limit</code> of them. "
        "Return the number of the epoch whose cell is kept; the last one if it never stops.",
        answer="kept_epoch",
        test=check_stop,
        hints=(
            "for n in range(first + 1, len(free) + 1): the epochs behind `first`, counted from 1; its number is free[n - 1].",
            "As soon as free[n - 1] >= limit, return n - 1; after the loop, return len(free).",
        ),
        stub="def kept_epoch(free, limit, first):\n    return ...",
        solution="def kept_epoch(free, limit, first):\n    for n in range(first + 1, len(free) + 1):\n"
        "        if free[n - 1] >= limit:\n            return n - 1\n    return len(free)",
        why="A repair can be as small as this: nothing new is learned, the search only ends in time. What it needs is a sign that "
        "can be seen without training the cell.",
    ),
]
