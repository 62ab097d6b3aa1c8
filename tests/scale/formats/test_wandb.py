"""A sweep of Weights & Biases becomes a study."""

import math

from nasbook import Choice, Constant, Float, Int, Space
from nasbook.cli import main
from nasbook.scale import load_study, run

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
