"""The picture of estimators shows their numbers, in readable words, and swaps its rows with the budget."""

import numpy as np
import pytest
from plots.legible import assert_legible

from nasbook.estimate.compare import Judgement
from nasbook.plots.labs.estimators import Comparison, EstimatorsPicture, places_of, seconds

TRUTH = np.linspace(0.6, 0.95, 60)


def judgement(name, noise, cost, once=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return Judgement(name, 1 - TRUTH + noise * rng.normal(size=60), np.full(60, cost), once, TRUTH)


FAST, SLOW = judgement("fast and rough", 0.1, 0.01), judgement("full training", 0.0, 1.0)
PAIRS = [("zero-cost", FAST), ("training", SLOW)]
CROWD = [("zero-cost", judgement(f"grad_norm {i}", 0.1, 0.012, seed=i)) for i in range(10)]


@pytest.mark.parametrize("pairs", [[], PAIRS[:1], PAIRS, CROWD], ids=["none", "one", "two", "ten alike"])
def test_every_word_can_be_read(pairs):
    picture = EstimatorsPicture()
    assert_legible(picture.render_static(Comparison(pairs, max(0, len(pairs) - 1), 2.0, 20)))
    if not pairs:
        assert "Nothing judged yet" in picture.sentence()


def test_the_rows_swap_with_the_budget():
    picture = EstimatorsPicture()
    for budget, first, judged in ((1.0, "fast and rough", 60), (1000.0, "full training", 60)):
        fig = picture.render_static(Comparison(PAIRS, 0, budget, 50))
        assert picture.names[0].get_text() == first and fig.sentence.startswith(
            f"With {seconds(budget)}: {first} finds"
        )
        assert picture.counts[0].get_text() == f"judges {judged}"
        (x,), (row,) = picture.means[0].get_data()
        j = FAST if first == FAST.name else SLOW
        assert row == 0 and x == pytest.approx(j.choose(budget, 50)[0].mean())
    assert f"{100 * x:.1f} %" in fig.alt
    picture.render_static(Comparison(PAIRS, 0, 0.5, 50))
    assert picture.counts[1].get_text() == "none: by chance"


def test_the_panels_show_cost_correlation_and_order():
    picture = EstimatorsPicture()
    picture.render_static(Comparison(PAIRS, 0, 2.0, 20))
    (x,), (y,) = picture.points[0].get_data()
    assert 10**x == pytest.approx(0.01) and y == pytest.approx(FAST.correlation())
    assert list(picture.bars[0].get_ydata()) == pytest.approx(FAST.interval())
    place, truth = picture.cloud.get_data()
    order = np.argsort(FAST.estimates)  # best first
    assert place[order].tolist() == pytest.approx(np.linspace(1, 0, 60).tolist())
    assert truth.tolist() == TRUTH.tolist()
    assert sorted(picture.stars.get_ydata()) == sorted(TRUTH)[-10:]
    assert picture.chosen.get_ydata() == [TRUTH[order[0]]]
    assert list(picture.ring.get_xdata()) == [x]


def test_names_keep_clear_of_each_other_and_of_points():
    points = np.array([[1.0, 1.0], [1.05, 1.02], [1.1, 0.98], [1.0, 1.05]])
    boxes = places_of(points, ["grad_norm", "snip", "synflow", "naswot"], 3.0, 2.0)
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            assert not (np.all(a[:2] < b[2:]) and np.all(b[:2] < a[2:]))
        assert not any(np.all(a[:2] < p) and np.all(p < a[2:]) for p in points)
    assert places_of(points[:1], ["snip"], 3.0, 2.0)[0][0] == pytest.approx(1.1)  # alone: right beside its point


def test_seconds_in_words():
    assert [seconds(t) for t in (0.0026, 0.0131, 0.37, 3.0, 39.8, 1000.0)] == [
        "2.6 ms",
        "13 ms",
        "0.37 s",
        "3 s",
        "40 s",
        "1,000 s",
    ]
