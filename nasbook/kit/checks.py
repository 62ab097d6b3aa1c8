"""What several methods check alike: their settings, and the spaces and results that they cannot serve."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import field
from typing import Any, TypeGuard

import numpy as np

from nasbook.space import Choice, Constant, Space
from nasbook.trace import Trial

OPTIONS = 64  # options of one decision of a controller


def setting(default: object, help: str, options: Collection[object] = ()) -> Any:
    """A field of a settings class, with one sentence of help and, where it is a choice, its options."""
    return field(default=default, metadata={"help": help, **({"options": list(options)} if options else {})})


def whole(name: str, value: object, least: int, most: float = 1_000_000) -> None:
    """ValueError unless the value is a whole number of at least `least`, and no larger than a memory can hold."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}")
    if value > most:
        raise ValueError(f"{name} must be at most {most:,}, not {value:,}")


def is_number(value: object) -> TypeGuard[float]:
    """Is it a finite number, and not True or False?"""
    try:
        return (
            isinstance(value, int | float | np.integer | np.floating)
            and not isinstance(value, bool)
            and math.isfinite(value)
        )
    except OverflowError:  # a whole number larger than any float
        return False


def is_one_of(value: object, options: Collection[object]) -> bool:
    """Is it one of the options, and of the same type? 1.0 and True are not 1."""
    value = value.item() if isinstance(value, np.generic) else value
    return any(type(value) is type(option) and value == option for option in options)


def flag(name: str, value: object) -> None:
    """ValueError unless the value is True or False."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be True or False, not {value!r}")


def within(name: str, value: object, low: float, high: float = math.inf, *, above: bool = False) -> None:
    """ValueError unless low ≤ value ≤ high (`above`: low < value); an infinite value is never right."""
    if not is_number(value) or not low <= value <= high or (above and value == low):
        if high == math.inf:
            raise ValueError(f"{name} must be {'above' if above else 'at least'} {low:g}, not {value!r}")
        raise ValueError(f"{name} must lie in {'(' if above else '['}{low:g}, {high:g}], not {value!r}")


def numbers(name: str, values: object, low: float) -> tuple[float, ...]:
    """The values as a tuple; ValueError unless they are a list of numbers of at least `low`."""
    if not isinstance(values, list | tuple) or not all(is_number(x) and x >= low for x in values):
        raise ValueError(f"{name} must be a list of numbers of at least {low:g}, not {values!r:.80}")
    return tuple(map(float, values))


def one_of(name: str, value: object, options: Collection[object]) -> None:
    """ValueError unless the value is one of the options."""
    if value not in list(options):  # a list also compares what cannot be hashed
        raise ValueError(f"{name} must be one of {', '.join(map(str, options))}, not {value!r}")


def needs_numbers(method: str, space: Space) -> None:
    """ValueError where a parameter has no order, or does not always exist."""
    others = "use 'tpe', 'forest', 'bayesian', 'genetic' or 'differential-evolution'"
    for name in space.free:
        p = space.parameters[name]
        if isinstance(p, Choice) and p.size == 1:
            raise ValueError(
                f"{method} moves in numbers, and {name} has a single option: make it a Constant; or {others}"
            )
        if isinstance(p, Choice) and not p.ordered:
            raise ValueError(f"{method} moves in numbers, and the options of {name} have no order; {others}")
        if space.conditions[name]:
            parents = " and ".join(space.conditions[name])
            raise ValueError(f"{method} needs every number in every trial, and {name} depends on {parents}; {others}")


def refused(method: str, trial: Trial, before: Sequence[Trial]) -> str | None:
    """Why a done trial cannot be weighed against the done ones before it; None if it can."""
    n = len(trial.values or (trial.value,))
    if n < 2:
        return (
            f"{method} weighs several objectives, and the result has only one value; return a tuple, such as "
            "(error, seconds), or use 'genetic', 'bayesian' or 'tpe'"
        )
    if before and n != len(before[0].values or ()):
        return f"{method}: the result has {n} objectives, and those before it have {len(before[0].values or ())}"
    return None


def needs_options(method: str, space: Space) -> None:
    """ValueError where a parameter is not a choice among a few options."""
    others = "use 'random', 'tpe', 'forest' or 'regularized-evolution'"
    for name, p in space.parameters.items():
        if isinstance(p, Choice | Constant) or p.size <= OPTIONS:
            continue
        what = "a Float" if p.size == math.inf else f"one of {p.size:,} numbers"
        raise ValueError(
            f"{method}: the controller picks one of a few options, and {name} is {what}; make it a Choice (or an Int "
            f"of at most {OPTIONS} values), or {others}"
        )
    if space.at_most(1):
        raise ValueError(f"{method}: this space has a single configuration, so there is nothing to learn; use 'random'")
