"""Particle swarm: particles fly through the unit cube, drawn towards their own best place and towards the swarm's.

    v ← w v + c_1 r_1 (p - x) + c_2 r_2 (g - x),   r_1, r_2 ~ U[0, 1]^d, one for each coordinate
    x ← x + v

p is the best place of the particle, g the best of all. With w = 0.7298 and c_1 = c_2 = 1.49618 the swarm contracts
(Clerc & Kennedy's constriction); larger w explores longer, and above about 1 the swarm flies apart. A speed is at most
`speed` in each coordinate; at the wall a particle stops, and that coordinate of its velocity is 0.

Int and ordered Choice take the value in whose cell the particle is. Where x, p and g are in one cell, only inertia is
left of v, and once that has gone nothing leads out of the cell: a swarm that agrees on whole numbers would try the same
ones for ever. Each such coordinate is drawn anew with probability 1/d, the "craziness" of the first swarms.

Particles move one after the other, each with the best places known then, so g changes within a round ("asynchronous"
swarm). A particle flies on when its result is there: more workers than particles do not help. A failed or pruned trial
is no best place, and a particle that has none begins anew at random. Configurations from outside can become g.

Papers: Kennedy & Eberhart, Particle Swarm Optimization, 1995 (with craziness in its first swarms); Clerc & Kennedy,
2002; van den Bergh & Engelbrecht, A New Locally Convergent Particle Swarm Optimiser, 2002 (why a swarm stands still);
the start (v = (u - x) / 2, u uniform) and the wall are those of Standard PSO 2006. Read first: `propose`. Left out:
neighbourhoods smaller than the swarm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbook.hpo.parts.margin import cells
from nasbook.kit.checks import needs_numbers, setting, whole, within
from nasbook.method import Method, Proposal
from nasbook.space import Space
from nasbook.trace import Trial


@dataclass(frozen=True)
class PSOSettings:
    particles: int = setting(10, "Size of the swarm.")
    w: float = setting(0.7298, "Inertia: how much of its velocity a particle keeps.")
    c_1: float = setting(1.49618, "Pull towards the particle's own best place.")
    c_2: float = setting(1.49618, "Pull towards the swarm's best place.")
    speed: float = setting(0.5, "Largest step along an axis, as a part of its range.")

    def __post_init__(self) -> None:
        whole("particles", self.particles, 1)
        for name in ("w", "c_1", "c_2"):
            within(name, getattr(self, name), 0)
        within("speed", self.speed, 0, 1, above=True)


@dataclass(frozen=True, eq=False)
class Flight:
    """The last step of a particle, and the three parts of its velocity before any limit."""

    particle: int
    start: np.ndarray  # (d,)
    inertia: np.ndarray  # (d,) w v
    own: np.ndarray  # (d,) c_1 r_1 (p - x)
    swarm: np.ndarray  # (d,) c_2 r_2 (g - x)


@dataclass(frozen=True, eq=False)
class PSOView:
    """The swarm after the step that made the next trial."""

    positions: np.ndarray  # (n, d) in the unit cube
    velocities: np.ndarray  # (n, d)
    best_positions: np.ndarray  # (n, d) p of each particle; NaN where it has none yet
    best_values: np.ndarray  # (n,) inf where it has none yet
    best: np.ndarray | None  # (d,) g
    flight: Flight | None  # None for a particle that starts


class ParticleSwarm(Method):
    name = "particle-swarm"
    Settings = PSOSettings
    View = PSOView

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        shape = self.settings.particles, space.d
        self.x, self.v = np.full(shape, np.nan), np.zeros(shape)
        self.p, self.p_value = np.full(shape, np.nan), np.full(len(self.x), np.inf)
        self.g: np.ndarray | None = None
        self.g_value = np.inf
        self.cells = cells(space)
        self._turn = 0  # the next particle
        self._flying: dict[int, int] = {}  # trial id -> particle
        self._flight: Flight | None = None

    def check_space(self, space: Space) -> None:
        super().check_space(space)
        needs_numbers(self.name, space)

    def before_ask(self) -> None:
        self._flight = None

    def propose(self) -> Proposal | None:
        n = len(self.x)
        free = [k for k in (self._turn + np.arange(n)) % n if k not in self._flying.values()]
        if not free:
            return None  # every particle waits for its result
        k = int(free[0])
        self._turn = k + 1
        if np.isinf(self.p_value[k]):
            self._start(k)
        else:
            self._move(k)
        self._flying[self.next_id] = k
        return Proposal(self.space.decode(self.x[k]), info={"particle": k})

    def _start(self, k: int) -> None:
        self.x[k] = self.rng.random(self.space.d)
        self.v[k] = ((self.rng.random(self.space.d) - self.x[k]) / 2).clip(-self.settings.speed, self.settings.speed)

    def _move(self, k: int) -> None:
        s, x, d = self.settings, self.x[k].copy(), self.space.d
        assert self.g is not None
        inertia = s.w * self.v[k]
        own = s.c_1 * self.rng.random(d) * (self.p[k] - x)
        swarm = s.c_2 * self.rng.random(d) * (self.g - x)
        self._flight = Flight(k, x, inertia, own, swarm)
        self.v[k] = (inertia + own + swarm).clip(-s.speed, s.speed)
        inside = (x + self.v[k] >= 0) & (x + self.v[k] <= 1)
        self.x[k] = (x + self.v[k]).clip(0, 1)
        self.v[k] = np.where(inside, self.v[k], 0)
        crazy = self._stuck(k, x) & (self.rng.random(d) < 1 / d) if self.cells else np.zeros(d, bool)
        self.x[k], self.v[k] = np.where(crazy, self.rng.random(d), self.x[k]), np.where(crazy, 0, self.v[k])

    def _stuck(self, k: int, before: np.ndarray) -> np.ndarray:
        """(d,) True where particle k was, is, and is drawn to one cell."""
        assert self.g is not None
        four, stuck = np.stack([before, self.x[k], self.p[k], self.g]), np.zeros(self.space.d, bool)
        for j, parameter in self.cells.items():
            stuck[j] = len(set(parameter.cell(four[:, j])[0].tolist())) == 1
        return stuck

    def observe(self, trial: Trial) -> None:
        k = self._flying.pop(trial.id, None)
        if trial.status != "done" or trial.value is None:
            return
        x = self.space.encode(trial.config) if k is None else self.x[k].copy()
        if k is not None and trial.value < self.p_value[k]:
            self.p[k], self.p_value[k] = x, trial.value
        if trial.value < self.g_value:
            self.g, self.g_value = x, trial.value

    def view(self) -> PSOView:
        return PSOView(self.x.copy(), self.v.copy(), self.p.copy(), self.p_value.copy(), self.g, self._flight)
