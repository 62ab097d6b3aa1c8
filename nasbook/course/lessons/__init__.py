"""The exercises of the lessons, one module a lesson."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from nasbook.course.exercises import Exercise

LESSONS = {
    "00": "Start here",
    "01": "Be the optimiser: grid and random",
    "02": "Gaussian-process surrogates",
    "03": "Acquisition functions",
    "04": "TPE and conditional spaces",
    "05": "Evolution: GA, DE, CMA-ES",
    "06": "Successive halving, Hyperband, ASHA, BOHB, DEHB",
    "07": "Population based training",
    "08": "Hypergradients",
    "09": "HPO and NAS side by side; search spaces",
    "10": "Random and evolutionary NAS",
    "11": "Reinforcement learning: REINFORCE, PPO",
    "13": "DARTS and its relaxations",
    "15": "Performance estimation and BO-NAS",
    "17": "Meta-learning and transfer",
    "21": "Scale up",
}


def load(number: str) -> list[Exercise]:
    """The exercises of one lesson, in their order."""
    return importlib.import_module(f"nasbook.course.lessons.lesson_{number}").EXERCISES


def all_exercises() -> Iterator[Exercise]:
    for number in LESSONS:
        yield from load(number)


def exercise(name: str) -> Exercise:
    """An exercise by name, e.g. exercise("03.ei"); ValueError lists those that exist."""
    known = {e.name: e for e in all_exercises()}
    if name not in known:
        raise ValueError(f"there is no exercise {name!r}; there are {', '.join(known)}")
    return known[name]
