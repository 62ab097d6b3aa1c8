"""A table of one's own as a task: from CSV and from arrays, with errors that say where."""

import csv
import gzip
import json
import warnings
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nasbook
from nasbook import Choice, Constant, Float, Int, Space, Table
from nasbook.task import StopTrial

# ---- one's own table --------------------------------------------------------------------------------------

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
        ("lr,value\n1,2\n2\n", {}, r"line 3: 1 cell, but line 1 names 2 columns"),
        ("lr,wd,value\n1,2,3\n2,,4\n", {}, r"line 3: wd is empty"),
        ("lr,lr,value\n1,2,3\n", {}, r"line 1: the column 'lr' stands there twice"),
        ("lr,value\n", {}, r"results.csv, line 1: the table has no rows"),
        ("value\n1\n", {}, r"line 1: no column is left"),
        ("", {}, r"results.csv: the file is empty; its first line must name the columns"),
        ("\ufeff \n\n", {}, r"results.csv: the file is empty"),
        ('lr,note,value\n1,"a\nb",2\n2,c,high\n', {}, r"line 4: value must be a number, not 'high'"),
        ('lr,note,value\n1,a,2\n2,"c\nd\ne",high\n', {}, r"line 3: value must be a number, not 'high'"),
        ('lr,value\n1,2\n2,"3\n', {}, r"line 3: this is not CSV \(unexpected end of data\)"),
        ("lr,,value\n1,2,3\n2,2,4\n", {}, r"line 1: column 2 has no name"),
        ("lr,value\n1,2\n", {"objectives": ["value"]}, r"objectives names two or more different columns"),
        ("lr,value\n1,2\n", {"metrics": "size"}, r"metrics is a list of columns such as \['size'\]"),
        ("lr,value\n1,2\n", {"objectives": ["value", "lr"], "maximise": ["vale"]}, r"maximise names 'vale'"),
        ("lr;value\n1;0,5\n", {}, r"line 2: value must be a number, not '0,5'; decimal=',' reads it"),
        ("lr;value\n1;0.5\n", {"decimal": ","}, r"line 2: value must be a number, not '0.5'; decimal='.' reads it"),
        ("lr;value\n1;2\n", {"decimal": ";"}, r"decimal must be '.' or ',', not ';'"),
        ("lr;value\n1;2\n", {"delimiter": ";;"}, r"delimiter must be one character such as ';', not ';;'"),
        ("lr,value\n1,2\n1,3\n", {}, r"stands there twice, .*; runs that were repeated need repeat='…'"),
        ("lr,seed,value\n1,0,2\n1,,3\n", {"repeat": "seed"}, r"line 3: seed is empty"),
        ("lr,seed,value\n1,0,2\n1,0,3\n", {"repeat": "seed"}, r"line 3: \{'lr': 1\} of seed 0 stands there twice"),
        ("cell,value\n|a~0|,2\n", {"architecture": "cell"}, r"line 2: a cell of NAS-Bench-201 reads"),
        (
            "cell,value\na,2\n",
            {"architecture": "nb201"},
            r"architecture='nb201' is no column and no space of arch.*'nb201-cell'",
        ),
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


def test_a_space_that_no_row_of_the_table_can_serve_is_refused_before_the_first_trial():
    table = Table.from_arrays(
        {"n": [1, 2, 3] * 2, "op": ["a"] * 3 + ["b"] * 3, "value": [3.0, 2.0, 1.0, 6.0, 5.0, 4.0]}
    )
    part = nasbook.search("grid", table, trials=9, space=Space(n=Choice([2, 3], ordered=True), op=Constant("b")))
    assert {t.value for t in part.trials} == {5.0, 4.0}
    for space, sentence in (
        (Space(n=Choice([1, 2, 5], ordered=True), op=Constant("a")), "n: .*5|n .*5"),
        (Space(n=Float(1, 3), op=Constant("a")), "n "),
        (Space(n=Constant(1)), "op is missing"),
        (Space(n=Constant(1), opp=Constant("a")), "opp is unknown: did you mean 'op'"),
    ):
        with pytest.raises(ValueError, match=f"table: {sentence}"):
            nasbook.search("random", table, trials=3, space=space)


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
        bias=Choice([False, True]),
        name=Choice(["a", "b", "c"]),
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


# ---- how cells are read --------------------------------------------------------------------------------


def read(tmp_path, text, name="t.csv", **options):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return Table.from_csv(path, **options)


@pytest.mark.parametrize(
    ("cells", "parameter"),
    [
        ("00123 00124 00125", Choice(["00123", "00124", "00125"])),
        ("1e5 2e5 7", Choice(["1e5", "2e5", "7"])),
        ("1e-05 0.001 1", Choice([1e-05, 0.001, 1.0], ordered=True)),
        ("1e+16 -2 .5", Choice([-2.0, 0.5, 1e16], ordered=True)),
        ("None 3 5", Choice([3, 5, None])),
        ("None sqrt log2", Choice(["log2", "sqrt", None])),
        ("True False true", Choice([False, True])),
        ("10 9 -8", Choice([-8, 9, 10], ordered=True)),
        ("b a c", Choice(["a", "b", "c"])),
        ("1 1 1", Constant(1)),
        ("1 2 inf", Choice(["1", "2", "inf"])),
        ("9" * 400 + " 1 2", Choice(["1", "2", "9" * 400])),
    ],
)
@pytest.mark.filterwarnings("ignore:t.csv")
def test_a_column_is_taken_for_what_it_holds_whatever_the_order_of_its_rows(tmp_path, cells, parameter):
    for row in (cells.split(), cells.split()[::-1]):
        text = "".join(f"{cell},{i},0.{i}\n" for i, cell in enumerate(row))
        assert read(tmp_path, "x,i,value\n" + text).space.parameters["x"] == parameter


@pytest.mark.parametrize("nothing", ["", "NaN", "NA", "None", "null", "n/a", "nan"])
def test_what_does_not_exist_may_be_written_in_many_ways(tmp_path, nothing):
    space = Space(kernel=Choice(["rbf", "poly"]), degree=Int(2, 3, when={"kernel": "poly"}))
    text = f"kernel,degree,value\nrbf,{nothing},0.3\npoly,3,0.2\npoly,2,0.1\n"
    table = read(tmp_path, text, space=space)
    assert table.complete and table.evaluate({"kernel": "rbf"}).value == 0.3
    with pytest.raises(ValueError, match="t.csv, line 3: degree is empty, although it exists in this configuration"):
        read(tmp_path, text.replace("poly,3", f"poly,{nothing}"), space=space)
    if nothing != "None":  # without a space it is a value like others
        table = read(tmp_path, text)
        when = {"kernel": ["poly"]}
        assert table.space == Space(kernel=Choice(["poly", "rbf"]), degree=Choice([2, 3], ordered=True, when=when))
        assert table.complete


def test_a_none_that_is_a_value_and_a_code_like_na_stay(tmp_path):
    space = Space(depth=Choice([None, 3]), region=Choice(["NA", "EU"]), code=Choice(["007", "7"]))
    table = read(tmp_path, "depth,region,code,value\nNone,NA,007,1\n3,EU,7,2\n", space=space)
    assert table.configs == [{"depth": None, "region": "NA", "code": "007"}, {"depth": 3, "region": "EU", "code": "7"}]


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_files_as_programs_write_them(tmp_path, name, bom, newline):
    text = f"{bom},lr;x,value\n0,0.1,1\n1,0.2,2\n2,0.3,3\n".replace("\n", newline)
    assert read(tmp_path, text, name).space == Space(
        **{"lr;x": Choice([0.1, 0.2, 0.3], ordered=True)}
    )  # to_csv()'s index
    text = f"{bom}lr;n;value;\n0,1;5;1,5;\n0,2;5;2,5;\n".replace("\n", newline)
    table = read(tmp_path, text, name, decimal=",")
    assert table.space == Space(lr=Choice([0.1, 0.2], ordered=True), n=Constant(5)) and list(table.values) == [1.5, 2.5]
    assert Table.from_csv(**json.loads(json.dumps(table.arguments))).space == table.space


def test_a_file_that_is_no_gzip_and_a_folder_are_named(tmp_path):
    (tmp_path / "t.csv.gz").write_text("lr,value\n1,2\n")
    with pytest.raises(ValueError, match="t.csv.gz: this is not a gzip file"):
        Table.from_csv(tmp_path / "t.csv.gz")
    with pytest.raises(FileNotFoundError, match="this is a folder"):
        Table.from_csv(tmp_path)


def test_one_row_and_rows_that_all_failed(tmp_path):
    table = read(tmp_path, "lr,value\n0.1,0.5\n")
    assert table.space == Space(lr=Constant(0.1)) and nasbook.search("random", table, trials=2).best.value == 0.5
    with pytest.warns(UserWarning, match="t.csv: no row has a number in value, so every trial will fail"):
        table = read(tmp_path, "lr,value\n0.1,nan\n0.2,\n")
    assert [t.status for t in nasbook.search("grid", table, trials=2).trials] == ["failed", "failed"]


def test_a_table_says_what_will_disappoint(tmp_path):
    with pytest.warns(UserWarning) as said:
        read(tmp_path, "id,lr,value\n7,0.1,1\n8,0.2,2\n9,0.2,3\n")
    assert [str(w.message) for w in said] == [
        "t.csv: 'id' has another value in each of the 3 configurations; if it is an identifier, leave it out of "
        "parameters=[…]",
        "t.csv: 3 of 6 configurations have a row; a search that asks for another is told of a failure",
    ]
    assert all(w.filename == __file__ or "test_tables" in w.filename for w in said)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(tmp_path, "a,b,value\n1,1,1\n1,2,2\n2,1,3\n2,2,4\n")


def test_a_data_frame_is_a_table():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {"kernel": ["rbf", "poly", "poly"], "degree": [None, 2, 3], "value": [1.0, 2.0, None]}, index=[4, 5, 6]
    )
    table = Table.from_arrays(frame)
    when = {"kernel": ["poly"]}
    assert table.space == Space(kernel=Choice(["poly", "rbf"]), degree=Choice([2, 3], ordered=True, when=when))
    assert nasbook.search("grid", table, trials=3).best.config == {"kernel": "rbf"}
    twice = pandas.DataFrame([[1, 2, 3]], columns=["x", "x", "value"])
    with pytest.raises(ValueError, match="table: the column 'x' stands there twice"):
        Table.from_arrays(twice)


def test_what_only_looks_like_a_data_frame_is_one_too():
    class Frame:  # as pandas has it: whole numbers among NaN are floats, and a name may stand there twice
        def __init__(self, *columns):
            self.columns = columns

        def items(self):
            return iter(self.columns)

    nan = float("nan")
    columns = ("kernel", ["rbf", "poly", "poly"]), ("degree", np.array([nan, 2, 3])), ("value", np.array([1, 2, nan]))
    table = Table.from_arrays(Frame(*columns))
    when = {"kernel": ["poly"]}
    assert table.space == Space(kernel=Choice(["poly", "rbf"]), degree=Choice([2, 3], ordered=True, when=when))
    assert nasbook.search("grid", table, trials=3).best.config == {"kernel": "rbf"}
    with pytest.raises(ValueError, match="table: the column 'degree' stands there twice"):
        Table.from_arrays(Frame(*columns, columns[1]))


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ([1, 2], "table: give columns by name, as a dict or a DataFrame, not"),
        ({"x": 3, "value": [1]}, "table: the column x must be a list of values, not 3"),
        ({"x": "ab", "value": [1, 2]}, "table: the column x must be a list of values, not 'ab'"),
        ({"x": [[1], [2]], "value": [1, 2]}, r"table: row 0: x must be None, True/False, a number or text, not \[1\]"),
        ({"x": np.eye(2), "value": [1, 2]}, "table: the column x must be a list of values"),
        ({"x": [], "value": []}, "table: the table has no rows"),
    ],
)
def test_columns_that_are_none_are_named(columns, sentence):
    with pytest.raises(ValueError, match=sentence):
        Table.from_arrays(columns)


# ---- several objectives, repeats, architectures --------------------------------------------------------------


def test_several_objectives_and_one_to_be_maximised(tmp_path):
    text = "width,error,accuracy,size\n" + "".join(f"{w},{1 / w},{1 - 1 / w},{w * w}\n" for w in range(1, 9))
    table = read(tmp_path, text, objectives=["accuracy", "size"], maximise=["accuracy"], metrics=["error"])
    assert table.objectives == ("−accuracy", "size") and table.space == Space(
        width=Choice(list(range(1, 9)), ordered=True)
    )
    answer = table.evaluate({"width": 4})
    assert answer.values == (-0.75, 16.0) and answer.metrics == {"error": 0.25, "accuracy": 0.75}
    trace = nasbook.search("nsga2", table, trials=20, seed=0)
    assert {t.status for t in trace.trials} == {"done"} and len(trace.trials[0].values) == 2
    with pytest.raises(ValueError, match="has 2 objectives and tpe minimises one"):
        nasbook.search("tpe", table, trials=5)
    again = Table.from_csv(**json.loads(json.dumps(table.arguments)))
    assert again.objectives == table.objectives


def test_repeats_are_drawn_by_the_seed_and_reported_by_their_mean(tmp_path):
    rows = [(lr, seed, lr + seed / 10) for lr in (1, 2) for seed in (0, 1, 2)]
    text = "lr,seed,value\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows)
    table = read(tmp_path, text, repeat="seed")
    assert table.space == Space(lr=Choice([1, 2], ordered=True)) and table.complete and len(table) == 6
    assert {table.evaluate({"lr": 1}, seed=s).value for s in range(30)} == {1.0, 1.1, 1.2}
    assert table.evaluate({"lr": 1}, seed=7) == table.evaluate({"lr": 1}, seed=7)
    assert table.mean({"lr": 1}) == pytest.approx(1.1) and table.optimum == pytest.approx(1.1)
    assert table.regret({"lr": 2}) == pytest.approx(1.0)
    trace = nasbook.search("random", table, trials=30, seed=0)
    assert len({t.value for t in trace.trials}) == 6 and trace.best.metrics["seed"] == 0


def test_a_curve_of_repeats_stays_with_one_repeat():
    rows = [(seed, epoch, seed + 1 / epoch) for seed in (10, 20) for epoch in (1, 3, 9) if (seed, epoch) != (20, 9)]
    seeds, epochs, values = zip(*rows, strict=True)
    table = Table.from_arrays(
        {"lr": [1] * 5, "seed": seeds, "epoch": epochs, "value": values}, fidelity="epoch", repeat="seed", curve=True
    )
    for s in range(4):
        seen = []
        answer = table.evaluate({"lr": 1}, seed=s, report=lambda x, v, cost: seen.append(v))  # noqa: B023
        assert seen == [11, 10 + 1 / 3, 10 + 1 / 9] and answer.value == seen[-1]  # only this one got so far
    assert {table.evaluate({"lr": 1}, fidelity=3, seed=s).value for s in range(4)} == {10 + 1 / 3, 20 + 1 / 3}


def test_published_cells_are_known_to_methods_and_pictures(tmp_path):
    from nasbook.nas.parts import paths
    from nasbook.nas.spaces.nb201.cell import all_cells, nb201_string, to_config

    cells = list(all_cells())[::300]
    rows = "".join(f"{nb201_string(c)},{sum(c)},{i}\n" for i, c in enumerate(cells))
    with pytest.warns(UserWarning, match="53 of 15,625 configurations have a row"):
        table = read(tmp_path, "arch,error,seconds\n" + rows, value="error", cost="seconds", architecture="arch")
    assert paths.of(table.space).name == "nb201-cell"
    assert table.evaluate(to_config(cells[7])).value == sum(cells[7])
    assert nasbook.search("bananas", table, trials=12, first=table.configs[:12], seed=0).best.config in table.configs
    assert Table.from_csv(**{**table.arguments}).space == table.space


@pytest.mark.filterwarnings("ignore:table")
def test_a_table_over_a_space_of_architectures(tmp_path):
    from nasbook.nas.parts import paths

    spaces = nasbook.architectures("mlp-chain")
    rng = np.random.default_rng(0)
    configs = list({spaces.space.key(c): c for c in (spaces.space.sample(rng) for _ in range(20))}.values())
    columns = {n: [c.get(n) for c in configs] for n in spaces.space.parameters}
    table = Table.from_arrays({**columns, "value": list(range(len(configs)))}, architecture="mlp-chain")
    assert paths.of(table.space).name == "mlp-chain" and table.configs == configs


# ---- levels --------------------------------------------------------------------------------------------------

HALVING = ["successive-halving", "hyperband", "asha", "bohb", "dehb"]


def with_levels(levels, configurations=40):
    rows = [(x, level, x / configurations + 1 / level) for x in range(configurations) for level in levels]
    columns = dict(zip(("x", "epoch", "value"), zip(*rows, strict=True), strict=True))
    return Table.from_arrays({**columns, "seconds": columns["epoch"]}, cost="seconds", fidelity="epoch")


@pytest.mark.parametrize("name", [*HALVING, "median-stopping"])
def test_a_table_without_fidelities_is_evaluated_whole(name):
    table = Table.from_arrays({"x": list(range(40)), "value": list(range(40))}, name="whole")
    trace = nasbook.search(name, table, trials=40, seed=0)
    assert {t.status for t in trace.trials} == {"done"}


@pytest.mark.parametrize("name", HALVING)
@pytest.mark.parametrize(
    ("levels", "eta"), [((12, 200), 16), ((1, 10, 100), 10), ((1, 3, 9, 27), 3), (tuple(range(1, 51)), 3), ((5, 30), 6)]
)
def test_rungs_stand_on_the_levels_of_a_table(name, levels, eta):
    trace = nasbook.search(name, with_levels(levels), trials=130, seed=0)
    assert {t.status for t in trace.trials} == {"done"} and {t.fidelity for t in trace.trials} <= set(levels)
    assert trace.header.settings["eta"] == eta and max(t.fidelity for t in trace.trials) == levels[-1]


@pytest.mark.parametrize("name", HALVING)
def test_an_eta_that_misses_the_levels_is_refused_before_the_first_trial(name):
    with pytest.raises(ValueError, match="has 1, 10, 100 epochs, not the 3.* min_fidelity=1 with eta=10 fits"):
        nasbook.search(name, with_levels((1, 10, 100)), trials=40, eta=3)
    with pytest.raises(ValueError, match="no eta leads along 100, 150; use 'random'"):
        nasbook.search(name, with_levels((100, 150)), trials=40)
    with pytest.raises(ValueError, match="counts in whole numbers, and this task is evaluated at 0.1, 0.5, 1 epochs"):
        nasbook.search(name, with_levels((0.1, 0.5, 1)), trials=40)


def test_cheaper_trainings_of_a_table_are_its_levels():
    from nasbook.estimate.low_fidelity import LowFidelity

    table = with_levels((2, 12, 200))
    assert LowFidelity(table, epochs=12).epochs == 12
    with pytest.raises(ValueError, match="epochs must be one of 2, 12, 200, not 50"):
        LowFidelity(table, epochs=50)


def test_levels_go_with_a_study_and_old_files_without_them_still_load(tmp_path):
    from nasbook.scale import load_study
    from nasbook.scale.study_errors import StudyError

    rows = "".join(f"{x},{e},{x + 1 / e},{e}\n" for x in range(40) for e in (1, 10, 100))
    table = read(tmp_path, "x,epoch,value,seconds\n" + rows, fidelity="epoch", cost="seconds")
    trace = nasbook.search("asha", table, trials=30, seed=0)
    path = nasbook.Trace.export(trace, tmp_path / "study.yaml")
    study = load_study(path, check=False)
    assert study.fidelity.levels == [1, 10, 100]
    text = path.read_text()
    assert "levels: [1, 10, 100]" in text or "levels:" in text
    old = study.to_dict()
    del old["fidelity"]["levels"]
    from nasbook.scale.study import validate

    assert validate(old).fidelity.of(table).levels == (1, 10, 100)
    for change, sentence in [
        ({"levels": [1, 100, 10]}, r"must rise from min \(1\) to max \(100\)"),
        ({"levels": [1, 10]}, r"must rise from min \(1\) to max \(100\)"),
    ]:
        with pytest.raises(StudyError, match=sentence):
            validate({**old, "fidelity": {**old["fidelity"], **change}})
    assert nasbook.task("digits201-digits").fidelity.to_dict() == {"unit": "epoch", "min": 1, "max": 12}
