"""Slices and parallel coordinates show every trial where it is, and what was not used on a rail of its own."""

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook import Choice, Float, Int, Space
from nasbook.plots import ParallelPicture, SlicePicture, parallel, slice_plot
from nasbook.plots.scales import tick_label, ticks

SVM = Space(
    kernel=Choice(["rbf", "poly", "sigmoid"]),
    C=Float(1e-3, 1e3, log=True),
    gamma=Float(1e-5, 1e-1, log=True, when={"kernel": ["rbf", "poly"]}),
    degree=Int(2, 5, when={"kernel": "poly"}),
)
LONG = Space(
    {
        "learning_rate_of_the_optimiser": Float(1e-5, 1, log=True),
        "number_of_hidden_units_in_layer": Int(8, 512, log=True),
        "activation_function": Choice(["relu", "leaky_relu_with_slope", "tanh", "gelu"]),
        "dropout_probability": Float(0, 0.5),
        "batch_size": Int(16, 256),
        "weight_decay": Float(1e-6, 1e-2, log=True),
        "optimiser": Choice(["sgd", "adam"]),
        "momentum": Float(0.5, 0.99, when={"optimiser": "sgd"}),
        "augment": Choice([True, False, None]),
    }
)


def svm(config):
    if config["kernel"] == "sigmoid" and config["C"] > 10:
        raise RuntimeError("no convergence")
    return 0.05 + 0.02 * abs(np.log10(config["C"])) + (0.03 if "gamma" not in config else 0.0)


def long(config):
    return abs(np.log10(config["learning_rate_of_the_optimiser"]) + 2) * 10 + config["dropout_probability"]


@pytest.fixture(scope="module")
def trace():
    return nasbook.search("random", svm, space=SVM, trials=60, seed=2)


def test_a_slice_has_every_trial_at_its_value(trace):
    picture = SlicePicture(SVM, 60, limits=(0.0, 1.0))
    picture.render_static(trace)
    ok = [t for t in trace.trials if t.status == "done"]
    x, y = picture.marks[1][0].get_data()  # C is a Float: no shift
    np.testing.assert_allclose(x, [SVM.parameters["C"].encode(t.config["C"]) for t in ok])
    np.testing.assert_allclose(y, [t.value for t in ok])
    assert len(picture.marks[1][2].get_xdata()) == 60 - len(ok) > 0


def test_unused_values_are_on_the_rail_and_used_ones_are_not(trace):
    picture = SlicePicture(SVM, 60, limits=(0.0, 1.0))
    picture.render_static(trace)
    ok = [t for t in trace.trials if t.status == "done"]
    for k, name in ((2, "gamma"), (3, "degree")):
        x = np.asarray(picture.marks[k][0].get_xdata())
        used = np.array([name in t.config for t in ok])
        assert (x[used] <= 1).all() and (x[~used] > 1.05).all() and used.any() and (~used).any()


def test_options_stay_in_their_slots(trace):
    picture = SlicePicture(SVM, 60, limits=(0.0, 1.0))
    picture.render_static(trace)
    ok = [t for t in trace.trials if t.status == "done"]
    x = np.asarray(picture.marks[0][0].get_xdata())
    slots = np.floor(x * 3).astype(int)
    assert [SVM.parameters["kernel"].options[i] for i in slots] == [t.config["kernel"] for t in ok]


def test_alt_text_names_the_best_configuration(trace):
    fig = slice_plot(trace)
    assert f"kernel {trace.best.config['kernel']}" in fig.alt and "60 trials" in fig.alt
    assert f"{trace.best.value:.3g}" in fig.alt
    failed = sum(t.status == "failed" for t in trace.trials)
    assert f"{failed} failed" in fig.alt and f"{failed} failed" in parallel(trace).alt


def test_parallel_lines_pass_through_their_values(trace):
    picture = ParallelPicture(SVM, 60, limits=(0.0, 0.5))
    picture.render_static(trace)
    ok = sorted((t for t in trace.trials if t.status == "done"), key=lambda t: -t.value)  # the best is drawn last
    lines = picture.lines.get_segments()
    assert len(lines) == len(ok)
    for line, trial in zip(lines, ok, strict=True):
        assert line[1, 1] == pytest.approx(SVM.parameters["C"].encode(trial.config["C"]))
        assert (line[2, 1] == ParallelPicture.RAIL) == ("gamma" not in trial.config)
        assert line[-1, 1] == pytest.approx(1 - trial.value / 0.5)  # the better end is up
    x, y = picture.best_line.get_data()
    np.testing.assert_allclose(y, lines[-1][:, 1])


def test_limits_do_not_shrink(trace):
    picture = SlicePicture(SVM)
    picture.make_figure()
    before = None
    for k in range(1, 61):
        changed = picture.update(trace.steps[:k])
        low, high = picture.panels[0].get_ylim()
        if before:
            assert low <= before[0] and high >= before[1] and changed == ((low, high) != before)
        before = (low, high)


@pytest.mark.parametrize("trials", [1, 3, 20, 500])
@pytest.mark.parametrize("draw", [slice_plot, parallel])
def test_conditional_spaces_are_legible(draw, trials):
    assert_legible(draw(nasbook.search("random", svm, space=SVM, trials=trials, seed=1), label="validation error"))


@pytest.mark.parametrize("draw", [slice_plot, parallel])
def test_long_names_and_cells_are_legible(draw):
    assert_legible(draw(nasbook.search("random", long, space=LONG, trials=30)))
    assert_legible(draw(nasbook.search("random", "nb201-cifar10", trials=30)))
    one = Space(x=Float(0, 1))
    assert_legible(draw(nasbook.search("random", lambda c: c["x"], space=one, trials=5)))


def test_steps_alone_need_a_space(trace):
    with pytest.raises(ValueError, match="give space="):
        slice_plot(trace.steps)
    assert slice_plot(trace.steps, space=SVM).alt == slice_plot(trace).alt


# ---- ticks -------------------------------------------------------------------------------------------------------


def test_log_ticks_are_decades_and_lie_where_the_space_puts_them():
    p = Float(1e-5, 1e-1, log=True)
    at, labels, minor = ticks(p)
    assert labels == ["10⁻⁵", "10⁻⁴", "0.001", "0.01", "0.1"]
    np.testing.assert_allclose(at, [0, 0.25, 0.5, 0.75, 1], atol=1e-12)
    assert len(minor) == 32


def test_short_log_ranges_have_ticks_too():
    at, labels, _ = ticks(Float(0.1, 0.5, log=True))
    assert labels == ["0.1", "0.2", "0.5"] and len(at) == 3
    assert len(ticks(Float(0.3, 0.4, log=True))[0]) >= 2


def test_whole_numbers_have_whole_ticks():
    at, labels, _ = ticks(Int(1, 8))
    assert all("." not in text for text in labels)
    for u, text in zip(at, labels, strict=True):
        assert u == pytest.approx(Int(1, 8).encode(int(text)))


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "none"), (True, "yes"), (False, "no"), ("rbf", "rbf"), (1e-5, "10⁻⁵"), (3e-7, "3·10⁻⁷"), (0.25, "0.25"),
     (1000, "1000"), (-2.5, "−2.5"), (1e6, "10⁶"), (0, "0")],
)  # fmt: skip
def test_tick_labels(value, text):
    assert tick_label(value) == text
