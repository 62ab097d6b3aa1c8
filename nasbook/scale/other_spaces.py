"""Spaces of other programs become a Space and a study; what cannot be carried over is said.

    found = space_from("search_space.json")      found.space, found.format, found.notes

    ConfigSpace (JSON, or the object)         floats, integers, categories, ordinals, constants; conditions
    KerasTuner (get_config as JSON, object)   Int, Float, Choice, Boolean, Fixed; conditional scopes
    NNI (search_space.json)                   choice (nested, too), randint, uniform, loguniform, their q…, normal
    W&B (sweep.yaml)                          values, ranges and distributions; program, method and run_cap
    Optuna (the Study object)                 see optuna.py

A file is read as data and nothing of it is run. A space is a set of values here and no distribution: weights, normal
distributions and the like become a range, with a note. Forbidden clauses are noted and left to the objective.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nasbook.scale import yaml12
from nasbook.scale.formats import config_space, keras_tuner, nni, wandb
from nasbook.scale.formats.found import Found, Spec
from nasbook.scale.optuna import from_optuna
from nasbook.scale.study import Study, validate
from nasbook.scale.study_errors import can_be_written

MOST_BYTES = 10_000_000
MOST_PARAMETERS = 2000


def space_from(source: object) -> Found:
    """The space of a file (a path), of plain data, or of an object of Optuna, ConfigSpace or KerasTuner.

    ValueError, in one sentence, for what is none of these or cannot be searched."""
    where = f"{source}: " if isinstance(source, str | Path) else ""
    try:
        found = _found(source)
        found.specs = _in_order(found)
        found.space  # noqa: B018  # says what is wrong with it
        return found
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        said = str(error) if isinstance(error, ValueError) else f"it is damaged ({type(error).__name__}: {error})"
        raise ValueError(can_be_written(f"{where}{' '.join(said.split()):.400}")) from None


def study_from(
    source: object,
    *,
    task: str | None = None,
    command: str | None = None,
    method: str | None = None,
    trials: int | None = None,
    name: str | None = None,
) -> tuple[Study, Found]:
    """A study of such a space: of this task, or of a command line; without either, of the file's program or train.py
    with an option for each parameter. ValueError as above."""
    found = space_from(source)
    line = command or _command(found)
    study = validate(
        {
            "schema": "nasbook/study@1",
            "name": name or (Path(source).stem if isinstance(source, str | Path) else found.format),
            "notes": "\n".join(can_be_written(n) for n in found.notes),
            "task": {"command": line} if task is None else {"name": task},
            "space": found.space.to_dict(),
            "method": {"name": method or found.method or "random"},
            "budget": {"trials": trials or found.trials or 50},
        }
    )
    study.check()
    return study, found


def _command(found: Found) -> str:
    if all(re.fullmatch(r"[\w.-]+", name) for name in found.specs):
        words = " ".join(f"--{name}={{{name}}}" for name in found.specs)
    else:
        words = "--config {config}"
    program = found.program or "train.py"
    return f"{'python ' if program.endswith('.py') else ''}{program} {words}"


# ---- which format --------------------------------------------------------------------------------------------


def _found(source: Any) -> Found:
    if isinstance(source, str | Path):
        source = _read(Path(source))
    kind = f"{type(source).__module__}.{type(source).__name__}"
    if kind.startswith("optuna."):
        return Found("Optuna", from_optuna(source).space.to_dict())
    if kind.startswith("ConfigSpace."):
        source = source.to_serialized_dict()
    if kind.startswith(("keras_tuner.", "kerastuner.")):
        source = source.get_config()
    if isinstance(source, Mapping):
        if isinstance(source.get("hyperparameters"), list):
            return config_space.read(source)
        if isinstance(source.get("space"), list):
            return keras_tuner.read(source)
        if isinstance(source.get("parameters"), Mapping):
            return wandb.read(source)
        if source and all(isinstance(v, Mapping) and "_type" in v for v in source.values()):
            return nni.read(source)
    raise ValueError(
        "this is no space of ConfigSpace (hyperparameters: […]), KerasTuner (space: […]), NNI (_type and _value) or "
        "W&B (parameters: {…})"
    )


def _read(path: Path) -> object:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES:,} bytes, which no space needs")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise ValueError((error.strerror or str(error)).lower()) from None
    if text.lstrip()[:1] == "{":
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            if path.suffix == ".json":
                raise ValueError(f"line {error.lineno}: this is not JSON: {error.msg.lower()}") from None
    try:
        return yaml12.parse(text)[0]
    except yaml12.YamlError as error:
        raise ValueError(f"line {error.line}: {error}" if error.line else str(error)) from None


def _in_order(found: Found) -> dict[str, Spec]:
    """Parents before their children; ValueError for those that wait for each other."""
    if len(found.specs) > MOST_PARAMETERS:
        raise ValueError(f"it has {len(found.specs):,} parameters, and at most {MOST_PARAMETERS:,} are taken over")
    ordered: dict[str, Spec] = {}
    waiting = list(found.specs)
    while waiting:
        before = len(ordered)
        for name in waiting:
            if not any(p in found.specs and p not in ordered for p in found.specs[name].get("when", ())):
                ordered[name] = found.specs[name]
        waiting = [name for name in waiting if name not in ordered]
        if len(ordered) == before:
            raise ValueError(f"the conditions of {', '.join(waiting)} go in a circle")
    return ordered
