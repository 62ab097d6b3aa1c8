"""Levels of fidelity that grow by a factor, and those of a task that they can meet.

r_i = ⌊R / η^(s-i)⌋,  i = 0 … s        s is the largest number with r η^s ≤ R

They are counted down from R in whole numbers, so R = 243 with η = 3 has 6 of them (log 243 / log 3 is 4.999… in
floating point, and its floor would lose one).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nasbook.kit.checks import setting, whole
from nasbook.space import Arguments
from nasbook.task import Fidelity

MOST = 100_000  # configurations that a first rung may hold


def rung_levels(r: int, R: int, eta: int) -> tuple[int, ...]:
    """r_0 < … < r_s = R in epochs: R, ⌊R/η⌋, ⌊R/η²⌋ … as far down as r."""
    s = 0
    while r * eta ** (s + 1) <= R:
        s += 1
    return tuple(R // eta ** (s - i) for i in range(s + 1))


@dataclass(frozen=True)
class Epochs:
    """The range of fidelities, for methods with rungs."""

    min_fidelity: int = setting(1, "Epochs of the shortest training (r).")
    max_fidelity: int = setting(27, "Epochs of a full training (R); the task must allow so many.")
    eta: int = setting(3, "One configuration of so many goes on to the next rung (η).")

    def __post_init__(self) -> None:
        whole("min_fidelity", self.min_fidelity, 1, math.inf)
        whole("max_fidelity", self.max_fidelity, 1, math.inf)
        whole("eta", self.eta, 2)
        if self.max_fidelity < self.eta * self.min_fidelity:
            raise ValueError(
                f"max_fidelity={self.max_fidelity} leaves a single rung, so nothing can be promoted; with min_fidelity="
                f"{self.min_fidelity} and eta={self.eta} it must be at least {self.eta * self.min_fidelity}"
            )
        if (n := self.eta ** (len(self.levels) - 1)) > MOST:
            raise ValueError(f"max_fidelity={self.max_fidelity:,} begins with {n:,} configurations; raise min_fidelity")

    @property
    def levels(self) -> tuple[int, ...]:
        return rung_levels(self.min_fidelity, self.max_fidelity, self.eta)


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


def reachable(name: str, settings: Arguments, fidelity: Fidelity, eta: int) -> Arguments:
    """The settings of a method of this name with the task's range where none is set; and where η is not set and its
    default misses the task's levels, with one that meets them. ValueError where there is none."""
    if fidelity.min == fidelity.max:
        only = f"this task is evaluated at {fidelity.max:g} {fidelity.unit}{'' if fidelity.max == 1 else 's'} only"
        raise ValueError(f"{name} compares trainings of several lengths, and {only}; use 'random'")
    if any(x % 1 for x in fidelity.levels) or fidelity.max <= 1:
        levels = listed(fidelity.levels or (fidelity.min, fidelity.max))
        here = f"this task is evaluated at {levels} {fidelity.unit}s"
        raise ValueError(f"{name} counts in whole numbers, and {here}; count in a smaller unit, or use 'random'")
    own = {"min_fidelity": max(1, math.ceil(fidelity.min)), "max_fidelity": int(fidelity.max)} | dict(settings)
    if not {"eta", "min_fidelity", "max_fidelity"} & set(settings):
        default = rung_levels(own["min_fidelity"], own["max_fidelity"], eta)
        if len(default) < 2 or not all(map(fidelity.allows, default)):
            found = fitting(fidelity) if fidelity.levels else (own["min_fidelity"], 2)
            if found is None:
                raise ValueError(f"{name}: {way_out(fidelity)}")
            own["min_fidelity"], own["eta"] = found
    return own


def check_levels(name: str, s: Epochs, fidelity: Fidelity, trials: int | None, n: int) -> None:
    """ValueError where a task has not the rungs of these settings `s`, or where so many trials end before the `n` new
    configurations that are trained before one can be promoted."""
    if not fidelity.min <= s.levels[0] < s.max_fidelity <= fidelity.max:
        raise ValueError(
            f"{name}: this task can be trained for {fidelity.min:g} to {fidelity.max:g} {fidelity.unit}s, "
            f"not for min_fidelity={s.min_fidelity} to max_fidelity={s.max_fidelity}"
        )
    if wrong := [r for r in s.levels if not fidelity.allows(r)]:
        raise ValueError(
            f"{name}: this task has {listed(fidelity.levels)} {fidelity.unit}s, not the {wrong[0]} of a rung "
            f"of min_fidelity={s.min_fidelity}, max_fidelity={s.max_fidelity}, eta={s.eta}; {way_out(fidelity)}"
        )
    if trials is not None and trials <= n:
        raise ValueError(
            f"{name}: trials={trials} is too few, because the first {n} are new configurations and none "
            f"goes on before; give {n + 1} trials or more, another min_fidelity, or use 'random'"
        )
