"""The winner as code: a Python file that fits the pipeline and predicts, on scikit-learn and NumPy alone.

    source(task, config, seed)          # the text of pipeline.py
    save(task, config, "found", seed)   # found/pipeline.py and found/pipeline.json
    load("found", "data.csv")           # the Pipeline, fitted again

A saved pipeline is its source and its configuration, never a pickle, which would run whatever its author likes: to load
one is to fit it again, on data whose digest is compared first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from inspect import getsource
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from nasbook import registry
from nasbook.automl import table
from nasbook.automl.build import build
from nasbook.automl.evaluate import Pipelines
from nasbook.files import parse_json, read_bytes, write_text
from nasbook.space import Config
from nasbook.trial import plain
from nasbook.version import __version__

SCHEMA = "nasbook/{}@1"


def source(task: Pipelines, config: Config, seed: int = 0) -> str:
    """A Python file that is the pipeline of a configuration; it reads the CSV file that the task has read."""
    task.check_config(config)
    return program(task, {"pipeline": build(plain(config), task.table, seed)})


def program(
    task: Pipelines, built: Mapping[str, BaseEstimator | str], own: Any = None, needs: Sequence[BaseEstimator] = ()
) -> str:
    """A Python file, called after the last thing that is built, which fits that on the task's table and predicts.

    built: by the name of its function an estimator of scikit-learn, or the text of one. own: a module of ours that such
    a text needs, whose source goes along; needs: estimators that it names."""
    data, path, name = task.table, task.arguments.get("data"), list(built)[-1]
    texts = {f: e if isinstance(e, str) else _written(e) for f, e in built.items()}
    text = "\n\n\n".join(FUNCTION.format(f, t.replace("\n", "\n    ")) for f, t in texts.items())
    text = re.sub(r"<function (\w+) at 0x\w+>", r"\1", text)
    parts = [part for e in (*needs, *built.values()) for part in _parts(e)]
    imports = sorted({(_public(e), type(e).__name__) for e in parts})
    functions = [("sklearn.feature_selection", f) for f in ("f_classif", "f_regression") if f in text]
    lines = "\n".join(f"from {module} import {thing}" for module, thing in [*imports, *functions])
    kind = "number" if data.kind == "regression" or not isinstance(data.classes[0], str) else "text"
    facts = {
        "DATA": path if isinstance(path, str) and Path(path).is_file() else "data.csv",
        "ENCODING": data.encoding,
        "DELIMITER": data.delimiter,
        "TARGET": data.target,
        "TARGET_KIND": (kind, data.mark),
        "CLASSES": list(data.classes),
        "ORDER": data.order,
        "FEATURES": list(data.features),
    }
    head = HEAD.replace("pipeline", name).format(
        version=__version__,
        imports=lines,
        table=getsource(table).partition("import csv\n")[2].rstrip(),
        own="" if own is None else "\n" + getsource(own).partition("import numpy as np\n")[2].rstrip() + "\n\n",
        constants="\n".join(f"{constant} = {value!r}" for constant, value in facts.items()),
    )
    return head + BODY.replace("pipeline", name).replace("FUNCTIONS", text)


def _written(pipeline: BaseEstimator) -> str:
    """As Python. The `repr` of scikit-learn would leave out what follows the thirtieth column."""
    from sklearn.utils._pprint import _EstimatorPrettyPrinter

    return str(_EstimatorPrettyPrinter(compact=True, indent=1).pformat(pipeline))


def _parts(thing: Any) -> list[BaseEstimator]:
    """A pipeline and all estimators in it."""
    found = [thing] if isinstance(thing, BaseEstimator) else []
    for value in thing.get_params(deep=False).values() if found else thing if isinstance(thing, list | tuple) else ():
        found += _parts(value)
    return found


def _public(estimator: BaseEstimator) -> str:
    """The module from which an estimator is imported: sklearn.svm for sklearn.svm._classes."""
    return type(estimator).__module__.partition("._")[0]


def save(task: Pipelines, config: Config, folder: str | Path, seed: int = 0) -> Path:
    """Write pipeline.py, and pipeline.json with what `load` needs."""
    return keep(task, folder, "pipeline", source(task, config, seed), {"config": config, "seed": seed})


def keep(task: Pipelines, folder: str | Path, name: str, program: str, found: dict[str, Any]) -> Path:
    """Write NAME.py, and NAME.json with what was found, of which task and data."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / f"{name}.py", program)
    row = {"schema": SCHEMA.format(name), "task": task.name, "arguments": task.arguments, **found,
           "digest": task.table.digest, "version": __version__}  # fmt: skip
    write_text(folder / f"{name}.json", json.dumps(plain(row), indent=2, ensure_ascii=False) + "\n")
    return folder / f"{name}.py"


def load(folder: str | Path, data: Any = None) -> Pipeline:
    """The pipeline of a folder, fitted again on all rows of its data (data: where that lies now). No code of the folder
    is run. ValueError where the data is another, or the file is none of ours."""
    task, row = kept(folder, "pipeline", data, config=dict, seed=int)
    return task.fitted(row["config"], row["seed"], everything=True)


def kept(folder: str | Path, name: str, data: Any, **found: type) -> tuple[Pipelines, dict[str, Any]]:
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


HEAD = '''"""The pipeline that nasbook {version} has found. It needs scikit-learn and NumPy.

It reads its data and fits anew in each process; a saved model would have to be trusted.

    python pipeline.py new.csv              # predicts each row of new.csv, one a line
    python pipeline.py new.csv data.csv     # fits on another file than DATA
"""

import csv
{table}


# ---- the pipeline ------------------------------------------------------------------------------------------

import sys  # noqa: E402

{imports}
{own}
{constants}

'''

FUNCTION = '''def {}():
    """Not fitted; columns are meant by their place in FEATURES."""
    return {}'''

BODY = '''
FUNCTIONS


def fitted(path=DATA):
    """On all rows of a CSV file whose target is known."""
    columns = read_csv(path, ENCODING, DELIMITER)
    for name in [TARGET, *(ORDER or ())[:1]]:
        if name not in columns:
            raise ValueError(f"{path}: there is no column {name!r}, which is needed to fit the pipeline")
    kind, mark = TARGET_KIND
    known = values(columns[TARGET], "number" if kind == "number" else "category", mark).tolist()
    rows = [i for i, y in enumerate(known) if y == y and (not CLASSES or y in CLASSES)]
    if ORDER:
        at = values(columns[ORDER[0]], *ORDER[1:])
        rows = sorted((i for i in rows if at[i] == at[i]), key=lambda i: at[i])
    whole = bool(CLASSES) and kind == "number"
    y = np.array([int(known[i]) if whole else known[i] for i in rows])
    return pipeline().fit(matrix(columns, FEATURES)[rows], y)


def predict(model, path):
    """(n,) what a fitted pipeline says of the rows of a CSV file, which needs no target."""
    return model.predict(matrix(read_csv(path, ENCODING, DELIMITER), FEATURES))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("say which rows to predict: python pipeline.py new.csv")
    try:
        found = predict(fitted(*sys.argv[2:]), sys.argv[1])
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    print(*found.tolist(), sep="\\n")
'''
