"""Lesson 10, random and evolutionary NAS: who dies, and how hard a tournament selects."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level


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
    rng = np.random.default_rng()
    for n in (1, 6):
        members = [(f"m{i}", float(e)) for i, e in enumerate(rng.random(n).round(3))]
        child = ("child", round(float(rng.random()), 3))
        right, got = [*members[1:], child], next_population(list(members), child)
        if not isinstance(got, list | tuple) or list(got) != right:
            return f"from {members} and {child} it must be {right}, not {got!r:.200}"
    return None


def check_pressure(p_best: Any) -> str | None:
    if not callable(p_best):
        return f"p_best must be a function, not a {type(p_best).__name__}"
    drawn = tuple(np.random.default_rng().integers((5, 2), (60, 30)).tolist())
    for population, sample in ((10, 1), (10, 3), (50, 25), (4, 4), drawn):
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


def judge_random(regret: float) -> tuple[int, str]:
    """Mean regret of random search, in points."""
    return 2 - level(regret, 1, 3), (
        f"{regret:.2f} points. 100 blind draws land in the best 1 % with a probability of 63 %. Any method has to be compared "
        "with that."
    )


def judge_tournament(spread: dict[int, float]) -> tuple[int, str]:
    """S -> on how many edges two members differ."""
    gap = spread[1] - spread[25]
    return (0 if gap > 0.2 else 1 if gap < -0.2 else 2), (
        f"{spread[1]:.1f} edges with S = 1, {spread[25]:.1f} with S = 25. A large tournament makes nearly everybody a child of "
        "one parent. On this small and smooth space that pays; where good cells lie in several distant places it may not."
    )


def judge_local(last: dict[str, np.ndarray]) -> tuple[int, str]:
    """Method -> (seeds,) regret after all trials."""
    local, evolution, chance = (last[m] for m in ("local search", "evolution", "random"))
    gap = local - evolution
    error = gap.std(ddof=1) / len(gap) ** 0.5
    which = 0 if local.mean() > chance.mean() else 1 if gap.mean() > 2 * error else 2
    return which, (
        f"Local search minus evolution: {gap.mean():+.2f} ± {error:.2f} points. A new method has to beat this as well."
    )


QUESTIONS = [
    Question(
        "10.q1",
        "We draw 100 of the 15,625 cells at random and keep the best one seen. How far below the best cell of all is it, on "
        "average?",
        ("more than 3 points of accuracy", "1 to 3 points", "less than 1 point"),
        judge_random,
    ),
    Question(
        "10.q2",
        "P = 25. With S = 1 the parent is any member; with S = 25 it is nearly always one of the best. After 150 cells, where "
        "do the members differ more from each other?",
        ("with S = 1", "with S = 25", "no difference"),
        judge_tournament,
    ),
    Question(
        "10.q3",
        "Local search only ever climbs. After 150 cells, mean of 30 seeds, how good is it?",
        ("worse than random search", "between random search and evolution", "not to be told from evolution, or better"),
        judge_local,
    ),
]

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
