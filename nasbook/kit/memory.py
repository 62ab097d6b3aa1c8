"""The memory of a computation in torch, measured: every tensor is watched from its birth to its death.

    peak_bytes(lambda: reverse(problem, w, h, 100))

Tensors that existed before do not count. Views share the memory of what they look at, so they count once. Operations
run a few times slower while they are watched. Memory that an operation takes and frees inside itself is not seen.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def peak_bytes(compute: Callable[[], object]) -> int:
    """The most bytes that tensors made by `compute()` held at the same time."""
    with _Watch() as watch:
        compute()
    return watch.peak


class _Watch(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.bytes: dict[int, int] = {}  # of each storage that lives; 0 for those that are older than the watch
        self.now = self.peak = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # nothing is compiled here, and torch's compiler takes two seconds to load

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for x in tree_leaves((args, kwargs)):
            self._meet(x, new=False)
        out = func(*args, **(kwargs or {}))
        for x in tree_leaves(out):
            self._meet(x, new=True)
        return out

    def _meet(self, x: object, new: bool) -> None:
        if not isinstance(x, torch.Tensor):
            return
        storage = x.untyped_storage()
        if (key := storage._cdata) in self.bytes:
            return
        self.bytes[key] = storage.nbytes() if new else 0
        self.now += self.bytes[key]
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._gone, key)

    def _gone(self, key: int) -> None:
        self.now -= self.bytes.pop(key)
