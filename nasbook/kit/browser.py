"""What Python in a browser (Pyodide) cannot do: it starts no process and no thread."""

from __future__ import annotations

import sys


def inside() -> bool:
    return sys.platform == "emscripten"


def refusal(what: str) -> str | None:
    """Why `what`, which needs processes or threads, cannot run in this Python, in one sentence; None where it can."""
    if not inside():
        return None
    why = "whose Python starts no process and no thread"
    return f"{what} cannot run in a browser, {why}; run it where Python is installed"
