"""A lesson's notebook for a class: one for the learners, without solutions, and one for the teacher, with notes."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping, Sequence
from posixpath import normpath
from typing import TypeAlias

from nasbook.course.exercises import Exercise
from nasbook.course.lessons import load
from nasbook.course.notes import Mishap, Part
from nasbook.course.predictions import Question
from nasbook.course.teach.lesson import Lesson, bare, heading_of, source
from nasbook.space import Json

HAND_IN = (
    "**Before you go:** run the next cell and press *Download my progress*. That file is what you hand in; it holds "
    "what you predicted and which exercises you passed, and not your name."
)
Cell: TypeAlias = Json
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
ABOUT = {"kernelspec": KERNEL, "language_info": {"name": "python"}}


def as_text(notebook: Json) -> str:
    """The bytes of a notebook, always the same: as nbformat writes it."""
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def markdown(text: str, name: str, **metadata: object) -> Cell:
    return {"cell_type": "markdown", "id": name[:64], "metadata": metadata, "source": text.splitlines(keepends=True)}


def code(text: str, name: str, **metadata: object) -> Cell:
    empty: Cell = {"outputs": [], "execution_count": None}
    return markdown(text, name, **metadata) | {"cell_type": "code"} | empty


def student(lesson: Lesson, together: Mapping[str, str], repository: str) -> Json:
    """No solutions, not behind a button either; links lead to where the class has them; the progress is handed in.

    together: number -> file of the lessons that the class has."""
    notebook = copy.deepcopy(lesson.notebook)
    cells = []
    for cell in notebook["cells"]:
        text = source(cell)
        if cell["cell_type"] == "markdown":
            text = _links(text, lesson, together, repository)
        else:
            text = re.sub(
                r'^nasbook\.exercise\(("[^"]+")\)$', r"nasbook.exercise(\1, solution=False)", text, flags=re.M
            )
            cell |= {"outputs": [], "execution_count": None}
            if text.strip().startswith("nasbook.progress("):
                cells.append(markdown(lesson.say(HAND_IN), f"class{lesson.number}-hand-in"))
        cells.append(cell | {"source": text.splitlines(keepends=True)})
    return notebook | {"cells": cells}


def teacher(lesson: Lesson, together: Mapping[str, str], repository: str) -> Json:
    """The learners' notebook with the answers in their cells, and notes above the parts, the questions and the labs.

    Its cells know what they are on a slide, so that `jupyter nbconvert --to slides` makes slides of it, too."""
    notebook = student(lesson, together, repository)
    exercises = {e.name: e for e in load(lesson.number)}
    parts = {part.heading: part for part in lesson.parts}
    cells: list[Cell] = []

    def note(text: str) -> None:
        if text:
            shown = "\n".join(f"> {line}".rstrip() for line in text.splitlines())
            cells.append(markdown(shown, f"teacher{lesson.number}-{len(cells):03}", slideshow={"slide_type": "notes"}))

    headings = {own: english for english, own in lesson.headings.items()}
    for i, cell in enumerate(notebook["cells"]):
        text = source(cell)
        kind = cell["metadata"].get("nasbook", {})
        heading = heading_of(cell)
        at = headings.get(heading, heading)
        cell["metadata"]["slideshow"] = {"slide_type": _slide(cell, i)}
        if "nasbook_prompt" not in cell["metadata"]:
            for asked in named(text) if cell["cell_type"] == "code" else []:
                note(asks(lesson, asked))
        if name := bare(kind.get("exercise", "")):
            cell["source"] = exercises[name].solution.splitlines(keepends=True)
        cells.append(cell)
        if i == 0:
            note(about(lesson))
            note(of_part(parts.get("")))
        elif heading:
            note(of_part(parts.get(at)))
            note(mishaps(lesson, at))
        if name := bare(kind.get("check", "")):
            note(mishaps(lesson, name, exercises[name]))
    return notebook | {"cells": cells}


def of_exercises(exercises: Sequence[Exercise], questions: Sequence[Question], file: str, solved: bool) -> Json:
    """A notebook of a teacher's own questions and exercises, which stand in a file beside it; `solved` for the teacher.

    What comes out of a question is revealed by the teacher, who knows what is to be run."""
    cells = [
        markdown("# Exercises\n\nReplace `...` in a cell, run it, then run the check below it.", "own-00"),
        code(f'import nasbook\n\nnasbook.course.use("{file}")', "own-01"),
    ]
    for i, asked in enumerate(questions, 1):
        cells += [
            markdown(asked.markdown, f"own-q{i}-prompt", nasbook_prompt=asked.name),
            code(f'guess = nasbook.predict("{asked.name}")\nguess', f"own-q{i}"),
        ]
    for i, one in enumerate(exercises, 1):
        shown = f'nasbook.exercise("{one.name}"' + ("" if solved else ", solution=False") + ")"
        cells += [
            markdown(one.markdown, f"own-{i}-prompt", nasbook_prompt=one.name),
            code(shown, f"own-{i}"),
            code(one.solution if solved else one.stub, f"own-{i}-answer", nasbook={"exercise": one.name}),
            code(f'nasbook.exercise("{one.name}").check()', f"own-{i}-check", nasbook={"check": one.name}),
        ]
    cells += [markdown(HAND_IN, "own-hand-in"), code("nasbook.progress()", "own-progress")]
    return {"cells": cells, "metadata": ABOUT, "nbformat": 4, "nbformat_minor": 5}


def about(lesson: Lesson) -> str:
    """What stands at the head of the teacher's notebook."""
    rows = "\n".join(
        f"| {lesson.headings.get(part.heading, part.heading)} | {part.minutes} | {part.skip or 'stays'} |"
        for part in lesson.parts
    )
    return (
        f"**For the teacher.** {lesson.notes.objective}\n\n**They believe before:** “{lesson.notes.misconception}”\n\n"
        f"| part | minutes | when time is short |\n|---|---|---|\n{rows}"
    )


def of_part(part: Part | None) -> str:
    """Minutes and talking points of a part."""
    if part is None:
        return ""
    points = "\n".join(f"- {point}" for point in part.say)
    short = f"\n\n*When time is short:* {part.skip}" if part.skip else ""
    minutes = "1 minute" if part.minutes == 1 else f"{part.minutes} minutes"
    return f"**{minutes}.**" + (f"\n\n{points}" if points else "") + short


def asks(lesson: Lesson, before: str) -> str:
    """What to ask before this question or lab, and its usual mishaps."""
    found = [a for a in lesson.notes.asks if a.before == before]
    words = "\n\n".join(f"**Ask first:** {a.question}\n\n*Listen for:* {a.listen}" for a in found)
    return "\n\n".join(w for w in (words, mishaps(lesson, before)) if w)


def mishaps(lesson: Lesson, at: str, exercise: Exercise | None = None) -> str:
    found = [m for m in lesson.notes.mishaps if m.at == at]
    return "\n\n".join(mishap(m, exercise) for m in found)


def mishap(m: Mishap, exercise: Exercise | None = None) -> str:
    """A mishap in words; with its exercise also what the check says of the wrong answer."""
    code = exercise is not None and m.answer
    answer = f"\n\n```python\n{m.answer}\n```" if code else f" (“{m.answer}”)" if m.answer else ""
    return f"**Usual mishap.** {m.happens}{answer}\n\n*Say:* {m.say}"


def named(code: str) -> list[str]:
    """The questions and labs that a cell shows."""
    return [bare(name) for name in re.findall(r'nasbook\.(?:predict|lab)\(\s*"([^"]+)"', code)]


def _slide(cell: Cell, i: int) -> str:
    if i == 0 or heading_of(cell):
        return "slide"
    return "subslide" if "nasbook_prompt" in cell["metadata"] else "-"


def _links(text: str, lesson: Lesson, together: Mapping[str, str], repository: str) -> str:
    """Links to lessons that the class has stay; files of nasbook are linked in the repository; others become words."""

    def link(found: re.Match[str]) -> str:
        words, target = found[1], found[2]
        if re.match(r"[a-z]+:|#", target):
            return found[0]
        path = normpath(f"notebooks/{lesson.language}/{target}")
        other = re.fullmatch(r"notebooks/(?:[a-z]{2}/)?(\d\d)_[^/]*\.ipynb(#.*)?", path)
        if other and other[1] in together:
            return f"[{words}]({together[other[1]]}{other[2] or ''})"
        return f"[{words}](https://github.com/{repository}/blob/HEAD/{path})" if repository else words

    return re.sub(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)", link, text)
