"""The rows of a table are read with errors that say where, and their space is what they hold."""

import json

import numpy as np
import pytest

from nasbook import Choice, Constant, Float, Int, Space, Table


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
