"""What stays of a widget when its kernel is gone: a still beside it, hidden while the widget lives.

A saved notebook keeps what was drawn, not what draws. JupyterLab then says "model not found", and a code host shows
nothing; both show the still instead. It is an output of its own below the widget's, so exchanging it leaves the widget
alone. In JupyterLab the style that it carries hides it, and shows it again in place of the error; where no page knows
that style it is simply there, and says what it is.
"""

from __future__ import annotations

import html
import os
import time
import uuid
from collections.abc import Callable, Mapping

VIEW = "application/vnd.jupyter.widget-view+json"
WAKE = "A still, for a page without a kernel. Run this cell to make it live."
OUTPUT = ".lm-Widget.jp-OutputArea-child"
LOST = f"{OUTPUT}:has(> .jupyter-widgets):not(:has(> .jupyter-widgets > *))"  # nothing in it but words: the error
STYLE = (
    f"{OUTPUT}:has(.nb-still):not({LOST} + *), {LOST}:has(+ * .nb-still) {{ display: none; }} "
    ".nb-still img { max-width: 100%; height: auto; }"
)
WANTED = "NASBOOK_FRAMES"  # set where a site is built: how many frames a lab shows of its history; 1 for its end alone
SECOND = 1.0  # between two stills of one widget while it is worked with


def wanted() -> int:
    """How many frames of a lab a notebook's cell is to show; 0 in an ordinary notebook, which shows the lab itself."""
    text = os.environ.get(WANTED, "")
    if text and not (text.isascii() and text.isdigit()):
        raise ValueError(f"{WANTED} must be a number of frames, e.g. 12, not {text!r}")
    return int(text or 0)


class Still:
    """The still of one widget. `beside` shows both; `update` exchanges the still."""

    def __init__(self) -> None:
        self._id = ""  # of the output, once it is shown
        self._shown: object = None
        self._at = 0.0

    def instead(self, body: str, plain: str) -> None:
        """Show only this, where no kernel will ever be."""
        _publish({"text/html": body, "text/plain": plain})

    def beside(self, data: Mapping[str, object], body: str, plain: str = "") -> None:
        """Show a widget, by its data of every MIME type, and its still."""
        if VIEW in data:
            _publish({VIEW: data[VIEW]})
        self._id = uuid.uuid4().hex
        _publish(_data(body, plain), display_id=self._id)

    def update(self, key: object, body: Callable[[], str], plain: str = "", now: bool = True) -> None:
        """Exchange the still where it is shown and `key`, what it shows, is another; unless `now`, once a second."""
        if not self._id or key == self._shown or (not now and time.monotonic() - self._at < SECOND):
            return
        self._shown, self._at = key, time.monotonic()
        _publish(_data(body(), plain), display_id=self._id, update=True)


def _data(body: str, plain: str) -> dict[str, str]:
    still = f'<div class="nb-still"><style>{STYLE}</style>{body}<p><i>{html.escape(WAKE)}</i></p></div>'
    return {"text/html": still, **({"text/plain": plain} if plain else {})}


def _publish(data: Mapping[str, object], display_id: str = "", update: bool = False) -> None:
    from IPython.display import publish_display_data

    publish_display_data(dict(data), transient={"display_id": display_id} if display_id else {}, update=update)
