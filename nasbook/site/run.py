"""The lessons, run: by a kernel of their own each, two at a time, or taken from a folder where they were run before."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nasbook.course import running

if TYPE_CHECKING:
    from nbformat import NotebookNode

LESSON = "[0-9][0-9]_*.ipynb"


@dataclass(frozen=True)
class Lesson:
    """A lesson that was run; `error` says where it stopped, in one sentence, if it did."""

    stem: str  # "03_acquisition"
    source: Path  # the notebook as a learner gets it
    notebook: NotebookNode  # with outputs
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
    with running.copied(notebooks) as there, ThreadPoolExecutor(2) as two:
        return list(two.map(lambda source: _run(source, notebooks, there, frames, say), [*sources, *translated]))


def _language(source: Path, notebooks: Path) -> str:
    return "" if source.parent == notebooks else source.parent.name


def _taken(source: Path, notebooks: Path, executed: Path) -> Lesson:
    notebook = running.taken(source, executed / source.relative_to(notebooks))
    return Lesson(source.stem, source, notebook, running.stopped(notebook), _language(source, notebooks))


def _run(source: Path, notebooks: Path, copied: Path, frames: int, say: Callable[[str], None]) -> Lesson:
    folder = (copied / source.relative_to(notebooks)).parent
    notebook, error = running.run(source, folder, frames)
    say(f"{source.relative_to(notebooks)}: {error or 'run'}")
    return Lesson(source.stem, source, notebook, error, _language(source, notebooks))
