"""DEHB: Hyperband whose new configurations come from differential evolution, with one population for each fidelity.

    population P_r of fidelity r: as many vectors of the unit cube as the largest rung with r epochs has places
    the first s_max + 1 brackets promote as Hyperband does; what was promoted takes part in the next population

    afterwards, and at the start of every bracket, a new trial of fidelity r is made for the next target x of P_r:
      donor   v = a + F (b - c)         a, b, c: different vectors of the parent pool                  rand/1
      trial   u_j = v_j with probability CR (one j surely), else x_j                                   bin
      x ← u where f_r(u) ≤ f_r(x)
      parent pool: the n best of the population one rung below, in a first rung of P_r itself (n: places in this rung);
                   fewer than three are filled up at random from all populations

So good vectors of short trainings steer the search among long ones. Such a trial is new: it trains from the start, and
only promoted ones go on. A coordinate that leaves [0, 1] is drawn anew. A target that has not been evaluated is tried
as it is. A failed trial loses. Brackets are those of rule "table", as in the authors' program, and a worker that would
have to wait begins the next bracket. Encoding of choices and conditions: as in differential_evolution.py.

Paper: Awad, Mallik & Hutter, DEHB: Evolutionary Hyperband for Scalable, Robust and Efficient Hyperparameter
Optimization, IJCAI 2021. Read first: `choose`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbook.hpo.hyperband import Hyperband, HyperbandSettings
from nasbook.hpo.parts.brackets import Bracket
from nasbook.hpo.parts.rand1bin import rand_1_bin
from nasbook.hpo.successive_halving import HalvingView
from nasbook.kit.checks import setting, within
from nasbook.method import Proposal
from nasbook.space import Config, Space
from nasbook.trace import Trial
from nasbook.trial import Info

Array = np.ndarray


@dataclass(frozen=True)
class DEHBSettings(HyperbandSettings):
    rule: str = setting("table", "How many configurations begin a bracket.", ("algorithm", "table"))
    F: float = setting(0.5, "Factor of the difference.")
    CR: float = setting(0.5, "Probability that a coordinate comes from the donor.")

    def __post_init__(self) -> None:
        super().__post_init__()
        within("F", self.F, 0, 2, above=True)
        within("CR", self.CR, 0, 1)


@dataclass
class Population:
    """The vectors of one fidelity."""

    vectors: Array  # (N, d)
    values: Array  # (N,) inf where a member has not been evaluated
    turn: int = 0  # the next target


@dataclass(frozen=True, eq=False)
class Mutation:
    """How a trial vector was made."""

    fidelity: int
    target: int  # row of the population
    parents: Array  # (3, d) a, b, c
    donor: Array  # (d,) v, inside the cube
    mask: Array  # (d,) True where the trial takes the donor's coordinate
    trial: Array  # (d,) u


@dataclass(frozen=True, eq=False)
class DEHBView(HalvingView):
    """Brackets as Hyperband's; of each fidelity the vectors and their values; how the last vector was made.

    After the first brackets, `promoted` of a rung are those that opened places in the next; they do not go on."""

    populations: dict[int, tuple[Array, Array]]
    mutation: Mutation | None


class DEHB(Hyperband):
    name = "dehb"
    independent = False  # each changes the population that the next comes from
    View = DEHBView
    Settings = DEHBSettings

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        places: dict[int, int] = {}
        for n, r in (rung for table in self.tables for rung in table):
            places[r] = max(n, places.get(r, 0))
        self.populations = {
            r: Population(self.rng.random((n, space.d)), np.full(n, np.inf)) for r, n in sorted(places.items())
        }
        self._flying: dict[int, tuple[int, int, Array]] = {}  # trial id -> fidelity, target, vector
        self._asked_for: dict[int, tuple[Array, Config]] = {}  # trial id -> vector and configuration, for promotion
        self._mutation: Mutation | None = None

    def before_ask(self) -> None:
        self._mutation = None

    def choose(self, bracket: Bracket, before: Trial | None, wanted: Proposal | None) -> tuple[Config, Info]:
        n, r = bracket.table[bracket.rung]
        P, target = self.populations[r], self.turn(r)
        info: Info = {"target": target}
        busy = {(r_, i) for r_, i, _ in self._flying.values()}
        config: Config | None = None
        if before is not None and (bracket.number < len(self.tables) or wanted):  # a promotion
            u, config = self._asked_for[before.id]
            info["continues"] = before.info.get("continues", before.id)
        elif wanted:
            config, u = wanted.config, self.vector(wanted.config)
        elif before is None and np.isinf(P.values[target]) and (r, target) not in busy:
            u = P.vectors[target]
        else:
            below = self.populations[bracket.table[bracket.rung - 1][1]] if before is not None else P
            best = np.argsort(below.values, kind="stable")[:n]
            self._mutation = self.mutate(r, target, below.vectors[best])
            u = self._mutation.trial
        config = self.space.decode(u) if config is None else config
        self._flying[self.next_id], self._asked_for[self.next_id] = (r, target, u), (u, config)
        return config, info

    def place(self, known: Proposal) -> Proposal:
        """Without a place in a rung, a known trial still takes part in the population of its epochs."""
        placed, r = super().place(known), self.epochs(known)
        if placed is known and r in self.populations:
            self._flying[self.next_id] = (int(r), self.turn(int(r)), self.vector(known.config))
        return placed

    def turn(self, r: int) -> int:
        """The next target of P_r."""
        P = self.populations[r]
        target, P.turn = P.turn, (P.turn + 1) % len(P.vectors)
        return target

    def vector(self, config: Config) -> Array:
        """A configuration from outside; coordinates that it lacks are drawn."""
        u = self.space.encode(config)
        return np.where(np.isnan(u), self.rng.random(len(u)), u)

    def mutate(self, r: int, target: int, pool: Array) -> Mutation:
        """Donor and trial for a target of P_r, from parents in `pool` (m, d)."""
        x, F, CR = self.populations[r].vectors[target], self.settings.F, self.settings.CR
        if len(pool) < 3:
            everyone = np.concatenate([P.vectors for P in self.populations.values()])
            pool = np.concatenate([pool, everyone[self.rng.choice(len(everyone), 3 - len(pool), replace=False)]])
        parents = a, b, c = pool[self.rng.choice(len(pool), 3, replace=False)]
        return Mutation(r, target, parents, *rand_1_bin(x, a, b, c, F, CR, self.rng))

    def observe(self, trial: Trial) -> None:
        super().observe(trial)
        if trial.id in self._flying:
            r, target, u = self._flying.pop(trial.id)
            P = self.populations[r]
            if trial.loss < np.inf and trial.loss <= P.values[target]:
                P.vectors[target], P.values[target] = u, trial.loss
            elif np.isinf(P.values[target]) and trial.loss == np.inf:
                P.vectors[target] = self.rng.random(self.space.d)

    def view(self) -> DEHBView:
        halving = super().view()
        populations = {r: (P.vectors.copy(), P.values.copy()) for r, P in self.populations.items()}
        return DEHBView(halving.tables, halving.brackets, populations, self._mutation)
