"""Every file that was handed in counts once, or is listed with the reason."""

import gzip
import io
import os
import re
import zipfile

import pytest
from course.handed_in import Q, file_of, problems, vote

from nasbook.course import report
from nasbook.course.teach.collect import SALT


def zipped(text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("nasbook_progress.json", text)
    return out.getvalue()


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
