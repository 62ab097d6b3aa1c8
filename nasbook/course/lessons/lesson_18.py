"""Lesson 18, joint HPO and NAS: how often two cells change places, and whether one protocol is better than another."""

from __future__ import annotations

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level
from nasbook.tasks.digits_jahs import flips as truth


def check_flips(flips: object) -> str | None:
    if not callable(flips):
        return f"flips must be a function, not a {type(flips).__name__}"
    rng = np.random.default_rng()
    a, b = rng.permutation(9) / 10, rng.permutation(9) / 10
    tied = np.round(rng.random(12), 1)
    cases = [
        ([1.0, 2.0, 3.0], [1.0, 3.0, 2.0]),
        ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]),
        ([1.0, 1.0, 3.0], [2.0, 1.0, 0.0]),
        (a.tolist(), b.tolist()),
        (tied.tolist(), [*tied[::-1][:-2].tolist(), 0.05, 2.0]),
    ]
    for one, two in cases:
        right, got = truth(np.array(one), np.array(two)), flips(list(one), list(two))
        if isinstance(got, bool) or not isinstance(got, int | float | np.number):
            return f"a number is needed, the share of pairs, not {' '.join(repr(got).split()):.60}"
        if not np.isclose(got, right):
            return f"for a = {_short(one)} and b = {_short(two)} it is {right:.4f}, yours is {got:.4f}.{_why(one, two, float(got))}"
    return None


def _short(values: list[float]) -> str:
    return "[" + ", ".join(f"{v:g}" for v in values) + "]"


def _why(a: list[float], b: list[float], got: float) -> str:
    x, y = np.array(a), np.array(b)
    i, j = np.triu_indices(len(x), 1)
    before, after = np.sign(x[i] - x[j]), np.sign(y[i] - y[j])
    opposite = (before * after < 0).sum()
    known = [
        (1 - truth(x, y), "That is the share of pairs that keep their order."),
        (float(opposite), "That is their number: divide by the number of pairs."),
        (
            opposite / len(i),
            "Pairs that are equal in one of the two have no order there: count them neither above nor below.",
        ),
        (float((before != after).mean()), "A pair that is equal in one of the two has no order there: leave it out."),
        (opposite / len(x) ** 2, "There are n (n − 1) / 2 pairs, not n²."),
        (2 * opposite / len(x) ** 2, "There are n (n − 1) / 2 pairs, not n² / 2."),
        (float((np.argsort(x) != np.argsort(y)).mean()), "That compares places, not pairs."),
        (float(np.corrcoef(x, y)[0, 1]), "That is a correlation."),
    ]
    return next((f" {words}" for value, words in known if np.isclose(got, value)), "")


def check_verdict(verdict: object) -> str | None:
    if not callable(verdict):
        return f"verdict must be a function, not a {type(verdict).__name__}"
    rng = np.random.default_rng()
    luck = rng.normal(0, 3, 50)
    noise = rng.normal(0, 1, 50)
    clear = luck + (noise - noise.mean()) / noise.std(ddof=1)  # one point from seed to seed, so .14 of the mean
    few = [10.0, 12.0, 11.0]
    cases: list[tuple[np.ndarray, np.ndarray, str, str]] = [
        (
            luck + 12,
            clear + 12.6,
            "joint",
            "the seeds differ by far more than the protocols, but within a seed joint is lower",
        ),
        (clear + 12.6, luck + 12, "sequential", "within a seed the sequential one is lower"),
        (np.array(few), np.array([10.2, 11.7, 11.2]), "unclear", "0.07 points with three seeds are luck"),
        (luck + 12, luck[::-1] + 12.01, "unclear", "a difference of 0.01 is far below its standard error"),
        (np.full(6, 11.0) + np.arange(6) % 2 * 0.1, np.full(6, 11.6), "joint", "every seed says the same"),
    ]
    for joint, sequential, right, why in cases:
        got = verdict(joint.copy(), sequential.copy())
        if got not in ("joint", "sequential", "unclear"):
            return f"'joint', 'sequential' or 'unclear' is needed, not {' '.join(repr(got).split()):.60}"
        if got != right:
            return (
                f"the mean errors are {joint.mean():.2f} (joint) and {sequential.mean():.2f} (sequential) over "
                f"{len(joint)} seeds, and the answer is {right!r}: {why}. Yours is {got!r}.{_paired(joint, sequential, got)}"
            )
    return None


def _paired(joint: np.ndarray, sequential: np.ndarray, got: str) -> str:
    gap, n = (sequential - joint).mean(), len(joint)
    two = (joint.var(ddof=1) / n + sequential.var(ddof=1) / n) ** 0.5
    spread = (sequential - joint).std(ddof=1)

    def said(error: float) -> str:
        return "unclear" if abs(gap) <= 2 * error else "joint" if gap > 0 else "sequential"

    own = said(spread / n**0.5)
    if got != own and got == said(0):
        return " Errors are lower where they are better, and a difference must exceed two of its standard errors."
    if got != own and got == {"joint": "sequential", "sequential": "joint"}.get(own):
        return " The lower error is the better one."
    if got != own and got == said(two):
        return " Both protocols ran with the same seeds: take the standard error of the differences, seed by seed."
    if got != own and got == said(spread):
        return " The standard error of a mean is the standard deviation divided by √n."
    return ""


def judge_flips(found: dict[str, float]) -> tuple[int, str]:
    """Shares of pairs: "rates", of trainings at 0.1 and at 1; "seeds", both at 0.1."""
    share, noise = 100 * found["rates"], 100 * found["seeds"]
    return level(share, 5, 15, 30), (
        f"In {share:.0f} % of all pairs. But trainings at one rate with two seeds disagree in {noise:.0f} %, too: about half of "
        "what looks like a flip of ranks is the luck of single trainings."
    )


def judge_protocols(found: dict[str, np.ndarray]) -> tuple[int, str]:
    """Test errors in per cent of "joint" and "architecture first", a seed each."""
    gap = found["architecture first"] - found["joint"]
    mean, error = gap.mean(), gap.std(ddof=1) / len(gap) ** 0.5
    option = 1 if abs(mean) <= 2 * error else 0 if mean > 0 else 2
    words = ("Joint search has won.", "That is no difference.", "Joint search has lost.")[option]
    return option, (
        f"Architecture first minus joint: {mean:.2f} ± {2 * error:.2f} points (two standard errors, {len(gap)} seeds). {words} "
        "Ranks flip, but the cell that is best at a fair rate is among the best at others, and a search of a part is easier "
        "than one of the whole."
    )


QUESTIONS = [
    Question(
        "18.q1",
        "Two cells are drawn at random. Each is trained once with learning rate 0.1, and once, with another seed, with "
        "learning rate 1. How often does the better one change?",
        ("in less than 5 % of all pairs", "in 5 to 15 %", "in 15 to 30 %", "more often"),
        judge_flips,
    ),
    Question(
        "18.q2",
        "Both have 60 trainings. One searches cells and recipes jointly. The other searches the cell with learning rate 0.1 "
        "for 30 trainings, and then the recipe of the best cell. Whose choice has the lower test error, over 50 seeds?",
        (
            "the joint search's, by more than two standard errors",
            "no difference that 50 seeds can show",
            "that of architecture first, by more than two standard errors",
        ),
        judge_protocols,
    ),
]

EXERCISES = [
    Exercise(
        name="18.flips",
        prompt="Write <code>flips(a, b)</code>: a and b are errors of the same n cells, with two recipes. Of all pairs of cells "
        "that differ in a and differ in b, return the share whose better one in a is the worse one in b.",
        answer="flips",
        test=check_flips,
        hints=(
            "Two loops, i and j below i. A pair counts if <code>a[i] != a[j]</code> and <code>b[i] != b[j]</code>.",
            "It has flipped if <code>(a[i] - a[j]) * (b[i] - b[j]) &lt; 0</code>. Divide by the number of pairs that count.",
        ),
        stub="def flips(a, b):\n    return ...",
        solution="def flips(a, b):\n    pairs = [(a[i] - a[j]) * (b[i] - b[j]) for i in range(len(a)) for j in range(i)]\n"
        "    return sum(p < 0 for p in pairs) / sum(p != 0 for p in pairs)",
        why="Without ties this is (1 − τ) / 2, with Kendall's τ.",
    ),
    Exercise(
        name="18.verdict",
        prompt="Write <code>verdict(joint, sequential)</code>: two arrays of test errors, of two protocols that ran with the same "
        "seeds. Return <code>'joint'</code> or <code>'sequential'</code>, whichever is better by more than two standard errors of "
        "the mean difference, or <code>'unclear'</code>.",
        answer="verdict",
        test=check_verdict,
        hints=(
            "The same seed met the same luck in both: look at <code>sequential - joint</code>, seed by seed.",
            "Its mean has the standard error <code>std(ddof=1) / n ** 0.5</code>. Lower errors are better.",
        ),
        stub="import numpy as np\n\ndef verdict(joint, sequential):\n    return ...",
        solution="import numpy as np\n\ndef verdict(joint, sequential):\n    gap = sequential - joint\n"
        "    error = gap.std(ddof=1) / len(gap) ** 0.5\n    if abs(gap.mean()) <= 2 * error:\n        return 'unclear'\n"
        "    return 'joint' if gap.mean() > 0 else 'sequential'",
        why="“Joint is better” is a claim about means over seeds. Whoever states it owes its interval.",
    ),
]
