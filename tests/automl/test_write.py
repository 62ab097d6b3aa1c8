"""The winner as code: a fresh process without nasbook fits it and says the same."""

import json

import numpy as np
import pytest

from nasbook.automl import write
from nasbook.automl.evaluate import Pipelines

ROWS = 80


@pytest.mark.parametrize(("model", "order"), [("forest", None), ("svm", "bestellt")])
def test_source_without_nasbook_predicts_the_same(folder, predicted, model, order):
    task = Pipelines(str(folder / "d.csv"), target="y", time=order)
    rng = np.random.default_rng(1)
    config = next(c for c in iter(lambda: task.space.sample(rng), None) if c["model"] == model)
    file = write.save(task, config, folder / model, seed=7)
    there, fitted = predicted(file, folder / "d.csv"), task.fitted(config, 7, everything=True)
    assert len(there) == ROWS and set(there) == {"ja", "nein"}
    assert np.array_equal(write.load(file.parent).predict(task.table.x), fitted.predict(task.table.x))
    text = file.read_text()
    assert "import nasbook" not in text and "pickle" not in text
    space = {}
    exec(compile(text, "pipeline.py", "exec"), space)
    x = space["matrix"](space["read_csv"](folder / "d.csv", "cp1252", ";"), space["FEATURES"])
    assert there == fitted.predict(x).tolist()


def test_regression_and_a_bundled_table_are_code_too(tmp_path, predicted):
    task = Pipelines("diabetes", models=["ridge"])
    config = {"scale": "standard", "features": "best", "share": 0.5, "model": "ridge", "C": 1.0}
    data = ",".join([*(name for name, _, _ in task.table.features), "progression"])
    whole = np.column_stack([task.table.x, task.table.y])
    rows = [",".join(map(repr, row)) for row in whole.tolist()]
    (tmp_path / "data.csv").write_text("\n".join([data, *rows]))
    file = write.save(task, config, tmp_path)
    there = predicted(file, tmp_path / "data.csv", tmp_path / "data.csv")
    assert np.allclose(np.array(there, float), task.fitted(config, everything=True).predict(task.table.x))


def test_a_wide_table_is_written_to_its_last_column(tmp_path):
    rng = np.random.default_rng(0)
    x, c = rng.normal(size=(60, 40)), [*"ab"] * 30
    lines = [",".join([*(f"x{i}" for i in range(40)), "c", 'it\'s "größe" {y}']).replace('"', "''")]
    lines += [",".join([*map(str, row), kind, str(int(row[39] > 0))]) for row, kind in zip(x, c, strict=True)]
    (tmp_path / "d.csv").write_text("\n".join(lines), encoding="utf-8")
    task = Pipelines(str(tmp_path / "d.csv"), target=lines[0].rpartition(",")[2])
    config = {"categories": "one-hot", "scale": "standard", "features": "all", "model": "logistic"}
    space = {}
    exec(write.source(task, {**config, "C": np.float64(2.0)}), space)
    model = task.fitted({**config, "C": 2.0}, everything=True)
    assert space["predict"](space["fitted"](), tmp_path / "d.csv").tolist() == model.predict(task.table.x).tolist()
    with pytest.raises(ValueError, match="there is no column .*größe.*needed to fit"):
        (tmp_path / "new.csv").write_text("x0\n1\n")
        space["fitted"](tmp_path / "new.csv")


def test_other_data_and_damage_are_sentences(folder, tmp_path):
    task = Pipelines(str(folder / "d.csv"), target="y")
    config = {**task.space.sample(np.random.default_rng(0))}
    write.save(task, config, tmp_path)
    other = tmp_path / "other.csv"
    other.write_text((folder / "d.csv").read_text("cp1252").replace(";rot;", ";blau;"), "cp1252")
    with pytest.raises(ValueError, match="the pipeline was found on other data than .*other.csv"):
        write.load(tmp_path, other)
    file = tmp_path / "pipeline.json"
    row = json.loads(file.read_text())
    changes = ({"schema": "x"}, {"task": "branin"}, {"config": 3}, {"arguments": {"data": "none.csv", "target": "y"}})
    for damage in ("", "[]", *(json.dumps({**row, **change}) for change in changes)):
        file.write_text(damage)
        with pytest.raises(ValueError) as caught:
            write.load(tmp_path)
        assert "\n" not in str(caught.value)
