"""The trials of a trace as a table."""

import csv
import json
import sys

import pytest

import nasbook
from nasbook.space import Choice, Float, Space
from nasbook.task import Evaluation

SPACE = Space(kind=Choice(["a", "b"]), value=Float(0, 1, when={"kind": "a"}))


def objective(config):
    if config["kind"] == "b":
        raise ValueError('b, and\na second line, "quoted"')
    return Evaluation(config["value"], metrics={"deep": {"x": [1]}, "n": 3})


@pytest.fixture(scope="module")
def trace():
    return nasbook.search("random", objective, space=SPACE, trials=12, seed=1)


def test_csv(trace, tmp_path):
    path = trace.to_csv(tmp_path / "t.csv")
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(r["trial"]) for r in rows] == [t.id for t in trace.trials]
    assert {r["status"] for r in rows} == {"done", "failed"}
    for row, t in zip(rows, trace.trials, strict=True):
        assert row["reason"] == (t.reason or "") and row["config.kind"] == t.config["kind"]
        assert row["config.value"] == row["value"] == ("" if t.value is None else repr(t.value))
        assert row["metric.deep"] == ("" if t.value is None else json.dumps({"x": [1]}))


def test_csv_of_nothing_and_of_several_objectives(tmp_path):
    space = Space(x=Float(0, 1))
    trace = nasbook.search("random", lambda c: (c["x"], 1 - c["x"]), space=space, trials=2)
    with open(trace.to_csv(tmp_path / "t.csv"), newline="", encoding="utf-8") as file:
        first = next(csv.DictReader(file))
    known = "trial,status,value,fidelity,cost,start,end,worker,reason,value_1,value_2,config.x,used.seconds"
    assert list(first)[:13] == known.split(",") and {n[:5] for n in list(first)[12:]} == {"used."}
    assert [first["value_1"], first["value_2"]] == [repr(v) for v in trace.trials[0].values]
    assert first["used.cpu_seconds"] == repr(trace.trials[0].used["cpu_seconds"])
    empty = nasbook.Trace(trace.header)
    assert empty.to_csv(tmp_path / "e.csv").read_text().strip().endswith("reason,config.x")


def test_dataframe(trace, monkeypatch):
    pandas = pytest.importorskip("pandas")
    frame = trace.to_dataframe()
    assert isinstance(frame, pandas.DataFrame) and len(frame) == 12
    assert frame["value"].min() == trace.best.value and frame["metric.n"].max() == 3


def test_a_dataframe_without_pandas_is_one_sentence(trace, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="to_dataframe needs pandas: pip install pandas; trace.to_csv"):
        trace.to_dataframe()
