"""Is every word of a figure readable: inside the canvas, at least 9 points, and clear of every other word?"""

from __future__ import annotations

from itertools import combinations

from matplotlib.figure import Figure
from matplotlib.text import Text


def words(fig: Figure) -> list[tuple[str, Text]]:
    """Every visible text that is not empty, once."""
    fig.canvas.draw()
    return [(t.get_text(), t) for t in fig.findobj(Text) if t.get_visible() and t.get_text().strip() and _shown(t)]


def _shown(text: Text) -> bool:
    """Tick labels outside of the limits, or of an axis whose labels are off, exist but are not drawn."""
    ax = text.axes
    if ax is None:
        return True
    if not ax.get_visible():
        return False
    for axis, side in ((ax.xaxis, 0), (ax.yaxis, 1)):
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if text in (tick.label1, tick.label2):
                low, high = sorted(axis.get_view_interval())
                room = 1e-9 * (high - low)
                on = tick.label1On if text is tick.label1 else tick.label2On
                return bool(on and low - room <= tick.get_loc() <= high + room)
        if text is axis.offsetText:
            return bool(text.get_text())
        del side
    return True


def problems(fig: Figure, slack: float = 1.0) -> list[str]:
    """What is wrong with the words of a figure, in sentences; `slack` in pixels."""
    renderer = fig.canvas.get_renderer()
    found = []
    boxes = []
    for text, artist in words(fig):
        box = Text.get_window_extent(artist, renderer)  # without the white ground that some labels have
        if box.width < 1 or box.height < 1:
            continue
        if box.x0 < -slack or box.y0 < -slack or box.x1 > fig.bbox.x1 + slack or box.y1 > fig.bbox.y1 + slack:
            found.append(f"{text!r} leaves the canvas")
        if artist.get_fontsize() < 9:
            found.append(f"{text!r} has {artist.get_fontsize():g} points")
        boxes.append((text, box))
    for (a, box_a), (b, box_b) in combinations(boxes, 2):
        wide = min(box_a.x1, box_b.x1) - max(box_a.x0, box_b.x0)
        high = min(box_a.y1, box_b.y1) - max(box_a.y0, box_b.y0)
        if wide > slack and high > 2 * slack:  # a text's box has some air above and below its letters
            found.append(f"{a!r} and {b!r} overlap by {wide:.0f} × {high:.0f} pixels")
    return found


def assert_legible(fig: Figure) -> None:
    """AssertionError names every text that is cut, too small, or in the way of another."""
    found = problems(fig)
    assert not found, "; ".join(found)
