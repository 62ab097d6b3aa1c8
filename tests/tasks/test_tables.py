"""An own table as a task: from CSV and from arrays, with errors that say where."""

import csv
import json
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nasbook
from nasbook import Choice, Constant, Float, Int, Space, Table
from nasbook.task import StopTrial

# ---- an own table --------------------------------------------------------------------------------------

RESULTS = """\
optimiser,lr,layers,error,seconds,size
adam,0.001,2,0.10,30,1000
adam,0.01,2,0.20,31,1000
adam,0.001,4,0.08,60,2000

sgd,0.001,2,0.50,29,1000
"sgd",0.01,4,nan,58,2000
"""


@pytest.fixture
def results(tmp_path):
    path = tmp_path / "results.csv"
    path.write_text(RESULTS)
    return path


def test_a_csv_becomes_a_task(results):
    table = Table.from_csv(results, value="error", cost="seconds", metrics=["size"])
    assert table.space == Space(
        optimiser=Choice(["adam", "sgd"]),
        lr=Choice([0.001, 0.01], ordered=True),
        layers=Choice([2, 4], ordered=True),
    )
    assert table.name == "results.csv"
    assert len(table) == 5
    assert not table.complete  # 5 of 8
    answer = table.evaluate({"optimiser": "adam", "lr": 0.001, "layers": 4})
    assert (answer.value, answer.cost, answer.metrics) == (0.08, 60.0, {"size": 2000.0})
    assert table.optimum == 0.08
    assert table.regret({"optimiser": "adam", "lr": 0.001, "layers": 2}) == pytest.approx(0.02)
    assert list(table.columns["seconds"]) == [30, 31, 60, 29, 58]
    assert list(table.columns["optimiser"]) == ["adam"] * 3 + ["sgd"] * 2


def test_a_search_over_an_own_table_finds_its_best_row(results):
    table = Table.from_csv(results, value="error", cost="seconds", metrics=["size"])
    trace = nasbook.search("grid", table, trials=8)
    assert trace.best.config == {"optimiser": "adam", "lr": 0.001, "layers": 4}
    assert trace.best.value == 0.08
    failed = {tuple(s.trial.config.values()): s.trial.reason for s in trace.steps if s.trial.status == "failed"}
    assert len(failed) == 4
    assert failed["sgd", 0.01, 4].startswith("diverged")
    assert "results.csv has no row for {'optimiser': 'sgd', 'lr': 0.01, 'layers': 2}" in failed["sgd", 0.01, 2]


def test_a_configuration_without_a_row_is_named(results):
    table = Table.from_csv(results, value="error", cost="seconds", metrics=["size"])
    with pytest.raises(
        LookupError, match=r"results.csv has no row for \{'optimiser': 'sgd', 'lr': 0.001, 'layers': 4\}"
    ):
        table.evaluate({"optimiser": "sgd", "lr": 0.001, "layers": 4})
    with pytest.raises(ValueError, match="lr must be one of 0.001, 0.01, not 0.5"):
        table.evaluate({"optimiser": "sgd", "lr": 0.5, "layers": 4})


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("lr,error\n1,2\n", {}, r"results.csv, line 1: there is no column 'value'; there are lr, error"),
        ("lr,eror\n1,2\n", {"value": "error"}, r"line 1: there is no column 'error'; did you mean 'eror'\?"),
        ("lr,value\n1,2\n", {"cost": "seconds"}, r"line 1: there is no column 'seconds'"),
        ("lr,value\n1,2\n", {"metrics": ["size"]}, r"line 1: there is no column 'size'"),
        ("lr,value\n1,2\n", {"parameters": ["lr", "wd"]}, r"line 1: there is no column 'wd'"),
        ("lr,value\n1,2\n\n2,high\n", {}, r"results.csv, line 4: value must be a number, not 'high'"),
        ("lr,value,s\n1,2,3\n2,3,inf\n", {"cost": "s"}, r"line 3: s must be a number, not 'inf'"),
        ("lr,value,s\n1,2,3\n2,3,-1\n", {"cost": "s"}, r"line 3: s must be seconds, not the negative number -1"),
        ("lr,value\n1,2\n2,3\n1.0,4\n", {}, r"line 4: \{'lr': 1.0\} stands there twice, first in .*line 2"),
        ("lr,value\n1,2\n2\n", {}, r"line 3: 1 cells, but line 1 names 2 columns"),
        ("lr,wd,value\n1,2,3\n2,,4\n", {}, r"line 3: wd is empty"),
        ("lr,lr,value\n1,2,3\n", {}, r"line 1: the column 'lr' stands there twice"),
        ("lr,value\n", {}, r"results.csv, line 1: the table has no rows"),
        ("value\n1\n", {}, r"line 1: no column is left"),
        ("", {}, r"line 1: there is no column 'value'; there are no columns"),
    ],
)
def test_errors_name_the_file_and_the_line(tmp_path, text, arguments, message):
    path = tmp_path / "results.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        Table.from_csv(path, **arguments)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing.csv: there is no such file"):
        Table.from_csv(tmp_path / "nothing.csv")


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "results.csv").write_bytes(b"lr,value\n1,\xff\xfe\n")
    with pytest.raises(ValueError, match="results.csv: this is not a CSV file in UTF-8"):
        Table.from_csv(tmp_path / "results.csv")


def test_a_table_from_a_csv_says_how_to_make_it_again(results):
    table = Table.from_csv(results, value="error", cost="seconds", metrics=["size"])
    again = Table.from_csv(**json.loads(json.dumps(table.arguments)))
    assert again.space == table.space
    assert list(again.columns["error"][:4]) == list(table.columns["error"][:4]) == [0.10, 0.20, 0.08, 0.50]
    assert again.knows_cost


def test_a_search_over_a_table_can_be_saved_and_resumed(results, tmp_path):
    table = Table.from_csv(results, value="error", cost="seconds")
    with_pause = tmp_path / "trace.jsonl"
    nasbook.search("random", table, trials=5, seed=1, out=with_pause)
    resumed = nasbook.search("random", table, trials=12, seed=1, out=with_pause, resume=True)
    whole = nasbook.search("random", table, trials=12, seed=1)
    assert [s.trial.config for s in resumed.steps] == [s.trial.config for s in whole.steps]
    assert [s.trial.value for s in resumed.steps] == [s.trial.value for s in whole.steps]


def test_maximise_turns_the_value_round_and_keeps_it_readable():
    table = Table.from_arrays({"x": [1, 2, 3], "accuracy": [0.7, 0.9, 0.8]}, value="accuracy", maximise=True)
    assert table.optimum == -0.9
    answer = table.evaluate({"x": 2})
    assert answer.value == -0.9
    assert answer.metrics == {"accuracy": 0.9}
    assert not table.knows_cost
    assert nasbook.search("grid", table, trials=3).best.config == {"x": 2}


def test_arrays_infer_order_truth_and_constants():
    table = Table.from_arrays(
        {
            "width": np.array([64, 16, 32]),
            "bias": [True, False, True],
            "name": ["b", "a", "c"],
            "seed": [7, 7, 7],
            "value": np.float32([1, 2, 3]),
        }
    )
    assert table.space == Space(
        width=Choice([16, 32, 64], ordered=True),
        bias=Choice([False, True], ordered=True),
        name=Choice(["b", "a", "c"]),
        seed=Constant(7),
    )
    json.dumps(table.space.to_dict())
    assert table.evaluate({"width": 16, "bias": False, "name": "a", "seed": 7}).value == 2


def test_arrays_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match=r"differ in length: \{'x': 2, 'value': 3\}"):
        Table.from_arrays({"x": [1, 2], "value": [1, 2, 3]})


def test_a_twin_row_of_arrays_is_named_by_its_number():
    with pytest.raises(ValueError, match=r"mine: row 2: \{'x': 1\} stands there twice, first in mine: row 0"):
        Table.from_arrays({"x": [1, 2, 1], "value": [1, 2, 3]}, name="mine")


def test_an_own_space_may_have_conditions_and_checks_each_row(tmp_path):
    space = Space(kernel=Choice(["rbf", "poly"]), degree=Int(2, 5, when={"kernel": "poly"}), C=Float(0.1, 10, log=True))
    path = tmp_path / "svm.csv"
    path.write_text("kernel,degree,C,value\nrbf,,1,0.3\npoly,3,1,0.2\n")
    table = Table.from_csv(path, space=space)
    assert table.configs == [{"kernel": "rbf", "C": 1.0}, {"kernel": "poly", "degree": 3, "C": 1.0}]
    assert table.evaluate({"kernel": "poly", "degree": 3, "C": 1}).value == 0.2

    path.write_text("kernel,degree,C,value\nrbf,,1,0.3\npoly,9,1,0.2\n")
    with pytest.raises(ValueError, match=r"svm.csv, line 3: degree must be a whole number in"):
        Table.from_csv(path, space=space)
    path.write_text("kernel,degree,C,value\nrbf,2,1,0.3\n")
    with pytest.raises(ValueError, match=r"svm.csv, line 2: degree exists only when kernel"):
        Table.from_csv(path, space=space)
    path.write_text("kernel,C,value\nrbf,1,0.3\n")
    with pytest.raises(ValueError, match=r"line 1: there is no column 'degree'"):
        Table.from_csv(path, space=space)


CURVES = {
    "lr": [0.1, 0.1, 0.1, 0.2, 0.2],
    "epoch": [1, 3, 9, 1, 3],
    "value": [0.9, 0.6, 0.5, 0.8, 0.7],
    "seconds": [1, 3, 9, 1, 3],
}


def test_a_fidelity_column():
    table = Table.from_arrays(CURVES, cost="seconds", fidelity="epoch")
    assert (table.fidelity.unit, table.fidelity.min, table.fidelity.max) == ("epoch", 1, 9)
    assert table.evaluate({"lr": 0.1}).value == 0.5
    assert table.evaluate({"lr": 0.1}, fidelity=3).value == 0.6
    assert table.evaluate({"lr": 0.1}, fidelity=3).cost == 3
    assert table.evaluate({"lr": 0.2}).value == 0.7  # its highest
    assert table.optimum == 0.5
    assert table.regret({"lr": 0.2}) == pytest.approx(0.2)
    with pytest.raises(LookupError, match=r"table has no epoch 5 for \{'lr': 0.1\}; it has 1, 3, 9"):
        table.evaluate({"lr": 0.1}, fidelity=5)


def test_the_rows_of_a_curve_are_reported_until_they_are_stopped():
    seen = []

    def report(fidelity, value, cost=None):
        seen.append((fidelity, value))
        if value < 0.7:
            raise StopTrial("enough")

    Table.from_arrays(CURVES, fidelity="epoch", metrics=["seconds"]).evaluate({"lr": 0.1}, report=report)
    assert seen == []  # not one training, so nothing happened on the way
    table = Table.from_arrays(CURVES, fidelity="epoch", metrics=["seconds"], curve=True)
    with pytest.raises(StopTrial):
        table.evaluate({"lr": 0.1}, report=report)
    assert seen == [(1, 0.9), (3, 0.6)]


names = st.lists(st.text("abcxyz_", min_size=1, max_size=6), min_size=1, max_size=4, unique=True)
words = st.text("abc ,;\"'\nµ-", min_size=1, max_size=5).filter(lambda s: s.strip() == s)
options = st.one_of(
    st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=3, unique=True),
    st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=3, unique=True),
    st.lists(words, min_size=1, max_size=3, unique=True),
    st.just([True, False]),
)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), names=names)
def test_what_is_written_to_a_csv_is_read_back(data, names, tmp_path_factory):
    axes = [data.draw(options) for _ in names]
    rows = list(product(*axes))
    values = data.draw(st.lists(st.floats(-1e9, 1e9), min_size=len(rows), max_size=len(rows)))
    arrays = {**{n: [row[i] for row in rows] for i, n in enumerate(names)}, "the value": values}
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(arrays)
        writer.writerows(zip(*arrays.values(), strict=True))

    a = Table.from_arrays(arrays, value="the value")
    b = Table.from_csv(path, value="the value")
    assert a.complete and b.complete
    assert list(a.values) == list(b.values) == values
    for row, value in zip(rows, values, strict=True):
        config = dict(zip(names, row, strict=True))
        assert a.evaluate(config).value == b.evaluate(config).value == value


@pytest.mark.parametrize(("fidelity", "epochs"), [(None, [1, 3, 9]), (3, [1, 3]), (1, [1])])
def test_a_curve_is_reported_up_to_the_fidelity_asked_for(fidelity, epochs):
    table = Table.from_arrays(CURVES, fidelity="epoch", metrics=["seconds"], curve=True)
    seen = []
    answer = table.evaluate({"lr": 0.1}, fidelity=fidelity, report=lambda x, value, cost: seen.append((x, value)))
    assert seen == list(zip(epochs, [0.9, 0.6, 0.5], strict=False))
    assert answer.value == seen[-1][1]
