"""The teacher's notes agree with the lessons that they speak of."""

import re
from pathlib import Path

import nbformat
import pytest
from benchmarks import lesson_times

from nasbook.course.exercises import run_cell
from nasbook.course.lessons import LESSONS, load, questions
from nasbook.course.notes import notes

FOLDER = Path(__file__).parents[2] / "notebooks"
WRITTEN = [number for number in LESSONS if notes(number)]


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))


def lesson(number):
    """Headings, labs and minutes of a notebook."""
    cells = nbformat.read(next(FOLDER.glob(f"{number}_*.ipynb")), 4).cells
    text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    code = "\n".join(c.source for c in cells if c.cell_type == "code")
    headings = ["", *re.findall(r"^## (.+)$", text, re.M)]
    return headings, set(re.findall(r'nasbook\.lab\(\s*"([^"]+)"', code)), int(re.search(r"Time:\*\* (\d+)", text)[1])


@pytest.mark.parametrize("number", WRITTEN)
def test_notes_follow_their_notebook(number):
    note, (headings, labs, minutes) = notes(number), lesson(number)
    asked = {q.name for q in questions(number)}
    assert note.number == number
    assert [part.heading for part in note.parts] == headings
    assert note.minutes == minutes and note.least < minutes
    assert note.asks and {a.before for a in note.asks} <= asked | labs
    assert note.mishaps
    known = asked | {e.name for e in load(number)} | labs | set(headings)
    assert {m.at for m in note.mishaps} <= known
    assert all(part.minutes > 0 for part in note.parts)
    assert all(s.strip() for s in (note.objective, note.misconception, *(m.say for m in note.mishaps)))


def test_every_lesson_has_notes():
    assert list(LESSONS) == WRITTEN


@pytest.mark.parametrize("number", WRITTEN)
def test_the_minutes_leave_time_to_read_and_to_compute(number):
    (path,) = FOLDER.glob(f"{number}_*.ipynb")
    parts = lesson_times.lesson(path)
    for part, (heading, (words, *_)) in zip(notes(number).parts, parts.items(), strict=True):
        assert part.heading == heading
        assert words <= lesson_times.WORDS_A_MINUTE * part.minutes, f"{heading}: {words} words in {part.minutes} min"
    seconds = sum(s for n, _, s in lesson_times.table() if n == number)
    assert 0 < seconds < 60 * notes(number).minutes / 3, f"{seconds:.0f} s of {notes(number).minutes} min are waiting"


@pytest.mark.parametrize("number", WRITTEN)
def test_a_typical_wrong_answer_is_one(number):
    exercises, asked = {e.name: e for e in load(number)}, {q.name: q for q in questions(number)}
    for mishap in notes(number).mishaps:
        if mishap.at in exercises:
            exercise = exercises[mishap.at]
            told = exercise.check(run_cell(mishap.answer)[exercise.answer])
            assert not told.passed and "write your answer" not in told.message, f"{mishap.at}: {told.message}"
        elif mishap.at in asked:
            assert mishap.answer in asked[mishap.at].options
        else:
            assert not mishap.answer


def test_a_lesson_without_notes_has_none():
    assert notes("99") is None
