"""What methods share that fit a model before each choice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from nasbook.method import Method
from nasbook.trace import Trial


class Believing(Method):
    """A method whose view is what it believes before it chooses.

    `believe()` makes a view of the trials so far; `propose` reads it as `self.belief`, and may put a richer one in its
    place. The field `next` of a view is the point (d,) that was chosen with it."""

    belief: Any = None

    def believe(self) -> object:
        raise NotImplementedError

    def known(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Points (n, d) of the trials that have a value, these values (n,), points of those that failed, and of those
        in flight."""
        valued = [t for t in self.trials if t.value is not None]
        U, failed, pending = (
            self.space.encode_all([t.config for t in trials])
            for trials in (valued, [t for t in self.trials if t.value is None], list(self.pending.values()))
        )
        return U, np.array([t.value for t in valued], float), failed, pending

    def ask(self) -> Trial | None:
        self.belief = self.believe()
        trial = super().ask()
        if trial is not None:
            self.belief = replace(self.belief, next=self.space.encode(trial.config))
        return trial

    def view(self) -> Any:
        return self.belief or self.believe()
