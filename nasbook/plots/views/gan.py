"""A search of generators: the digits that the derived one draws, its score with its error, and the policy stage by
stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.ticker import MaxNLocator

from nasbook.axes import Scalar
from nasbook.plots import style
from nasbook.plots.picture import Picture, Stack
from nasbook.plots.scales import tick_label
from nasbook.plots.style import Figure, nice_ceiling
from nasbook.plots.viewed import GAN, views_of
from nasbook.trace import Step, Trace

if TYPE_CHECKING:
    from nasbook.nas.autogan import AutoGANView

SHOWN = 16  # images, in two rows
SHADES = [style.BLUE, style.ORANGE, style.GREEN, style.PURPLE, style.SKY, style.YELLOW, style.RED, style.GREY]
REAL = 9.1  # the Inception Score of 400 real digits, by the classifier of 'digits-gan'


def option_label(name: str, option: Scalar) -> str:
    """An option in words: the skips say which cells are read."""
    return f"cell {option}" if name.startswith("skips") and option != "none" else tick_label(option)


def where(view: AutoGANView) -> str:
    return f"Epoch {view.epoch} of {view.epochs}"


class DigitsPicture(Picture["Sequence[Step | AutoGANView]"]):
    """Sixteen images of the generator that is derived now, from the same z as in every epoch. State: views."""

    figsize = (style.WIDTH, 2.15)
    depicts = GAN

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        ax = style.bare(style.axes(fig, 0.12, 0.06, 0.12, 0.42))
        ax.set(xlim=(0, SHOWN // 2), ylim=(2, 0))
        ax.set_aspect("equal", anchor="W")
        self.images = []
        for k in range(SHOWN):
            row, column = divmod(k, SHOWN // 2)
            box = (column + 0.04, column + 0.96, row + 0.96, row + 0.04)
            image = ax.imshow(np.ones((1, 1)), cmap="gray_r", vmin=0, vmax=16, extent=box, interpolation="nearest")
            self.images.append(self.live(image))
        ax.set(xlim=(0, SHOWN // 2), ylim=(2, 0))

    def update(self, state: Sequence[Step | AutoGANView]) -> bool:
        views = views_of(GAN, state, "gan")
        self.last = views[-1] if views else None
        pictures = self.last.pictures if self.last else ()
        for k, image in enumerate(self.images):
            image.set_visible(k < len(pictures))
            if self.last and k < len(pictures):
                image.set_data(np.array(pictures[k]).reshape(self.last.side, -1))
        self.say(self._sentence())
        return False

    def _sentence(self) -> str:
        v = self.last
        if v is None:
            return "No epoch has ended yet: nothing is drawn"
        return f"{where(v)}: {v.side}×{v.side} pixels, Inception Score {style.plus_minus(v.score, v.error)}"

    def alt(self) -> str:
        v = self.last
        if v is None:
            return "Generated digits: no epoch has ended yet."
        each = f"{len(v.scores)} evaluations of {v.images} new images each"
        return f"{len(v.pictures)} generated images. {self._sentence()} (mean and standard error of {each})."


class ScorePicture(Picture["Sequence[Step | AutoGANView]"]):
    """The derived generator's score over the epochs with its standard error, the mean reward of the controller's
    steps, and where a stage begins. State: views."""

    figsize = (style.WIDTH, 2.4)
    depicts = GAN

    def __init__(self, epochs: int | None = None) -> None:
        super().__init__()
        self.x_end = epochs or 10

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        entries = [
            ("derived generator, ± 2 s.e.", style.line(style.ORANGE, marker="*", ms=9, mec=style.INK)),
            ("drawn by the controller", style.dot(style.TRIAL, ms=3)),
            ("real digits", style.line(style.HIDDEN, style.DASH)),
        ]
        rows = style.key(fig, entries)
        self.ax = style.axes(fig, 0.62, 0.48, 0.2, 0.42 + 0.2 * rows)
        self.ax.set(ylim=(1, 10), xlabel="epoch", ylabel="Inception Score", yticks=[1, 4, 7, 10])
        self.ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        self.ax.axhline(REAL, color=style.HIDDEN, ls=style.DASH, lw=1.2)
        self.drawn = self.live(self.ax.plot([], [], "o", color=style.TRIAL, ms=2.5, alpha=0.6, zorder=2)[0])
        self.band = self.live(style.polygon(self.ax, style.ORANGE, 0.35, zorder=2.5))
        self.line = self.live(self.ax.plot([], [], color=style.ORANGE, zorder=2.6)[0])
        self.stars = self.live(self.ax.plot([], [], ls="none", **{**style.STAR, "ms": 9}, zorder=2.7)[0])
        self.stages = [
            (
                self.live(self.ax.axvline(0, color=style.LIGHT, lw=1.2, zorder=1.5)),
                self.live(style.add_words(self.ax, 0, 1.12, "", fontsize=style.SMALL, va="bottom", zorder=3)),
            )
            for _ in range(3)
        ]
        self.ax.set_xlim(0, 1.02 * self.x_end)

    def aim(self, epochs: int) -> None:
        self.x_end = epochs
        self.ax.set_xlim(0, 1.02 * epochs)

    def update(self, state: Sequence[Step | AutoGANView]) -> bool:
        views, changed = views_of(GAN, state, "gan"), False
        epoch = [v.epoch for v in views]
        if views and epoch[-1] > self.x_end:
            self.x_end, changed = nice_ceiling(epoch[-1]), True
            self.ax.set_xlim(0, 1.02 * self.x_end)
        self.drawn.set_data(
            [v.epoch - 1 + (i + 1) / len(v.rewards) for v in views for i in range(len(v.rewards))],
            [r for v in views for r in v.rewards],
        )
        score, error = (np.array([getattr(v, name) for v in views], float) for name in ("score", "error"))
        style.set_band(self.band, np.array(epoch), score - 2 * error, score + 2 * error)
        self.line.set_data(epoch, score)
        self.stars.set_data(epoch, score)
        begins: dict[int, int] = {}
        for v in views:
            begins.setdefault(v.stage, v.epoch - 1)
        for k, (mark, words) in enumerate(self.stages, 1):
            mark.set_visible(k in begins and k > 1)
            mark.set_xdata([begins.get(k, 0)] * 2)
            words.set_text(f"cell {k}, {2 ** (k + 1)}×{2 ** (k + 1)} pixels" if k in begins else "")
            words.set_position((begins.get(k, 0) + 0.01 * self.x_end, 1.12))
        self.last = views[-1] if views else None
        self.say(self._sentence())
        return changed

    def _sentence(self) -> str:
        v = self.last
        if v is None:
            return "No epoch has ended yet"
        return f"Cell {v.stage} is searched: draws score {np.mean(v.rewards):.2f}"

    def alt(self) -> str:
        v = self.last
        if v is None:
            return "Scores: no epoch has ended yet."
        resets = f" The GAN has started anew {style.plural(v.resets, 'time')}." if v.resets else ""
        return f"{self._sentence()}; the derived generator has {style.plus_minus(v.score, v.error)}.{resets}"


class StagesPicture(Picture["Sequence[Step | AutoGANView]"]):
    """A row for each decision of each cell: the probability of every option, side by side; hollow where it is not
    searched yet. A cell that is done keeps its last policy, and above it stands how many prefixes went on.

    State: views."""

    depicts = GAN

    def __init__(self, cells: int = 2) -> None:
        super().__init__()
        self.cells = cells
        self.figsize = (style.WIDTH, 0.6 + 0.24 * (5 * cells - 1) + 0.3 * (cells - 1))

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        _, h = style.size(fig)
        rows = [(s, name) for s in range(1, self.cells + 1) for name in self._names(s)]
        ax = style.bare(style.axes(fig, 1.35, 0.12, 0.15, 0.4))
        ax.set(xlim=(0, 1), ylim=(len(rows) - 0.4 + 0.5 * (self.cells - 1), -0.6))
        self.wide = style.size(fig)[0] - 1.5
        self.bars: dict[str, tuple[float, list[Polygon], list[style.Words]]] = {}
        self.frames: dict[str, Line2D] = {}
        for k, (s, name) in enumerate(rows):
            y = k + 0.5 * (s - 1)
            style.add_words(ax, -0.015, y, f"cell {s}: {name}", fontsize=style.SMALL, ha="right", va="center")
            options = 2 ** (s - 1) if name == "skips" else 3 if name in ("norm", "up") else 2
            patches = [self.live(style.polygon(ax, SHADES[i], 0.55)) for i in range(options)]
            words = [
                self.live(style.add_words(ax, 0, y, "", fontsize=style.SMALL, ha="center", va="center", zorder=3))
                for _ in range(options)
            ]
            self.bars[f"{name}_{s}"] = y, patches, words
            frame = ax.plot([0, 1, 1, 0, 0], [y - 0.4, y - 0.4, y + 0.4, y + 0.4, y - 0.4], color=style.LIGHT, lw=1)[0]
            self.frames[f"{name}_{s}"] = frame

    @staticmethod
    def _names(s: int) -> tuple[str, ...]:
        return ("conv", "norm", "up", "shortcut", *(["skips"] if s > 1 else []))

    def update(self, state: Sequence[Step | AutoGANView]) -> bool:
        views = views_of(GAN, state, "gan")
        self.last = views[-1] if views else None
        latest = {v.stage: v for v in views}
        for name, (y, patches, words) in self.bars.items():
            v = latest.get(int(name[-1]))
            row = v.probabilities[v.names.index(name)] if v and name in v.names else ()
            options = v.options[v.names.index(name)] if v and name in v.names else ()
            left = 0.0
            for i, patch in enumerate(patches):
                p = row[i] if i < len(row) else 0.0
                style.set_band(patch, np.array([left, left + p]), np.full(2, y - 0.4), np.full(2, y + 0.4))
                patch.set_visible(p > 0.002)
                text = f"{option_label(name, options[i])} {p:.2f}" if i < len(options) else ""
                fits = p > 0 and style.text_width(text, style.SMALL) < p * self.wide - 0.06
                words[i].set_text(text if fits else "")
                words[i].set_position((left + p / 2, y))
                left += p
        self.say(self._sentence())
        return False

    def _sentence(self) -> str:
        v = self.last
        if v is None:
            return "The policy: no epoch has ended yet"
        begun = f", begun from {style.plural(len(v.prefixes), 'prefix')}".replace("prefixs", "prefixes")
        return f"Policy of cell {v.stage}: {v.entropy:.2f} nats undecided{begun if v.stage > 1 else ''}"

    def alt(self) -> str:
        v = self.last
        if v is None:
            return "Policy: no epoch has ended yet."
        likely = [
            f"{name.partition('_')[0]} {option_label(name, options[int(np.argmax(row))])} {max(row):.2f}"
            for name, options, row in zip(v.names, v.options, v.probabilities, strict=True)
        ]
        return f"{self._sentence()}. The likeliest: {', '.join(likely)}."


def gan(state: Trace | Sequence[Step | AutoGANView]) -> Figure:
    """Generated digits, score and policy. state: a Trace of the method "autogan", or its steps or views."""
    views = views_of(GAN, state, "gan")
    cells, epochs = (views[-1].stages, views[-1].epochs) if views else (2, None)
    return Stack([DigitsPicture(), ScorePicture(epochs), StagesPicture(cells)]).render_static([views] * 3)
