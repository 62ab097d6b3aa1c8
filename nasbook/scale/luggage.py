"""What travels with a trial to another machine, as bytes: the state that its task keeps, the study's own code."""

from __future__ import annotations

import io
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from nasbook.scale.commands import NAME as COMMAND
from nasbook.scale.study import Study
from nasbook.scale.trust import Trust

Stamp: TypeAlias = list[tuple[str, int, int]]  # of each part of a state: its name, when it was written, its size
CODE = 20 * 2**20  # bytes of a study's own code that travel


def parts(state: Path) -> Iterator[Path]:
    """The state, a file or a folder, and what a task writes beside it under its name (np.savez adds .npz)."""
    for path in sorted(state.parent.glob(state.name + "*")):
        if path.name == state.name or (path.name.startswith(state.name + ".") and path.suffix != ".tmp"):
            yield path


def stamp(state: Path) -> Stamp:
    """Two equal stamps mean that nothing was written between them."""
    found = []
    for part in parts(state):
        for path in sorted([part, *part.rglob("*")]):
            with suppress(OSError):  # replaced just now
                found.append((str(path), (about := path.stat()).st_mtime_ns, about.st_size))
    return found


def pack(state: Path) -> bytes:
    """The state as bytes; none where there is no state, or where it was written to meanwhile."""
    before, box = stamp(state), io.BytesIO()
    try:
        with tarfile.open(fileobj=box, mode="w") as tar:
            for path in parts(state):
                tar.add(path, arcname="state" + path.name.removeprefix(state.name))
    except OSError:
        return b""
    return box.getvalue() if before and stamp(state) == before else b""


def unpack(box: bytes, state: Path) -> None:
    """Put a packed state where the task will look for it, in the place of an older one."""
    state.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=state.parent, prefix=".luggage-") as scratch:
        with tarfile.open(fileobj=io.BytesIO(box)) as tar:
            tar.extractall(scratch, filter="data")
        for path in Path(scratch).iterdir():
            place = state.with_name(state.name + path.name.removeprefix("state"))
            if place.is_dir():
                shutil.rmtree(place)
            path.replace(place)


def own_code(study: Study, trust: Trust) -> dict[str, bytes]:
    """The study's own code, by its place in the study's folder: the modules beside it, its task's package, and of a
    command the files that it names. Empty where the task is nasbook's, or where all that is too much to send."""
    name, folder = study.task.name, trust.folder.resolve()
    if not folder.is_dir() or not (":" in name or name == COMMAND):
        return {}
    words = str(study.task.arguments.get("command", "")).split() if name == COMMAND else [re.split("[.:]", name)[0]]
    files = {*folder.glob("*.py")}
    for word in words:
        place = (folder / word).resolve()
        if place.is_relative_to(folder) and place != folder:
            files |= {place} if place.is_file() else {*place.rglob("*.py")} if place.is_dir() else set()
    found = {str(p.relative_to(folder)): p.read_bytes() for p in sorted(files)}
    return found if sum(map(len, found.values())) <= CODE else {}


def unfolded(code: dict[str, bytes], folder: Path, own: Path) -> Path:
    """Where the code lies on this machine: in the study's folder, if that is here and has the same; else in `own`, with
    what else that folder has (data, perhaps) at hand beside it."""
    if all(_holds(folder / name, source) for name, source in code.items()):
        return folder
    for name, source in code.items():
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).write_bytes(source)
        (own / name).chmod(0o700)  # it may be a script
    with suppress(OSError):  # there is none
        for path in folder.iterdir():
            if not (own / path.name).exists():
                (own / path.name).symlink_to(path)
    return own


def _holds(path: Path, source: bytes) -> bool:
    try:
        return path.read_bytes() == source
    except OSError:
        return False
