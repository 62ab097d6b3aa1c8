"""One look for every picture: colours, sizes, the figure that carries its own alt text, and axes in inches.

Figure and Agg only. pyplot keeps global state and is not safe in threads, and a lab draws from several.
"""

from __future__ import annotations

import base64
import html
import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure as _Figure
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon
from matplotlib.text import Text
from matplotlib.typing import LineStyleType
from numpy.typing import ArrayLike

from nasbook.plots.moving_text import DPI as DPI
from nasbook.plots.moving_text import SMALL as SMALL
from nasbook.plots.moving_text import Words as Words
from nasbook.plots.moving_text import add_words as add_words
from nasbook.plots.moving_text import clipped as clipped
from nasbook.plots.moving_text import shorten as shorten
from nasbook.plots.moving_text import text_width as text_width
from nasbook.plots.names import families, lines
from nasbook.plots.names import named as named

# Okabe & Ito's colours, which stay apart for colour-blind readers. One meaning, one colour, in every picture.
INK, GREY, LIGHT, GRID = "#1f2430", "#8a8f98", "#c9cdd4", "#e7e9ee"
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#f0e442",
)  # fmt: skip
TRIAL, INCUMBENT, NEXT, BELIEF, ACQUISITION, HIDDEN, BASELINE = INK, ORANGE, RED, BLUE, GREEN, GREY, GREY
DASH, DOT = (0, (4, 3)), (0, (1, 1.5))
SEQUENTIAL = "viridis"
DARK, MIDDLE = "#31688e", "#21918c"  # of this map, at a third and at a half, for what stands for any colour of it
NOTE, FAINT = "#5f646d", "#6b7079"  # words that must not shout: greys that can still be read
ENDED, STOPPED = "#5f7f9c", "#dfe5eb"  # bars of time
BROWN, PALE, FAINT_SKY = "#9a6a00", "#e8f1f8", "#a6cfe6"  # words in orange, a ground in blue, the last but one layer

# Methods in a race, in the order in which they are named; random search is always grey. (colour, dash, marker)
RACERS: list[tuple[str, LineStyleType, str]] = [
    (BLUE, "-", "o"),
    (RED, (0, (5, 2)), "s"),
    (GREEN, (0, (3, 1, 1, 1)), "^"),
    (PURPLE, (0, (1, 1)), "D"),
    (ORANGE, (0, (7, 2, 1, 2)), "v"),
    (SKY, (0, (2, 1)), "P"),
]

WIDTH = 7.2  # inches: a notebook's column
NORMAL, TITLE = 10, 11  # points; SMALL is 9, and nothing is smaller

Entries: TypeAlias = list[tuple[str, Artist]]  # of a key: (label, handle)
Looks: TypeAlias = dict[str, Any]  # how a mark, a line or words look: matplotlib's keywords

STYLE: Looks = {
    "font.size": NORMAL, "font.family": families(), "text.parse_math": False, "text.color": INK, "lines.linewidth": 1.8,
    "legend.frameon": False,
    "axes.titlesize": TITLE, "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.labelsize": NORMAL,
    "axes.edgecolor": GREY, "axes.labelcolor": INK, "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "axes.axisbelow": True, "grid.color": GRID, "grid.linewidth": 0.8,
    "xtick.color": INK, "ytick.color": INK, "xtick.labelsize": SMALL, "ytick.labelsize": SMALL,
}  # fmt: skip
_lock = threading.RLock()  # rcParams are global: two threads that change them would leave them changed


@contextmanager
def styled() -> Iterator[None]:
    """What is built inside has the house style, whatever style the notebook has chosen."""
    with _lock, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)  # type: ignore[arg-type]
        yield


class Figure(_Figure):
    """A matplotlib Figure that shows itself in a notebook, with a title (`sentence`) and a description (`alt`),
    both made from its data."""

    canvas: FigureCanvasAgg
    alt: str = ""
    sentence: str = ""

    def draw(self, renderer: RendererBase) -> None:
        for text in self.findobj(Text):  # also those that ticks and legends have made since the last time
            text.set_parse_math(False)
            if (drawn := lines(text.get_text())) != text.get_text():
                text.set_text(drawn)
        super().draw(renderer)

    def png(self) -> bytes:
        out = io.BytesIO()
        self.savefig(out, format="png", dpi=self.dpi, metadata={"Software": None, "Description": self.alt or None})
        return out.getvalue()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        png = base64.b64encode(self.png()).decode()
        width = round(self.get_figwidth() * self.dpi)
        image = f'<img alt="{html.escape(self.alt)}" width="{width}" src="data:image/png;base64,{png}">'
        return {"text/html": image, "image/png": png, "text/plain": f"<Figure: {self.alt}>"}


def shades(n: int) -> list[str]:
    """n colours of the sequential map, light to dark."""
    return [to_hex(colour) for colour in matplotlib.colormaps[SEQUENTIAL](np.linspace(1, 0, n))]


def figure(width: float = WIDTH, height: float = 4.6) -> Figure:
    """An empty figure in the house style; sizes in inches."""
    with styled():
        fig = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
        FigureCanvasAgg(fig)
    return fig


# ---- layout ------------------------------------------------------------------------------------------------


def size(fig: Figure | SubFigure) -> tuple[float, float]:
    """(width, height) of a figure or of a part of one, in inches."""
    return fig.bbox.width / fig.figure.dpi, fig.bbox.height / fig.figure.dpi


def axes(fig: Figure | SubFigure, left: float, bottom: float, right: float, top: float, **options: Any) -> Axes:
    """Axes with these margins in inches, counted from the edges of the figure (or part of one)."""
    w, h = size(fig)
    ax = fig.add_axes((left / w, bottom / h, (w - left - right) / w, (h - bottom - top) / h), **options)
    return dress(ax)


def dress(ax: Axes) -> Axes:
    """The house style for ticks, including those that are made later."""
    ax.tick_params(
        which="both", labelsize=SMALL, labelfontfamily=families(), color=GREY, labelcolor=INK, length=3, width=0.8
    )
    ax.tick_params(which="minor", length=2)
    ax.grid(True, which="major", color=GRID, linewidth=0.8)
    return ax


def bare(ax: Axes) -> Axes:
    """Axes without ticks, spines and grid: a canvas for a graph."""
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.patch.set_visible(False)
    return ax


def polygon(ax: Axes, color: str, alpha: float, zorder: float = 1.5, **options: object) -> Polygon:
    """An empty band; `set_band` moves it."""
    patch = Polygon(np.zeros((3, 2)), closed=True, facecolor=color, alpha=alpha, linewidth=0, zorder=zorder, **options)
    ax.add_patch(patch)
    patch.set_visible(False)
    return patch


def set_band(patch: Polygon, x: np.ndarray, low: np.ndarray, high: np.ndarray, step: bool = False) -> None:
    """Move a band; points that are not finite are left out, and an empty band is hidden."""
    x, low, high = np.asarray(x, float), np.asarray(low, float), np.asarray(high, float)
    ok = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
    x, low, high = x[ok], low[ok], high[ok]
    patch.set_visible(len(x) > 1)
    if len(x) < 2:
        return
    if step:  # a value holds until the next trial
        x, low, high = np.repeat(x, 2)[1:], np.repeat(low, 2)[:-1], np.repeat(high, 2)[:-1]
    patch.set_xy(np.concatenate([np.c_[x, low], np.c_[x, high][::-1]]))


def spread(positions: Sequence[float], gap: float, low: float, high: float) -> np.ndarray:
    """Positions moved as little as needed so that neighbours are `gap` apart and all lie in [low, high]:
    labels at the ends of lines that would otherwise overlap. The order is kept."""
    want = np.asarray(positions, float)
    if not len(want):
        return want
    order = np.argsort(want, kind="stable")
    gap = min(gap, (high - low) / max(1, len(want) - 1))
    # Blocks of touching labels sit at the mean of what their members want (pool adjacent violators).
    blocks: list[list[float]] = []  # [sum of (want - rank * gap), count]
    for rank, i in enumerate(order):
        blocks.append([min(max(want[i], low), high) - rank * gap, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    flat = np.concatenate([np.full(int(count), total / count) for total, count in blocks])
    placed = np.clip(flat, low, high - (len(want) - 1) * gap) + gap * np.arange(len(want))
    out = np.empty(len(want))
    out[order] = placed
    return out


def key(
    fig: Figure | SubFigure,
    entries: Sequence[tuple[str, Artist]],
    left: float = 0.12,
    top: float = 0.36,
    gap: float = 0.2,
) -> int:
    """A row of (label, handle) under the title, outside of the data; margins in inches. Returns the rows it took."""
    w, h = size(fig)
    x, row = left, 0
    for label, handle in entries:
        wide = 0.3 + text_width(label, SMALL) + gap
        if x + wide - gap > w - 0.05 and x > left:
            x, row = left, row + 1
        at = (x / w, 1 - (top + row * 0.19) / h)
        legend = fig.legend(
            [handle],
            [label],
            loc="upper left",
            bbox_to_anchor=at,
            borderpad=0,
            borderaxespad=0,
            handlelength=1.7,
            handletextpad=0.5,
            fontsize=SMALL,
        )
        legend.set_zorder(8)
        x += wide
    return row + 1


def dot(color: str = TRIAL, marker: str = "o", ms: float = 5, **options: Any) -> Line2D:
    """A handle for `key`: a marker without a line."""
    return Line2D([], [], color=color, marker=marker, ms=ms, ls="none", **options)


def line(color: str, ls: LineStyleType = "-", **options: Any) -> Line2D:
    """A handle for `key`: a line."""
    return Line2D([], [], color=color, ls=ls, **options)


def patch(color: str, alpha: float) -> Patch:
    """A handle for `key`: a band."""
    return Patch(facecolor=color, alpha=alpha, linewidth=0)


HOLLOW: Looks = {"mfc": "white", "mec": INK, "mew": 1.1}  # failed or stopped
STAR: Looks = {"marker": "*", "color": INCUMBENT, "mec": INK, "mew": 0.7}


class Limits:
    """Limits of an axis that only grow, and then by more than is needed, so that they grow rarely."""

    def __init__(self, low: float | None = None, high: float | None = None, room: float = 0.25) -> None:
        self.low, self.high, self.room = low, high, room

    def include(self, values: ArrayLike, pad: float = 0.06) -> bool:
        """Grow so that the values lie inside; True if the limits changed."""
        inside = np.asarray(values, float)
        inside = inside[np.isfinite(inside)]
        if not len(inside):
            return False
        low, high = float(inside.min()), float(inside.max())
        if self.low is None or self.high is None:
            span = (high - low) or abs(high) or 1.0
            self.low, self.high = low - pad * span, high + pad * span
            return True
        if low >= self.low and high <= self.high:
            return False
        room = self.room * (max(high, self.high) - min(low, self.low))
        self.low, self.high = (
            (low - room if low < self.low else self.low),
            (high + room if high > self.high else self.high),
        )
        return True

    @property
    def known(self) -> bool:
        return self.low is not None

    @property
    def pair(self) -> tuple[float, float]:
        return (0.0, 1.0) if self.low is None or self.high is None else (self.low, self.high)


# ---- words and numbers -----------------------------------------------------------------------------------------


def number(x: float | None, digits: int = 3) -> str:
    """A number as people write it: −0.37, 91.2, 1.5e-05, with a true minus sign."""
    if x is None or not np.isfinite(x):
        return "–"
    text = f"{x:.{digits}g}"
    if "e" in text and 1e-4 <= abs(x) < 1e6:
        text = f"{x:,.0f}"
    return text.replace("-", "−") if "e" not in text else ("−" + text[1:] if text[0] == "-" else text)


def plus_minus(mean: float, std: float) -> str:
    """'−0.43 ± 0.15': the mean is as precise as two digits of its spread."""
    if not (np.isfinite(mean) and np.isfinite(std)) or std <= 0 or not 1e-4 < std < 1e6:
        return f"{number(mean)} ± {number(std, 2)}"
    digits = max(0, 1 - int(np.floor(np.log10(std))))
    return f"{mean:,.{digits}f} ± {std:,.{digits}f}".replace("-", "−")


def plural(n: int, word: str) -> str:
    """'1 trial', '3 trials'."""
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def nice_ceiling(n: float) -> int:
    """The next of 10, 20, 50, 100, 200, 500, …: an axis that has to grow does so rarely."""
    step = 10
    for factor in np.resize([2, 2.5, 2], 60):
        if n <= step:
            return step
        step = int(step * factor)
    return int(np.ceil(n))
