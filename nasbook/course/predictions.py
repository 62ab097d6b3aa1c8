"""A prediction: the learner commits to an answer before the run, and sees it beside the outcome afterwards.

A lesson's questions live in `nasbook.course.lessons`, with the function that turns what was measured into the outcome,
so that no notebook gives an answer away:

    guess = nasbook.predict("03.q1")
    guess.reveal(choices)            # what the cell above has measured
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nasbook.course.record import Record
from nasbook.course.still import outcome_html, question_html
from nasbook.space import Json
from nasbook.widgets.still import Still, wanted


@dataclass(frozen=True)
class Question:
    """A question of a lesson. `judge(what was measured)` returns the number of the option that came out, and why."""

    name: str  # "lesson.question", e.g. "03.q1"
    text: str
    options: tuple[str, ...]
    judge: Callable[..., tuple[int, str]]

    @property
    def markdown(self) -> str:
        """The question as it stands in the lesson's own text, above the options that can be locked."""
        return f"**Predict.** {self.text}\n\n" + "\n".join(f"- {option}" for option in self.options)


def level(value: float, *edges: float) -> int:
    """How many of the rising edges `value` has reached: the number of the option between them."""
    return sum(bool(value >= edge) for edge in edges)


class Prediction:
    """A question with a few options. `lock` fixes the answer; `reveal` shows it beside the outcome.

    A locked answer cannot be changed, not even by running the cell again; `again()` asks anew. `judge` is that of a
    lesson's question; without it `reveal` is told the outcome.
    """

    def __init__(
        self,
        name: str,
        question: str,
        options: Sequence[str],
        record: Record | None = None,
        judge: Callable[..., tuple[int, str]] | None = None,
    ) -> None:
        if len(options) < 2 or len(set(options)) < len(options):
            raise ValueError(f"prediction {name}: at least two different options are needed, not {list(options)}")
        self.name, self.question, self.options = name, question, list(options)
        self.record = record or Record()
        self.judge = judge
        self._still = Still()
        before = self.record.read().get(name, {}).get("answer")
        self.answer: str | None = before if before in self.options else None
        self._build()

    @property
    def _asked(self) -> str:
        """The question, where it does not stand in the text above, as a lesson's does."""
        return "" if self.judge else self.question

    def _build(self) -> None:
        import ipywidgets as w

        self._radio = w.RadioButtons(options=self.options, value=self.answer, layout=w.Layout(width="auto"))
        self._button = w.Button(description="Lock my answer", icon="lock", layout=w.Layout(width="auto"))
        self._button.tooltip = "After this the answer cannot be changed. Guessing wrong is how this works."
        self._note = w.HTML()
        for widget, kind in ((self._radio, "options"), (self._button, "lock"), (self._note, "note")):
            widget.add_class(f"nb-{kind}")
        self._button.on_click(lambda _: self._pressed())
        asked = f" {html.escape(self._asked)}" if self._asked else ""
        parts = [w.HTML(f"<b>Predict.</b>{asked}"), self._radio, self._button, self._note]
        self.widget = w.VBox(parts, layout=w.Layout(align_items="flex-start"))
        self._refresh()

    def _pressed(self) -> None:
        if self._radio.value is None:
            self._note.value = "Choose one of the answers first."
        else:
            self.lock(self._radio.value)

    def _refresh(self) -> None:
        locked = self.answer is not None
        self._radio.disabled = self._button.disabled = locked
        if locked:
            self._note.value = f"Locked: <b>{html.escape(str(self.answer))}</b>. Now run the next cell."
            self._still.update(self.answer, self._html, self._plain)

    def lock(self, answer: str | int) -> None:
        """Commit to an option, by its text or its number (0 is the first). ValueError if it is none, or too late."""
        if self.answer is not None:
            raise ValueError(f"your answer is locked already: {self.answer!r}; again() asks anew")
        if isinstance(answer, int) and 0 <= answer < len(self.options):
            answer = self.options[answer]
        if answer not in self.options:
            raise ValueError(f"{answer!r} is not one of the answers: {', '.join(map(repr, self.options))}")
        self.answer = str(answer)
        self.record.update(self.name, answer=self.answer)
        self._radio.value = self.answer
        self._refresh()

    def again(self) -> Prediction:
        """Ask anew: forget the locked answer. The record says that it was asked again, and what was said before the
        outcome was seen."""

        def anew(old: Json) -> Json:
            first = {"first": old.get("answer")} if old.get("outcome") and "first" not in old else {}
            return {"answer": None, "outcome": None, "again": old.get("again", 0) + 1, **first}

        self.record.revise(self.name, anew)
        return Prediction(self.name, self.question, self.options, self.record, self.judge)

    def reveal(self, *measured: Any) -> Outcome:
        """Show the outcome beside the locked answer.

        For a lesson's question: from what was measured. For one of your own: reveal(outcome, why), where the outcome
        is an option or its number; ValueError if it is neither. What was recorded first stays.
        """
        outcome, why = self.judge(*measured) if self.judge else (*measured, "")[:2]
        if isinstance(outcome, int) and 0 <= outcome < len(self.options):
            outcome = self.options[outcome]
        if outcome not in self.options:
            raise ValueError(f"the outcome {outcome!r} is not one of {', '.join(map(repr, self.options))}")
        if self.answer is not None:
            self.record.revise(self.name, lambda old: {} if old.get("outcome") else {"outcome": outcome})
        return Outcome(self.answer, str(outcome), why, self.name)

    def _repr_mimebundle_(self, **options: object) -> dict[str, object]:
        return {**self.widget._repr_mimebundle_(**options), "text/plain": self._plain}

    def _ipython_display_(self) -> None:
        """The widget, and what a page without its kernel shows; where a site is built, a question for answers.js."""
        if wanted():
            self._still.instead(self._html(unlocked=True), self._plain)
        else:
            self._still.beside(self._repr_mimebundle_(), self._html(), self._plain)

    def _html(self, unlocked: bool = False) -> str:
        return question_html(self.name, self.options, self._asked, None if unlocked else self.answer)

    @property
    def _plain(self) -> str:
        return f"Predict. {self.question} ({' / '.join(self.options)})"


class Outcome:
    """A locked answer and what happened, side by side."""

    def __init__(self, answer: str | None, outcome: str, why: str, name: str = "") -> None:
        self.answer, self.outcome, self.why, self.name = answer, outcome, why, name

    @property
    def sentence(self) -> str:
        if self.answer is None:
            return "You locked no answer this time."
        return "You were right." if self.answer == self.outcome else "A surprise is worth more than a lucky guess."

    def __repr__(self) -> str:
        return f"You said: {self.answer or 'nothing'}. It was: {self.outcome}. {self.sentence} {self.why}".strip()

    def _repr_html_(self) -> str:
        if wanted():
            return outcome_html(self.name, self.outcome, self.why)
        cell = '<td style="text-align:left;padding:2px 16px 2px 0">'
        said, was = html.escape(self.answer or "–"), html.escape(self.outcome)
        return (
            f"<table><tr>{cell}You said</td>{cell}<b>{said}</b></td></tr>"
            f"<tr>{cell}It was</td>{cell}<b>{was}</b></td></tr></table><p>{self.sentence} {html.escape(self.why)}</p>"
        )
