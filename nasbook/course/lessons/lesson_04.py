"""Lesson 04, TPE: how many trials count as good, and where l/g is largest."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbook.course.exercises import Exercise


def check_count(n_good: Any) -> str | None:
    if not callable(n_good):
        return f"n_good must be a function, not a {type(n_good).__name__}"
    for n in (1, 9, 10, 11, 25, 100, 250, 251, 1000):
        right, got = min(-(-n // 10), 25), n_good(n)
        if isinstance(got, bool) or not isinstance(got, int | np.integer):
            return f"for {n} trials the result must be a whole number, not {got!r}"
        if got == right:
            continue
        if got == n // 10 or got == round(n / 10):
            why = " A tenth is rounded up, so that one trial at least is good."
        elif got > 25:
            why = " There are never more than 25."
        else:
            why = ""
        return f"of {n} trials {right} are good, yours says {got}.{why}"
    return None


def check_choice(next_point: Any) -> str | None:
    if not callable(next_point):
        return f"next_point must be a function, not a {type(next_point).__name__}"
    x = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    cases = [
        (np.array([0.5, 2.0, 1.0, 0.4, 0.1]), np.array([1.0, 2.5, 0.5, 1.0, 1.0])),  # l is largest at 0.3, l/g at 0.5
        (np.array([0.2, 0.4, 0.6, 1.5, 1.4]), np.array([0.5, 0.1, 0.9, 1.6, 1.2])),  # l at 0.7, g smallest at 0.3
        (np.array([1.0, 0.2, 0.05, 1.2, 0.6]), np.array([0.4, 0.1, 0.02, 1.1, 0.9])),  # g smallest at 0.5, l/g too
        (np.array([1.0, 0.2, 0.01, 1.2, 0.6]), np.array([0.3, 0.1, 0.02, 1.1, 0.9])),  # l − g is largest at 0.1
        (np.array([3.0, 0.9, 0.3, 0.1, 0.1]), np.array([2.0, 0.3, 0.2, 0.3, 0.4])),  # l − g at 0.1, l/g at 0.3
    ]
    for l, g in cases:
        x_before, l_before, g_before = x.copy(), l.copy(), g.copy()
        score, chosen = _pair(next_point(x, l, g))
        if score is None:
            return "next_point must return two things: the array l/g and the x where it is largest"
        if not all(map(np.array_equal, (x, l, g), (x_before, l_before, g_before))):
            return "an argument has been changed; make a new array instead"
        if score.shape != x.shape:
            return f"for {len(x)} candidates l/g must have shape {x.shape}, not {score.shape}"
        off = ~np.isclose(score, l / g)
        if off.any():
            i = int(np.argmax(off))
            turned = " That is g/l." if np.isclose(score[i], g[i] / l[i]) else ""
            return f"where l = {l[i]} and g = {g[i]} the ratio is {l[i] / g[i]:.4g}, yours is {score[i]:.4g}.{turned}"
        right = x[np.argmax(l / g)]
        if not np.isclose(chosen, right):
            if np.isclose(chosen, np.argmax(l / g)):
                why = " That is its place in the array, not its x."
            elif np.isclose(chosen, x[np.argmax(l)]):
                why = " There l alone is largest."
            else:
                why = ""
            return f"with l = {l.tolist()} and g = {g.tolist()} the ratio is largest at x = {right}, yours is {chosen:g}.{why}"
    return None


def _pair(got: Any) -> tuple[np.ndarray | None, float]:
    if not isinstance(got, tuple) or len(got) != 2 or np.size(got[1]) != 1:
        return None, 0.0
    return np.asarray(got[0], float), float(np.ravel(got[1])[0])


EXERCISES = [
    Exercise(
        name="04.count",
        prompt="Write <code>n_good(n)</code>: how many of n trials count as good, min(⌈n/10⌉, 25). The result is an int.",
        answer="n_good",
        test=check_count,
        hints=(
            "⌈·⌉ rounds up: <code>math.ceil</code>. Eleven trials have two good ones.",
            "The smaller of two numbers is <code>min(a, b)</code>, and the second one is 25.",
        ),
        stub="def n_good(n):\n    return ...",
        solution="import math\n\ndef n_good(n):\n    return min(math.ceil(n / 10), 25)",
        why="One good trial of ten, and never more than 25: from trial 241 on, good gets harder to be.",
    ),
    Exercise(
        name="04.choice",
        prompt="Candidates x, shape (n,), have the densities l and g, shape (n,) each. Write <code>next_point(x, l, g)</code>: "
        "return l/g, shape (n,), and the x where it is largest.",
        answer="next_point",
        test=check_choice,
        hints=(
            "Arrays of one shape divide element by element: <code>l / g</code>.",
            "<code>np.argmax</code> gives a place in an array; <code>x[place]</code> is the candidate there.",
        ),
        stub="def next_point(x, l, g):\n    return ...",
        solution="import numpy as np\n\ndef next_point(x, l, g):\n    ratio = l / g\n    return ratio, x[np.argmax(ratio)]",
        why="Not where good trials are most frequent, but where they are frequent compared with the others.",
    ),
]
