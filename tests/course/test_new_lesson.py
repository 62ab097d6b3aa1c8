"""The lesson template passes what the course asks of its own lessons."""

import importlib.util
import sys

import nbformat
import pytest
from course import test_notebooks as asked_of_lessons
from course import test_wrong_answers as wrong_answers

import nasbook
from nasbook.cli import main
from nasbook.course import lessons, own_exercises
from nasbook.course.exercises import run_cell
from nasbook.course.teach.new_lesson import new


@pytest.fixture
def written(tmp_path, monkeypatch):
    """The notebook of a new lesson that has been taken into the course; its teacher's notes."""
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setattr(own_exercises, "EXERCISES", {})
    monkeypatch.setattr(own_exercises, "QUESTIONS", {})
    words, notes, notebook = new("40_luck", tmp_path / "new", "Luck")
    loaded = {}
    for name, path in (("nasbook.course.lessons.lesson_40", words), ("notes_40", notes)):
        spec = importlib.util.spec_from_file_location(name, path)
        loaded[name] = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, loaded[name])
        spec.loader.exec_module(loaded[name])
    monkeypatch.setitem(lessons.LESSONS, "40", "Luck")
    return notebook, loaded["notes_40"].NOTES


def test_it_has_what_a_lesson_must_have(written):
    path, _ = written
    asked_of_lessons.test_nothing_but_source_is_committed(path)
    asked_of_lessons.test_a_lesson_has_all_its_parts(path)
    asked_of_lessons.test_links_between_lessons_and_files_resolve(path)
    asked_of_lessons.test_prompts_stand_in_the_text_and_agree_with_the_package(path)
    asked_of_lessons.test_what_a_cell_takes_from_nasbook_is_there_and_what_it_calls_can_be_called(path)
    asked_of_lessons.test_no_outcome_can_be_read_before_it_is_measured(path)
    asked_of_lessons.test_no_cell_asks_a_lab_what_its_player_has_done(path)


def test_its_solutions_pass_and_wrong_answers_do_not(written):
    for exercise in lessons.load("40"):
        right = run_cell(exercise.solution)[exercise.answer]
        for kind, wrong in wrong_answers.WRONG.items():
            told = exercise.check(wrong(right))
            assert not told.passed and 20 < len(told.message) < 900, (exercise.name, kind)
        assert not exercise.check(run_cell(exercise.stub)[exercise.answer])
        assert exercise.check(right)


def test_its_notes_follow_it(written):
    path, notes = written
    cells = nbformat.read(path, 4).cells
    headings = [
        "",
        *(line[3:] for c in cells if c.cell_type == "markdown" for line in c.source.splitlines() if line[:3] == "## "),
    ]
    assert [part.heading for part in notes.parts] == headings and notes.minutes == 30
    exercises = {e.name: e for e in lessons.load("40")}
    for mishap in notes.mishaps:
        if mishap.at in exercises:
            assert not exercises[mishap.at].check(run_cell(mishap.answer)[exercises[mishap.at].answer])


def test_it_runs_where_it_was_written(tmp_path, monkeypatch):
    """Every cell, from top to bottom, as in a kernel; the lab is made and not played."""
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setattr(own_exercises, "EXERCISES", {})
    monkeypatch.setattr(own_exercises, "QUESTIONS", {})
    monkeypatch.chdir(tmp_path)
    assert main(["course", "lesson", "40_luck", str(tmp_path)]) == 0
    names = {}
    for cell in nbformat.read(tmp_path / "40_luck.ipynb", 4).cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
            if cell.source.startswith("guess ="):
                names["guess"].lock(0)
    assert nasbook.predict("40.q1").answer and (tmp_path / "study_40.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["bandits"], "is named like 40_bandits"),
        (["../40_x"], "is named like 40_bandits"),
        (["01_x"], "lesson 01 is there"),
        (["40_x", "--title", 'a"b'], "a title is one line"),
        (["40_x", "f"], "f is a file"),
        (["40_y", "there"], "lesson_40.py exists"),
    ],
)
def test_a_wrong_word_is_one_sentence(arguments, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f").write_text("")
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "lesson_40.py").write_text("mine")
    assert main(["course", "lesson", *arguments]) == 2
    err = capsys.readouterr().err
    assert says in err and err.count("\n") == 1
    assert (tmp_path / "there" / "lesson_40.py").read_text() == "mine"
