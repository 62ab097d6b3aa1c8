"""What travels with a trial to another machine, as bytes: the state that its task keeps, the study's own modules."""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from nasbook.scale.trust import Trust

MODULES = 20 * 2**20  # bytes of a study's own modules that travel


def parts(state: Path) -> Iterator[Path]:
    """The state, a file or a folder, and what a task writes beside it under its name (np.savez adds .npz)."""
    for path in sorted(state.parent.glob(state.name + "*")):
        if path.name == state.name or (path.name.startswith(state.name + ".") and path.suffix != ".tmp"):
            yield path


def stamp(state: Path) -> list[tuple[str, int, int]]:
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


def modules(name: str, trust: Trust) -> dict[str, bytes]:
    """The Python files of the study's folder, where its task lies there: beside it, and in the task's own package."""
    if ":" not in name or not trust.folder.is_dir():
        return {}
    top = name.partition(":")[0].partition(".")[0]
    files = [*trust.folder.glob("*.py"), *(trust.folder / top).rglob("*.py")]
    found = {str(p.relative_to(trust.folder)): p.read_bytes() for p in files}
    return found if sum(map(len, found.values())) <= MODULES else {}
