"""A column of a table is taken for what its cells hold, whoever wrote them."""

import gzip
import json
import warnings

import numpy as np
import pytest

import nasbook
from nasbook import Choice, Constant, Int, Space, Table


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
    assert all(w.filename == __file__ for w in said)
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
