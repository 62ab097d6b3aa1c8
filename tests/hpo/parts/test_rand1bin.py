"""rand/1/bin by its definition."""

import numpy as np

from nasbook.hpo.parts.rand1bin import rand_1_bin


def test_a_donor_is_a_difference_and_a_trial_takes_some_of_it():
    rng = np.random.default_rng(0)
    x, a, b, c = rng.uniform(0.3, 0.5, (4, 6))
    shares = []
    for _ in range(2000):
        v, mask, u = rand_1_bin(x, a, b, c, 0.5, 0.3, rng)
        assert np.array_equal(v, a + 0.5 * (b - c)) and np.array_equal(u, np.where(mask, v, x)) and mask.any()
        shares.append(mask.mean())
    expected = 0.3 + 0.7 / 6  # CR, and one coordinate in any case
    assert abs(np.mean(shares) - expected) < 4 * np.std(shares) / np.sqrt(2000)


def test_what_leaves_the_cube_is_drawn_anew():
    rng = np.random.default_rng(0)
    one, zero = np.ones(4), np.zeros(4)
    v = np.array([rand_1_bin(zero, one, one, zero, 0.9, 0.0, rng)[0] for _ in range(500)])
    assert (v >= 0).all() and (v <= 1).all() and abs(v.mean() - 0.5) < 0.03
