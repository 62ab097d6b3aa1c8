"""Values of any size, as numbers that can be computed with.

Squares overflow above 10¹⁵⁴, differences above half of 10³⁰⁸, and next to 0 no smaller steps are left. A power of two
changes no digit of a number; so where values are of such a size, a method that does more than compare them divides
them by one first.
"""

from __future__ import annotations

import numpy as np

FAR = 256  # values between 2⁻²⁵⁶ and 2²⁵⁶, about 10⁻⁷⁷ to 10⁷⁷, are left as they are


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
