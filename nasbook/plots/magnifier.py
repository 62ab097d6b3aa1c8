"""A window in a corner of a map, which shows what has become small there, magnified."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.patches import Polygon
from numpy.typing import ArrayLike

from nasbook.plots import style
from nasbook.plots.scales import tick_label
from nasbook.plots.style import Figure

WIDE, LEAST = 0.34, 4  # the window's side in the map's, and how many times it magnifies at least
DEEPEST = 30  # doublings, at most


class Magnifier:
    """place: of a square map, (left, bottom, side) in inches; low and side (2,): what it spans, in its own units.

    marked (n, 2): points of the map that the window shall not cover, drawn as crosses in it; without them it stands
    where what it shows is farthest. `zoom` is how many times it magnifies, 1 while it is closed."""

    def __init__(
        self,
        fig: Figure | SubFigure,
        place: tuple[float, float, float],
        low: np.ndarray,
        side: np.ndarray,
        marked: np.ndarray | None = None,
    ) -> None:
        self.place, self.low, self.side, self.marked = (*style.size(fig), *place), low, side, marked
        self.zoom = 1
        self.ax = ax = fig.add_axes(self._corner(None if marked is None else (marked - low) / side), zorder=6)
        ax.set(xticks=[], yticks=[], facecolor="white")
        ax.grid(False)
        for spine in ax.spines.values():
            spine.set(visible=True, color=style.GREY)
        if marked is not None:
            ax.plot(*marked.T, "x", color=style.GREY, ms=7, mew=1.6, zorder=1)
        self.fill = Polygon(np.zeros((3, 2)), fc=style.BELIEF, alpha=0.15, lw=0, zorder=1.5)
        ax.add_patch(self.fill)
        self.outlines = [ax.plot([], [], color=style.BELIEF, lw=1.5, zorder=2)[0] for _ in range(2)]
        (self.dots,) = ax.plot([], [], "o", color=style.TRIAL, ms=4.5, mec="white", mew=0.6, zorder=3)
        (self.star,) = ax.plot([], [], ms=11, ls="none", zorder=4, **style.STAR)
        self.words = style.add_words(
            ax, 0, 1.02, axes_fraction=True, fontsize=style.SMALL, weight="bold", va="bottom", ground="white"
        )

    def _corner(self, points: np.ndarray | None) -> tuple[float, float, float, float]:
        """Where the window stands in the figure: in the corner that is farthest from these points (n, 2)."""
        w, h, left, below, side = self.place
        corners = np.array([(0.0, 1.0), (1.0, 1.0), (1.0, 0.0), (0.0, 0.0)])
        far = [0.0] if points is None else [np.linalg.norm(points - c, axis=1).min() for c in corners]
        x, y = corners[int(np.argmax(far))]
        wide = WIDE * side
        at = left + 0.08 + x * (side - wide - 0.16), below + 0.08 + y * (side - wide - 0.28)
        return at[0] / w, at[1] / h, wide / w, wide / h

    def close(self) -> None:
        self.zoom = 1
        self.ax.set_visible(False)

    def look(self, dots: np.ndarray, star: tuple[ArrayLike, ArrayLike], outlines: Sequence[np.ndarray] = ()) -> None:
        """Open where the larger of two outlines (n, 2), or all dots (n, 2), take less than a tenth of the map; else
        close. star: x and y of what is drawn as one."""
        outline = outlines[-1] if outlines else dots
        seen = np.concatenate([outline, dots]) if outlines else dots
        self.close()
        if len(outline) > 2 and np.isfinite(seen).all():
            middle = (outline.min(0) + outline.max(0)) / 2
            half = float((np.abs(outline - middle) / self.side).max())
            zoom = 2 ** int(np.clip(np.floor(np.log2(0.4 / max(half, 1e-12))), 0, DEEPEST))
            if zoom >= LEAST:
                self.zoom = zoom
                self._open(middle, dots, star, outlines)

    def _open(
        self, middle: np.ndarray, dots: np.ndarray, star: tuple[ArrayLike, ArrayLike], outlines: Sequence[np.ndarray]
    ) -> None:
        self.ax.set_visible(True)
        if self.marked is None:
            self.ax.set_position(self._corner(middle[None]))
        reach = 0.5 * self.side / self.zoom
        low, high = middle - reach, middle + reach
        self.ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        self.dots.set_data(*dots.T)
        self.star.set_data(*star)
        self.fill.set_visible(bool(outlines))
        if outlines:
            self.fill.set_xy(outlines[-1])
        for line, points in zip(self.outlines, outlines or [np.empty((0, 2))] * 2, strict=True):
            line.set_data(*points.T)
        self.words.set_text(f"magnified {tick_label(self.zoom)} times")
