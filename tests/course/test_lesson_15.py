"""Wrong answers to the exercises of lesson 15 are told what is wrong with them."""

import pytest

import nasbook
from nasbook.course.lessons.lesson_15 import partial

HEAD = "from scipy.stats import spearmanr\ndef beyond(score, parameters, truth):\n    r = lambda a, b: spearmanr(a, b).statistic\n"
MASKS = "import numpy as np\ndef mc_dropout(h, w, p, T, rng):\n    z = rng.random((T, len(w))) >= p\n"
WRONG = [
    ("15.beyond", HEAD + "    return r(score, truth)", "parameters have not been held fixed"),
    ("15.beyond", HEAD + "    return r(score, truth) - r(score, parameters) * r(truth, parameters)", "denominator"),
    ("15.beyond", HEAD.replace("spearmanr(a, b)", "pearsonr(a, b)").replace("import spearmanr", "import pearsonr")
     + "    s, p, t = r(score, truth), r(score, parameters), r(truth, parameters)\n"
     "    return (s - p * t) / ((1 - p**2) * (1 - t**2)) ** 0.5", "correlates their ranks"),
    ("15.beyond", HEAD + "    return r(score, parameters)", "the partial rank correlation is"),
    ("15.beyond", HEAD + "    return 'high'", "must return a number"),
    ("15.dropout", MASKS + "    f = (z * w) @ h.T\n    return f.mean(0), f.std(0)", r"divided by 1 − p"),
    ("15.dropout", MASKS.replace(">=", "<") + "    f = (z * w) @ h.T / (1 - p)\n    return f.mean(0), f.std(0)", "left out, not to be kept"),
    ("15.dropout", MASKS + "    f = (z * w) @ h.T / (1 - p)\n    return f.mean(0), f.var(0)", "Is it the variance"),
    ("15.dropout", MASKS + "    f = (z * w) @ h.T / (1 - p)\n    return f.mean(0), f.std(0) / T**0.5", "does not shrink with T"),
    ("15.dropout", MASKS + "    f = (z * w) @ h.T / (1 - p)\n    return f.mean(1), f.std(1)", r"shape \(3,\)"),
    ("15.dropout", MASKS + "    return ((z * w) @ h.T / (1 - p)).mean(0)", "two things"),
]  # fmt: skip


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)


def test_the_exercise_finds_what_the_page_of_statistics_says():
    """Messy digits, beyond parameters: snip 0.34, fisher 0.23."""
    task = nasbook.task("digits201-messy")
    truth = task.test[:, :, -1].mean(1)
    found = {name: partial(task.scores[name], task.scores["parameters"], truth) for name in ("snip", "fisher")}
    assert found == {"snip": pytest.approx(0.34, abs=0.005), "fisher": pytest.approx(0.23, abs=0.005)}
