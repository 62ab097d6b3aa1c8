"""Planted learning curves are found again and extrapolated."""

import numpy as np
import pytest

from nasbook.hpo.parts.learning_curve import MODELS, extrapolate, fit

PLANTED = {
    "pow3": [(0.05, 0.6, 0.7), (0.2, 0.3, 2.0), (0.0, 0.9, 0.25)],
    "log-power": [(0.8, 1.5, 0.9), (0.5, 0.2, 0.4), (0.9, 2.5, 2.0)],
    "exp4": [(0.08, 0.5, -0.3, 0.8), (0.1, 0.2, 0.0, 1.0), (0.0, 1.0, 0.5, 0.5)],
}


@pytest.mark.parametrize("model", MODELS)
def test_planted_curves_are_found_again(model):
    x = np.arange(1, 28)
    for planted in PLANTED[model]:
        y = MODELS[model].formula(x.astype(float), *planted)
        found = fit(model, x, y)
        assert tuple(found.parameters.values()) == pytest.approx(planted, rel=1e-4, abs=1e-5)
        noisy = fit(model, x, y + 0.002 * np.random.default_rng(0).normal(size=27))
        np.testing.assert_allclose(noisy.predict(x), y, atol=0.003)
        assert noisy.sse < 0.002**2 * 40  # no worse than the truth, whose sum is about 27 · 0.002²


def test_the_formulas_by_hand():
    one = np.array([1.0, 4.0])
    assert MODELS["pow3"].formula(one, 0.1, 0.6, 0.5) == pytest.approx([0.7, 0.4])
    assert MODELS["log-power"].formula(one, 0.8, 0.0, 1.0) == pytest.approx([0.4, 0.16])  # 0.8 / (1 + x)
    assert MODELS["exp4"].formula(one, 0.1, 1.0, 1.0, 0.5) == pytest.approx([1.1, 0.1 + np.exp(-1)])


def test_extrapolation_of_half_a_curve():
    x = np.arange(1, 13)
    for name, planted in PLANTED.items():
        y = MODELS[name].formula(np.arange(1.0, 28.0), *planted[0])
        end = extrapolate(x, y[:12], 27)
        assert end.mean == pytest.approx(y[-1], abs=0.01)
        assert end.fits[int(np.argmax(end.weights))].model == name
    assert extrapolate([1, 2, 3, 4], [4, 3, 2, 1], 9) is None
    flat = extrapolate(x, np.full(12, 0.3), 27)
    assert flat.mean == pytest.approx(0.3, abs=1e-3) and flat.chance_below(0.2) < 1e-6 < flat.chance_below(0.31)
