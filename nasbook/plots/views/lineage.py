"""Population based training as lanes: who was copied by whom, and the schedules of hyperparameters that this makes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import SubFigure
from matplotlib.ticker import MaxNLocator
from matplotlib.typing import ColorType

from nasbook.axes import Scalar
from nasbook.plots import style
from nasbook.plots.data import Quantity, Trials, label_of, trials_of
from nasbook.plots.picture import Picture, Stack
from nasbook.plots.scales import parameter_axis, ticks, value_label
from nasbook.plots.style import Figure, Looks, plural
from nasbook.space import Constant, Space
from nasbook.trace import Trace, Trial, best_of

COLOURS = ("value", "founder", "parameter")
FOUNDERS = [style.BLUE, style.GREEN, style.PURPLE, style.SKY, style.YELLOW, style.RED, "#6b4fa0", "#8c6d31",
            "#3d5a5c", "#b5cf6b", "#e7969c", "#9c9ede", "#637939", "#ad494a", "#17a2a2", "#4a2c2a"]  # fmt: skip
LEFT, RIGHT = 0.85, 1.42  # margins in inches, the same for both pictures: their epochs stand below one another
LOWEST, HIGHEST = 0.02, 0.9  # errors at the ends of the colours


@dataclass(frozen=True)
class Lineages:
    """What the trials of a PBT run say about descent. A trial is one interval of one member."""

    trials: dict[int, Trial]
    members: list[int]
    start: dict[int, float]  # the epoch at which a trial's interval began
    founder: dict[int, int]  # the member whose first network it descends from
    current: dict[int, Trial]  # the last trial of each member
    alive: set[int]  # trials whose network, or a copy of it, is still trained
    best: Trial | None  # the lowest value
    line: list[int]  # the best and its ancestors, oldest first

    @classmethod
    def of(cls, trials: Iterable[Trial]) -> Lineages:
        rows = {t.id: t for t in trials}
        start: dict[int, float] = {}
        founder: dict[int, int] = {}
        current: dict[int, Trial] = {}
        for t in rows.values():
            parent = rows.get(t.info.get("parent", -1))
            start[t.id] = 0.0 if parent is None else float(parent.fidelity or 0)
            founder[t.id] = t.info["member"] if parent is None else founder[parent.id]
            current[t.info["member"]] = t

        def ancestors(t: Trial | None) -> list[int]:
            found: list[int] = []
            while t is not None:
                found.append(t.id)
                t = rows.get(t.info.get("parent", -1))
            return found[::-1]

        alive = {i for t in current.values() for i in ancestors(t)}
        best = best_of(rows.values())
        return cls(rows, sorted(current), start, founder, current, alive, best, ancestors(best))

    def founders(self, epoch: float) -> set[int]:
        """The founders of the networks that had been trained to this epoch."""
        return {self.founder[t.id] for t in self.trials.values() if t.fidelity == epoch}

    @property
    def epochs(self) -> list[float]:
        return sorted({float(t.fidelity or 0) for t in self.trials.values()})


class LanesPicture(Picture[tuple[Sequence[Trial], str]]):
    """One lane a member, epochs from left to right, an arrow for each copy, the best with its ancestors in orange.

    State: (trials, colour): colour is 'value', 'founder' (whose first network it descends from) or 'parameter'.
    A lane is thick where its network, or a copy of it, is still trained, and thin where it has died out.
    """

    def __init__(self, space: Space, members: int, epochs: float, quantity: Quantity = Quantity()) -> None:  # noqa: B008
        super().__init__()
        self.space, self.n, self.end, self.quantity = space, members, float(epochs), quantity
        self.parameter = space.free[0] if space.free else ""
        self.figsize = (style.WIDTH, 1.35 + max(1.6, 0.25 * members))
        self.data = Lineages.of([])
        self._shown: tuple[str, str] | None = None

    def build(self, fig: Figure | SubFigure) -> None:
        entries = [
            ("still trained", style.line(style.GREY, lw=7)),
            ("died out", style.line(style.GREY, lw=2.5)),
            ("a copy", style.line(style.INK, lw=1, marker=">", ms=4)),
            ("the best and its ancestors", style.line(style.INCUMBENT, lw=3)),
        ]
        style.key(fig, entries)
        self.ax = ax = style.axes(fig, LEFT, 0.5, RIGHT, 0.62)
        ax.set(xlim=(0, self.end), ylim=(self.n - 0.4, -1.35), xlabel="epoch", ylabel="member")
        ax.set_yticks(range(self.n), [str(i + 1) for i in range(self.n)])
        ax.xaxis.set_major_locator(MaxNLocator(10, integer=True))
        ax.grid(False)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        w, h = style.size(fig)
        self.bars = self.live(PolyCollection([], linewidths=0, zorder=2))
        self.copies = self.live(LineCollection([], colors=style.INK, linewidths=1.0, zorder=3, capstyle="round"))
        self.halo = self.live(LineCollection([], colors="white", linewidths=4.4, zorder=3.9, joinstyle="round"))
        self.path = self.live(LineCollection([], colors=style.INCUMBENT, linewidths=2.6, zorder=4, joinstyle="round"))
        for made in (self.bars, self.copies, self.halo, self.path):
            ax.add_collection(made, autolim=False)
        self.heads = [
            self.live(ax.plot([], [], marker=m, color=style.INK, ms=4.5, mew=0, ls="none", zorder=3.1)[0]) for m in "^v"
        ]
        self.star = self.live(ax.plot([], [], ls="none", ms=13, zorder=5, clip_on=False, **style.STAR)[0])
        ax.text(-0.1 / (w - LEFT - RIGHT) * self.end, -1, "founders", fontsize=style.SMALL, ha="right", va="center")
        words: Looks = {"fontsize": style.SMALL, "va": "center"}
        wide = (w - LEFT - RIGHT) / self.end  # inches of an epoch
        self.every = max(1, math.ceil(0.24 / wide))
        self.counts = [
            self.live(style.add_words(ax, 0, -1, ha="center", **words)) for _ in range(int(self.end) // self.every + 1)
        ]
        self.ends = [
            self.live(style.add_words(ax, self.end * (1 + 0.08 / (w - LEFT - RIGHT)), i, ha="left", **words))
            for i in range(self.n)
        ]
        self.bar = fig.add_axes((1 - 0.62 / w, 0.5 / h, 0.12 / w, (h - 1.35) / h))
        self.bar.imshow(
            np.linspace(0, 1, 256)[:, None], aspect="auto", origin="lower", extent=(0, 1, 0, 1), cmap=style.SEQUENTIAL
        )
        style.dress(self.bar)
        self.bar.set(xticks=[], ylim=(0, 1))
        self.bar.grid(False)
        self.bar.yaxis.tick_right()
        self.bar_name = fig.text(1 - 0.62 / w, 1 - 0.8 / h, "", fontsize=style.SMALL, va="bottom")
        self.title(fig)

    # ---- colours -------------------------------------------------------------------------------------------

    def _place(self, t: Trial, colour: str) -> float | None:
        """Where a trial lies between the ends of the colours, 0 … 1; None where it has no value."""
        if colour == "parameter":
            return position(self.space, self.parameter, t)
        if t.status != "done" or t.value is None:
            return None
        if self.quantity.percent:  # a step of colour is a factor of the error: 80 to 90 % like 90 to 95 %
            low, high = math.log(LOWEST), math.log(HIGHEST)
            return float(np.clip((high - math.log(max(t.value, 1e-9))) / (high - low), 0, 1))
        values = [o.value for o in self.data.trials.values() if o.status == "done" and o.value is not None]
        worst, lowest = max(values), min(values)
        return (worst - t.value) / (worst - lowest) if worst > lowest else 0.5

    def _colour(self, t: Trial, colour: str) -> ColorType:
        if colour == "founder":
            return to_rgba(FOUNDERS[self.data.founder[t.id] % len(FOUNDERS)])
        at = self._place(t, colour)
        return to_rgba(style.LIGHT) if at is None else matplotlib.colormaps[style.SEQUENTIAL](at)

    def _scale(self, colour: str) -> None:
        """The colour bar."""
        self.bar.set_visible(colour != "founder")
        name = ""
        marks: list[float] = []
        labels: list[str] = []
        if colour == "parameter" and self.parameter:
            marks, labels, _ = ticks(self.space.parameters[self.parameter], 5)
            name = style.named(self.parameter)
        elif colour == "value" and self.quantity.percent:
            errors = np.array([0.5, 0.2, 0.1, 0.05, 0.02])
            marks = list(np.log(HIGHEST / errors) / math.log(HIGHEST / LOWEST))
            labels = [f"{float(self.quantity.show(e)):.0f} %" for e in errors]
            name = "accuracy" if self.quantity.higher else "error"
        elif colour == "value":
            marks, labels, name = [0.0, 1.0], ["worst", "best"], self.quantity.name
        self.bar.set_yticks(marks, labels)
        self.bar_name.set_text(style.shorten(name, 0.6))

    # ---- what moves ----------------------------------------------------------------------------------------

    def update(self, state: tuple[Sequence[Trial], str]) -> bool:
        trials, colour = state
        if colour not in COLOURS:
            raise ValueError(f"colour must be one of {', '.join(COLOURS)}, not {colour!r}")
        self.data = d = Lineages.of(trials)
        look = colour, self.parameter
        changed = look != self._shown
        if changed:
            self._scale(colour)
            self._shown = look
        gap = min(0.3, 0.08 * self.end)
        boxes: list[list[tuple[float, float]]] = []
        colours: list[ColorType] = []
        arrows: list[list[tuple[float, float]]] = []
        up: list[tuple[float, float]] = []
        down: list[tuple[float, float]] = []
        for t in d.trials.values():
            a, b, y = d.start[t.id], float(t.fidelity or 0), t.info["member"]
            high = 0.36 if t.id in d.alive else 0.11
            parent, copied = d.trials.get(t.info.get("parent", -1)), t.info.get("copied_from")
            left = a + (gap if copied is not None else 0.0)
            right = b - (gap / 3 if b < self.end else 0.0)
            boxes.append([(left, y - high), (right, y - high), (right, y + high), (left, y + high)])
            colours.append(self._colour(t, colour))
            if copied is not None and parent is not None:
                tip = y + (0.45 if copied > y else -0.45)
                arrows.append([(a - gap / 6, copied), (a + gap / 2, tip)])
                (up if copied > y else down).append((a + gap / 2, tip))
        self.bars.set_verts(boxes)
        self.bars.set_facecolor(colours)
        self.copies.set_segments(arrows)
        for head, points in zip(self.heads, (up, down), strict=True):
            head.set_data(*np.array(points, float).reshape(-1, 2).T)
        points = []
        for i in d.line:
            t = d.trials[i]
            points += [(d.start[i] + gap / 2, t.info["member"]), (float(t.fidelity or 0) - gap / 3, t.info["member"])]
        for made in (self.halo, self.path):
            made.set_segments([points] if points else [])
        self.star.set_data(*np.array(points[-1:], float).reshape(-1, 2).T)
        shown = [e for e in d.epochs if len(d.epochs) <= len(self.counts) or e % self.every == 0]
        for k, text in enumerate(self.counts):
            known = k < len(shown)
            text.set_text(str(len(d.founders(shown[k]))) if known else "")
            if known:
                text.set_x(shown[k] - min(0.5, 0.04 * self.end))
        for i, text in enumerate(self.ends):
            last = d.current.get(i)
            failed = last is not None and last.status != "done"
            text.set_text("" if last is None else "failed" if failed else self.quantity.text(last.value))
        self.say(self._sentence())
        return changed

    def descent(self) -> str:
        """'all 10 members descend from member 3', 'the 10 members descend from 4 of them'."""
        d = self.data
        left = {d.founder[t.id] for t in d.current.values()}
        many = plural(len(d.current), "member")
        if len(left) == len(d.current):
            return f"{many}, none a copy of another"
        if len(left) == 1:
            return f"all {many} descend from member {left.pop() + 1}"
        return f"{many} descend from {len(left)} of the first"

    def _sentence(self) -> str:
        d = self.data
        if not d.trials:
            return "Nothing has been trained yet"
        best = "no success yet" if d.best is None else f"best {self.quantity.text(d.best.value)}"
        return f"Epoch {d.epochs[-1]:g}: {best}; {self.descent()}"

    def alt(self) -> str:
        d = self.data
        if not d.trials:
            return f"Empty lanes for {plural(self.n, 'member')} over {self.end:g} epochs."
        copies = sum("copied_from" in t.info for t in d.trials.values())
        text = f"Lanes of {plural(len(d.current), 'member')} to epoch {d.epochs[-1]:g}, with {copies or 'no'} "
        text += f"cop{'y' if copies == 1 else 'ies'}; {self.descent()}."
        if d.best is not None:
            way = list(dict.fromkeys(d.trials[i].info["member"] + 1 for i in d.line))
            text += f" The best, {self.quantity.text(d.best.value)} at epoch {d.best.fidelity:g}, came by "
            text += f"member {', '.join(map(str, way))}."
        return text


class SchedulePicture(Picture[Sequence[Trial]]):
    """A hyperparameter of every member over the epochs; thick: along the ancestors of the best. State: trials.

    `aim(parameter)` chooses the hyperparameter."""

    figsize = (style.WIDTH, 2.7)

    def __init__(self, space: Space, epochs: float, parameter: str | None = None) -> None:
        super().__init__()
        self.space, self.end = space, float(epochs)
        self.parameter = parameter or (space.free or list(space.parameters))[0]
        self._shown = ""
        self.values: list[tuple[float, Scalar]] = []  # (epoch, value) of the best's schedule

    def build(self, fig: Figure | SubFigure) -> None:
        self.tall = style.size(fig)[1] - 0.5 - 0.62
        entries = [
            ("the best's schedule", style.line(style.INCUMBENT, lw=3)),
            ("still trained", style.line(style.INK, lw=1.2)),
            ("died out", style.line(style.LIGHT, lw=1.2)),
        ]
        style.key(fig, entries)
        self.ax = ax = style.axes(fig, LEFT, 0.5, RIGHT, 0.62)
        ax.set(xlim=(0, self.end), xlabel="epoch")
        ax.xaxis.set_major_locator(MaxNLocator(10, integer=True))

        def lines(color: str, width: float, zorder: float) -> LineCollection:
            made = self.live(LineCollection([], colors=color, linewidths=width, zorder=zorder, joinstyle="round"))
            ax.add_collection(made, autolim=False)
            return made

        self.dead, self.alive = lines(style.LIGHT, 1.1, 2), lines(style.INK, 1.2, 3)
        self.path = lines(style.INCUMBENT, 3.0, 4)
        self.star = self.live(ax.plot([], [], ls="none", ms=13, zorder=5, clip_on=False, **style.STAR)[0])
        self.title(fig)

    def aim(self, parameter: str) -> None:
        self.parameter = parameter

    def update(self, state: Sequence[Trial]) -> bool:
        d = Lineages.of(state)
        changed = self.parameter != self._shown
        if changed:
            parameter_axis(self.ax, "y", self.space.parameters[self.parameter], self.parameter, self.tall)
            self.ax.set_ylim(-0.04, 1.04)
            self._shown = self.parameter
        at = {i: position(self.space, self.parameter, t) for i, t in d.trials.items()}

        def stair(i: int) -> list[tuple[float, float]]:
            y, a = at[i], d.start[i]
            if y is None:
                return []
            before = at.get(d.trials[i].info.get("parent", -1))
            return [*([(a, before)] if before is not None else []), (a, y), (float(d.trials[i].fidelity or 0), y)]

        on = set(d.line)
        self.dead.set_segments([s for i in d.trials if i not in d.alive and (s := stair(i))])
        self.alive.set_segments([s for i in d.trials if i in d.alive and i not in on and (s := stair(i))])
        path = [point for i in d.line for point in stair(i)]
        self.path.set_segments([path] if path else [])
        self.star.set_data(*np.array(path[-1:], float).reshape(-1, 2).T)
        self.values = [
            (float(d.trials[i].fidelity or 0), d.trials[i].config[self.parameter])
            for i in d.line
            if self.parameter in d.trials[i].config
        ]
        self.say(self._sentence())
        return changed

    def _sentence(self) -> str:
        if not self.values:
            return f"{style.named(self.parameter)} of every member"
        p = self.space.parameters[self.parameter]
        seen = [v for k, (_, v) in enumerate(self.values) if k == 0 or v != self.values[k - 1][1]]
        told = [value_label(p, v) for v in seen]
        if len(told) > 5:
            told = [*told[:2], "…", *told[-2:]]
        return f"{style.named(self.parameter)} of the best: " + (
            " → ".join(told) if len(seen) > 1 else f"{told[0]} all the time"
        )

    def alt(self) -> str:
        if not self.values:
            return f"Empty axes for the {style.named(self.parameter)} of every member."
        return f"The {style.named(self.parameter)} of every member over the epochs. {self._sentence()}."


def position(space: Space, name: str, trial: Trial) -> float | None:
    """Where the trial's value of a parameter lies on its axis, 0 … 1; None where it has none."""
    p = space.parameters.get(name)
    if p is None or name not in trial.config:
        return None
    if isinstance(p, Constant):
        return 0.5
    return float(p.encode(trial.config[name]))


def lineage(trace: Trials, colour: str = "value", parameter: str | None = None) -> Figure:
    """Who copied whom in a trace of population based training, and the schedule of one hyperparameter below it.

    colour: 'value', 'founder' or 'parameter'; parameter: the first that is searched. ValueError for another trace."""
    trials = trials_of(trace)
    if not trials or "member" not in trials[0].info or not isinstance(trace, Trace):
        raise ValueError("lineage draws a trace of 'pbt', whose trials tell their member; this is none, or it is empty")
    if parameter is not None and parameter not in trace.space.parameters:
        raise ValueError(f"the space has no parameter {parameter!r}; it has {', '.join(trace.space.parameters)}")
    d = Lineages.of(trials)
    lanes = LanesPicture(trace.space, 1 + max(d.members), d.epochs[-1], Quantity(label_of(trace)))
    name = parameter or ("lr" if "lr" in trace.space.free else lanes.parameter)
    lanes.parameter = name
    return Stack([lanes, SchedulePicture(trace.space, d.epochs[-1], name)]).render_static([(trials, colour), trials])
