"""The trials of a trace as rows of a table: CSV, or a pandas DataFrame.

Columns: what a trial is (trial, status, value …), then value_1, value_2 … where there are several objectives, then
config.<name> for each parameter, metric.<name> for each metric and used.<name> for what was measured of the machine
(see meter.py). One row for each trial that has ended, in the order of the ends; what a trial has not got is empty.
"""

from __future__ import annotations

import csv
import json
from importlib import import_module
from pathlib import Path
from typing import Any

from nasbook.space import Json
from nasbook.trace import Trace

FIELDS = ("status", "value", "fidelity", "cost", "start", "end", "worker", "reason")


def rows(trace: Trace) -> list[Json]:
    """One dict for each trial that has ended, all with the same keys in the same order."""
    trials = trace.trials
    several = max((len(t.values or ()) for t in trials), default=0)
    metrics = list(dict.fromkeys(name for t in trials for name in t.metrics))
    used = list(dict.fromkeys(name for t in trials for name in t.used))
    found = []
    for t in trials:
        config, measured, values = t.config, t.metrics, t.values or ()
        row = {"trial": t.id, **{name: getattr(t, name) for name in FIELDS}}
        row |= {f"value_{k + 1}": values[k] if k < len(values) else None for k in range(several)}
        row |= {f"config.{name}": config.get(name) for name in trace.space.parameters}
        row |= {f"metric.{name}": measured.get(name) for name in metrics}
        row |= {f"used.{name}": t.used.get(name) for name in used}
        found.append(row)
    return found


def to_csv(trace: Trace, path: str | Path) -> Path:
    """Write the trials as CSV in UTF-8, and return the path; lists and dicts among the metrics become JSON."""
    table, path = rows(trace), Path(path)
    with open(path, "w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        names = list(table[0]) if table else ["trial", *FIELDS, *(f"config.{n}" for n in trace.space.parameters)]
        writer = csv.writer(file)
        writer.writerow(names)
        for row in table:
            writer.writerow(json.dumps(x) if isinstance(x, list | dict) else x for x in row.values())
    return path


def to_dataframe(trace: Trace) -> Any:
    """The trials as a pandas DataFrame; ImportError in one sentence where pandas is not installed."""
    try:
        pandas = import_module("pandas")
    except ImportError:
        raise ImportError(
            "to_dataframe needs pandas: pip install pandas; trace.to_csv('trials.csv') needs nothing"
        ) from None
    return pandas.DataFrame(rows(trace))
