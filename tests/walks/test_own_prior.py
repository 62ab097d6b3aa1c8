"""A prior of one's own: drawn, learned, believed in a lab, and the points taken home as a trace."""

import numpy as np

import nasbook
from nasbook.hpo.parts.learned_prior import learn
from nasbook.hpo.parts.priors_1d import own


def line(rng, x):
    return 5 + rng.normal() + rng.normal() * x


def test_from_a_function_that_draws_to_a_trace(tmp_path):
    assert nasbook.exercise(name="25.draw").check(lambda rng, x: line(rng, x) + rng.normal()).passed is False
    *_, state = learn(own(line, noise=0.1), steps=20, every=10)
    mean, _ = state.learned.predict([0.2, 0.8], [5.0, 6.0], [0.5])
    low, high = state.learned.band([0.2, 0.8], [5.0, 6.0], [0.5])
    assert low[0] < mean[0] < high[0] and 3 < mean[0] < 8  # in the units of what was drawn

    lab = nasbook.lab("prior", draw=line, points=[(0.2, 5.0), (0.8, 6.0)], steps=100)
    before = lab.frame(0).network.mean
    lab.step(2)
    assert not np.allclose(before, lab.frame(2).network.mean) and lab.error is None
    lab.add(0.5, 5.5)
    kept = nasbook.Trace.load(lab.files.save_trace(tmp_path / "points.jsonl"))
    lab.close()
    assert [(t.config["x"], t.value) for t in kept.trials] == [(0.2, 5.0), (0.8, 6.0), (0.5, 5.5)]

    space = nasbook.Space(x=nasbook.Float(0, 1))  # the best of the points come first in a search
    more = nasbook.search("random", lambda config: 5 + config["x"], space=space, trials=2, first=kept.top(2))
    assert {t.config["x"] for t in more.trials} == {0.2, 0.5} and more.best.value == 5.2
    kept.plot("history").savefig(tmp_path / "points.png")
