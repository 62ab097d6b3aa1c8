"""Text that changes in every frame: measured letter by letter and drawn word by word, both from a cache.

Laying out and rasterising a title takes matplotlib about 5 ms, more than all other parts of a frame together. Most of
its words were in the frame before.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure, SubFigure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text

from nasbook.plots.names import families, plain

DPI, SMALL = 100, 9


@lru_cache(maxsize=64)
def _font(size: float, weight: str | int) -> FontProperties:
    return FontProperties(family=families(), size=size, weight=weight)


@lru_cache(maxsize=1)
def _ruler() -> RendererAgg:
    return RendererAgg(16, 16, DPI)


@lru_cache(maxsize=4096)
def _advance(letter: str, size: float, weight: str | int) -> float:
    """How far a letter moves the pen, in inches."""

    def measure(s: str) -> float:
        return _ruler().get_text_width_height_descent(s, _font(size, weight), False)[0]

    return (measure(f"nnnn{letter * 8}nnnn") - measure("nnnnnnnn")) / 8 / DPI


def text_width(text: str, size: float, weight: str | int = "normal") -> float:
    """Width of a line of text in inches."""
    return sum(_advance(letter, size, weight) for letter in plain(text))


@lru_cache(maxsize=4096)
def shorten(text: str, width: float, size: float = SMALL, weight: str = "normal") -> str:
    """The text, or its beginning and its end with an ellipsis between them, as far as fits into `width` inches."""
    text = plain(text)
    if text_width(text, size, weight) <= width:
        return text
    left = width - _advance("…", size, weight)
    keep = 0  # letters in all: the next one is taken from the beginning, then from the end
    while keep < len(text):
        letter = text[keep // 2] if keep % 2 == 0 else text[-1 - keep // 2]
        left -= _advance(letter, size, weight)
        if left < 0:
            break
        keep += 1
    head, tail = (keep + 1) // 2, keep // 2
    return f"{text[:head].rstrip()}…{text[len(text) - tail :].lstrip()}"


def clipped(sentence: str, width: float, size: float = SMALL, weight: str = "normal") -> str:
    """A sentence, or its beginning and an ellipsis, as far as fits into `width` inches."""
    sentence = plain(sentence)
    if text_width(sentence, size, weight) <= width:
        return sentence
    while sentence and text_width(sentence.rstrip() + "…", size, weight) > width:
        sentence = sentence[:-1]
    return sentence.rstrip() + "…"


@lru_cache(maxsize=1024)
def _bitmap(word: str, size: float, weight: str | int, colour: tuple, dpi: float) -> tuple[np.ndarray, int, float]:
    """A word as RGBA (lowest row first), the row of its baseline, and how far it moves the pen in pixels."""
    scale = dpi / DPI
    wide = text_width(word, size, weight) * dpi
    high = int(np.ceil(2.2 * size * dpi / 72))
    base = int(np.ceil(0.6 * size * dpi / 72))
    renderer = RendererAgg(int(np.ceil(wide + 4 * scale)), high, dpi)
    gc = renderer.new_gc()
    gc.set_foreground(colour, isRGBA=True)
    renderer.draw_text(gc, 0, high - base, word, _font(size, weight), 0)
    return np.asarray(renderer.buffer_rgba())[::-1].copy(), base, wide


class Words(Text):
    """A line of plain text without rotation. `ground` is a colour that covers what lies behind it."""

    def __init__(self, x: float, y: float, text: str = "", ground: str | None = None, **options: Any) -> None:
        super().__init__(x, y, text, parse_math=False, **options)
        self.ground = ground

    def set_text(self, s: object) -> None:
        super().set_text(plain(str(s)))

    def draw(self, renderer: RendererBase) -> None:
        agg = getattr(renderer, "_renderer", None) is not None and hasattr(renderer, "dpi")
        if not agg or not isinstance(renderer, RendererAgg):
            super().draw(renderer)
            return
        text, dpi, size, weight = self.get_text(), renderer.dpi, float(self.get_fontsize()), self.get_fontweight()
        if not text or not self.get_visible():
            return
        alpha = self.get_alpha()
        colour = to_rgba(self.get_color(), None if alpha is None else float(alpha))
        space = text_width(" ", size, str(weight)) * dpi
        parts = [_bitmap(word, size, weight, colour, dpi) if word else None for word in text.split(" ")]
        wide = sum(p[2] for p in parts if p is not None) + space * (len(parts) - 1)
        x, y = self.get_transform().transform(self.get_unitless_position())
        x -= {"left": 0.0, "center": wide / 2, "right": wide}[self.get_horizontalalignment()]
        up, down = 0.76 * size * dpi / 72, 0.24 * size * dpi / 72  # of the letters l and p
        y -= {"top": up, "center": (up - down) / 2, "bottom": -down, "baseline": 0.0}[self.get_verticalalignment()]
        gc = renderer.new_gc()
        if self.ground is not None:
            sheet = np.empty((round(up + down + 3), round(wide + 5), 4), np.uint8)
            sheet[:] = np.round(255 * np.array(to_rgba(self.ground))).astype(np.uint8)
            renderer.draw_image(gc, round(x - 2), round(y - down - 1), sheet)
        for part in parts:
            if part is not None:
                image, base, advance = part
                renderer.draw_image(gc, round(x), round(y - base), image)
                x += advance
            x += space
        gc.restore()
        self.stale = False


def add_words(
    parent: Axes | Figure | SubFigure, x: float, y: float, text: str = "", axes_fraction: bool = False, **options: Any
) -> Words:
    """Words on axes (in data coordinates, or fractions of the axes) or on a figure (in fractions)."""
    words = Words(x, y, text, **options)
    if isinstance(parent, Axes):
        words.set_transform(parent.transAxes if axes_fraction else parent.transData)
    else:
        words.set_transform(parent.transSubfigure)
    parent.add_artist(words)
    return words
