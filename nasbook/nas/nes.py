"""Neural ensemble search: look for networks that are good together, not for the one that is best alone.

    1. P random architectures, each trained once, are the population, and the beginning of the pool
    2. until the pool has K:   {a_1 … a_m} ← select(population, m);   parent ~ U{a_1 … a_m}
                               train a mutant of the parent; it joins the pool and the population, whose oldest dies
    3. ensemble ← select(pool, M)

    select(A, m):   S ← ∅;  m times:  S ← S ∪ argmin_{a ∈ A∖S} NLL( mean of p_b over b ∈ S ∪ {a} )    on validation rows

p_a (n, classes) are the probabilities that the network of a gives the validation images. A parent must be good for an
ensemble: one that errs where the others are right has children, though it is not the best. This is NES-RE; with
`evolve=False` all K are random, NES-RS. Everything that was trained may become a member; a network trained twice with
two seeds is two members.

Each trial is one training, its value the error of that network alone; `ensemble_nll` and `ensemble_error` among its
metrics are those of the ensemble of M that would be selected then, on the rows that select it: too good, see
nasbook.kit.ensemble.nested.

Paper: Zaidi, Zela, Elsken, Holmes, Hutter & Teh, Neural Ensemble Search for Uncertainty Estimation and Dataset Shift,
NeurIPS 2021. Read first: `born`. Their P, m and K are 50, 10 and 400; here they are for the few minutes that forty
small trainings take. Left out: their selection on shifted images.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from nasbook.kit.checks import flag, setting, whole
from nasbook.kit.ensemble import Selection, correlation, error, greedy, nll
from nasbook.kit.state import Resumable, State
from nasbook.kit.threads import one_thread_a_step
from nasbook.space import Config
from nasbook.task import Predicts, Task, trial_seed
from nasbook.trace import Trial
from nasbook.views import Kept, equally_long


@dataclass(frozen=True)
class NESSettings:
    pool: int = setting(40, "Trainings in all, each of which may become a member (K).")
    members: int = setting(5, "Members of the ensemble (M).")
    evolve: bool = setting(True, "Mutants of what is good for an ensemble; if not, all are random.", (True, False))
    population: int = setting(10, "How many live at a time (P).")
    parents: int = setting(5, "Members of the small ensemble, selected from them, of which one has a child (m).")

    def __post_init__(self) -> None:
        for name in ("pool", "members", "parents"):
            whole(name, getattr(self, name), 1)
        whole("population", self.population, 2)
        flag("evolve", self.evolve)


@dataclass(frozen=True)
class NESView(Kept):
    """After a training: who would be in the ensemble now, and on the validation rows what each is worth."""

    alive: tuple[int, ...]  # the population: trial ids, oldest first
    parents: tuple[int, ...]  # of those that could have had the child; none before a random one
    parent: int | None
    ensemble: tuple[int, ...]  # trial ids, in the order of selection
    nll: tuple[float, ...]  # of the ensemble of the first one, two, …
    alone: tuple[float, ...]  # NLL of each of these members
    alike: tuple[tuple[float, ...], ...]  # correlation of their mistakes

    def __post_init__(self) -> None:
        equally_long(self, "ensemble", "nll", "alone", "alike")
        if any(len(row) != len(self.alike) for row in self.alike):
            raise ValueError("alike must be square")


class NES(Resumable):
    """After a run, `pool` holds the configurations that were trained, by trial id, and `P` their predictions."""

    name = "nes"
    Settings = NESSettings
    View = NESView

    @one_thread_a_step
    def run(self, task: Task) -> Iterator[tuple[Trial, NESView]]:
        """Train, and yield after each training. ValueError if the task does not tell what its networks predict."""
        if not isinstance(task, Predicts):
            raise ValueError(
                f"{self.name} needs the predictions of trained networks, and {task.name} tells none; use 'digits-cells'"
            )
        self.y = task.labels("val")
        self.count, self.pool, self.P, self.population = 0, dict[int, Config](), dict[int, np.ndarray](), list[int]()
        if self.saved:
            self._load(self.saved)
        while self.count < self.settings.pool:
            begin, config = time.perf_counter(), self.born()
            p = task.predict(config, seed=trial_seed(self.seed, self.count))["val"]
            if finite := bool(np.isfinite(p).all()):
                self.pool[self.count], self.P[self.count] = config, np.asarray(p, float)
                self.population = [*self.population, self.count][-self.settings.population :]
            yield self._ended(config, time.perf_counter() - begin, finite)

    def born(self) -> Config:
        """The next architecture: random at first, then a mutant of one that is good among others."""
        s = self.settings
        self.parents, self.parent = tuple[int, ...](), None
        if not s.evolve or len(self.population) < s.population:
            return self.space.sample(self.rng)
        self.parents = self.select(self.population, s.parents)[0]
        self.parent = int(self.rng.choice(self.parents))
        return self.space.mutate(self.pool[self.parent], self.rng)

    def select(self, ids: list[int], size: int) -> tuple[tuple[int, ...], Selection]:
        """`size` of these trainings, or all if they are fewer: their ids in the order in which they were taken."""
        chosen = greedy(np.array([self.P[i] for i in ids]), self.y, nll, min(size, len(ids)), replace=False)
        return tuple(ids[i] for i in chosen.order), chosen

    def _ended(self, config: Config, seconds: float, finite: bool) -> tuple[Trial, NESView]:
        number, M = self.count, self.settings.members
        self.count += 1
        ensemble, chosen = self.select(list(self.pool), M) if self.pool else ((), Selection(0, (), ()))
        P = np.array([self.P[i] for i in ensemble])
        alike = correlation(P, self.y).tolist() if ensemble else []
        view = NESView(
            tuple(self.population),
            self.parents,
            self.parent,
            ensemble,
            chosen.losses,
            tuple(nll(p, self.y) for p in P),
            tuple(map(tuple, alike)),
        )
        info = {} if self.parent is None else {"parent": self.parent}
        trial = Trial(number, config, cost=seconds, info=info)
        if not finite:
            return replace(trial, status="failed", reason="diverged: its predictions are not finite"), view
        wrong = error(self.P[number], self.y)
        metrics = {"accuracy": 1 - wrong, "nll": nll(self.P[number], self.y)}
        metrics |= {"ensemble_nll": chosen.losses[-1], "ensemble_error": error(P.mean(0), self.y)}
        return replace(trial, status="done", value=wrong, metrics=metrics), view

    def state(self) -> State:
        """All that was trained, and what it predicts."""
        P = {str(i): torch.from_numpy(p) for i, p in self.P.items()}
        pool = {str(i): config for i, config in self.pool.items()}
        rng = self.rng.bit_generator.state
        return {"count": self.count, "pool": pool, "P": P, "population": self.population, "rng": rng}

    def _load(self, saved: State) -> None:
        self.count, self.population = saved["count"], saved["population"]
        self.pool = {int(i): config for i, config in saved["pool"].items()}
        self.P = {int(i): p.numpy() for i, p in saved["P"].items()}
        self.rng.bit_generator.state = saved["rng"]
