"""The picture of what a search has cost: its bars and its sum are those of `nasbook cost`."""

from dataclasses import replace

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.plots import plot
from nasbook.plots.traces.cost import CostPicture
from nasbook.space import Float, Space
from nasbook.trace import Trace


@pytest.fixture(scope="module")
def trace():
    """Twelve trials that were measured: of four the machine has counted the energy; one was not measured at all."""
    found = nasbook.search("random", lambda c: c["x"], space=Space(x=Float(0, 1)), trials=12, seed=0)
    made = Trace(found.header)
    for t in found.trials:
        used = {"seconds": 10.0 + t.id, "cpu_seconds": 8.0 + t.id}
        used |= {"cpu_joules": 360.0} if t.id < 4 else {}
        made.started(replace(t, status="running", value=None, used={}))
        made.ended(replace(t, used={} if t.id == 11 else used, status="failed" if t.id == 5 else "done"))
    return made


def test_bars_and_sum_are_those_of_the_cost(trace):
    picture, cost = CostPicture(), trace.cost()
    fig = picture.render_static(trace)
    each = [0.1] * 4 + [(8 + i) * 10 / 3600 for i in range(4, 11)]
    np.testing.assert_allclose(picture.costs[:11], each)
    assert np.isnan(picture.costs[11]) and picture.total == pytest.approx(cost.wh)
    assert picture.range == pytest.approx(cost.range)
    assert all(bars.get_visible() for bars in picture.bars)
    heights = picture.bars[0].get_path().vertices[:, 1].max()
    assert picture.unit == "mWh" and heights == pytest.approx(1000 * max(each[:5]))
    assert "(1 not known)" in fig.alt and "The dearest is number 1" in fig.alt and "an estimate" in fig.alt
    assert_legible(fig)
    twice = CostPicture(core_watts=20)
    twice.render_static(trace)
    assert twice.total - 0.4 == pytest.approx(2 * (picture.total - 0.4))


def test_seconds_of_a_table_are_those_on_record():
    trace = nasbook.search("random", "nb201-cifar10", trials=30, workers=3)
    fig = plot(trace, "cost")
    assert "hours" in fig.alt and "time of 30 trials" in fig.alt
    with pytest.raises(ValueError, match="none of these trials was measured, so their energy is not known"):
        plot(trace, "cost", what="energy")
    assert_legible(fig)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"what": "money"}, "what must be 'energy' or 'seconds'"),
        ({"core_watts": 0}, "core_watts must be a number above 0"),
    ],
)
def test_what_cannot_be_drawn_is_one_sentence(trace, options, said):
    with pytest.raises(ValueError, match=said):
        plot(trace, "cost", **options)


def test_an_empty_trace_has_cost_nothing(trace):
    assert "No trial has ended yet" in plot(Trace(trace.header), "cost").alt
