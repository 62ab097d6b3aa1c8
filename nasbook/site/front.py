"""The pages that lead to the others: the first one, the list of lessons, and all pictures."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import quote

from nasbook import registry
from nasbook.course.translations import LANGUAGES, phrases
from nasbook.site.lesson import UP, Picture
from nasbook.site.pictures import moved_up
from nasbook.site.run import Lesson
from nasbook.site.words import escape

if TYPE_CHECKING:
    from nbformat import NotebookNode


def binder(repository: str, file: str = "notebooks/00_start_here.ipynb") -> str:
    """The address that opens a file of OWNER/NAME or OWNER/NAME@BRANCH on Binder."""
    name, _, branch = repository.partition("@")
    return f"https://mybinder.org/v2/gh/{quote(name)}/{quote(branch or 'main', safe='')}?urlpath=lab/tree/{quote(file)}"


def bar(lesson: Lesson, ran: Sequence[Lesson], repository: str) -> str:
    """The links above a lesson that open it with Python behind it, and those to the same lesson in other languages."""
    say = phrases(lesson.language)
    opened = (
        f'<a href="{html.escape(binder(repository, f"notebooks/{lesson.file}"))}">{say("Open on Binder")}</a>'
        if repository
        else ""
    )
    taken = f'<a href="../notebooks/{quote(lesson.file)}" download>{say("Download the notebook")}</a>'
    others = "".join(
        f'<a href="{other.page}.html" lang="{other.language or "en"}" hreflang="{other.language or "en"}">'
        f"{({'': 'English'} | LANGUAGES).get(other.language, other.language)}</a>"
        for other in ran
        if other.number == lesson.number and other.language != lesson.language
    )
    return f'<p class="nb-open">{opened}{taken}{others}</p>'


def promise(notebook: NotebookNode) -> str:
    """What a reader can do after a lesson, and how long it takes: from the lines of its head."""
    first = notebook.cells[0].source if notebook.cells else ""
    able = re.search(r"\*\*After this lesson\*\*\s+(.+)", first)
    minutes = re.search(r"\*\*Time:\*\*\s+(.+?)\.(?:\s|$)", first)
    sentence = able[1].strip() if able else ""
    return (sentence[:1].upper() + sentence[1:]) + (f" ({minutes[1]})" if minutes else "")


def lessons(ran: Sequence[Lesson]) -> str:
    rows = "\n\n".join(
        "\\\n".join(
            line
            for line in (
                f"**[{escape(lesson.title)}]({lesson.page}.ipynb)**",
                promise(lesson.notebook),
                *(_translation(other) for other in ran if other.language and other.number == lesson.number),
            )
            if line
        )
        for lesson in ran
        if not lesson.language
    )
    tree = "\n".join(lesson.page for lesson in ran)
    return (
        "# Lessons\n\nEach begins with a prediction, lets you play, and ends with exercises. The pages show what came "
        "out when they were run; their labs play back here, and are live in the notebook.\n\n"
        f"{rows}\n\n```{{toctree}}\n:hidden:\n\n{tree}\n```\n"
    )


def _translation(lesson: Lesson) -> str:
    link = f"[{escape(lesson.title)}]({lesson.page}.ipynb)"
    return f'<span lang="{lesson.language}">{link}</span>'


def gallery(pictures: Sequence[Picture], titles: dict[str, str]) -> str:
    parts = ["# Gallery", "Every picture that a lesson draws, with what it shows in words."]
    for page, drawn in groupby(pictures, key=lambda p: p.page):
        name = titles[page.removeprefix("lessons/")]
        figures = "\n".join(_figure(p, name) for p in drawn)
        parts.append(f'## {escape(name)}\n\n<div class="nb-gallery">\n{figures}\n</div>')
    return "\n\n".join(parts) + "\n"


def _figure(picture: Picture, name: str) -> str:
    """A picture in the gallery. Its words stand below it, so that its alt need not say them again."""
    return (
        f'<figure><a href="{picture.page}.html" aria-label="{html.escape(name)}: where this picture is drawn">'
        f'<img loading="lazy" alt="" src="{picture.src}"></a><figcaption>{picture.alt}</figcaption></figure>'
    )


def first(ran: Sequence[Lesson], repository: str, played: dict[str, dict[str, str]]) -> str:
    opened = (
        f"\n\n[Open the course on Binder]({binder(repository)}), where nothing is installed.\n" if repository else "\n"
    )
    start = f"lessons/{ran[0].page}.ipynb"
    return f"""# nasbook

Hyperparameter optimisation and neural architecture search, to read, to watch and to scale up. Every method is one short
Python file that can be read from top to bottom; every lesson predicts first, then plays, then explains.

- [Begin with lesson 00]({start}), or see [all {sum(not lesson.language for lesson in ran)} lessons](lessons/index.md).
- [{len(registry.METHODS)} methods](methods/index.md): what each does, its formula, its settings and its file.
- [The gallery](gallery.md): every picture of the course.
- [The glossary](glossary.md): the words of the field, and the lesson that explains each.
- [The reference](reference/index.md): what a program can call.
{opened}{_taste(ran, played)}
This site needs no server and no network: its folder can be carried on a stick, and `index.html` in it be opened.

```{{toctree}}
:hidden:
:maxdepth: 1

lessons/index
methods/index
gallery
glossary
reference/index
sources/index
```
"""


def _taste(ran: Sequence[Lesson], played: dict[str, dict[str, str]]) -> str:
    """One lab to play at once, on the first page: the one in which a rule is chosen, of the lesson on these rules."""
    lesson = next((each for each in ran if each.number == "03" and not each.language), None)
    shown = played.get("03", {}).get("bayesian", "")
    if lesson is None or not shown:
        return ""
    return f"""
## Play a search

A search for the lowest point of the dashed curve, which it does not see. It believes (blue) and tries (dots) where the
belief promises most. Play it, then choose another rule; [lesson 03](lessons/{lesson.page}.ipynb) says what each is
after.

````{{raw}} html
{moved_up(shown, UP)}
````
"""
