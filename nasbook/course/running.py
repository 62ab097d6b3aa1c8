"""A notebook, run from top to bottom by a kernel of its own, for what its cells show."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbclient import NotebookClient
    from nbformat import NotebookNode

SECONDS = 600  # for a cell
LONGEST = 100  # bytes of a socket's path, and "-5" behind it; macOS takes 103, Linux 107


@contextmanager
def copied(notebooks: Path) -> Iterator[Path]:
    """A copy of the lessons' folder, in which they may write what they like."""
    with tempfile.TemporaryDirectory(prefix="nasbook-lessons-") as folder:
        there = Path(folder, "notebooks")
        shutil.copytree(notebooks, there, ignore=shutil.ignore_patterns(".*", "runs"))
        yield there


def read(path: Path) -> NotebookNode:
    """A notebook; ValueError, in one sentence, if the file is none."""
    import nbformat

    try:
        return nbformat.read(path, 4)
    except FileNotFoundError:
        raise ValueError(f"{path} is not there: run the lessons again, or leave --executed out") from None
    except Exception as error:
        raise ValueError(f"{path} is no notebook: {' '.join(str(error).split())[:200]}") from None


def taken(source: Path, executed: Path) -> NotebookNode:
    """The lesson `source` as it was run before, in the file `executed`. ValueError where that has other cells."""
    notebook = read(executed)
    if [cell.source for cell in notebook.cells] != [cell.source for cell in read(source).cells]:
        raise ValueError(f"{executed} was run from other cells than {source} has: run it again")
    return notebook


@contextmanager
def client(notebook: NotebookNode, folder: str | Path) -> Iterator[NotebookClient]:
    """What runs a notebook in a folder, with a kernel that is reached through files in place of TCP ports.

    Jupyter looks for five free ports, and the kernel binds them a second later: where another program was given one of
    them in between, the kernel dies before its first answer. Windows has no such files.
    """
    from nbclient import NotebookClient
    from traitlets.config import Config

    with tempfile.TemporaryDirectory(prefix="nasbook-kernel-") as sockets:
        place = os.path.join(sockets, "kernel")
        files = os.name == "posix" and len(os.fsencode(place)) <= LONGEST
        config = Config(KernelManager={"transport": "ipc", "ip": place}) if files else Config()
        resources = {"metadata": {"path": str(folder)}}
        yield NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources=resources, config=config)


def run(source: Path, folder: Path, frames: int) -> tuple[NotebookNode, str]:
    """Run a notebook in a folder, with its labs shown as so many frames; where it stopped, in one sentence, or ""."""
    from nbclient.exceptions import CellExecutionError

    notebook = read(source)
    environment = {
        **{name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")},
        **os.environ,
        "NASBOOK_FRAMES": str(frames),
        "NASBOOK_PROGRESS": str(folder / f".{source.stem}-progress.json"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    try:
        with client(notebook, folder) as kernel:
            kernel.execute(env=environment)
    except CellExecutionError:
        return notebook, stopped(notebook)
    except Exception as problem:  # a kernel that died, a cell that took too long
        at = next((i for i, cell in enumerate(notebook.cells) if _unrun(cell)), 0)
        return notebook, f"cell {at}: {type(problem).__name__}: {' '.join(str(problem).split())[:200]}"
    return notebook, ""


def _unrun(cell: NotebookNode) -> bool:
    return bool(cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None)


def stopped(notebook: NotebookNode) -> str:
    """Where a notebook stopped: "cell 4: ValueError: …"; "" where every cell ran."""
    for i, cell in enumerate(notebook.cells):
        expected = "raises-exception" in cell.metadata.get("tags", ())
        for out in cell.get("outputs", ()):
            if out.output_type == "error" and not expected:
                return f"cell {i}: {out.ename}: {' '.join(out.evalue.split())[:200]}"
    return ""
