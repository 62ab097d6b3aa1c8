"""Lesson 09, HPO and NAS side by side: when are two cells one network, and how many chains are there?"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import product

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level
from nasbook.nas.spaces.nb201.cell import OPS, canonical_key
from nasbook.parameters import Parameter
from nasbook.space import Choice, Int, Space


def family(a: str, b: str, c: str) -> Hashable:
    """The canonical key of the small cell, as a cell of NAS-Bench-201 whose node 2 is handed on."""
    return canonical_key((a, b, c, "none", "none", "skip"))


def check_names(name: object) -> str | None:
    if not callable(name):
        return f"name must be a function, not a {type(name).__name__}"
    cells = list(product(OPS, repeat=3))
    names = {}
    for cell in cells:
        names[cell] = name(*cell)
        try:
            hash(names[cell])
        except TypeError:
            return f"name{cell} is a {type(names[cell]).__name__}, which cannot be compared and counted: return a tuple or a string"
    if None in names.values():
        cell = next(cell for cell in cells if names[cell] is None)
        return f"name{cell} returned None"
    for i, one in enumerate(cells):
        for two in cells[:i]:
            same = family(*one) == family(*two)
            if same and names[one] != names[two]:
                return f"{two} and {one} are the same network ({_formula(*one)}), but have the names {names[two]!r} and {names[one]!r}"
            if not same and names[one] == names[two]:
                return (
                    f"{two} and {one} both have the name {names[one]!r}, but one is {_formula(*two)} and the other "
                    f"{_formula(*one)}"
                )
    return None


def _formula(a: str, b: str, c: str) -> str:
    """conv3x3(x) + x"""
    chain = None if "none" in (a, c) else _applied(c, _applied(a, "x"))
    short = None if b == "none" else _applied(b, "x")
    return " + ".join(term for term in (chain, short) if term) or "0"


def _applied(op: str, to: str) -> str:
    return to if op == "skip" else f"{op}({to})"


def chain_space(depth: int, kernels: int, channels: int, poolings: int, strides: int) -> Space:
    """The space of the second exercise, as a Space that counts itself."""
    parameters: dict[str, Parameter] = {"depth": Int(1, depth)} if depth > 1 else {"depth": Choice([1])}
    for i in range(1, depth + 1):
        exists, conv = {"depth": list(range(i, depth + 1))}, {f"kind_{i}": "conv"}
        parameters[f"kind_{i}"] = Choice(["conv", *(f"pool{p}" for p in range(poolings))], when=exists)
        parameters[f"kernel_{i}"] = Choice(list(range(kernels)), when=conv)
        parameters[f"channels_{i}"] = Choice(list(range(channels)), when=conv)
        parameters[f"skip_{i}"] = Choice([False, True], when=conv)
        parameters[f"stride_{i}"] = Choice(list(range(strides)), when=exists)
    return Space(parameters)


def check_chains(chains: object) -> str | None:
    if not callable(chains):
        return f"chains must be a function, not a {type(chains).__name__}"
    drawn = tuple(np.random.default_rng().integers(2, 5, 5).tolist())
    for case in ((1, 2, 1, 1, 1), (1, 3, 2, 2, 2), (2, 2, 1, 1, 1), (3, 1, 2, 2, 2), (5, 3, 3, 2, 2), drawn):
        found, right = chains(*case), int(chain_space(*case).size)
        if isinstance(found, bool) or found != right:
            depth, k, c, p, s = case
            call, layer = f"chains{case}", (2 * k * c + p) * s
            told = f"{call} must be {right:,}, not {found!r}"
            if found == 2 * k * c * (1 + p) * s or found == (2 * k * c * (1 + p) * s) ** depth:
                return (
                    f"{told}: a pooling has no kernel, no channels and no skip, so the kinds are added, not multiplied"
                )
            if found == layer**depth:
                return f"{told}: that counts the chains of exactly {depth} layers; shorter ones exist, too"
            if depth == 1:
                listed = sum(1 for _ in chain_space(*case).grid(100))
                return f"{told}: one by one there are {listed} layers, each a convolution or a pooling, with a stride"
            if found == layer * depth:
                return f"{told}: layers are chosen independently, so their numbers are multiplied"
            return f"{told}; a layer has {layer} versions"
    return None


def judge_spaces(results: dict[tuple[str, str], tuple[float, float, float]]) -> tuple[int, str]:
    """(space, method) -> (mean test accuracy, its standard error, seconds); the spaces in the order of the options."""
    spaces = list(dict.fromkeys(space for space, _ in results))
    found = [np.mean([a for (space, _), (a, _, _) in results.items() if space == s]) for s in spaces]
    return int(np.argmax(found)), (
        f"{', '.join(f'{s} {a:.1%}' for s, a in zip(spaces, found, strict=True))}, mean of the methods. A large space can "
        "hold something so much better that 60 trials in it beat knowing all of a small one. And NAS alone cannot "
        "repair what a poor learning rate spoils."
    )


def judge_networks(networks: int) -> tuple[int, str]:
    return 3 - level(networks, 2_500, 7_500, 13_000), (
        f"{networks:,}. The others are the same networks under other names. A search that does not notice pays for some of "
        "them twice."
    )


def judge_swap(found: dict[str, np.ndarray]) -> tuple[int, str]:
    """Method -> (seeds,) test accuracies on the cells."""
    gap = found["tpe"].mean() - found["regularized-evolution"].mean()
    error = np.hypot(*(found[m].std(ddof=1) / len(found[m]) ** 0.5 for m in ("tpe", "regularized-evolution")))
    each = ", ".join(f"{name} {100 * a.mean():.1f} %" for name, a in found.items())
    return level(gap, -2 * error, 2 * error), f"{each}. Neither knows what its numbers mean."


QUESTIONS = [
    Question(
        "09.q1",
        "60 trials each, mean of 20 seeds. Which search ends with the best test accuracy?",
        ("HPO: 324 configurations", "NAS: 30, so 60 trials are plenty", "both: 9,720, of which 60 are next to nothing"),
        judge_spaces,
    ),
    Question(
        "09.q2",
        "NAS-Bench-201 has 5 operations on 6 edges: 5⁶ = 15,625 cells. How many different networks are these?",
        ("all 15,625", "about 10,000", "about 5,000", "about 500"),
        judge_networks,
    ),
    Question(
        "09.q3",
        "On the cells, the home of regularised evolution, TPE is …",
        ("worse by more than two standard errors", "about equal", "better by more than two standard errors"),
        judge_swap,
    ),
]

EXERCISES = [
    Exercise(
        name="09.names",
        prompt="A small cell: node 1 = a(x), output = c(node 1) + b(x), where a, b, c are one of "
        "<code>none, skip, conv1x1, conv3x3, avgpool</code>. <code>none</code> gives zero, <code>skip</code> passes its "
        "input on, every convolution has weights of its own. Write <code>name(a, b, c)</code> so that two cells have "
        "equal names exactly if they are the same network. The check compares all 125 cells, two by two.",
        answer="name",
        test=check_names,
        hints=(
            "Two ways lead to the output: a then c, and b. A way with <code>none</code> in it is not there at all; a "
            "<code>skip</code> on a way does nothing.",
            "Write each way as a tuple of its operations without skips, keep the ways that exist, and sort them, because a "
            "sum has no order. Two ways that are both () count twice: x + x is not x.",
        ),
        stub="def name(a, b, c):\n    return ...",
        solution="def name(a, b, c):\n"
        "    ways = [(a, c), (b,)]\n"
        "    there = [way for way in ways if 'none' not in way]\n"
        "    return tuple(sorted(tuple(op for op in way if op != 'skip') for way in there))",
        why="So 125 cells are only 60 networks. A search that does not know it looks at the same network again and again.",
    ),
    Exercise(
        name="09.chains",
        prompt="A chain has 1 to <code>depth</code> layers. A layer is a convolution (with one of <code>kernels</code> kernel "
        "sizes, one of <code>channels</code> widths, with or without skip) or one of <code>poolings</code> poolings; either "
        "has one of <code>strides</code> strides. Write <code>chains(depth, kernels, channels, poolings, strides)</code>: how "
        "many chains are there?",
        answer="chains",
        test=check_chains,
        hints=(
            "Count one layer first: the versions of a convolution plus the poolings, times the strides.",
            "With n versions of a layer there are n^d chains of d layers; add them for d = 1 … depth.",
        ),
        stub="def chains(depth, kernels, channels, poolings, strides):\n    return ...",
        solution="def chains(depth, kernels, channels, poolings, strides):\n"
        "    layer = (2 * kernels * channels + poolings) * strides\n"
        "    return sum(layer**d for d in range(1, depth + 1))",
        why="Conditions keep a space small: without them every pooling would carry a kernel and a width that mean nothing.",
    ),
]
