"""One life of a runner: a search from its first step to its end or a reset, and how it has ended."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

S = TypeVar("S")  # a step


class Ended(NamedTuple):
    """How a search has ended."""

    state: str
    answer: object = None
    error: BaseException | None = None


class Life(Generic[S]):
    """One search, from its first step to its end or a reset."""

    def __init__(self, live: Callable[[Life[S]], Iterator[float]]) -> None:
        self.naps = live(self)  # seconds in which there is nothing to do; infinite until the bell rings
        self.wanted = True  # False after a reset: it is to end
        self.search: Iterator[S] | None = None
        self.bell = threading.Event()  # rings when there is news
        self.turn = threading.Lock()  # held by who advances it
        self.thread: threading.Thread | None = None
        self.task: asyncio.Task[None] | None = None
        self.drawing = False  # is a frame drawn on the way, after which steps would follow?
