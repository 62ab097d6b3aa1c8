"""The winner as code: a Python file that fits the pipeline and predicts, on scikit-learn and NumPy alone.

    source(task, config, seed)          # the text of pipeline.py
    save(task, config, "found", seed)   # found/pipeline.py and found/pipeline.json
    load("found", "data.csv")           # the Pipeline, fitted again

A saved pipeline is its source and its configuration, never a pickle, which would run whatever its author likes: to load
one is to fit it again, on data whose digest is compared first.
"""

from __future__ import annotations

import json
from pathlib import Path

from sklearn.pipeline import Pipeline

from nasbook import registry
from nasbook.automl.build import build
from nasbook.automl.evaluate import Pipelines
from nasbook.automl.program import program
from nasbook.files import parse_json, read_bytes, write_text
from nasbook.space import Config, Json
from nasbook.trial import plain
from nasbook.version import __version__

SCHEMA = "nasbook/{}@1"


def source(task: Pipelines, config: Config, seed: int = 0) -> str:
    """A Python file that is the pipeline of a configuration; it reads the CSV file that the task has read."""
    task.check_config(config)
    return program(task, {"pipeline": build(plain(config), task.table, seed)})


def save(task: Pipelines, config: Config, folder: str | Path, seed: int = 0) -> Path:
    """Write pipeline.py, and pipeline.json with what `load` needs."""
    return keep(task, folder, "pipeline", source(task, config, seed), {"config": config, "seed": seed})


def keep(task: Pipelines, folder: str | Path, name: str, program: str, found: Json) -> Path:
    """Write NAME.py, and NAME.json with what was found, of which task and data."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / f"{name}.py", program)
    row = {
        "schema": SCHEMA.format(name),
        "task": task.name,
        "arguments": task.arguments,
        **found,
        "digest": task.table.digest,
        "version": __version__,
    }
    write_text(folder / f"{name}.json", json.dumps(plain(row), indent=2, ensure_ascii=False) + "\n")
    return folder / f"{name}.py"


def load(folder: str | Path, data: object = None) -> Pipeline:
    """The pipeline of a folder, fitted again on all rows of its data (data: where that lies now). No code of the folder
    is run. ValueError where the data is another, or the file is none of ours."""
    task, row = kept(folder, "pipeline", data, config=dict, seed=int)
    return task.fitted(row["config"], row["seed"], everything=True)


def kept(folder: str | Path, name: str, data: object, **found: type) -> tuple[Pipelines, Json]:
    """The task of NAME.json in a folder, and what it holds; `found` says what was found, and of which type it is."""
    path = Path(folder) / f"{name}.json"
    row = parse_json(read_bytes(path), f"a file of {name}")
    if not isinstance(row, dict) or row.get("schema") != SCHEMA.format(name):
        raise ValueError(f"{path}: this is no {name} of nasbook; its schema must be {SCHEMA.format(name)!r}")
    called = row.get("task")
    known = isinstance(called, str) and called.startswith("pipeline")
    if not known or not all(isinstance(row.get(k), t) for k, t in {"arguments": dict, **found}.items()):
        raise ValueError(f"{path}: {', '.join(['task', 'arguments', *found])}: one of these is missing or damaged")
    task = registry.make("task", str(called), **(row["arguments"] | ({} if data is None else {"data": data})))
    if task.table.digest != row.get("digest"):
        raise ValueError(f"{path}: the {name} was found on other data than {task.arguments.get('data', called)}")
    return task, row
