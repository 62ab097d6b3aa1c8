"""What is known of an architecture: nothing is measured twice, and a table tells its true accuracy and rank."""

import pytest

import nasbook
from nasbook import registry
from nasbook.nas.spaces.nb201.cell import to_config
from nasbook.widgets.known import COUNTED, Known, equals, size, tables

BEST, CHANCE = to_config("333132"), to_config("000000")


@pytest.fixture(scope="module")
def known():
    found = Known(registry.make("space", "nb201-cell"))
    found.use("nb201-cifar10")
    return found


def test_sizes_in_words():
    assert size(15_625) == "15,625" and size(1.08e18) == "about 1.1 · 10¹⁸"


def test_a_cell_and_what_its_table_says_of_it(known):
    accuracy = 100 * (1 - nasbook.task("nb201-cifar10").outcomes()[:, 0])
    best, worse = known.facts(BEST), known.facts(CHANCE)
    assert best["in the space"] == "15,625 architectures"
    assert best["true accuracy"] == f"{accuracy.max():.2f} %, rank 1 of 15,625"
    own = known.accuracy(CHANCE)
    rank = 1 + int((accuracy > own + 1e-9).sum())
    assert rank > 1 and worse["true accuracy"] == f"{own:.2f} %, rank {rank:,} of 15,625"


def test_without_a_table_nobody_knows_the_accuracy():
    without = Known(registry.make("space", "nb201-cell"))
    assert without.table is None and not len(without.all) and "true accuracy" not in without.facts(BEST)


def test_costs_are_measured_once_and_neighbours_found_once(known, monkeypatch):
    first, around = known.cost(BEST), known.edits(BEST)
    monkeypatch.setattr(known.spaces, "latency", lambda *_, **__: pytest.fail("it has been measured already"))
    assert known.cost(dict(BEST)) == first and known.edits(dict(BEST)) is around
    assert len(around.neighbours) == 24 and known.edits(CHANCE) is not around


def test_equal_cells_are_counted_in_a_space_that_is_small_enough(known):
    assert equals("nb201-cell").total() == 15_625 < COUNTED
    assert len(equals("nb201-cell")) == 5_044 and not equals("darts-cells")


def test_the_tables_of_a_space():
    assert "nb201-cifar10" in tables("nb201-cell") and "digits201-messy" in tables("nb201-cell")
    assert tables("darts-cells") == ()
