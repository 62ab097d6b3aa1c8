"""Wrong answers to the exercises of lesson 04 are told what is wrong with them, and the exercises are TPE's own steps."""

import numpy as np
import pytest

import nasbook
from nasbook.course.exercises import run_cell

DENSITY = nasbook.exercise("04.density").solution
CHOICE = nasbook.exercise("04.choice").solution
WRONG = [
    ("04.density", DENSITY.replace(" / (norm.cdf(1, m, s) - norm.cdf(0, m, s))", ""), "lose what lies outside"),
    ("04.density", DENSITY.replace("    return total / (len(points) + 1)", "    return total"), "must be averaged"),
    (
        "04.density",
        DENSITY.replace("ones_like", "zeros_like").replace("(len(points) + 1)", "max(1, len(points))"),
        "flat bump is missing",
    ),
    ("04.density", DENSITY.replace("norm.pdf(x, m, s)", "norm.pdf(x, m, s**2)"), "the density is"),
    ("04.density", DENSITY.replace("np.ones_like(x)", "np.ones(len(points))"), "could not be broadcast|shape"),
    ("04.density", "def density(x, points, widths):\n    x += 0.1\n    return x", "has been changed"),
    ("04.choice", CHOICE.replace("np.argmax(l / g)", "np.argmax(g / l)"), "g / l is largest"),
    ("04.choice", CHOICE.replace("np.argmax(l / g)", "np.argmax(l)"), "l alone is largest|l/g is largest"),
    ("04.choice", CHOICE.replace("np.argmax(l / g)", "np.argmin(g)"), "l/g is largest"),
    ("04.choice", CHOICE.replace("math.ceil(gamma * len(x))", "int(gamma * len(x)) + 1"), "are good and"),
    ("04.choice", CHOICE.replace(", 25)", ", 2)"), "are good and"),
    ("04.choice", CHOICE.replace("np.argsort(values)", "np.argsort(-values)"), "with the lowest values"),
    ("04.choice", CHOICE.replace("candidates[np.argmax(l / g)]", "np.argmax(l / g)"), "none of the candidates"),
    ("04.choice", CHOICE.replace("candidates[np.argmax(l / g)]", "l / g"), "one candidate, a number"),
    ("04.choice", CHOICE.replace("    order =", "    values.sort()\n    order ="), "has been changed"),
]


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)


def test_the_density_of_the_exercise_is_that_of_the_method():
    from nasbook.hpo.parts.parzen import Parzen, bandwidths

    rng = np.random.default_rng(3)
    points, x = rng.random(9), np.linspace(0, 1, 50)
    own = run_cell(DENSITY)["density"](x, points, bandwidths(points))
    method = Parzen([nasbook.Float(0, 1)], points[:, None]).marginal(0, x)
    assert own == pytest.approx(method, abs=0.01)  # the method's last bump is as wide as the axis: nearly flat


def test_what_the_lesson_says_of_the_two_densities():
    """Three bumps a fifth of the axis wide; no bad trial between .34 and .46; most candidates near .73."""
    f = nasbook.task("forrester")
    trace = nasbook.search("tpe", f, trials=30, seed=0)
    method = nasbook.method("tpe", f.space, seed=0, gamma=0.1)
    method.remember(trace.trials)
    method.ask()
    l, g = method.view().densities("x")
    assert len(method.view().below) == 3 and l.kernels[0].sigma[:3] == pytest.approx([0.2] * 3)
    u = np.linspace(0, 1, 1001)
    at = u[(l.marginal(0, u) / g.marginal(0, u)).argmax()]
    assert at == pytest.approx(0.36, abs=0.01)
    bad = [t.config["x"] for t in trace.trials if t.value > method.view().threshold]
    assert len(bad) == 27 and not any(0.345 < x < 0.455 for x in bad)
    drawn = l.sample(2000, np.random.default_rng(0))[:, 0]
    assert np.mean(np.abs(drawn - 0.73) < 0.25) > 0.6
