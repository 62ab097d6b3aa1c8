"""Hyperband: successive halving with several exchange rates between many configurations and long trainings.

    bracket s = s_max … 0:   n configurations begin with R / η^s epochs, then successive halving
    n = ⌈ (s_max + 1) / (s + 1) · η^s ⌉      rule "algorithm": Algorithm 1 of the paper
    n = ⌊ (s_max + 1) / (s + 1) ⌋ · η^s      rule "table": Table 1 of the paper, HpBandSter and DEHB
    n_i = ⌊n / η^i⌋,   r_i = ⌊R / η^(s-i)⌋   i = 0 … s;   s_max is the largest s with r η^s ≤ R

The first bracket stops most trials early; the last one, s = 0, trains every configuration fully, so where short
trainings mislead, only a factor of about s_max + 1 is lost. Each bracket costs about (s_max + 1) R epochs or less.
After the last bracket the first comes again. The two rules differ: R = 81, η = 3 begins with 81, 34, 15, 8, 5 or with
81, 27, 9, 6, 5 configurations. `brackets` computes in whole numbers, because floor(log R / log η) loses a bracket at
R = 243, η = 3.

With several workers, one that would have to wait for the end of a rung begins the next bracket, as HpBandSter does.

Paper: Li, Jamieson, DeSalvo, Rostamizadeh & Talwalkar, Hyperband, JMLR 2018. Read first: `brackets`, then
successive_halving.py, which does the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

from nasbook.hpo.parts.brackets import Table
from nasbook.hpo.successive_halving import SuccessiveHalving
from nasbook.kit.checks import one_of, setting
from nasbook.kit.levels import Epochs, rung_levels

RULES = ("algorithm", "table")


def brackets(R: int, eta: int, rule: str = "algorithm", r: int = 1) -> tuple[Table, ...]:
    """The table ((n_0, r_0), (n_1, r_1) …) of each bracket, the one with the most configurations first."""
    one_of("rule", rule, RULES)
    levels = rung_levels(r, R, eta)
    s_max = len(levels) - 1
    tables = []
    for s in range(s_max, -1, -1):
        if rule == "algorithm":
            n = -(-(s_max + 1) * eta**s // (s + 1))  # the ceiling
        else:
            n = (s_max + 1) // (s + 1) * eta**s
        tables.append(tuple((n // eta**i, levels[s_max - s + i]) for i in range(s + 1)))
    return tuple(tables)


@dataclass(frozen=True)
class HyperbandSettings(Epochs):
    rule: str = setting("algorithm", "How many configurations begin a bracket.", RULES)

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("rule", self.rule, RULES)


class Hyperband(SuccessiveHalving):
    name = "hyperband"
    Settings = HyperbandSettings
    overlap = True

    def plan(self) -> tuple[Table, ...]:
        s = self.settings
        return brackets(s.max_fidelity, s.eta, s.rule, s.min_fidelity)
