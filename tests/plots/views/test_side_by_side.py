"""Side by side: every panel shows its own acquisition of the same belief, and marks where that one looks next."""

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.hpo.parts.bayesian_settings import NAMES
from nasbook.plots import SideBySide1D, SideBySide2D, acquisitions, side_by_side_picture
from nasbook.plots.views.acquisition_labels import SHORT

MIXED = nasbook.Space(
    learning_rate=nasbook.Float(1e-5, 1e-1, log=True),
    kernel=nasbook.Choice(["rbf", "poly", "sigmoid"]),
    depth=nasbook.Int(1, 8),
)


@pytest.fixture(scope="module")
def line():
    f = nasbook.task("forrester", slow=20.0)
    return nasbook.search("bayesian", f, trials=8, seed=3, views=True, acquisition="ei")


@pytest.fixture(scope="module")
def plane():
    return nasbook.search("bayesian", "branin", trials=10, seed=1, views=True, acquisition="ucb")


def test_every_acquisition_of_the_method_has_a_panel():
    assert sorted(SHORT) == sorted(NAMES)


def test_each_row_has_its_own_curve_and_peak(line):
    picture = SideBySide1D(line.space)
    picture.render_static(line[-1])
    view, u = line[-1].view, np.linspace(0, 1, 200)[:, None]
    peaks = set()
    for name, (_, curve, mark, _, words, bar) in picture.parts.items():
        a = view.by(name, xi=0.05 if name == "pi" else 0.0).acquire(u)
        assert np.argmax(curve.get_ydata()) == np.argmax(a)
        drawn = np.maximum(a, a.max() - 12) if name == "log_ei" else a  # its last 12 units
        assert np.corrcoef(curve.get_ydata(), drawn)[0, 1] > 0.999
        peak = mark.get_xdata()[0]
        assert peak == pytest.approx(u[np.argmax(a), 0], abs=0.006)
        assert words.get_text() == f"next: {peak:.3g}"
        assert len(bar.get_xdata()) == (2 if name == "ei" else 0)
        peaks.add(round(float(peak), 2))
    assert len(peaks) >= 4, "they agree, so there is nothing to compare"
    assert picture.peaks["ei"] == pytest.approx(view.next)
    assert picture.parts["pi"][3].get_text() == "PI, ξ = 0.05"


def test_maps_have_their_own_surface_and_peak(plane):
    picture = SideBySide2D(plane.space, resolution=12)
    picture.render_static(plane[-1])
    view = plane[-1].view
    side = (np.arange(12) + 0.5) / 12
    U = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    for name in SHORT:
        a = view.by(name, xi=0.05 if name == "pi" else 0.0).acquire(U)
        image = np.asarray(picture.images[name].get_array()).ravel()
        assert np.argmax(image) == np.argmax(a)
        x, y = picture.points[name][3].get_data()
        at = np.array([x[0], y[0]])
        assert at == pytest.approx(U[np.argmax(a)]) or at == pytest.approx(view.next)
    assert picture.points["ucb"][3].get_data()[0][0] == pytest.approx(view.next[0])
    assert picture.texts["ucb"][0].get_text() == "▸ UCB, κ = 2.6"


def test_the_alt_text_names_every_peak(line):
    fig = acquisitions(line)
    for name, peak in {"EI": line[-1].view.next[0]}.items():
        assert f"{name} at x {peak:.3g}" in fig.alt
    assert all(f"{short} at x " in fig.alt for short in SHORT.values())


def test_without_a_belief_it_says_so(line):
    fig = acquisitions(line, step=0)
    assert "no belief yet" in fig.sentence and "Largest" not in fig.alt
    assert_legible(fig)


def test_they_are_legible_and_keep_their_size(line, plane):
    for trace in (line, plane):
        picture = side_by_side_picture(trace.space)
        sizes = {picture.frame(step).shape for step in trace.steps[2:6]}
        assert len(sizes) == 1
        assert_legible(acquisitions(trace, task=nasbook.task("forrester") if trace is line else None, samples=3))


def test_a_prior_is_in_every_panel_and_drawn(line):
    view = line[-1].view.fitted(prior={"x": [0.53, 0.05]}, beta=40.0)
    picture = SideBySide1D(line.space)
    picture.render_static(view)
    assert all(abs(picture.peaks[name][0] - 0.53) < 0.1 for name in ("pi", "ei", "log_ei", "ei_per_second", "ucb"))
    one = nasbook.plots.Acquisition1D(line.space)
    one.render_static(view)
    assert one.trust.get_xdata()[np.argmax(one.trust.get_ydata())] == pytest.approx(0.53, abs=0.01)
    assert "prior (dashed) to the power 5.7" in one.caption.get_text()  # 40 / 7


@pytest.mark.parametrize("axes", ["learning_rate", "kernel", ["learning_rate", "depth"], ["kernel", "depth"]])
def test_mixed_spaces_are_legible(axes):
    f = lambda c: 0.1 * abs(np.log10(c["learning_rate"]) + 3) + 0.02 * (c["kernel"] == "poly")  # noqa: E731
    trace = nasbook.search("bayesian", f, space=MIXED, trials=10, seed=1, views=True)
    assert_legible(acquisitions(trace, axes=axes))
