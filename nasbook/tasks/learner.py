"""One network while it learns, epoch by epoch, with a checkpoint: what the trainings of training.py and
architectures.py share."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nasbook.kit import state
from nasbook.task import Report


class Learner:
    """A subclass trains (`epoch`) and says what it has found (`found`), what its next epoch depends on (`state`,
    `load`) and which training it is (`what`)."""

    net: Any

    @property
    def found(self) -> Sequence[tuple[float, float]]:
        """(training loss, reported value) of each epoch that has ended."""
        raise NotImplementedError

    @property
    def what(self) -> Mapping[str, Any]:
        """What a checkpoint must agree with."""
        raise NotImplementedError

    @property
    def judged(self) -> Any:
        """The network whose errors are reported: the one that learns, unless an average of its weights is kept."""
        return self.net

    def measure(self, split: str) -> tuple[float, float]:
        """(mean loss, fraction classified wrongly) on "train", "val" or "test"."""
        raise NotImplementedError

    def epoch(self) -> None:
        raise NotImplementedError

    def state(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def load(self, state: Any) -> None:
        raise NotImplementedError

    def learn(self, epochs: int, report: Report | None = None, checkpoint: Path | None = None) -> int:
        """Train for so many epochs in all, and return how many they were: fewer where the loss is not finite any more.

        With `checkpoint`, the state is kept in that file after every epoch, and a training that was cut off goes on
        from it, to the same result; the epochs that it had are reported again."""
        if checkpoint is not None:
            self.restore(checkpoint)
        for n in range(epochs):
            if n == len(self.found):
                self.epoch()
                if checkpoint is not None:
                    self.save(checkpoint)
            loss, value = self.found[n]
            if not math.isfinite(loss):
                return n + 1
            if report is not None:
                report(n + 1, value)
        return epochs

    def save(self, path: Path) -> None:
        state.write(path, self.what, self.state(), key="what")

    def restore(self, path: Path) -> None:
        """Go on from a file of `save`, if it exists; an unreadable one is left aside with a warning.

        ValueError if it holds another training."""
        if not Path(path).exists():
            return
        try:
            self.load(state.read(path, self.what, key="what", other="holds another training"))
        except state.Unreadable as error:
            warnings.warn(f"{str(error).partition(';')[0]}; the training starts anew", stacklevel=2)
