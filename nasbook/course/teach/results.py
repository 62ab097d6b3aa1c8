"""What a class has done: its predictions before the run, and its exercises with their wrong answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from nasbook.course.exercises import Exercise, plain
from nasbook.course.lessons import LESSONS, load, questions
from nasbook.course.predictions import Question
from nasbook.course.teach.collect import Learner, is_question
from nasbook.space import Json

LONGEST = 300  # letters of an answer; no lesson has one of half as many
TRIES = 1000  # of one learner at an exercise: more are no person's
NAME = re.compile(r"[\w.-]{1,40}")  # of an exercise or question; anything else in a file is no name of ours


@dataclass(frozen=True)
class Votes:
    """What the class answered before the run.

    counts: of each option. again: who asked anew, and whose first answer is not known, so they are not counted.
    outcome: what came out for most, None where nobody has run it."""

    name: str
    text: str
    options: tuple[str, ...]
    counts: tuple[int, ...]
    outcome: str | None
    again: int = 0
    other_outcomes: int = 0  # people for whom something else came out

    @property
    def people(self) -> int:
        return sum(self.counts)

    @property
    def right(self) -> int:
        return dict(zip(self.options, self.counts, strict=True)).get(self.outcome or "", 0)

    @property
    def sentence(self) -> str:
        """In words, as far as there is something to say."""
        if self.outcome is None:
            return f"{people(self.people)} predicted; nobody has run it yet."
        said = f"{self.right} of {self.people} predicted what came out: {self.outcome}."
        if self.other_outcomes:
            said += f" For {self.other_outcomes} it came out otherwise."
        if self.again:
            said += f" {self.again} more asked anew after they had seen it, and are not counted."
        return said


@dataclass(frozen=True)
class Tally:
    """One exercise: how many tried and passed, how often it was checked, its wrong answers: (sentence, people)."""

    name: str
    tried: int
    passed: int
    tries: int
    solution_seen: int
    wrong: tuple[tuple[str, int], ...]

    @property
    def failing(self) -> int:
        """Those who tried and have not passed."""
        return self.tried - self.passed


def votes(learners: Sequence[Learner]) -> list[Votes]:
    """Of each question that somebody has answered, in the order of the lessons."""
    found = []
    for name in names(learners, wants_question=True):
        entries = [e for learner in learners if is_question(e := learner.entries.get(name, {}))]
        said = [before for e in entries if (before := said_before(e))]
        again = sum(bool(e.get("again")) and not e.get("first") for e in entries)
        came = Counter(_short(e["outcome"]) for e in entries if e.get("outcome"))
        known = _questions(name[:2]).get(name)
        outcome = min(came, key=lambda o: (-came[o], o)) if came else None
        options = dict.fromkeys(known.options if known else ())
        options |= dict.fromkeys(sorted({*said, *([outcome] if outcome else [])}))
        count = Counter(said)
        found.append(
            Votes(
                name,
                known.text if known else "",
                tuple(options),
                tuple(count[o] for o in options),
                outcome,
                again,
                came.total() - came[outcome] if outcome else 0,
            )
        )
    return [v for v in found if v.people or v.again]


def said_before(entry: Json) -> str:
    """What was answered before the outcome was seen; '' where that is not known."""
    return _short(entry.get("first") or ("" if entry.get("again") else entry.get("answer")) or "")


def _short(answer: str) -> str:
    return answer if len(answer) <= LONGEST else answer[:LONGEST] + "…"


def exercises(learners: Sequence[Learner]) -> list[Tally]:
    """Of each exercise that somebody has tried, in the order of the lessons."""
    found = []
    for name in names(learners, wants_question=False):
        entries = [e for learner in learners if (e := learner.entries.get(name))]
        wrong = Counter(kind for e in entries for kind in {told(s) for s in e.get("wrong", ())})
        passed, seen = (sum(bool(e.get(key)) for e in entries) for key in ("passed", "solution_seen"))
        tried = sum(bool(e.get("tries") or e.get("passed")) for e in entries)
        ranked = tuple(sorted(wrong.items(), key=lambda w: (-w[1], w[0])))
        found.append(Tally(name, tried, passed, sum(min(e.get("tries", 0), TRIES) for e in entries), seen, ranked))
    return found


def names(learners: Sequence[Learner], wants_question: bool) -> list[str]:
    """The exercises or the questions in the files, in the order of the lessons, others behind them."""
    there = {
        n
        for learner in learners
        for n, e in learner.entries.items()
        if e and is_question(e) == wants_question and NAME.fullmatch(n)
    }
    lessons = sorted({n[:2] for n in there} & LESSONS.keys())  # only these are loaded
    known = [n for number in lessons for n in (*_questions(number), *_exercises(number)) if n in there]
    return known + sorted(there - set(known))


def told(sentence: str) -> str:
    """A check's sentence without what differs from answer to answer: numbers, and what an error says of itself."""
    raised = re.match(r"your answer raised (\w+)", sentence)
    return raised[0] if raised else re.sub(r"[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?", "…", _short(sentence))


def people(n: int) -> str:
    return "1 learner" if n == 1 else f"{n} learners"


def prompt(name: str) -> str:
    """What an exercise asks; '' for one that is not known here."""
    known = _exercises(name[:2]).get(name)
    return plain(known.prompt) if known else ""


@cache
def _questions(number: str) -> dict[str, Question]:
    return {q.name: q for q in questions(number)} if number in LESSONS else {}


@cache
def _exercises(number: str) -> dict[str, Exercise]:
    return {e.name: e for e in load(number)} if number in LESSONS else {}
