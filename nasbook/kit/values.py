"""Values of any size, as numbers that can be computed with.

Squares overflow above 10¹⁵⁴, differences above half of 10³⁰⁸, and next to 0 no smaller steps are left. A power of two
changes no digit of a number; so where values are of such a size, a method that does more than compare them divides
them by one first.

One value that lies absurdly far above all others, such as the 10¹² of a training that has diverged, makes all others
look alike to what learns from values. `Reach` draws it in:

    y  ↦  y                                 up to the limit Q₃ + 1.5 s;   s = Q₃ - Q₁, the distance of the quartiles
    y  ↦  limit + s ln(1 + (y - limit)/s)   up to 100 s further; what lies above that counts as if it lay there

So what diverged counts much as what failed, and what lies within the limit keeps every digit. `doubt` is a noise for
what was cut off while that is rare: one such value is overruled by good neighbours, a region of them is believed. The
limit is Tukey's fence, at which Ax clips (its transform Winsorize); Google Vizier takes ranks of the worse half and a
logarithm (Song et al., The Vizier Gaussian Process Bandit Algorithm, 2024), HEBO a power transform of all
(Cowen-Rivers et al. 2022).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

FAR = 256  # values between 2⁻²⁵⁶ and 2²⁵⁶, about 10⁻⁷⁷ to 10⁷⁷, are left as they are
FARTHEST = 100  # s above the limit


def exponent(values: np.ndarray) -> int:
    """e such that values / 2^e can be squared and added up; 0 for values of an ordinary size, or none."""
    largest = np.max(np.abs(values), initial=0.0, where=np.isfinite(values))
    e = int(np.frexp(largest)[1]) if largest > 0 else 0
    return e if abs(e) > FAR else 0


def tame(values: np.ndarray) -> np.ndarray:
    """The values (n,) divided by 2^exponent."""
    return np.ldexp(values, -exponent(values))


def untame(values: np.ndarray, e: int) -> np.ndarray:
    """The values times 2^e, at most the largest number there is."""
    most = np.finfo(float).max
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(values, e).clip(-most, most)


@dataclass(frozen=True)
class Reach:
    """How far values are taken as they are: `draw_in` brings them to a size that can be computed with, in order;
    `let_out` brings a belief about them back."""

    limit: float
    unit: float  # s
    exponent: int = 0  # of what was drawn in

    @classmethod
    def of(cls, values: np.ndarray, absurd: float = 1.5) -> Reach:
        """Of finite values (n,). Where the quartiles are equal, s is how far the median of the values above the lowest
        lies above it. Where nothing lies above Q₃ + absurd s, nothing is drawn in."""
        half = np.sort(values) / 2  # differences of halves do not overflow
        above = half[half > half[:1]]
        if not len(above):
            return cls(np.inf, 1.0, exponent(values))
        q1, q3 = half[(len(half) - 1) // 4], half[-((len(half) - 1) // 4) - 1]
        s = q3 - q1 if q3 > q1 else above[(len(above) - 1) // 2] - half[0]
        with np.errstate(over="ignore"):
            limit = q3 + 1.5 * s if half[-1] > q3 + absurd * s else np.inf
            reach = cls(float(2 * limit), float(untame(s, 1)))
        return replace(reach, exponent=exponent(reach.draw_in(values)))

    def draw_in(self, values: np.ndarray) -> np.ndarray:
        values = np.array(values, float)
        far = values > self.limit
        with np.errstate(over="ignore"):
            excess = (values[far] / 2 - self.limit / 2) / (self.unit / 2)
        values[far] = self.limit + self.unit * np.log1p(np.minimum(excess, FARTHEST))
        return np.ldexp(values, -self.exponent)

    def doubt(self, values: np.ndarray) -> np.ndarray:
        """(n,) standard deviations, of what is drawn in: where no more than a tenth was cut off (or one value), as far
        as that was left above the limit; else 0."""
        with np.errstate(over="ignore"):
            beyond = np.asarray(values) / 2 - self.limit / 2 > FARTHEST * (self.unit / 2)
            left = self.unit * np.log1p(FARTHEST)  # overflows only where nothing can lie so far above the limit
        few = beyond & (beyond.sum() <= max(1, len(values) // 10))
        return np.ldexp(np.where(few, left, 0.0), -self.exponent)

    def let_out(self, mean: np.ndarray, std: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation (m,) of what was not drawn in: the curve undone, and its slope."""
        mean, std, most = untame(mean, self.exponent), untame(std, self.exponent), np.finfo(float).max
        with np.errstate(over="ignore"):
            over = np.maximum(mean / self.unit - self.limit / self.unit, 0)
            far = np.minimum(self.limit + self.unit * np.expm1(over), most)
            return np.where(over > 0, far, mean), np.minimum(std * np.exp(over), most)
