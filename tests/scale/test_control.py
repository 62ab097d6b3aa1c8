"""The control file of a run: whatever stands in it, the run goes on; and what is asked is done, once."""

import json
import os

import pytest

import nasbook
from nasbook import Float, Space
from nasbook.scale import run
from nasbook.scale.control import FILE, SCHEMA, order, read_orders
from nasbook.scale.watch import Watched
from nasbook.trace import Trace

SPACE = Space(x=Float(0, 1))


def write(folder, **row):
    (folder / FILE).write_text(json.dumps({"schema": SCHEMA, **row}))


def test_what_is_ordered_is_read(tmp_path):
    assert read_orders(tmp_path / FILE, SPACE).wrong == ()
    order(tmp_path, then={"x": 0.25})
    order(tmp_path, pause=True)
    order(tmp_path, then={"x": 0.5})
    order(tmp_path, stop=True, pause=False)
    orders = read_orders(tmp_path / FILE, SPACE)
    assert (orders.pause, orders.stop, orders.wrong) == (False, True, ())
    assert orders.next == ({"x": 0.25}, {"x": 0.5})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a control file"),
        ('{"schema": "nasbook/con', "not a control file"),
        ("[]", "a JSON object was expected"),
        ("[" * 100_000, "nested"),
        ("\ud83d".encode("utf-16", "surrogatepass"), "UTF-"),
        ('{"pause": true}', "schema must be"),
        ('{"schema": "nasbook/control@2", "stop": true}', "schema must be 'nasbook/control@1'"),
        ('{"schema": "nasbook/control@1", "puase": true}', "did you mean 'pause'"),
        ('{"schema": "nasbook/control@1", "stop": "no"}', "stop must be true or false, not 'no'"),
        ('{"schema": "nasbook/control@1", "pause": 1}', "pause must be true or false, not 1"),
        ('{"schema": "nasbook/control@1", "next": {"x": 0.5}}', "next must be a list"),
        ('{"schema": "nasbook/control@1", "next": [0.5]}', "configuration 1 of next is left out"),
        ('{"schema": "nasbook/control@1", "next": [{"x": 7}]}', "x "),
        ('{"schema": "nasbook/control@1", "next": [{"x": 1e999}]}', "too large"),
        ('{"schema": "nasbook/control@1", "next": [{"y": 0.5}]}', "unknown parameter 'y'"),
        ('{"schema": "nasbook/control@1", "next": [{"x": {"a": []}}]}', "x "),
        ('{"schema": "nasbook/control@1", "next": [{"x": null}]}', "x "),
        (" " * 2_000_000, "at most 1,000,000"),
    ],
)
def test_a_damaged_control_file_is_one_sentence_and_no_order(tmp_path, text, said):
    (tmp_path / FILE).write_bytes(text if isinstance(text, bytes) else text.encode())
    orders = read_orders(tmp_path / FILE, SPACE)
    assert not orders.pause and not orders.stop and not orders.next
    assert len(orders.wrong) == 1 and said in orders.wrong[0] and "\n" not in orders.wrong[0], orders.wrong


def test_what_is_right_in_it_is_taken_beside_what_is_wrong(tmp_path):
    write(tmp_path, pause=True, stop=0, next=[{"x": 2}, {"x": 0.5}, "x"], more=1)
    orders = read_orders(tmp_path / FILE, SPACE)
    assert orders.pause and orders.next == ({"x": 0.5},) and len(orders.wrong) == 4


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
@pytest.mark.parametrize("make", [os.mkdir, getattr(os, "mkfifo", None), lambda p: os.symlink(p, p)])
def test_what_is_no_file_is_not_waited_for(tmp_path, make):
    make(tmp_path / FILE)
    assert len(read_orders(tmp_path / FILE, SPACE).wrong) == 1


def test_a_damaged_file_is_put_aside_and_a_newer_one_left_alone(tmp_path):
    (tmp_path / FILE).write_text("{")
    order(tmp_path, stop=True)
    assert read_orders(tmp_path / FILE, SPACE).stop and (tmp_path / "control.damaged.json").read_text() == "{"
    newer = '{"schema": "nasbook/control@2"}'
    (tmp_path / FILE).write_text(newer)
    with pytest.raises(ValueError, match="nasbook/control@2"):
        order(tmp_path, stop=True)
    assert (tmp_path / FILE).read_text() == newer
    with pytest.raises(ValueError, match="cannot be written"):
        order(tmp_path / "nowhere", stop=True)


def test_a_run_takes_the_good_configurations_first_and_warns_once_of_the_others(study, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    write(out, next=[{"x": 7}, {"x": 0.5}, {"x": 0.25}, {"x": 0.5}])
    trace = run(study("square", 5, "first:\n- {x: 0.75}"), out, progress=True)
    assert [t.config["x"] for t in trace.trials][:4] == [0.5, 0.25, 0.5, 0.75]
    assert capsys.readouterr().err.count("configuration 1 of next is left out") == 1
    assert "configuration 1 of next" in Watched(out).said() or (w := Watched(out)).read() and w.said()
    again = list(nasbook.replay(Trace.load(out / "trace.jsonl")))
    assert [s.trial for s in again] == trace.trials


def test_orders_to_a_run_that_is_over_are_over_and_configurations_are_not_tried_again(study, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    write(out, stop=True, pause=True, next=[{"x": 0.5}])
    path = study("square", 3)
    assert len(run(path, out)) == 3  # neither stopped nor paused
    order(out, then={"x": 0.125})
    order(out, stop=True)
    trace = run(study("square", 5), out, resume=True)
    ours = [t.config["x"] for t in trace.trials]
    assert ours[0] == 0.5 and ours[3] == 0.125 and ours.count(0.5) == 1 and len(ours) == 5
    assert not trace.interrupted
