"""A picture in the notebook that can be clicked, dragged in, and worked by keyboard.

The kernel sends PNG frames, each with its number and its description as one value, so that no page ever has a part of
one. The page swaps a frame only when it is decoded, so that nothing flickers, and answers with the number of the
frame that it shows (`shown`); a view that begins says which frame it has, and is sent the newest where that is
another. A click comes back in fractions of the picture, (0, 0) at its upper left. With the keyboard: the arrow keys
move a cross, Enter picks where it stands. `inject(x, y)` is a click without a page.

Where the picture is `draggable`, it tells of the mouse's way instead: 'grab' where the button goes down, 'drag' on the
way, 'drop' where it is let go, and 'remove' for a double click. A drag waits until the page shows the frame that
answers the one before, so no more are sent than the kernel can draw; 'drop' is always sent, and tells the last place.
With the keyboard: Enter grabs and drops, Delete removes, N leads the cross from one of `handles` to the next.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import anywidget
import traitlets as T

from nasbook.space import Json

DRAGS = ("grab", "drag", "drop", "remove")

CSS = """
.nb-frame { position: relative; align-self: flex-start; width: fit-content; max-width: 100%; line-height: 0; }
/* On a low screen a tall picture is drawn smaller, so that the controls above it stay in sight. */
.nb-frame img { width: min(var(--w) * 1px, max(400px, 100vh - 265px) * var(--w) / var(--h)); max-width: 100%;
  height: auto; aspect-ratio: var(--w) / var(--h); display: block; }
.nb-frame:focus-visible { outline: 2px solid #0072b2; outline-offset: -2px; }
.nb-cross { position: absolute; display: none; width: 21px; height: 21px; margin: -10px 0 0 -10px; pointer-events: none;
  background: linear-gradient(#d55e00 0 0) center/2px 100% no-repeat,
    linear-gradient(#d55e00 0 0) center/100% 2px no-repeat; }
.nb-draggable img { touch-action: none; user-select: none; }
.nb-held .nb-cross { outline: 2px solid #d55e00; outline-offset: -5px; border-radius: 50%; }
"""


class ClickImage(anywidget.AnyWidget):
    """A PNG picture of `width` × `height` pixels with an alt text.

    on_pick(x, y): called with fractions of the picture when it is clicked in one of `areas`, a list of (left, top,
    width, height) in fractions, while `clickable`. The keyboard's cross moves in the first `crossed` of them.
    on_drag(kind, x, y): called instead where it is also `draggable`, with 'grab', 'drag', 'drop' or 'remove'; what is
    dragged stays in the first area. `handles`: where things lie that can be grabbed, in fractions; the mouse shows it.
    """

    # As text: of a class that names a file, anywidget keeps every widget for ever, so that it hears of a changed file.
    _esm = Path(__file__).with_name("pick.js").read_text(encoding="utf-8")
    _css = CSS
    # Set whole, never in parts, and never by the page: ipywidgets holds the news of all of a widget's values back while
    # it takes one from the page, whichever thread they come from.
    picture: Any = T.Dict({"frame": 0, "png": b"", "alt": ""}).tag(sync=True)
    width = T.Int(720).tag(sync=True)
    height = T.Int(460).tag(sync=True)
    clickable = T.Bool(False).tag(sync=True)
    hint = T.Unicode("").tag(sync=True)
    areas: T.List[tuple[float, float, float, float]] = T.List().tag(sync=True)
    crossed = T.Int(1).tag(sync=True)
    draggable = T.Bool(False).tag(sync=True)
    handles: T.List[list[float]] = T.List().tag(sync=True)

    def __init__(self, on_pick: Callable[[float, float], None] | None = None, **traits: object) -> None:
        super().__init__(**traits)
        self._on_pick = on_pick
        self.shown = -1  # the last frame that a page has decoded; -1 while there is no page
        self.on_drag: Callable[[str, float, float], None] | None = None
        self._sent = 0.0
        self.on_msg(self._message)

    @property
    def png(self) -> bytes:
        return self.picture["png"]

    @property
    def frame(self) -> int:
        """The number of the newest frame; 0 before the first."""
        return self.picture["frame"]

    @property
    def alt(self) -> str:
        return self.picture["alt"]

    def put(self, png: bytes, alt: str) -> None:
        """Show a frame."""
        self.picture = {"frame": self.frame + 1, "png": bytes(png), "alt": alt}
        self._sent = time.monotonic()

    @property
    def behind(self) -> bool:
        """True while a page has yet to show the frame before last (for a second at most): time to drop a frame."""
        return 0 <= self.shown < self.frame - 1 and time.monotonic() - self._sent < 1.0

    def inject(self, x: float, y: float, kind: str = "pick") -> None:
        """What a click at these fractions of the picture does (or, where it is draggable, a `kind` of DRAGS); outside
        the areas, or when not clickable, nothing."""
        act = self._on_pick if kind == "pick" else partial(self.on_drag, kind) if self.on_drag else None
        if not self.clickable or act is None or self.draggable == (kind == "pick"):
            return
        if kind in ("drag", "drop"):
            left, top, w, h = self.areas[0]
            act(min(left + w, max(left, x)), min(top + h, max(top, y)))
        elif any(left <= x <= left + w and top <= y <= top + h for left, top, w, h in self.areas):
            act(x, y)

    def _message(self, _widget: object, content: Json, _buffers: object) -> None:
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind in ("pick", *DRAGS):
            self.inject(float(content["x"]), float(content["y"]), kind)
        elif kind == "shown":
            self.shown = int(content["frame"])
        elif kind == "begun" and content["frame"] != self.frame:
            self.send_state("picture")
