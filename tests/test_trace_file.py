"""A trace that grows is read line by line."""

import os

import pytest

import nasbook
from nasbook.trace import Trace
from nasbook.trace_file import Growing


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
