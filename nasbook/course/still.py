"""Questions, outcomes, exercises and progress as plain HTML, for pages without a kernel.

Without a script all of it can be read. With answers.js a reader locks an answer before the outcome is shown, and what
is done is kept in the browser, to be downloaded as the file that `nasbook.progress()` writes and reads.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence

from nasbook.course.record import FIELDS, FILE, SCHEMA
from nasbook.widgets.played import embedded

KINDS: dict[str, object] = {
    "null": None,
    "boolean": True,
    "number": 1,
    "string": "",
    "array": [],
}  # in answers.js -> such a value


def question_html(
    name: str,
    options: Sequence[str],
    question: str = "",
    locked: str | None = None,
    kept: Sequence[str] = (),
    say: Callable[[str], str] = str,
) -> str:
    """The options of a question; with `question` its words stand above them. `locked`: what was answered already.

    In another language `kept` are the options as they are recorded, and `say` says all else."""
    asked = f" {html.escape(question)}" if question else ""
    rows = "\n".join(
        f'<label><input type="radio" name="nb-{html.escape(name)}" value="{html.escape(value)}"> '
        f"<span>{html.escape(option)}</span></label>"
        for option, value in zip(options, kept or options, strict=True)
    )
    note = f"Locked: <b>{html.escape(locked)}</b>." if locked else "Choose before you read on."
    return (
        f'<form class="nb-predict" data-question="{html.escape(name)}">\n'
        f"<fieldset><legend>{say('Predict.')}{asked}</legend>\n{rows}\n"
        f'</fieldset>\n<p class="nb-note" role="status">{say(note)}</p>\n</form>'
    )


def outcome_html(name: str, outcome: str, why: str = "", kept: str = "", say: Callable[[str], str] = str) -> str:
    """What came out, and why; answers.js shows it once an answer is locked, beside that answer. In another language
    `kept` is the outcome as it is recorded, and `say` says all else."""
    row = f'<tr><th scope="row">{say("It was")}</th><td><b>{html.escape(outcome)}</b></td></tr>'
    return (
        f'<div class="nb-outcome" data-question="{html.escape(name)}" data-outcome="{html.escape(kept or outcome)}">\n'
        f"<table><tbody>{row}</tbody></table>\n"
        f"<p>{html.escape(why)}</p>\n</div>"
    )


def exercise_html(name: str, hints: Sequence[str], solution: str, prompt: str = "") -> str:
    """An exercise's hints and its solution, if any, each to be opened; prompt and hints are HTML, the solution code."""
    said = (
        f"<p><b>Exercise {html.escape(name)}.</b> {prompt}</p>"
        if prompt
        else f"<p><b>Exercise {html.escape(name)}</b></p>"
    )
    shown = "\n".join(
        f'<details class="nb-hint" data-hint="{i}"><summary>Hint {i}</summary><p>{hint}</p></details>'
        for i, hint in enumerate(hints, 1)
    )
    if solution:
        code = f"<summary>Solution</summary><pre><code>{html.escape(solution)}</code></pre>"
        shown += f'\n<details class="nb-solution">{code}</details>'
    return f'<div class="nb-exercise" data-exercise="{html.escape(name)}">\n{said}\n{shown}\n</div>'


def progress_html(lessons: Mapping[str, str], exercises: Mapping[str, Sequence[str]]) -> str:
    """A table of the lessons (number -> title) that answers.js fills with what the browser has kept, a link to download
    it and a button to bring it back. exercises: lesson -> names."""
    data: dict[str, object] = {
        "schema": SCHEMA,
        "file": FILE,
        "fields": {name: [kind for kind, x in KINDS.items() if fits(x)] for name, (_, fits) in FIELDS.items()},
    }
    data |= {"lessons": [[number, title, list(exercises[number])] for number, title in lessons.items()]}
    return (
        '<div class="nb-progress">\n'
        '<p class="nb-note" role="status">Progress is kept in your browser, by a script.</p>\n'
        f'<script type="application/json" class="nb-data">{embedded(data)}</script>\n</div>'
    )
