"""The state of a training on disk: written in one move, and read back only into the search that wrote it."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import torch
from torch import Tensor

from nasbook.method import OneShot
from nasbook.space import Arguments

Parts: TypeAlias = dict[str, Any]  # what a state is made of, by name: modules, optimisers, tensors, plain values
State: TypeAlias = dict[str, Any]  # what a search or a training goes on from: tensors, numbers, text, lists and dicts


class Unreadable(ValueError):
    """A file that holds no state, or only a part of one."""


def write(path: Path, made_by: Arguments, state: State, key: str = "made_by") -> None:
    """Keep tensors, numbers, text, lists and dicts: a kill leaves the old file or the new one."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".tmp")
    torch.save({key: dict(made_by), **state}, scratch)
    os.replace(scratch, path)


def read(path: Path, made_by: Arguments, key: str = "made_by", other: str = "is the state of another search") -> State:
    """What `write` kept, with its tensors on the CPU; no code in the file is run.

    Unreadable, a ValueError, if the file is damaged; another ValueError if something else wrote it."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        there = state[key]
    except Exception as error:  # what a damaged file raises depends on where it is damaged
        raise Unreadable(
            f"{path} cannot be read ({type(error).__name__}); delete it, and the search trains again from its start"
        ) from None
    if there != dict(made_by):
        raise ValueError(f"{path} {other}: {there}, not {dict(made_by)}")
    return state


def plain(part: object) -> object:
    """What can be written: of a module or an optimiser its state."""
    return part.state_dict() if hasattr(part, "state_dict") else part.detach() if isinstance(part, Tensor) else part


class Resumable(OneShot):
    """A one-shot method that can be killed and go on: it says what its state is, and takes it back in `run`.

    `state()` is everything that the next epoch depends on: tensors, numbers, text, lists and dicts. After `restore`,
    `saved` holds what such a state was, for `run` to go on from with `take_back`."""

    saved: Any = None
    always: ClassVar[tuple[str, ...]] = ()  # attributes that are in every state, whatever `parts` adds

    def parts(self) -> Parts:
        """The attributes that the next epoch depends on, by name: modules, optimisers, tensors, and plain numbers,
        text, lists, tuples and dicts."""
        return {}

    def state(self) -> State:
        """All of these as they are now, and where the search's random numbers stand."""
        return {name: plain(part) for name, part in self._all().items()} | {"rng": self.rng.bit_generator.state}

    def take_back(self) -> None:
        """Bring the search to where `saved` says: modules, optimisers and tensors in place. What a state of an older
        version does not have stays as it begins."""
        for name, part in self._all().items():
            then = self.saved.get(name, part)
            if then is part:
                continue
            if hasattr(part, "load_state_dict"):
                part.load_state_dict(then)
            elif isinstance(part, Tensor):
                part.detach().copy_(then)
            else:
                setattr(self, name, then)
        self.rng.bit_generator.state = self.saved.get("rng", self.rng.bit_generator.state)

    def _all(self) -> Parts:
        return {name: getattr(self, name) for name in self.always} | dict(self.parts())

    def save(self, path: Path) -> None:
        write(path, self.made_by, self.state())

    def restore(self, path: Path) -> None:
        self.saved = read(path, self.made_by)

    @property
    def made_by(self) -> Arguments:
        return {"method": self.name, "seed": self.seed, **asdict(self.settings)}
