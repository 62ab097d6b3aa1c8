"""A picture that can be still or move: built once, then updated with data.

    picture = HistoryPicture(trials=40)          # what is fixed: the space, the budget, the limits
    fig = picture.render_static(trace)           # a finished Figure with fig.alt

    picture = HistoryPicture(trials=40)          # in a lab, many times a second:
    pixels = picture.frame(steps[:12])           # (height, width, 4) uint8; only what moved is drawn again
    picture.alt(), picture.sentence()            # what it shows now, in words

A still picture and a lab's frame come from the same `build` and `update`, so they cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D

from nasbook.plots import style
from nasbook.plots.moving_text import Words
from nasbook.plots.names import plain
from nasbook.plots.style import Figure
from nasbook.plots.viewed import Views

A = TypeVar("A", bound=Artist)
S = TypeVar("S")  # a picture's state: what it draws
V = TypeVar("V")  # a view


class Depicting(Protocol[V]):
    """A picture of views."""

    depicts: Views[V]


class Picture(Generic[S]):
    """Base class. A subclass writes `build`, `update` and `alt`, and says what its state is: `Picture[Trials]`.

    Not safe for threads: a lab holds one lock per picture around `frame`, `alt`, `sentence` and `locate`.
    A picture object belongs to one figure; make another object for another figure.
    """

    figsize: tuple[float, float] = (style.WIDTH, 4.6)  # inches, at style.DPI dots per inch
    depicts: Views[object] | None = None  # the views of a method that its state must have; None where trials are enough

    def __init__(self) -> None:
        self._artists: list[Artist] = []
        self._background: object = None
        self._title: Words | None = None
        self._title_width = 0.0
        self.fig: Figure | None = None

    # ---- what a subclass writes ------------------------------------------------------------------------

    def build(self, fig: Figure | SubFigure) -> None:
        """Make axes and artists, once. What moves is registered with `self.live(artist)`; the rest is background."""
        raise NotImplementedError

    def update(self, state: S) -> bool:
        """Move the live artists to the state. True when the background must be drawn again (new limits)."""
        raise NotImplementedError

    def alt(self) -> str:
        """A description of what the last update showed, made from its data."""
        raise NotImplementedError

    # ---- what everybody uses ---------------------------------------------------------------------------

    def live(self, artist: A) -> A:
        """Register an artist that moves."""
        self._artists.append(artist)
        return artist

    def plotted(self, ax: Axes, *marks: str, **options: Any) -> Line2D:
        """A line or marks on axes that get their points with each state."""
        return self.live(ax.plot([], [], *marks, **options)[0])

    def artists(self) -> list[Artist]:
        """The artists that move, lowest first."""
        return sorted(self._artists, key=lambda a: a.get_zorder())

    def make_figure(self) -> Figure:
        """The figure (Agg, no pyplot), built on the first call."""
        if self.fig is None:
            self.fig = style.figure(*self.figsize)
            with style.styled():
                self.build(self.fig)
        return self.fig

    def render_static(self, state: S) -> Figure:
        """A finished figure of the state, with `fig.alt` and `fig.sentence` (its title)."""
        fig = self.make_figure()
        self.update(state)
        for artist in self.artists():
            artist.set_animated(False)
        fig.alt, fig.sentence = plain(self.alt()), self.sentence()
        return fig

    def frame(self, state: S) -> np.ndarray:
        """Pixels (height, width, 4) of the state, uint8 RGBA, opaque; a view that the next call overwrites.

        The background is drawn when `update` says so and otherwise copied."""
        fig = self.make_figure()
        if self._background is None:
            for artist in self._artists:
                artist.set_animated(True)
        changed = self.update(state)
        canvas = fig.canvas
        if changed or self._background is None:
            canvas.draw()
            self._background = canvas.copy_from_bbox(fig.bbox)
        else:
            canvas.restore_region(self._background)
        renderer = canvas.get_renderer()
        for artist in self.artists():
            artist.draw(renderer)
        return np.asarray(canvas.buffer_rgba())

    def invalidate(self) -> None:
        """Draw the background again with the next frame."""
        self._background = None

    def view_of(self: Depicting[V], state: object) -> V:
        """The view of a Step, or the view itself; ValueError where it is not one that this picture `depicts`."""
        return self.depicts.of(state, type(self).__name__)

    # ---- the title: a sentence that moves ------------------------------------------------------------------

    def title(self, fig: Figure | SubFigure, left: float = 0.12, top: float = 0.1) -> None:
        """Reserve the title's line at the upper left; margins in inches. `say` sets its words."""
        w, h = style.size(fig)
        self._title_width = w - left - 0.08
        self._title = self.live(
            style.add_words(fig, left / w, 1 - top / h, va="top", fontsize=style.TITLE, weight="bold", zorder=9)
        )

    def second_line(self, fig: Figure | SubFigure) -> Words:
        """Words in small letters under the title, which the picture changes as it is drawn."""
        w, h = style.size(fig)
        return self.live(
            style.add_words(fig, 0.12 / w, 1 - 0.36 / h, va="top", fontsize=style.SMALL, color=style.NOTE, zorder=9)
        )

    def say(self, sentence: str) -> None:
        """The title's sentence; one that is too long for its line gets smaller letters, then an ellipsis."""
        assert self._title is not None, "`build` has made no title"
        for fontsize in (style.TITLE, 10.5, style.NORMAL, 9.5, style.SMALL):
            if style.text_width(sentence, fontsize, "bold") <= self._title_width:
                break
        else:
            sentence = style.clipped(sentence, self._title_width, fontsize, "bold")
        self._title.set_text(sentence)
        self._title.set_fontsize(fontsize)

    def sentence(self) -> str:
        """What the title says now."""
        return "" if self._title is None else self._title.get_text()

    # ---- clicking --------------------------------------------------------------------------------------------

    def locate(self, x: float, y: float) -> tuple[Axes, float, float] | None:
        """Figure fractions (x from the left, y from the TOP, both 0…1, as a click on the image gives them) to
        (axes, x, y) in the data coordinates of the axes hit; None outside of all axes."""
        fig = self.make_figure()
        w, h = fig.canvas.get_width_height()
        return locate(fig.axes, x * w, (1 - y) * h)


def locate(all_axes: Sequence[Axes], px: float, py: float) -> tuple[Axes, float, float] | None:
    """Pixels from the lower left corner to (axes, x, y) in data coordinates; None outside of all axes."""
    for ax in reversed(all_axes):
        if ax.get_visible() and ax.bbox.contains(px, py):
            x, y = ax.transData.inverted().transform((px, py))
            return ax, float(x), float(y)
    return None


class Stack(Picture[Sequence[object]]):
    """Several pictures in one figure, one below the other (or side by side), updated together.

    State: a sequence with one state per picture; None leaves that picture as it is. `sizes` are the parts'
    heights (widths) in inches; by default those the pictures wish for.
    """

    def __init__(self, pictures: Sequence[Picture], sizes: Sequence[float] | None = None, beside: bool = False) -> None:
        super().__init__()
        self.pictures, self.beside = list(pictures), beside
        self.sizes = list(sizes) if sizes else [p.figsize[0 if beside else 1] for p in pictures]
        if beside:
            self.figsize = (sum(self.sizes), max(p.figsize[1] for p in pictures))
        else:
            self.figsize = (max(p.figsize[0] for p in pictures), sum(self.sizes))

    def build(self, fig: Figure | SubFigure) -> None:
        n = len(self.pictures)
        if self.beside:
            parts = fig.subfigures(1, n, width_ratios=self.sizes, wspace=0, squeeze=False).ravel()
        else:
            parts = fig.subfigures(n, 1, height_ratios=self.sizes, hspace=0, squeeze=False).ravel()
        for part, picture in zip(parts, self.pictures, strict=True):
            part.patch.set_visible(False)
            picture.build(part)
            for artist in picture._artists:
                self.live(artist)

    def update(self, state: Sequence[object]) -> bool:
        changed = [p.update(s) for p, s in zip(self.pictures, state, strict=True) if s is not None]
        return any(changed)

    def alt(self) -> str:
        return " ".join(p.alt() for p in self.pictures)

    def sentence(self) -> str:
        return self.pictures[0].sentence()
