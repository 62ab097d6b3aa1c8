"""Shapley values equal those of the package shap: its exact explainer, on the same forest and the same background."""

import numpy as np
import pytest

import nasbook
from nasbook.explain import explain


@pytest.mark.parametrize("space", ["plain", "table"])
def test_the_exact_explainer_agrees(space):
    shap = pytest.importorskip("shap")
    if space == "table":
        trace = nasbook.search("random", "digits-hpo-messy", trials=60, seed=0)
    else:
        parameters = nasbook.Space({f"x{i}": nasbook.Float(0, 1) for i in range(5)})
        trace = nasbook.search(
            "random", lambda c: c["x0"] * c["x1"] - c["x2"] ** 2, space=parameters, trials=50, seed=0
        )
    found = explain(trace, truth=False)
    played = found.played
    masker = shap.maskers.Independent(trace.space.snap(played.outer), max_samples=len(played.outer))
    theirs = shap.ExactExplainer(found.source.values, masker)(trace.space.encode(found.config)[None])
    np.testing.assert_allclose(found.phi, theirs.values[0][played.axes], atol=1e-9)
    assert found.base == pytest.approx(float(theirs.base_values[0]))
    assert np.abs(found.phi).max() > 0.01
