"""Spaces of other libraries: hostile and missing files in one sentence, and an Optuna study that becomes a study."""

import pytest

from nasbook import Choice, Float, Int, Space
from nasbook.cli import main
from nasbook.scale import run
from nasbook.scale.other_spaces import space_from, study_from

HOSTILE = {
    "empty.yaml": "",
    "list.json": "[1, 2]",
    "other.json": '{"a": 1}',
    "cut.json": '{"a": {"_type": "choi',
    "deep.json": '{"a":' * 5000,
    "deep.yaml": "[" * 5000,
    "alias.yaml": "parameters: &a\n  x: *a\n",
    "tag.yaml": "parameters: !!python/object/apply:os.system ['touch ran']\n",
    "types.json": '{"hyperparameters": [3]}',
    "names.json": '{"hyperparameters": [{"type": "constant", "name": 3, "value": 1}]}',
    "twice.json": '{"hyperparameters": [{"type": "constant", "name": "a", "value": 1}, '
    '{"type": "constant", "name": "a", "value": 1}]}',
    "circle.json": '{"space": [{"class_name": "Choice", "config": {"name": "a", "values": [1, 2], "conditions": '
    '[{"config": {"name": "b", "values": [1]}}]}}, {"class_name": "Choice", "config": {"name": "b", "values": [1, 2], '
    '"conditions": [{"config": {"name": "a", "values": [1]}}]}}]}',
    "nan.json": '{"x": {"_type": "uniform", "_value": [NaN, 1]}}',
    "huge.json": '{"x": {"_type": "randint", "_value": [0, 1' + "0" * 400 + "]}}",
    "upside.json": '{"x": {"_type": "uniform", "_value": [2, 1]}}',
    "text.json": '{"x": {"_type": "uniform", "_value": "ab"}}',
    "short.json": '{"x": {"_type": "uniform", "_value": [1]}}',
    "kind.json": '{"x": {"_type": "magic", "_value": [1]}}',
    "zero.json": '{"x": {"_type": "quniform", "_value": [0, 1, 0]}}',
    "log.json": '{"x": {"_type": "loguniform", "_value": [0, 1]}}',
    "objects.json": '{"x": {"_type": "choice", "_value": [[1, 2], [3]]}}',
    "none.json": '{"x": {"_type": "choice", "_value": []}}',
    "half.json": '{"x": {"_type": "choice", "_value": ["\\ud800", {"_name": "\\ud800"}]}, "\\ud800": {"_type": 1}}',
    "program.yaml": "program: [1]\nparameters: {x: {min: 0, max: 1}}\n",
    "min.yaml": "parameters: {x: {min: 0}}\n",
    "flat.yaml": "parameters: {x: 3}\n",
    "nothing.yaml": "parameters: {}\n",
    "bytes.yaml": "\xff\xfe\x00",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_one_sentence(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(HOSTILE[name].encode("latin-1"))
    assert main(["import", name]) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith("nasbook: ") and "\n" not in said and "Traceback" not in said and len(said) > 30, said
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]


def test_a_missing_file_or_a_folder_is_one_sentence(tmp_path, capsys):
    assert main(["import", str(tmp_path / "gone.json")]) == main(["import", str(tmp_path)]) == 2
    assert "no such file" in capsys.readouterr().err


def test_an_optuna_study_becomes_a_space_and_a_study_that_runs(tmp_path, monkeypatch):
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    monkeypatch.chdir(tmp_path)
    there = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))

    def objective(trial):
        lr, kind = trial.suggest_float("lr", 1e-4, 1, log=True), trial.suggest_categorical("kind", ["a", "b"])
        return lr + trial.suggest_int("depth", 1, 5) + trial.suggest_float("rest", 0, 1, step=0.25) * (kind == "a")

    there.optimize(objective, n_trials=20)
    found = space_from(there)
    assert found.format == "Optuna" and found.space == Space(
        {
            "lr": Float(1e-4, 1, log=True),
            "kind": Choice(["a", "b"]),
            "depth": Int(1, 5),
            "rest": Float(0, 1, step=0.25),
        }
    )
    (tmp_path / "train.py").write_text("import json, sys; print(json.dumps({'value': len(sys.argv)}))\n")
    study, _ = study_from(there, trials=2)
    study.save("study.yaml")
    assert [t.value for t in run("study.yaml", "out").trials] == [5, 5]
    for empty in (optuna.create_study(), optuna.create_study(directions=["minimize", "minimize"])):
        with pytest.raises(ValueError) as error:
            space_from(empty)
        assert "\n" not in str(error.value) and str(error.value)
