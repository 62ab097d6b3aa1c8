"""A lesson as a teacher plans it: its notebook, the parts between its headings, and how long each takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from nasbook.course import translations
from nasbook.course.lessons import LESSONS
from nasbook.course.notes import Notes, Part, notes
from nasbook.files import parse_json, read_bytes
from nasbook.space import Json


@dataclass(frozen=True)
class Lesson:
    """A lesson's number, the name of its notebook, and the notebook as JSON; in another language also the English one,
    cell for cell."""

    number: str
    file: str
    notebook: Json
    language: str = ""
    english: Json = field(default_factory=dict)

    @property
    def title(self) -> str:
        return translations.title(self.language, self.number, LESSONS[self.number])

    @property
    def path(self) -> str:
        """Where the notebook is below the folder of the lessons."""
        return f"{self.language}/{self.file}" if self.language else self.file

    @cached_property
    def say(self) -> Callable[[str], str]:
        """Words of the kit in the lesson's language."""
        return translations.phrases(self.language)

    @cached_property
    def notes(self) -> Notes:
        """Its teacher's notes, in English. ValueError where it has none."""
        if (found := notes(self.number)) is None:
            raise ValueError(
                f"lesson {self.number} has no notes for its teacher: nasbook/course/notes/lesson_{self.number}.py"
            )
        return found

    @cached_property
    def minutes(self) -> int:
        """What its first cell says."""
        return int(_said(source(self._original[0]), "Time", r"\d+") or 45)

    @cached_property
    def opening(self) -> str:
        return source(self.notebook["cells"][0])

    @property
    def aim(self) -> str:
        """What they can do afterwards, as the notebook tells them."""
        return _said(self.opening, self.say("After this lesson"), r"[^\n]+")

    @property
    def needs(self) -> list[str]:
        """The lessons that it asks for."""
        words = _said(source(self._original[0]), "You need:", r"[^\n]+")
        return [n for n in re.findall(r"\b\d\d\b", words) if n in LESSONS and n != self.number]

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.notes.parts

    @property
    def _original(self) -> list[Json]:
        return list((self.english or self.notebook)["cells"])

    @cached_property
    def headings(self) -> dict[str, str]:
        """Heading of a part, as its notes have it -> as this notebook has it."""
        pairs = zip(self._original, self.notebook["cells"], strict=True)
        return {"": self.say("Introduction")} | {heading_of(a): heading_of(b) for a, b in pairs if heading_of(a)}

    def part_at(self, i: int) -> str:
        """The heading that the notes have for the one in cell i, or ""."""
        return heading_of(self._original[i])


def read(folder: Path, number: str, language: str = "") -> Lesson:
    """A lesson from the folder of notebooks; ValueError where it is missing, no notebook, or no translation of it."""
    path, notebook = _notebook(folder, number)
    if not language:
        return Lesson(number, path.name, notebook)
    there, translated = _notebook(folder / language, number)
    if wrong := _differs(translated["cells"], notebook["cells"]):
        raise ValueError(f"{there} is no translation of {path.name}: {wrong}")
    return Lesson(number, there.name, translated, language, notebook)


def _notebook(folder: Path, number: str) -> tuple[Path, Json]:
    path = next(iter(sorted(folder.glob(f"{number}_*.ipynb"))), None)
    if path is None:
        raise ValueError(f"there is no notebook of lesson {number} in {folder}")
    try:
        notebook = parse_json(read_bytes(path), "a notebook")
        cells = notebook["cells"]
        if not cells or not all(_is_cell(cell) for cell in cells):
            raise KeyError("cells")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = error if isinstance(error, ValueError) else "it has no cells"
        raise ValueError(f"{path} is no notebook: {why}") from None
    return path, notebook


def _is_cell(cell: Json) -> bool:
    """Has it what is read here? A cell without metadata gets some."""
    text, about = cell["source"], cell.setdefault("metadata", {})
    lines = [text] if isinstance(text, str) else text
    return isinstance(about, dict) and isinstance(cell["cell_type"], str) and all(isinstance(x, str) for x in lines)


def _differs(here: list[Json], there: list[Json]) -> str:
    """Where a translation is no longer the same lesson, cell for cell; "" where it is."""
    if len(here) != len(there):
        return f"it has {len(here)} cells, and not {len(there)}"
    for i, (one, other) in enumerate(zip(here, there, strict=True)):
        if one["cell_type"] != other["cell_type"]:
            return f"cell {i} is {one['cell_type']}, and not {other['cell_type']}"
        try:
            if one["cell_type"] == "code" and not translations.same_code(source(one), source(other)):
                return f"cell {i} computes something else"
        except ValueError as error:
            return f"cell {i}: {error}"
        if bool(heading_of(one)) != bool(heading_of(other)):
            return f"cell {i} has {'a' if heading_of(one) else 'no'} heading ##, unlike the English one"
        if _name(one) != _name(other):
            return f"cell {i} is about {_name(one) or 'nothing'}, and not about {_name(other) or 'nothing'}"
    return ""


def bare(name: str) -> str:
    """The name of a question, an exercise or a lab, without the language before it."""
    return name.rsplit("/", 1)[-1]


def _name(cell: Json) -> str:
    """What a cell's metadata say that it is of."""
    about = cell["metadata"]
    own = about.get("nasbook", {})
    return bare(str(about.get("nasbook_prompt") or own.get("exercise") or own.get("check") or ""))


def source(cell: Json) -> str:
    """The text of a cell."""
    return "".join(cell["source"])


def heading_of(cell: Json) -> str:
    """The '## heading' that a Markdown cell holds, or ''."""
    found = re.search(r"^## (.+)$", source(cell), re.M) if cell["cell_type"] == "markdown" else None
    return found[1].strip() if found else ""


def _said(text: str, what: str, how: str) -> str:
    found = re.search(rf"\*\*{what}:?\*\*:? *({how})", text)
    return found[1].strip() if found else ""
