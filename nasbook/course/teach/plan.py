"""Which parts of which lessons fit into the time of a class, and what is left out.

A workshop is one session. Where the lessons are longer than it, parts that can be spared go first (the outlook, then
what deepens, then the exercises, at last the play), then whole lessons, the last first. A course of several sessions
has every part, one after the other, and where there is room left, the lessons that come before and after the chosen
ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nasbook.course.notes import Part
from nasbook.course.teach.lesson import Lesson

OPENING, CLOSING = 5, 5  # minutes of a session: to open the notebooks, and to hand the progress in
BRIEF = 1  # minutes for what is done in the place of a part that is left out
HOME = "Leave them for home: each says by itself what is wrong with an answer."


@dataclass(frozen=True)
class Step:
    """A part of a lesson in a session."""

    lesson: Lesson
    part: Part

    @property
    def name(self) -> str:
        return self.lesson.headings.get(self.part.heading, self.part.heading)


@dataclass
class Session:
    """What is done, in order, and what is left out: (what, what to do instead)."""

    minutes: int
    steps: list[Step] = field(default_factory=list)
    left_out: list[tuple[Step, str]] = field(default_factory=list)
    home: list[Lesson] = field(default_factory=list)

    @property
    def used(self) -> int:
        return OPENING + CLOSING + sum(s.part.minutes for s in self.steps) + BRIEF * len(self.left_out)

    @property
    def spare(self) -> int:
        return self.minutes - self.used

    @property
    def lessons(self) -> list[Lesson]:
        """Those that it is about, in order."""
        return list({s.lesson.number: s.lesson for s in self.steps}.values())


def workshop(lessons: Sequence[Lesson], minutes: int) -> Session:
    """One session of these lessons. ValueError where not even the core of the first one fits."""
    plan = Session(minutes, [Step(lesson, part) for lesson in lessons for part in lesson.parts])
    places = {id(step): i for i, step in enumerate(plan.steps)}
    for step in sorted(plan.steps, key=_dispensable):  # stable: of equals the first goes first
        if plan.spare < 0 and _instead(step):
            plan.steps.remove(step)
            plan.left_out.append((step, _instead(step)))
    for gone in reversed(plan.left_out[:]):  # what fits after all comes back
        if plan.spare - gone[0].part.minutes + BRIEF >= 0:
            plan.left_out.remove(gone)
            plan.steps.append(gone[0])
    plan.steps.sort(key=lambda step: places[id(step)])
    plan.left_out.sort(key=lambda gone: places[id(gone[0])])
    if plan.spare >= 0:
        return plan
    if len(lessons) == 1:
        needs = f"lesson {lessons[0].number} needs {plan.used}, without all that can be left out"
        raise ValueError(f"{minutes} minutes are too few: {needs}")
    plan = workshop(lessons[:-1], minutes)
    plan.home.append(lessons[-1])
    return plan


def _instead(step: Step) -> str:
    """What to do in the place of a step; '' for one that stays."""
    return step.part.skip or (HOME if step.part.heading.startswith("Exercises") else "")


def _dispensable(step: Step) -> int:
    """What goes first: the outlook, then what deepens, then the exercises, and last what the lesson is built around."""
    heading = step.part.heading
    if heading.startswith(("Take it to full scale", "What this did not show")):
        return 0
    if heading.startswith("Exercises"):
        return 2
    return 3 if not heading or heading.startswith(("Predict", "Play")) else 1


def course(lessons: Sequence[Lesson], every: dict[str, Lesson], sessions: int, minutes: int) -> list[Session]:
    """Sessions with all parts of the lessons, and where there is room, of those that they ask for and of the next ones.

    What does not fit is left out of the last session."""
    taken = {lesson.number for lesson in lessons}
    asked = {n for lesson in lessons for n in lesson.needs}
    plans = _packed([every[n] for n in sorted(taken)], sessions, minutes)
    for number in sorted(every.keys() - taken, key=lambda n: (n not in asked, n)):
        more = _packed([every[n] for n in sorted(taken | {number})], sessions, minutes)
        if not any(plan.left_out for plan in more):
            plans, taken = more, taken | {number}
    return [plan for plan in plans if plan.steps or plan.left_out]


def _packed(lessons: Sequence[Lesson], sessions: int, minutes: int) -> list[Session]:
    """One part after the other; a part is in one session."""
    plans, k = [Session(minutes) for _ in range(sessions)], 0
    for step in (Step(lesson, part) for lesson in lessons for part in lesson.parts):
        while k < sessions and plans[k].spare < step.part.minutes:
            k += 1
        if k < sessions:
            plans[k].steps.append(step)
        else:
            plans[-1].left_out.append((step, "at home"))
    return plans
