"""A study without a fault, and the faults that it may have."""

# ruff: noqa: E501 (a table: one error a line)

from pathlib import Path

import nasbook

SCHEMA_FILE = Path(nasbook.__file__).parent / "scale" / "study.schema.json"

GOOD = """\
schema: nasbook/study@1
name: toy
task:
  name: digits-mlp
  arguments: {epochs: 4, train: 100}
space:
  optimizer: {type: choice, options: [sgd, adamw]}
  lr:
    type: float
    low: 1e-4
    high: 0.1
    log: true
  momentum: {type: float, low: 0, high: 0.9, when: {optimizer: sgd}}
  weight_decay: {type: float, low: 1e-6, high: 0.1, log: true}
  batch: {type: int, low: 16, high: 64}
  width: {type: constant, value: 32}
  depth: {type: int, low: 1, high: 4}
  dropout: {type: float, low: 0, high: 0.5}
  activation: {type: constant, value: relu}
method:
  name: grid
  settings: {resolution: 2}
fidelity: {unit: epoch, min: 1, max: 4}
budget:
  trials: 20
workers: 2
resources: {cpus: 1, gpus: 0}
seeds: {search: 1}
first:
- {optimizer: adamw, lr: 0.01, weight_decay: 1e-3, batch: 32, width: 32, depth: 2, dropout: 0.1, activation: relu}
"""


# (text, instead, what the error says after the file's name)
ERRORS = [
    ("low: 1e-4", "low: 0.2", "line 10, space.lr.low: must be below high (0.1), not 0.2"),
    ("low: 1e-4", "low: 0", "line 10, space.lr.low: must be above 0 on a logarithmic scale, not 0"),
    ("low: 1e-4", "lo: 1e-4", "line 10, space.lr.lo: there is no such key; did you mean 'low'?"),
    ("low: 1e-4", "low: small", 'line 10, space.lr.low: must be a number, not "small"'),
    ("low: 1e-4", "low: .nan", "line 10, space.lr.low: must be a finite number, not NaN"),
    ("log: true", "log: yes", 'line 12, space.lr.log: must be true or false, not "yes"'),
    ("    type: float\n", "    type: flaot\n", 'line 9, space.lr.type: must be one of float, int, choice, constant, not "flaot"'),
    ("    type: float\n", "", "line 8, space.lr: the key 'type' is missing"),
    ("    low: 1e-4\n", "", "line 8, space.lr: the key 'low' is missing: the lowest value"),
    ("low: 16", "low: 16.5", "line 15, space.batch.low: must be a whole number, not 16.5"),
    ("options: [sgd, adamw]", "options: []", "line 7, space.optimizer.options: must hold at least 1"),
    ("options: [sgd, adamw]", "options: [sgd, sgd]", "line 7, space.optimizer: the options must differ"),
    ("options: [sgd, adamw]", "options: [sgd, [1]]", "line 7, space.optimizer.options.1: must be a number, text"),
    ("{optimizer: sgd}", "{optimizer: adam}", "line 13, space.momentum.when: exists when optimizer = 'adam', but"),
    ("{optimizer: sgd}", "{depth: 9}", "line 13, space.momentum.when: exists when depth has a value, but depth stands later"),
    ("  dropout: {type", "  droput: {type", "line 18, space.droput: the task digits-mlp has no such parameter; did you mean 'dropout'?"),
    ("  depth: {type: int, low: 1, high: 4}\n", "", "line 6, space: the task digits-mlp needs the parameter 'depth'"),
    ("name: digits-mlp", "name: digits-mpl", "line 4, task.name: there is no task 'digits-mpl'; did you mean 'digits-mlp'?"),
    ("name: digits-mlp", "name: digits:", "line 4: this is not YAML"),
    ("name: digits-mlp", "name: 'a b:c'", "line 4, task.name: an import path looks like package.module:function, not 'a b:c'"),
    ("name: digits-mlp", "name: no_such_module:f", "line 4, task.name: there is no module 'no_such_module'"),
    ("name: digits-mlp", "name: json:dump5", "line 4, task.name: json is Python's own module, and a study runs nothing of it"),
    ("train: 100", "trian: 100", "line 5, task.arguments.trian: task digits-mlp: got an unexpected keyword argument 'trian'"),
    ("train: 100", "train: 0", "line 5, task.arguments.train: digits-mlp: train must be a whole number of at least 1"),
    ("name: grid", "name: gird", "line 21, method.name: there is no method 'gird'; did you mean 'grid'?"),
    ("resolution: 2", "resolution: 1", "line 22, method.settings.resolution: grid: resolution must be a whole number of at least 2"),
    ("resolution: 2", "resolution: two", 'line 22, method.settings.resolution: must be a whole number, not "two"'),
    ("resolution: 2", "resolutoin: 2", "line 22, method.settings.resolutoin: grid has no such setting; did you mean 'resolution'?"),
    ("resolution: 2", "resolution: 40", "line 22, method.settings.resolution: grid: 2 × 40 × 40"),
    ("unit: epoch", "unit: step", "line 23, fidelity.unit: must be 'epoch', as digits-mlp counts it"),
    ("min: 1, max: 4", "min: 9, max: 4", "line 23, fidelity.min: must not be above max (4), not 9"),
    ("min: 1, max: 4", "min: 1", "line 23, fidelity: the key 'max' is missing"),
    ("trials: 20", "trials: 0", "line 25, budget.trials: must be at least 1, not 0"),
    ("trials: 20", "trials: 1e3", "line 25, budget.trials: must be a whole number, not 1000.0"),
    ("trials: 20", "trails: 20", "line 25, budget.trails: there is no such key; did you mean 'trials'?"),
    ("trials: 20", "max_failures: 1", "line 24, budget: give trials, hours or both"),
    ("trials: 20", "hours: -1", "line 25, budget.hours: must be above 0, not -1"),
    ("trials: 20", "trials: 20\n  trials: 30", "line 26, budget.trials: the key stands here twice, first in line 25"),
    ("workers: 2", "workers: two", 'line 26, workers: must be a whole number, not "two"'),
    ("workers: 2", "workers: true", "line 26, workers: must be a whole number, not true"),
    ("gpus: 0", "gpus: 1.5", "line 27, resources.gpus: must be a fraction of one GPU or a whole number, not 1.5"),
    ("gpus: 0", "gpus: 1, device: cpu", "line 27, resources.gpus: must be 0 where the device is cpu, not 1"),
    ("gpus: 0", "device: tpu", "line 27, resources.device: must be 'auto', 'cpu' or 'cuda', not \"tpu\""),
    ("search: 1", "search: -1", "line 28, seeds.search: must be at least 0, not -1"),
    ("lr: 0.01", "lr: 5", "line 30, first.0.lr: must lie in [0.0001, 0.1], not 5"),
    ("lr: 0.01, ", "", "line 30, first.0: parameter 'lr' is missing"),
    ("lr: 0.01", "lr: 0.01, lrx: 1", "line 30, first.0.lrx: unknown parameter 'lrx': did you mean 'lr'?"),
    ("adamw, lr", "adamw, momentum: 0.5, lr", "line 30, first.0.momentum: exists only when optimizer in ['sgd']"),
    ("schema: nasbook/study@1", "schema: nasbook/study@2", 'line 1, schema: must be \'nasbook/study@1\', not "nasbook/study@2"'),
    ("schema: nasbook/study@1\n", "", "line 1: the key 'schema' is missing"),
    ("name: toy", "name: [toy]", "line 2, name: must be text, not a list"),
    ("name: toy", "name: *toy", "line 2: the alias *toy is not allowed in a study"),
    ("name: toy", "name: !!binary toy", "line 2, name: the tag 'binary' is not known here"),
    ("name: toy", "1: toy", "line 2: a key must be text, not 1; put it in quotes"),
    ("fidelity: {unit: epoch, min: 1, max: 4}", "fidelity: 3", "line 23, fidelity: must be a mapping (key: value), not 3"),
]  # fmt: skip
