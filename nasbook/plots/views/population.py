"""An evolving population: who lives when and who descends from whom."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import matplotlib
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.data import Quantity, Steps, drawable, label_of, near, steps_of, values_of
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Limits, nice_ceiling
from nasbook.search import replay
from nasbook.task import Task
from nasbook.trace import Step, Trace, Trial
from nasbook.views import Neighbourhood, OfABirth, OfATournament, Populated, WithChildren

LINEAGE = {"colors": style.INCUMBENT, "linewidths": 2.2}


def parents_of(trial: Trial) -> tuple[int, ...]:
    """The ids of a trial's parents: none of a random start, two after a crossover."""
    several = trial.info.get("parents")
    if isinstance(several, list | tuple):
        return tuple(dict.fromkeys(several))
    return (trial.info["parent"],) if "parent" in trial.info else ()


def living(view: object) -> tuple[Trial, ...] | None:
    """Who lived when a method chose: a population, with the children that a genetic algorithm has not judged yet; of a
    local search its centre and the neighbours that it has looked at. None for a view without members."""
    if isinstance(view, Populated) and view.population is not None:
        return (*view.population, *(view.children if isinstance(view, WithChildren) else ()))
    if isinstance(view, Neighbourhood):
        return () if view.centre is None else (view.centre, *view.seen)
    return None


def tournament(view: object) -> tuple[int, ...]:
    """The ids that were drawn to become parents; of a genetic algorithm those of both tournaments."""
    if isinstance(view, OfABirth) and view.birth is not None:
        return tuple(i for drawn in view.birth.tournaments for i in drawn)
    return view.tournament if isinstance(view, OfATournament) else ()


class Family:
    """Births, deaths, parents and generations, read from steps and their views.

    Times are numbers of trials that had ended. `alive` is the population from which the newest trial was chosen. A
    child of two has both in `parents`; its line goes on with the one that it has more settings from (`parent`)."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.trials = {s.trial.id: s.trial for s in steps}
        self.born = {s.trial.id: k + 1 for k, s in enumerate(steps)}  # x of the dot: its place in the trace
        known = {i: tuple(p for p in parents_of(t) if p in self.trials) for i, t in self.trials.items()}
        self.parents = {i: p for i, p in known.items() if p}
        self.parent = {i: max(p, key=partial(self._alike, i)) for i, p in self.parents.items()}
        self.died: dict[int, int] = {}
        self.alive: set[int] = set()
        seen: set[int] = set()
        for k, step in enumerate(steps):
            if (members := living(step.view)) is not None:
                now = {t.id for t in members}
                for gone in seen - now:
                    self.died.setdefault(gone, k)
                for back in now:  # a local search may come back to a neighbour
                    self.died.pop(back, None)
                seen = now
        last = steps[-1] if steps else None
        if last is not None and living(last.view) is not None:
            self.alive = seen
        self.generation: dict[int, int] = {}
        for i in self.trials:  # a parent always comes before its child
            self.generation[i] = self.generation[self.parent[i]] + 1 if i in self.parent else 0

    def _alike(self, i: int, j: int) -> int:
        """How many settings two trials share."""
        a, b = self.trials[i].config, self.trials[j].config
        return sum(b.get(name) == value for name, value in a.items())

    def line(self, i: int | None) -> list[int]:
        """The trial and its ancestors, youngest first."""
        line = [] if i is None else [i]
        while line and line[-1] in self.parent:
            line.append(self.parent[line[-1]])
        return line


class _Generations(Picture):
    """trials: the budget. limits: of the value, as the method sees it."""

    room = 0.25  # how much further than needed the limits of the value grow

    def __init__(
        self,
        trials: int | None = None,
        quantity: Quantity = Quantity("validation error"),  # noqa: B008
        limits: tuple[float, float] | None = None,
    ) -> None:
        super().__init__()
        self.trials, self.quantity = trials, quantity
        self.x_end = trials or 20
        self.y = Limits(*sorted(quantity.show(np.array(limits)))) if limits else Limits(room=self.room)


class PopulationPicture(_Generations):
    """Every trial a dot at its accuracy; a thin line as long as it lives; a line down (or up) to each child; the best
    one's ancestry in orange; the tournament of the newest trial ringed.

    State: a sequence of Steps with EvolutionViews. trials: the budget. limits: of the value, as the method sees it.
    """

    figsize = (style.WIDTH, 4.4)

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        rows = style.key(
            fig,
            [
                ("alive", style.dot(ms=6)),
                ("dead", style.dot(style.LIGHT, ms=4)),
                ("drawn", style.dot("none", ms=9, mec=style.BELIEF, mew=1.6)),
                ("newest", style.dot(style.NEXT, "D", 6)),
                ("best and its ancestors", style.line(style.INCUMBENT, marker="*", ms=9, mec=style.INK, mew=0.7)),
                ("failed", style.dot(**style.HOLLOW)),
                ("off the scale", style.dot(style.GREY, "v" if self.quantity.higher else "^", 5)),
            ],
            gap=0.1,
        )
        self.ax = ax = style.axes(fig, self.quantity.left, 0.5, 0.2, 0.5 + 0.2 * rows)
        ax.set(xlabel="trial", ylabel=self.quantity.axis)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        live = self.live
        self.lives = live(LineCollection([], colors=style.LIGHT, linewidths=0.9, zorder=1.5))
        self.births = live(LineCollection([], colors=style.LIGHT, linewidths=0.7, zorder=1.4))
        self.now = live(LineCollection([], colors=style.INK, linewidths=1.0, alpha=0.55, zorder=1.7))
        self.descent = live(LineCollection([], zorder=2.5, **LINEAGE))
        for collection in (self.lives, self.births, self.now, self.descent):
            ax.add_collection(collection, autolim=False)
        self.dead = live(ax.plot([], [], "o", color=style.LIGHT, ms=3.5, mew=0, zorder=2)[0])
        self.living = live(ax.plot([], [], "o", color=style.TRIAL, ms=6, mew=0, zorder=3)[0])
        self.lost = live(ax.plot([], [], "o", ms=5, zorder=3, clip_on=False, **style.HOLLOW)[0])
        mark = "v" if self.quantity.higher else "^"
        self.far = live(ax.plot([], [], marker=mark, color=style.GREY, ms=5, ls="none", zorder=2.2)[0])
        self.drawn = live(ax.plot([], [], "o", mfc="none", mec=style.BELIEF, mew=1.6, ms=10, zorder=3.2)[0])
        self.newest = live(ax.plot([], [], "D", color=style.NEXT, ms=6.5, zorder=3.6, clip_on=False)[0])
        self.star = live(ax.plot([], [], ms=14, ls="none", zorder=4, **style.STAR)[0])
        self._limits()

    def _limits(self) -> None:
        self.ax.set(xlim=(0, self.x_end * 1.02 + 0.5), ylim=self.y.pair)

    def update(self, state: Steps) -> bool:
        steps, q = steps_of(state), self.quantity
        self.family = family = Family(steps)
        trials = [s.trial for s in steps]
        self.n, y = len(trials), q.show(values_of(trials))
        changed = self._grow(y, family)
        low, high = self.y.pair
        worst = low if q.higher else high
        inset = 0.02 * (high - low) * (1 if q.higher else -1)
        height = {t.id: float(np.clip(v, low, high)) for t, v in zip(trials, y, strict=True) if np.isfinite(v)}
        end = {i: family.died.get(i, self.n) for i in height}
        inside = {t.id: bool(low <= v <= high) for t, v in zip(trials, y, strict=True) if np.isfinite(v)}
        lines = {i: [(family.born[i], h), (max(end[i], family.born[i]), h)] for i, h in height.items()}
        evolved = bool(family.alive)
        self.lives.set_segments([line for i, line in lines.items() if i not in family.alive] if evolved else [])
        self.now.set_segments([line for i, line in lines.items() if i in family.alive])
        born = family.born
        pairs = [(c, p) for c, ps in family.parents.items() for p in ps if c in height and p in height]
        self.births.set_segments([[(born[c], height[p]), (born[c], height[c])] for c, p in pairs])
        best = steps[-1].incumbent if steps else None
        self.line = family.line(best.id if best is not None else None)
        self.descent.set_segments(
            [
                [(family.born[p], height[p]), (family.born[c], height[p]), (family.born[c], height[c])]
                for c, p in zip(self.line, self.line[1:], strict=False)
            ]
        )
        ok = [i for i in height if inside[i]]
        self._dots(self.dead, [i for i in ok if i not in family.alive and evolved], height)
        self._dots(self.living, [i for i in ok if i in family.alive or not evolved], height)
        far = [i for i in height if not inside[i]]
        self.far.set_data([family.born[i] for i in far], [worst + inset] * len(far))
        lost = [family.born[t.id] for t, v in zip(trials, y, strict=True) if np.isnan(v)]
        self.lost.set_data(lost, [worst + 2.5 * inset] * len(lost))
        view = steps[-1].view if steps else None
        self.tournament = [i for i in tournament(view) if i in height]
        self._dots(self.drawn, self.tournament, height)
        last = trials[-1] if trials else None
        self._dots(self.newest, [last.id] if last is not None and last.id in height else [], height)
        self._dots(self.star, [best.id] if best is not None else [], height)
        self.best, self.last = best, last
        self.say(self._sentence())
        return changed

    def _dots(self, artist: Line2D, ids: Sequence[int], height: dict[int, float]) -> None:
        artist.set_data([self.family.born[i] for i in ids], [height[i] for i in ids])

    def _grow(self, y: np.ndarray, family: Family) -> bool:
        changed = False
        if self.n > self.x_end:
            self.x_end, changed = nice_ceiling(self.n), True
        seen = y[np.isfinite(y)]
        if len(seen):  # random beginners may be far off
            changed |= self.y.include(near(seen, self.quantity.higher))
        if changed:
            self._limits()
        return changed

    def _sentence(self) -> str:
        q, last = self.quantity, self.last
        if last is None:
            return "No trial has ended yet"
        where = f"Trial {self.n}" + (f" of {self.trials}" if self.trials else "")
        found = q.text(last.value) if last.status == "done" else last.status
        parents = self.family.parents.get(last.id)
        if parents is None:
            return f"{where}: a random start with {found}"
        names = " and ".join(str(self.family.born[p]) for p in parents)
        won = f", best of {len(self.tournament)} drawn," if self.tournament and len(parents) == 1 else ""
        text = f"{where}: a child of trial{'s' * (len(parents) > 1)} {names}{won} has {found}"
        return text + (" – a new best" if self.best is last else "")

    def alt(self) -> str:
        if self.best is None:
            return f"Population over time: {style.plural(self.n, 'trial')}, none has succeeded yet."
        q = self.quantity
        alive = f" {len(self.family.alive)} were alive when the last was chosen." if self.family.alive else ""
        return (
            f"Population over time after {style.plural(self.n, 'trial')}.{alive} The best, trial "
            f"{self.family.born[self.best.id]}, has {q.name} {q.text(self.best.value)} and "
            f"{style.plural(len(self.line) - 1, 'ancestor')}."
        )


class TreePicture(_Generations):
    """The family tree: a trial's column is its number, its row the number of mutations since a random start, its colour
    its accuracy. The living have a dark rim; the best one's line is orange.

    State, trials, limits: as for PopulationPicture.
    """

    figsize = (style.WIDTH, 3.8)
    room = 0.0  # the value is a colour
    depth = 4  # rows

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        style.key(
            fig,
            [
                ("alive", style.dot(style.MIDDLE, ms=7, mec=style.INK, mew=1.4)),
                ("dead", style.dot(style.MIDDLE, ms=5)),
                ("best and its ancestors", style.line(style.INCUMBENT, marker="*", ms=9, mec=style.INK, mew=0.7)),
            ],
        )
        w, h = style.size(fig)
        self.wide = w
        self.ax = ax = style.axes(fig, 0.75, 0.5, 0.2, 0.7)
        ax.set(xlabel="trial", ylabel="mutations since the start")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        bar_w = 1.0
        bar = style.bare(fig.add_axes(((w - 0.75 - bar_w) / w, 1 - 0.5 / h, bar_w / w, 0.1 / h)))
        bar.imshow(np.linspace(0, 1, 64)[None], aspect="auto", cmap=style.SEQUENTIAL, extent=(0, 1, 0, 1))
        self.ends = [
            self.live(style.add_words(bar, x, 0.5, axes_fraction=True, fontsize=style.SMALL, va="center", ha=ha))
            for x, ha in ((-0.06, "right"), (1.06, "left"))
        ]
        self.edges = self.live(LineCollection([], colors=style.LIGHT, linewidths=0.9, zorder=1.5))
        self.descent = self.live(LineCollection([], zorder=2.2, **LINEAGE))
        for collection in (self.edges, self.descent):
            ax.add_collection(collection, autolim=False)
        self.nodes = self.live(ax.scatter([], [], s=[], zorder=3, clip_on=False))
        self.star = self.live(ax.plot([], [], ms=14, ls="none", zorder=4, clip_on=False, **style.STAR)[0])
        self._limits()

    def _limits(self) -> None:
        self.ax.set(xlim=(0, self.x_end * 1.02 + 0.5), ylim=(self.depth + 0.5, -0.5))

    def update(self, state: Steps) -> bool:
        steps, q = steps_of(state), self.quantity
        self.family = family = Family(steps)
        self.n, changed = len(steps), False
        deepest = max(family.generation.values(), default=0)
        if self.n > self.x_end:
            self.x_end, changed = nice_ceiling(self.n), True
        if deepest > self.depth:
            self.depth, changed = max(deepest, int(1.5 * self.depth)), True
        if changed:
            self._limits()
        ids = [i for i, t in family.trials.items() if t.status == "done"]
        place = {i: (family.born[i], family.generation[i]) for i in family.trials}
        values = q.show(drawable([family.trials[i].value for i in ids]))
        if len(values):
            edges = np.quantile(values, [0.25, 1.0] if q.higher else [0.0, 0.75])
            self.y.include(edges, pad=0)
        low, high = self.y.pair
        shade = Normalize(low, high, clip=True)(values)
        colours = matplotlib.colormaps[style.SEQUENTIAL](shade if q.higher else 1 - shade)
        alive = np.array([i in family.alive for i in ids], bool)
        self.nodes.set_offsets(np.array([place[i] for i in ids], float).reshape(-1, 2))
        self.nodes.set_facecolor(colours)
        self.nodes.set_edgecolor([style.INK if a else "none" for a in alive])
        self.nodes.set_linewidth([1.4 if a else 0.0 for a in alive])
        column = 72 * (self.wide - 0.95) / self.x_end  # points
        wide = float(np.clip(1.1 * column, 3.5, 7.0))
        self.nodes.set_sizes(np.where(alive, 1.5, 1.0) * wide**2)
        self.edges.set_segments([[place[p], place[c]] for c, ps in family.parents.items() for p in ps])
        self.best = steps[-1].incumbent if steps else None
        self.line = family.line(None if self.best is None else self.best.id)
        self.descent.set_segments([[place[p], place[c]] for c, p in zip(self.line, self.line[1:], strict=False)])
        self.star.set_data(([], []) if self.best is None else ([place[self.best.id][0]], [place[self.best.id][1]]))
        if len(values):
            worst, best = ("≤ ", "") if q.higher else ("≥ ", "")
            first, last = (low, high) if q.higher else (high, low)
            unit = " %" if q.percent else ""
            self.ends[0].set_text(f"{worst}{style.number(first)}{unit}")
            self.ends[1].set_text(f"{best}{style.number(last)}{unit}")
        self.deepest = deepest
        self.say(self._sentence())
        return changed

    def _sentence(self) -> str:
        if self.best is None:
            return "No trial has succeeded yet"
        start, steps = self.family.born[self.line[-1]], len(self.line) - 1
        if not steps:
            return f"After {style.plural(self.n, 'trial')} the best is still a random start, trial {start}"
        after, way = style.plural(self.n, "trial"), style.plural(steps, "mutation")
        return f"After {after}: {way} from trial {start} to the best, trial {self.family.born[self.line[0]]}"

    def alt(self) -> str:
        if self.best is None:
            return f"Family tree of {style.plural(self.n, 'trial')}; none has succeeded yet."
        way = " from ".join(str(self.family.born[i]) for i in self.line)
        return (
            f"Family tree of {style.plural(self.n, 'trial')}, at most {style.plural(self.deepest, 'mutation')} deep. "
            f"The best ({self.quantity.text(self.best.value)}) descends: trial {way}."
        )


def _replayed(trace: Trace) -> Sequence[Step]:
    """Steps with views, as they are or computed again."""
    if len(trace) and (trace[0].view is None or isinstance(trace[0].view, dict)):
        try:
            return list(replay(trace))
        except ValueError:  # made by a method that is not in the registry
            return trace.steps
    return trace.steps


def population(
    state: Trace | Sequence[Step], *, trials: int | None = None, task: Task | None = None, label: str | None = None
) -> Figure:
    """The population over time, with family lines."""
    trace = state if isinstance(state, Trace) else None
    steps = _replayed(trace) if trace is not None else state
    return PopulationPicture(trials or len(steps), Quantity(label or label_of(trace, task))).render_static(steps)


def family_tree(
    state: Trace | Sequence[Step], *, trials: int | None = None, task: Task | None = None, label: str | None = None
) -> Figure:
    """Who descends from whom."""
    trace = state if isinstance(state, Trace) else None
    steps = _replayed(trace) if trace is not None else state
    return TreePicture(trials or len(steps), Quantity(label or label_of(trace, task))).render_static(steps)


__all__ = [
    "Family",
    "PopulationPicture",
    "TreePicture",
    "Trial",
    "family_tree",
    "living",
    "parents_of",
    "population",
    "tournament",
]
