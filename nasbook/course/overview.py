"""Progress, shown: a table of the lessons, with a link to download it and a button to bring it back."""

from __future__ import annotations

import base64
import html
from pathlib import Path
from typing import TYPE_CHECKING

from nasbook.course import own_exercises, translations
from nasbook.course.lessons import LESSONS, load
from nasbook.course.record import FILE, Record
from nasbook.course.still import progress_html
from nasbook.space import Json
from nasbook.widgets.still import Still, wanted

if TYPE_CHECKING:
    from ipywidgets import VBox
    from traitlets import Bunch


def progress(path: str | Path | None = None, language: str = "") -> VBox:
    """A table of every lesson's predictions and exercises, with a link to download it and a button to bring it back.

    language: "de" for German. ValueError where there is no such language."""
    import ipywidgets as w

    if language:
        translations.known(language)
    say = translations.phrases(language)
    record = Record(path)
    table, link, note = w.HTML(), w.HTML(), w.HTML()
    upload = w.FileUpload(accept=".json", multiple=False, description=say("Restore"), layout=w.Layout(width="auto"))
    upload.tooltip = say("Bring back a progress file that you downloaded before")
    for widget, name in ((table, "progress"), (link, "download"), (upload, "restore"), (note, "note")):
        widget.add_class(f"nb-{name}")

    def show() -> None:
        entries = record.read()
        table.value = _table(entries, language)
        data = base64.b64encode(record.text().encode()).decode()
        look, href = "color:#0072b2;text-decoration:underline", f"data:application/json;base64,{data}"
        link.value = f'<a download="{FILE}" style="{look}" href="{href}">{say("Download my progress")}</a>'
        if record.problem:
            note.value = html.escape(say(record.problem))

    def restored(change: Bunch) -> None:
        for file in change["new"]:
            try:
                n = record.restore(bytes(file["content"]))
                note.value = say("Restored {0} entries.").format(n)
            except ValueError as error:
                note.value = html.escape(f"{file['name']}: {say(str(error))}")
        show()

    upload.observe(restored, "value")
    show()
    box = w.VBox([table, w.HBox([link, upload], layout=w.Layout(align_items="center", grid_gap="16px")), note])
    box.record = record

    def display() -> None:
        if wanted():
            Still().instead(progress_html(LESSONS, {n: [e.name for e in load(n)] for n in LESSONS}), "Progress")
        else:
            Still().beside(box._repr_mimebundle_(), _table(record.read(), language), "Progress")

    box._ipython_display_ = display
    return box


def _table(entries: dict[str, Json], language: str = "") -> str:
    rows, say = [], translations.phrases(language)
    lessons = [(number, title, [e.name for e in load(number)]) for number, title in LESSONS.items()]
    if own_exercises.EXERCISES or own_exercises.QUESTIONS:
        lessons.append(("", say("Exercises of your class"), list(own_exercises.EXERCISES)))
    for number, title, names in lessons:
        passed = sum(bool(entries.get(n, {}).get("passed")) for n in names)
        asked = (k for k in entries if (k.startswith(f"{number}.") if number else k in own_exercises.QUESTIONS))
        guesses = [e for k in asked if (e := entries[k]).get("answer")]
        seen = [e for e in guesses if e.get("outcome")]
        right = sum(e["answer"] == e["outcome"] for e in seen)
        marks = " ".join("●" if entries.get(n, {}).get("passed") else "○" for n in names)
        guess = say("{0} locked, {1} of {2} right").format(len(guesses), right, len(seen)) if guesses else "–"
        done = say("{0} of {1}").format(passed, len(names))
        title = translations.title(language, number, title) if number else title
        cells = (number, html.escape(title), f"{marks} {done}", guess)
        rows.append("<tr>" + "".join(f'<td style="text-align:left;padding:2px 12px">{c}</td>' for c in cells) + "</tr>")
    heads = "".join(
        f'<th style="text-align:left;padding:2px 12px">{say(h)}</th>'
        for h in ("", "Lesson", "Exercises", "Predictions")
    )
    return f'<table role="table"><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
