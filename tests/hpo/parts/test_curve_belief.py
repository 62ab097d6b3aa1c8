"""What the shipped network says of a training that has begun."""

import numpy as np
import pytest

import nasbook
from nasbook.hpo.parts.curve_belief import Measure, bars, expected

ERRORS = Measure()
CURVE = [(t, 0.1 + 0.7 * t**-0.8) for t in range(1, 10)]


def mean(curves, at=(27,), epochs=27, measure=ERRORS):
    return bars().mean(expected(curves, at, epochs, measure)[:, 0])


def test_the_order_of_the_epochs_and_the_other_curves_do_not_matter():
    alone = expected([CURVE], [12, 27], 27, Measure())
    np.testing.assert_allclose(expected([CURVE[::-1]], [12, 27], 27, Measure()), alone, atol=1e-5)
    several = expected([CURVE[:3], CURVE, [], CURVE[1:4]], [12, 27], 27, Measure())
    np.testing.assert_allclose(several[1], alone[0], atol=1e-5)
    assert abs(several[0] - several[3]).max() > 1e-3 and np.allclose(several.sum(-1), 1)


def test_it_knows_more_the_more_it_has_seen_and_goes_on_falling():
    spread = [float(bars().std(expected([CURVE[:n]], [27], 27, Measure())[0])[0]) for n in (0, 1, 9)]
    assert spread[0] > spread[1] > 1.5 * spread[2]
    assert CURVE[-1][1] - 0.12 < mean([CURVE])[0] < CURVE[-1][1]
    flat = [(t, 0.9) for t in range(1, 10)]
    assert abs(mean([flat])[0] - 0.9) < 0.06


def test_its_quantiles_hold_on_real_curves():
    """Digits-HPO, which it did not learn from: the end lies below the 10 % and the 90 % quantile about so often."""
    task = nasbook.task("digits-hpo-digits")
    rng = np.random.default_rng(0)
    rows = rng.choice(np.flatnonzero(task.diverged[:, 0] == 0), 300, replace=False)
    errors = 1 - task.val[rows, 0]
    p = expected([list(enumerate(y, 1)) for y in errors[:, :6]], [27], 27, Measure())[:, 0]
    low, high = ((errors[:, -1] < bars().quantile(p, q)).mean() for q in (0.1, 0.9))
    assert low < 0.25 and high > 0.75


def test_values_of_another_size_and_other_numbers_of_epochs_are_brought_to_what_it_knows():
    losses = np.array([2.3, 1.6, 1.2, 1.0])
    for values in (losses, 1e6 * losses, losses - 10, 1e-9 * losses, np.array([5.0]), np.zeros(3), np.full(3, -7.0)):
        measure = Measure.of(values)
        errors = measure.error(values)
        assert errors.min() >= 0 and errors.max() <= 1
        np.testing.assert_allclose(measure.value(errors), values, rtol=1e-9, atol=1e-15)
        end = measure.value(mean([list(enumerate(values, 1))], measure=measure))[0]
        assert np.isfinite(end) and abs(end - values[-1]) <= measure.size
    assert Measure.of_one([0.2, 0.9]) == Measure() == Measure.of([]) == Measure.of_one([])
    fraction, percent = Measure.of([0.2, 0.6]), Measure.of([20.0, 60.0])
    np.testing.assert_allclose(fraction.error([0.2, 0.3, 0.6]), percent.error([20, 30, 60]))
    np.testing.assert_allclose(fraction.error([0.2, 0.6]), [0.18, 0.9])
    hundredfold = [(100 * t, y) for t, y in CURVE]
    assert abs(mean([hundredfold], (2700,), 2700)[0] - mean([CURVE])[0]) < 0.05
    long = [(t, 0.1 + 0.7 * t**-0.8) for t in range(1, 400)]
    assert abs(mean([long], (1000,), 1000)[0] - 0.11) < 0.05


def test_a_task_of_a_single_epoch_is_answered():
    assert np.isfinite(mean([[(1, 0.5)]], (2,), 2)).all()


@pytest.mark.parametrize("value", [1e300, -1e300, 1e-300])
def test_absurd_values_are_answered(value):
    values = [value, value / 2]
    assert np.isfinite(mean([list(enumerate(values, 1))], measure=Measure.of(values))).all()
