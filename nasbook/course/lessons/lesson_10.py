"""Lesson 10, random and evolutionary NAS: who dies, how hard a tournament selects, and how a network grows."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from importlib.resources import files

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level


def check_age(next_population: object) -> str | None:
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


def check_pressure(p_best: object) -> str | None:
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


def check_widen(widen: object) -> str | None:
    if not callable(widen):
        return f"widen must be a function, not a {type(widen).__name__}"
    rng = np.random.default_rng()
    for h, of in ((2, [0, 1, 0]), (3, [0, 1, 2, 2, 2]), (3, [2, 0, 1, 0]), (4, [0, 1, 2, 3])):
        g, d, o = np.array(of), int(rng.integers(2, 5)), int(rng.integers(1, 4))
        W1, W2 = rng.normal(size=(h, d)), rng.normal(size=(o, h))
        copies = np.bincount(g, minlength=h)
        answer = widen(W1.copy(), W2.copy(), g.copy())
        if not isinstance(answer, list | tuple) or len(answer) != 2:
            return f"widen must return two matrices, (V1, V2), not {type(answer).__name__}"
        try:
            V1, V2 = (np.asarray(V, float) for V in answer)
        except (TypeError, ValueError):
            return "widen must return two matrices of numbers"
        told = f"with {h} units and g = {g.tolist()} "
        if V1.shape != (len(g), d) or V2.shape != (o, len(g)):
            return f"{told}V1 must have the shape {(len(g), d)} and V2 {(o, len(g))}, not {V1.shape} and {V2.shape}"
        if not np.allclose(V1, W1[g]):
            return f"{told}row j of V1 must be row g[j] of W1: a copy reads what its original reads"
        if np.allclose(V2, (W2 / copies)[:, g]):
            continue
        if np.allclose(V2, W2[:, g]):
            return f"{told}the output grows: unit {int(copies.argmax())} now counts {copies.max()} times. Share its weights"
        x = rng.normal(size=(d, 50))
        off = float(np.abs(V2 @ np.maximum(V1 @ x, 0) - W2 @ np.maximum(W1 @ x, 0)).max())
        if off < 1e-9:
            return f"{told}the output is kept, but the copies shall share the outgoing weights equally"
        return (
            f"{told}the output is off by up to {off:.2g}: divide column g[j] of W2 by how many copies of g[j] there are"
        )
    return None


def _donor(x1: list, x2: list, x3: list, F: float, length: int) -> list[list[float]]:
    v = []
    for layer in range(length):
        if layer < min(len(x1), len(x2), len(x3)):
            v.append([a + F * (b - c) for a, b, c in zip(x1[layer], x2[layer], x3[layer], strict=True)])
        else:
            v.append(list(x1[layer] if layer < len(x1) else x2[layer]))
    return v


def check_donor(donor: object) -> str | None:
    if not callable(donor):
        return f"donor must be a function, not a {type(donor).__name__}"
    rng = np.random.default_rng()

    def chain(layers: int) -> list[list[float]]:
        return rng.random((layers, 2)).round(2).tolist()

    for lengths, length in (((2, 2, 2), 2), ((3, 2, 1), 3), ((1, 3, 2), 3), ((2, 4, 3), 3), ((3, 1, 4), 2)):
        x1, x2, x3 = map(chain, lengths)
        F = round(float(rng.uniform(0.3, 0.9)), 2)
        right, got = _donor(x1, x2, x3, F, length), donor(*(list(map(list, x)) for x in (x1, x2, x3)), F, length)
        told = f"of chains with {lengths[0]}, {lengths[1]} and {lengths[2]} layers, to a length of {length}: "
        if isinstance(got, np.ndarray):
            got = got.tolist()
        if not isinstance(got, list | tuple) or len(got) != length:
            return f"{told}the donor must be a list of {length} layers, not {got!r:.60}"
        for layer, (a, b) in enumerate(zip(got, right, strict=True)):
            if not isinstance(a, list | tuple | np.ndarray) or np.shape(a) != (2,):
                return f"{told}layer {layer + 1} must be a list of 2 genes, not {a!r:.60}"
            if not np.allclose(np.asarray(a, float), b):
                shared = layer < min(lengths)
                whose = "x1's" if layer < lengths[0] else "x2's, beyond the end of x1"
                rule = "x1 + F (x2 − x3), since all three have it" if shared else whose
                return f"{told}layer {layer + 1} must be {rule}: {np.round(b, 3).tolist()}, not {list(a)!r:.60}"
    return None


def chains_over_seeds() -> dict[str, np.ndarray]:
    """Who searches -> (10 seeds, 21 trainings) lowest validation error so far, from nasbook/data/growth_seeds.csv.

    "inherited" and "fresh": network morphism with the parent's weights and with fresh ones; "evolution": differential
    evolution of five chains; "random": random chains."""
    found: dict[str, dict[str, list[float]]] = {}
    text = (files("nasbook") / "data" / "growth_seeds.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        found.setdefault(row["arm"], {}).setdefault(row["seed"], []).append(float(row["best"]))
    return {arm: np.array(list(runs.values())) for arm, runs in found.items()}


def judge_inherited(best: Mapping[str, np.ndarray]) -> tuple[int, str]:
    """Who searches -> (seeds, trainings) lowest error so far."""
    gap = 100 * (best["inherited"][:, -1] - best["fresh"][:, -1])
    error = gap.std(ddof=1) / len(gap) ** 0.5
    which = 2 if abs(gap.mean()) <= 2 * error else 0 if gap.mean() < 0 else 1
    return which, (
        f"Inherited minus fresh: {gap.mean():+.1f} ± {error:.1f} points of error. Here three epochs teach fresh weights "
        "about as much as the parent has to leave. What helps both is the way: small changes of a sound chain, of which "
        "the best goes on."
    )


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
    Question(
        "10.q4",
        "The climb of network morphism, once with inherited weights and once with every child begun afresh: 21 trainings of 3 "
        "epochs, ten seeds. Who has seen the lower validation error in the end, by more than two standard errors?",
        ("the one that inherits", "the one that begins afresh", "they cannot be told apart"),
        judge_inherited,
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
    Exercise(
        name="10.widen",
        prompt="A layer of h units, W2 · relu(W1 · x), shall become wider and compute the same. <code>W1</code> (h, d), "
        "<code>W2</code> (o, h), and <code>g</code>: new unit j is a copy of unit g[j]. Write <code>widen(W1, W2, g)</code> "
        "that returns (V1, V2); copies of one unit share its outgoing weights equally.",
        answer="widen",
        test=check_widen,
        hints=(
            "Every copy reads what its original reads: <code>V1 = W1[g]</code>.",
            "<code>np.bincount(g)</code> counts the copies of each unit; divide the columns of W2 by that before you copy them.",
        ),
        stub="def widen(W1, W2, g):\n    return ...",
        solution="import numpy as np\n\ndef widen(W1, W2, g):\n    copies = np.bincount(g, minlength=len(W1))\n"
        "    return W1[g], (W2 / copies)[:, g]",
        why="Equal copies with equal shares learn the same and stay copies; network_morphism.py draws the shares at random.",
    ),
    Exercise(
        name="10.donor",
        prompt="Write <code>donor(x1, x2, x3, F, length)</code> for chains of different lengths, lists of layers, each a list of "
        "numbers. Layer by layer up to <code>length</code>: where all three have the layer, x1 + F (x2 − x3), number by "
        "number; else the layer of x1; and beyond the end of x1 that of x2.",
        answer="donor",
        test=check_donor,
        hints=(
            "All three have layer number <code>l</code> if <code>l &lt; min(len(x1), len(x2), len(x3))</code>.",
            "Number by number: <code>[a + F * (b - c) for a, b, c in zip(x1[l], x2[l], x3[l])]</code>.",
        ),
        stub="def donor(x1, x2, x3, F, length):\n    return ...",
        solution="def donor(x1, x2, x3, F, length):\n    v = []\n    for l in range(length):\n"
        "        if l < min(len(x1), len(x2), len(x3)):\n"
        "            v.append([a + F * (b - c) for a, b, c in zip(x1[l], x2[l], x3[l])])\n"
        "        else:\n            v.append(list(x1[l] if l < len(x1) else x2[l]))\n    return v",
        why="Differences need a partner. Where there is none, a layer is taken over as it is.",
    ),
]
