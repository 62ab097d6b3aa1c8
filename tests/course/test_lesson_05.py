"""Lesson 05: a wrong answer is told what is wrong, and the exercises agree with the methods' own code."""

import re

import numpy as np
import pytest

import nasbook
from nasbook.course.exercises import run_cell
from nasbook.hpo.cma_es import CMA


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))


HEAD = "import numpy as np\ndef trial_vector(target, base, plus, minus, F, mask):\n    "
MEAN = "import numpy as np\ndef recombine(points, values):\n    "
WRONG = [
    ("05.trial", HEAD + "return base + F * (plus - minus)", "that is the donor"),
    ("05.trial", HEAD + "return np.where(mask, target, base + F * (plus - minus))", "wrong way round"),
    ("05.trial", HEAD + "return np.where(mask, base + F * (minus - plus), target)", "points the wrong way"),
    ("05.trial", HEAD + "return np.where(mask, base + (plus - minus), target)", "not scaled"),
    ("05.trial", HEAD + "target[mask] = (base + F * (plus - minus))[mask]\n    return target", "has been changed"),
    ("05.trial", HEAD + "return np.where(mask, base + 0.5 * (plus - minus), target)", "F = 1"),
    ("05.trial", HEAD + "return base[mask]", "shape"),
    ("05.mean", MEAN + "return points.mean(0)", "mean of all points"),
    ("05.mean", MEAN + "return points[np.argsort(values)[:len(points) // 2]].mean(0)", "must weigh more"),
    (
        "05.mean",
        MEAN + "w = np.log((len(points) + 1) / 2) - np.log(np.arange(1, len(points) // 2 + 1))\n"
        "    return w @ points[np.argsort(values)[:len(points) // 2]]",
        "add up to 1",
    ),
    ("05.mean", MEAN + "values.sort()\n    return points[0]", "has been changed"),
    ("05.mean", MEAN + "return values", "shape"),
    ("05.mean", MEAN + "return np.array([1.0, 1.0])", "the mean is"),
]


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says):
    exercise = nasbook.exercise(name)
    result = exercise.check(run_cell(source)[exercise.answer])
    assert not result.passed
    assert re.search(says, result.message), result.message


def test_the_solution_moves_the_mean_as_cma_es_does():
    exercise = nasbook.exercise("05.mean")
    recombine = run_cell(exercise.solution)[exercise.answer]
    X, values = np.random.default_rng(0).random((8, 3)), np.random.default_rng(1).random(8)
    cma = CMA(np.full(3, 0.5), 0.3, population=8)
    cma.update(X[np.argsort(values)])
    assert recombine(X, values) == pytest.approx(cma.mean)


def test_the_solution_makes_the_trial_vectors_of_differential_evolution():
    exercise = nasbook.exercise("05.trial")
    trial_vector = run_cell(exercise.solution)[exercise.answer]
    trace = nasbook.search("differential-evolution", "hartmann6", trials=60, seed=0, population=10, views=True)
    compared = 0
    for step in trace.steps:
        view, m = step.view, step.view.mutation
        if m is None:
            continue
        x, F = view.vectors, 0.5
        got = trial_vector(x[m.target], x[m.base], x[m.pair[0]], x[m.pair[1]], F, m.mask)
        if ((got >= 0) & (got <= 1)).all():  # others are drawn anew
            assert got == pytest.approx(m.trial)
            compared += 1
    assert compared > 10
