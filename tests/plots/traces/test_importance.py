"""Bars of importance are those that hpo/importance.py computes, in its order."""

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook import Choice, Float, Space
from nasbook.hpo.parts.importance import importances
from nasbook.plots import ImportancePicture, plot

SPACE = Space(idle_parameter_with_a_long_name=Float(0, 1), kind=Choice(["a", "b", "c"]), lr=Float(1e-4, 1, log=True))


@pytest.fixture(scope="module")
def trace():
    return nasbook.search(
        "random", lambda c: abs(np.log10(c["lr"]) + 2) + 0.5 * (c["kind"] == "b"), space=SPACE, trials=80, seed=0
    )


@pytest.mark.parametrize("method", ["fanova", "permutation"])
def test_bars_and_words_hold_the_numbers(trace, method):
    found = importances(trace, method, trees=8)
    picture = ImportancePicture(3, method)
    fig = picture.render_static((80, found))
    np.testing.assert_allclose([b.get_width() for b in picture.bars], [100 * m for m, _ in found.values()])
    m, s = found["lr"]
    np.testing.assert_allclose(picture.errors[0].get_xdata(), [100 * (m - s), 100 * (m + s)])
    assert [t.get_text() for t in picture.ax.get_yticklabels()][:2] == ["lr", "kind"]
    assert f"lr {100 * m:.0f} ± {100 * s:.0f} %" in fig.alt
    assert_legible(fig)


def test_it_is_drawn_by_its_name(trace):
    assert "lr explains" in plot(trace, "importance").sentence
    with pytest.raises(ValueError, match="at least 4 trials"):
        plot(nasbook.search("random", "branin", trials=2), "importance")
