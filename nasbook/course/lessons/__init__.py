"""The exercises and the questions of the lessons, one module a lesson."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from nasbook.course import own_exercises, translations
from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Prediction, Question

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
    "12": "Weight sharing: ENAS, SPOS, FairNAS, SCARLET-NAS",
    "13": "DARTS and its relaxations",
    "14": "Several objectives",
    "15": "Performance estimation and BO-NAS",
    "16": "AutoGAN",
    "17": "Meta-learning and transfer",
    "18": "Joint HPO and NAS",
    "19": "The AutoML pipeline and ensembles",
    "20": "Reading a search: importance, evaluation, statistics",
    "21": "Scale up",
    "22": "After the search: train, measure, deploy",
    "23": "Write your own method",
    "24": "What transfers",
    "25": "A prior is a generator of problems",
}


def load(number: str) -> list[Exercise]:
    """The exercises of one lesson, in their order."""
    return importlib.import_module(f"nasbook.course.lessons.lesson_{number}").EXERCISES


def questions(number: str) -> list[Question]:
    """The questions of one lesson, in their order."""
    return importlib.import_module(f"nasbook.course.lessons.lesson_{number}").QUESTIONS


def all_exercises() -> Iterator[Exercise]:
    for number in LESSONS:
        yield from load(number)


def exercise(name: str, solution: bool = True) -> Exercise:
    """An exercise by name, e.g. exercise("03.ei"), or exercise("de/01.enough") in another language; ValueError lists
    those that exist. Those of `nasbook.course.use` are known, too.

    With solution=False it has hints and no solution, as in the notebooks of a class."""
    if name in own_exercises.EXERCISES:
        return own_exercises.EXERCISES[name] if solution else replace(own_exercises.EXERCISES[name], solution="")
    language, _, name = name.rpartition("/")
    known = {e.name: e for e in all_exercises()}
    if name not in known:
        raise ValueError(f"there is no exercise {name!r}; there are {', '.join(known)}")
    found = translations.exercise(language, known[name]) if language else known[name]
    return found if solution else replace(found, solution="")


def predict(name: str, question: str | None = None, options: Sequence[str] | None = None) -> Prediction:
    """Ask for a prediction; put it last in a cell to show it.

    `predict("03.q1")` asks a lesson's question, `predict("de/01.q1")` in another language; with a text and options it
    asks one of your own. ValueError lists the questions that exist.
    """
    if question is not None and options is not None:
        return Prediction(name, question, options)
    if name in own_exercises.QUESTIONS and question is options is None:
        q = own_exercises.QUESTIONS[name]
        return Prediction(q.name, q.text, q.options, judge=q.judge)
    language, _, name = name.rpartition("/")
    known = {q.name: q for number in LESSONS for q in questions(number)}
    if question is not None or options is not None or name not in known:
        raise ValueError(
            f"there is no question {name!r}; there are {', '.join(known)}. For one of your own, give a text and options"
        )
    q = known[name]
    if language:
        return translations.prediction(language, q)
    return Prediction(q.name, q.text, q.options, judge=q.judge)
