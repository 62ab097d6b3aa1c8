"""A map of two parameters: exact for a plane, empty where nothing is known, options never mixed."""

import numpy as np
import pytest
from plots.legible import assert_legible
from plots.told import MIXED, XY, told

import nasbook
from nasbook.plots import ContourPicture, plot
from nasbook.plots.traces.contour import value_map


def test_a_map_of_numbers_is_exact_for_a_plane_and_empty_where_nothing_is_known():
    U = 0.2 + 0.6 * np.random.default_rng(0).random((40, 2))
    grid = value_map(XY, ["x", "y"], U, 3 * U[:, 0] - U[:, 1])
    xs = (np.arange(grid.shape[1]) + 0.5) / grid.shape[1]
    expected = 3 * xs[None] - xs[:, None]
    inside = np.isfinite(grid)
    assert 0.2 < inside.mean() < 0.5 and not inside[0].any()
    np.testing.assert_allclose(grid[inside], expected[inside], atol=1e-9)


def test_a_map_with_options_never_mixes_them():
    U = np.array([(1 / 6, 0.1), (1 / 6, 0.9), (0.5, 0.5), (5 / 6, 0.2), (5 / 6, 0.4)])
    grid = value_map(MIXED, ["kernel", "C"], U, np.array([0.0, 8.0, 100.0, 1.0, 1.0]))
    assert grid.shape == (120, 3)
    heights = (np.arange(120) + 0.5) / 120
    between = (heights > 0.1) & (heights < 0.9)
    np.testing.assert_allclose(grid[between, 0], 10 * (heights[between] - 0.1))
    assert np.isnan(grid[:, 1]).all()  # one trial is no line
    assert set(grid[~np.isnan(grid[:, 2]), 2]) == {1.0}


def test_a_contour_has_every_trial_where_it_is():
    def f(c):
        if c["kernel"] == "sigmoid" and c["C"] > 10:
            raise RuntimeError("no convergence")
        return 0.05 + 0.02 * abs(np.log10(c["C"]))

    trace = nasbook.search("random", f, space=MIXED, trials=40, seed=2)
    picture = ContourPicture(MIXED, ["kernel", "C"])
    fig = picture.render_static(trace)
    ok = [t for t in trace.trials if t.status == "done"]
    np.testing.assert_allclose(picture.dots.get_ydata(), [MIXED.parameters["C"].encode(t.config["C"]) for t in ok])
    assert len(picture.lost.get_xdata()) == 40 - len(ok) > 0
    assert "C" in fig.alt
    assert_legible(fig)
    assert_legible(plot(trace, "contour", label="validation error", parameters=["C", "kernel"]))


def test_wrong_parameters_are_named():
    trace = told([{"value": 1.0}])
    with pytest.raises(ValueError, match="plot contour: 'z' is not a searched parameter; there are x, y"):
        plot(trace, "contour", parameters=["x", "z"])
    with pytest.raises(ValueError, match="two different parameters, not 1"):
        plot(trace, "contour", parameters=["x"])
    with pytest.raises(ValueError, match="two to 6"):
        plot(trace, "rank", parameters=["x", "x"])
