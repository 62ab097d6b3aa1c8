"""Meta-features: closed forms on data made for it, what may not change them, and which of our tasks are near."""

import numpy as np
import pytest

from nasbook.tasks.images import digits, messy, textures
from nasbook.tasks.meta_features import NAMES, meta_features, nearest


def test_numbers_that_are_known_exactly():
    line = np.linspace(-1, 1, 100)[:, None] * np.array([[1.0, -2.0, 3.0, 4.0]])  # one component in four columns
    y = (np.arange(100) >= 50).astype(int)
    found = meta_features(line, y)
    assert tuple(found) == NAMES
    assert found["instances"] == pytest.approx(np.log(100)) and found["classes"] == pytest.approx(np.log(2))
    assert found["entropy"] == pytest.approx(1) and found["columns"] == pytest.approx(np.log(4))
    assert found["components"] == pytest.approx(1 / 4) and found["first component"] == pytest.approx(1)
    assert found["correlation"] == pytest.approx(1) and found["skewness"] == pytest.approx(0, abs=1e-12)
    assert found["kurtosis"] == pytest.approx(-1.2, abs=0.01)  # of a uniform distribution
    assert found["1-nn error"] <= 0.02 and found["linear error"] <= 0.02 and found["stump error"] <= 0.02
    uneven = meta_features(line, (np.arange(100) >= 90).astype(int))
    assert uneven["entropy"] == pytest.approx(-(0.9 * np.log(0.9) + 0.1 * np.log(0.1)) / np.log(2))


def test_what_must_not_matter_does_not():
    x, y = digits()["train"]
    found = meta_features(x, y)
    other = meta_features(-0 + 50 * x.astype(float) + 7, np.array(list("abcdefghij"))[y])
    assert found == pytest.approx(other, abs=1e-6)


def test_what_is_near_by_these_numbers():
    """Messy digits lie between digits and gratings: nearer to the gratings, which are as noisy."""
    tasks = {k: meta_features(*make()["train"]) for k, make in zip("dmt", (digits, messy, textures), strict=True)}
    others = {name: {k: v for k, v in tasks.items() if k != name} for name in tasks}
    order = {name: [k for k, _ in nearest(tasks[name], others[name])] for name in tasks}
    assert order == {"d": ["m", "t"], "m": ["t", "d"], "t": ["m", "d"]}
    assert nearest(tasks["d"], tasks)[0] == ("d", 0.0)
    assert dict(nearest(tasks["d"], tasks))["m"] == pytest.approx(dict(nearest(tasks["m"], tasks))["d"])


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.zeros((10, 2)), np.zeros(10)),
        (np.random.default_rng(0).random((10, 2)), np.r_[np.zeros(8), np.ones(2)]),
        (np.full((20, 2), np.nan), np.arange(20) % 2),
    ],
)
def test_data_that_cannot_be_described_gets_a_sentence(x, y):
    with pytest.raises(ValueError, match="at least two classes of 5 rows"):
        meta_features(x, y)
    with pytest.raises(ValueError, match="at least one"):
        nearest({}, {})
