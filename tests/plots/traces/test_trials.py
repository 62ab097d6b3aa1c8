"""Trials in their space: where they stand, how they are shaded, and what is said of the best."""

import numpy as np
import pytest

from nasbook import Choice, Constant, Float, Int, Space
from nasbook.plots.data import Quantity
from nasbook.plots.traces.trials import TriedPicture, jitter, prepared
from nasbook.trace import Trial

SPACE = Space(x=Float(0, 1), op=Choice(["a", "b", "c"]))


def trials(*values):
    ops = ["a", "b", "c"]
    return [
        Trial(k, {"x": 0.1 * k, "op": ops[k % 3]}, status="failed" if v is None else "done", value=v)
        for k, v in enumerate(values)
    ]


def read(told, **options):
    picture = TriedPicture(SPACE, **options)
    picture.grew = picture._read(told)
    return picture


def test_shades_are_ranks_from_the_best_to_the_worst():
    picture = read(trials(3.0, 1.0, None, 7.0, 3.0))
    np.testing.assert_allclose(picture._shades(), [0.5, 0.0, np.nan, 1.0, 0.5])
    assert picture.best == 1 and picture.best_trial.value == 1.0
    higher = read(trials(0.3, 0.1, None, 0.7, 0.3), quantity=Quantity("validation error"))
    np.testing.assert_allclose(higher._shades(), [0.5, 0.0, np.nan, 1.0, 0.5])  # of the same best: low errors
    assert np.isnan(read(trials(None, None))._shades()).all()
    assert read(trials(2.0))._shades().tolist() == [0.0]


def test_equal_values_lie_side_by_side_within_their_slot():
    p, ids = Choice(["a", "b", "c"]), np.arange(200.0)
    shift = jitter(p, ids)
    assert np.abs(shift).max() <= 0.5 * 0.6 / 3 and len(np.unique(shift)) == 200
    assert np.array_equal(shift[:50], jitter(p, ids[:50]))  # more trials move none
    assert not jitter(Float(0, 1), ids).any() and not jitter(Int(1, 21), ids).any() and jitter(Int(1, 20), ids).any()
    picture = read(trials(1.0, 2.0, 3.0))
    placed = picture._placed(["x", "op"])
    assert placed[:, 0] == pytest.approx([0, 0.1, 0.2])
    assert np.abs(placed[:, 1] - [1 / 6, 3 / 6, 5 / 6]).max() <= 0.1


def test_words_say_how_many_the_best_and_the_lost():
    assert read(trials(3.0, 1.0, None))._sentence() == "3 trials: best value 1; 1 failed"
    assert read(trials(3.0, 1.0), trials=9)._sentence() == "2 of 9 trials: best value 1"
    assert read(trials(None), trials=9)._sentence() == "1 of 9 trials: none has succeeded yet"
    assert read(trials(3.0), trials=1)._sentence() == "1 trial: best value 3"
    assert read(trials(3.0, 1.0, None))._described() == "3 trials, 1 failed. The best value, 1, is at x 0.1, op b."


def test_limits_grow_only_with_what_lies_beyond():
    picture = read(trials(3.0, 1.0, None))
    assert picture.grew and not picture._read(trials(3.0, 1.0, None, 2.0)) and picture._read(trials(3.0, 1.0, 9.0))


def test_what_cannot_be_placed_is_refused():
    with pytest.raises(ValueError, match="steps alone do not say what was searched: give space="):
        prepared(trials(1.0), None, None, None)
    with pytest.raises(ValueError, match="constants only"):
        prepared(trials(1.0), Space(x=Constant(4)), None, None)
    assert prepared(trials(1.0), SPACE, None, "loss") == (SPACE, Quantity("loss"))
