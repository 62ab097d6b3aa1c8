"""Is every word of a figure readable: inside the canvas, at least 9 points, clear of every other word, with a true
minus sign, and no formula?"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

SMALLEST = 9  # points
SLACK = 1.0  # pixels


def words(fig: Figure) -> list[Text]:
    """Every text that is drawn and not empty."""
    if fig.stale:
        fig.canvas.draw()
    artists = fig.findobj()
    ghosts = set()  # tick labels that exist and are not drawn
    for ax in [a for a in artists if isinstance(a, Axes)]:
        for axis in (ax.xaxis, ax.yaxis):
            drawn = set(axis._update_ticks()) if ax.get_visible() else set()
            for tick in [*axis.majorTicks, *axis.minorTicks]:
                if tick not in drawn:
                    ghosts |= {tick.label1, tick.label2}
    fig.stale = False  # to ask for the ticks changes nothing
    texts = [a for a in artists if isinstance(a, Text)]
    return [t for t in texts if t.get_visible() and t.get_text().strip() and t not in ghosts]


def corners(text: Text, renderer: Any) -> np.ndarray:
    """(4, 2) corners of a text in pixels, turned as the text is, a little smaller than its box, which has air in it."""
    angle = text.get_rotation()
    turned = angle % 90 != 0
    if turned:
        assert text.get_rotation_mode() == "anchor", "the box of a text that is turned otherwise is not known"
        text.set_rotation(0)
    box = Text.get_window_extent(text, renderer)
    x0, y0, x1, y1 = box.x0 + SLACK / 2, box.y0 + SLACK, box.x1 - SLACK / 2, box.y1 - SLACK
    points = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    if turned:
        text.set_rotation(angle)
        pivot = text.get_transform().transform(text.get_unitless_position())
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        points = pivot + (points - pivot) @ np.array([[c, s], [-s, c]])
    return points


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """How deep two rectangles lie in each other, in pixels; 0 where a straight line parts them."""
    depth = np.inf
    for shape in (a, b):
        for k in (0, 1):
            side = shape[k + 1] - shape[k]
            normal = np.array([-side[1], side[0]]) / max(np.hypot(*side), 1e-9)
            pa, pb = a @ normal, b @ normal
            depth = min(depth, pa.max() - pb.min(), pb.max() - pa.min())
    return max(0.0, float(depth))


def near(boxes: list[np.ndarray]) -> np.ndarray:
    """The pairs of rectangles that could overlap: upright ones around them do."""
    corner = np.reshape(boxes, (-1, 4, 2))
    low, high = corner.min(axis=1), corner.max(axis=1)
    begins_before = (low[:, None] < high[None]).all(axis=-1)
    return np.argwhere(np.triu(begins_before & begins_before.T, 1))


def problems(fig: Figure) -> list[str]:
    """What is wrong with the words of a figure, in sentences."""
    texts, renderer = words(fig), fig.canvas.get_renderer()
    found, names, boxes = [], [repr(t.get_text()) for t in texts], [corners(t, renderer) for t in texts]
    width, height = fig.canvas.get_width_height()
    for text, name, points in zip(texts, names, boxes, strict=True):
        if points.min() < -SLACK or points[:, 0].max() > width + SLACK or points[:, 1].max() > height + SLACK:
            found.append(f"{name} leaves the canvas")
        if text.get_fontsize() < SMALLEST:
            found.append(f"{name} has {text.get_fontsize():g} points")
        if re.search(r"(?<![\w.)\]])-\d", text.get_text()):
            found.append(f"{name} has a hyphen for a minus")
        if text.get_parse_math():
            found.append(f"{name} is read as a formula")
    for a, b in near(boxes):
        if (depth := overlap(boxes[a], boxes[b])) > SLACK:
            found.append(f"{names[a]} and {names[b]} overlap by {depth:.0f} pixels")
    fig.stale = False  # what was turned was turned back
    return found


def assert_legible(fig: Figure) -> None:
    """AssertionError names every text that is cut, too small, in the way of another, or not as it was written."""
    found = problems(fig)
    assert not found, "; ".join(found)
