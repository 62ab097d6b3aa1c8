"""A cube holds the trials, and a square does for two parameters."""

import pytest
from plots.curved import CONDITIONAL, drawn, searched
from plots.legible import assert_legible

from nasbook.plots import CubePicture, plot


@pytest.fixture(scope="module")
def trace():
    return searched()


def test_the_cube_holds_the_trials_and_a_square_does_for_two(trace):
    picture = CubePicture(CONDITIONAL, ["k", "x", "n"])
    fig = picture.render_static(trace)
    has_x = [t for t in trace.trials if "x" in t.config]
    good = sum(t.status == "done" for t in has_x)
    assert len(picture.dots.get_offsets()) == good and picture.without == 30 - len(has_x) > 0
    assert f"{picture.without} lack one of these parameters" in fig.alt
    assert_legible(fig)
    square = drawn(trace, "cube", parameters=["y", "n"])
    assert square.axes[0].get_xlabel() == "y"
    for wrong in (["y"], ["y", "y"], ["y", "z"], "y", list("kxny")):
        with pytest.raises(ValueError, match="plot cube"):
            plot(trace, "cube", parameters=wrong)
