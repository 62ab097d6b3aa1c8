"""Wrong answers to the exercises of lesson 25 are told what is wrong with them, and other right ones pass."""

import pytest

from nasbook.course.exercises import run_cell
from nasbook.course.lessons import exercise
from nasbook.course.lessons.lesson_25 import judge_distance, judge_inside, judge_outside

NLL = (
    "import numpy as np\ndef nll(p, edges, y):\n    b = np.searchsorted(edges, y) - 1\n"
    "    m, w = p[np.arange(len(y)), b], np.diff(edges)[b]\n    "
)
DRAW = (
    "import numpy as np\ndef draw(rng, x):\n    a, c, tau = rng.uniform(0.5, 1), rng.uniform(0, 0.5), rng.uniform(0.05, 0.5)\n"
    "    "
)
CURVE = "return c + (a - c) * np.exp(-x / tau)"
WRONG = [
    ("25.nll", NLL + "return -np.log(m)", "divide"),
    ("25.nll", NLL + "return np.log(m / w)", "sign is wrong"),
    ("25.nll", NLL + "return m / w", "take −log of it"),
    ("25.nll", NLL + "return -np.log(m * w)", "width must divide"),
    ("25.nll", NLL + "return -np.log2(m / w)", "in bits"),
    ("25.nll", NLL + "return -np.log(m / w).mean()", "each value has its own"),
    ("25.nll", NLL + "return -np.log(p / np.diff(edges))", "must return shape"),
    ("25.nll", NLL + "return -np.log(p[:, 0])", "yours is"),
    ("25.nll", NLL + "return np.full(len(y), np.nan)", "yours is nan"),
    ("25.nll", NLL + "edges += 1; return y", "has been changed"),
    ("25.nll", "nll = 3", "must be a function"),
    ("25.draw", DRAW + "return c + (a - c) * np.exp(-x * tau)", "τ must be uniform"),
    ("25.draw", DRAW + "return a + (c - a) * np.exp(-x / tau)", "rises somewhere"),
    ("25.draw", DRAW + "return c + a * np.exp(-x / tau)", "between 0.5 and 1"),
    ("25.draw", DRAW + "return a / (1 + x / tau)", "not of the form"),
    ("25.draw", DRAW + "c = a / 2; " + CURVE, "c must be uniform"),
    ("25.draw", DRAW + "c = a - 0.5; " + CURVE, "independently"),
    ("25.draw", DRAW + "a = 0.75; " + CURVE, "a must be uniform"),
    ("25.draw", DRAW + "a = c = 0.7; return a + 0 * x", "the same curve"),
    ("25.draw", DRAW + "tau = 0.2; " + CURVE, "τ must be uniform"),
    ("25.draw", DRAW + "a = np.random.uniform(0.5, 1); " + CURVE, "none from np.random"),
    ("25.draw", DRAW + "a = rng.uniform(0.5, 1, len(x)); " + CURVE, "whichever other x"),
    ("25.draw", DRAW + CURVE + " + 0.01 * rng.normal(size=len(x))", "whichever other x"),
    ("25.draw", DRAW + "x = np.linspace(0, 1, len(x)); " + CURVE, "whichever other x"),
    ("25.draw", DRAW + "x = np.sort(x); " + CURVE, "whichever other x"),
    ("25.draw", DRAW + "x = np.linspace(0, 1, 41); " + CURVE, "must return 11"),
    ("25.draw", DRAW + "return a", r"shape \(41,\), not \(\)"),
    ("25.draw", DRAW + "return x * np.nan", "finite"),
    ("25.draw", DRAW + "x /= tau; return c + (a - c) * np.exp(-x)", "x has been changed"),
    ("25.draw", "draw = 0.5", "must be a function"),
    ("25.draw", DRAW + "tau = 0.05 * 10 ** rng.random(); " + CURVE, "τ must be uniform"),
    ("25.draw", DRAW + "c = 2 * c ** 2; " + CURVE, "c must be uniform"),
    ("25.draw", DRAW + "a = 1 - 0.5 * (2 * a - 1) ** 2; " + CURVE, "a must be uniform"),
    ("25.draw", DRAW + "tau = 0.05 + 0.9 * (a - 0.5); " + CURVE, "a and τ must be drawn independently"),
    ("25.draw", DRAW + "tau = 0.05 + 0.9 * c; " + CURVE, "c and τ must be drawn independently"),
    ("25.draw", DRAW + "c = a; return a - 1e-4 * x", "most curves are flat"),
    ("25.draw", DRAW + CURVE.replace("return ", ""), "is there a return"),
    ("25.nll", NLL + "-np.log(m / w)", "is there a return"),
]
RIGHT = [
    ("25.nll", "import numpy as np\ndef nll(p, edges, y):\n    b = (y[:, None] >= edges[None, 1:-1]).sum(1)\n"
     "    return np.log(np.diff(edges))[b] - np.log([row[k] for row, k in zip(p, b)])"),
    ("25.draw", "import numpy as np\ndef draw(rng, x):\n    u = rng.random(3)\n    tau, c, a = 0.05 + 0.45 * u[0], u[1] / 2, (1 + u[2]) / 2\n"
     "    return np.array([c + (a - c) * np.exp(-z / tau) for z in x])"),
    ("25.draw", DRAW + CURVE.replace("return ", "return np.float32(") + ")"),
    ("25.draw", DRAW + CURVE.replace("return ", "return np.round(") + ", 6).tolist()"),
]  # fmt: skip


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)


@pytest.mark.parametrize("name, source", RIGHT)
def test_another_right_answer_passes(name, source):
    told = exercise(name).check(run_cell(source)[exercise(name).answer])
    assert told.passed, told.message


def test_each_outcome_can_be_the_answer():
    import numpy as np

    assert [judge_distance(d)[0] for d in (0.5, 0.15, 0.01)] == [0, 1, 2]
    assert [judge_inside(np.array([s, s]))[0] for s in (0.7, 0.95, 0.995)] == [0, 1, 2]
    half = np.array([0.5, 0.5])
    assert [judge_outside(half + gap, half)[0] for gap in (-0.2, 0.05, 0.2)] == [0, 1, 2]
