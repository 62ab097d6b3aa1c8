"""One configuration and what became of it, as a trace keeps it: a record that cannot be changed, in plain types."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, KeysView, Mapping, Set, ValuesView
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from fractions import Fraction
from reprlib import repr as shortened
from types import UnionType
from typing import Any, TypeAlias, TypeVar

import numpy as np

from nasbook.space import Config, Json

Info: TypeAlias = dict[str, Any]  # what a method notes of its choice, by name

T = TypeVar("T")
PLAIN = frozenset((str, int, float, bool, type(None)))  # cannot change, and most of what there is to copy
STATUSES = ("running", "done", "failed", "pruned")
Kind: TypeAlias = tuple[type | UnionType, str]  # of a field: its type, and what that is in words
LONGEST = 1000  # characters of an exception that are kept


def copied(x: Any) -> Any:
    """The same dicts, lists, tuples, sets and arrays, anew; all else as it is."""
    if type(x) in (list, tuple, set):
        return type(x)([v if type(v) in PLAIN else copied(v) for v in x])
    if type(x) is dict or isinstance(x, Mapping):
        return {k: v if type(v) in PLAIN else copied(v) for k, v in x.items()}
    return x.copy() if isinstance(x, np.ndarray) else x


class _Kept:
    """A field of a record: copied when it is set and whenever it is read, so that no one outside can change it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, record: object, owner: type | None = None) -> Any:
        if record is None:
            return self
        return copied(record.__dict__[self.name])

    def __set__(self, record: object, value: object) -> None:
        record.__dict__[self.name] = copied(value)


def keep(*names: str) -> Callable[[type[T]], type[T]]:
    def kept(cls: type[T]) -> type[T]:
        for name in names:
            setattr(cls, name, _Kept(name))
        return cls

    return kept


@keep("config", "metrics", "info", "values", "curve", "used")
@dataclass(frozen=True)
class Trial:
    """One configuration and what became of it.

    `value` is minimised; with several objectives `values` holds them all and `value` the first. `cost` is in seconds
    (of this machine, or of the machine that made a table). `start` and `end` are seconds since the search began. `used`
    is what the trial has used of this machine (see meter.py); two trials that differ in nothing else are equal.
    """

    id: int
    config: Config
    fidelity: float | None = None  # in the task's unit, e.g. epochs; None is the full fidelity
    status: str = "running"
    value: float | None = None
    values: tuple[float, ...] | None = None
    metrics: Json = field(default_factory=dict)
    cost: float | None = None
    reason: str | None = None  # why it failed or was pruned
    traceback: str | None = None  # the last lines of where it failed
    curve: tuple[tuple[float, float | None], ...] = ()  # (fidelity, value) reported on the way
    info: Info = field(default_factory=dict)  # what the method says of its choice, e.g. the parent
    worker: int = 0
    start: float = 0.0
    end: float | None = None
    used: dict[str, float] = field(default_factory=dict)  # e.g. cpu_seconds

    def __eq__(self, other: object) -> bool:
        if type(other) is not Trial:
            return False
        mine, theirs = self.__dict__, other.__dict__  # without a copy of each field
        return all(mine[name] == theirs[name] for name in mine if name != "used")

    @property
    def loss(self) -> float:
        """What is minimised: the value, and infinity for a trial that has none."""
        return self.value if self.status == "done" and self.value is not None else math.inf

    @property
    def effort(self) -> float:
        """How thoroughly it was evaluated: its fidelity, and infinity for the full one."""
        return math.inf if self.fidelity is None else self.fidelity

    @property
    def place(self) -> str | None:
        """Where it failed, e.g. 'objective.py, line 12, in loss'."""
        return self.traceback.splitlines()[-1].partition(": ")[0] if self.traceback else None

    def __deepcopy__(self, memo: object) -> Trial:
        return self  # it cannot change

    def to_dict(self) -> Json:
        """Plain JSON types; fields that still have their default are left out."""
        row: Json = {"id": self.id, "config": plain(self.config)}
        for name, default in _TRIAL_DEFAULTS.items():
            value = getattr(self, name)
            if value != default:
                row[name] = plain(value)
        return row

    @classmethod
    def from_dict(cls, row: Json) -> Trial:
        known = {f.name for f in fields(cls)}
        unknown = set(row) - known
        if unknown or "id" not in row or "config" not in row:
            raise ValueError(f"unknown field {sorted(unknown)[0]!r}" if unknown else "id and config are needed")
        check_types(row, _TRIAL_TYPES)
        check_types(row.get("info", {}), _INFO_TYPES, "info.")
        check_types(row.get("used", {}), dict.fromkeys(row.get("used", {}), _NUMBER), "used.")
        trial = cls(**row)
        if trial.status not in STATUSES:
            raise ValueError(f"status must be one of {', '.join(STATUSES)}, not {shown(trial.status)}")
        if not 0 <= trial.worker < MOST_WORKERS:
            raise ValueError(f"worker must be a number from 0 to {MOST_WORKERS - 1}, not {trial.worker}")
        values = None if trial.values is None else _numbers("values", trial.values)
        return replace(trial, curve=_curve(trial.curve), values=values)


_TRIAL_DEFAULTS: Json = {
    "fidelity": None, "status": "running", "value": None, "values": None, "metrics": {}, "cost": None, "reason": None,
    "traceback": None, "curve": (), "info": {}, "worker": 0, "start": 0.0, "end": None,
    "used": {},
}  # fmt: skip

_NUMBER, WHOLE, TEXT, DICT = (int | float, "a number"), (int, "a whole number"), (str, "text"), (dict, "a dict")
_MAYBE_NUMBER, _MAYBE_TEXT = (int | float | None, "a number or null"), (str | None, "text or null")
_LIST = (list | tuple, "a list")
_TRIAL_TYPES: dict[str, Kind] = {
    "id": WHOLE, "fidelity": _MAYBE_NUMBER, "values": (list | tuple | None, "a list or null"),
    "metrics": DICT, "cost": _MAYBE_NUMBER, "reason": _MAYBE_TEXT, "traceback": _MAYBE_TEXT, "curve": _LIST,
    "info": DICT, "worker": WHOLE, "start": _NUMBER, "end": _MAYBE_NUMBER, "used": DICT,
}  # fmt: skip
_INFO_TYPES: dict[str, Kind] = {"continues": (int | None, "a whole number or null")}
MOST_WORKERS = 100_000


def check_types(row: Mapping[str, object], types: Mapping[str, Kind], of: str = "") -> None:
    for name, (kind, words) in types.items():
        if name in row and (isinstance(row[name], bool) or not isinstance(row[name], kind)):
            raise ValueError(f"{of}{name} must be {words}, not {shown(row[name])}")


def _numbers(name: str, row: Iterable[Any], maybe: bool = False) -> tuple[Any, ...]:
    for x in row:
        if not ((maybe and x is None) or (isinstance(x, int | float) and not isinstance(x, bool))):
            raise ValueError(f"{name} must hold numbers{' or null' if maybe else ''}, not {shown(x)}")
    return tuple(None if x is None else float(x) for x in row)


def _curve(points: Iterable[object]) -> tuple[tuple[float, float | None], ...]:
    found = []
    for point in points:
        if not isinstance(point, list | tuple) or len(point) != 2:
            raise ValueError(f"curve must hold pairs of fidelity and value, not {shown(point)}")
        found.append((*_numbers("curve", point[:1]), *_numbers("curve", point[1:], maybe=True)))
    return tuple(found)


def shown(x: object, most: int = 60) -> str:
    """A value on one line, cut at its end; never an error."""
    text = repr(x)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def on_one_line(text: str) -> str:
    """Text in which line ends, escapes and other signs that do not print are spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def plain(x: object) -> Any:
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


def text(x: object) -> str:
    """Text that can be written in UTF-8: lone surrogates become \\udc80."""
    return str(x).encode("utf-8", "backslashreplace").decode()


def described(error: BaseException) -> str:
    """'ValueError: its text', whatever the text is: one that cannot be made, cannot be written or has no end."""
    try:
        told = str(error)
    except Exception as second:
        told = f"(its text cannot be made: {type(second).__name__})"
    told = text(told[: LONGEST + 1])
    told = told if len(told) <= LONGEST else f"{told[:LONGEST]} …"
    return f"{type(error).__name__}: {told}" if told else type(error).__name__
