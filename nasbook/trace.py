"""What a search leaves behind: trials, steps, and the trace that keeps them.

On disk a trace is a text file of JSON lines, written while the search runs: a header, then for every trial one `ask`
line when it starts and one `tell` line when it ends. The order of these events is all that is needed to go on later
exactly where the search stopped, however many trials were in flight.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np

from nasbook.space import Config, Space

SCHEMA = "nasbook/trace@1"
STATUSES = ("running", "done", "failed", "pruned")


@dataclass(frozen=True)
class Trial:
    """One configuration and what became of it.

    `value` is minimised; with several objectives `values` holds them all and `value` the first. `cost` is in seconds
    (of this machine, or of the machine that made a table). `start` and `end` are seconds since the search began.
    """

    id: int
    config: Config
    fidelity: float | None = None  # in the task's unit, e.g. epochs; None is the full fidelity
    status: str = "running"
    value: float | None = None
    values: tuple[float, ...] | None = None
    metrics: dict[str, Any] = field(default_factory=dict)
    cost: float | None = None
    reason: str | None = None  # why it failed or was pruned
    curve: tuple[tuple[float, float | None], ...] = ()  # (fidelity, value) reported on the way
    info: dict[str, Any] = field(default_factory=dict)  # what the method says of its choice, e.g. the parent
    worker: int = 0
    start: float = 0.0
    end: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; fields that still have their default are left out."""
        row: dict[str, Any] = {"id": self.id, "config": plain(self.config)}
        for name, default in _TRIAL_DEFAULTS.items():
            value = getattr(self, name)
            if value != default:
                row[name] = plain(value)
        return row

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Trial:
        known = {f.name for f in fields(cls)}
        unknown = set(row) - known
        if unknown or "id" not in row or "config" not in row:
            raise ValueError(f"unknown field {sorted(unknown)[0]!r}" if unknown else "id and config are needed")
        _check_types(row, _TRIAL_TYPES)
        trial = cls(**row)
        if trial.status not in STATUSES:
            raise ValueError(f"status must be one of {', '.join(STATUSES)}, not {trial.status!r}")
        curve = tuple((float(f), None if v is None else float(v)) for f, v in trial.curve)
        values = None if trial.values is None else tuple(float(v) for v in trial.values)
        return replace(trial, curve=curve, values=values)


_TRIAL_DEFAULTS: dict[str, Any] = {
    "fidelity": None, "status": "running", "value": None, "values": None, "metrics": {}, "cost": None, "reason": None,
    "curve": (), "info": {}, "worker": 0, "start": 0.0, "end": None,
}  # fmt: skip

_NUMBER, _WHOLE, _TEXT, _DICT = (int | float, "a number"), (int, "a whole number"), (str, "text"), (dict, "a dict")
_MAYBE_NUMBER, _MAYBE_TEXT = (int | float | None, "a number or null"), (str | None, "text or null")
_TRIAL_TYPES = {
    "id": _WHOLE, "fidelity": _MAYBE_NUMBER, "metrics": _DICT, "cost": _MAYBE_NUMBER, "reason": _MAYBE_TEXT,
    "info": _DICT, "worker": _WHOLE, "start": _NUMBER, "end": _MAYBE_NUMBER,
}  # fmt: skip
_HEADER_TYPES = {
    "method": _TEXT, "task": _TEXT, "seed": _WHOLE, "settings": _DICT, "arguments": _DICT, "workers": _WHOLE,
    "provenance": _DICT,
}  # fmt: skip


def _check_types(row: Mapping[str, Any], types: Mapping[str, tuple[Any, str]]) -> None:
    for name, (kind, words) in types.items():
        if name in row and (isinstance(row[name], bool) or not isinstance(row[name], kind)):
            raise ValueError(f"{name} must be {words}, not {row[name]!r:.40}")


@dataclass(frozen=True)
class Step:
    """A trial that has ended, the best one so far, and the method's view: what it believed when it chose."""

    index: int
    trial: Trial
    incumbent: Trial | None
    view: Any = None


@dataclass(frozen=True)
class Header:
    """What was searched, with what. Two runs with equal headers give the same configurations."""

    method: str
    task: str
    space: Space
    seed: int = 0
    settings: dict[str, Any] = field(default_factory=dict)  # of the method
    arguments: dict[str, Any] = field(default_factory=dict)  # of the task
    workers: int = 1
    provenance: dict[str, Any] = field(default_factory=dict)  # version, date: not part of what must agree

    def to_dict(self) -> dict[str, Any]:
        row = {f.name: getattr(self, f.name) for f in fields(self)}
        return plain({"schema": SCHEMA, **row, "space": self.space.to_dict()})

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Header:
        if row.get("schema") != SCHEMA:
            raise ValueError(f"this is not a trace: schema must be {SCHEMA!r}, not {row.get('schema')!r}")
        names = {f.name for f in fields(cls)}
        _check_types(row, _HEADER_TYPES)
        try:
            return cls(**{k: v for k, v in row.items() if k in names} | {"space": Space.from_dict(row["space"])})
        except (KeyError, TypeError) as error:
            raise ValueError(f"the header lacks or garbles a field: {error}") from None

    def differences(self, other: Header) -> list[str]:
        """The fields in which two headers disagree, provenance aside."""
        a, b = self.to_dict(), other.to_dict()
        return [k for k in a if k != "provenance" and json.dumps(a[k]) != json.dumps(b[k])]  # their order counts


class Trace:
    """The steps of one search, in the order in which the trials ended.

    Iterate over it for steps; `best` is the trial with the lowest value; `pending` are trials that had started and not
    ended.
    """

    # The root package binds these two, because what they call lies above this module.
    export: ClassVar[Callable[..., Any]]
    plot: ClassVar[Callable[..., Any]]

    def __init__(self, header: Header) -> None:
        self.header = header
        self.events: list[tuple[str, Trial]] = []  # ("ask" | "tell", trial)
        self.steps: list[Step] = []
        self.running: dict[int, Trial] = {}
        self.interrupted = False

    # ---- growing ---------------------------------------------------------------------------------------

    def started(self, trial: Trial) -> None:
        self.events.append(("ask", trial))
        self.running[trial.id] = trial

    def ended(self, trial: Trial, view: Any = None) -> Step:
        self.running.pop(trial.id, None)
        self.events.append(("tell", trial))
        best = self.incumbent
        if trial.status == "done" and trial.value is not None and (best is None or trial.value < best.value):  # type: ignore[operator]
            best = trial
        self.steps.append(Step(len(self.steps), trial, best, view))
        return self.steps[-1]

    # ---- reading ---------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, i: int) -> Step:
        return self.steps[i]

    @property
    def space(self) -> Space:
        return self.header.space

    @property
    def trials(self) -> list[Trial]:
        """The trials that have ended, in the order of their ends."""
        return [s.trial for s in self.steps]

    @property
    def pending(self) -> list[Trial]:
        return list(self.running.values())

    @property
    def asked(self) -> int:
        """Number of trials that were ever started."""
        return len(self.steps) + len(self.running)

    @property
    def incumbent(self) -> Trial | None:
        return self.steps[-1].incumbent if self.steps else None

    @property
    def best(self) -> Trial:
        """The done trial with the lowest value; LookupError says why there is none."""
        if self.incumbent is None:
            failed = [t for t in self.trials if t.status == "failed"]
            first = f"; the first of {len(failed)} failures: {failed[0].reason}" if failed else ""
            raise LookupError(f"no trial of this trace has succeeded{first}")
        return self.incumbent

    def top(self, n: int) -> list[Config]:
        """The n best configurations, each once: those that were evaluated most thoroughly first, then the lowest
        values. To try first in another search, `first=trace.top(5)`."""
        thorough = lambda t: math.inf if t.fidelity is None else t.fidelity  # noqa: E731
        found: dict[Any, Config] = {}
        for t in sorted((t for t in self.trials if t.status == "done"), key=lambda t: (-thorough(t), t.value, t.id)):
            found.setdefault(self.space.key(t.config), t.config)
        return list(found.values())[:n]

    @property
    def values(self) -> np.ndarray:
        """(n,) value of every ended trial; NaN where it failed or was pruned."""
        ok = [t.value if t.status == "done" and t.value is not None else math.nan for t in self.trials]
        return np.array(ok, float)

    @property
    def incumbent_values(self) -> np.ndarray:
        """(n,) lowest value after each step; NaN before the first success."""
        best = [math.nan if s.incumbent is None else s.incumbent.value for s in self.steps]
        return np.array(best, float)

    @property
    def times(self) -> np.ndarray:
        """(n,) seconds from the beginning of the search to the end of each trial."""
        return np.array([math.nan if t.end is None else t.end for t in self.trials])

    @property
    def digest(self) -> str:
        """Twelve hex digits that name what was tried and found (times aside)."""
        rows = [[kind, t.id, plain(t.config), t.fidelity, t.status, plain(t.value)] for kind, t in self.events]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:12]

    def __repr__(self) -> str:
        n, h = len(self), self.header
        found = "no success yet" if self.incumbent is None else f"best {self.best.value:.6g} at {self.best.config}"
        return f"<Trace: {h.method} on {h.task}, seed {h.seed}, {n} trial{'' if n == 1 else 's'}, {found}>"

    # ---- on disk ---------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> Path:
        """Write the whole trace as JSON lines; an existing file is replaced in one move."""
        path = Path(path)
        scratch = path.with_name(path.name + ".tmp")
        with TraceFile(scratch, self.header, fresh=True) as file:
            views = iter(self.steps)
            for kind, trial in self.events:
                file.write(kind, trial, next(views).view if kind == "tell" else None)
        os.replace(scratch, path)
        return path

    @classmethod
    def load(cls, path: str | Path) -> Trace:
        """Read a trace. A last line that was cut off is dropped with a warning; any other damage is a ValueError
        that names the line."""
        return read(path)[0]


class TraceFile:
    """A trace being written: each line is flushed, so a killed process loses at most the trial it was running."""

    def __init__(self, path: str | Path, header: Header, *, fresh: bool, keep: int | None = None) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] = open(self.path, "wb" if fresh else "r+b")  # noqa: SIM115
        if fresh:
            self._line(header.to_dict())
        else:  # go on after the last good line
            self._file.truncate(keep)
            self._file.seek(0, os.SEEK_END)
            self._file.write(b"" if _ends_with_newline(self.path, keep) else b"\n")

    def write(self, kind: str, trial: Trial, view: Any = None) -> None:
        row: dict[str, Any] = {"event": kind, **trial.to_dict()}
        if view is not None and hasattr(view, "to_dict"):
            row["view"] = plain(view.to_dict())
        self._line(row)

    def _line(self, row: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(row, allow_nan=False, ensure_ascii=False).encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> TraceFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read(path: str | Path) -> tuple[Trace, int]:
    """The trace of a file, and how many bytes of the file are good."""
    path = Path(path)
    lines = path.read_bytes().splitlines(keepends=True)
    if not lines:
        raise ValueError(f"{path}: the file is empty; a trace begins with a header line")
    trace: Trace | None = None
    good = 0
    for number, line in enumerate(lines, 1):
        try:
            row = _row(line)
        except ValueError as error:
            if number == len(lines) and number > 1 and not line.endswith(b"\n"):
                warnings.warn(f"{path}: line {number} was cut off and is dropped", stacklevel=3)
                break
            raise ValueError(f"{path}, line {number}: {error}") from None
        try:
            if trace is None:
                trace = Trace(Header.from_dict(row))
            else:
                _add(trace, row)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
        good += len(line)
    assert trace is not None
    return trace, good


def is_torn(path: Path) -> bool:
    """Was the writing of this trace cut off within its header, before anything was computed?"""
    data, beginning = path.read_bytes(), f'{{"schema": "{SCHEMA}"'.encode()
    return (
        not data.endswith((b"\n", b"}}"))
        and b"\n" not in data
        and (data + beginning[len(data) :]).startswith(beginning)
    )


def _row(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line, parse_constant=_refuse)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"not a line of JSON ({error})") from None
    if not isinstance(row, dict):
        raise ValueError(f"a JSON object was expected, not {row!r:.40}")
    return row


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number of JSON")


def _add(trace: Trace, row: dict[str, Any]) -> None:
    kind, view = row.pop("event", None), row.pop("view", None)
    if kind not in ("ask", "tell"):
        raise ValueError(f"event must be 'ask' or 'tell', not {kind!r}")
    trial = Trial.from_dict(row)
    if trace.space.validate(trial.config) != trial.config:
        raise ValueError(f"trial {trial.id} is not a configuration of the space in the header")
    if kind == "ask":
        if trial.id != trace.asked:
            raise ValueError(f"trial {trial.id} starts where trial {trace.asked} was expected")
        if trial.status != "running":
            raise ValueError(f"trial {trial.id} starts with status {trial.status!r}, not 'running'")
        trace.started(trial)
    else:
        if trial.id not in trace.running:
            raise ValueError(f"trial {trial.id} ends, but it had not started or had ended before")
        started = trace.running[trial.id]
        if (trial.config, trial.fidelity) != (started.config, started.fidelity):
            raise ValueError(f"trial {trial.id} ends with another configuration or fidelity than it started with")
        if trial.status == "running":
            raise ValueError(f"trial {trial.id} ends with status 'running'")
        needed = trial.status == "done" or trial.value is not None
        if needed and (isinstance(trial.value, bool) or not isinstance(trial.value, int | float)):
            raise ValueError(f"trial {trial.id} is {trial.status}, so its value must be a number, not {trial.value!r}")
        trace.ended(trial, view)


def plain(x: Any) -> Any:
    """JSON types: arrays become lists, NumPy scalars numbers, paths text, and what is not finite None."""
    if isinstance(x, bool) or x is None or isinstance(x, int | str):
        return x
    if isinstance(x, float):
        return float(x) if math.isfinite(x) else None
    if isinstance(x, os.PathLike):
        return os.fspath(x)
    if isinstance(x, np.ndarray | np.generic):
        return plain(x.tolist())
    if isinstance(x, Mapping):
        return {str(k): plain(v) for k, v in x.items()}
    if isinstance(x, Iterable):
        return [plain(v) for v in x]
    raise TypeError(f"{x!r} of type {type(x).__name__} cannot be kept in a trace")


def _ends_with_newline(path: Path, size: int | None) -> bool:
    data = path.read_bytes()[:size]
    return data.endswith(b"\n")
