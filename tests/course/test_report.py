"""The report on a class: every kind of bad file, one person twice, pseudonyms, votes before the run, and a safe table."""

import csv
import gzip
import io
import json
import os
import re
import warnings
import zipfile

import pytest

import nasbook
from nasbook.cli import main
from nasbook.course import Record, report
from nasbook.course.record import SCHEMA
from nasbook.course.teach.collect import SALT
from nasbook.course.teach.report import table
from nasbook.course.teach.results import told

Q = ("a confidence bound with κ = 0", "expected improvement")  # options of 03.q1


def file_of(entries, learner=None, schema=SCHEMA):
    return json.dumps({"schema": schema, **({"learner": learner} if learner else {}), "entries": entries})


def vote(answer, outcome=Q[0], **more):
    return {"03.q1": {"answer": answer, "outcome": outcome, "when": "2026-01-02T03:04:05+00:00", **more}}


def zipped(text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("nasbook_progress.json", text)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path):
    """Two sound files in a folder of their own."""
    where = tmp_path / "progress"
    where.mkdir()
    (where / "ada.json").write_text(file_of(vote(Q[0])))
    (where / "bob.json").write_text(file_of(vote(Q[1])))
    return where


def problems(found):
    return {path.rsplit("/", 1)[-1]: problem for path, problem in found.problems}


BAD = {
    "empty": (b"", "not JSON, because it is empty"),
    "blank": (b" \n", "because it is empty"),
    "packed": (zipped(file_of(vote(Q[0]))), "it is packed (ZIP): unpack it"),
    "gzipped": (gzip.compress(b"{}"), "it is packed (gzip): unpack it"),
    "large and packed": (b"PK\3\4" + b" " * 5_000_001, "it is packed"),
    "cut off": (file_of(vote(Q[0]))[:40].encode(), "not JSON"),
    "foreign": (b'{"a": 1}', "lacks the schema"),
    "a list": (b"[1]", "lacks the schema"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0", "no UTF-8 text"),
    "deep": (b"[" * 100_000, "nested more than"),
    "newer": (file_of({}, schema="nasbook/progress@2").encode(), "written by a newer nasbook"),
    "no version": (file_of({}, schema="nasbook/progress@x").encode(), "lacks the schema"),
    "many": (file_of({f"m.{k}": {"tries": 1} for k in range(1001)}).encode(), "entries are too many"),
    "large": (b" " * 5_000_001, "too many for a progress file"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_cannot_be_used_is_listed_and_never_fatal(folder, kind):
    data, says = BAD[kind]
    (folder / "zoe.json").write_bytes(data)
    found = report(folder)
    assert len(found.learners) == 2 and says in problems(found)["zoe.json"]
    assert "\n" not in problems(found)["zoe.json"]
    assert found.votes[0].counts[:2] == (1, 1)


def test_no_file_that_was_handed_in_is_passed_over_in_silence(folder):
    """Mailers add .txt, cameras and old systems write in capitals, and some hand in an archive."""
    text = file_of(vote(Q[0]))
    for k, name in enumerate(("CARLA.JSON", "nasbook_progress.json.txt", "nasbook_progress", "Jürgen Müßig.json")):
        (folder / name).write_text(text + " " * (k + 1))
    (folder / "late.zip").write_bytes(zipped(text))
    (folder / "old.tar").write_bytes(b"x")
    for name in ("._ada.json", ".hidden.json", "grades.csv", "report.html"):  # of an archiver, or the teacher's own
        (folder / name).write_text("x")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "ada.json").write_text("x")
    found = report(folder)
    assert len(found.learners) == 6
    assert sorted(problems(found)) == ["late.zip", "old.tar"]
    assert "unpack it" in problems(found)["late.zip"] and "not JSON" in problems(found)["old.tar"]


def test_one_learners_tries_do_not_drown_the_others(folder):
    for name, tries in (("x", 10**9), ("y", 3)):
        (folder / f"{name}.json").write_text(file_of({"01.enough": {"tries": tries, "passed": True}}, name * 16))
    assert report(folder).exercises[0].tries == 1003


def test_what_is_no_file_is_listed_too(folder):
    os.mkfifo(folder / "pipe.json")
    (folder / "gone.json").symlink_to(folder / "nowhere")
    (folder / "sub.json").mkdir()
    found = report(folder, folder / "missing.json")
    assert len(found.learners) == 2
    assert "no file" in problems(found)["pipe.json"]
    assert "cannot be read" in problems(found)["gone.json"] and "cannot be read" in problems(found)["missing.json"]


def test_of_a_damaged_file_the_sound_part_is_taken(folder):
    (folder / "zoe.json").write_text(file_of({**vote(Q[1]), "03.ei": {"tries": "x", "passed": True}}))
    found = report(folder)
    assert "what is sound in it was taken" in problems(found)["zoe.json"]
    assert found.votes[0].people == 3 and found.exercises[0].passed == 1


def test_the_same_file_twice_counts_once_and_two_files_of_one_learner_are_joined(folder):
    (folder / "ada (1).json").write_bytes((folder / "ada.json").read_bytes())
    me = "0123456789abcdef"
    early = {
        "03.q1": {"answer": Q[1], "outcome": Q[0], "when": "2026-01-01T00:00:00+00:00"},
        "03.ei": {"tries": 3, "passed": True, "when": "2026-01-01T00:00:00+00:00"},
    }
    late = {
        "03.q1": {"answer": Q[0], "outcome": Q[0], "when": "2026-01-05T00:00:00+00:00"},
        "03.ei": {"tries": 9, "passed": False, "when": "2026-01-05T00:00:00+00:00"},
        "03.switch": {"tries": 1, "passed": False},
    }
    (folder / "monday.json").write_text(file_of(late, me))
    (folder / "friday.json").write_text(file_of(early, me))
    found = report(folder)
    assert len(found.learners) == 3
    assert "counted once" in problems(found)["ada.json"]
    assert "both are of one learner" in problems(found)["monday.json"]
    [both] = [x for x in found.learners if len(x.files) == 2]
    assert both.entries["03.q1"]["answer"] == Q[1], "what was said before the run"
    assert both.entries["03.ei"]["tries"] == 3 and "03.switch" in both.entries


def test_namesakes_are_said_and_not_joined(folder):
    (folder / "bob (2).json").write_text(file_of(vote(Q[0], again=0)))
    found = report(folder)
    assert len(found.learners) == 3 and any("may be of the same person" in p for _, p in found.problems)
    for k in ("", " (1)", " (2)"):  # what every browser calls the file says nothing of a person
        (folder / f"nasbook_progress{k}.json").write_text(file_of({"03.ei": {"tries": len(k) + 1}}))
    assert sum("may be of" in p for _, p in report(folder).problems) == 1


def test_pseudonyms_stay_and_say_nothing(folder):
    first = {x.name: x.code for x in report(folder).learners}
    (folder / "0.json").write_text(file_of({"03.ei": {"tries": 1}}))
    again = {x.name: x.code for x in report(folder).learners}
    assert {n: again[n] for n in first} == first and len(set(again.values())) == 3
    assert all(re.fullmatch("p[a-z2-7]{5}", code) for code in again.values())
    (folder / SALT).unlink()
    other = {x.name: x.code for x in report(folder).learners}
    assert not set(other.values()) & set(again.values()), "without the random number nobody can reckon them"
    (folder / SALT).write_text("no number")
    assert any("pseudonyms will be others" in p for _, p in report(folder).problems)


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


def test_votes_are_those_before_the_run(tmp_path, monkeypatch):
    def one(name, *steps):
        monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / f"{name}.json"))
        for step in steps:
            guess = nasbook.predict("03.q1")
            if step == "again":
                guess.again()
            elif step == "reveal":
                guess.reveal({"EI": 0.6, "PI": 0.66, "UCB, κ = 0": 0.665, "UCB, κ = 5": 0.2}, 0.665)
            else:
                guess.lock(step)

    one("right", Q[0], "reveal")
    one("wrong", Q[1], "reveal")
    one("changed", Q[1], "reveal", "again", Q[0], "reveal")
    one("waits", Q[1])
    one("nothing", "reveal")
    (tmp_path / "older.json").write_text(file_of(vote(Q[0], again=1)))  # of a version that did not keep the first
    [found] = report(tmp_path).votes
    counts = dict(zip(found.options, found.counts, strict=True))
    assert counts[Q[0]] == 1 and counts[Q[1]] == 3 and found.again == 1 and found.outcome == Q[0]
    assert "1 of 4 predicted what came out" in found.sentence and "not counted" in found.sentence


def test_an_answer_in_other_words_and_a_question_of_the_teachers_own_are_shown(folder):
    (folder / "zoe.json").write_text(file_of({**vote("eine Schranke"), "mine.q": {"answer": "yes", "outcome": "no"}}))
    of = {v.name: v for v in report(folder).votes}
    assert "eine Schranke" in of["03.q1"].options and of["03.q1"].people == 3
    assert of["mine.q"].options == ("no", "yes") and of["mine.q"].right == 0


def test_the_hardest_exercise_and_its_wrong_answers_come_first(tmp_path, monkeypatch):
    for k in range(3):
        monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / f"p{k}.json"))
        enough = nasbook.exercise("01.enough")
        enough.check(lambda share, confidence: confidence / share + 0.5)
        enough.check(lambda share, confidence: int(f"{share}"))
        nasbook.exercise("10.pressure").check(lambda P, S: S / P)
        enough.check(...)
    found = report(tmp_path)
    assert found.hardest[0].name == "01.enough" and found.hardest[0].failing == 3 and found.hardest[0].tries == 6
    assert dict(found.hardest[0].wrong)["your answer raised ValueError"] == 3
    assert len(found.hardest[0].wrong) == 2 and all(n == 3 for _, n in found.hardest[0].wrong)
    assert "01.enough: 0 of 3 passed, 6 tries" in repr(found)
    Record(tmp_path / "p9.json").update("03.ei", tries=1, passed=True)
    assert "03.ei: 1 of 1 passed, 1 try\n" in repr(report(tmp_path)) + "\n"
    assert told("at 0.25 yours is -1.5e-3") == told("at 0.5 yours is 7")


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
