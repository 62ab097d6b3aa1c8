"""What a search on a supernet can be told and what it shows after each epoch: for oneshot.py and its methods."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from nasbook.nas.spaces.networks import pick_device
from nasbook.views import equally_long


def setting(default: Any, text: str, options: Sequence[Any] | None = None) -> Any:
    """A field of a settings class, with a sentence of help."""
    return field(default=default, metadata={"help": text} | ({"options": list(options)} if options else {}))


@dataclass(frozen=True)
class SupernetSettings:
    """How the weights of the supernet learn: SGD with momentum, at a rate that falls as half a cosine, epoch by
    epoch."""

    epochs: int = setting(20, "passes over the training images")
    batch: int = setting(50, "images a step")
    channels: int = setting(8, "of the first cell; the second has twice as many")
    lr: float = setting(0.025, "rate of the weights at first")
    lr_min: float = setting(0.001, "rate of the weights at the end")
    momentum: float = setting(0.9, "of the weights")
    weight_decay: float = setting(3e-4, "of the weights")
    clip: float = setting(5.0, "largest norm of the weights' gradient")
    device: str = setting("auto", "where it trains; auto: the GPU if there is one")

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "channels"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
        self.check("lr", "clip", positive=True)
        self.check("lr_min", "momentum", "weight_decay")
        if self.lr_min > self.lr:
            raise ValueError(f"lr_min must not be above lr = {self.lr:g}, not {self.lr_min!r}")
        if self.momentum >= 1:
            raise ValueError(f"momentum must be below 1, not {self.momentum!r}")
        pick_device(self.device)

    def check(self, *names: str, positive: bool = False) -> None:
        for name in names:
            x = getattr(self, name)
            if isinstance(x, bool) or not isinstance(x, int | float) or not 0 <= x < math.inf or (positive and x == 0):
                raise ValueError(
                    f"{name} must be a {'positive ' if positive else ''}number{'' if positive else ' ≥ 0'}, not {x!r}"
                )


@dataclass(frozen=True)
class SupernetView:
    """What the supernet believed at the end of an epoch. Losses are None where they were not finite."""

    epoch: int  # 1 after the first
    epochs: int  # of the whole search
    weights: tuple[tuple[float, ...], ...]  # softmax(α): a row for each edge (6), a column for each operation (5)
    ops: tuple[str, ...]  # names of the columns
    edges: tuple[tuple[int, int], ...]  # of the rows: (from node, to node)
    cell: tuple[str, ...]  # the operation that each edge would keep
    skips: int  # how many of them are skips: too many are the sign of a collapse
    train_loss: float | None  # mean over the steps of the epoch
    val_loss: float | None  # of the supernet, after the epoch
    val_accuracy: float

    def __post_init__(self) -> None:
        equally_long(self, "edges", "weights", "cell")
        for row in self.weights if isinstance(self.weights, tuple) else ():
            if not isinstance(row, tuple) or len(row) != len(self.ops):
                raise ValueError(f"each row of weights must have {len(self.ops)} numbers, one for each of ops")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> SupernetView:
        return cls(**{name: _tuples(value) for name, value in row.items()})


def _tuples(x: Any) -> Any:
    """Lists, as JSON has them, to tuples all the way down."""
    return tuple(map(_tuples, x)) if isinstance(x, list | tuple) else x
