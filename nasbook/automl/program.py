"""An estimator of scikit-learn as a Python file that fits it on a table and predicts, on scikit-learn and NumPy alone.

    program(task, {"pipeline": estimator})     # the text of pipeline.py

It carries along table.py, which reads the cells as the search has read them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from inspect import getsource
from pathlib import Path
from types import ModuleType

from sklearn.base import BaseEstimator

from nasbook.automl import table
from nasbook.automl.evaluate import Pipelines
from nasbook.version import __version__


def program(
    task: Pipelines,
    built: Mapping[str, BaseEstimator | str],
    own: ModuleType | None = None,
    needs: Sequence[BaseEstimator] = (),
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


def _parts(thing: object) -> list[BaseEstimator]:
    """A pipeline and all estimators in it."""
    if isinstance(thing, BaseEstimator):
        return [thing, *_parts(list(thing.get_params(deep=False).values()))]
    inside = thing if isinstance(thing, list | tuple) else ()
    return [part for value in inside for part in _parts(value)]


def _public(estimator: BaseEstimator) -> str:
    """The module from which an estimator is imported: sklearn.svm for sklearn.svm._classes."""
    return type(estimator).__module__.partition("._")[0]


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
