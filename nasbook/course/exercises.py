"""An exercise: a prompt, a check that says what is wrong, two hints, and a solution on demand."""

from __future__ import annotations

import ast
import html
import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType
from typing import TYPE_CHECKING

from nasbook.course.record import Record
from nasbook.course.still import exercise_html
from nasbook.space import Json
from nasbook.widgets.still import Still, wanted

if TYPE_CHECKING:
    from ipywidgets import VBox

KEPT, MESSAGE = 10, 300  # of a check's sentences: how many the record keeps, and how many characters of each
NOT_GIVEN: object = type("NotGiven", (), {"__repr__": lambda _: "not given"})()


@dataclass(frozen=True)
class Result:
    """What a check found. Shown as one line in a notebook."""

    passed: bool
    message: str

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return ("✓ " if self.passed else "✗ ") + self.message

    def _repr_html_(self) -> str:
        colour, mark = ("#009e73", "✓ Right.") if self.passed else ("#d55e00", "✗ Not yet.")
        return f'<p><b style="color:{colour}">{mark}</b> {html.escape(self.message)}</p>'


@dataclass
class Exercise:
    """One exercise of a lesson.

    `test(answer)` returns None if the answer is right, else a sentence that says what is wrong with it. `stub` is the
    cell as the learner finds it, `solution` a cell that passes, or "" where none is shown; `answer` is the name that
    both define. `why` is said when it is passed.
    """

    name: str  # "lesson.exercise", e.g. "03.ei"
    prompt: str
    answer: str
    test: Callable[[object], str | None]
    hints: tuple[str, str]
    stub: str
    solution: str
    why: str = "That is it."
    record: Record = field(default_factory=Record, repr=False)

    def check(self, answer: object = NOT_GIVEN) -> Result:
        """Is this answer right? Says what is wrong, whatever the answer does; never raises.

        Without an answer, the caller's variable `self.answer` is taken. Once an exercise is passed, its record stays.
        """
        if answer is NOT_GIVEN:
            answer = sys._getframe(1).f_globals.get(self.answer, NOT_GIVEN)
        missing = None
        try:
            missing = self._missing(answer)
            wrong = missing or self.test(answer)
        except (Exception, SystemExit) as error:
            wrong = f"your answer raised {type(error).__name__}: {_words(error)}{_where(error)}"
        if not missing:  # an untouched stub is not a try
            self._note(lambda old: _try(old, wrong))
        return Result(wrong is None, self.why if wrong is None else wrong)

    def _note(self, facts: Callable[[Json], Json]) -> None:
        """Add to the record what follows from it, until the exercise is passed."""
        self.record.revise(self.name, lambda old: {} if old.get("passed") else facts(old))

    def _missing(self, answer: object) -> str | None:
        if answer is NOT_GIVEN:
            return f"there is no {self.answer} yet: run the cell above, then check again"
        if answer is None or answer is ...:
            what = "..." if answer is ... else "empty"
        elif hasattr(answer, "__code__") and _body(answer) == _body(run_cell(self.stub).get(self.answer)):
            what = "as it was"
        else:
            return None
        return f"{self.answer} is still {what}: write your answer into the cell above, run it, then check again"

    def hint(self, number: int = 1) -> str:
        """The first or the second hint."""
        if number not in (1, 2):
            raise ValueError(f"there are two hints, 1 and 2, not {number!r}")
        self._note(lambda old: {"hints": max(number, old.get("hints", 0))})
        return self.hints[number - 1]

    @property
    def markdown(self) -> str:
        """The prompt as it stands in the lesson's own text, above the buttons."""
        return f"**Exercise {self.name}.** {as_markdown(self.prompt)}"

    def show(self) -> VBox:
        """The buttons, as a widget; the prompt stands in the text above it."""
        import ipywidgets as w

        prompt = w.HTML(f"<b>Exercise {self.name}</b>")
        shown = w.HTML()
        buttons = [
            w.Button(description="Hint", icon="lightbulb-o", tooltip="A first nudge; press again for the second hint"),
            w.Button(description="Solution", icon="key", tooltip="One answer that passes the check. Try first."),
        ]
        buttons = buttons if self.solution else buttons[:1]
        for widget, kind in zip((shown, *buttons), ("shown", "hint", "solution"), strict=False):
            widget.add_class(f"nb-{kind}")
        opened = [0]

        def on_hint(_: object) -> None:
            opened[0] = min(2, opened[0] + 1)
            shown.value = "".join(f"<p><i>Hint {i + 1}.</i> {self.hint(i + 1)}</p>" for i in range(opened[0]))

        def on_solution(_: object) -> None:
            self._note(lambda _: {"solution_seen": True})
            shown.value = f"<pre>{html.escape(self.solution)}</pre>"

        buttons[0].on_click(on_hint)
        for button in buttons[1:]:
            button.on_click(on_solution)
        return w.VBox([prompt, w.HBox(buttons), shown])

    def _repr_mimebundle_(self, **options: object) -> dict[str, object]:
        """Shown as a widget where there is one, as text elsewhere."""
        return {**self.show()._repr_mimebundle_(**options), "text/plain": self._plain}

    def _ipython_display_(self) -> None:
        """The buttons, and what a page without a kernel shows instead: hints and solution, to be opened."""
        still, body = Still(), self._html()
        if wanted():
            still.instead(body, self._plain)
        else:
            still.beside(self._repr_mimebundle_(), body, self._plain)

    def _html(self) -> str:
        return exercise_html(self.name, self.hints, self.solution)

    @property
    def _plain(self) -> str:
        return f"Exercise {self.name}. {plain(self.prompt)}"


def _try(old: Json, wrong: str | None) -> Json:
    """What one more try adds to the record; `wrong` is the check's sentence, of which the last ones are kept."""
    facts: Json = {"tries": old.get("tries", 0) + 1, "passed": wrong is None}
    return facts if wrong is None else {**facts, "wrong": [*old.get("wrong", ()), wrong[:MESSAGE]][-KEPT:]}


def plain(prompt: str) -> str:
    """HTML to words."""
    return html.unescape(re.sub("<[^>]+>", "", prompt))


def as_markdown(prompt: str) -> str:
    """HTML with <code>, <b> and <i> to Markdown."""
    for tag, mark in (("code", "`"), ("b", "**"), ("i", "*")):
        prompt = re.sub(f"</?{tag}>", mark, prompt)
    return html.unescape(prompt)


def run_cell(source: str) -> dict[str, object]:
    """The names that a cell defines; `nasbook` is there as in every lesson."""
    names: dict[str, object] = {"nasbook": sys.modules["nasbook"]}
    for statement in ast.parse(source, "<cell>").body:  # one by one, as a notebook does: else the bytecode is another
        exec(compile(ast.Module([statement], []), "<cell>", "exec"), names)
    return names


def _body(function: object) -> tuple[object, ...] | None:
    """What a function does, wherever its lines stand; None for what has no code."""
    code = getattr(function, "__code__", None)
    return None if code is None else _does(code)


def _does(code: CodeType) -> tuple[object, ...]:
    inner = tuple(_does(c) if isinstance(c, CodeType) else c for c in code.co_consts)
    return code.co_code, inner, code.co_names


def _words(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "it has no readable message"


def _where(error: BaseException) -> str:
    """' in line 3 of your cell', if the error arose in a notebook cell."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if "ipykernel" in frame.filename or frame.filename.startswith("<"):
            return f" (in {frame.name}, line {frame.lineno} of your cell)"
    return ""
