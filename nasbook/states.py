"""Where the states of unfinished trainings lie while a search runs: a folder that goes with it."""

from __future__ import annotations

import glob
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from nasbook.trace_file import TraceFile


def folder_of_states(file: TraceFile | None) -> TemporaryDirectory[str]:
    """A folder for states of trainings: beside the trace, or in the system's. It goes with the search; what a killed
    one has left goes here."""
    if file is not None:
        prefix, within = f".{file.path.name}.states-", file.path.parent
        old = list(within.glob(f"{glob.escape(prefix)}*"))  # nobody else writes this trace
    else:
        prefix, within = "nasbook-", Path(gettempdir())
        old = [folder for folder in within.glob("nasbook-*-*") if _is_orphan(folder)]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return TemporaryDirectory(prefix=f"{prefix}{os.getpid()}-", dir=within, ignore_cleanup_errors=True)


def _is_orphan(folder: Path) -> bool:
    """Has the process of our own that made this folder of states ended?"""
    pid = folder.name.split("-")[1]
    if os.name == "nt" or not pid.isdigit() or folder.is_symlink():
        return False
    try:
        if folder.stat().st_uid != os.getuid():
            return False
        os.kill(int(pid), 0)  # asks, and does nothing
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass
    return False
