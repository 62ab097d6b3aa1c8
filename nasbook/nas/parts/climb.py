"""What network-morphism keeps of a network that it has trained, and what it shows of the climb."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from nasbook.space import Config, Json

if TYPE_CHECKING:
    from nasbook.nas.spaces.program import Program


@dataclass(frozen=True)
class NetworkMorphismView:
    """Where the climb stood when a child had been trained. None where there is no such trial."""

    step: int  # 0 is the first chain
    parent: int | None  # trial id of this step's parent
    best: int | None  # trial id of the best of this step so far
    before: float  # validation error with the weights that the training began with

    def to_dict(self) -> Json:
        return asdict(self)

    @classmethod
    def from_dict(cls, row: Json) -> NetworkMorphismView:
        return cls(**row)


@dataclass(frozen=True)
class Member:
    """A network of the climb, trained."""

    id: int  # of its trial
    config: Config
    net: Program
    error: float  # validation
    trained: int  # epochs, those of its ancestors included
