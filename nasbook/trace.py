"""What a search leaves behind: trials, steps, and the trace that keeps them.

On disk a trace is a text file of JSON lines, written while the search runs: a header, then for every trial one `ask`
line when it starts and one `tell` line when it ends; an `again` line where it begins once more after a kill. The order
of these events is all that is needed to go on later exactly where the search stopped, however many trials were in
flight.
"""

from __future__ import annotations

import gc
import hashlib
import inspect
import json
import math
import os
import threading
import warnings
import weakref
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, KeysView, Mapping, Sequence, Set, ValuesView
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from fractions import Fraction
from itertools import count
from pathlib import Path
from reprlib import repr as shortened
from typing import IO, Any, ClassVar, TypeVar

import numpy as np

from nasbook.files import lock, parse_json, read_bytes
from nasbook.source import changed
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
            raise ValueError(f"status must be one of {', '.join(STATUSES)}, not {_shown(trial.status)}")
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
            raise ValueError(f"{of}{name} must be {words}, not {_shown(row[name])}")


def _numbers(name: str, row: Iterable[Any], maybe: bool = False) -> tuple[Any, ...]:
    for x in row:
        if not ((maybe and x is None) or (isinstance(x, int | float) and not isinstance(x, bool))):
            raise ValueError(f"{name} must hold numbers{' or null' if maybe else ''}, not {_shown(x)}")
    return tuple(None if x is None else float(x) for x in row)


def _curve(points: Iterable[Any]) -> tuple[tuple[float, float | None], ...]:
    found = []
    for point in points:
        if not isinstance(point, list | tuple) or len(point) != 2:
            raise ValueError(f"curve must hold pairs of fidelity and value, not {_shown(point)}")
        found.append((*_numbers("curve", point[:1]), *_numbers("curve", point[1:], maybe=True)))
    return tuple(found)


def _brief(error: Exception, head: int = 140, tail: int = 60) -> str:
    """What an error says, without its middle where that is long."""
    text = str(error)
    return text if len(text) <= head + tail else f"{text[:head]} … {text[-tail:]}"


def _shown(x: Any, most: int = 60) -> str:
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
            raise ValueError(f"this is not a trace: schema must be {SCHEMA!r}, not {_shown(row.get('schema'))}")
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
    is_ = lambda x: "missing" if x is _MISSING else _shown(x)  # noqa: E731
    if is_(there) != is_(here):
        return [f"{name} is {is_(there)} there and {is_(here)} here"]
    at = next((i for i, (a, b) in enumerate(zip(str(there), str(here), strict=False)) if a != b), 0)
    a, b = (f"…{_shown(str(x)[max(0, at - 10) :])}" for x in (there, here))  # they begin alike
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
    export: ClassVar[Callable[..., Any]]
    plot: ClassVar[Callable[..., Any]]
    to_csv: ClassVar[Callable[..., Any]]
    to_dataframe: ClassVar[Callable[..., Any]]

    def __init__(self, header: Header) -> None:
        self.header = header
        self._events: list[tuple[str, Trial]] = []
        self._steps: list[Step] = []
        self._running: dict[int, Trial] = {}
        self._begun: Counter[int] = Counter()
        self.interrupted = False

    # ---- growing ---------------------------------------------------------------------------------------

    def started(self, trial: Trial) -> None:
        self._events.append(("ask", trial))
        self._running[trial.id] = trial
        self._begun[trial.id] += 1

    def again(self, trial: Trial) -> None:
        """A trial that a kill has cut off begins once more."""
        self._begun[trial.id] += 1

    def begun(self, trial: Trial) -> int:
        """How often a trial was begun; more than once where its process was ended meanwhile."""
        return self._begun[trial.id]

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

    # ---- on disk ---------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> Path:
        """Write the whole trace as JSON lines; an existing file is replaced in one move. ValueError where a search is
        writing it."""
        path = Path(path)
        if path.is_dir():
            raise ValueError(f"{path} is a folder; a trace is a file, e.g. {path / 'trace.jsonl'}")
        if path.exists():
            with open(path, "rb") as old:
                if not lock(old):
                    raise ValueError(_busy(path))
        with TraceFile(path.with_name(path.name + ".tmp")) as file:
            file.begin(self.header)
            views = iter(self.steps)
            for kind, trial in self.events:
                file.write(kind, trial, next(views).view if kind == "tell" else None)
        os.replace(file.path, path)
        return path

    @classmethod
    def load(cls, path: str | Path) -> Trace:
        """Read a trace. A last line that was cut off is dropped with a warning; any other damage is a ValueError
        that names the line."""
        return read(path)[0]


class TraceFile:
    """A trace being written, by one search at a time: the file is locked until it is closed or the process ends.

    Each line is flushed, so a killed process loses at most the trial it was running. ValueError where another search
    is writing the file."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.search: weakref.ref[Generator[Any, Any, Any]] | None = None  # what writes it, if that is a generator
        self._thread = threading.get_ident()
        if self.path.is_dir():
            raise ValueError(f"{path} is a folder; a trace is a file, e.g. {self.path / 'trace.jsonl'}")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._locked()
        _open_files.add(self)

    @classmethod
    def open(
        cls, path: str | Path, header: Header, *, resume: bool = False, but: Sequence[str] = ()
    ) -> tuple[Trace, TraceFile]:
        """The trace in a file and the file, ready for more; what was computed is never overwritten. With `resume` the
        trace must have this header, the fields in `but` aside."""
        path = Path(path)
        exists = f"{path} exists; resume=True goes on with it, another name starts anew"
        if path.exists() and not resume:
            raise ValueError(exists)
        file = cls(path)
        try:
            if is_torn(path):
                file.begin(header)
                return Trace(header), file
            if not resume:  # somebody was faster
                raise ValueError(exists)
            trace, good = read(path)
            if wrong := trace.header.differences(header, but=but):
                more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
                raise ValueError(f"{path} holds another search: {'; '.join(wrong[:3])}{more}")
            if changed(trace.header.provenance.get("code"), header.provenance.get("code")):
                warnings.warn(
                    f"the code of {header.task} was edited after {path} was begun, so its new values may mean "
                    "something else than the old ones; another name starts anew",
                    stacklevel=4,
                )
            file.go_on(good)
        except BaseException:
            file.close()
            raise
        return trace, file

    def begin(self, header: Header) -> None:
        """Write the header into the empty file."""
        self._file.truncate(0)
        self._line(header.to_dict())

    def go_on(self, good: int) -> None:
        """Write after the first `good` bytes."""
        self._file.truncate(good)
        self._file.seek(max(0, good - 1))
        if self._file.read(1) not in (b"", b"\n"):
            self._file.write(b"\n")

    def write(self, kind: str, trial: Trial, view: Any = None) -> None:
        row: dict[str, Any] = {"event": kind, **trial.to_dict()}
        if view is not None and hasattr(view, "to_dict"):
            row["view"] = plain(view.to_dict())
        self._line(row)

    def _line(self, row: Mapping[str, Any]) -> None:
        try:
            line = json.dumps(row, allow_nan=False, ensure_ascii=False).encode()
        except UnicodeEncodeError:  # half a character, as \ud800
            line = json.dumps(row, allow_nan=False).encode()
        if not self._in_place():
            self._move()
        self._file.write(line + b"\n")
        self._file.flush()

    def _in_place(self) -> bool:
        """Is the open file still the one of this name? Windows lets nobody delete an open file."""
        try:
            return os.name == "nt" or os.path.samestat(os.fstat(self._file.fileno()), os.stat(self.path))
        except OSError:
            return False

    def _move(self) -> None:
        """Write all of the trace anew, because its file was deleted or another one has taken its name."""
        self._file.seek(0)
        known, was = self._file.read(), self.path
        names = (was if k == 1 else was.with_name(f"{was.stem}-{k}{was.suffix}") for k in count(1))
        free = next(p for p in names if not os.path.lexists(p))
        try:
            free.parent.mkdir(parents=True, exist_ok=True)
            anew = open(free, "x+b")  # noqa: SIM115
        except OSError as error:
            raise ValueError(
                f"{was} was deleted while a search wrote it, and it cannot be written anew: {error}"
            ) from None
        lock(anew)
        anew.write(known)
        self._file.close()
        self._file, self.path = anew, free
        happened = "was deleted" if free == was else "was replaced by another file"
        where = "it is written anew, with every trial" if free == was else f"every trial is in {free} now"
        warnings.warn(f"{was} {happened} while a search wrote it; {where}", stacklevel=6)

    def _locked(self) -> IO[bytes]:
        """The open file with its lock."""
        while True:
            file = open(self.path, "a+b")  # noqa: SIM115
            if not (lock(file) or (self._end_abandoned(file) and lock(file))):
                ours = any(w._is(file) for w in _open_files)
                file.close()
                raise ValueError(_busy(self.path, ours))
            if os.path.exists(self.path) and os.path.samestat(os.fstat(file.fileno()), os.stat(self.path)):
                return file
            file.close()  # it was replaced or deleted before it was locked

    def _end_abandoned(self, file: IO[bytes]) -> bool:
        """End the search of this thread that was left in the middle and still has the file: a cell was run again."""
        gc.collect()  # perhaps only a traceback still holds it
        for other in list(_open_files):
            if other._is(file) and other._thread == threading.get_ident():
                search = other.search() if other.search else None
                if search is None or inspect.getgeneratorstate(search) == inspect.GEN_RUNNING:
                    continue
                search.close()
                other.close()
                warnings.warn(
                    f"the search that was left in the middle and wrote {self.path} is ended now", stacklevel=6
                )
        return True

    def _is(self, file: IO[bytes]) -> bool:
        return not self._file.closed and os.path.samestat(os.fstat(self._file.fileno()), os.fstat(file.fileno()))

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> TraceFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_open_files: weakref.WeakSet[TraceFile] = weakref.WeakSet()


def _busy(path: Path, ours: bool = False) -> str:
    if ours:
        return f"a search in this very process is writing {path}; wait for its end or end it, or give another name"
    return f"another search is writing {path}; wait for its end or end it, or give another name"


def read(path: str | Path) -> tuple[Trace, int]:
    """The trace of a file, and how many bytes of the file are good."""
    path = Path(path)
    data = read_bytes(path)
    lines = data.splitlines(keepends=True)
    while lines and not lines[-1].strip():  # blank lines at the end are nothing
        lines.pop()
    if not lines:
        raise ValueError(f"{path}: the file is empty; a trace begins with a header line")
    trace: Trace | None = None
    good = 0
    for number, line in enumerate(lines, 1):
        try:
            row = _row(line)
        except ValueError as error:
            if number == len(lines) and number > 1 and not line.endswith(b"\n") and good + len(line) == len(data):
                warnings.warn(f"{path}: line {number} was cut off and is dropped", stacklevel=3)
                break
            raise ValueError(f"{path}, line {number}: {_brief(error)}") from None
        try:
            if trace is None:
                trace = Trace(Header.from_dict(row))
            else:
                _add(trace, row)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}, line {number}: {_brief(error)}") from None
        good += len(line)
    assert trace is not None
    return trace, good


def is_torn(path: Path) -> bool:
    """Was the writing of this trace cut off within its header, before anything was computed?"""
    data, beginning = read_bytes(path), f'{{"schema": "{SCHEMA}"'.encode()
    if b"\n" in data or not (data + beginning[len(data) :]).startswith(beginning):
        return False
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return True
    return False  # only the end of the line is missing


def _row(line: bytes) -> dict[str, Any]:
    if not line.strip():
        raise ValueError("the line is blank; every line of a trace is a JSON object")
    row = parse_json(line, "a line of JSON")
    if not isinstance(row, dict):
        raise ValueError(f"a JSON object was expected, not {_shown(row)}")
    return row


def _add(trace: Trace, row: dict[str, Any]) -> None:
    kind, view = row.pop("event", None), row.pop("view", None)
    if kind not in ("ask", "again", "tell"):
        raise ValueError(f"event must be 'ask', 'again' or 'tell', not {_shown(kind)}")
    trial = Trial.from_dict(row)
    if kind == "again":
        if trial.id not in trace.running:
            raise ValueError(f"trial {trial.id} begins again, but it had not started or had ended before")
        trace.again(trial)
        return
    if trace.space.validate(trial.config) != trial.config:
        raise ValueError(f"trial {trial.id} is not a configuration of the space in the header")
    if kind == "ask":
        if trial.id != trace.asked:
            raise ValueError(f"trial {trial.id} starts where trial {trace.asked} was expected")
        if trial.status != "running":
            raise ValueError(f"trial {trial.id} starts with status {trial.status!r}, not 'running'")
        if not 0 <= (root := trial.info.get("continues") or 0) <= trial.id:
            raise ValueError(f"trial {trial.id} goes on with trial {root}, which is no earlier one")
        trace.started(trial)
    else:
        if trial.id not in trace.running:
            raise ValueError(f"trial {trial.id} ends, but it had not started or had ended before")
        started = trace.running[trial.id]
        at_once = trial.start == trial.end == 0  # once, a trial of an earlier search could take another one's place
        if (trial.config, trial.fidelity) != (started.config, started.fidelity) and not at_once:
            raise ValueError(f"trial {trial.id} ends with another configuration or fidelity than it started with")
        if trial.status == "running":
            raise ValueError(f"trial {trial.id} ends with status 'running'")
        needed = trial.status == "done" or trial.value is not None
        if needed and (isinstance(trial.value, bool) or not isinstance(trial.value, int | float)):
            shown = _shown(trial.value)
            raise ValueError(f"trial {trial.id} is {trial.status}, so its value must be a number, not {shown}")
        trace.ended(trial, view)


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
