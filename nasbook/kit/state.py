"""The state of a training on disk: written in one move, and read back only into the search that wrote it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from nasbook.method import OneShot


class Unreadable(ValueError):
    """A file that holds no state, or only a part of one."""


def write(path: Path, made_by: Mapping[str, Any], state: Mapping[str, Any], key: str = "made_by") -> None:
    """Keep tensors, numbers, text, lists and dicts: a kill leaves the old file or the new one."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".tmp")
    torch.save({key: dict(made_by), **state}, scratch)
    os.replace(scratch, path)


def read(
    path: Path, made_by: Mapping[str, Any], key: str = "made_by", other: str = "is the state of another search"
) -> Any:
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


class Resumable(OneShot):
    """A one-shot method that can be killed and go on: it says what its state is, and takes it back in `run`.

    `state()` is everything that the next epoch depends on: tensors, numbers, text, lists and dicts. After `restore`,
    `saved` holds what such a state was, for `run` to go on from."""

    saved: Any = None

    def state(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def save(self, path: Path) -> None:
        write(path, self.made_by, self.state())

    def restore(self, path: Path) -> None:
        self.saved = read(path, self.made_by)

    @property
    def made_by(self) -> dict[str, Any]:
        return {"method": self.name, "seed": self.seed, **asdict(self.settings)}
