"""What a search leaves behind: trials, steps, and the trace that keeps them. Its file: see trace_file.py."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping, Sequence, Set, ValuesView
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from reprlib import repr as shortened
from typing import Any, ClassVar, TypeVar

import numpy as np

from nasbook.space import Config, Space

T = TypeVar("T")
SCHEMA = "nasbook/trace@1"
STATUSES = ("running", "done", "failed", "pruned")


def copied(x: Any) -> Any:
    """The same dicts, lists, tuples, sets and arrays, anew; all else as it is."""
    if isinstance(x, Mapping):
        return {k: copied(v) for k, v in x.items()}
    if type(x) in (list, tuple, set):
        return type(x)(copied(v) for v in x)
    return x.copy() if isinstance(x, np.ndarray) else x


class _Kept:
    """A field of a record: copied when it is set and whenever it is read, so that no one outside can change it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, record: Any, owner: type | None = None) -> Any:
        if record is None:
            return self
        return copied(record.__dict__[self.name])

    def __set__(self, record: Any, value: Any) -> None:
        record.__dict__[self.name] = copied(value)


def _keep(*names: str) -> Callable[[type[T]], type[T]]:
    def kept(cls: type[T]) -> type[T]:
        for name in names:
            setattr(cls, name, _Kept(name))
        return cls

    return kept


@_keep("config", "metrics", "info", "values", "curve")
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
    traceback: str | None = None  # the last lines of where it failed
    curve: tuple[tuple[float, float | None], ...] = ()  # (fidelity, value) reported on the way
    info: dict[str, Any] = field(default_factory=dict)  # what the method says of its choice, e.g. the parent
    worker: int = 0
    start: float = 0.0
    end: float | None = None

    @property
    def effort(self) -> float:
        """How thoroughly it was evaluated: its fidelity, and infinity for the full one."""
        return math.inf if self.fidelity is None else self.fidelity

    @property
    def place(self) -> str | None:
        """Where it failed, e.g. 'objective.py, line 12, in loss'."""
        return self.traceback.splitlines()[-1].partition(": ")[0] if self.traceback else None

    def __deepcopy__(self, memo: Any) -> Trial:
        return self  # it cannot change

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
        _check_types(row.get("info", {}), _INFO_TYPES, "info.")
        trial = cls(**row)
        if trial.status not in STATUSES:
            raise ValueError(f"status must be one of {', '.join(STATUSES)}, not {shown(trial.status)}")
        if not 0 <= trial.worker < MOST_WORKERS:
            raise ValueError(f"worker must be a number from 0 to {MOST_WORKERS - 1}, not {trial.worker}")
        values = None if trial.values is None else _numbers("values", trial.values)
        return replace(trial, curve=_curve(trial.curve), values=values)


_TRIAL_DEFAULTS: dict[str, Any] = {
    "fidelity": None, "status": "running", "value": None, "values": None, "metrics": {}, "cost": None, "reason": None,
    "traceback": None, "curve": (), "info": {}, "worker": 0, "start": 0.0, "end": None,
}  # fmt: skip

_NUMBER, _WHOLE, _TEXT, _DICT = (int | float, "a number"), (int, "a whole number"), (str, "text"), (dict, "a dict")
_MAYBE_NUMBER, _MAYBE_TEXT = (int | float | None, "a number or null"), (str | None, "text or null")
_LIST = (list | tuple, "a list")
_TRIAL_TYPES = {
    "id": _WHOLE, "fidelity": _MAYBE_NUMBER, "values": (list | tuple | None, "a list or null"),
    "metrics": _DICT, "cost": _MAYBE_NUMBER, "reason": _MAYBE_TEXT, "traceback": _MAYBE_TEXT, "curve": _LIST,
    "info": _DICT, "worker": _WHOLE, "start": _NUMBER, "end": _MAYBE_NUMBER,
}  # fmt: skip
_INFO_TYPES = {"continues": (int | None, "a whole number or null")}
_HEADER_TYPES = {
    "method": _TEXT, "task": _TEXT, "seed": _WHOLE, "settings": _DICT, "arguments": _DICT, "workers": _WHOLE,
    "provenance": _DICT,
}  # fmt: skip
MOST_WORKERS = 100_000


def _check_types(row: Mapping[str, Any], types: Mapping[str, tuple[Any, str]], of: str = "") -> None:
    for name, (kind, words) in types.items():
        if name in row and (isinstance(row[name], bool) or not isinstance(row[name], kind)):
            raise ValueError(f"{of}{name} must be {words}, not {shown(row[name])}")


def _numbers(name: str, row: Iterable[Any], maybe: bool = False) -> tuple[Any, ...]:
    for x in row:
        if not ((maybe and x is None) or (isinstance(x, int | float) and not isinstance(x, bool))):
            raise ValueError(f"{name} must hold numbers{' or null' if maybe else ''}, not {shown(x)}")
    return tuple(None if x is None else float(x) for x in row)


def _curve(points: Iterable[Any]) -> tuple[tuple[float, float | None], ...]:
    found = []
    for point in points:
        if not isinstance(point, list | tuple) or len(point) != 2:
            raise ValueError(f"curve must hold pairs of fidelity and value, not {shown(point)}")
        found.append((*_numbers("curve", point[:1]), *_numbers("curve", point[1:], maybe=True)))
    return tuple(found)


def shown(x: Any, most: int = 60) -> str:
    """A value on one line, cut at its end; never an error."""
    text = repr(x)
    return text if len(text) <= most else f"{text[: most - 1]}…"


@dataclass(frozen=True)
class Step:
    """A trial that has ended, the best one so far, and the method's view: what it believed when it chose."""

    index: int
    trial: Trial
    incumbent: Trial | None
    view: Any = None


@_keep("settings", "arguments", "provenance")
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
            raise ValueError(f"this is not a trace: schema must be {SCHEMA!r}, not {shown(row.get('schema'))}")
        names = {f.name for f in fields(cls)}
        _check_types(row, _HEADER_TYPES)
        if not 1 <= row.get("workers", 1) <= MOST_WORKERS:
            raise ValueError(f"workers must be a number from 1 to {MOST_WORKERS}, not {row['workers']}")
        try:
            return cls(**{k: v for k, v in row.items() if k in names} | {"space": Space.from_dict(row["space"])})
        except (KeyError, TypeError) as error:
            raise ValueError(f"the header lacks or garbles a field: {error}") from None

    def differences(self, other: Header, *, but: Sequence[str] = ()) -> list[str]:
        """In what two headers disagree, provenance and the fields in `but` aside; `self` is there, `other` here:
        ["settings.acquisition is 'ei' there and 'ucb' here"]."""
        a, b = self.to_dict(), other.to_dict()
        return [d for k in a if k not in ("provenance", *but) for d in _differences(k, a[k], b[k])]


def _differences(name: str, there: Any, here: Any) -> list[str]:
    if isinstance(there, dict) and isinstance(here, dict):
        keys = list(dict.fromkeys([*there, *here]))
        found = [d for k in keys for d in _differences(f"{name}.{k}", there.get(k, _MISSING), here.get(k, _MISSING))]
        if not found and list(there) != list(here):  # their order counts
            found = [f"the order of {name} is {', '.join(there)} there and {', '.join(here)} here"]
        return found
    if isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        pairs = enumerate(zip(there, here, strict=True))
        return [d for i, (a, b) in pairs for d in _differences(f"{name}[{i}]", a, b)]
    if json.dumps(there, default=repr) == json.dumps(here, default=repr):
        return []
    is_ = lambda x: "missing" if x is _MISSING else shown(x)  # noqa: E731
    if is_(there) != is_(here):
        return [f"{name} is {is_(there)} there and {is_(here)} here"]
    at = next((i for i, (a, b) in enumerate(zip(str(there), str(here), strict=False)) if a != b), 0)
    a, b = (f"…{shown(str(x)[max(0, at - 10) :])}" for x in (there, here))  # they begin alike
    return [f"{name} is {a} there and {b} here"]


_MISSING = object()


def _rank(trial: Trial) -> tuple[float, float]:
    """Sorts done trials, the best first: the highest fidelity decides, then the lowest value."""
    return -trial.effort, math.inf if trial.value is None else trial.value


def best_of(trials: Iterable[Trial]) -> Trial | None:
    """The best of the done trials, as in `Trace.best`; the first of equals; None without a success."""
    return min((t for t in trials if t.status == "done" and t.value is not None), key=_rank, default=None)


class Trace:
    """The steps of one search, in the order in which the trials ended.

    Iterate over it for steps; `best` is the best trial of the highest fidelity; `pending` are trials that had started
    and not ended. It is a record: what it hands out may be changed without changing it.
    """

    # The root package binds these, because what they call lies above this module.
    save: ClassVar[Callable[..., Path]]
    load: ClassVar[Callable[..., Trace]]
    export: ClassVar[Callable[..., Any]]
    plot: ClassVar[Callable[..., Any]]
    to_csv: ClassVar[Callable[..., Any]]
    to_dataframe: ClassVar[Callable[..., Any]]

    def __init__(self, header: Header) -> None:
        self.header = header
        self._events: list[tuple[str, Trial]] = []
        self._steps: list[Step] = []
        self._running: dict[int, Trial] = {}
        self._begun: list[int] = []  # numbers of trials, once for each time that one was begun
        self.interrupted = False

    # ---- growing ---------------------------------------------------------------------------------------

    def started(self, trial: Trial) -> None:
        self._events.append(("ask", trial))
        self._running[trial.id] = trial
        self._begun.append(trial.id)

    def again(self, trial: Trial) -> None:
        """A trial that a kill has cut off begins once more."""
        self._begun.append(trial.id)

    def cut_off(self, trial: Trial) -> int:
        """How many processes were ended when this trial was the last that they had begun: those before it were made,
        though on a simulated clock they had not ended yet. A process begins trials in the order of their numbers."""
        after = [*self._begun[1:], -1]
        return sum(a == trial.id and b <= a for a, b in zip(self._begun, after, strict=True))

    def ended(self, trial: Trial, view: Any = None) -> Step:
        self._running.pop(trial.id, None)
        self._events.append(("tell", trial))
        best = best_of([trial] if self.incumbent is None else [self.incumbent, trial])
        self._steps.append(Step(len(self._steps), trial, best, view))
        return self._steps[-1]

    # ---- reading ---------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, i: int) -> Step:
        return self._steps[i]

    @property
    def steps(self) -> list[Step]:
        """The steps so far, in the order in which the trials ended."""
        return list(self._steps)

    @property
    def events(self) -> list[tuple[str, Trial]]:
        """("ask", trial) for each start and ("tell", trial) for each end, in their order."""
        return list(self._events)

    @property
    def running(self) -> dict[int, Trial]:
        """The trials that have started and not ended, by their number."""
        return dict(self._running)

    @property
    def space(self) -> Space:
        return self.header.space

    @property
    def trials(self) -> list[Trial]:
        """The trials that have ended, in the order of their ends."""
        return [s.trial for s in self._steps]

    @property
    def pending(self) -> list[Trial]:
        return list(self._running.values())

    @property
    def asked(self) -> int:
        """Number of trials that were ever started."""
        return len(self._steps) + len(self._running)

    @property
    def incumbent(self) -> Trial | None:
        return self._steps[-1].incumbent if self._steps else None

    @property
    def best(self) -> Trial:
        """The best of the done trials: of those with the highest fidelity the one with the lowest value. LookupError
        says why there is none."""
        if self.incumbent is None:
            failed = [t for t in self.trials if t.status == "failed"]
            first = f"; the first of {len(failed)} failures: {failed[0].reason}" if failed else ""
            raise LookupError(f"no trial of this trace has succeeded{first}")
        return self.incumbent

    def top(self, n: int) -> list[Config]:
        """The n best configurations, each once: those that were evaluated most thoroughly first, then the lowest
        values. To try first in another search, `first=trace.top(5)`."""
        found: dict[Any, Config] = {}
        for t in sorted((t for t in self.trials if t.status == "done"), key=_rank):
            found.setdefault(self.space.key(t.config), t.config)
        return list(found.values())[:n]

    @property
    def values(self) -> np.ndarray:
        """(n,) value of every ended trial; NaN where it failed or was pruned."""
        ok = [t.value if t.status == "done" and t.value is not None else math.nan for t in self.trials]
        return np.array(ok, float)

    @property
    def incumbent_values(self) -> np.ndarray:
        """(n,) value of the best trial after each step; NaN before the first success. It rises where a trial of a
        higher fidelity takes the lead: values of different fidelities do not compare."""
        best = [math.nan if s.incumbent is None else s.incumbent.value for s in self._steps]
        return np.array(best, float)

    @property
    def times(self) -> np.ndarray:
        """(n,) seconds from the beginning of the search to the end of each trial."""
        return np.array([math.nan if t.end is None else t.end for t in self.trials])

    @property
    def digest(self) -> str:
        """Twelve hex digits that name what was tried and found (times aside)."""
        rows = [[kind, t.id, plain(t.config), t.fidelity, t.status, plain(t.value)] for kind, t in self._events]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:12]

    def __repr__(self) -> str:
        n, h = len(self), self.header
        found = "no success yet"
        if (best := self.incumbent) is not None:
            at = ", ".join(f"{k} = {f'{v:.4g}' if isinstance(v, float) else v}" for k, v in best.config.items())
            found = f"best {best.value:.4g} at {at}"
        return f"<Trace: {h.method} on {h.task}, seed {h.seed}, {n} trial{'' if n == 1 else 's'}, {found}>"


def plain(x: Any) -> Any:
    """JSON types: arrays and tensors become lists, their scalars and fractions numbers, paths text, and what is not
    finite None. TypeError for what is none of these."""
    if isinstance(x, str):
        return str(x)
    if isinstance(x, os.PathLike):
        return os.fspath(x)
    if x is None or isinstance(x, bool):
        return x
    if isinstance(x, int):
        return int(x)
    if isinstance(x, float | np.floating | Fraction | Decimal):
        number = float(x)
        return number if math.isfinite(number) else None
    if hasattr(x, "tolist"):  # NumPy, torch, pandas
        return plain(x.tolist())
    if isinstance(x, Mapping):
        return {str(k): plain(v) for k, v in x.items()}
    if isinstance(x, list | tuple | KeysView | ValuesView | range):
        return [plain(v) for v in x]
    if isinstance(x, Set):
        return sorted((plain(v) for v in x), key=repr)
    raise TypeError(f"{text(shortened(x))[:60]} of type {type(x).__name__} cannot be kept in a trace")


def text(x: Any) -> str:
    """Text that can be written in UTF-8: lone surrogates become \\udc80."""
    return str(x).encode("utf-8", "backslashreplace").decode()
