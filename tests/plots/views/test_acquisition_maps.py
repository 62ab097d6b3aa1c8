"""Maps are the beliefs, a click is a configuration, and the acquisition's map has numbers."""

import numpy as np
import pytest

import nasbook
from nasbook.plots import Acquisition2D


@pytest.fixture(scope="module")
def plane():
    return nasbook.search("bayesian", "branin", trials=12, seed=1, views=True)


def test_maps_are_the_beliefs(plane):
    view = plane[-1].view
    picture = Acquisition2D(plane.space, resolution=20)
    picture.render_static(view)
    mean = np.asarray(picture.images["mean"].get_array())
    std = np.asarray(picture.images["std"].get_array())
    for row, column in ((0, 0), (3, 17), (19, 5)):  # rows are x2, columns x1, centres of the pixels
        m, s = view.predict(np.array([[(column + 0.5) / 20, (row + 0.5) / 20]]))
        assert mean[row, column] == pytest.approx(m[0]) and std[row, column] == pytest.approx(s[0])
    dots = picture.points["mean"][0]
    np.testing.assert_allclose(np.c_[dots.get_data()], view.U)


def test_a_click_is_a_configuration(plane):
    picture = Acquisition2D(plane.space)
    picture.frame(plane[-1])
    ax = picture.maps["std"]
    config = {"x1": 2.5, "x2": 7.5}
    px, py = ax.transData.transform(plane.space.encode(config))
    w, h = picture.fig.canvas.get_width_height()
    assert picture.config_at(px / w, 1 - py / h) == pytest.approx(config, abs=1e-6)
    assert picture.config_at(0.001, 0.001) is None


def test_the_map_of_the_acquisition_has_numbers():
    trace = nasbook.search("bayesian", "branin", trials=9, seed=2, views=True, acquisition="ei")
    picture = Acquisition2D(trace.space)
    picture.render_static(trace[-1])
    low, high = (words.get_text() for words in picture.texts["acquisition"][1:])
    assert low == "0" and float(high) > 0
