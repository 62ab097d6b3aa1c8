"""W&B: the file of a sweep."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from nasbook.scale.formats.found import Found, Row, Spec, between, choice, log_normal, normal, quantised

METHODS = {"grid": "grid", "random": "random", "bayes": "bayesian"}


def read(data: Row) -> Found:
    """The space of `parameters`, and the program, method and number of runs of the sweep."""
    found = Found("W&B", program=data.get("program"), method=METHODS.get(str(data.get("method"))))
    if not isinstance(found.program, str | None):
        raise ValueError(f"program is the name of a file, not {found.program!r:.40}")
    cap = data.get("run_cap")
    found.trials = cap if isinstance(cap, int) and cap > 0 else None
    metric = data.get("metric")
    if isinstance(metric, Mapping) and metric.get("goal") == "maximize":
        found.note(str(metric.get("name")), "it is maximised there, and here values are minimised: print its negative")
    for key in ("early_terminate", "command"):
        if key in data:
            found.note(key, "it is not carried over")
    add_all(found, data["parameters"], "")
    return found


def add_all(found: Found, parameters: Row, head: str) -> None:
    for key, row in parameters.items():
        name = f"{head}{key}"
        if not isinstance(row, Mapping):
            raise ValueError(f"{name}: a parameter is a mapping, e.g. values: [1, 2], not {row!r:.40}")
        if isinstance(row.get("parameters"), Mapping):
            add_all(found, row["parameters"], f"{name}.")
        else:
            found.add(name, parameter(found, name, row))


def parameter(found: Found, name: str, row: Row) -> Spec:
    low: Any = row.get("min")
    high: Any = row.get("max")
    kind = row.get("distribution")
    if kind is None:
        whole = all(isinstance(x, int) for x in (low, high))
        kind = (
            "constant"
            if "value" in row
            else "categorical"
            if "values" in row
            else "int_uniform"
            if whole
            else "uniform"
        )
    if kind == "constant":
        return {"type": "constant", "value": row["value"]}
    if kind in ("categorical", "categorical_w_probabilities"):
        if row.get("probabilities"):
            found.note(name, "its probabilities are left out; its options are equally likely here")
        return choice(row["values"])
    if kind in ("normal", "q_normal"):
        return normal(found, name, row.get("mu", 0), row.get("sigma", 1))
    if kind in ("log_normal", "q_log_normal"):
        return log_normal(found, name, row.get("mu", 0), row.get("sigma", 1))
    if None in (low, high):
        raise ValueError(f"{name}: a range has a min and a max")
    if kind in ("log_uniform", "q_log_uniform"):  # of exponents
        low, high = float(f"{math.exp(low):.12g}"), float(f"{math.exp(high):.12g}")
    if str(kind).startswith("inv_log_uniform"):
        low, high = (low, high) if str(kind).endswith("values") else (math.exp(-high), math.exp(-low))
        return between("float", low, high, log=True)  # log(1/x) is as uniform as log x
    if kind in ("q_uniform", "q_log_uniform", "q_log_uniform_values"):
        return quantised(found, name, low, high, row.get("q", 1), "log" in kind)
    if kind not in ("int_uniform", "uniform", "log_uniform", "log_uniform_values"):
        raise ValueError(f"{name} has the distribution {kind!r:.40}, which is not known here")
    return between("int" if kind == "int_uniform" else "float", low, high, "log" in kind)
