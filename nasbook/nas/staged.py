"""An architecture and its training, searched together or one after the other: five protocols of one budget.

    "joint"                 one search of the whole space
    "architecture first"    the recipe is frozen at its default; then the best architecture's recipe is tuned
    "recipe first"          the other way: the recipe is tuned on a default architecture, which is searched afterwards
    "in turns"              the two alternate, and each turn starts from the best so far
    "recipe fixed"          the architecture alone; the recipe stays the default

A turn is a search of the part that is free by another method; the rest of the space is a Constant in it. What earlier
turns have found of this smaller space is known to it. So every protocol is one search with one budget, and can be
exported, killed, resumed and compared like any other.

The parameters are divided where the space was joined: those of a registered search space of architectures, and the
others (nasbook.nas.parts.paths.inside). A space without either has nothing to divide and is searched whole. A turn in
which nothing of its part is left to choose, as where a recipe exists with other architectures only, goes on with the
other part. Read first: `_turn`, then `frozen`. For what a joint search may gain see Zela, Klein, Falkner & Hutter,
Towards Automated Deep Learning: Efficient Joint Neural Architecture and Hyperparameter Search, 2018. Left out: turns of
different lengths, and methods that train in rungs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nasbook import registry
from nasbook.axes import Scalar
from nasbook.kit.checks import one_of, setting, whole
from nasbook.method import Method, Proposal
from nasbook.nas.parts.paths import inside
from nasbook.parameters import Constant, Parameter
from nasbook.space import Arguments, Config, Space
from nasbook.trace import Trial

ORDERS = ("joint", "architecture first", "recipe first", "in turns", "recipe fixed")
METHODS = ("random", "forest", "bayesian", "tpe", "regularized-evolution", "local-search")
ARCHITECTURE, RECIPE, BOTH = "architecture", "recipe", "both"
OTHER = {ARCHITECTURE: RECIPE, RECIPE: ARCHITECTURE, BOTH: BOTH}


@dataclass(frozen=True)
class StagedSettings:
    order: str = setting("architecture first", "What is searched when.", ORDERS)
    turn: int = setting(25, "Trials of a turn; the last turn of two takes all that are left.")
    inner: str = setting("forest", "The method that searches in a turn.", METHODS)
    default: Config | None = setting(None, "Values of what is frozen at first. None: the middle of each range.")

    def __post_init__(self) -> None:
        one_of("order", self.order, ORDERS)
        one_of("inner", self.inner, METHODS)
        whole("turn", self.turn, 1)
        if self.default is not None and not isinstance(self.default, Mapping):
            raise ValueError(f"default must map names of parameters to values, not {self.default!r:.60}")


@dataclass(frozen=True)
class StagedView:
    """Which turn it is, and what is searched in it and what is frozen."""

    turn: int  # from 0
    free: str  # "architecture", "recipe" or "both"
    frozen: Config
    belief: Any = None  # the view of the method of this turn


class Staged(Method):
    name = "staged"
    Settings = StagedSettings
    View = StagedView

    def __init__(self, space: Space, seed: int = 0, **settings: object) -> None:
        super().__init__(space, seed, **settings)
        self.number = -1
        self.home: dict[int, tuple[int, int]] = {}  # trial in flight -> its turn, and its number there
        self._turn(0)

    def check_space(self, space: Space) -> None:
        super().check_space(space)
        known = inside(space)
        architecture = list(known.space.parameters) if known else []
        rest = [name for name in space.free if name not in architecture]
        divided = all(any(space.parameters[name].size > 1 for name in part) for part in (architecture, rest))
        self.parts = {ARCHITECTURE: architecture, RECIPE: rest} if divided else {}
        try:
            self.default = _filled(space, self.settings.default or {})
        except ValueError as error:
            raise ValueError(f"{self.name}: default: {error}") from None

    def free(self, number: int) -> str:
        """What is searched in a turn."""
        order = self.settings.order if self.parts else "joint"
        if order in ("joint", "recipe fixed"):
            return BOTH if order == "joint" else ARCHITECTURE
        first, second = (RECIPE, ARCHITECTURE) if order == "recipe first" else (ARCHITECTURE, RECIPE)
        return first if number == 0 or (order == "in turns" and number % 2 == 0) else second

    def _turn(self, number: int) -> None:
        """Begin a turn: freeze what it does not search at the best values so far, and tell it what is known."""
        best = min(self.done, key=lambda t: t.loss).config if self.done else self.default
        self.number, self.part, values = number, self.free(number), {**self.default, **best}
        if self.settings.order != "recipe fixed" and frozen(self.space, self._held(), values).at_most(1):
            self.part = OTHER[self.part]  # of this part nothing exists beside what would be frozen
        held = self._held()
        self.frozen = {name: best[name] for name in held if name in best}
        self.smaller = frozen(self.space, held, values)
        self.inner: Method = registry.make("method", self.settings.inner, self.smaller, seed=self.seed + 1000 * number)
        known = [t for t in self.trials if all(t.config.get(n) == self.frozen.get(n) for n in held) and self._fits(t)]
        self.inner.remember([replace(t, id=i, config=self._inner(t.config)) for i, t in enumerate(known)])

    def _held(self) -> list[str]:
        return [] if self.part == BOTH else self.parts[OTHER[self.part]]

    def _fits(self, trial: Trial) -> bool:
        try:
            self._inner(trial.config)
        except ValueError:
            return False
        return True

    def _inner(self, config: Config) -> Config:
        """A configuration as the smaller space holds it."""
        return self.smaller.validate({n: v for n, v in config.items() if n in self.smaller.parameters})

    @property
    def last(self) -> bool:
        order = self.settings.order if self.parts else "joint"
        return order in ("joint", "recipe fixed") or (order != "in turns" and self.number == 1)

    def propose(self) -> Config | Proposal | None:
        asked = len(self.trials) + len(self.pending)
        if not self.last and asked >= (self.number + 1) * self.settings.turn and self.done:
            if self.pending:  # the best of this turn may still be in flight
                return None
            self._turn(self.number + 1)
        trial = self.inner.ask()
        if trial is None:
            return None
        self.home[self.next_id] = self.number, trial.id
        return Proposal(trial.config, info={"turn": self.number, "free": self.part})

    def observe(self, trial: Trial) -> None:
        turn, number = self.home.pop(trial.id, (-1, 0))
        if turn == self.number:
            self.inner.tell(replace(trial, id=number))

    def view(self) -> StagedView:
        return StagedView(self.number, self.part, self.frozen, self.inner.view())


# ---- a space of which a part is frozen -------------------------------------------------------------------


def frozen(space: Space, names: Iterable[str], values: Config) -> Space:
    """The space with these parameters as Constants, at their `values`. Where a condition asks for the value of one, it
    is settled: what then never exists is left out."""
    held, out = set(names), dict[str, Parameter]()
    for name, p in space.parameters.items():
        condition, alive = dict[str, list[Scalar]](), True
        for parent, wanted in space.conditions[name].items():
            if isinstance(q := out.get(parent), Constant):
                alive = alive and q.value in wanted
                condition |= {parent: [q.value]} if q.when else {}  # it may not exist itself
            elif parent not in out:
                alive = False
            else:
                condition[parent] = list(wanted)
        if alive:
            fixed = name in held and not isinstance(p, Constant)
            out[name] = Constant(values[name], when=condition) if fixed else replace(p, when=condition)
    return Space(out)


def _filled(space: Space, given: Arguments) -> Config:
    """A value for every parameter, also for those that do not exist: what is given, else the middle of the range."""
    for name, value in given.items():
        if name not in space.parameters:
            raise ValueError(f"unknown parameter {name!r}; the space has {', '.join(space.parameters)}")
        if problem := space.parameters[name].problem(value):
            raise ValueError(f"{name} {problem}")
    middle = {n: p.value if isinstance(p, Constant) else p.decode(0.5) for n, p in space.parameters.items()}
    return {**middle, **given}
