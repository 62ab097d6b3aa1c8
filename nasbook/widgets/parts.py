"""Widgets that go with what they are parts of.

ipywidgets keeps each widget of a kernel, and the page its copy, until the widget is closed; and a widget that closes
leaves its children, layouts and styles open. With their callbacks they hold whatever made them: a lab, its figure and
all of its steps.
"""

from __future__ import annotations

from collections.abc import Iterable

import ipywidgets as W


def parts(widget: W.Widget) -> list[W.Widget]:
    """The widget and all that it is made of, as far as it is open: its children and theirs, and the layout and style of
    each."""
    found: dict[str, W.Widget] = {}
    waiting: list[object] = [widget]
    while waiting:
        one = waiting.pop()
        if isinstance(one, (list, tuple)):
            waiting.extend(one)
        elif isinstance(one, W.Widget) and one.comm is not None and one.model_id not in found:
            found[one.model_id] = one
            waiting.extend(getattr(one, name) for name in one.keys)
    return list(found.values())


def close(widget: W.Widget) -> None:
    """Close a widget with all of its parts."""
    for part in parts(widget):
        W.Widget.close(part)


def exchange(box: W.Box, children: Iterable[W.Widget]) -> None:
    """Give a box other children, and close those before that are not among them; of a closed box, all."""
    before, box.children = box.children, tuple(children)
    kept = set(map(id, parts(box)))
    for child in (*before, *box.children):
        for part in parts(child):
            if id(part) not in kept:
                W.Widget.close(part)
