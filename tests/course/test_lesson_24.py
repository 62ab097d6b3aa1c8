"""Lesson 24: wrong answers are told what is wrong, other right ones pass, and the outcomes are those of the measurements."""

import numpy as np
import pytest

import nasbook
from nasbook.course.exercises import run_cell
from nasbook.course.lessons.lesson_24 import judge_price, judge_where
from nasbook.tasks.mup import rate_scale

POWER = nasbook.exercise("24.power").solution
FIT = "np.polyfit(np.log(widths), np.log(best), 1)[0]"
ERROR = "slopes.std(ddof=1) / len(slopes) ** 0.5"
RATES = "def layer_rates(rate, m, optimizer):\n    "
ADAM = "if optimizer == 'adam':\n        return rate, rate / m, rate / m\n    return "
WRONG = [
    ("24.power", POWER.replace("slopes.mean()", "-slopes.mean()"), "sign is wrong"),
    ("24.power", POWER.replace("np.log(best)", "np.log2(best)"), "different bases"),
    ("24.power", POWER.replace("np.log(widths)", "np.log10(widths)"), "different bases"),
    ("24.power", POWER.replace(FIT, FIT.replace("log(best)", "log(best[:, 0])") + " * np.ones(2)"), "first seed alone"),
    ("24.power", POWER.replace("np.log(widths), np.log(best)", "widths, best"), "without logarithms"),
    ("24.power", POWER.replace(FIT, "(np.log(best) / np.log(widths)[:, None]).mean(0)"), "not their ratio"),
    (
        "24.power",
        POWER.replace(FIT, "np.log(best[-1] / best[0]) / np.log(widths[-1] / widths[0])"),
        "first and the last",
    ),
    ("24.power", POWER.replace("slopes.mean()", "1 / slopes.mean()"), "its inverse"),
    ("24.power", POWER.replace(ERROR, "slopes.std(ddof=1)"), "deviation of one seed"),
    ("24.power", POWER.replace(ERROR, "slopes.std() / len(slopes) ** 0.5"), "n instead of n − 1"),
    ("24.power", POWER.replace(ERROR, "slopes.std(ddof=1) / len(slopes)"), "instead of its root"),
    ("24.power", POWER.replace(", " + ERROR, ""), "two numbers are needed"),
    ("24.power", POWER.replace("slopes.mean()", "-0.7"), "the power is"),
    ("24.rates", RATES + "return rate", "three rates are needed"),
    ("24.rates", RATES + "return rate, rate, rate", "sum runs over the width"),
    ("24.rates", RATES + "return rate, rate * m, rate * m", "sign of the power is wrong"),
    ("24.rates", RATES + "return rate / m, rate / m, rate / m", "does not grow"),
    ("24.rates", RATES + "return rate, rate / m ** 0.5, rate / m", "root is that of the first weights"),
    ("24.rates", RATES + "return rate, rate / m, rate / m", "the input layer's is"),
    ("24.rates", RATES + ADAM + "rate * m, rate / m, rate / m", "output layer's power"),
    ("24.rates", RATES + ADAM + "rate * m, rate, rate * m", "sign of the power is wrong"),
    ("24.rates", RATES + "return rate, 'rate / m', rate", "three rates are needed"),
    ("24.power", "def power(widths, best):\n    return None, None", "two numbers are needed"),
    ("24.power", "def power(widths, best):\n    return widths", "two numbers are needed"),
]


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)


def test_other_right_answers_pass(tmp_path, monkeypatch):
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))
    by_hand = (
        "import numpy as np\ndef power(widths, best):\n    x = np.log2(widths) - np.log2(widths).mean()\n"
        "    s = [float(x @ np.log2(column) / (x @ x)) for column in best.T]\n"
        "    return float(np.mean(s)), float(np.std(s, ddof=1) / np.sqrt(len(s)))"
    )
    right = [("24.power", by_hand), ("24.rates", RATES + ADAM + "[m * rate, rate, rate / m]")]
    right += [("24.rates", "import numpy as np\n" + RATES + ADAM + "np.array([m * rate, rate, rate / m])")]
    for form in ("[{}, {}]", "np.array([{}, {}])", "np.float32({}), [{}]", "round({}, 4), round({}, 4)"):
        ends = form.format("slopes.mean()", ERROR)
        right.append(("24.power", POWER.replace(f"slopes.mean(), {ERROR}", ends)))
    for name, source in right:
        exercise = nasbook.exercise(name)
        for _ in range(5):
            told = exercise.check(run_cell(source)[exercise.answer])
            assert told.passed, told.message


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_the_table_of_the_lesson_is_the_one_that_networks_are_scaled_by(optimizer):
    layer_rates = run_cell(nasbook.exercise("24.rates").solution)["layer_rates"]
    own = [0.3 * rate_scale(role, 4.0, optimizer) for role in ("input", "hidden", "output")]
    assert layer_rates(0.3, 4.0, optimizer) == pytest.approx(own)


def losses(best):
    """(rates, seeds) with the least at these places."""
    return np.abs(np.arange(8)[:, None] - np.array(best)) + 1.0


def test_where_the_best_rate_went_is_judged_seed_by_seed():
    rates = 2.0 ** np.arange(-10, -2)
    for ends, option in (([2, 3, 2], 0), ([5, 4, 5], 1), ([7, 7, 6], 2)):
        which, words = judge_where({32: losses([5, 4, 5]), 256: losses(ends)}, rates)
        assert which == option and "3 seeds" in words
    assert "−2.3" in judge_where({32: losses([5, 4, 5]), 256: losses([2, 3, 2])}, rates)[1]


@pytest.mark.parametrize(("at", "option"), [(4, 0), (5, 1), (6, 2)])
def test_the_price_of_the_toys_rate_is_a_ratio_of_means(at, option):
    wide = np.array([9, 9, 9, 9, 1.1, 1.5, 4, 1.0])[:, None].repeat(3, 1)
    assert judge_price({32: losses([at] * 3), 256: wide})[0] == option
