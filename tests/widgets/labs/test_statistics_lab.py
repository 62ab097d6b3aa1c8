"""The statistics lab: its numbers are those of real searches and of the tests, and its winner changes with the draw."""

import re
from itertools import combinations

import numpy as np
import pytest

from nasbook.data.make.search_seeds import METHODS, OUT, SEEDS, TASKS, TRIALS, wrong
from nasbook.statistics import holm, wilcoxon
from nasbook.widgets.labs import statistics as made
from nasbook.widgets.labs.statistics import StatisticsLab, table


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


@pytest.fixture(scope="module")
def lab():
    lab = StatisticsLab(seeds=3)
    lab.run()
    return lab


def test_the_table_is_what_the_searches_find():
    assert made.METHODS == METHODS and made.IMAGES == TASKS
    with np.load(OUT) as stored:
        for k, (task, method) in enumerate([("digits-hpo-messy", "tpe"), ("digits201-textures", "genetic")]):
            assert stored[task].shape == (len(METHODS), SEEDS, TRIALS)
            row = stored[task][METHODS.index(method), 7 + k, :25]
            np.testing.assert_array_equal(row, wrong(method, task, 7 + k, 25))


def test_the_winner_changes_with_few_seeds_and_less_with_many(lab):
    few = lab.frame(20).ahead
    assert few.sum() == pytest.approx(20) and few.max() < 19 and (few > 0).sum() >= 2
    lab.set(seeds=80)
    many = lab.frame(20).ahead
    assert many[METHODS.index("tpe")] == 20
    lab.set(seeds=3)
    np.testing.assert_array_equal(lab.frame(20).ahead, few)


def test_the_interval_shrinks_with_the_number_of_seeds(lab):
    wide = []
    for n in (3, 30, 100):
        lab.set(seeds=n)
        wide.append(np.mean([high - low for _, low, high in lab.picture.found]))
    lab.set(seeds=3)
    assert wide[0] > 1.7 * wide[1] > 2.5 * wide[2]


def test_p_is_that_of_the_test_and_holm_makes_it_larger(lab):
    lab.set(seeds=25)
    drawn = lab.frame(20).values
    first = int(drawn.mean(1).argmin())
    others = [i for i in range(4) if i != first]
    plain = [wilcoxon(drawn[first], drawn[i]) for i in others]
    rest = [wilcoxon(drawn[i], drawn[j]) for i, j in combinations(others, 2)]  # any of them could have been ahead
    assert list(lab.tests(drawn).values()) == pytest.approx(holm(plain + rest)[:3])
    told = words(lab._sentence)
    assert "correction over all 6 pairs" in told and "after Holm" in told and f"{METHODS[first]} is ahead" in told
    lab.set(correction="none")
    assert list(lab.tests(drawn).values()) == pytest.approx(plain) and "without a correction" in words(lab._sentence)
    lab.set(correction="holm", seeds=1)
    assert "no test" in words(lab._sentence)
    lab.set(seeds=3)
    assert "With 3 pairs no p is below 0.25" in words(lab._sentence)


def test_what_is_saved_is_the_search_that_the_draw_shows(lab):
    order = lab.steps[-1]
    assert lab.trace.header.seed == order[0] and len(lab.trace) == 40
    k = METHODS.index(lab.trace.header.method)
    assert 100 * lab.trace.best.value == pytest.approx(table("digits-hpo-messy")[k, order[0], 39])
    assert lab.error is None and "tpe" in lab.picture.alt()


def test_a_hundred_seeds_do_not_settle_who_is_first_on_textures():
    """Lesson 20 says so."""
    ends = table("digits201-textures")[:, :100, 39]
    first, second = np.argsort(ends.mean(1))[:2]
    assert wilcoxon(ends[first], ends[second]) > 0.2
