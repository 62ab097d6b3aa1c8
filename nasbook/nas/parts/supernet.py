"""What a search on a supernet can be told and what it shows after each epoch: for oneshot.py and its methods."""

from __future__ import annotations

from dataclasses import dataclass

from nasbook.kit.checks import setting, whole, within
from nasbook.kit.start import pick_device
from nasbook.views import Kept, as_wide, equally_long


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
            whole(name, getattr(self, name), 1)
        for name in ("lr", "clip"):
            within(name, getattr(self, name), 0, above=True)
        for name in ("lr_min", "weight_decay"):
            within(name, getattr(self, name), 0)
        within("momentum", self.momentum, 0, 1)
        if self.lr_min > self.lr:
            raise ValueError(f"lr_min must not be above lr = {self.lr:g}, not {self.lr_min!r}")
        if self.momentum == 1:
            raise ValueError(f"momentum must be below 1, not {self.momentum!r}")
        pick_device(self.device)


@dataclass(frozen=True)
class SupernetView(Kept):
    """What the strategy believed at the end of an epoch. Losses are None where they were not finite; what a strategy
    has not got is None."""

    epoch: int  # 1 after the first
    epochs: int  # of the whole search
    weights: tuple[tuple[float, ...], ...]  # a row for each edge, a column for each operation: softmax(α), the policy …
    ops: tuple[str, ...]  # names of the columns
    edges: tuple[tuple[int, int], ...]  # of the rows: (from node, to node)
    cell: tuple[str, ...]  # the operation that each edge would keep
    skips: int  # how many of them are skips: too many are the sign of a collapse
    train_loss: float | None  # mean over the steps of the epoch
    val_loss: float | None  # of the supernet (or of the path `cell` through it), after the epoch
    val_accuracy: float
    counts: tuple[tuple[int, ...], ...] | None = None  # like weights: how often the weights of each were updated
    scatter: tuple[tuple[tuple[str, ...], float], ...] | None = None  # paths judged so far: (operations, score)
    temperature: float | None = None  # of a Gumbel sample
    stage: str | None = None  # in words, of a search in several
    expected_cost: float | None = None  # e.g. latency, under the architecture's probabilities
    eigenvalue: float | None = None  # the largest of ∇²_α L_val
    reward: float | None = None  # the mean, over the paths that the policy drew in this epoch

    def __post_init__(self) -> None:
        equally_long(self, "edges", "weights", "cell", "counts")
        as_wide(self, "ops", "weights", "counts")
