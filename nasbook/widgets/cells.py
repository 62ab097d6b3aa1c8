"""Which labs a notebook's cell has made. When the cell runs again, those of the run before stop: their output is gone,
and their search would go on unseen. Once no page shows them, they are closed."""

from __future__ import annotations

import sys
import weakref
from typing import Protocol


class Made(Protocol):
    """What a cell makes, and is told when another takes its place."""

    def replaced(self) -> None: ...


_made: dict[str, tuple[str, list[weakref.ref[Made]]]] = {}  # cell -> (its newest run, the labs of that run)


def running_cell() -> tuple[str, str] | None:
    """The cell whose code runs now, and this run of it; None elsewhere (a script, a callback)."""
    if (ipython := sys.modules.get("IPython")) is None:
        return None
    shell = ipython.get_ipython()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else None
    header = (parent or {}).get("header") or {}
    if parent is None or header.get("msg_type") != "execute_request":
        return None
    # A page that does not name its cells is known by what they say.
    cell = (parent.get("metadata") or {}).get("cellId") or (parent.get("content") or {}).get("code")
    return (str(cell), str(header.get("msg_id"))) if cell else None


def enter(lab: Made) -> None:
    """A lab is being made: stop those that an earlier run of the same cell has made."""
    here = running_cell()
    if here is None:
        return
    name, run = here
    before, labs = _made.get(name, (run, []))
    if before != run:
        for old in labs:
            if (made := old()) is not None:
                made.replaced()
        labs = []
    _made[name] = run, [*labs, weakref.ref(lab)]
