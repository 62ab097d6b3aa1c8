"""What TPE believes about one parameter: the split of the trials, the two densities, the score, and the next point.

The densities drawn are those of one parameter alone. Where the method uses one density for several parameters, a
candidate's score is that of all of them together, so candidates lie off the curve.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D

from nasbook.plots import style
from nasbook.plots.data import VERY_FAR, Quantity, drawable, label_of, near, value_of
from nasbook.plots.picture import Picture
from nasbook.plots.scales import parameter_axis, value_label
from nasbook.plots.style import Figure, Limits, Looks
from nasbook.plots.viewed import DENSITIES, state_of
from nasbook.space import Choice, Config, Constant, Space
from nasbook.task import Task
from nasbook.trace import Step, Trace, Trial, best_of

if TYPE_CHECKING:
    from nasbook.hpo.tpe import TPEView

GOOD, OTHER = style.BELIEF, style.PURPLE


class TPEPicture(Picture["Step | TPEView"]):
    """Trials, split at y*; below them l and g; below these ln l − ln g, with the candidates and the next point.

    State: a TPEView, or a Step that has one. axis: the parameter that is drawn. truth: the objective, a function of a
    configuration, drawn grey and dashed where the space has one parameter. ValueError for an axis that is not free.
    """

    figsize = (style.WIDTH, 6.0)
    depicts = DENSITIES

    def __init__(
        self,
        space: Space,
        axis: str | None = None,
        trials: int | None = None,
        quantity: Quantity = Quantity(accuracy=False),  # noqa: B008
        truth: Callable[[Config], float] | None = None,
    ) -> None:
        super().__init__()
        self.space, self.name, self.trials, self.quantity = space, axis or space.free[0], trials, quantity
        if self.name not in space.free:
            raise ValueError(f"tpe: {self.name!r} is not a parameter to draw; the space has {', '.join(space.free)}")
        self.p, self.at = space.parameters[self.name], space.free.index(self.name)
        self.x, self.u = self._grid()
        self.y, self.height, self.score = Limits(), Limits(0.0, 2.0), Limits(-2.0, 2.0)
        self.truth: np.ndarray | None = None
        if truth is not None and space.d == 1:
            self.truth = np.asarray(quantity.show([truth(space.decode(np.array([u]))) for u in self.u]), float)
            self.y.include(self.truth, pad=0.1)

    def _grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the curves are drawn, and where the densities are asked: options and whole numbers are flat steps."""
        p = self.p
        if isinstance(p, Choice):
            u = np.array([p.encode(o) for o in p.options])
            return np.stack([u - 0.46 / p.size, u + 0.46 / p.size], 1).ravel(), np.repeat(u, 2)
        if not isinstance(p, Constant) and p.size <= 200:
            u = np.array([p.encode(v) for v in p.levels(200)])
            return u, u
        u = np.linspace(0, 1, 401)
        return u, u

    def build(self, fig: Figure | SubFigure) -> None:
        entries: style.Entries = [
            ("good trial", style.dot(GOOD)),
            ("other trial", style.dot(OTHER, "s")),
            ("failed", style.dot(**style.HOLLOW)),
            ("best", style.dot(ms=10, **style.STAR)),
            ("y*", style.line(style.INK, style.DOT, lw=1.2)),
            ("candidate", style.dot(style.ACQUISITION, "|", 8)),
            ("next", style.dot(style.NEXT, "v", 7)),
        ]
        if self.truth is not None:
            entries.append(("objective (hidden)", style.line(style.HIDDEN, style.DASH, lw=1.3)))
        rows = style.key(fig, entries)
        w, h = style.size(fig)
        top, left, right = 0.45 + 0.2 * rows, 0.75, 0.2
        heights, gap, bottom = [1.15, 1.1], 0.36, 0.55
        self.low = style.axes(fig, left, bottom, right, h - bottom - heights[0])
        base = bottom + heights[0] + gap
        self.mid = style.axes(fig, left, base, right, h - base - heights[1])
        self.ax = style.axes(fig, left, base + heights[1] + 0.3, right, top)
        for ax in (self.ax, self.mid, self.low):
            parameter_axis(ax, "x", self.p, self.name, w - left - right, label=ax is self.low)
            if ax is not self.low:
                ax.tick_params(labelbottom=False)
        self.ax.set(ylabel=self.quantity.axis, ylim=self.y.pair)
        self.mid.set(ylabel="density" if self.p.size == np.inf else "probability", ylim=self.height.pair)
        self.low.set(ylabel="ln l − ln g", ylim=self.score.pair)
        self.low.axhline(0, color=style.LIGHT, lw=1)
        self.title(fig)
        if self.truth is not None:
            self.ax.plot(self.x, self.truth, color=style.HIDDEN, ls=style.DASH, lw=1.3, zorder=1.5)
        live = self.live
        marks: Looks = {"ls": "none", "clip_on": False}
        self.wide = w - left - right
        self.threshold = live(self.ax.plot([], [], color=style.INK, ls=style.DOT, lw=1.2, zorder=1.8)[0])
        self.others = live(self.ax.plot([], [], marker="s", color=OTHER, ms=5, zorder=2.5, **marks)[0])
        self.good = live(self.ax.plot([], [], marker="o", color=GOOD, ms=7, zorder=3, **marks)[0])
        self.lost = live(self.ax.plot([], [], marker="o", ms=6, zorder=3, clip_on=False, ls="none", **style.HOLLOW)[0])
        self.star = live(self.ax.plot([], [], ms=14, ls="none", zorder=4, **style.STAR)[0])
        self.area = live(style.polygon(self.mid, GOOD, 0.15))
        self.l = live(self.mid.plot([], [], color=GOOD, zorder=2.2)[0])
        self.g = live(self.mid.plot([], [], color=OTHER, ls=style.DASH, zorder=2.1)[0])
        self.line = live(self.low.plot([], [], color=style.ACQUISITION, zorder=2)[0])
        self.ticks = live(self.low.plot([], [], marker="|", ms=8, color=style.ACQUISITION, zorder=2.4, **marks)[0])
        self.mark = live(self.low.plot([], [], marker="v", ms=8, color=style.NEXT, zorder=3, **marks)[0])
        self.stems = [
            live(ax.plot([], [], color=style.NEXT, ls=style.DOT, lw=1.3, zorder=1.9)[0])
            for ax in (self.ax, self.mid, self.low)
        ]
        words: Looks = {"fontsize": style.SMALL, "va": "bottom", "axes_fraction": True}
        self.caption = live(style.add_words(self.mid, 0, 1.02, **words))
        self.note = live(style.add_words(self.low, 0, 1.04, **words))

    def update(self, state: Step | TPEView) -> bool:
        view = self.view_of(state)
        self.view = view
        told = [t for t in (*view.below, *view.above) if t.value is not None]
        shown = [t for t in told if self.name in t.config]
        seen = np.asarray(self.quantity.show(drawable([t.value for t in shown])), float)
        changed = self.y.include(near(seen, self.quantity.higher, far=VERY_FAR), pad=0.1)
        self._split(view, shown)
        self.draw = next((d for d in view.draws if self.name in d.names), None)
        changed |= self._curves(view)
        self._next(view)
        self._words(view, len(told), len(shown))
        if changed:
            self.ax.set_ylim(self.y.pair)
            self.mid.set_ylim(self.height.pair)
            self.low.set_ylim(self.score.pair)
        return changed

    def _split(self, view: TPEView, shown: list[Trial]) -> None:
        def put(artist: Line2D, trials: list[Trial]) -> None:
            u = [view.space.encode(t.config)[self.at] for t in trials]
            shown = np.asarray(self.quantity.show(drawable([t.value for t in trials])), float)
            artist.set_data(u, np.clip(shown, *self.y.pair))  # what is far off stands at the border

        good, started = {t.id for t in view.below}, bool(view.draws)
        put(self.good, [t for t in shown if started and t.id in good])
        put(self.others, [t for t in shown if not (started and t.id in good)])
        best = best_of((*view.below, *view.above))
        put(self.star, [t for t in shown if t is best])
        failed = [view.space.encode(t.config)[self.at] for t in view.above if t.status == "failed"]
        self.lost.set_data(failed, np.full(len(failed), self.y.pair[1]))
        self.y_star = self.quantity.show(view.threshold) if started and view.threshold is not None else None
        self.threshold.set_data(([], []) if self.y_star is None else ([0, 1], [self.y_star] * 2))

    def _curves(self, view: TPEView) -> bool:
        self.area.set_visible(False)
        self.ratio: np.ndarray | None = None
        if not view.draws:
            for artist in (self.l, self.g, self.line, self.ticks):
                artist.set_data([], [])
            return False
        l, g = (density.marginal(0, self.u) for density in view.densities(self.name))
        self.ratio = np.log(l) - np.log(g)
        style.set_band(self.area, self.x, np.zeros_like(l), l)
        self.l.set_data(self.x, l)
        self.g.set_data(self.x, g)
        self.line.set_data(self.x, self.ratio)
        u, score = np.empty(0), np.empty(0)
        if self.draw is not None:
            u, score = self.draw.U[:, self.draw.names.index(self.name)], self.draw.score
        self.ticks.set_data(u, score)
        grown = [self.height.include([*l, *g]), self.score.include([*self.ratio, *score])]
        return any(grown)

    def _next(self, view: TPEView) -> None:
        self.next = None if view.next is None else float(view.next[self.at])
        if self.next is None or not np.isfinite(self.next):
            self.next = None
            for artist in (self.mark, *self.stems):
                artist.set_data([], [])
            return
        for limits, stem in zip((self.y, self.height, self.score), self.stems, strict=True):
            stem.set_data([self.next] * 2, limits.pair)
        self.drawn = False
        height = 0.0 if self.ratio is None else float(np.interp(self.next, self.x, self.ratio))
        if self.draw is not None:
            best = self.draw.best
            self.drawn = bool(np.isclose(self.draw.U[best, self.draw.names.index(self.name)], self.next, atol=1e-6))
            height = float(self.draw.score[best]) if self.drawn else height
        self.mark.set_data([self.next], [height])

    def _words(self, view: TPEView, told: int, shown: int) -> None:
        self.told, coming = told, view.next is not None
        number = len(view.below) + len(view.above) + coming
        trial = (
            f"Trial {number}" + (f" of {self.trials}" if self.trials else "")
            if coming
            else f"After {style.plural(number, 'trial')}"
        )
        have = "" if shown == told else f"   {style.named(self.name)} exists in {shown} of {told} trials"
        if not view.draws:
            self.say(f"{trial}: a random one, there is no split yet")
            self.caption.set_text(
                style.shorten("No densities yet: the first trials are random" + have, self.wide, style.SMALL)
            )
            self.note.set_text("")
            return
        self.say(
            f"{trial}: {len(view.below)} of {style.plural(told, 'trial')} are good, y* = "
            f"{self.quantity.text(view.threshold)}"
        )
        self.caption.set_text(
            style.shorten(f"l: the good trials (blue).   g: the others (purple, dashed).{have}", self.wide, style.SMALL)
        )
        if not coming:
            note = "Score"
        elif self.next is None:
            note = f"The next trial has no {style.named(self.name)}"
        elif self.draw is None or not self.drawn:
            note = f"Next: {self._value()}, which is none of the candidates"
        else:
            several = " (all parameters together)" if len(self.draw.names) > 1 else ""
            score = "the score of" if len(self.draw.U) == 1 else "the best score of"
            note = f"Next: {self._value()}, {score} {style.plural(len(self.draw.U), 'candidate')} drawn from l{several}"
        self.note.set_text(style.shorten(note, self.wide, style.SMALL))

    def _value(self) -> str:
        config = self.space.decode(np.nan_to_num(np.asarray(self.view.next, float), nan=0.5))
        return f"{style.named(self.name)} {value_label(self.p, config[self.name])}"

    def alt(self) -> str:
        if not self.view.draws:
            return f"TPE after {style.plural(self.told, 'trial')}: all are random so far, there are no densities yet."
        x = self.x[int(np.argmax(self.ratio))] if self.ratio is not None else 0.5
        peak = value_label(self.p, self.p.decode(float(x)))  # type: ignore[union-attr]
        ahead = "" if self.next is None else f" The next trial has {self._value()}."
        return (
            f"TPE after {style.plural(self.told, 'trial')}: the {len(self.view.below)} best are called good (at most "
            f"{self.quantity.text(self.view.threshold)}). The ratio of the densities of {style.named(self.name)} is "
            f"largest at {peak}.{ahead}"
        )


def tpe(
    state: Trace | Step | TPEView,
    *,
    step: int = -1,
    axis: str | None = None,
    task: Task | None = None,
    trials: int | None = None,
    label: str | None = None,
) -> Figure:
    """The split of the trials, the two densities of one parameter, and their ratio.

    state: a Trace of the method "tpe" (`step` counts its steps, −1 is the last), a Step or a TPEView. axis: the
    parameter, by default the first. task: with one parameter its values are drawn as the hidden objective.
    """
    trace = state if isinstance(state, Trace) else None
    view = state_of(DENSITIES, state, step, "tpe")
    truth = None if task is None else value_of(task)
    quantity = Quantity(label or label_of(trace, task), accuracy=False)
    return TPEPicture(view.space, axis, trials or (len(trace) if trace else None), quantity, truth).render_static(view)
