"""The folder of a run: one run at a time, and one search for ever. What lies in it is told in engine.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nasbook.files import lock
from nasbook.scale.study import Study, load_study
from nasbook.trace_file import is_torn, read


@contextmanager
def held(out: Path) -> Iterator[None]:
    """One run in a folder at a time. The system lets go of the lock when the process ends, however it ends."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file; --out names a folder")
    out.mkdir(parents=True, exist_ok=True)
    with open(out / ".lock", "a+") as file:
        if not lock(file):
            raise ValueError(f"another run is at work in {out}; wait for it, or use another --out")
        yield


def claim(out: Path, study: Study, resume: bool) -> None:
    """Make sure that the folder is new, or holds this very search."""
    copy, trace = out / "study.yaml", out / "trace.jsonl"
    if begun(trace) and not resume:
        raise ValueError(f"{out} holds a run already; --resume goes on with it, another --out starts anew")
    if copy.exists() and begun(trace):
        before = load_study(copy, check=False)
        for key in ("task", "space", "method", "fidelity", "seeds", "first"):
            if getattr(before, key) != getattr(study, key):
                raise ValueError(
                    f"{out} was begun with another study: its {key} differs, and only budget, workers and resources "
                    "may change; use another --out"
                )


def check_clock(trace: Path, workers: int) -> None:
    """ValueError where a table's search would go on with other workers: they are simulated, so they decide what was
    known when each trial was chosen."""
    if begun(trace) and (before := read(trace)[0].header.workers) != workers:
        raise ValueError(
            f"{trace.parent} was begun with {before} simulated workers, which decide what a table's search finds, so "
            f"{workers} cannot go on with it; take --workers {before}, or another --out"
        )


def begun(path: Path) -> bool:
    """Does the trace hold at least its header? A kill may have come before."""
    return path.exists() and not is_torn(path)
