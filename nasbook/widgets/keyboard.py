"""The style and the keys of a lab on its page, and when it is shown nowhere any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import anywidget

HERE = Path(__file__).parent


class Keyboard(anywidget.AnyWidget):
    """Style and keyboard of a lab (lab.css, lab.js); it shows nothing itself."""

    # As text: of a class that names a file, anywidget keeps every widget for ever, so that it hears of a changed file.
    _esm = (HERE / "lab.js").read_text(encoding="utf-8")
    _css = (HERE / "lab.css").read_text(encoding="utf-8")

    def __init__(self, closed: Callable[[], None], **on_key: Callable[[], None]) -> None:
        super().__init__()
        self._closed, self._on_key = closed, on_key
        self._page, self._views = "", set[str]()  # where the lab is shown; no page before it is shown at all
        self.on_msg(self._message)

    @property
    def unseen(self) -> bool:
        """Has the lab been shown, and is it no more?"""
        return bool(self._page) and not self._views

    def _message(self, _widget: object, content: Mapping[str, str], _buffers: object) -> None:
        kind, page, view = (content.get(name, "") for name in ("kind", "page", "view"))
        if kind == "opened":
            if page != self._page:  # the views of a page that was loaded anew are gone
                self._page, self._views = page, set()
            self._views.add(view)
        elif kind == "closed":
            self._views.discard(view)
            if self.unseen:
                self._closed()
        else:
            self._on_key.get(kind, lambda *_: None)(*([content["text"]] if kind == "enter" else []))
