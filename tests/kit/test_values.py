"""Values of any size and one that is absurdly far out, drawn in and let out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbook.kit.values import Reach

ANY = st.floats(allow_nan=False, allow_infinity=False)


def test_only_what_lies_far_above_the_rest_is_drawn_in():
    y = np.array([1.0, 2.0, 1e12, 1.5, 0.5])
    drawn = Reach.of(y).draw_in(y)
    assert np.array_equal(np.delete(drawn, 2), np.delete(y, 2))
    assert drawn[2] == pytest.approx(3.5 + np.log(101))  # the quartiles are 1 and 2
    assert Reach.of(np.delete(y, 2)).limit == np.inf


def test_only_what_is_cut_off_is_doubted_by_as_much_as_it_stands_out():
    y = np.array([1.0, 2.0, 1e12, 1.5, 0.5, 100.0])
    reach = Reach.of(y)
    drawn, doubt = reach.draw_in(y), reach.doubt(y)
    assert doubt[2] == pytest.approx(drawn[2] - reach.limit) and not np.delete(doubt, 2).any()
    many = np.r_[y, 2e12, np.ones(12)]  # two of nineteen
    assert not Reach.of(many).doubt(many).any() and np.count_nonzero(Reach.of(y).doubt(np.r_[many, 1.0])) == 2
    assert not Reach.of(np.delete(y, [2, 5])).doubt(np.delete(y, [2, 5])).any()
    huge = Reach.of(y * 1e290)
    assert np.isfinite(huge.doubt(y * 1e290)).all() and (huge.doubt(y * 1e290) > 0).tolist() == (doubt > 0).tolist()


def test_the_limit_is_tukeys_fence():
    y = np.random.default_rng(0).lognormal(sigma=2, size=41)
    q1, q3 = np.percentile(y, [25, 75])
    assert Reach.of(y).limit == pytest.approx(q3 + 1.5 * (q3 - q1))
    drawn = Reach.of(y).draw_in(y)
    assert np.array_equal(drawn < y, y > q3 + 1.5 * (q3 - q1)) and (drawn < y).any()


def test_absurd_says_from_where_on_anything_is_drawn_in():
    y = np.array([0.0, 1.0, 2.0, 9.0, 3.0])
    assert Reach.of(y, absurd=30).draw_in(y).tolist() == y.tolist()
    assert Reach.of(y).draw_in(y)[3] < 9
    y[3] = 1e6
    assert Reach.of(y, absurd=30).draw_in(y)[3] < 40


def test_many_equal_values_do_not_hide_the_others():
    y = np.array([1.0] * 11 + [1.5, 2.0, 1e12])
    drawn = Reach.of(y).draw_in(y)
    assert drawn[:-1].tolist() == y[:-1].tolist() and drawn[-1] < 10


@given(st.lists(ANY, min_size=1, max_size=20))
def test_no_order_is_turned_and_the_lowest_values_come_back(values):
    y = np.array([*values, values[0]])
    reach = Reach.of(y)
    drawn = reach.draw_in(y)
    assert np.isfinite(drawn).all() and np.isfinite(drawn**2).all()
    order = np.argsort(y, kind="stable")
    assert (np.diff(drawn[order]) >= 0).all() and drawn[0] == drawn[-1]
    back, slope = reach.let_out(drawn, np.ones(len(y)))
    assert np.isfinite(back).all() and np.isfinite(slope).all() and (slope >= 0).all()
    if reach.exponent == 0:
        near = y <= reach.limit
        assert back[near] == pytest.approx(y[near], rel=1e-12)


def test_letting_out_undoes_the_curve_and_has_its_slope():
    y = np.array([0.0, 1.0, 2.0, 50.0, 200.0])
    reach, h = Reach.of(y), 1e-6
    drawn = reach.draw_in(y)
    mean, std = reach.let_out(drawn, np.ones(5))
    assert mean == pytest.approx(y)
    up, down = reach.let_out(drawn + h, std)[0], reach.let_out(drawn - h, std)[0]
    assert std == pytest.approx((up - down) / (2 * h), rel=1e-5)
