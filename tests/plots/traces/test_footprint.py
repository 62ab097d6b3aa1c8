"""A map of all configurations keeps the trials, and never more than it can draw."""

import pytest
from plots.curved import CONDITIONAL, drawn, searched

import nasbook
from nasbook.plots import FootprintPicture


@pytest.fixture(scope="module")
def trace():
    return searched()


def test_the_map_keeps_the_trials_and_never_more_than_it_can_draw(trace):
    picture = FootprintPicture(CONDITIONAL)
    picture.render_static(trace)
    done = sum(t.status == "done" for t in trace.trials)
    assert len(picture.dots.get_offsets()) == done and len(picture.lost.get_xdata()) == 30 - done
    assert 0 < picture.keeps <= 1 and 0 < picture.reach <= 1
    many = nasbook.search("random", lambda c: c["y"], space=CONDITIONAL, trials=900)
    assert (
        "600 of 900 trials" in drawn(many, "footprint").sentence
        or "601 of 900 trials" in drawn(many, "footprint").sentence
    )
