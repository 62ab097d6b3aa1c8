"""One thread for small matrices: with several, they wait for each other longer than they compute.

On two cores a fit of 20 points takes five times as long with BLAS's own choice of threads as with one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

P = ParamSpec("P")
R = TypeVar("R")


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()


def one_thread(f: Callable[P, R]) -> Callable[P, R]:
    """Run a function with one BLAS thread, and give the others back afterwards."""

    @wraps(f)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        with _libraries().limit(limits=1, user_api="blas"):
            return f(*args, **kwargs)

    return limited
