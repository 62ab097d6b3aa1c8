"""What a teacher knows of a lesson before the class does: one module a lesson, in the order of its notebook.

    from nasbook.course.notes import notes
    notes("01").misconception

What they say of learners is what a teacher may expect, not what was measured: mend them after your class.
A test holds them to the notebook: headings, names of labs, questions and exercises, and the minutes; and each typical
wrong answer is handed to its exercise's check, which must refuse it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True)
class Ask:
    """A question to the class before the run. `before` names a question ("01.q1") or a lab ("game") of the lesson."""

    before: str
    question: str
    listen: str  # what the answers tell about what the class believes


@dataclass(frozen=True)
class Mishap:
    """What usually goes wrong, and what to say then.

    `at` names an exercise, a question, a lab or a heading of the lesson. `answer` is, at an exercise, a cell as a learner
    writes and its check refuses; at a question, the wrong option in its own words; elsewhere it stays empty.
    """

    at: str
    happens: str
    say: str
    answer: str = ""


@dataclass(frozen=True)
class Part:
    """A part of the lesson: from one "## heading" of its notebook to the next; "" is what stands before the first.

    `skip` says what to do in its place when time is short; a part without it stays.
    """

    heading: str
    minutes: int
    say: tuple[str, ...] = ()  # talking points, a sentence each
    skip: str = ""


@dataclass(frozen=True)
class Notes:
    """One lesson's notes. The minutes of the parts add up to the "Time" that its notebook gives."""

    number: str  # "01"
    objective: str  # what they can do afterwards, in one sentence
    misconception: str  # what they believe before, in one sentence, as they would say it
    asks: tuple[Ask, ...]
    parts: tuple[Part, ...]  # all of them, in the notebook's order
    mishaps: tuple[Mishap, ...]

    @property
    def minutes(self) -> int:
        return sum(part.minutes for part in self.parts)

    @property
    def least(self) -> int:
        """Minutes of what is not left out even when time is short."""
        return sum(part.minutes for part in self.parts if not part.skip)


def notes(number: str) -> Notes | None:
    """The notes of a lesson; None where nobody has written them."""
    name = f"{__name__}.lesson_{number}"
    return importlib.import_module(name).NOTES if find_spec(name) else None
