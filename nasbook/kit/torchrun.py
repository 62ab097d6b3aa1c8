"""What torchrun has told this process: how many there are, and which one it is. Without torch, which takes its time."""

from __future__ import annotations

import os

TOLD = {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}  # variables that it sets, all of them


def processes() -> int:
    """How many torchrun has started, this one among them; 1 without it."""
    return _number("WORLD_SIZE", 1) if os.environ.keys() >= TOLD else 1


def place() -> int:
    """The number of this process among them, from 0."""
    return _number("RANK", 0) if processes() > 1 else 0


def _number(name: str, otherwise: int) -> int:
    told = os.environ.get(name, "")
    return int(told) if told.isascii() and told.isdigit() else otherwise
