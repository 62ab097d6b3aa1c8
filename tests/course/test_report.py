"""The report on a class: every kind of bad file, one person twice, pseudonyms, votes before the run, and a safe table."""

import csv
import io
import re
import warnings

import pytest
from course.handed_in import Q, file_of

from nasbook.cli import main
from nasbook.course import Record, report
from nasbook.course.teach.report import table


def test_two_learners_are_two_and_one_who_comes_back_is_one(tmp_path, monkeypatch):
    from nasbook.course.record import learner_of

    for name in ("a", "b"):
        Record(tmp_path / f"{name}.json").update("03.ei", tries=1)
    ids = [learner_of((tmp_path / f"{n}.json").read_text()) for n in "ab"]
    assert all(ids) and ids[0] != ids[1]
    shared = Record()  # as an exercise has it; the place changes
    for name in ("c", "d"):
        monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / f"{name}.json"))
        shared.update("03.ei", tries=1)
    assert learner_of((tmp_path / "c.json").read_text()) != learner_of((tmp_path / "d.json").read_text())
    fresh = Record(tmp_path / "fresh.json")
    fresh.restore((tmp_path / "a.json").read_text())
    assert learner_of(fresh.text()) == ids[0]
    mine = Record(tmp_path / "b.json")
    mine.restore((tmp_path / "a.json").read_text())
    assert learner_of(mine.text()) == ids[1]


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "a\n=1"]


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_of_the_table_is_a_formula(cell):
    [[first, second]] = csv.reader(io.StringIO(table([[cell, "x"]]).removeprefix("\ufeff")))
    assert second == "x" and "\n" not in first
    assert not first.lstrip().startswith(("=", "+", "-", "@"))


def test_hostile_names_stay_words(folder):
    bad = {
        "=cmd|' /C calc'!A0": {"tries": 1},
        "<script>": {"answer": "x"},
        "../../x": {"answer": "y"},
        "03.q1": {"answer": "<img src=x onerror=alert(1)>"},
        "03.ei": {"tries": 1, "wrong": ["<script>alert(1)</script>"]},
    }
    (folder / "=HYPERLINK(1) <b>.json").write_text(file_of(bad))
    out = folder.parent / "out"
    found = report(folder)
    found.write(out, names=True)
    page, grades = (out / "report.html").read_text(), (out / "gradebook.csv").read_text()
    assert "<script>alert" not in page and "<img src=x" not in page and "cmd|" not in grades
    assert "'=HYPERLINK(1) <b>" in grades and "\n=" not in grades and ",=" not in grades
    assert {p.name for p in (out / "pictures").iterdir()} == {"03.q1.png"}
    *_, tables = found.show().children
    assert "&lt;script&gt;" in tables.children[0].value and "<script>" not in tables.children[0].value


def test_what_a_file_says_stays_on_its_line(folder, capsys):
    """No line of another's, no command to the teacher's terminal, no half character that stops the whole report."""
    bad = {
        "03.ei": {"tries": 1, "wrong": ["a\n  9\x1b[J\u2028b\ud800" + "c" * 900]},
        "03.q1": {"answer": "left\r\x9bright", "outcome": "\ud800"},
    }
    (folder / "zoe.json").write_text(file_of(bad))
    assert run(folder, "--out", folder.parent / "out") == 0
    said, _ = capsys.readouterr()
    for text in (said, (folder.parent / "out" / "report.html").read_text()):
        assert "a   … [J b c" in text and "c" * 400 not in text
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028]", text)
    assert "left  right" in said


def test_names_are_written_only_when_asked_for(folder, tmp_path):
    found = report(folder)
    for names, there in ((False, False), (True, True)):
        out = tmp_path / f"out{names}"
        found.write(out, names=names)
        text = "".join(p.read_text() for p in out.iterdir() if p.is_file())
        assert ("ada" in text) is there and (out / "names.csv").exists() is there
        assert all(b"ada" not in p.read_bytes() for p in (out / "pictures").iterdir())
        assert "ada" not in (out / "report.html").read_text()


def test_pictures_say_in_words_what_they_show(folder, tmp_path):
    (folder / "long.json").write_text(file_of({"mine.q": {"answer": "w" * 3000, "outcome": "word " * 900}}))
    found = report(folder)
    figure = found.picture(found.votes[0])
    assert f"{Q[0]}: 1" in figure.alt and f"It came out: {Q[0]}" in figure.alt and figure.png().startswith(b"\x89PNG")
    hidden = found.picture(found.votes[0], outcome=False)
    assert "came out" not in hidden.alt and "came out" not in hidden.sentence
    assert found.picture(found.votes[1]).get_figheight() < 4


def test_the_widget_keeps_the_outcome_until_it_is_asked_for(folder):
    head, controls, image, said, tables = report(folder).show().children
    choice, reveal = controls.children
    assert "came out" not in image.value and "2 learners predicted" in said.value
    reveal.value = True
    assert "It came out" in image.value and "1 of 2 predicted" in said.value
    assert 'alt="What a class predicted' in image.value and tables.titles == ("Exercises", "Learners")


def test_a_class_that_has_done_nothing_is_said(tmp_path):
    (tmp_path / "a.json").write_text(file_of({}))
    found = report(tmp_path)
    assert "1 learner, 0 questions" in repr(found) and "Nobody has locked" in found.show().children[1].value
    found.write(tmp_path / "out")
    assert (tmp_path / "out" / "report.html").exists()


def run(*arguments):
    return main(["course", "report", *map(str, arguments)])


def test_the_command(folder, tmp_path, capsys):
    (folder / "bad.json").write_text("x")
    assert run(folder / "*.json", "--csv", tmp_path / "g.csv", "--out", tmp_path / "out", "--names") == 0
    out, err = capsys.readouterr()
    assert "2 learners" in out and "bad.json: this is no progress file" in err
    assert len((tmp_path / "g.csv").read_text().splitlines()) == 3
    assert run(folder, "--csv", tmp_path / "g.csv") == 2 and "g.csv exists; --overwrite" in capsys.readouterr().err
    assert run(folder, "--csv", tmp_path / "g.csv", "--out", tmp_path / "out", "--overwrite") == 0


@pytest.mark.parametrize(
    ("arguments", "says", "code"),
    [
        (["nothing"], "there is no progress file", 2),
        (["progress", "--names"], "--names says whose", 2),
        (["progress", "--csv", "progress"], "is a folder, not a file", 2),
        (["progress", "--out", "progress/ada.json"], "is a file; a report needs a folder", 2),
        (["progress", "--out", "progress"], "progress exists", 2),
    ],
)
def test_a_wrong_word_is_one_sentence(folder, arguments, says, code, capsys, monkeypatch):
    monkeypatch.chdir(folder.parent)
    (folder.parent / "nothing").mkdir()
    assert run(*arguments) == code
    err = capsys.readouterr().err
    assert says in err and err.count("\n") == 1


def test_only_bad_files_are_listed_and_the_code_says_so(tmp_path, capsys):
    (tmp_path / "a.json").write_text("x")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run(tmp_path) == 1
    assert "a.json: this is no progress file" in capsys.readouterr().err
