"""Lesson 10, random and evolutionary NAS: who dies, and how hard a tournament selects."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbook.course.exercises import Exercise


def check_age(next_population: Any) -> str | None:
    if not callable(next_population):
        return f"next_population must be a function, not a {type(next_population).__name__}"
    population = [("a", 0.10), ("b", 0.30), ("c", 0.20)]  # oldest first; a is the best of them
    before = list(population)
    got = next_population(population, ("d", 0.40))
    if got is None:
        return "next_population returned None: return the new list (list.append returns None)"
    if not isinstance(got, list | tuple):
        return f"the new population must be a list, not a {type(got).__name__}"
    names = [m[0] for m in got]
    if population != before:
        return "the list that was given has been changed: make a new list, somebody may still look at the old one"
    if len(names) != 3:
        return f"the population had 3 members and must have 3 again, not {len(names)}"
    if "d" not in names:
        return "the child d is missing: it joins whatever its error is"
    if "b" not in names:
        return "b died, the one with the highest error; in regularised evolution the oldest dies, and that is a"
    if "a" in names:
        return (
            "a is the oldest member and must die, although it is the best; it lives on in the trace and in its children"
        )
    if names != ["b", "c", "d"]:
        return f"the order must stay oldest first: b, c, d, not {', '.join(names)}"
    return None


def check_pressure(p_best: Any) -> str | None:
    if not callable(p_best):
        return f"p_best must be a function, not a {type(p_best).__name__}"
    for population, sample in ((10, 1), (10, 3), (50, 25), (4, 4)):
        right = 1 - (1 - 1 / population) ** sample
        got = float(p_best(population, sample))
        if not np.isclose(got, right, rtol=1e-9):
            rng = np.random.default_rng(0)
            hit = (rng.integers(population, size=(20_000, sample)) == 0).any(1).mean()
            without = (
                " That is the chance without replacement."
                if np.isclose(got, sample / population) and sample > 1
                else ""
            )
            return (
                f"with P = {population}, S = {sample} the best member was drawn in {hit:.1%} of 20,000 tournaments, yours says "
                f"{got:.1%}.{without}"
            )
    return None


EXERCISES = [
    Exercise(
        name="10.age",
        prompt="Write <code>next_population(population, child)</code>. <code>population</code> is a list of (name, error), the oldest "
        "first. The child joins at the end, and one member leaves as in <b>regularised</b> evolution. Return a new list.",
        answer="next_population",
        test=check_age,
        hints=(
            "Regularised evolution never looks at the error when somebody has to leave.",
            "The oldest stands first: <code>population[1:]</code> is everybody else.",
        ),
        stub="def next_population(population, child):\n    return ...",
        solution="def next_population(population, child):\n    return population[1:] + [child]",
        why="Age decides, not error. A lucky measurement cannot stay for ever: its architecture must be found again by its children.",
    ),
    Exercise(
        name="10.pressure",
        prompt="A tournament draws S members out of P, <b>with replacement</b>; the best of them becomes the parent. Write "
        "<code>p_best(P, S)</code>: the probability that the best member of the population is the parent.",
        answer="p_best",
        test=check_pressure,
        hints=(
            "It becomes the parent as soon as it is drawn at least once.",
            "The probability that one draw misses it is 1 − 1/P. All S draws are independent.",
        ),
        stub="def p_best(P, S):\n    return ...",
        solution="def p_best(P, S):\n    return 1 - (1 - 1 / P) ** S",
        why="S = 1 gives every member the same chance: no selection at all. A large S makes nearly every child a child of one parent.",
    ),
]
