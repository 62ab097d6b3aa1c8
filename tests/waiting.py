"""Waiting for an event, whatever it takes on a busy machine."""

import time
from collections.abc import Callable

PATIENCE = 200.0  # seconds for what must happen at all; a machine that runs tests may stand still for some


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Return as soon as the condition holds; fail if it does not within the time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds:g} s for what did not come"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Does the process live (on Linux)? A zombie whose parent does not ask for it has ended."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
