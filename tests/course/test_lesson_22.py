"""Lesson 22: wrong answers are told what is wrong, other right ones pass, and the outcomes are those of the measurements."""

import numpy as np
import pytest

import nasbook
from nasbook.course.exercises import run_cell
from nasbook.course.lessons.lesson_22 import judge_batch, judge_promise

REPORT = "import statistics\nimport numpy as np\ndef report(accuracies):\n    n = len(accuracies)\n    return "
SHIP = "import numpy as np\ndef ship(validation, test):\n    return "
WRONG = [
    ("22.report", REPORT + "np.mean(accuracies), np.std(accuracies)", "divided by n instead of n − 1|how far"),
    ("22.report", REPORT + "np.mean(accuracies), statistics.stdev(accuracies)", "how far one training"),
    ("22.report", REPORT + "np.mean(accuracies), np.std(accuracies) / n ** 0.5", "n instead of n − 1"),
    ("22.report", REPORT + "np.mean(accuracies), statistics.stdev(accuracies) / n", "instead of its root"),
    ("22.report", REPORT + "np.mean(accuracies), statistics.variance(accuracies) / n", "its root is missing"),
    ("22.report", REPORT + "np.median(accuracies), statistics.stdev(accuracies) / n ** 0.5", "the median"),
    ("22.report", REPORT + "max(accuracies), statistics.stdev(accuracies) / n ** 0.5", "the best one"),
    ("22.report", REPORT + "np.mean(accuracies)", "two numbers are needed"),
    ("22.report", REPORT + "0.91, 0.01", "the mean of"),
    ("22.ship", SHIP + "int(np.argmax(test))", "measures nothing any more"),
    ("22.ship", SHIP + "int(np.argmax(validation))", "fell apart"),
    (
        "22.ship",
        SHIP + "int(np.nanargmax(np.add(validation, test)))",
        "the best on the test part|drawn at random|is best on",
    ),
    ("22.ship", SHIP + "int(np.nanargmin(validation))", "is best on the validation part"),
    ("22.ship", SHIP + "float(np.nanmax(validation))", "the number of a training"),
    ("22.ship", SHIP + "0", "training 1 is best"),
    ("22.ship", SHIP + "validation.index(max(validation))", "fell apart"),
]


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)


RIGHT = [
    ("22.report", REPORT + "sum(accuracies) / n, np.std(accuracies, ddof=1) / np.sqrt(n)"),
    ("22.ship", SHIP + "max(range(len(test)), key=lambda i: -1 if validation[i] != validation[i] else validation[i])"),
    ("22.ship", SHIP + "np.nanargmax(validation)"),
]


@pytest.mark.parametrize("name, source", RIGHT, ids=[f"{n}-{i}" for i, (n, _) in enumerate(RIGHT)])
def test_other_right_answers_pass(name, source, tmp_path, monkeypatch):
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))
    exercise = nasbook.exercise(name)
    for _ in range(5):
        told = exercise.check(run_cell(source)[exercise.answer])
        assert told.passed, told.message


@pytest.mark.parametrize(("worse", "option"), [(0.2, 0), (1.0, 1), (2.4, 2)])
def test_the_promise_is_judged_by_its_mean_in_points(worse, option):
    promised = np.random.default_rng(0).uniform(0.05, 0.06, 50)
    found = {"promised": promised, "again": promised + worse / 100, "test": promised}
    said = judge_promise(found)
    assert said[0] == option and f"{worse:.1f}" in said[1]


@pytest.mark.parametrize(("ratio", "option"), [(1.5, 0), (7, 1), (40, 2)])
def test_a_batch_is_judged_against_a_single_image(ratio, option):
    assert judge_batch({1: 1e-4, 64: ratio * 1e-4})[0] == option
