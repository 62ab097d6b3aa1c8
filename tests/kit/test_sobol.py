"""The scrambled Sobol sequence: SciPy's, bit for bit, without its import."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import qmc

from nasbook.kit.sobol import GIVEN, quasi_random


@pytest.mark.parametrize("d", [1, 2, 3, 8, 1 + len(GIVEN), 2 + len(GIVEN), 40])
def test_points_and_the_generator_after_them_are_scipys(d):
    for seed, n in ((0, 1), (1, 2), (2, 64), (3, 1024)):
        ours, theirs = np.random.default_rng(seed), np.random.default_rng(seed)
        for _ in range(2):  # the next sequence of a generator is another one
            points = quasi_random(d, n, ours)
            assert points.shape == (n, d) and (points == qmc.Sobol(d, rng=theirs).random(n)).all()
        assert ours.random() == theirs.random() and ours.spawn(1)[0].random() == theirs.spawn(1)[0].random()


def test_every_box_holds_one_point():
    points = quasi_random(2, 64, np.random.default_rng(5))
    for k in range(7):  # 2^k columns by 2^(6-k) rows
        boxes = {(int(x * 2**k), int(y * 2 ** (6 - k))) for x, y in points}
        assert len(boxes) == 64


def test_a_bayesian_search_loads_no_statistics():
    code = "import sys, nasbook; nasbook.search('bayesian', 'branin', trials=8); print('scipy.stats' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"], done.stdout
