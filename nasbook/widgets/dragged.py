"""Points that a learner puts into a picture: by mouse, by keyboard, by sliders, and from Python.

A subclass of `DraggedPoints` says where its points are kept (`kept`) and what follows from a change (`placed`,
`touched`). Its picture has `at(px, py)`, from fractions of the picture to x and y, and `handles(points)`, the inverse.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Protocol, TypeVar

import ipywidgets as W
import numpy as np

from nasbook.method import Method
from nasbook.plots.style import number, plural
from nasbook.prepare import header_of
from nasbook.task import Task
from nasbook.trace import Trace, Trial
from nasbook.widgets.parts import exchange
from nasbook.widgets.shell import Lab, nearest, same, shown

REACH = 14  # pixels from a point within which it is grabbed
MOST = 40  # points
NONE = -1  # no point is chosen
S = TypeVar("S")  # a step


@dataclass(frozen=True)
class Point:
    x: float
    y: float


class Handled(Protocol):
    """A picture whose points can be taken hold of."""

    def at(self, px: float, py: float) -> tuple[float, float]: ...

    def handles(self, points: np.ndarray) -> np.ndarray: ...


class DraggedPoints(Lab[S]):
    """A lab with points, x in [0, 1] and y in [low, high]. From Python: `add`, `move`, `remove`, `points`."""

    low: float
    high: float
    task: Task
    picture: Handled
    hint: ClassVar[str] = (
        "Click to add a point, drag to move one, double-click to remove one. Keys: arrows move a cross, Enter takes or "
        "leaves a point, N goes to the next one, Delete removes it."
    )

    def __init__(self, points: Sequence[tuple[float, float]] = (), **values: object) -> None:
        self._held: int | None = None
        self._grip = (0.0, 0.0)  # from where a point was grabbed to its middle
        self._chosen: int | None = None
        self._news = ""
        super().__init__(**values)
        self.files.export.layout.display = "none"  # points that a hand has put are no objective that could be scaled up
        self.image.on_drag = self._dragged
        for x, y in points:
            self.add(x, y)

    # ---- what a lab writes -----------------------------------------------------------------------------------

    @property
    def kept(self) -> list[Point]:
        """The points, as a list that may be changed while `holding`."""
        raise NotImplementedError

    @property
    def drawn(self) -> np.ndarray:
        """(n, 2): the points that the picture shows now."""
        return self.points

    def holding(self) -> AbstractContextManager[None]:
        """Hold this to change the points."""
        return self.changing()

    def placed(self, point: Point) -> None:
        """Put a point behind the others, and draw."""
        raise NotImplementedError

    def touched(self, gone: bool = False) -> None:
        """A point was moved, or is gone; `holding` is held."""

    def grabbed(self) -> None:
        """The mouse goes down in the picture."""

    def by(self) -> Method:
        """The method that stands in the trace of the points."""
        raise NotImplementedError

    # ---- points ------------------------------------------------------------------------------------------

    @property
    def points(self) -> np.ndarray:
        """(n, 2): x and y of every point."""
        return np.array([(p.x, p.y) for p in self.kept], float).reshape(-1, 2)

    def add(self, x: float, y: float) -> None:
        """Put a point. ValueError outside of the picture, or when it is full."""
        point = self._point(x, y)
        if len(self.kept) >= MOST:
            raise ValueError(f"there are {MOST} points already, which is the most; remove one first")
        self.placed(point)

    def move(self, i: int, x: float, y: float) -> None:
        """Move point i (0 is the first)."""
        point = self._point(x, y)
        with self.holding():
            self._number(i)
            self.kept[i] = point
            self._chosen = i
            self.touched()
        self.tell(f"Point {i + 1} is at x = {number(point.x)}, y = {number(point.y)}.")

    def remove(self, i: int) -> None:
        """Take point i away."""
        with self.holding():
            self._number(i)
            del self.kept[i]
            self._held = self._chosen = None
            self.touched(gone=True)
        self.tell(f"Point {i + 1} is gone.")
        self._state()

    def _point(self, x: float, y: float) -> Point:
        if not (0 <= x <= 1 and self.low <= y <= self.high):
            raise ValueError(
                f"a point must have x in [0, 1] and y in [{self.low:g}, {self.high:g}], not ({x!r}, {y!r})"
            )
        return Point(float(x), float(y))

    def _number(self, i: int) -> None:
        n = len(self.kept)
        if isinstance(i, bool) or not isinstance(i, int) or not 0 <= i < n:
            raise ValueError(
                f"there are {plural(n, 'point')}, so i must be in 0 … {n - 1}, not {i!r}" if n else "there is no point"
            )

    def tell(self, news: str) -> None:
        """Draw anew; the sentence begins with this."""
        self._news = news
        self.redraw()

    # ---- the mouse -----------------------------------------------------------------------------------------

    @shown
    def _dragged(self, kind: str, px: float, py: float) -> None:
        if kind == "grab":
            self.grabbed()
        with self.holding():  # a reset in the meantime has made another picture, or is making one
            x, y = self.picture.at(px, py)
            i = self._nearest(px, py)
        if kind == "grab":
            if i is None:
                self.add(x, y)
                i = len(self.kept) - 1
            self._grab(i, x, y)
        elif kind == "remove":
            if i is not None:
                self.remove(i)
        else:
            self._carry(x, y, kind == "drop")

    def _grab(self, i: int, x: float, y: float) -> None:
        with self.holding():
            if not 0 <= i < len(self.kept):
                return  # it is gone by now
            point = self.kept[i]
            self._held, self._grip, self._chosen = i, (point.x - x, point.y - y), i
        self.redraw()

    def _carry(self, x: float, y: float, drop: bool) -> None:
        with self.holding():
            if self._held is None:
                return
            i, self._held = self._held, None if drop else self._held
            dx, dy = self._grip
            self.move(i, float(np.clip(x + dx, 0, 1)), float(np.clip(y + dy, self.low, self.high)))

    def _nearest(self, px: float, py: float) -> int | None:
        """The point within reach of a place in the picture (fractions), the nearest of several."""
        shown_points = self.picture.handles(self.drawn)
        if not len(shown_points):
            return None
        away = np.hypot(*((shown_points - (px, py)) * (self.image.width, self.image.height)).T)
        return int(away.argmin()) if away.min() <= REACH else None

    # ---- the same without a mouse ----------------------------------------------------------------------------

    def _choosers(self) -> None:
        self._which = W.Dropdown(
            options=[("none", NONE)], description="Point", tooltip="The point that the sliders move."
        )
        self._which.layout.width, self._which.style.description_width = "120px", "40px"
        # Steps that binary numbers hold exactly: a page sends others back a little changed, and late.
        self._sliders = [
            W.FloatSlider(0.5, min=0, max=1, step=1 / 128, description="x", tooltip="Where the chosen point is."),
            W.FloatSlider(
                (self.low + self.high) / 2, min=self.low, max=self.high, step=(self.high - self.low) / 128,
                description="y", tooltip="The value at that point.",
            ),
        ]  # fmt: skip
        put = W.Button(description="Add", icon="plus", tooltip="Put a new point where the sliders stand.")
        self._take = W.Button(description="Remove", icon="trash", tooltip="Take the chosen point away.")
        self._put_at: list[float] = []
        for widget, name in zip(
            (self._which, *self._sliders, put, self._take),
            ("point", "choose-x", "choose-y", "add", "remove"),
            strict=True,
        ):
            widget.add_class(f"nb-{name}")
        for slider in self._sliders:
            slider.add_class("nb-choose")
            slider.layout.flex = "1 1 180px"
            slider.observe(partial(self._guarded, self._slid), "value")
        self._which.observe(partial(self._guarded, self._picked_one), "value")
        put.on_click(partial(self._guarded, self._add_there))
        self._take.on_click(partial(self._guarded, self._remove_chosen))
        exchange(self.below, [self._which, *self._sliders, put, self._take])

    def _slid(self) -> None:
        moved = [not same(s.value, put) for s, put in zip(self._sliders, self._put_at, strict=False)]
        with self.holding():
            i = self._chosen
            if i is None or i >= len(self.kept) or self._held is not None or not any(moved):
                return  # no point is chosen, the mouse moves it, or the page has sent back what it was told to show
            point = self.kept[i]
            x, y = (s.value if m else v for s, m, v in zip(self._sliders, moved, (point.x, point.y), strict=True))
            self.move(i, x, y)

    def _picked_one(self) -> None:
        self._chosen = None if self._which.value == NONE else self._which.value
        self.redraw()

    def _add_there(self) -> None:
        self.add(*(float(s.value) for s in self._sliders))

    def _remove_chosen(self) -> None:
        if (i := self._chosen) is not None:
            self.remove(i)

    def _follow_points(self, n: int) -> None:
        """Let the list and the sliders show the chosen point, and the page know where the points are."""
        points = self.points[:n]
        if self._chosen is not None and self._chosen >= n:
            self._chosen = None
        with self._silently():
            options = [("none", NONE), *((str(i + 1), i) for i in range(n))]
            if len(self._which.options) != len(options):
                self._which.options = options
            self._which.value = NONE if self._chosen is None else self._chosen
            if self._chosen is not None:
                self._put_at = [nearest(s, float(v)) for s, v in zip(self._sliders, points[self._chosen], strict=True)]
                for slider, value in zip(self._sliders, self._put_at, strict=True):
                    slider.value = value
        self._take.disabled = self._chosen is None
        self.image.handles = self.picture.handles(points).round(4).tolist()

    # ---- the trace -----------------------------------------------------------------------------------------------

    @property
    def trace(self) -> Trace | None:
        """The points as trials that were chosen by hand; None while there are none."""
        if not self.kept:
            return None
        trace = Trace(header_of(self.by(), self.task))
        for i, point in enumerate(self.kept):
            trial = Trial(i, {"x": float(point.x)}, info={"by": "user"})
            trace.started(trial)
            trace.ended(replace(trial, status="done", value=float(point.y), end=0.0))
        return trace

    @trace.setter
    def trace(self, _: object) -> None:
        """The points are the trace; the shell's own is not needed."""
