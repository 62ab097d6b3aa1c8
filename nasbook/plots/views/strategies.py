"""What an evolution strategy does in a valley of two dimensions: the valley from above, and on it the method's view.

CMA-ES: the ellipse and its mean. Differential evolution: target, base, difference, donor, trial. Genetic algorithm:
parents, the rectangle whose corners crossover can reach, child. Particle swarm: velocities, and their three parts.
File larger by decision: the four are read side by side, on one valley.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import matplotlib
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Polygon
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, MaxNLocator

from nasbook.hpo.cma_es import CMAView
from nasbook.hpo.differential_evolution import DEView
from nasbook.hpo.genetic import Birth, GeneticView
from nasbook.hpo.particle_swarm import PSOView
from nasbook.plots import style
from nasbook.plots.data import Quantity, Steps, drawable, known_task, label_of, near, steps_of
from nasbook.plots.magnifier import Magnifier
from nasbook.plots.picture import Picture
from nasbook.plots.scales import parameter_axis, tick_label
from nasbook.plots.style import Figure, Limits, Looks, number, plural
from nasbook.plots.traces.pareto_front import short
from nasbook.plots.viewed import STRATEGY, step_of
from nasbook.space import Config, Space
from nasbook.task import OfNumbers, Task
from nasbook.tasks.functions import Function
from nasbook.trace import Step, Trace

METHODS = ("cma-es", "differential-evolution", "genetic", "particle-swarm")
LEVELS = 9  # contours
FLOOR = -8  # the smallest distance to the optimum that is drawn, as a power of ten
RING: Looks = {"mfc": "none", "mew": 1.6, "ms": 10}


class StrategyPicture(Picture[tuple[Steps, Sequence[float] | None]]):
    """Left: the valley as grey contours, the trials, and the view of the newest one. Right: how far the best so far
    is from the lowest value, on a logarithmic scale, beside a coordinate-wise search (grey dashes) if one is given.

    State: (steps, others); others (m,) are the values of the coordinate-wise search so far, or None.
    task: a Function of two variables. method: one of METHODS.

    Without a task, of which nobody knows the valley, there are the trials and the view in the plane of two parameters
    (axes) of a space, and at the right the best value so far, which `quantity` names.
    """

    figsize = (style.WIDTH, 4.7)
    depicts = STRATEGY

    def __init__(
        self,
        task: Any,
        method: str,
        trials: int | None = None,
        space: Space | None = None,
        axes: Sequence[str] | None = None,
        quantity: Quantity = Quantity(accuracy=False),  # noqa: B008
    ) -> None:
        super().__init__()
        plane = isinstance(task, OfNumbers) and task.d == 2
        if task is not None and not plane:
            raise ValueError("the valley must be a function of two variables, such as 'ellipsoid' or 'rosenbrock'")
        if method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
        self.task, self.method, self.trials, self.quantity = task, method, trials, quantity
        self.space: Space = task.space if space is None else space
        self.names = list(axes or self.space.free[:2])
        _check_axes(self.names, self.space)
        self.at = [self.space.free.index(n) for n in self.names]
        self.low, self.side, self.best = np.zeros(2), np.ones(2), Limits()
        if task is not None:
            self.low, self.side = task.box[:, 0], task.box[:, 1] - task.box[:, 0]

    def units(self, u: np.ndarray) -> np.ndarray:
        """Points (…, d) of the unit cube on the axes of the picture: (…, 2)."""
        return self.low + self.side * np.asarray(u, float)[..., self.at]

    def ellipse(self, view: CMAView, deviations: float) -> np.ndarray:
        """Its outline (n, 2) on the axes of the picture."""
        first, second = self.at
        return self.low + self.side * view.ellipse(first, second, deviations)

    # ---- what stays -----------------------------------------------------------------------------------------

    def _key(self) -> style.Entries:
        def ring(colour: str) -> Line2D:
            return style.dot("none", ms=9, mec=colour, mew=1.6)

        own: dict[str, style.Entries] = {
            "cma-es": [
                ("mean", style.dot(style.BELIEF, "P", 7)),
                ("1 and 2 σ", style.line(style.BELIEF)),
                ("this generation", style.dot()),
                ("last one: better half", ring(style.GREEN)),
                ("others", style.dot(style.LIGHT)),
            ],
            "differential-evolution": [
                ("member", style.dot()),
                ("target", ring(style.RED)),
                ("base", ring(style.BELIEF)),
                ("difference", style.line(style.GREEN, ls=style.DASH)),
                ("donor = base + F · difference", style.dot("white", "D", 6, mec=style.BELIEF, mew=1.5)),
            ],
            "genetic": [
                ("member", style.dot()),
                ("parent", ring(style.BELIEF)),
                ("drawn", style.dot("none", ms=5, mec=style.SKY, mew=1.4)),
                ("crossover reaches the corners", style.line(style.BELIEF, ls=style.DASH)),
            ],
            "particle-swarm": [
                ("particle, next step", style.dot()),
                ("inertia", style.line(style.PURPLE)),
                ("to its own best", style.line(style.BELIEF)),
                ("to the swarm's best", style.line(style.GREEN)),
            ],
        }
        return [
            *own[self.method],
            ("newest trial", style.dot(style.NEXT, "D", 6)),
            ("best", style.dot(ms=10, **style.STAR)),
            *([("lowest point (hidden)", style.dot(style.GREY, "x", 6, mew=1.6))] if self.task is not None else []),
        ]

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        rows = style.key(fig, self._key(), gap=0.12)
        w, h = style.size(fig)
        top, below = 0.5 + 0.2 * rows, 0.5
        side = h - top - below
        left = 0.62 if self.task is not None else 0.95
        self.ax = ax = style.axes(fig, left, below, w - left - side, top)
        ax.grid(False)
        if self.task is not None:
            ax.set(xlim=self.task.box[0], ylim=self.task.box[1], xlabel="x1", ylabel="x2")
            for axis in (ax.xaxis, ax.yaxis):
                axis.set_major_locator(MaxNLocator(nbins=5))
            self._valley()
        else:
            for which, name in zip("xy", self.names, strict=True):
                parameter_axis(ax, which, self.space.parameters[name], name, side)
        live = self.live
        point = partial(self.plotted, ax, ls="none", clip_on=True)
        self.past = point(marker="o", color=style.GREY, ms=3, mew=0, alpha=0.55, zorder=2)
        self.pale = point(marker="o", color=style.LIGHT, ms=5, mec=style.GREY, mew=0.5, zorder=2.4)
        self.dots = point(marker="o", color=style.TRIAL, ms=5, mec="white", mew=0.6, zorder=3)
        self.rings = {c: point(marker="o", mec=c, zorder=3.4, **RING) for c in (style.BELIEF, style.RED, style.GREEN)}
        self.drawn = point(marker="o", mfc="none", mec=style.SKY, mew=1.4, ms=6.5, zorder=3.3)
        self.mean = point(marker="P", color=style.BELIEF, ms=9, mec="white", mew=0.8, zorder=3.6)
        self.donor = point(marker="D", color="white", ms=6, mec=style.BELIEF, mew=1.5, zorder=3.6)
        self.newest = point(marker="D", color=style.NEXT, ms=6.5, mec="white", mew=0.6, zorder=4)
        self.star = live(ax.plot([], [], ms=13, ls="none", zorder=3.8, **style.STAR)[0])
        self.fill = live(style.polygon(ax, style.BELIEF, 0.15, zorder=2.2))
        self.outlines = [live(ax.plot([], [], color=style.BELIEF, lw=1.8, zorder=2.6)[0]) for _ in range(2)]
        self.box = live(Polygon(np.zeros((4, 2)), closed=True, fill=False, ec=style.BELIEF, ls=style.DASH, zorder=2.6))
        ax.add_patch(self.box)
        self.arrows = [live(self._arrow()) for _ in range(64)]
        lowest = None if self.task is None else np.atleast_2d(self.task.minimisers)
        self.magnifier = Magnifier(fig, (left, below, side), self.low, self.side, lowest)
        live(self.magnifier.ax)
        self.curve = style.axes(fig, left + side + 0.85, below, 0.22, top)
        self.curve.set(xlim=(0, (self.trials or 60) * (1 if self.task is not None else 1.03)), xlabel="trial")
        if self.task is not None:
            powers = list(range(FLOOR, 5, 2))
            self.curve.set(ylim=(FLOOR - 0.3, 4), ylabel="above the lowest value")
            self.curve.yaxis.set_major_locator(FixedLocator(powers))
            self.curve.yaxis.set_major_formatter(FixedFormatter([f"1e{p}" if p else "1" for p in powers]))
        else:
            self.curve.set_ylabel(f"best {self.quantity.axis}")
            self.curve.yaxis.set_major_locator(MaxNLocator(nbins=5))
            self.curve.yaxis.set_major_formatter(FuncFormatter(short))
        self.curve.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))
        (self.other,) = self.curve.plot([], [], color=style.BASELINE, ls=style.DASH, lw=1.6, drawstyle="steps-post")
        (self.found,) = self.curve.plot([], [], color=style.INCUMBENT, lw=2.2, drawstyle="steps-post")
        self.labels = [
            style.add_words(
                self.curve, 0.98, 0.96, "– this method", True, fontsize=style.SMALL, color=style.BROWN, ha="right"
            ),
            style.add_words(self.curve, 0.98, 0.90, "", True, fontsize=style.SMALL, color=style.FAINT, ha="right"),
        ]
        for artist in (self.other, self.found, *self.labels):
            live(artist)

    def _arrow(self) -> FancyArrowPatch:
        arrow = FancyArrowPatch((0, 0), (1, 1), arrowstyle="-|>", mutation_scale=9, shrinkA=0, shrinkB=0, lw=1.6)
        self.ax.add_patch(arrow)
        return arrow

    def _valley(self) -> None:
        xs, ys = (low + side * np.linspace(0, 1, 161) for low, side in zip(self.low, self.side, strict=True))
        z = np.log10(self.task(np.stack(np.meshgrid(xs, ys), -1)) - self.task.optimum + 1e-3)
        levels = np.quantile(z, np.linspace(0, 1, LEVELS + 1) ** 1.5)
        greys = matplotlib.colormaps["Greys"](np.linspace(0.32, 0.03, LEVELS))
        self.ax.contourf(xs, ys, z, levels, cmap=ListedColormap(greys), zorder=0)
        self.ax.contour(xs, ys, z, levels[1:-1], colors=style.LIGHT, linewidths=0.7, linestyles="solid", zorder=0.5)
        self.ax.plot(*self.task.minimisers.T, "x", color=style.GREY, ms=8, mew=1.8, zorder=1)

    # ---- what moves ----------------------------------------------------------------------------------------

    def update(self, state: tuple[Steps, Sequence[float] | None]) -> bool:
        steps, others = steps_of(state[0]), state[1]
        points = (self.past, self.pale, self.dots, self.drawn, self.mean, self.donor, self.newest, self.star)
        for line in (*points, *self.rings.values(), *self.outlines):
            line.set_data([], [])
        self.fill.set_visible(False)
        self.box.set_visible(False)
        for arrow in self.arrows:
            arrow.set_visible(False)
        self._used = 0
        self.magnifier.close()
        self.steps: list[Step] = list(steps)
        self._race(others)
        if not self.steps:
            self.say("The valley, before the first trial")
            return False
        last = self.steps[-1]
        X = self._places(s.trial.config for s in self.steps)
        self.past.set_data(*X[:-1].T)
        self.newest.set_data(*X[-1:].T)
        if np.isfinite(self.values).any():
            self.star.set_data(*X[[int(np.nanargmin(self.values))]].T)
        view = None if last.view is None else self.view_of(last)
        if view is not None:  # what an earlier search has tried has none
            if isinstance(view, CMAView):
                self._cma(view)
            elif isinstance(view, DEView):
                self._de(view)
            elif isinstance(view, GeneticView):
                self._genetic(view)
            else:
                self._swarm(view)
            outlines = [self.ellipse(view, k) for k in (1.0, 2.0)] if isinstance(view, CMAView) else []
            self.magnifier.look(np.column_stack(self.dots.get_data()), self.star.get_data(), outlines)
        self.say(self._headline(view))
        return False

    def _places(self, configs: Iterable[Config]) -> np.ndarray:
        """(n, 2) on the axes of the picture."""
        if self.task is None:
            return self.units(self.space.encode_all(list(configs)))
        return np.array([[c[name] for name in self.task.space.parameters] for c in configs]).reshape(-1, 2)

    def _race(self, others: Sequence[float] | None) -> None:
        self.values = np.array([np.nan if s.trial.value is None else s.trial.value for s in self.steps])
        if self.task is None:
            return self._best()
        self.regret = _regret(self.values, self.task.optimum)
        self.other_regret = _regret(others, self.task.optimum) if others is not None else np.empty(0)
        for line, y in ((self.found, self.regret), (self.other, self.other_regret)):
            line.set_data(np.arange(1, len(y) + 1), np.log10(np.maximum(y, 10.0**FLOOR)))
        self.labels[1].set_text("- - axis by axis" if others is not None else "")

    def _best(self) -> None:
        """The best so far, where nobody knows the lowest value."""
        values = drawable(self.values)
        self.regret = np.fmin.accumulate(values) if len(values) else values
        shown = np.asarray(self.quantity.show(self.regret), float)
        if self.best.include(near(shown[np.isfinite(shown)], self.quantity.higher)):
            self.curve.set_ylim(self.best.pair)
        self.found.set_data(np.arange(1, len(shown) + 1), np.clip(shown, *self.best.pair))
        for words in self.labels:
            words.set_text("")

    def _go(self, start: np.ndarray, end: np.ndarray, colour: str, dashed: bool = False, width: float = 1.6) -> None:
        """An arrow in the task's units; one that is too short to be seen is left out."""
        if self._used >= len(self.arrows) or np.linalg.norm((np.subtract(end, start)) / self.side) < 0.004:
            return
        arrow = self.arrows[self._used]
        arrow.set_positions(tuple(start), tuple(end))
        arrow.set(color=colour, linestyle=style.DASH if dashed else "-", linewidth=width, visible=True, zorder=3.5)
        self._used += 1

    def _cma(self, v: CMAView) -> None:
        for k, line in enumerate(self.outlines):
            line.set_data(*self.ellipse(v, k + 1.0).T)
        self.fill.set_xy(self.ellipse(v, 2.0))
        self.fill.set_visible(True)
        self.dots.set_data(*self.units(v.points[:-1]).T)
        if len(v.previous):
            self.pale.set_data(*self.units(v.previous).T)
            self.rings[style.GREEN].set_data(*self.units(v.previous[: v.mu]).T)
            self._go(self.units(v.previous_mean), self.units(v.mean), style.BELIEF, width=2.2)  # type: ignore[arg-type]
        self.mean.set_data(*self.units(v.mean[None]).T)

    def _de(self, v: DEView) -> None:
        X, known = self.units(v.vectors), np.isfinite(v.values)
        self.dots.set_data(*X[known].T)
        if (m := v.mutation) is None:
            return
        r2, r3 = m.pair
        self.rings[style.RED].set_data(*X[[m.target]].T)
        self.rings[style.BELIEF].set_data(*X[[m.base]].T)
        self._go(X[r3], X[r2], style.GREEN, dashed=True)
        self._go(X[m.base], self.units(m.donor), style.BELIEF, width=2.0)
        self.donor.set_data(*self.units(m.donor[None]).T)
        self._go(X[m.target], self.units(m.trial), style.RED, width=1.2)

    def _genetic(self, v: GeneticView) -> None:
        self.dots.set_data(*self._places(t.config for t in v.population).T)
        self.pale.set_data(*self._places(t.config for t in v.children).T)
        if v.birth is None:
            return
        home = {t.id: t.config for t in v.population}
        self.drawn.set_data(*self._places(home[i] for ids in v.birth.tournaments for i in ids).T)
        parents = self._places(home[i] for i in v.birth.parents)
        self.rings[style.BELIEF].set_data(*parents.T)
        (x0, y0), (x1, y1) = parents[0], parents[-1]
        if len(parents) == 2:
            self.box.set_xy(np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]))
            self.box.set_visible(True)
        corner = np.array([parents[v.birth.source[j]][i] for i, j in enumerate(self.at)])
        child = self._places([self.steps[-1].trial.config])[0]
        if not np.allclose(corner, child):
            self._go(corner, child, style.RED)

    def _swarm(self, v: PSOView) -> None:
        x, step = self.units(v.positions), v.velocities[:, self.at] * self.side
        known = ~np.isnan(v.positions).any(1)
        self.dots.set_data(*x[known].T)
        f = v.flight
        for k in np.flatnonzero(known):
            self._go(x[k], x[k] + step[k], style.GREY, width=1.0)
        if f is not None:
            at = self.units(f.start)
            self.pale.set_data(*at[None].T)
            for part, colour in ((f.inertia, style.PURPLE), (f.own, style.BELIEF), (f.swarm, style.GREEN)):
                end = at + part[self.at] * self.side
                self._go(at, end, colour, width=2.0)
                at = end

    # ---- in words -----------------------------------------------------------------------------------------

    def _headline(self, view: CMAView | DEView | GeneticView | PSOView | None) -> str:
        n = len(self.steps)
        of = f"Trial {n} of {self.trials}" if self.trials else f"Trial {n}"
        if isinstance(view, CMAView):
            long, angle = axis_of(view.C[np.ix_(self.at, self.at)] * np.outer(self.side, self.side))
            if long < 1.05:
                return f"{of}: the ellipse is still a circle"
            return f"{of}: the ellipse is {number(long, 2)} times as long as wide, at {number(round(angle))}°"
        if isinstance(view, DEView):
            what = "a first member" if view.mutation is None else "base plus a difference of two members"
            return f"{of}: {what}"
        if isinstance(view, GeneticView):
            parents = 0 if view.birth is None else len(view.birth.parents)
            what = ("drawn at random", "a child of one parent", "a child of two parents")[parents]
            return f"{of}: {what}"
        if view is None:
            return f"{of}: known from an earlier search"
        what = "a particle starts" if isinstance(view, PSOView) and view.flight is None else "a particle flies on"
        return f"{of}: {what}"

    def alt(self) -> str:
        turned = f"A valley seen from above, searched by {self.method}."
        if self.task is None:
            first, second = (style.named(n) for n in self.names)
            turned = f"The plane of {first} and {second}, searched by {self.method}."
        if not self.steps or not np.isfinite(self.values).any():
            return f"{turned} Nothing has been tried."
        if self.task is None:
            best = self.quantity.text(float(self.regret[-1]))
            return f"{turned} {self.sentence()}. After {plural(len(self.steps), 'trial')} the best is {best}."
        last = self.regret[-1]
        after = f"After {plural(len(self.steps), 'trial')}"
        if self.magnifier.zoom > 1:
            turned += f" A window shows its members magnified {tick_label(self.magnifier.zoom)} times."
        text = f"{turned} {self.sentence()}. {after} the best is {number(last)} above the lowest value"
        if len(self.other_regret):
            text += f"; a search axis by axis is {number(self.other_regret[-1])} above it"
        return text + "."


def strategy(
    trace: Trace,
    *,
    step: int = -1,
    axes: Sequence[str] | None = None,
    task: Task | None = None,
    trials: int | None = None,
    label: str | None = None,
) -> Figure:
    """An evolution strategy at one step, in the valley where the trace's task is a known function of two variables (or
    `task` is one), else in the plane of two parameters, `axes`, by default the first two.

    trace: of one of METHODS; step: −1 is the last. ValueError for anything else, and for a space of one parameter.
    """
    if not isinstance(trace, Trace):
        raise ValueError(f"plot strategy: it draws a whole Trace of {STRATEGY}, not a {type(trace).__name__}")
    steps = STRATEGY.replayed(trace, "strategy")
    n = steps.index(step_of(steps, step, "strategy")) + 1
    valley = task if task is not None else known_task(trace)
    if axes is not None or not (isinstance(valley, Function) and valley.d == 2):
        valley = None
    quantity = Quantity(label or label_of(trace, task), accuracy=False)
    picture = StrategyPicture(valley, trace.header.method, trials or len(trace), trace.space, axes, quantity)
    return picture.render_static((steps[:n], None))


def _check_axes(names: Sequence[str], space: Space) -> None:
    if not len(set(names)) == len(names) == 2 or not set(names) <= set(space.free):
        has = ", ".join(space.free) if len(space.free) > 1 else f"{space.free[0]} only" if space.free else "none"
        raise ValueError(f"plot strategy: two parameters are needed as axes, and the space has {has}")


def corner_of(parents: np.ndarray, birth: Birth) -> np.ndarray:
    """(d,) the child before any mutation: each coordinate from the parent (rows of `parents`) that the birth names."""
    return np.array([parents[which][j] for j, which in enumerate(birth.source)])


def axis_of(C: np.ndarray) -> tuple[float, float]:
    """(length by width, angle of the long axis in degrees, −90 … 90 from the first axis) of a covariance (2, 2)."""
    variances, vectors = np.linalg.eigh(C)
    x, y = vectors[:, 1]
    angle = (np.degrees(np.arctan2(y, x)) + 90) % 180 - 90
    return float(np.sqrt(variances[1] / max(variances[0], 1e-300))), float(angle)


def _regret(values: Sequence[float] | np.ndarray, optimum: float) -> np.ndarray:
    """(n,) the best so far above the optimum; NaN before the first value."""
    values = np.asarray(values, float)
    best = np.fmin.accumulate(values) if len(values) else values
    return best - optimum
