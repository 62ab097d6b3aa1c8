"""A race shows the means of its traces, how sure they are, and who is ahead."""

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.plots import RacePicture, race


def drawn(line):
    return np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)


@pytest.fixture(scope="module")
def runs():
    return {name: [nasbook.search(name, "branin", trials=20, seed=s) for s in range(4)] for name in ("random", "grid")}


def test_race_curves_are_means_over_seeds(runs):
    picture = RacePicture(list(runs), 20)
    picture.render_static(runs)
    for name, traces in runs.items():
        mean = np.mean([t.incumbent_values for t in traces], axis=0)
        np.testing.assert_allclose(drawn(picture.lines[name])[1], mean)
        assert picture.labels[name].get_text() == f"{name} (n = 4)"


def test_one_seed_is_called_one_seed(runs):
    one = {"random": runs["random"][:1]}
    picture = RacePicture(["random"], 20)
    fig = picture.render_static(one)
    assert picture.labels["random"].get_text() == "random (one seed)" and "one seed" in fig.alt
    assert not picture.bands["random"].get_visible()


def test_random_search_is_grey_and_colours_do_not_depend_on_who_has_results(runs):
    first, second = RacePicture(["grid", "random", "bayesian"]), RacePicture(["grid", "random", "bayesian"])
    first.render_static({"bayesian": runs["grid"]})
    second.render_static(runs)
    assert {n: line.get_color() for n, line in first.lines.items()} == {
        n: line.get_color() for n, line in second.lines.items()
    }
    assert first.lines["random"].get_color() == "#8a8f98"


def test_a_race_over_time_holds_each_value_until_the_next():
    runs = {"random": [nasbook.search("random", "nb201-cifar10", trials=15, seed=s) for s in range(3)]}
    picture = RacePicture(["random"], x="time")
    picture.render_static(runs)
    t, y = drawn(picture.lines["random"])
    assert picture.ax.get_xlabel() == "hours since the search began"
    for seconds, mean in zip(3600 * t, y, strict=True):
        best = [np.array(tr.incumbent_values)[np.array(tr.times) <= seconds + 1e-6][-1] for tr in runs["random"]]
        assert mean == pytest.approx(np.mean(best))


def test_the_sentence_names_the_winner_and_owns_up_to_an_overlap(runs):
    fig = race(runs)
    means = {n: np.mean([t.best.value for t in ts]) for n, ts in runs.items()}
    ahead = min(means, key=means.get)
    assert f"{ahead} is ahead" in fig.sentence
    same = race({"random": runs["random"], "twin": runs["random"]})
    assert "overlaps" in same.sentence


def test_a_race_checks_its_axis():
    with pytest.raises(ValueError, match="'trials' or 'time'"):
        RacePicture(["random"], x="epochs")


def test_many_methods_keep_their_labels_apart():
    trace = nasbook.search("random", "branin", trials=10)
    assert_legible(race({f"method number {i}": [trace] for i in range(8)}))
