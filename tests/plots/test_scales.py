"""Numbers and values as axes say them."""

import pytest

from nasbook import Choice, Constant, Float, Int
from nasbook.plots.scales import power, tick_label, ticks, value_label


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.01, "0.01"), (250, "250"), (1e-5, "10⁻⁵"), (3e-7, "3·10⁻⁷"), (-2.5, "−2.5"), (None, "none"), (True, "yes"),
     (False, "no"), ("rbf", "rbf"), (0, "0"), (1e300, "10³⁰⁰")],
)  # fmt: skip
def test_a_value_in_words(value, words):
    assert tick_label(value) == words


def test_ticks_stand_where_their_values_are_encoded():
    for p in (Float(0, 10), Float(1e-5, 1, log=True), Int(1, 64, log=True), Choice(["a", "b", "c"])):
        at, labels, minor = ticks(p)
        assert len(at) == len(labels) >= 2 and all(-1e-9 <= u <= 1 + 1e-9 for u in [*at, *minor])
        assert list(at) == sorted(at)
    at, labels, _ = ticks(Float(1e-4, 1, log=True))
    assert dict(zip(labels, at, strict=True))["0.01"] == pytest.approx(0.5)
    assert ticks(Constant("x")) == ([0.5], ["x"], [])
    assert power(-12) == "10⁻¹²" and value_label(Float(0, 1), 0.123456) == "0.123"
