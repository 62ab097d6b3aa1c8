"""The picture of a supernet's training: what it has panels for, and what it says."""

import numpy as np
import pytest
from plots.legible import assert_legible

from nasbook.nas.parts.supernet import SupernetView
from nasbook.plots.views.progress import ProgressPicture, progress

OPS, EDGES = ("none", "skip"), ((0, 1), (0, 2))


def view(epoch, **fields):
    weights = ((0.5, 0.5), (0.4, 0.6))
    loss = {"train_loss": 2 / epoch, "val_loss": 2.2 / epoch}
    return SupernetView(epoch, 6, weights, OPS, EDGES, ("skip", "skip"), 2, val_accuracy=0.5, **{**loss, **fields})


def warmed(epoch):
    stage = "warm-up" if epoch < 3 else "search"
    return view(epoch, temperature=5 / epoch, stage=stage, expected_cost=200 - 7 * epoch)


def test_a_panel_for_each_quantity_that_the_views_have():
    fig = progress([warmed(e) for e in range(1, 7)], epochs=6)
    assert [ax.get_ylabel().split("\n")[0] for ax in fig.axes] == ["loss", "temperature", "expected"]
    assert len(progress([view(e) for e in (1, 2)]).axes) == 1
    assert len(progress([view(e, reward=0.1) for e in (1, 2)]).axes) == 2
    assert fig.sentence == "Epoch 6 of 6, search: loss 0.367, temperature 0.833, latency 158 µs"
    assert fig.sentence in fig.alt and "training images the loss is 0.333" in fig.alt
    assert_legible(fig)


def test_what_is_drawn_is_what_was_seen():
    picture = ProgressPicture(6, ["expected_cost", "temperature"])
    picture.make_figure()
    for last in (1, 3, 6):
        views = [warmed(e) for e in range(1, last + 1)]
        picture.update(views)
        for field, line in picture.lines.items():
            np.testing.assert_allclose(line.get_xydata(), [(v.epoch, getattr(v, field)) for v in views])
        for name, ax in picture.panels.items():
            low, high = ax.get_ylim()
            assert all(low < y < high for y in picture.lines.get(name, picture.lines["val_loss"]).get_ydata())
    borders = {x for line in picture.borders for x in line.get_xdata()}
    assert borders == {2.5}  # after the last epoch of the warm-up


def test_no_epoch_one_epoch_and_a_diverged_one():
    assert "No epoch has ended yet" in progress([]).sentence
    assert_legible(progress([warmed(1)]))
    broken = progress([view(1), view(2, train_loss=None, val_loss=None)])
    assert "loss –" in broken.sentence


def test_another_view_is_one_sentence():
    with pytest.raises(ValueError, match="^progress draws the view of 'darts'.*not a str") as caught:
        progress(["a"])
    assert "\n" not in str(caught.value)
