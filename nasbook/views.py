"""What views have in common, and a view that was kept in a file, taken at its word: the fields of its dataclass, each
of the type it has there."""

from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from typing import Any, Protocol, Self, Union, get_args, get_origin, get_type_hints, runtime_checkable

import numpy as np

from nasbook.space import Json
from nasbook.trial import Trial

# ---- what some views hold: ask with isinstance -------------------------------------------------------------


@runtime_checkable
class Storable(Protocol):
    """A view of a training, which its trace's file keeps because it cannot be computed again."""

    def to_dict(self) -> Json: ...


class Kept:
    """A dataclass that is Storable, whatever its fields are: those with a default are left out where they are None."""

    def to_dict(self) -> Json:
        optional = {f.name for f in fields(self) if f.default is None}  # type: ignore[arg-type]
        return {name: x for name, x in asdict(self).items() if x is not None or name not in optional}  # type: ignore

    @classmethod
    def from_dict(cls, row: Json) -> Self:
        """The view that `to_dict` was of: lists, as JSON has them, become tuples all the way down."""
        return cls(**_tuples(dict(row)))


@runtime_checkable
class Populated(Protocol):
    """Who lived when the method chose, as trials."""

    @property
    def population(self) -> tuple[Trial, ...]: ...


@runtime_checkable
class WithChildren(Populated, Protocol):
    """A population of generations: its children are not judged yet."""

    @property
    def children(self) -> tuple[Trial, ...]: ...


@runtime_checkable
class Neighbourhood(Protocol):
    """A centre, None before there is one, and the neighbours of it that have been seen."""

    @property
    def centre(self) -> Trial | None: ...
    @property
    def seen(self) -> tuple[Trial, ...]: ...


@runtime_checkable
class OfATournament(Protocol):
    """The numbers of the trials that were drawn, of which the best became the parent."""

    @property
    def tournament(self) -> tuple[int, ...]: ...


@runtime_checkable
class OfABirth(Protocol):
    """Whose child was chosen, and from which tournaments; None for a random start."""

    @property
    def birth(self) -> Any: ...


@runtime_checkable
class OfWeightedObjectives(Protocol):
    """The weight of each objective, and the point that was chosen with them, None where it was drawn at random."""

    @property
    def weights(self) -> np.ndarray | None: ...
    @property
    def next(self) -> np.ndarray | None: ...


# ---- a view of a file --------------------------------------------------------------------------------------


def restored(cls: Any, kept: object, trial: int) -> Any:
    """The view of a training from what its trace's file holds; a view, or none at all, is handed back as it is.

    ValueError names the trial and the field."""
    if not isinstance(kept, dict | list | str | int | float):
        return kept
    known = is_dataclass(cls)
    wrong: object = ""
    if not isinstance(kept, dict):
        wrong = f"it must be an object {{…}}, not {_shown(kept)}"
    else:
        try:
            view = cls.from_dict(kept)
            wrong = _mistyped(cls, vars(view)) if known else ""
        except Exception as error:  # from_dict may be anybody's
            wrong = (known and (_misnamed(cls, kept) or _mistyped(cls, _tuples(kept)))) or error
    if wrong:
        raise ValueError(f"the view of trial {trial} cannot be read: {' '.join(str(wrong).split()):.200}")
    return view


def _misnamed(cls: Any, kept: Json) -> str:
    known = {f.name: f for f in fields(cls)}
    for name in kept:
        if name not in known:
            return f"there is no field {name!r:.40}; its fields are {', '.join(known)}"
    for name, f in known.items():
        if name not in kept and f.default is MISSING and f.default_factory is MISSING:
            return f"it lacks {name}"
    return ""


def _mistyped(cls: Any, values: Json) -> str:
    try:
        hints = get_type_hints(cls)
    except (NameError, TypeError):  # of a class of the user's own
        return ""
    for f in fields(cls):
        if f.name in values and not _fits(values[f.name], hints[f.name]):
            return f"{f.name} must be {_words(f.type)}, not {_shown(values[f.name])}"
    return ""


def _tuples(x: object) -> Any:
    """Lists, as JSON has them, to tuples all the way down."""
    if isinstance(x, dict):
        return {k: _tuples(v) for k, v in x.items()}
    return tuple(map(_tuples, x)) if isinstance(x, list) else x


def _fits(value: Any, hint: object) -> bool:
    """Is the value of this type, down to its last item? Hints that are not spelled out here are taken for fulfilled."""
    kind, inside = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, types.UnionType):
        return any(_fits(value, one) for one in inside)
    if kind is tuple:
        if not isinstance(value, tuple):
            return False
        if len(inside) == 2 and inside[1] is ...:
            return all(_fits(v, inside[0]) for v in value)
        return not inside or (len(value) == len(inside) and all(map(_fits, value, inside)))
    if kind in (dict, Mapping):
        return isinstance(value, Mapping)
    if kind in (int, float) and (isinstance(value, bool) or not isinstance(value, int | float)):
        return False
    if kind is int:
        return isinstance(value, int) and abs(value) < 2**53
    if kind is float:
        return math.isfinite(value)
    if kind in (str, bool):
        return isinstance(value, kind)
    return value is None if kind is type(None) else True


def equally_long(view: object, *names: str) -> None:
    """ValueError unless these fields of a view have as many items as the first of them; those that are None aside."""
    for name in names[1:]:
        first, other = getattr(view, names[0]), getattr(view, name)
        if isinstance(first, tuple) and isinstance(other, tuple) and len(first) != len(other):
            raise ValueError(f"{name} must have {len(first)} items, one for each of {names[0]}, not {len(other)}")


def as_wide(view: object, columns: str, *tables: str) -> None:
    """ValueError unless each row of these fields has as many items as the field `columns`, None aside."""
    wide = len(getattr(view, columns))
    for name in tables:
        table = getattr(view, name)
        for row in table if isinstance(table, tuple) else ():
            if not isinstance(row, tuple) or len(row) != wide:
                raise ValueError(f"each row of {name} must have {wide} numbers, one for each of {columns}")


def _words(hint: object) -> str:
    return str(getattr(hint, "__name__", hint)).replace("None", "null")


def _shown(value: object) -> str:
    shown = json.dumps(value, default=str)
    return shown if len(shown) <= 40 else shown[:40] + "…"
