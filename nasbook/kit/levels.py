"""Levels of fidelity that grow by a factor, and those of a task that they can meet.

r_i = ⌊R / η^(s-i)⌋,  i = 0 … s        s is the largest number with r η^s ≤ R

They are counted down from R in whole numbers, so R = 243 with η = 3 has 6 of them (log 243 / log 3 is 4.999… in
floating point, and its floor would lose one).
"""

from __future__ import annotations

from collections.abc import Sequence

from nasbook.task import Fidelity


def rung_levels(r: int, R: int, eta: int) -> tuple[int, ...]:
    """r_0 < … < r_s = R in epochs: R, ⌊R/η⌋, ⌊R/η²⌋ … as far down as r."""
    s = 0
    while r * eta ** (s + 1) <= R:
        s += 1
    return tuple(R // eta ** (s - i) for i in range(s + 1))


def fitting(fidelity: Fidelity) -> tuple[int, int] | None:
    """(r, η) with the fewest levels left out at the bottom, then the smallest η, whose rungs are all levels of the
    task; None if there is none with two rungs."""
    R = int(fidelity.max)
    for r in (int(x) for x in fidelity.levels[:-1] if x >= 1):
        for eta in range(2, R // r + 1):
            levels = rung_levels(r, R, eta)
            if len(levels) > 1 and all(map(fidelity.allows, levels)):
                return r, eta
    return None


def way_out(fidelity: Fidelity) -> str:
    """What would be right, for the end of a sentence."""
    if (found := fitting(fidelity)) is None:
        return f"no eta leads along {listed(fidelity.levels)}; use 'random', which evaluates each trial whole"
    return f"min_fidelity={found[0]} with eta={found[1]} fits"


def listed(levels: Sequence[float]) -> str:
    """The levels in words; many are cut short."""
    shown = [f"{x:g}" for x in levels]
    return ", ".join(shown if len(shown) <= 12 else [*shown[:6], "…", *shown[-3:]])
