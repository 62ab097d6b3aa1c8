"""A table as people have them: what cannot be used is said in a sentence, and what can be mended is mended and said."""

import numpy as np
import pytest

from nasbook.automl.data import read
from nasbook.automl.evaluate import Pipelines
from nasbook.automl.table import read_csv

N = 40
RNG = np.random.default_rng(0)
A = [f"{v:.3f}" for v in RNG.normal(size=N)]
Y = ["yes" if i % 2 else "no" for i in range(N)]


def write(path, columns, delimiter=",", encoding="utf-8"):
    rows = zip(*columns.values(), strict=True)
    text = "\n".join([delimiter.join(columns), *(delimiter.join(map(str, row)) for row in rows)])
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("columns", "note"),
    [
        ({"k": ["1"] * N}, "'k' is left out: it is the same in all rows"),
        ({"k": [""] * N}, "'k' is left out: it is empty"),
        ({"k": [f"name {i}" for i in range(N)]}, "'k' is left out: it has 40 different texts in 40 rows"),
        ({"k": ["3", "x"] * (N // 2)}, "'k' mixes numbers and texts; all are taken as categories"),
        ({"k": [*range(N - 1), "?!"]}, "'k' holds numbers; 1 other cells, such as '?!', count as missing"),
        ({"k": [*range(N - 1), "inf"]}, "'k' holds numbers; 1 other cells, such as 'inf', count as missing"),
        ({"k": [*range(N - 1), "1_000"]}, "'k' holds numbers; 1 other cells, such as '1_000', count as missing"),
    ],
)
def test_columns_that_are_mended_or_left_out_are_named(columns, note):
    data = read({"a": A, **columns, "y": Y}, "y")
    assert note in data.notes
    assert np.isfinite(data.x[:, :1].astype(float)).all() and data.classes == ("no", "yes")


@pytest.mark.parametrize(
    ("changes", "target", "options", "sentence"),
    [
        ({"y": ["yes"] * N}, "y", {}, "the target 'y' is 'yes' in all rows; there is nothing to learn"),
        ({"y": [""] * N}, "y", {}, "the target 'y' is empty in all 40 rows"),
        ({"y": ["only"] + [""] * (N - 1)}, "y", {}, "there is nothing to learn"),
        ({"y": [f"id{i}" for i in range(N)]}, "y", {}, "the target 'y' has 40 classes in 40 rows"),
        ({"y": ["a"] * (N - 1) + ["b"]}, "y", {}, "only one class of the target 'y' has 3 rows or more"),
        ({}, "y", {"kind": "regression"}, "the target 'y' is not a number in most rows; regression needs one"),
        ({}, "Y", {}, "the target must be one of the columns 'a', 'y', not 'Y'"),
        ({}, None, {}, "the target must be one of the columns 'a', 'y', not None"),
        ({}, "y", {"group": "patient"}, "the group must be one of the columns 'a', 'y', not 'patient'"),
        ({}, "y", {"time": "when"}, "the time must be one of the columns 'a', 'y', not 'when'"),
        ({"g": A, "t": A}, "y", {"group": "g", "time": "t"}, "by a group or by time, not by both; choose 'g' or 't'"),
        ({}, "y", {"group": "y"}, "target, group and time must be different columns"),
        ({"t": ["soon", "late"] * (N // 2)}, "y", {"time": "t"}, "the time column 't' holds neither dates nor numbers"),
        ({"t": ["now"] * N}, "y", {"time": "t"}, "the time column 't' holds neither dates nor numbers"),
        ({"a": ["1"] * N}, "y", {}, "beside the target 'y' there is no column from which anything can be learnt"),
    ],
)
def test_what_cannot_be_learnt_is_one_sentence(changes, target, options, sentence):
    with pytest.raises(ValueError) as caught:
        read({"a": A, "y": Y, **changes}, target, **options)
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (b"a,y\n", "the table has no rows"),
        (b"a,y\n1,yes\n", "1 row can be used"),
        (b"a,y\n1,yes\n2,no\n", "2 rows can be used; a search with an untouched test needs 20"),
        (b"a,y\n1,yes\n2,no,3\n", "line 3: 3 cells, but the first line names 2 columns"),
        (b"\x00\x01\x02a,y\n", "this is no text, so no CSV file"),
    ],
)
def test_files_that_are_no_table_are_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "d.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=sentence) as caught:
        read(path, "y")
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
    for wrong, words in ((tmp_path, "this is a folder"), (tmp_path / "none.csv", "there is no such file")):
        with pytest.raises(ValueError, match=words):
            read(wrong, "y")


@pytest.mark.parametrize(
    ("delimiter", "encoding"),
    [(",", "utf-8"), (",", "utf-8-sig"), (";", "utf-8"), ("\t", "utf-16"), ("|", "cp1252"), (",", "latin-1")],
)
def test_other_separators_encodings_and_marks_are_the_same_table(tmp_path, delimiter, encoding):
    path = write(tmp_path / "d.csv", {"größe": A, "y": Y}, delimiter, encoding)
    data = read(path, "y")
    assert data.features == (("größe", "number", "."),)
    assert data.x.ravel().tolist() == [float(v) for v in A] and data.labels.tolist() == Y


def test_decimal_commas_dates_and_duplicate_names(tmp_path):
    days = [f"{1 + i % 28:02d}.03.2024" for i in range(N)]
    columns = {"a": [v.replace(".", ",") for v in A], "d": days, "y": Y}
    path = write(tmp_path / "d.csv", columns, ";")
    text = path.read_text().replace("a;d;y", "a;a;y", 1)
    path.write_text(text)
    data = read(path, "y")
    assert [f[1] for f in data.features] == ["number", "date"] and data.features[1][0] == "a (2)"
    assert "two columns are called 'a': the second is now 'a (2)'" in data.notes
    assert data.x[1, 1] - data.x[0, 1] == 1 and data.x[0, 0] == float(A[0])


def test_the_target_says_what_is_to_be_learnt():
    for y, kind in (
        (list(range(N)), "regression"),
        ([0, 1] * 20, "classification"),
        (A, "regression"),
        (Y, "classification"),
    ):
        assert read({"a": A, "y": y}, "y").kind == kind
    assert read({"a": A, "y": [True, False] * 20}, "y").classes == ("False", "True")
    assert read({"a": A, "y": list(range(N))}, "y").classes == ()
    numbers = read({"a": A, "y": ["1", "2"] * 20}, "y")
    assert numbers.classes == (1, 2) and numbers.labels.dtype.kind == "i"
    holes = read({"a": A, "y": [1.5 * i if i % 9 else float("inf") for i in range(N)]}, "y")
    assert len(holes.y) == 35 and "5 rows are left out: their target is missing" in holes.notes


def test_classes_of_huge_numbers_stay_apart():
    for y in ([10**19 + i % 2 for i in range(N)], [10**30 * (1 + i % 2) for i in range(N)], [2**53, 2**53 + 1] * 20):
        data = read({"a": A, "y": y}, "y")
        assert data.classes == tuple(map(str, sorted(set(y)))) and data.labels.tolist() == list(map(str, y))


def test_time_zones_put_rows_in_the_order_in_which_they_were():
    at = [f"2024-03-01T{2 * (i % 2) + 10}:{i:02d}:00+0{2 * (i % 2)}:00" for i in range(N)]  # two time zones
    data = read({"i": range(N), "t": at[::-1], "d": at, "y": Y}, "y", time="t")
    assert data.x[:, 0].tolist() == list(range(N))[::-1]
    assert np.allclose(np.diff(data.x[::-1, 1].astype(float)), 1 / 1440)


def test_rows_without_a_time_are_counted():
    data = read({"a": A, "t": ["", "?", *range(N - 2)], "y": ["", *Y[1:]]}, "y", time="t")
    assert len(data.y) == N - 2 and "1 rows are left out: 't' does not say when they were" in data.notes


def test_a_row_of_empty_cells_is_a_row(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("\n,\na,b\n1,2\n,\n\n3,4\n,,\n")
    assert read_csv(path) == {"a": ["1", "", "3"], "b": ["2", "", "4"]}


def test_a_hundred_thousand_categories_are_no_trouble():
    n = 100_000
    codes = RNG.integers(0, 60_000, n)
    data = read({"code": [f"c{c}" for c in codes], "b": RNG.normal(size=n), "y": np.where(codes % 2, "a", "b")}, "y")
    assert [f[1] for f in data.features] == ["category", "number"]
    task = Pipelines({"code": [f"c{c}" for c in range(2000)] * 2, "y": ["a", "b"] * 2000}, target="y", models=["tree"])
    config = {"categories": "one-hot", "scale": "none", "features": "all", "model": "tree", "leaf": 5}
    assert np.isfinite(task.evaluate(config, fidelity=1).value)


@pytest.mark.parametrize("categories", ["one-hot", "target"])
def test_holes_categories_and_dates_go_through_every_way(categories):
    table = {
        "a": [v if i % 5 else "" for i, v in enumerate(A)],
        "c": [("red", "green", "")[i % 3] for i in range(N)],
        "d": [f"2024-0{1 + i % 9}-11 08:00" if i % 4 else "" for i in range(N)],
        "y": Y,
    }
    task = Pipelines(table, target="y")
    for missing in ("median", "mean", "marked"):
        for scale, features in (("none", "all"), ("standard", "pca"), ("quantile", "best")):
            share = {} if features == "all" else {"share": 0.5}
            config = {"missing": missing, "categories": categories, "scale": scale, "features": features, **share}
            assert np.isfinite(task.evaluate({**config, "model": "naive-bayes"}, fidelity=1).value)
    model = task.fitted({**config, "model": "naive-bayes"})
    new = np.array([[np.nan, "never seen", np.nan]], object)
    assert model.predict(new)[0] in ("yes", "no")


def test_a_frame_that_looks_like_pandas_is_read():
    class Frame:
        columns, shape = ["a", "a", "y"], (N, 3)

        class iloc:  # noqa: N801
            def __class_getitem__(cls, at):
                return [A, list(range(N)), Y][at[1]]

    assert [f[0] for f in read(Frame(), "y").features] == ["a", "a (2)"]
    for wrong in (3, "no such file", [1, 2], {"a": "text", "y": Y}, {"a": A[:-1], "y": Y}):
        with pytest.raises(ValueError):
            read(wrong, "y")
