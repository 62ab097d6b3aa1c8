"""Compound scaling: what the grid found of depth, width and resolution, and where the rule leads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import FixedLocator, NullLocator

from nasbook.plots import style
from nasbook.plots.data import Quantity, Steps, drawable, label_of, near, steps_of
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, number, plural
from nasbook.plots.viewed import COMPOUND
from nasbook.space import Int
from nasbook.task import Task
from nasbook.trace import Step, Trace

CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.866]])  # all into depth, into width, into resolution
POWERS = (1, 2, 2)  # of α, β, γ in the FLOPs


def shares(point: Sequence[float]) -> np.ndarray:
    """(3,): which part of the doubling goes into depth, width and resolution: log α, log β², log γ², as shares."""
    logs = np.log(np.array(point, float)) * POWERS
    return logs / logs.sum() if logs.sum() > 0 else np.full(3, 1 / 3)


def words(point: Sequence[float]) -> str:
    return ", ".join(f"{name} = {number(v)}" for name, v in zip("αβγ", point, strict=True))


class CompoundPicture(Picture[Sequence[Step]]):
    """Left: the grid at φ = 1 as places between depth, width and resolution; the larger a dot, the better.
    Right: the value of each network against the FLOPs that the rule counts, and the line of the rule that was chosen.

    State: a sequence of Steps with CompoundViews. phi: the largest φ.
    """

    figsize = (style.WIDTH, 3.6)
    depicts = COMPOUND

    def __init__(self, quantity: Quantity = Quantity("validation error"), phi: int = 3, flops: float = 2.0) -> None:  # noqa: B008
        super().__init__()
        self.quantity, self.phi, self.flops = quantity, phi, flops
        self.y = style.Limits()

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        entries: style.Entries = [
            ("a point of the grid; larger: better", style.dot(style.GREY, ms=5)),
            ("best at φ = 1", style.dot(ms=10, **style.STAR)),
            ("its rule", style.line(style.BELIEF, "-", marker="o", ms=4)),
        ]
        style.key(fig, entries)
        w, _ = style.size(fig)
        self.triangle = style.bare(style.axes(fig, 0.1, 0.15, w - 3.0, 0.65))
        self.triangle.set(xlim=(-0.2, 1.2), ylim=(-0.16, 1.02), aspect="equal")
        self.triangle.plot(*np.vstack([CORNERS, CORNERS[:1]]).T, color=style.LIGHT, lw=1.2, zorder=1)
        for (x, y), name, va in zip(CORNERS, ("depth", "width", "resolution"), ("top", "top", "bottom"), strict=True):
            shift = 0.04 if va == "bottom" else -0.04
            style.add_words(self.triangle, x, y + shift, name, ha="center", va=va, fontsize=style.SMALL)
        self.dots = self.live(self.triangle.scatter([], [], color=style.GREY, lw=0, alpha=0.8, zorder=2))
        self.star = self.live(self.triangle.plot([], [], ls="none", ms=13, zorder=3, **style.STAR)[0])
        self.ax = style.axes(fig, 3.75, 0.5, 0.15, 0.65)
        self.ax.set(xscale="log", xlabel="FLOPs of the blocks, by the rule", ylabel=self.quantity.axis)
        self._ticks()
        self.tried = self.live(self.ax.plot([], [], "o", color=style.GREY, ms=4.5, alpha=0.8, mew=0, zorder=2)[0])
        self.rule = self.live(self.ax.plot([], [], "-o", color=style.BELIEF, ms=4.5, lw=1.6, zorder=2.5)[0])
        self.chosen = self.live(self.ax.plot([], [], ls="none", ms=12, zorder=3, **style.STAR)[0])

    def _ticks(self) -> None:
        ticks = [self.flops**k for k in range(self.phi + 1)]
        ticks = ticks[:: max(1, -(-len(ticks) // 6))]
        self.ax.set_xlim(ticks[0] / 1.25, self.flops**self.phi * 1.25)
        self.ax.xaxis.set_major_locator(FixedLocator(ticks))
        self.ax.xaxis.set_minor_locator(NullLocator())
        self.ax.set_xticklabels([f"×{number(t)}" for t in ticks])

    def update(self, state: Sequence[Step]) -> bool:
        steps, view = list(state), self.view_of(state[-1]) if state else None
        done = [s.trial for s in steps if s.trial.status == "done" and s.trial.value is not None]
        points = [(tuple(t.config[k] for k in ("alpha", "beta", "gamma")), t.config["phi"], t.value) for t in done]
        self.grid = view.grid if view else ()
        at_one = {p: float(np.mean([v for q, phi, v in points if (q, phi) == (p, 1)] or [np.nan])) for p in self.grid}
        self.known = {p: v for p, v in at_one.items() if np.isfinite(v)}
        self.best = (view and view.best) or min(self.known, key=self.known.__getitem__, default=None)
        self._triangle()
        flops = [float(np.prod(np.power(p, POWERS))) ** phi for p, phi, _ in points]
        values = np.asarray(self.quantity.show(drawable([v for *_, v in points])), float)
        changed = self.y.include(near(values, self.quantity.higher)) if len(values) else False
        grown = max([self.phi, *(int(phi) for _, phi, _ in points)])
        if grown > self.phi:
            self.phi, changed = min(grown, 30), True
            self._ticks()
        self.ax.set_ylim(*self.y.pair)
        self.tried.set_data(flops, np.clip(values, *self.y.pair) if len(values) else [])
        named = list(zip(flops, values, points, strict=True)) if self.best else []
        line = sorted((f, v) for f, v, (p, phi, _) in named if p == self.best or not phi)
        self.rule.set_data(*np.array(line, float).reshape(-1, 2).T)
        star = [(f, v) for f, v, (p, phi, _) in named if (p, phi) == (self.best, 1)]
        self.chosen.set_data(*np.array(star[:1], float).reshape(-1, 2).T)
        self.largest = max((phi for p, phi, _ in points if p == self.best), default=0)
        self.last = next((v for p, phi, v in reversed(points) if (p, phi) == (self.best, self.largest)), None)
        self.say(self._sentence())
        return changed

    def _triangle(self) -> None:
        at = np.array([shares(p) @ CORNERS for p in self.grid]).reshape(-1, 2)
        values = np.array([self.known.get(p, np.nan) for p in self.grid])
        known = np.isfinite(values)
        span = float(np.ptp(values[known])) if known.any() else 0.0
        good = (np.nanmax(values) - values) / span if span > 0 and np.isfinite(span) else np.where(known, 0.5, np.nan)
        self.dots.set_offsets(at)
        self.dots.set_sizes(np.where(known, 20 + 110 * np.nan_to_num(good), 8.0))
        best = [at[i] for i, p in enumerate(self.grid) if p == self.best]
        self.star.set_data(*np.array(best, float).reshape(-1, 2).T)

    def _sentence(self) -> str:
        if not self.best:
            return f"{plural(len(self.grid), 'point')} of the grid satisfy the constraint; none has been trained yet"
        if self.largest <= 1:
            tried = f"{len(self.known)} of {plural(len(self.grid), 'point')}"
            return f"φ = 1, {tried}: the best is {words(self.best)} with {self.quantity.text(self.known[self.best])}"
        return f"φ = {self.largest} by {words(self.best)}: {self.quantity.text(self.last)}"

    def alt(self) -> str:
        told = "; ".join(f"{words(p)}: {self.quantity.text(v)}" for p, v in self.known.items())
        return f"Compound scaling. {self._sentence()}. The grid at φ = 1: {told or 'nothing yet'}."


def compound(state: Steps, *, label: str | None = None, task: Task | None = None) -> Figure:
    """The grid at φ = 1 and the rule that came of it. state: a Trace of the method "compound", or its steps.

    ValueError for any other."""
    trace = state if isinstance(state, Trace) else None
    steps = COMPOUND.replayed(trace, "compound") if trace else steps_of(state)
    for step in steps:
        COMPOUND.of(step, "compound")
    if not steps:
        raise ValueError("compound: there are no steps yet")
    phi = trace.space.parameters["phi"] if trace else None
    flops = float(trace.header.settings.get("flops", 2.0)) if trace else 2.0
    most = min(int(phi.high), 30) if isinstance(phi, Int) else 3
    return CompoundPicture(Quantity(label or label_of(trace, task)), most, flops).render_static(steps)
