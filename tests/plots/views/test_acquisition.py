"""The picture of a belief shows the belief: its mean, its band, its acquisition and where it goes next."""

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.plots import Acquisition1D, Quantity, acquisition, acquisition_picture

MIXED = nasbook.Space(
    learning_rate=nasbook.Float(1e-5, 1e-1, log=True),
    kernel=nasbook.Choice(["rbf", "poly", "sigmoid"]),
    depth=nasbook.Int(1, 8),
)


def mixed(config):
    if config["depth"] == 8:
        raise RuntimeError("too deep")
    return 0.05 + 0.02 * abs(np.log10(config["learning_rate"]) + 3) + 0.02 * (config["kernel"] == "poly")


@pytest.fixture(scope="module")
def line():
    return nasbook.search("bayesian", "forrester", trials=10, seed=1, views=True)


@pytest.fixture(scope="module")
def slices():
    return nasbook.search("bayesian", mixed, space=MIXED, trials=14, seed=1, views=True)


def test_mean_and_band_are_the_beliefs(line):
    view = line[-1].view
    picture = Acquisition1D(line.space)
    picture.render_static(view)
    u = np.linspace(0, 1, 200)
    mean, std = view.predict(u[:, None])
    np.testing.assert_allclose(picture.mean.get_xdata(), u)
    np.testing.assert_allclose(picture.mean.get_ydata(), mean)
    band = picture.band.get_xy()
    np.testing.assert_allclose(band[:200, 1], mean - 1.96 * std)
    np.testing.assert_allclose(band[200:400, 1], (mean + 1.96 * std)[::-1])


def test_dots_are_the_trials_and_the_star_the_best(line):
    view = line[-1].view
    picture = Acquisition1D(line.space)
    picture.render_static(line[-1])
    np.testing.assert_allclose(picture.dots.get_ydata(), view.y)
    assert picture.star.get_ydata()[0] == view.best
    assert picture.mark.get_xdata()[0] == pytest.approx(view.next[0])


def test_the_marker_sits_on_the_peak_of_the_acquisition(line):
    picture = Acquisition1D(line.space)
    for step in line.steps[4:]:
        picture.render_static(step)
        u, a = picture.line.get_data()
        assert abs(u[np.argmax(a)] - picture.mark.get_xdata()[0]) < 0.03


def test_the_hidden_objective_is_the_task(line):
    task = nasbook.task("forrester")
    fig = acquisition(line, task=task)
    dashed = [ln for ln in fig.axes[0].lines if ln.get_color() == "#8a8f98" and len(ln.get_xdata()) == 200]
    x, y = dashed[0].get_data()
    space = task.space
    for i in (0, 77, 199):
        assert y[i] == pytest.approx(task.evaluate(space.decode([x[i]])).value)


def test_alt_text_says_where_it_goes_and_what_it_expects(line):
    view = line[-1].view
    fig = acquisition(line)
    mean, std = (float(v[0]) for v in view.predict(view.next[None]))
    x = line.space.decode(view.next)["x"]
    assert f"leads to x {x:.3g}" in fig.alt and f"± {std:.2g}"[:5] in fig.alt
    assert f"{view.best:.3g}".replace("-", "−") in fig.alt and "after 9 trials" in fig.alt
    assert Quantity().spread(mean, std) in fig.sentence and "Trial 10 of 10" in fig.sentence


def test_before_there_is_a_belief_the_picture_says_so(line):
    fig = acquisition(line, step=0)
    assert "no belief yet" in fig.sentence and "no belief yet" in fig.alt
    assert_legible(fig)


def test_limits_stay_where_the_objective_is_known(line):
    task = nasbook.task("forrester")
    picture = Acquisition1D(line.space, truth=lambda c: task.evaluate(c).value)
    picture.make_figure()
    seen = set()
    for step in line.steps:
        assert picture.update(step) is False
        seen.add(picture.ax.get_ylim())
    assert len(seen) == 1


def test_a_loaded_trace_is_replayed_for_its_views(line, tmp_path):
    line.save(tmp_path / "trace.jsonl")
    again = nasbook.Trace.load(tmp_path / "trace.jsonl")
    assert acquisition(again).alt == acquisition(line).alt


def test_a_step_without_a_view_is_refused_with_advice():
    trace = nasbook.search("random", "forrester", trials=2)
    with pytest.raises(ValueError, match="no view; take the steps of"):
        acquisition(trace[0])


def test_a_slice_keeps_the_other_parameters_at_the_best(slices):
    view = slices[-1].view
    picture = acquisition_picture(MIXED, "learning_rate")
    fig = picture.render_static(view)
    best = view.U[np.argmin(view.y)]
    U = np.tile(best, (200, 1))
    U[:, 0] = np.linspace(0, 1, 200)
    np.testing.assert_allclose(picture.mean.get_ydata(), view.predict(U)[0])
    assert "slice through the best" in fig.alt
    config = picture.config_at(0.5, 0.3)
    assert {k: config[k] for k in ("kernel", "depth")} == {
        k: MIXED.decode(np.nan_to_num(best))[k] for k in ("kernel", "depth")
    }


def test_failed_trials_are_hollow_and_at_the_edge(slices):
    picture = acquisition_picture(MIXED, "depth")
    picture.render_static(slices[-1])
    failed = [t for t in slices.trials[:-1] if t.status == "failed"]
    assert len(picture.lost.get_xdata()) == len(failed) > 0
    assert set(picture.lost.get_xdata()) == {MIXED.parameters["depth"].encode(8)}


def test_log_axes_have_real_units(slices):
    fig = acquisition(slices, axes="learning_rate")
    labels = [t.get_text() for t in fig.axes[1].get_xticklabels()]
    assert labels == ["10⁻⁵", "10⁻⁴", "0.001", "0.01", "0.1"]


def test_choices_show_their_names(slices):
    fig = acquisition(slices, axes="kernel")
    assert [t.get_text() for t in fig.axes[1].get_xticklabels()] == ["rbf", "poly", "sigmoid"]


@pytest.mark.parametrize("axes", ["learning_rate", "kernel", "depth", ["learning_rate", "depth"], ["kernel", "depth"]])
def test_mixed_spaces_are_legible(slices, axes):
    for step in (2, -1):
        assert_legible(acquisition(slices, axes=axes, label="validation error", step=step))


def test_errors_are_percent():
    trace = nasbook.search("bayesian", mixed, space=MIXED, trials=10, seed=2, views=True)
    fig = acquisition(trace, axes="learning_rate", label="validation error")
    assert fig.axes[0].get_ylabel() == "validation error (%)"
    assert f"{100 * trace[-1].view.best:.1f} %" in fig.alt


def test_wrong_axes_get_a_sentence():
    with pytest.raises(ValueError, match="'rate' is not a parameter to draw; the space has learning_rate"):
        acquisition_picture(MIXED, "rate")
    with pytest.raises(ValueError, match="one or two parameters"):
        acquisition_picture(MIXED, ["learning_rate", "kernel", "depth"])
