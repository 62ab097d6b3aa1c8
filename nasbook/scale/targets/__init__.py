"""A study in the words of another tool: a script or a configuration with the same space, budget and first trials.

    write(study, "search_ray.py", "ray")

What a tool has no words for is said in the head of its file. What stands in a file may come from a stranger's trace, so
it is written as literals only.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from nasbook.files import write_text
from nasbook.method import OneShot
from nasbook.scale.study import Study
from nasbook.scale.study_errors import StudyError
from nasbook.scale.target import method_class
from nasbook.scale.trust import Trust

TARGETS = {  # the file that is written where no other is named
    "ray": "search_ray.py",
    "optuna": "search_optuna.py",
    "slurm": "search.slurm",
    "wandb": "sweep.yaml",
    "hydra": "search_hydra.py",
}


def write(
    study: Study, path: str | Path, to: str, *, overwrite: bool = False, head: str = "", objectives: int = 1
) -> Path:
    """Write the study for a target of TARGETS and return the path; ValueError for what the target cannot hold at all,
    StudyError where the file exists. head: said on top. objectives: how many values a result has."""
    check(study, to)
    path = Path(path)
    target = importlib.import_module(f"nasbook.scale.targets.{to}")
    files = {path: target.text(study, head, path, objectives)}
    if extra := getattr(target, "beside", None):
        files |= extra(study, head, path)
    for file in files:
        if file.is_dir():
            raise StudyError("this is a folder; name a file", str(file))
        if file.exists() and not overwrite:
            hint = "overwrite=True (--overwrite) replaces it, another name keeps it"
            raise StudyError(f"the file exists; {hint}", str(file))
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, text)
    return path


def check(study: Study, to: str) -> None:
    """ValueError for a target that does not exist, or that cannot hold the study at all."""
    if to not in TARGETS:
        raise ValueError(f"a study can be exported to {', '.join(TARGETS)}, not to {to!r}")
    if ":" not in study.method.name and issubclass(method_class(study.method.name, Trust(study.folder)), OneShot):
        raise ValueError(
            f"{study.method.name} is one training, which {to} cannot hand out as trials; leave --to out and run the "
            "study with: nasbook run"
        )
