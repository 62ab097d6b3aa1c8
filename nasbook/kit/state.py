"""The state of a training on disk: written in one move, and read back only into the search that wrote it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch


def write(path: Path, made_by: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Keep tensors, numbers, text, lists and dicts: a kill leaves the old file or the new one."""
    scratch = Path(path).with_name(Path(path).name + ".tmp")
    torch.save({"made_by": dict(made_by), **state}, scratch)
    os.replace(scratch, path)


def read(path: Path, made_by: Mapping[str, Any]) -> dict[str, Any]:
    """What `write` kept. ValueError if the file cannot be read, or is the state of another search."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # what a damaged file raises depends on where it is damaged
        raise ValueError(
            f"{path} cannot be read ({type(error).__name__}); delete it, and the search trains again from its start"
        ) from None
    if state["made_by"] != dict(made_by):
        raise ValueError(f"{path} is the state of another search: {state['made_by']}, not {dict(made_by)}")
    return state
