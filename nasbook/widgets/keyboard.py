"""The style and the keys of a lab on its page, and when it is shown nowhere any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import anywidget

HERE = Path(__file__).parent


class Keyboard(anywidget.AnyWidget):
    """Style and keyboard of a lab (lab.css, lab.js); it shows nothing itself."""

    _esm = HERE / "lab.js"
    _css = HERE / "lab.css"

    def __init__(self, closed: Callable[[], None], **on_key: Callable[[], None]) -> None:
        super().__init__()
        self._closed, self._on_key = closed, on_key
        self._page, self._views = "", set[str]()  # where the lab is shown
        self.on_msg(self._message)

    def _message(self, _widget: object, content: Mapping[str, str], _buffers: object) -> None:
        kind, page, view = (content.get(name, "") for name in ("kind", "page", "view"))
        if kind == "opened":
            if page != self._page:  # the views of a page that was loaded anew are gone
                self._page, self._views = page, set()
            self._views.add(view)
        elif kind == "closed":
            self._views.discard(view)
            if not self._views:
                self._closed()
        else:
            self._on_key.get(kind, lambda *_: None)(*([content["text"]] if kind == "enter" else []))
