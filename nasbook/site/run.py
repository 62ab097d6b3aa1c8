"""The lessons, run: by a kernel of their own each, two at a time, or taken from a folder where they were run before."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 600  # for a cell


@dataclass(frozen=True)
class Lesson:
    """A lesson that was run; `error` says where it stopped, in one sentence, if it did."""

    stem: str  # "03_acquisition"
    source: Path  # the notebook as a learner gets it
    notebook: Any  # nbformat's, with outputs
    error: str = ""

    @property
    def number(self) -> str:
        return self.stem[:2]


def lessons(notebooks: Path, executed: Path | None, frames: int, say: Callable[[str], None]) -> list[Lesson]:
    """Every lesson of a folder, in their order: as `executed` has it, or run here and now.

    ValueError if there is no lesson, if one is no notebook, or if `executed` lacks one or has it from other cells.
    """
    sources = sorted(notebooks.glob("[0-9][0-9]_*.ipynb"))
    if not sources:
        raise ValueError(f"{notebooks} holds no lesson (such as 00_start_here.ipynb)")
    if executed is not None:
        if not executed.is_dir():
            raise ValueError(f"{executed} is no folder of notebooks that were run")
        return [_taken(source, executed / source.name) for source in sources]
    with tempfile.TemporaryDirectory(prefix="nasbook-lessons-") as folder:
        there = Path(folder, "notebooks")
        shutil.copytree(notebooks, there, ignore=shutil.ignore_patterns(".*", "runs"))
        with ThreadPoolExecutor(2) as two:
            return list(two.map(lambda source: _run(source, there, frames, say), sources))


def read(path: Path) -> Any:
    """A notebook; ValueError, in one sentence, if the file is none."""
    import nbformat

    try:
        return nbformat.read(path, 4)
    except FileNotFoundError:
        raise ValueError(f"{path} is not there: run the lessons again, or leave --executed out") from None
    except Exception as error:
        raise ValueError(f"{path} is no notebook: {' '.join(str(error).split())[:200]}") from None


def _taken(source: Path, ran: Path) -> Lesson:
    notebook, lesson = read(ran), read(source)
    if [cell.source for cell in notebook.cells] != [cell.source for cell in lesson.cells]:
        raise ValueError(f"{ran} was run from other cells than {source} has: run it again")
    return Lesson(source.stem, source, notebook, _stopped(notebook))


def _run(source: Path, folder: Path, frames: int, say: Callable[[str], None]) -> Lesson:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook, error = read(source), ""
    environment = {
        **{name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")},
        **os.environ,
        "NASBOOK_FRAMES": str(frames),
        "NASBOOK_PROGRESS": str(folder.parent / f"{source.stem}.json"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    client = NotebookClient(
        notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    try:
        client.execute(env=environment)
    except CellExecutionError:
        error = _stopped(notebook)
    except Exception as problem:  # a kernel that died, a cell that took too long
        at = next((i for i, cell in enumerate(notebook.cells) if _unrun(cell)), 0)
        error = f"cell {at}: {type(problem).__name__}: {' '.join(str(problem).split())[:200]}"
    say(f"{source.name}: {error or 'run'}")
    return Lesson(source.stem, source, notebook, error)


def _unrun(cell: Any) -> bool:
    return bool(cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None)


def _stopped(notebook: Any) -> str:
    """Where a notebook stopped: "cell 4: ValueError: …"; "" where every cell ran."""
    for i, cell in enumerate(notebook.cells):
        expected = "raises-exception" in cell.metadata.get("tags", ())
        for out in cell.get("outputs", ()):
            if out.output_type == "error" and not expected:
                return f"cell {i}: {out.ename}: {' '.join(out.evalue.split())[:200]}"
    return ""
