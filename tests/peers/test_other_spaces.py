"""Spaces of the real ConfigSpace and KerasTuner: whatever one of the two draws, the other has."""

import random
from typing import Any

import numpy as np
import pytest

from nasbook.scale.other_spaces import space_from

DRAWS = 200


def test_config_space_both_ways(tmp_path: Any) -> None:
    cs = pytest.importorskip("ConfigSpace")
    theirs = cs.ConfigurationSpace(seed=1)
    a = cs.Categorical("a", ["x", "y", "z"])
    o = cs.OrdinalHyperparameter("o", [1, 2, 5])
    f, n, k = cs.Float("f", (1e-3, 1), log=True), cs.Integer("n", (1, 9)), cs.Constant("k", 3)
    u, m, v = cs.Integer("u", (1, 64), log=True), cs.Float("m", (0, 1)), cs.Categorical("v", ["p", "q"])
    theirs.add(a, o, f, n, k, u, m, v)
    theirs.add(cs.EqualsCondition(f, a, "x"), cs.InCondition(n, o, [1, 2]), cs.NotEqualsCondition(m, a, "z"))
    theirs.add(cs.AndConjunction(cs.EqualsCondition(u, a, "y"), cs.GreaterThanCondition(u, o, 1)))
    theirs.add(cs.OrConjunction(cs.EqualsCondition(v, n, 3), cs.LessThanCondition(v, n, 2)))
    theirs.to_json(tmp_path / "cs.json")
    found = space_from(tmp_path / "cs.json")
    assert (found.format, found.notes) == ("ConfigSpace", [])
    assert found.space == space_from(theirs).space
    rng = np.random.default_rng(0)
    for config in theirs.sample_configuration(DRAWS):
        found.space.validate(dict(config))
    for config in (found.space.sample(rng) for _ in range(DRAWS)):
        cs.Configuration(theirs, values=config).check_valid_configuration()


def test_keras_tuner_both_ways(monkeypatch: Any) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras_tuner = pytest.importorskip("keras_tuner")

    def build(hp: Any) -> None:
        hp.Int("units", 32, 500, step=32)
        hp.Int("n", 1, 5)
        hp.Int("power", 1, 64, step=2, sampling="log")
        hp.Int("any", 1, 1000, sampling="log")
        hp.Float("lr", 1e-4, 1e-1, sampling="log")
        hp.Float("quarter", 0.0, 1.0, step=0.25)
        hp.Fixed("k", 3)
        hp.Choice("ordered", [1, 2, 4])
        hp.Boolean("drop")
        hp.Choice("act", ["relu", "tanh"])
        with hp.conditional_scope("act", ["relu"]):
            hp.Float("slope", 0.0, 1.0)
            hp.Boolean("noise")
            with hp.conditional_scope("noise", [True]):
                hp.Float("rate", 0.1, 0.5)

    hp = keras_tuner.HyperParameters()
    build(hp)
    found = space_from(hp)
    assert (found.format, found.notes) == ("KerasTuner", [])
    assert found.space == space_from(hp.get_config()).space
    random.seed(0)
    for _ in range(DRAWS):
        drawn = keras_tuner.HyperParameters.from_config(hp.get_config())
        for p in drawn.space:
            drawn.values[p.name] = p.random_sample(random.randrange(10**6))
        found.space.validate({p.name: drawn.values[p.name] for p in drawn.space if drawn.is_active(p)})
    rng = np.random.default_rng(0)
    for config in (found.space.sample(rng) for _ in range(DRAWS)):
        ours = keras_tuner.HyperParameters.from_config(hp.get_config())
        ours.values = dict(config)
        active = {p.name for p in ours.space if ours.is_active(p)}
        assert active == set(config)
        for p in ours.space:
            if p.name in active and p.__class__.__name__ in ("Int", "Float") and p.step and p.sampling == "linear":
                assert abs((config[p.name] - p.min_value) / p.step % 1) < 1e-9 and config[p.name] <= p.max_value
            elif p.name in active and hasattr(p, "prob_to_value"):
                back = p.prob_to_value(p.value_to_prob(config[p.name]))
                assert back == pytest.approx(config[p.name])
