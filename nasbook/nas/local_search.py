"""Local search: look at the neighbours of an architecture, move to a better one, and start anew where there is none.

    a ← a random architecture
    repeat:  evaluate the neighbours of a (those that differ in one decision), in random order
             a ← the best of them, if it is better than a
             otherwise a is a local minimum: a ← another random architecture

With `move="first"` it moves as soon as it meets a better neighbour. On small cells it is a strong baseline: where one
changed operation rarely changes the accuracy much, almost every way downhill ends near the best.

Paper: White, Nolen & Savani, Exploring the Loss Landscape in Neural Architecture Search, UAI 2021 (algorithm 1; their
"query until lower" is `move="first"`). Read first: `propose`. It works on any space; a Float's neighbours are ±10 % of
its range. What was evaluated once is not evaluated again. Failed trials are never better.
"""

from __future__ import annotations

from dataclasses import dataclass

from nasbook.kit.checks import one_of, setting
from nasbook.method import Method, Proposal
from nasbook.space import Config, Space
from nasbook.trace import Trial

MOVES = ("best", "first")


@dataclass(frozen=True)
class LocalSearchSettings:
    move: str = setting("best", "Move to the best of all neighbours, or to the first better one.", MOVES)

    def __post_init__(self) -> None:
        one_of("move", self.move, MOVES)


@dataclass(frozen=True)
class LocalSearchView:
    """Where the search stood when it chose."""

    centre: Trial | None  # whose neighbours are looked at; None before a random start has a value
    seen: tuple[Trial, ...]  # neighbours of the centre that have a value, in the order of their ends
    left: int  # neighbours that are still to be asked for
    walk: tuple[int, ...]  # ids of the centres since the last random start
    minima: tuple[int, ...]  # ids of the local minima found so far


class LocalSearch(Method):
    name = "local-search"
    Settings = LocalSearchSettings
    View = LocalSearchView

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.known: dict[tuple, Trial] = {}  # what has a value, by the key of its configuration
        self.walk: list[Trial] = []
        self.minima: list[int] = []
        self.left: list[Config] = []

    @property
    def centre(self) -> Trial | None:
        return self.walk[-1] if self.walk else None

    def propose(self) -> Config | Proposal | None:
        asked = self.tried
        while True:
            self.left = [c for c in self.left if self.space.key(c) not in asked]
            if self.centre is None:  # of several random starts in flight, the first to end is the centre
                return self._start(asked)
            if self.left:
                return Proposal(self.left.pop(), info={"parent": self.centre.id})
            if any(t.info.get("parent") == self.centre.id for t in self.pending.values()):
                return None  # one of them may be better
            better = min(self._seen(), key=lambda t: t.loss, default=self.centre)
            if better.loss < self.centre.loss:
                self._move(better)
            else:
                self.minima.append(self.centre.id)
                self.walk = []

    def observe(self, trial: Trial) -> None:
        if trial.status != "done":
            return
        self.known.setdefault(self.space.key(trial.config), trial)
        sent = trial.info.get("by") == "user" or self.settings.move == "first"
        if self.centre is None or (sent and trial.loss < self.centre.loss):
            self._move(trial)

    def _start(self, asked: set[tuple]) -> Config:
        for _ in range(100):  # a space that is nearly exhausted may need repetitions
            config = self.space.sample(self.rng)
            if self.space.key(config) not in asked:
                break
        return config

    def _move(self, trial: Trial) -> None:
        self.walk.append(trial)
        near = self.space.neighbours(trial.config)
        self.left = [near[i] for i in self.rng.permutation(len(near))]

    def _seen(self) -> list[Trial]:
        """The neighbours of the centre that have a value."""
        keys = [] if self.centre is None else [self.space.key(c) for c in self.space.neighbours(self.centre.config)]
        return sorted((self.known[k] for k in keys if k in self.known), key=lambda t: t.end or 0.0)

    def view(self) -> LocalSearchView:
        walk = tuple(t.id for t in self.walk)
        return LocalSearchView(self.centre, tuple(self._seen()), len(self.left), walk, tuple(self.minima))
