"""A training in stages of equal length, each of which begins with a change of the supernet."""

from __future__ import annotations

from typing import ClassVar

from nasbook.kit.state import Parts
from nasbook.nas.parts.oneshot import SupernetTraining


class Stages(SupernetTraining):
    """`stage` counts from 0; each epoch begins with `enter`."""

    stages: ClassVar[int]
    stage = 0

    def next_stage(self) -> None:
        """A stage begins; a strategy adds what changes then."""
        self.stage += 1

    def enter(self) -> None:
        """Come to the stage of the epoch that comes; more than one where there are fewer epochs than stages."""
        while self.stage < self.now:
            self.next_stage()

    def starts(self, stage: int) -> int:
        """The first epoch of a stage."""
        return -(-stage * self.settings.epochs // self.stages)  # rounded up

    @property
    def now(self) -> int:
        """The stage of the epoch that comes."""
        return max(stage for stage in range(self.stages) if self.starts(stage) <= self.done_epochs)

    @property
    def at(self) -> tuple[int, int]:
        begin, end = self.starts(self.now), self.starts(self.now + 1)
        return self.done_epochs - begin, end - begin

    def parts(self) -> Parts:
        return {**super().parts(), "stage": self.stage}
