"""What every picture of a Bayesian belief shares: names of the acquisitions, their scale, the slice, the words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap

from nasbook.hpo.parts.surrogate import SurrogateView
from nasbook.plots import style
from nasbook.plots.data import Quantity
from nasbook.plots.picture import Picture
from nasbook.plots.scales import value_label
from nasbook.plots.viewed import BELIEF, Views
from nasbook.space import Config, Space
from nasbook.trace import Step

if TYPE_CHECKING:
    from nasbook.hpo.bayesian import BayesianView

NAMES = {
    "log_ei": "Log expected improvement",
    "ei": "Expected improvement",
    "pi": "Probability of improvement",
    "ucb": "Confidence bound (optimism)",
    "thompson": "Thompson sampling: one function drawn from the belief, upside down",
    "ei_per_second": "Expected improvement per second",
    "knowledge_gradient": "Knowledge gradient: how far the lowest mean may fall",
}
SHORT = {
    "pi": "PI",
    "ei": "EI",
    "log_ei": "log EI",
    "ucb": "confidence bound",
    "thompson": "Thompson draw",
    "knowledge_gradient": "knowledge gradient",
    "ei_per_second": "EI per second",
}
ZERO_BASED = ("ei", "pi", "ei_per_second", "knowledge_gradient")
GREENS = LinearSegmentedColormap.from_list("acquisition", ["#ffffff", "#a5dcc9", style.ACQUISITION, "#00523c"])
COLOURS: dict[str, str | Colormap] = {"mean": style.SEQUENTIAL, "std": "cividis", "acquisition": GREENS}
Truth = Callable[[Config], float]
V = TypeVar("V", bound=SurrogateView)


def extent(a: np.ndarray, name: str) -> tuple[float, float]:
    """The values of an acquisition that are drawn at the foot and at the top of its axis: those that are never negative
    keep their zero, log EI shows the 12 units below its peak, the others run from their lowest to their highest."""
    a = np.asarray(a, float)[np.isfinite(a)]
    if not len(a):
        return 0.0, 0.0
    low, top = 0.0 if name in ZERO_BASED else float(a.min()), float(a.max())
    return (max(low, top - 12.0) if name == "log_ei" else low), top


def scaled(a: np.ndarray, name: str) -> np.ndarray:
    """An acquisition between 0 and 1, the ends of its `extent`: where it is drawn."""
    low, top = extent(a, name)
    a = np.where(np.isfinite(a), a, np.nan)
    if not top > low:
        return np.zeros_like(a)
    return np.clip(np.nan_to_num((a - low) / (top - low), nan=0.0), 0.0, 1.0)


class Belief(Picture[Step | V]):
    """What the pictures of a belief share: the space, the slice, the grid, the words."""

    depicts: Views[V]
    method: str
    top: float | None = None  # the acquisition's highest value on the picture
    names: list[str]

    def __init__(self, space: Space, axes: Sequence[str], trials: int | None, quantity: Quantity) -> None:
        super().__init__()
        self.space, self.names, self.trials, self.quantity = space, list(axes), trials, quantity
        for name in self.names:
            if name not in space.free:
                raise ValueError(
                    f"acquisition: {name!r} is not a parameter to draw; the space has {', '.join(space.free)}"
                )
        self.at = [space.free.index(n) for n in self.names]
        self.sliced = space.d > len(self.names)

    def _context(self, view: V) -> np.ndarray:
        """(d,) the point through which the slice goes: the best trial, or the middle."""
        U = np.asarray(view.U, float).reshape(-1, self.space.d)
        return U[int(np.argmin(view.y))].copy() if len(U) else np.full(self.space.d, 0.5)

    def _number(self, view: V) -> int:
        return len(view.y) + len(view.failed) + len(view.pending) + (1 if view.next is not None else 0)

    def _where(self, u: np.ndarray) -> str:
        config = self.space.decode(np.nan_to_num(u, nan=0.5))
        known = [(n, config[n]) for n in self.names if n in config]
        return ", ".join(f"{style.named(n)} {value_label(self.space.parameters[n], v)}" for n, v in known)

    def believes(self, view: V) -> bool:
        """Is there a belief to draw?"""
        raise NotImplementedError

    def criterion(self, view: V) -> str:
        """The name of the acquisition function, as in NAMES."""
        raise NotImplementedError

    def start(self, view: V) -> str:
        """What a trial is that no belief has chosen."""
        return "a starting point, there is no belief yet"

    def _words(self, view: V) -> None:
        """What the picture says: the mean and spread at the next query, and the best so far."""
        self.number, self.best = self._number(view), view.best
        trial = f"Trial {self.number}" + (f" of {self.trials}" if self.trials else "")
        self.next = None if view.next is None else np.asarray(view.next, float)
        self.acquisition = self.criterion(view)
        q = self.quantity
        self.belief = None
        if not self.believes(view):
            self.say(f"{trial}: {self.start(view)}")
        elif self.next is None:
            self.say(f"The belief after {style.plural(len(view.y), 'result')}")
        else:
            mean, std = (float(v[0]) for v in view.predict(self.next[None]))
            self.belief = (mean, std)
            slice_ = " (a slice)" if self.sliced else ""
            self.say(f"{trial}{slice_}: the next query promises {q.spread(mean, std)}; best so far {q.text(self.best)}")

    def alt(self) -> str:
        q = self.quantity
        best = "there is no result yet" if self.best is None else f"the best {q.name} so far is {q.text(self.best)}"
        after = f"after {style.plural(self.number - (self.next is not None), 'trial')}"
        if self.next is None:
            return f"The belief of {self.method}: {best} {after}."
        where = self._where(self.next)
        if self.belief is None:
            who = self.method[0].upper() + self.method[1:]
            return f"{who} has no belief yet; the next starting point is {where}; {best} {after}."
        mean, std = self.belief
        worth = "" if self.top is None else f" (its highest value here is {style.number(self.top)})"
        slice_ = " A slice through the best configuration." if self.sliced else ""
        return (
            f"{NAMES.get(self.acquisition, self.acquisition)} leads to {where}{worth}, where {q.spread(mean, std)} is "
            f"expected; {best} {after}.{slice_}"
        )

    def config_at(self, x: float, y: float) -> Config | None:
        """The configuration under a click (figure fractions, y from the top); other parameters as in the slice."""
        hit = self.locate(x, y)
        if hit is None:
            return None
        u = np.nan_to_num(self.context.copy(), nan=0.5)
        u[self.at] = np.clip(hit[1:3][: len(self.at)], 0, 1)
        return self.space.decode(u)

    context: np.ndarray


class ProcessBelief(Belief["BayesianView"]):
    """The belief of a Gaussian process."""

    depicts = BELIEF
    method = "Bayesian optimisation"

    def believes(self, view: BayesianView) -> bool:
        return view.gp is not None

    def criterion(self, view: BayesianView) -> str:
        return view.acquisition
