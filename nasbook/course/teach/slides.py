"""The slides of a lesson, as one page of HTML that works without a network.

A slide for each part, each question with its options, what to ask before a lab, and each exercise. Talking points and
what usually goes wrong are notes, which the key N shows.
"""

from __future__ import annotations

import html
import re

from nasbook.course.exercises import as_markdown
from nasbook.course.lessons import load, questions
from nasbook.course.teach.lesson import Lesson, heading_of, source
from nasbook.course.teach.notebooks import about, asks, mishaps, named, of_part
from nasbook.course.teach.pages import as_html, page

WORDS = 60  # of a part's own text on its slide


def slides(lesson: Lesson) -> str:
    """The page."""
    asked = {q.name: q for q in questions(lesson.number)}
    exercises = {e.name: e for e in load(lesson.number)}
    parts = {part.heading: part for part in lesson.parts}
    title = f"{lesson.number} · {lesson.title}"
    cover = f"# {title}\n\nAfter this lesson {lesson.aim}\n\n{lesson.minutes} minutes"
    found = [_slide(cover, "\n\n".join((about(lesson), of_part(parts.get("")))))]
    if words := _words(re.sub(r"^(#.*|\*\*After.*|\*\*Time.*)$", "", lesson.opening, flags=re.M)):
        found.append(_slide(words, ""))
    waiting: list[str] = []  # notes of a part that begins with a question: they go to its slide
    for cell in lesson.notebook["cells"]:
        text, name = source(cell), cell["metadata"].get("nasbook_prompt", "")
        if heading := heading_of(cell):
            waiting += [of_part(parts.get(heading)), mishaps(lesson, heading)]
            words = _words(text.split(heading, 1)[1])
            shown = f"## {heading}\n\n{words}" if words else ""
        elif name in asked:
            options = "".join(f"<li>{html.escape(option)}</li>" for option in asked[name].options)
            shown = f'## Predict\n\n{asked[name].text}\n\n<ol class="options">{options}</ol>\n'
            waiting.append(asks(lesson, name))
        elif name in exercises:
            shown = f"## Exercise\n\n{as_markdown(exercises[name].prompt)}"
            waiting.append(mishaps(lesson, name, exercises[name]))
        else:
            labs = [n for n in named(text) if n not in asked] if cell["cell_type"] == "code" else []
            first = [a.question for a in lesson.notes.asks if a.before in labs]
            shown = "## Before Play\n\n" + "\n\n".join(first) if first else ""
            waiting += [asks(lesson, lab) for lab in labs] if first else []
        if shown:
            found.append(_slide(shown, "\n\n".join(filter(None, waiting))))
            waiting = []
    buttons = (
        '<nav><button type="button">Notes</button><button type="button" data-step="-1" aria-label="Back">‹</button>'
        '<button type="button" data-step="1" aria-label="Next">›</button><output></output></nav>'
    )
    return page(title, "\n".join(found) + "\n" + buttons, "slides")


def _slide(text: str, notes: str) -> str:
    aside = f"\n<aside>{as_html(notes)}</aside>" if notes else ""
    return f"<section>\n{as_html(text)}{aside}\n</section>"


def _words(text: str) -> str:
    """The first sentences of a text: whole ones, about WORDS words, without links, tables, code and formulas, which a
    page without a network cannot set."""
    text = re.sub(r"\$\$.*?\$\$|```.*?```|^\|.*$|^ {4}.*$", "", text, flags=re.M | re.S)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    kept: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        for sentence in re.split(r"(?<=[.?!:]) (?=[A-Z*])", paragraph.strip()):
            if "$" in sentence or (kept and len(" ".join([*kept, sentence]).split()) > WORDS):
                return _ended(kept)
            kept.append(sentence.strip())
        while kept and kept[-1].endswith(":"):  # it announces what is not here
            kept.pop()
        if kept:
            kept[-1] += "\n\n"
    return _ended(kept)


def _ended(sentences: list[str]) -> str:
    while sentences and sentences[-1].endswith(":"):
        sentences.pop()
    return " ".join(sentences).strip()
