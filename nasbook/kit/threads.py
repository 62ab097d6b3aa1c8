"""One thread of torch for what is small: matrices and trainings here are too small to share, and sums keep their order.

With torch's own choice, two kernels on two cores wait for each other: ten trainings of 'digits-mlp' then cost several
times as many CPU seconds. Who wants more says so: OMP_NUM_THREADS, a study's `resources: {cpus: …}` (which sets it), or
torch.set_num_threads after this module was imported.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import torch

P = ParamSpec("P")
Y = TypeVar("Y")

AT_FIRST = torch.get_num_threads()
_lock = threading.Lock()
_here = threading.local()  # how deep this thread is inside
_inside, _before = 0, AT_FIRST  # how many threads are, and what holds outside


def wanted() -> int:
    """How many threads a small training may take."""
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    now = torch.get_num_threads()
    return 1 if now == AT_FIRST else now


@contextmanager
def one_thread() -> Iterator[None]:
    """torch with one thread, or as many as somebody has asked for; the earlier number is given back afterwards."""
    global _inside, _before
    depth = getattr(_here, "depth", 0)
    if depth == 0:
        with _lock:
            if _inside == 0:
                _before = torch.get_num_threads()
                _here.number = wanted()
            else:  # another thread has changed it already
                _here.number = min(wanted(), torch.get_num_threads())
            _inside += 1
            torch.set_num_threads(_here.number)
    _here.depth = depth + 1
    try:
        yield
    finally:
        _here.depth = depth
        if depth == 0:
            with _lock:
                _inside -= 1
                torch.set_num_threads(_before)


def one_thread_a_step(run: Callable[P, Iterator[Y]]) -> Callable[P, Generator[Y, None, object]]:
    """For a generator: one thread while it works, and not while whoever asks for its steps does."""

    @wraps(run)
    def stepwise(*args: P.args, **kwargs: P.kwargs) -> Generator[Y, None, object]:
        steps = run(*args, **kwargs)
        try:
            while True:
                with one_thread():
                    try:
                        step = next(steps)
                    except StopIteration as end:
                        return end.value
                yield step
        finally:
            if isinstance(steps, Generator):
                steps.close()

    return stepwise
