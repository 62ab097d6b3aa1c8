"""A table that is made part by part: several processes train, and what is done stays done.

python -m nasbook.data.make.NAME train PARTS [PROCESSES] | pack PARTS OUT.npz
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

Work = TypeVar("Work")


def every(make: Callable[[Work], str], work: Sequence[Work], processes: int) -> None:
    """Call `make`, which names the file that it has written, for every piece of work, and tell each."""
    begin = time.time()
    with get_context("spawn").Pool(processes) as pool:
        for k, name in enumerate(pool.imap_unordered(make, work), 1):
            print(f"{k}/{len(work)} {name} {time.time() - begin:.0f} s", flush=True)


def complete(paths: Iterable[Path]) -> list[Path]:
    """These files, of one folder; SystemExit, with what to do, while some are missing."""
    paths = list(paths)
    if missing := [p for p in paths if not p.exists()]:
        name, folder = missing[0].name, missing[0].parent
        raise SystemExit(f"{len(missing)} parts are missing, e.g. {name}; run `train {folder}` to the end first")
    return paths


def command(module: str, train: Callable[..., None], pack: Callable[[Path, Path], None]) -> None:
    """What the command line of such a module does."""
    given = sys.argv[1:]
    if len(given) in (2, 3) and given[0] == "train":
        train(Path(given[1]), *(int(a) for a in given[2:]))
    elif len(given) == 3 and given[0] == "pack":
        pack(Path(given[1]), Path(given[2]))
    else:
        raise SystemExit(f"usage: python -m {module} train PARTS [PROCESSES] | pack PARTS OUT.npz")
