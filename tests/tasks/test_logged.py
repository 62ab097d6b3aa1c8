"""Trials in a CSV file: what its columns mean, the way from a trace and back, and a sentence for each damage."""

import pytest

import nasbook
from nasbook.tasks.logged import read_trials


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_a_trace_that_was_written_comes_back(tmp_path):
    trace = nasbook.search("random", "digits-hpo-messy", trials=30, seed=3)
    (back,) = read_trials(trace.to_csv(tmp_path / "t.csv"))
    assert [t.config for t in back.trials] == [t.config for t in trace.trials]
    assert [t.value for t in back.trials] == [t.value for t in trace.trials]
    assert [t.status for t in back.trials] == [t.status for t in trace.trials]
    assert list(back.space.parameters) == list(trace.space.parameters)


def test_methods_and_seeds_are_traces_and_numbers_are_ranges(tmp_path):
    rows = "".join(
        f"{m},{s},{10 ** -(i % 7 + 1)},{i},{'p' if i % 2 else 'q'},{i / 10}\n"
        for m in "ab"
        for s in (1, 2)
        for i in range(9)
    )
    traces = read_trials(
        written(tmp_path / "runs.csv", "method,seed,lr,n,kind,acc\n" + rows), value="acc", maximise=True
    )
    assert [(t.header.method, t.header.seed, len(t)) for t in traces] == [
        ("a", 1, 9),
        ("a", 2, 9),
        ("b", 1, 9),
        ("b", 2, 9),
    ]
    p = traces[0].space.parameters
    assert p["lr"].log and (p["lr"].low, p["lr"].high) == (1e-7, 0.1) and (p["n"].low, p["n"].high) == (0, 8)
    assert sorted(p["kind"].options) == ["p", "q"]
    assert traces[0].best.value == -0.8 and traces[0].header.provenance["maximised"] == [0]


def test_failures_conditions_and_columns_without_a_reason(tmp_path):
    text = "value,kernel,degree,odd\n0.1,poly,2,1\n,rbf,,2\nnan,rbf,,\ninf,poly,3,4\n"
    (trace,) = read_trials(written(tmp_path / "x.csv", text))
    assert [t.status for t in trace.trials] == ["done", "failed", "failed", "failed"]
    assert trace.space.conditions["degree"] == {"kernel": ("poly",)} and "odd" not in trace.space.parameters
    assert trace.header.provenance["left_out_columns"] == ["odd"]
    (bare,) = read_trials(written(tmp_path / "y.csv", "value\n0.2\n0.1\n"))
    assert bare.best.value == 0.1


WRONG = [
    ("", "the file is empty"),
    ("value,x\n", "a header and no trial"),
    ("loss,x\n1,2\n", "no column 'value'; the columns are loss, x"),
    ("value,x\nlow,2\n", "line 2: value must be a number, not 'low'"),
    ("value,seed\n1,one\n", "seed must be a whole number, not 'one'"),
    ("value,status\n1,finished\n", "status must be done, failed or pruned, not 'finished'"),
    ("value,x\n1,2,3\n", "line 2: 3 cells, but line 1 names 2 columns"),
]


@pytest.mark.parametrize("text, says", WRONG, ids=[says for _, says in WRONG])
def test_damage_gets_one_sentence(tmp_path, text, says):
    with pytest.raises(ValueError, match=says) as caught:
        read_trials(written(tmp_path / "x.csv", text))
    assert "\n" not in str(caught.value)
