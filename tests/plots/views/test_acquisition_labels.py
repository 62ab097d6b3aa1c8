"""A scaled acquisition keeps its peak and its order, and its axis says how high it is."""

import numpy as np
import pytest

import nasbook
from nasbook.plots import Acquisition1D
from nasbook.plots.views.acquisition_labels import scaled


@pytest.mark.parametrize("name", ["ei", "pi", "log_ei", "ucb", "thompson"])
def test_every_acquisition_keeps_its_peak_and_order(name):
    a = np.array([-3.0, 0.0, 2.0, 5.0]) if name not in ("ei", "pi") else np.array([0.0, 0.1, 0.2, 0.4])
    s = scaled(a, name)
    assert s.max() == 1.0 and s.min() == 0.0 and (np.diff(s) > 0).all()


def test_a_flat_acquisition_does_not_divide_by_zero():
    assert (scaled(np.zeros(4), "ei") == 0).all()
    assert (scaled(np.full(3, -np.inf), "log_ei") == 0).all()


def test_the_axis_of_the_acquisition_says_how_high_it_is():
    """EI falls by orders of magnitude while a search goes on; the curve always fills its panel, so the axis tells."""
    trace = nasbook.search("bayesian", "forrester", trials=16, seed=2, views=True, acquisition="ei")
    picture = Acquisition1D(trace.space, trials=16)
    tops = []
    for step in trace.steps[6:]:
        picture.render_static(step)
        bottom, top = (words.get_text() for words in picture.scale)
        u = np.r_[picture.u, step.view.next][:, None]
        assert bottom == "0" and float(top) == pytest.approx(step.view.acquire(u).max(), rel=0.06)
        assert picture.mark.get_ydata()[0] == pytest.approx(1, abs=0.02)  # the next query is the highest
        assert f"its highest value here is {float(top):.1e}"[:25] in picture.alt()
        tops.append(float(top))
    assert max(tops) > 100 * min(tops)
    start = picture.render_static(trace.steps[0])
    assert [words.get_text() for words in picture.scale] == ["", ""] and start.alt
