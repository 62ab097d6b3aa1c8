"""The slides of a lesson, as one page of HTML that works without a network.

A slide for each part, each formula, each question with its options, what to ask before a lab, each exercise, and, where
the lesson was run, each picture. Talking points and what usually goes wrong are notes, which the key N shows.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence

from nasbook.course import translations
from nasbook.course.exercises import as_markdown
from nasbook.course.lessons import load, questions
from nasbook.course.teach.lesson import Lesson, bare, heading_of, source
from nasbook.course.teach.notebooks import about, asks, mishaps, named, of_part
from nasbook.course.teach.pages import as_html, page
from nasbook.course.teach.pictures import Picture

WORDS = 60  # of a part's own text on its slide
SENTENCE = re.compile(r"(?<=[.?!:]) (?=[A-ZÄÖÜ*„“])")
BLOCK = re.compile(r"\n\s*\n")


def slides(lesson: Lesson, pictures: Mapping[int, Sequence[Picture]] | None = None) -> str:
    """The page; `pictures` by the number of the cell that shows them."""
    say, language = lesson.say, lesson.language
    asked = {q.name: translations.asked(language, q) for q in questions(lesson.number)}
    exercises = {e.name: translations.exercise(language, e) if language else e for e in load(lesson.number)}
    parts = {part.heading: part for part in lesson.parts}
    title = f"{lesson.number} · {lesson.title}"
    after, minutes = say("After this lesson"), say(f"{lesson.minutes} minutes")
    cover = f"# {title}\n\n{after} {lesson.aim}\n\n{minutes}"
    found = [_slide(cover, "\n\n".join((about(lesson), of_part(parts.get("")))))]
    if words := _words(re.sub(r"^#.*\n|^\*\*.*(\n.+)*", "", lesson.opening, count=2, flags=re.M)):
        found.append(_slide(words, ""))
    waiting: list[str] = []  # notes of a part that begins with a question: they go to its slide
    part = lesson.title
    for i, cell in enumerate(lesson.notebook["cells"]):
        text, name = source(cell), bare(cell["metadata"].get("nasbook_prompt", ""))
        before, after = (text, "") if cell["cell_type"] == "markdown" and name not in exercises else ("", "")
        if heading := heading_of(cell):
            before, after = text.split(f"## {heading}", 1)
            at = lesson.part_at(i)
            waiting += [of_part(parts.get(at)), mishaps(lesson, at)]
            words = _words(after)
            shown = f"## {heading}\n\n{words}" if words else ""
        elif name in asked:
            options = "".join(f"<li>{html.escape(option)}</li>" for option in asked[name].options)
            shown = f'## {say("Predict")}\n\n{asked[name].text}\n\n<ol class="options">{options}</ol>\n'
            waiting.append(asks(lesson, name))
        elif name in exercises:
            shown = f"## {say('Exercise')}\n\n{as_markdown(exercises[name].prompt)}"
            waiting.append(mishaps(lesson, name, exercises[name]))
        else:
            labs = [n for n in named(text) if n not in asked] if cell["cell_type"] == "code" else []
            asks_ = [a for a in lesson.notes.asks if a.before in labs]
            first = [translations.said(language, lesson.number, "ASKS", a.before, a.question) for a in asks_]
            shown = f"## {say('Before Play')}\n\n" + "\n\n".join(first) if first else ""
            waiting += [asks(lesson, lab) for lab in labs] if first else []
        found += [_slide(f"## {part}\n\n{formula}", "") for formula in _formulas(before)]
        part = heading or part
        if shown:
            found.append(_slide(shown, "\n\n".join(filter(None, waiting))))
            waiting = []
        found += [_slide(f"## {part}\n\n{formula}", "") for formula in _formulas(after)]
        found += [_slide(f"## {part}\n\n{each.html}", "", "picture") for each in (pictures or {}).get(i, ())]
    buttons = (
        f'<nav><button type="button">{say("Notes")}</button>'
        f'<button type="button" data-step="-1" aria-label="{say("Back")}">‹</button>'
        f'<button type="button" data-step="1" aria-label="{say("Next")}">›</button><output></output></nav>'
    )
    return page(title, "\n".join(found) + "\n" + buttons, "slides", language)


def _slide(text: str, notes: str, kind: str = "") -> str:
    aside = f"\n<aside>{as_html(notes)}</aside>" if notes else ""
    begin = f'<section class="{kind}">' if kind else "<section>"
    return f"{begin}\n{as_html(text)}{aside}\n</section>"


def _formulas(text: str) -> Iterator[str]:
    """Each formula that stands in a paragraph of its own, with the sentence around it."""
    for before, block, after in _neighbours(BLOCK.split(text.strip())):
        if block.startswith("$$"):
            begun = "" if before.endswith((".", "$$")) else SENTENCE.split(before)[-1]
            ends = SENTENCE.split(after)[0] if after[:1].islower() else ""
            yield "\n\n".join(filter(None, (begun, block, ends)))


def _neighbours(blocks: list[str]) -> Iterator[tuple[str, str, str]]:
    """Each block between the one before and the one after it; "" where there is none."""
    return zip(["", *blocks], blocks, [*blocks[1:], ""], strict=False)


def _words(text: str) -> str:
    """The first sentences of a text: whole ones, about WORDS words, without links, tables, code and what stands around
    a formula, which has a slide of its own."""
    blocks, kept = BLOCK.split(text.strip()), list[str]()
    for before, block, after in _neighbours(blocks):
        sentences = SENTENCE.split(block)
        if after.startswith("$$") and not block.endswith("."):
            sentences.pop()
        if before.startswith("$$") and block[:1].islower():
            sentences = sentences[1:]
        kept.append("" if block.startswith("$$") else " ".join(sentences))
    text = re.sub(r"```.*?```|^\|.*$|^ {4}.*$", "", "\n\n".join(kept), flags=re.M | re.S)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    kept = []
    for paragraph in BLOCK.split(text.strip()):
        for sentence in SENTENCE.split(paragraph.strip()):
            if kept and len(" ".join([*kept, sentence]).split()) > WORDS:
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
