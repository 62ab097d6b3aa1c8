"""The file of a trace: read line by line while it grows, and each damaged line is named."""

import json
import os
import warnings

import pytest
from told_traces import lines_of, make

import nasbook
from nasbook.trace import Trace
from nasbook.trace_file import Growing, read


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    return lines_of(tmp_path_factory.mktemp("trace") / "t.jsonl")


@pytest.fixture
def whole(tmp_path):
    path = tmp_path / "whole" / "trace.jsonl"
    nasbook.search("random", "branin", trials=5, seed=1, out=path)
    return path


def test_a_trace_that_grows_byte_by_byte_is_read_line_by_line(whole, tmp_path):
    data, path = whole.read_bytes(), tmp_path / "trace.jsonl"
    growing, path_known = Growing(path), []
    path.touch()
    for end in range(0, len(data), 97):
        with open(path, "ab") as file:
            file.write(data[path.stat().st_size : end])
        growing.read()
        path_known.append(len(growing.trace or ()))
    with open(path, "ab") as file:
        file.write(data[path.stat().st_size :])
    assert growing.read() and not growing.read()
    assert path_known == sorted(path_known) and set(path_known) == {0, 1, 2, 3, 4}
    assert growing.trace.digest == Trace.load(whole).digest


def test_another_trace_in_its_place_begins_anew(whole, tmp_path):
    growing = Growing(whole)
    growing.read()
    first = growing.trace
    other = tmp_path / "other.jsonl"
    nasbook.search("random", "branin", trials=9, seed=2, out=other)
    os.replace(other, whole)
    assert growing.read() and growing.trace is not first and len(growing.trace) == 9
    whole.write_bytes(whole.read_bytes()[:1])
    assert growing.read() and growing.trace is None


def test_every_cut_of_the_last_line_is_dropped_with_a_warning(tmp_path, lines):
    path = tmp_path / "t.jsonl"
    head, last = b"".join(lines[:-1]), lines[-1]
    for cut in range(len(last) + 1):
        path.write_bytes(head + last[:cut])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            trace, good = read(path)
        complete = cut >= len(last) - 1  # only the newline is missing, or nothing
        assert len(trace.events) == len(lines) - 1 - (not complete)
        assert good == len(head) + (cut if complete else 0)
        told = [str(w.message) for w in caught]
        if cut == 0 or complete:
            assert told == []
        else:
            assert told == [f"{path}: line {len(lines)} was cut off and is dropped"]


def refuse(path, lines, number, *sentences):
    path.write_bytes(b"".join(lines))
    with pytest.raises(ValueError, match=rf"t\.jsonl, line {number}: ") as error:
        Trace.load(path)
    assert any(s in str(error.value) for s in sentences) or not sentences, error.value
    with pytest.raises(ValueError, match=rf"line {number}: "):
        make(path, resume=True)
    assert path.read_bytes() == b"".join(lines)  # a damaged file is left as it is


GARBAGE = [b"\n", b"garbage\n", b"[1, 2]\n", b"3\n", b"null\n", b"\xff\xfe\x00\n", b'{"event": "ask"\n', b"{}\n"]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_any_other_damaged_line_is_named(tmp_path, lines, garbage):
    for i in range(len(lines) - (not garbage.strip())):  # a blank line at the end is nothing
        refuse(tmp_path / "t.jsonl", [*lines[:i], garbage, *lines[i + 1 :]], i + 1)


def test_cut_lines_in_the_middle_are_named(tmp_path, lines):
    for i in range(len(lines)):
        half = lines[i][: len(lines[i]) // 2]
        refuse(tmp_path / "t.jsonl", [*lines[:i], half + b"\n", *lines[i + 1 :]], i + 1, "not a line of JSON")
    for i in range(1, len(lines) - 1):  # two lines run into each other
        refuse(tmp_path / "t.jsonl", [*lines[:i], lines[i][:30] + lines[i + 1], *lines[i + 2 :]], i + 1)


def test_lost_doubled_and_swapped_lines_are_found(tmp_path, lines):
    path = tmp_path / "t.jsonl"
    events = [(row["event"], row["id"]) for row in map(json.loads, lines[1:])]
    for i, (kind, id_) in enumerate(events, 1):
        doubled = [*lines[: i + 1], lines[i], *lines[i + 1 :]]
        refuse(path, doubled, i + 2, "was expected", "had not started or had ended")
        if kind == "ask" and i < len(events):  # its absence is noticed at the next ask, or at its own end
            later = [j for j, (k, other) in enumerate(events[i:], i + 1) if k == "ask" or other == id_]
            refuse(path, [*lines[:i], *lines[i + 1 :]], later[0], "was expected", "had not started")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"schema": "nasbook/trace@2"}, "this is not a trace: schema must be 'nasbook/trace@1', not 'nasbook/trace@2'"),
        ({"schema": None}, "this is not a trace"),
        ({"space": {}}, "Space: at least one parameter is needed"),
        ({"space": 3}, "a space is a dict of parameters, not 3"),
        ({"space": {"x": 3}}, "x: a parameter is described by a dict, not 3"),
        ({"method": None}, "method must be"),
        ({"seed": "0"}, "seed must be"),
        ({"settings": 3}, "settings must be"),
        ({"arguments": []}, "arguments must be"),
        ({"workers": "3"}, "workers must be"),
    ],
)
def test_a_wrong_header_is_named(tmp_path, lines, change, sentence):
    row = {**json.loads(lines[0]), **change}
    refuse(tmp_path / "t.jsonl", [json.dumps(row).encode() + b"\n", *lines[1:]], 1, sentence)
