"""The words of the field as the lessons use them, from glossary.md, each with the lesson that explains it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from nasbook.site.run import Lesson
from nasbook.site.words import escape

TERMS: dict[str, tuple[str, str]] = {  # the word as its lesson writes it -> (lesson, what it means)
    term: (number, meaning)
    for term, number, meaning in re.findall(
        r"^\*\*(.+?)\*\* \((\d\d)\) (.+)$", Path(__file__).with_suffix(".md").read_text(encoding="utf-8"), re.M
    )
}


def page(ran: Sequence[Lesson]) -> str:
    """All terms by their alphabet, as Markdown; each leads to its lesson, and stands in the index."""
    found = {lesson.number: lesson for lesson in reversed(ran) if not lesson.language}
    terms = "\n\n".join(_term(*each, found) for each in sorted(TERMS.items(), key=lambda each: each[0].lower()))
    return (
        "# Glossary\n\nThe words of the field as the lessons use them, each with the lesson that explains it.\n\n"
        f"```{{glossary}}\n{terms}\n```\n"
    )


def _term(term: str, told: tuple[str, str], lessons: dict[str, Lesson]) -> str:
    number, meaning = told
    lesson = lessons.get(number)
    where = f" [{escape(lesson.title)}](lessons/{lesson.page}.ipynb)." if lesson else ""
    return f"{term}\n  {meaning}{where}"
