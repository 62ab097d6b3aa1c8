"""What acquisitions and pictures ask of a belief is there, whichever method believes."""

import numpy as np
import pytest

import nasbook
from nasbook.hpo.parts.surrogate import SurrogateView


@pytest.mark.parametrize("method", ["bayesian", "forest", "pfn"])
def test_a_belief_is_a_surrogate_view(method):
    view = list(nasbook.steps(method, "branin", trials=12, seed=0))[-1].view
    assert isinstance(view, SurrogateView)
    points = np.random.default_rng(0).random((5, view.space.d))
    mean, std = view.predict(points)
    assert mean.shape == std.shape == view.acquire(points).shape == (5,)
    assert np.isfinite(mean).all() and (std >= 0).all()


def test_the_view_of_a_method_without_a_surrogate_is_not_one():
    view = list(nasbook.steps("genetic", "branin", trials=12, seed=0))[-1].view
    assert view is not None and not isinstance(view, SurrogateView)
