"""The plane of two objectives: layers, the covered area, and what a weighted sum can reach, against brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plots.legible import assert_legible

from nasbook.hpo.parts.pareto import front, hypervolume
from nasbook.plots.data import Quantity
from nasbook.plots.views.objectives import ConfigPicture, FrontPicture, FrontState, SharePicture, hull, with_unit
from nasbook.trace import Trial

X, Y = Quantity("latency (ms)"), Quantity("validation error", accuracy=False)
TABLE = np.array([(1, 0.9), (2, 0.5), (3, 0.48), (4, 0.44), (5, 0.1), (9, 0.09), (6, 0.6), (7, 0.95)])
REF = (8.0, 0.8)


def trials(points):
    """Trials with values (y, x); None for one that failed."""
    return [
        Trial(i, {}, status="failed") if p is None else Trial(i, {}, status="done", value=p[1], values=(p[1], p[0]))
        for i, p in enumerate(points)
    ]


def picture(points, **state):
    made = FrontPicture(X, Y, TABLE, REF)
    fig = made.render_static(FrontState(trials(points), **state))
    return made, fig


def data(line):
    return np.column_stack(line.get_data()).astype(float)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=15))
def test_the_hull_is_where_some_weighting_is_lowest(rows):
    """Differences are at most 12, so slopes are fractions a/b with a, b ≤ 12, and between any two of them lies a weight
    of this fine grid, at which one corner alone is lowest."""
    points = np.array(rows, float)
    first = points[front(points)]
    corners = {tuple(y) for y in first[hull(first)]}
    w = (np.arange(2000) + 0.5)[:, None] / 2000
    values = w * points[:, 0] + (1 - w) * points[:, 1]
    assert corners == {tuple(points[i]) for i in values.argmin(1)}


def test_a_hollow_front_by_hand():
    """(2, .5) and (5, .1) are corners; (3, .48) and (4, .44) lie above the line between them."""
    first = TABLE[:6]
    assert hull(first).tolist() == [0, 1, 4, 5]
    x = np.linspace(0, 1, 11)
    assert hull(np.c_[x, np.sqrt(1 - x**2)]).tolist() == [0, 10]  # all hollow: only the ends
    assert hull(np.c_[x, (1 - x) ** 2]).tolist() == list(range(11))  # all bulging: every point


def test_points_are_coloured_by_layer_and_failures_are_counted():
    made, fig = picture([(4, 0.5), (5, 0.3), None, (5, 0.6), (6, 0.7), (7, 0.75), (7.5, 0.79), (6.5, 0.31)])
    assert data(made.layers[0]).tolist() == [[4, 50], [5, 30]]
    assert data(made.layers[1])[:, 0].tolist() == [5, 6.5]  # (5, .6) and (6.5, .31)
    assert data(made.layers[2]).tolist() == [[6, 70]]
    assert [len(data(layer)) for layer in made.layers] == [2, 2, 1, 1, 1]
    assert "1 failed" in fig.alt and "2 of 8 trials are on the front, 5 layers" in fig.sentence


def test_the_shaded_area_is_the_hypervolume():
    points = [(4, 0.5), (5, 0.3), (2, 0.85), (8.5, 0.2), (6, 0.6)]
    made, _ = picture(points)
    x, y = made.area.get_xy()[:-1].T  # of the polygon, by the shoelace formula
    area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    assert area == pytest.approx(100 * hypervolume(points, REF))


def test_the_true_front_and_the_weighted_sum():
    made, fig = picture([(4, 0.5)], weight=0.5)
    assert data(made.truth)[:, 0].tolist() == [1, 2, 3, 4, 5, 9]
    assert data(made.weighed).tolist() == [[1, 90], [2, 50], [5, 10], [9, 9]]
    scaled = (made.true - made.low) / made.span
    assert made.lowest.tolist() == made.true[np.argmin(scaled.sum(1))].tolist() == [5, 0.1]
    assert data(made.sum_best).tolist() == [[5, 10]]
    (ax, ay), (bx, by) = data(made.sum_line)  # the line touches the lowest point and has nothing of the front below it
    below = (made.true[:, 0] - ax) * (by - ay) - (100 * made.true[:, 1] - ay) * (bx - ax)
    assert (np.sign(below[np.abs(below) > 1e-9]) == np.sign(below[np.abs(below) > 1e-9][0])).all()
    assert "a weighted sum reaches 4 of the true front's 6 points" in fig.sentence
    hidden, _ = picture([(4, 0.5)], truth=False)
    assert len(data(hidden.truth)) == 0


def test_a_click_finds_the_nearest_trial_and_the_true_front():
    made, _ = picture([(4, 0.5), None, (6, 0.3)])
    assert made.nearest(6.05, 30.5)[0] == 2
    place, point = made.nearest(2.0, 50.2)
    assert place is None and point.tolist() == [2, 0.5]
    assert made.nearest(7.0, 60.0) is None
    hidden, _ = picture([(4, 0.5)], truth=False)
    assert hidden.nearest(2.0, 50.2) is None


@pytest.mark.parametrize("points", [[], [None], [(4, 0.5)], [(4, 0.5), (4, 0.5)], [(20, 0.99), (5, 0.3)]])
@pytest.mark.parametrize("weight", [None, 0.0, 1.0])
def test_every_word_can_be_read(points, weight):
    made, fig = picture(points, weight=weight, chosen=(4.0, 0.5), alive=frozenset({0}))
    assert_legible(fig)
    assert fig.alt


def test_a_frame_does_not_carry_over_what_an_earlier_one_showed():
    moved, points = FrontPicture(X, Y, TABLE, REF), [(4, 0.5), (5, 0.3), (20, 0.99)]
    for n, weight in ((3, 0.5), (1, None)):
        pixels = moved.frame(FrontState(trials(points[:n]), weight=weight)).copy()
    fresh = FrontPicture(X, Y, TABLE, REF).frame(FrontState(trials(points[:1])))
    np.testing.assert_array_equal(pixels, fresh)


def test_shares_and_configurations_are_written_down():
    share = SharePicture(10)
    fig = share.render_static([0.0, 0.4, 0.4, 0.55])
    assert share.line.get_ydata().tolist() == pytest.approx([0, 40, 40, 55])
    assert share.dots.get_xdata().tolist() == [2, 4] and "55.0 %" in fig.sentence
    assert_legible(fig)
    config = ConfigPicture(["lr", "depth", "momentum"])
    fig = config.render_static(("Trial 3", {"lr": 0.01, "depth": 2}))
    assert [w.get_text() for w in config.words] == ["0.01", "2", "–"] and "lr 0.01, depth 2" in fig.alt


@pytest.mark.parametrize(
    ("value", "label", "text"),
    [
        (15.23, "latency (ms)", "15.2 ms"),
        (41.43, "FLOPs (millions)", "41.4 million FLOPs"),
        (1474, "parameters", "1,474 parameters"),
        (587386, "parameters", "587,386 parameters"),
    ],
)
def test_numbers_have_units(value, label, text):
    assert with_unit(value, label) == text
