"""Trials that somebody else has logged, as traces: a CSV file with a row for each trial.

    traces = read_trials("runs.csv")               # one trace for each method and seed in the file

Columns that are known by their names: `value` (or another one that you name), `method`, `task`, `seed`, `trial`,
`status` (done, failed or pruned), `fidelity`, `cost`, `start`, `end`. `config.<name>` are parameters and
`metric.<name>` metrics, as `trace.to_csv` writes them; without any `config.` column every other column is a parameter.
The space is what the file shows: the range of a number, the options of anything else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from nasbook.space import Choice, Config, Constant, Float, Int, Json, Parameter, Space
from nasbook.tasks.columns import MISSING, infer_space, is_missing, number, read_csv, typed
from nasbook.trace import Header, Trace, Trial

KNOWN = ("method", "task", "seed", "trial", "status", "fidelity", "cost", "start", "end", "worker", "reason")
OPTIONS = 6  # more different numbers than this are a range
WIDE = 100.0  # a range whose ends differ by this factor is logarithmic


def read_trials(path: str | Path, *, value: str = "value", maximise: bool = False) -> list[Trace]:
    """The traces of a CSV file, in the order in which they begin there. maximise: higher values are better; they are
    kept as their negatives. ValueError, with file and line, for what is no such table."""
    path = Path(path)
    data, lines = read_csv(path)
    if value not in data:
        raise ValueError(f"{path}: there is no column {value!r}; the columns are {', '.join(data)}")
    rows = range(len(lines))
    if not rows:
        raise ValueError(f"{path}: there is a header and no trial below it")

    def text(name: str, i: int, default: str) -> str:
        return data[name][i] if name in data and not is_missing(data[name][i]) else default

    space, configs, left_out = _space(data, value)
    groups: dict[tuple[str, str, str], list[int]] = {}
    for i in rows:
        groups.setdefault((text("task", i, path.stem), text("method", i, path.stem), text("seed", i, "0")), []).append(
            i
        )
    traces = []
    for (task, method, seed), mine in groups.items():
        provenance: Json = {"source": "csv", "file": path.name}
        if "seed" in data:
            provenance["seeded"] = True
        if maximise:
            provenance["maximised"] = [0]
        if left_out:
            provenance["left_out_columns"] = left_out
        if not seed.isdecimal():
            raise ValueError(f"{path}, line {lines[mine[0]]}: seed must be a whole number, not {seed!r:.40}")
        trace = Trace(Header(method, task, space, seed=int(seed), provenance=provenance))
        for n, i in enumerate(mine):
            trial = _trial(n, i, data, configs[i], value, -1.0 if maximise else 1.0, f"{path}, line {lines[i]}")
            trace.started(Trial(n, trial.config, trial.fidelity, start=trial.start))
            trace.ended(trial)
        traces.append(trace)
    return traces


def _trial(
    n: int, i: int, data: Mapping[str, Sequence[str]], config: Config, value: str, sign: float, where: str
) -> Trial:
    def read(name: str) -> float | None:
        if name not in data or is_missing(data[name][i]):
            return None
        found = number(data[name][i])
        if found is None:
            raise ValueError(f"{where}: {name} must be a number, not {data[name][i]!r:.40}")
        return found

    found = read(value)
    good = found is not None and math.isfinite(found)
    status = data["status"][i] if "status" in data else "done" if good else "failed"
    if status not in ("done", "failed", "pruned", "running"):
        raise ValueError(f"{where}: status must be done, failed or pruned, not {status!r:.40}")
    if status in ("done", "running") and not good:
        status = "failed"
    metrics = {
        k.removeprefix("metric."): v for k in data if k.startswith("metric.") if (v := _metric(data[k][i])) is not None
    }
    return Trial(
        n,
        config,
        fidelity=read("fidelity"),
        status="done" if status == "running" else status,
        value=sign * found if good and found is not None else None,
        metrics=metrics,
        cost=read("cost"),
        reason=None if status == "done" else (data.get("reason") or [""] * (i + 1))[i] or f"it {status} in the file",
        start=read("start") or 0.0,
        end=read("end"),
    )


def _metric(cell: str) -> float | str | None:
    if is_missing(cell):
        return None
    found = number(cell)
    return cell if found is None else found


def _space(data: Mapping[str, Sequence[str]], value: str) -> tuple[Space, list[Config], list[str]]:
    """The space, the configuration of every row, and columns that some rows lack without a reason that can be seen."""
    marked = [n for n in data if n.startswith("config.")]
    names = marked or [n for n in data if n not in (*KNOWN, value) and not n.startswith(("metric.", "value_"))]
    columns = {n.removeprefix("config."): typed(data[n]) for n in names}
    columns = {n: cells for n, cells in columns.items() if any(c is not MISSING for c in cells)}
    left_out: list[str] = []
    while columns:
        try:
            space = infer_space(columns)
            break
        except LookupError as error:
            left_out.append(error.args[0])
            del columns[error.args[0]]
    if not columns:
        n = len(data[value])
        return (
            Space({"configuration": Constant("not in the file")}),
            [{"configuration": "not in the file"}] * n,
            left_out,
        )
    space = Space({n: _widened(p) for n, p in space.parameters.items()})
    configs = [
        space.validate({n: cells[i] for n, cells in columns.items() if cells[i] is not MISSING})
        for i in range(len(data[value]))
    ]
    return space, configs, left_out


def _widened(p: Parameter) -> Parameter:
    """A choice of many numbers is a range of them."""
    if not isinstance(p, Choice) or len(p.options) <= OPTIONS:
        return p
    options = p.options
    if not all(isinstance(o, int | float) and not isinstance(o, bool) for o in options):
        return p
    low, high = min(options), max(options)  # type: ignore[type-var]
    log = bool(low > 0 and high / low >= WIDE)  # type: ignore[operator]
    kind = Int if all(isinstance(o, int) for o in options) else Float
    return kind(low, high, log=log, when=p.when)  # type: ignore[arg-type]
