"""The lessons, run: by a kernel of their own each, two at a time, or taken from a folder where they were run before."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 600  # for a cell
LESSON = "[0-9][0-9]_*.ipynb"


@dataclass(frozen=True)
class Lesson:
    """A lesson that was run; `error` says where it stopped, in one sentence, if it did."""

    stem: str  # "03_acquisition"
    source: Path  # the notebook as a learner gets it
    notebook: Any  # nbformat's, with outputs
    error: str = ""
    language: str = ""  # "de" for a translation, which lies in a folder of this name

    @property
    def number(self) -> str:
        return self.stem[:2]

    @property
    def page(self) -> str:
        """The name of its page: "03_acquisition", "de-01_sei_der_optimierer"."""
        return page_of(f"{self.language}/{self.stem}" if self.language else self.stem)

    @property
    def heading(self) -> str:
        """Of the first cell, as plain words; "" if it has none."""
        return heading(next((c.source for c in self.notebook.cells[:1] if c.cell_type == "markdown"), ""))

    @property
    def title(self) -> str:
        return self.heading or self.stem

    @property
    def file(self) -> str:
        """Where it lies below the folder of the lessons."""
        return f"{self.language}/{self.source.name}" if self.language else self.source.name


def heading(text: str) -> str:
    """The heading of a text in Markdown, "" if it has none."""
    found = re.search(r"^#\s+(.+)$", text, re.M)
    return found[1].strip() if found else ""


def page_of(file: str) -> str:
    """The name of a lesson's page by its file: of plain letters, for addresses and links."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", file.removesuffix(".ipynb"))


def lessons(notebooks: Path, executed: Path | None, frames: int, say: Callable[[str], None]) -> list[Lesson]:
    """Every lesson of a folder, in their order, then the translations in its folders of two letters: as `executed` has
    it, or run here and now. A translation that `executed` lacks is left out.

    ValueError if there is no lesson, if one is no notebook, if two would be one page, or if `executed` lacks
    one or has it from other cells.
    """
    sources = sorted(notebooks.glob(LESSON))
    translated = sorted(notebooks.glob(f"[a-z][a-z]/{LESSON}"))
    if not sources:
        raise ValueError(f"{notebooks} holds no lesson (such as 00_start_here.ipynb)")
    named: dict[str, Path] = {}
    for source in [*sources, *translated]:
        other = named.setdefault(page_of(source.relative_to(notebooks).as_posix()), source)
        if other is not source:
            raise ValueError(f"{other} and {source} would be one page: rename one of them")
    if executed is not None:
        if not executed.is_dir():
            raise ValueError(f"{executed} is no folder of notebooks that were run")
        taken = [source for source in translated if (executed / source.relative_to(notebooks)).is_file()]
        for source in sorted({*translated} - {*taken}):
            say(f"{source.relative_to(notebooks)} is not in {executed}, so it is left out")
        return [_taken(source, notebooks, executed) for source in [*sources, *taken]]
    with tempfile.TemporaryDirectory(prefix="nasbook-lessons-") as folder:
        there = Path(folder, "notebooks")
        shutil.copytree(notebooks, there, ignore=shutil.ignore_patterns(".*", "runs"))
        with ThreadPoolExecutor(2) as two:
            return list(two.map(lambda source: _run(source, notebooks, there, frames, say), [*sources, *translated]))


def read(path: Path) -> Any:
    """A notebook; ValueError, in one sentence, if the file is none."""
    import nbformat

    try:
        return nbformat.read(path, 4)
    except FileNotFoundError:
        raise ValueError(f"{path} is not there: run the lessons again, or leave --executed out") from None
    except Exception as error:
        raise ValueError(f"{path} is no notebook: {' '.join(str(error).split())[:200]}") from None


def _language(source: Path, notebooks: Path) -> str:
    return "" if source.parent == notebooks else source.parent.name


def _taken(source: Path, notebooks: Path, executed: Path) -> Lesson:
    ran = executed / source.relative_to(notebooks)
    notebook, lesson = read(ran), read(source)
    if [cell.source for cell in notebook.cells] != [cell.source for cell in lesson.cells]:
        raise ValueError(f"{ran} was run from other cells than {source} has: run it again")
    return Lesson(source.stem, source, notebook, _stopped(notebook), _language(source, notebooks))


def _run(source: Path, notebooks: Path, copied: Path, frames: int, say: Callable[[str], None]) -> Lesson:
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook, error = read(source), ""
    folder = (copied / source.relative_to(notebooks)).parent
    environment = {
        **{name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")},
        **os.environ,
        "NASBOOK_FRAMES": str(frames),
        "NASBOOK_PROGRESS": str(copied.parent / f"{source.stem}.json"),
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
    say(f"{source.relative_to(notebooks)}: {error or 'run'}")
    return Lesson(source.stem, source, notebook, error, _language(source, notebooks))


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
