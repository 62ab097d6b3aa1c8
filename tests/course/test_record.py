"""The progress file: damaged in every way, and written by several notebooks at once."""

import json
import os
import subprocess
import sys
import warnings

import pytest

from nasbook.course import Record, progress
from nasbook.course.record import SCHEMA

GOOD = {"03.ei": {"passed": True, "tries": 2, "when": "2026-01-02T03:04:05+00:00"}, "03.q1": {"answer": "left"}}


def file_of(entries):
    return json.dumps({"schema": SCHEMA, "entries": entries}, indent=1)


def with_field(field, value):
    """The file where an exercise has this field, written as it stands; its line is 13."""
    return file_of({**GOOD, "10.age": {field: "HERE"}}).replace('"HERE"', value)


FIELDS = [  # a wrong one in one entry: the others, and the rest of this one, are kept
    ("tries", '"x"', 'line 13: tries of 10.age must be a whole number, not "x"'),
    ("tries", "-3", "line 13: tries of 10.age must be a whole number, not -3"),
    ("tries", "true", "line 13: tries of 10.age must be a whole number"),
    ("tries", "[1]", "line 13: tries of 10.age must be a whole number"),
    ("hints", "null", "line 13: hints of 10.age must be a whole number"),
    ("again", "1.5", "line 13: again of 10.age must be a whole number"),
    ("passed", '"yes"', "line 13: passed of 10.age must be true or false"),
    ("solution_seen", "{}", "line 13: solution_seen of 10.age must be true or false"),
    ("answer", "[[[1]]]", "line 13: answer of 10.age must be text"),
    ("outcome", "3", "line 13: outcome of 10.age must be text"),
    ("wrong", '"x"', "line 13: wrong of 10.age must be a list of sentences"),
    ("wrong", "[1]", "line 13: wrong of 10.age must be a list of sentences"),
    ("first", "3", "line 13: first of 10.age must be text"),
    ("when", "7", "line 13: when of 10.age must be text"),
]
WHOLE = {  # nothing of these can be read
    "cut off": (file_of(GOOD)[:60].encode(), "not JSON"),
    "empty": (b"", "not JSON"),
    "deep": (b"[" * 100_000, "nested more than 100 levels"),
    "deeper than we go": (b'{"schema": "%s", "entries": %s}' % (SCHEMA.encode(), b"[" * 200 + b"]" * 200), "nested"),
    "digits": (with_field("tries", "7" * 400).encode(), "a whole number of 400 digits is too large (line 13)"),
    "minus infinity": (with_field("tries", "-1e400").encode(), "the number -1e400 is too large (line 13)"),
    "NaN": (with_field("tries", "NaN").encode(), "NaN is not a number of JSON (line 13)"),
    "null bytes": (file_of(GOOD).encode().replace(b"left", b"\0\0"), "line 10"),
    "UTF-16": (file_of(GOOD).encode("utf-16"), "UTF-16"),
    "latin-1": (file_of(GOOD).encode().replace(b"left", b"\xe9"), "no UTF-8 text"),
    "a list": (b"[1, 2]", "lacks the schema"),
    "no entries": (json.dumps({"schema": SCHEMA, "entries": 3}).encode(), "or its entries"),
}


@pytest.mark.parametrize(("field", "value", "says"), FIELDS)
def test_a_wrong_field_is_named_with_its_line_and_everything_else_is_kept(tmp_path, field, value, says):
    path = tmp_path / "p.json"
    path.write_text(with_field(field, value))
    record = Record(path)
    with pytest.warns(UserWarning, match="put aside as p.json.damaged"):
        assert record.read() == {**GOOD, "10.age": {}}
    assert says in record.problem and str(path) in record.problem and "\n" not in record.problem
    assert (tmp_path / "p.json.damaged").read_text() == with_field(field, value)
    Record(path).revise("10.age", lambda old: {"tries": old.get("tries", 0) + 1})
    assert Record(path).read()["10.age"]["tries"] == 1 and Record(path).read()["03.ei"] == GOOD["03.ei"]
    with pytest.raises(ValueError, match=f"{field} of 10.age must be"):
        Record(path).restore(with_field(field, value))


@pytest.mark.filterwarnings("ignore:.*put aside")
@pytest.mark.parametrize("damage", WHOLE)
def test_a_damaged_file_is_put_aside_under_a_new_name(tmp_path, damage):
    path, (data, says) = tmp_path / "p.json", WHOLE[damage]
    for name in ("p.json.damaged", "p.json.damaged-2", "p.json.damaged-3"):
        path.write_bytes(data)
        record = Record(path)
        record.update("10.age", passed=True)
        assert says in record.problem and name in record.problem and "\n" not in record.problem
        assert record.read()["10.age"]["passed"]
    for name in ("p.json.damaged", "p.json.damaged-2", "p.json.damaged-3"):
        assert (tmp_path / name).read_bytes() == data
    kept = path.read_bytes()
    with pytest.raises(ValueError, match="this is no progress file"):
        Record(path).restore(data)
    assert path.read_bytes() == kept


def test_a_file_of_a_newer_nasbook_is_called_so_and_stays(tmp_path):
    path, data = tmp_path / "p.json", file_of(GOOD).replace("progress@1", "progress@2")
    with pytest.raises(ValueError, match="^it was written by a newer nasbook .nasbook/progress@2; this one reads"):
        Record(path).restore(data)
    path.write_text(data)
    with pytest.warns(UserWarning, match="written by a newer nasbook"):
        assert Record(path).read() == {}
    assert (tmp_path / "p.json.damaged").read_text() == data


def test_a_mark_at_the_beginning_is_no_damage(tmp_path):
    path = tmp_path / "p.json"
    path.write_bytes(b"\xef\xbb\xbf" + file_of(GOOD).replace("\n", "\r\n").encode())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Record(path).read() == GOOD
        assert Record(tmp_path / "other.json").restore(path.read_bytes()) == 2


def test_a_folder_in_its_place_stays_and_stops_no_lesson(tmp_path):
    (tmp_path / "p.json" / "inside").mkdir(parents=True)
    record = Record(tmp_path / "p.json")
    with pytest.warns(UserWarning, match=r"progress is not kept: .*p\.json is a folder"):
        record.update("10.age", passed=True)
    assert record.read() == {} and (tmp_path / "p.json" / "inside").is_dir()
    assert [p.name for p in tmp_path.iterdir() if not p.name.startswith(".")] == ["p.json"]
    with pytest.warns(UserWarning):
        assert "is a folder" in progress(tmp_path / "p.json").children[2].value


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_put_aside(tmp_path):
    path = tmp_path / "p.json"
    path.write_text(file_of(GOOD))
    path.chmod(0)
    with pytest.warns(UserWarning, match="permission denied"):
        Record(path).update("10.age", passed=True)
    assert Record(path).read()["10.age"]["passed"]
    (tmp_path / "p.json.damaged").chmod(0o600)
    assert (tmp_path / "p.json.damaged").read_text() == file_of(GOOD)


NOTEBOOK = """
import sys
from nasbook.course import Record
path, me = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
for k in range(25):
    Record(path).update(f"{me}.{k}", passed=True)
    Record(path).revise("both", lambda old: {"tries": old.get("tries", 0) + 1})
"""


def test_notebooks_that_write_at_once_lose_nothing(tmp_path):
    path = tmp_path / "p.json"
    books = [
        subprocess.Popen(
            [sys.executable, "-c", NOTEBOOK, str(path), me], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for me in "abc"
    ]
    for book in books:
        assert book.stdout.readline() == "ready\n"
    for book in books:
        book.stdin.write("\n")
        book.stdin.flush()
    for book in books:
        book.communicate()
        assert book.returncode == 0
    entries = Record(path).read()
    assert set(entries) == {"both"} | {f"{me}.{k}" for me in "abc" for k in range(25)}
    assert entries["both"]["tries"] == 75


def test_a_failed_check_elsewhere_does_not_take_back_what_was_passed(tmp_path, monkeypatch):
    """Both notebooks had read the record before either wrote."""
    import nasbook

    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "p.json"))
    here = nasbook.exercise("10.pressure")

    def slow(P, S):
        Record().update("10.pressure", passed=True, tries=1)  # meanwhile, in the other notebook
        return 0.5

    assert not here.check(slow)
    assert Record().read()["10.pressure"]["passed"] and Record().read()["10.pressure"]["tries"] == 1
