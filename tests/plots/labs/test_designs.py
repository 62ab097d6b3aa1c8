"""Boards of several searches, side by side."""

import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.plots.labs.designs import DesignsPicture, designs


def uneven():
    return nasbook.task("uneven-axes", importance=0.1, seed=3)


def test_designs_side_by_side():
    task = uneven()
    searches = {m: nasbook.search(m, task, trials=25, seed=1) for m in ("grid", "random", "sobol", "halton")}
    searches["latin-hypercube"] = nasbook.search("latin-hypercube", task, trials=25, seed=1, points=25)
    fig = designs(task, searches)
    assert_legible(fig)
    assert "grid: 25 trials with 5 and 5 distinct values" in fig.alt
    assert "latin-hypercube: 25 trials with 25 and 25" in fig.alt
    assert_legible(designs(task, {k: searches[k] for k in ("grid", "random")}))


def test_one_to_six_searches_can_be_drawn():
    with pytest.raises(ValueError, match="one to six searches"):
        DesignsPicture(uneven(), list("abcdefg"))
