"""A lesson as a teacher plans it: its notebook, the parts between its headings, and how long each takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from nasbook.course.lessons import LESSONS
from nasbook.course.notes import Notes, Part, notes
from nasbook.files import parse_json, read_bytes


@dataclass(frozen=True)
class Lesson:
    """A lesson's number, the name of its notebook, and the notebook as JSON."""

    number: str
    file: str
    notebook: dict[str, Any]

    @property
    def title(self) -> str:
        return LESSONS[self.number]

    @cached_property
    def notes(self) -> Notes:
        """Its teacher's notes. ValueError where it has none."""
        if (found := notes(self.number)) is None:
            raise ValueError(
                f"lesson {self.number} has no notes for its teacher: nasbook/course/notes/lesson_{self.number}.py"
            )
        return found

    @cached_property
    def minutes(self) -> int:
        """What its first cell says."""
        return int(_said(self.opening, "Time", r"\d+") or 45)

    @cached_property
    def opening(self) -> str:
        return source(self.notebook["cells"][0])

    @property
    def aim(self) -> str:
        """What they can do afterwards, as the notebook tells them."""
        return _said(self.opening, "After this lesson", r"[^\n]+")

    @property
    def needs(self) -> list[str]:
        """The lessons that it asks for."""
        words = _said(self.opening, "You need:", r"[^\n]+")
        return [n for n in re.findall(r"\b\d\d\b", words) if n in LESSONS and n != self.number]

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.notes.parts


def read(folder: Path, number: str) -> Lesson:
    """A lesson from the folder of notebooks; ValueError where it is missing or no notebook."""
    path = next(iter(sorted(folder.glob(f"{number}_*.ipynb"))), None)
    if path is None:
        raise ValueError(f"there is no notebook of lesson {number} in {folder}")
    try:
        notebook = parse_json(read_bytes(path), "a notebook")
        cells = notebook["cells"]
        if not cells or not all({"cell_type", "source"} <= cell.keys() for cell in cells):
            raise KeyError("cells")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = error if isinstance(error, ValueError) else "it has no cells"
        raise ValueError(f"{path} is no notebook: {why}") from None
    return Lesson(number, path.name, notebook)


def source(cell: dict[str, Any]) -> str:
    """The text of a cell."""
    return "".join(cell["source"])


def heading_of(cell: dict[str, Any]) -> str:
    """The '## heading' that a Markdown cell holds, or ''."""
    found = re.search(r"^## (.+)$", source(cell), re.M) if cell["cell_type"] == "markdown" else None
    return found[1].strip() if found else ""


def _said(text: str, what: str, how: str) -> str:
    found = re.search(rf"\*\*{what}:?\*\*:? *({how})", text)
    return found[1].strip() if found else ""
