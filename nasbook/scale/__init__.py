"""From a notebook's trace to a study file, and from a study file to a full-scale run.

print(estimate(trace, trials=200, epochs=50))     # what it would cost
export(trace, "study.yaml", trials=200, epochs=50, workers=4)
export(trace, scale={"width": 8, "batch": 4}); print(rescaling(trace, scale={"width": 8, "batch": 4}))
print(measure("study.yaml").estimate(load_study("study.yaml")))   # what it would cost on this machine
trace = run("study.yaml", "runs/first")           # the same as: nasbook run study.yaml --out runs/first
trace = from_optuna(study); study = to_optuna(trace)
space_from("search_space.json").space             # of NNI, ConfigSpace, KerasTuner or W&B
"""

from nasbook.scale.engine import run
from nasbook.scale.export import Estimate, estimate, export, rescaling
from nasbook.scale.measure import measure
from nasbook.scale.optuna import from_optuna, to_optuna
from nasbook.scale.other_spaces import space_from
from nasbook.scale.resizing import sizes
from nasbook.scale.study import Study, json_schema, load_study
from nasbook.scale.study_errors import RunError, StudyError
from nasbook.scale.study_schema import SCHEMA
from nasbook.scale.trackers import track

__all__ = [
    "SCHEMA",
    "Estimate",
    "RunError",
    "Study",
    "StudyError",
    "estimate",
    "export",
    "from_optuna",
    "json_schema",
    "load_study",
    "measure",
    "rescaling",
    "run",
    "sizes",
    "space_from",
    "to_optuna",
    "track",
]
