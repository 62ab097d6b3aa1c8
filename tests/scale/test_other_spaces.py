"""Spaces of other programs, by their files: every kind of parameter, what is said of the rest, and hostile files."""

import json
import math

import pytest

from nasbook import Choice, Constant, Float, Int, Space
from nasbook.cli import main
from nasbook.scale import load_study, run
from nasbook.scale.other_spaces import space_from, study_from

NNI = {
    "lr": {"_type": "loguniform", "_value": [1e-4, 1]},
    "units": {"_type": "randint", "_value": [1, 5]},
    "drop": {"_type": "quniform", "_value": [0.05, 0.5, 0.1]},
    "z": {"_type": "normal", "_value": [1, 2]},
    "s": {"_type": "lognormal", "_value": [0, 1]},
    "layer": {
        "_type": "choice",
        "_value": [{"_name": "conv", "k": {"_type": "choice", "_value": [1, 3]}}, {"_name": "pool"}],
    },
}
WANDB = """\
program: train.py
method: bayes
metric: {name: accuracy, goal: maximize}
run_cap: 3
early_terminate: {type: hyperband, min_iter: 3}
parameters:
  lr: {distribution: log_uniform, min: -4, max: 0}
  wd: {min: 1e-5, max: 1e-2, distribution: log_uniform_values}
  layers: {min: 1, max: 4}
  drop: {min: 0.0, max: 0.5}
  batch: {distribution: q_uniform, min: 10, max: 30, q: 10}
  opt: {values: [adam, sgd], probabilities: [0.3, 0.7]}
  seed: {value: 3}
  nested: {parameters: {depth: {values: [1, 2]}}}
"""
CONFIG_SPACE = {
    "hyperparameters": [
        {"type": "uniform_int", "name": "late", "lower": 1, "upper": 5, "log": False},
        {"type": "categorical", "name": "a", "choices": ["x", "y", "z"], "weights": [1, 2, 1]},
        {"type": "ordinal", "name": "o", "sequence": [1, 2, 5]},
        {"type": "normal_float", "name": "n", "lower": 0.0, "upper": 1.0, "mu": 0.5, "sigma": 0.1, "log": False},
        {"type": "uniform_float", "name": "f", "lower": 0.1, "upper": 1.0, "log": True},
        {"type": "uniform_float", "name": "g", "lower": 0.1, "upper": 1.0, "log": False},
        {"type": "uniform_float", "name": "h", "lower": 0.1, "upper": 1.0, "log": False},
    ],
    "conditions": [
        {"type": "AND", "child": "late", "conditions": [
            {"type": "NEQ", "child": "late", "parent": "a", "value": "x"},
            {"type": "GT", "child": "late", "parent": "o", "value": 1}]},
        {"type": "OR", "child": "g", "conditions": [
            {"type": "EQ", "child": "g", "parent": "a", "value": "x"},
            {"type": "EQ", "child": "g", "parent": "o", "value": 1}]},
        {"type": "LT", "child": "h", "parent": "f", "value": 0.5},
    ],
    "forbiddens": [{"type": "AND", "clauses": [
        {"type": "EQUALS", "name": "a", "value": "y"}, {"type": "IN", "name": "o", "values": [1, 5]}]}],
}  # fmt: skip


def test_nni():
    found = space_from(NNI)
    low, high = round(math.exp(-3), 7), float(f"{math.exp(3):.6g}")
    assert found.format == "NNI" and found.space == Space(
        {
            "lr": Float(1e-4, 1, log=True),
            "units": Int(1, 4),
            "drop": Choice([0.05, 0.1, 0.2, 0.3, 0.4, 0.5], ordered=True),
            "z": Float(-5, 7),
            "s": Float(low, high, log=True),
            "layer": Choice(["conv", "pool"]),
            "layer.k": Choice([1, 3], when={"layer": "conv"}),
        }
    )
    assert [n.partition(":")[0] for n in found.notes] == ["z", "s"]


def test_wandb_becomes_a_study(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sweep.yaml").write_text(WANDB)
    assert main(["import", "sweep.yaml", "-o", "study.yaml"]) == 0
    out, err = capsys.readouterr()
    assert "Recognised W&B: 8 parameters." in out
    for said in ("accuracy: it is maximised there", "opt: its probabilities", "early_terminate: it is not carried"):
        assert said in err
    study = load_study("study.yaml")
    e = math.exp(-4)
    assert study.search_space == Space(
        {
            "lr": Float(float(f"{e:.12g}"), 1, log=True),
            "wd": Float(1e-5, 1e-2, log=True),
            "layers": Int(1, 4),
            "drop": Float(0, 0.5),
            "batch": Choice([10.0, 20.0, 30.0], ordered=True),
            "opt": Choice(["adam", "sgd"]),
            "seed": Constant(3),
            "nested.depth": Choice([1, 2]),
        }
    )
    assert (study.method.name, study.budget.trials) == ("bayesian", 3) and "accuracy" in study.notes
    # The walk: what was imported runs, with the options that W&B would give.
    (tmp_path / "train.py").write_text(
        "import sys; o = dict(a[2:].split('=') for a in sys.argv[1:])\n"
        "assert len(o) == 8 and o['seed'] == '3' and int(o['nested.depth']) in (1, 2)\n"
        "print('{\"value\": ' + o['drop'] + '}')\n"
    )
    trace = run("study.yaml", "out")
    assert [t.value for t in trace.trials] == [t.config["drop"] for t in trace.trials]
    assert main(["import", "sweep.yaml"]) == 2 and "the file exists" in capsys.readouterr().err


def test_config_space_with_conditions_in_any_order():
    found = space_from(CONFIG_SPACE)
    assert found.format == "ConfigSpace"
    assert dict(found.space.conditions)["late"] == {"a": ("y", "z"), "o": (2, 5)}
    assert found.space.conditions["g"] == found.space.conditions["h"] == {}
    said = "\n".join(found.notes)
    for text in (
        "a: its weights",
        "n: its normal",
        "g: its condition cannot",
        "h: its condition cannot",
        "forbidden there and allowed here, so let it fail: a = y and o = 1 or 5",
    ):
        assert text in said
    assert len(found.notes) == 5


def test_keras_tuner_by_its_file(tmp_path):
    def row(kind, name, conditions=(), **config):
        when = [{"class_name": "Parent", "config": {"name": p, "values": v}} for p, v in conditions]
        return {"class_name": kind, "config": {"name": name, "conditions": when, **config}}

    rows = [
        row("Int", "units", min_value=32, max_value=100, step=32, sampling="linear"),
        row("Int", "pow", min_value=1, max_value=40, step=2, sampling="log"),
        row("Float", "lr", min_value=1e-4, max_value=0.1, step=None, sampling="log"),
        row("Float", "r", min_value=0.1, max_value=1.0, step=None, sampling="reverse_log"),
        row("Boolean", "drop"),
        row("Float", "rate", [("drop", [True])], min_value=0.0, max_value=0.5, step=0.25, sampling="linear"),
        row("Fixed", "k", value=7),
    ]
    (tmp_path / "hp.json").write_text(json.dumps({"space": rows, "values": {}}))
    found = space_from(tmp_path / "hp.json")
    assert found.space == Space(
        units=Int(32, 96, step=32),
        pow=Choice([1, 2, 4, 8, 16, 32], ordered=True),
        lr=Float(1e-4, 0.1, log=True),
        r=Float(0.1, 1),
        drop=Choice([False, True]),
        rate=Float(0, 0.5, step=0.25, when={"drop": [True]}),
        k=Constant(7),
    )
    assert len(found.notes) == 1 and found.notes[0].startswith("r: its reversed")


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
