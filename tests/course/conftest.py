"""What the tests of several lessons share."""

import re

import pytest
from course.handed_in import Q, file_of, vote

import nasbook
from nasbook.course.exercises import run_cell


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """refused("01.distinct", source, says): the answer of a cell does not pass, and the message says why."""
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))

    def check(name, source, says):
        exercise = nasbook.exercise(name)
        assert source != exercise.solution
        result = exercise.check(run_cell(source)[exercise.answer])
        assert not result.passed
        assert re.search(says, result.message), result.message

    return check


@pytest.fixture
def folder(tmp_path):
    """Two sound files in a folder of their own."""
    where = tmp_path / "progress"
    where.mkdir()
    (where / "ada.json").write_text(file_of(vote(Q[0])))
    (where / "bob.json").write_text(file_of(vote(Q[1])))
    return where
