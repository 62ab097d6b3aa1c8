"""A thread that looks again and again, for as long as somebody can see what it finds."""

from __future__ import annotations

import threading
import weakref
from typing import Protocol

POLL = 0.5  # seconds between two looks
NAME = "nasbook-watch"


class Owner(Protocol):
    """Whose things are watched."""

    def look(self) -> object: ...

    def report(self, error: BaseException) -> None: ...


class Watcher:
    """Calls `look()` of its owner twice a second, from `begin` to `end`, or until nobody else holds the owner; what
    goes wrong is handed to the owner's `report`."""

    def __init__(self, owner: Owner) -> None:
        self._owner = weakref.ref(owner)
        self._end: threading.Event | None = None

    def begin(self) -> None:
        if self._end is None:
            self._end = threading.Event()
            threading.Thread(target=_watch, args=(self._owner, self._end), name=NAME, daemon=True).start()

    def end(self) -> None:
        if self._end is not None:
            self._end.set()
            self._end = None


def _watch(owner: weakref.ref[Owner], end: threading.Event) -> None:
    while not end.wait(POLL):
        watching = owner()
        if watching is None:
            return
        try:
            watching.look()
        except Exception as error:  # nothing may vanish in a thread
            watching.report(error)
        del watching
