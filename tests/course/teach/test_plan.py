"""What a class has time for: what can be spared goes first, and each part comes once."""

from pathlib import Path

import pytest

from nasbook.course.lessons import LESSONS
from nasbook.course.notes import Notes, Part
from nasbook.course.teach.lesson import Lesson, read
from nasbook.course.teach.plan import course, workshop

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"


def lesson(number, *parts):
    """A lesson of parts (heading, minutes, skip)."""
    notes = Notes(number, "", "", (), tuple(Part(h, m, skip=s) for h, m, s in parts), ())
    made = Lesson(number, f"{number}_x.ipynb", {"cells": [{"cell_type": "markdown", "source": "**Time:** 9 minutes."}]})
    made.__dict__["notes"] = notes
    return made


A = lesson(
    "01", ("", 10, ""), ("Play: it", 10, "show it"), ("Deeper", 10, "say it"), ("Take it to full scale", 5, "no")
)
B = lesson("02", ("", 20, ""), ("Exercises", 20, ""))


@pytest.mark.parametrize(
    ("minutes", "gone", "home"),
    [
        (85, [], []),
        (84, ["Take it to full scale"], []),
        (81, ["Take it to full scale"], []),
        (80, ["Deeper"], []),  # without it the outlook fits again
        (66, ["Exercises"], []),
        (45, ["Play: it", "Deeper", "Take it to full scale", "Exercises"], []),
        (43, ["Take it to full scale"], ["02"]),
        (32, ["Deeper", "Take it to full scale"], ["02"]),
    ],
)
def test_what_can_be_spared_goes_first_and_what_fits_stays(minutes, gone, home):
    plan = workshop([A, B], minutes)
    assert plan.used <= minutes
    assert ([step.name for step, _ in plan.left_out], [le.number for le in plan.home]) == (gone, home)
    held = [(s.lesson.number, s.part.heading) for s in plan.steps]
    assert held == sorted(held, key=lambda h: (h[0], [p.heading for p in (A if h[0] == "01" else B).parts].index(h[1])))


def test_too_few_minutes_say_how_many_it_takes():
    with pytest.raises(
        ValueError, match="22 minutes are too few: lesson 01 needs 23, without all that can be left out"
    ):
        workshop([A, B], 22)


@pytest.mark.parametrize(("sessions", "minutes"), [(4, 90), (12, 90), (4, 20), (1, 30), (12, 240)])
def test_a_course_has_each_part_once_or_says_that_it_is_left_out(sessions, minutes):
    every = {n: read(NOTEBOOKS, n) for n in LESSONS}
    chosen = [every["01"], every["13"]]
    plans = course(chosen, every, sessions, minutes)
    assert len(plans) <= sessions
    assert all(plan.used - len(plan.left_out) <= minutes for plan in plans)
    there = [(s.lesson.number, s.part) for plan in plans for s in plan.steps]
    there += [(s.lesson.number, s.part) for plan in plans for s, _ in plan.left_out]
    for one in chosen:
        assert [p for n, p in there if n == one.number and p in one.parts] != []
        assert sum(n == one.number for n, _ in there) == len(one.parts)


def test_minutes_of_a_lesson_add_up_and_a_lesson_without_notes_says_where_they_go():
    for number in LESSONS:
        one = read(NOTEBOOKS, number)
        assert sum(p.minutes for p in one.parts) == one.minutes and all(p.minutes > 0 for p in one.parts)
    with pytest.raises(ValueError, match="lesson 99 has no notes for its teacher: nasbook/course/notes/lesson_99.py"):
        _ = Lesson("99", "99_x.ipynb", one.notebook).parts
