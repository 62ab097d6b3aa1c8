"""A scrambled Sobol sequence: of every 2^k points one lies in each of 2^k equal boxes, for many ways to cut the cube.

Coordinate j has direction numbers v_1, …, v_30 of 30 bits. The first s are given, the others follow from a polynomial
over the integers modulo 2,  x^s + a_1 x^{s-1} + … + a_{s-1} x + 1:

    v_i = a_1 v_{i-1} ⊕ … ⊕ a_{s-1} v_{i-s+1} ⊕ v_{i-s} ⊕ v_{i-s} / 2^s
    x_0 = shift,   x_{i+1} = x_i ⊕ v_c,   c: the place of the lowest 0 among the bits of i

Scrambled: a random lower triangular matrix is multiplied to the bits of each v_i, and the shift is random; so each
point is uniform on its own, and the evenness stays. The points are those of scipy.stats.qmc.Sobol, bit for bit; only
that importing scipy.stats takes longer than the first picture of a lab should.

Papers: Sobol' 1967; Antonov & Saleev 1979 (the order of the points); Matoušek 1998 (scrambling). The given numbers:
Joe & Kuo, Constructing Sobol sequences with better two-dimensional projections, 2008.
"""

from __future__ import annotations

from functools import cache

import numpy as np

BITS = 30
GIVEN = (  # of the coordinates after the first: the bits 1 a_1 … a_{s-1} 1 of the polynomial, and 2^i v_i for i ≤ s
    (3, [1]), (7, [1, 3]), (11, [1, 3, 1]), (13, [1, 1, 1]), (19, [1, 1, 3, 3]), (25, [1, 3, 5, 13]),
    (37, [1, 1, 5, 5, 17]), (41, [1, 1, 5, 5, 5]), (47, [1, 1, 7, 11, 19]), (55, [1, 1, 5, 1, 1]),
    (59, [1, 1, 1, 3, 11]), (61, [1, 3, 5, 5, 31]), (67, [1, 3, 3, 9, 7, 49]), (91, [1, 1, 1, 15, 21, 21]),
    (97, [1, 3, 1, 13, 27, 49]), (103, [1, 1, 1, 15, 7, 5]), (109, [1, 3, 1, 15, 13, 25]), (115, [1, 1, 5, 5, 19, 61]),
)  # fmt: skip


def quasi_random(d: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """n points (a power of two) that fill [0, 1]^d evenly, (n, d): a scrambled Sobol sequence."""
    if d > 1 + len(GIVEN):
        from scipy.stats import qmc  # which knows the numbers of 21,201 coordinates

        return qmc.Sobol(d, rng=rng).random(n)
    (own,) = rng.spawn(1)
    bits = 1 << np.arange(BITS, dtype=np.uint32)
    shift = own.integers(2, size=(d, BITS), dtype=np.uint32) @ bits
    matrix = np.tril(own.integers(2, size=(d, BITS, BITS), dtype=np.uint32))
    v = scrambled(directions(d), matrix)
    lowest = [(~i & (i + 1)).bit_length() - 1 for i in range(n - 1)]  # the place of the lowest 0
    moves = np.concatenate([shift[None], v.T[lowest]])
    return np.bitwise_xor.accumulate(moves, axis=0) / 2**BITS


@cache
def directions(d: int) -> np.ndarray:
    """2^30 v_i of each coordinate, (d, 30)."""
    rows = [[1] * BITS]  # v_i = 2^-i
    for polynomial, given in GIVEN[: d - 1]:
        s, row = len(given), list(given)
        for i in range(s, BITS):  # here as 2^{i+1} v_{i+1}, whole numbers
            new = row[i - s]
            for k in range(1, s + 1):
                if polynomial >> (s - k) & 1:
                    new ^= row[i - k] << k
            row.append(new)
        rows.append(row)
    return np.array([[m << (BITS - 1 - i) for i, m in enumerate(row)] for row in rows], dtype=np.uint32)


def scrambled(v: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """The bits of each number (d, 30), highest first, times lower triangular matrices (d, 30, 30), modulo 2."""
    down = np.arange(BITS)[::-1]
    bits = (v[:, :, None] >> down) & 1  # (d, 30 numbers, 30 bits)
    matrix = matrix | np.eye(BITS, dtype=np.uint32)
    return ((bits @ matrix.swapaxes(1, 2) & 1) << down).sum(-1).astype(np.uint32)
