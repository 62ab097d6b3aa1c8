"""The picture of paths: its numbers are those of the view, for any supernet."""

import numpy as np
import pytest
from scipy.stats import kendalltau

import nasbook
from nasbook.nas.parts.supernet import SupernetView
from nasbook.plots import paths
from nasbook.plots.views.paths import PathsPicture, place_names

EDGES, OPS = ((0, 1), (1, 2)), ("skip", "conv3x3", "conv5x5")


def view(scatter=(), counts=((5, 1, 2), (3, 9, 4))):
    weights = ((0.2, 0.3, 0.5), (0.9, 0.1, 0.0))
    return SupernetView(3, 7, weights, OPS, EDGES, ("conv5x5", "skip"), 1, 0.4, 0.3, 0.875, counts, scatter)


JUDGED = tuple(
    ((a, b), score) for (a, b), score in zip([(o, p) for o in OPS for p in OPS], np.arange(9) / 7, strict=True)
)


def truth(ops):
    return (OPS.index(ops[1]) + 3 * OPS.index(ops[0])) % 7 / 10


def test_what_is_drawn_is_what_the_view_says():
    picture = PathsPicture(EDGES, OPS, truth=truth)
    picture.render_static(view(JUDGED))
    assert [[int(t.get_text()) for t in row] for row in picture.numbers] == [[5, 1, 2], [3, 9, 4]]
    assert [box.get_xy() for box in picture.boxes] == [(1.5, -0.5), (-0.5, 0.5)]
    assert np.argmax(picture.map.get_array()) == 3 and np.argmin(picture.map.get_array()) == 5
    x, y = picture.dots.get_data()
    assert y.tolist() == [score for _, score in JUDGED]
    assert x.tolist() == pytest.approx([100 * truth(ops) for ops, _ in JUDGED])
    assert (picture.star.get_xdata()[0], picture.star.get_ydata()[0]) == (x[0], 0.0)
    tau = kendalltau(-y, x).statistic
    assert f"τ with the truth {tau:.2f}".replace("-", "−") in picture.sentence()
    assert "9 paths judged, the best 87.5 % right" in picture.alt()
    assert "0 → 1 conv5x5, 1 → 2 skip" in picture.alt() and "Updates of an operation: 1 to 9." in picture.alt()


def test_a_supernet_that_orders_them_the_wrong_way_round_has_a_true_minus():
    scores = {ops: score for ops, score in JUDGED}
    assert paths(view(JUDGED), truth=scores.get).sentence.endswith("τ with the truth −1.00")
    assert paths(view(JUDGED), truth=lambda ops: -scores[ops]).sentence.endswith("τ with the truth 1.00")


def test_without_truth_counts_or_judged_paths():
    assert "τ" not in paths(view(JUDGED)).sentence
    for few in (JUDGED[:2], JUDGED[:7]):
        assert paths(view(few), truth=truth).sentence.endswith("the best 87.5 % right")
    alone = paths(view(None, None))
    assert "Updates" not in alone.alt and "judged" not in alone.alt
    with pytest.raises(ValueError, match="other places or operations"):
        PathsPicture(((0, 1),), OPS).render_static(view())


def test_two_cells_are_told_apart():
    edges = ((0, 2), (1, 2), (3, 5), (4, 5))
    assert place_names(edges) == ["normal 0 → 2", "normal 1 → 2", "reduction 0 → 2", "reduction 1 → 2"]


def test_a_supernet_of_another_space_is_drawn_so():
    trace = nasbook.search("darts", "digits-block-chain", epochs=1, channels=2)
    assert trace.plot().sentence == trace.plot("paths").sentence
    with pytest.raises(ValueError, match="'paths' draws this supernet"):
        trace.plot("weights")
    with pytest.raises(ValueError, match="paths: step must be a whole number from -1 to 0, not 4"):
        trace.plot("paths", step=4)
