"""The picture of a network that moves: its numbers are those of the table of runs, and it can be read."""

import csv
from pathlib import Path

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.course.lessons.lesson_17 import IMAGES, judge_moved, moved_over_seeds
from nasbook.plots.labs.fine_tuning import LOOKS, fine_tuning


def test_it_tells_the_numbers_of_the_file():
    errors = moved_over_seeds()
    with (Path(nasbook.__file__).parent / "data" / "fine_tuning_seeds.csv").open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if (r["source"], r["way"], r["images"]) == ("messy", "frozen", "20")]
    assert errors["messy"]["frozen"][:, 0].mean() == pytest.approx(np.mean([100 * float(r["error"]) for r in rows]))
    assert {source: set(ways) for source, ways in errors.items()} == {s: set(LOOKS) for s in ("messy", "textures")}
    assert all(e.shape == (16, len(IMAGES)) for ways in errors.values() for e in ways.values())
    fig = fine_tuning(errors, IMAGES)
    assert f"the head alone {errors['messy']['frozen'][:, 0].mean():.1f} %" in fig.alt and "16 seeds" in fig.sentence
    assert_legible(fig)
    which, told = judge_moved(errors)
    assert which == 0 and f"{errors['messy']['scratch'][:, 0].mean():.1f} %" in told
