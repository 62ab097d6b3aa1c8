"""Does a space that somebody has made fit a task, whose own space says what it knows?

    misfit(branin.space, {}, Space(x1=Float(0, 1)))      # ("x2", "is missing; …")

Parameters may have fewer values, and numbers other ends as far as the task's `limits` allow. Nothing may be missing
where the task reads it, and nothing may be there that it does not know.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from nasbook.parameters import Choice, Constant, Float, Int, Parameter
from nasbook.space import Scalar, Space

Limits = Mapping[str, tuple[float, float]]


def misfit(own: Space, limits: Limits, given: Space) -> tuple[str, str] | None:
    """The first parameter for which the space `given` does not fit, and what is wrong with it; None if all is well."""
    for name, p in given.parameters.items():
        if name not in own.parameters:
            return name, _unknown(own, name)
        if problem := _values(own.parameters[name], limits.get(name), p):
            return name, problem
    for name, p in own.parameters.items():
        if name not in given.parameters:
            if _exists_at_times(own, given, name) and not isinstance(p, Constant):
                return name, f"is missing; it takes {p.values}"
        elif problem := _existence(own, given, name):
            return name, problem
    return None


def strange(own: Space, given: Space) -> tuple[str, str] | None:
    """The first parameter that only one of two spaces has, and what that means; None if the names are the same."""
    for name in given.parameters:
        if name not in own.parameters:
            return name, _unknown(own, name)
    for name, p in own.parameters.items():
        if name not in given.parameters and not isinstance(p, Constant) and _exists_at_times(own, given, name):
            return name, f"is missing; it takes {p.values}"
    return None


def _unknown(own: Space, name: str) -> str:
    close = get_close_matches(name, own.parameters, 1)
    return f"is unknown: did you mean {close[0]!r}?" if close else f"is unknown: it has {', '.join(own.parameters)}"


def _values(own: Parameter, limits: tuple[float, float] | None, given: Parameter) -> str | None:
    """Does the task know all the values of a parameter?"""
    if isinstance(given, Constant | Choice):
        tried: Sequence[Scalar] = list(given.options) if isinstance(given, Choice) else [given.value]
    elif given.step is None:
        if not isinstance(own, Float) or own.step is not None:
            what = f"whole numbers, as in {own!r}" if isinstance(own, Int) else f"only {own.values}"
            return f"takes {what}, not every number from {given.low:g} to {given.high:g}"
        tried = [given.low, given.high]
    else:  # both ends, and of a list of options every value
        most = len(own.options) + 1 if isinstance(own, Choice) else 2
        tried = [given.level(k) for k in range(min(int(given.size), most))] + [given.high]
    return next((problem for value in tried if (problem := _value(own, limits, value))), None)


def _value(own: Parameter, limits: tuple[float, float] | None, value: Scalar) -> str | None:
    problem = own.problem(value)
    if problem is None or limits is None or not isinstance(own, Float | Int):
        return problem
    if isinstance(value, bool) or not isinstance(value, int | float) or (isinstance(own, Int) and value % 1):
        return problem
    low, high = limits
    if low <= value <= high and not (own.log and value <= 0):
        return None
    ends = [f"{'above' if own.log and low <= 0 else 'at least'} {low:g}"] if low > -math.inf else []
    ends += [f"at most {high:g}"] if high < math.inf else []
    return f"must be {' and '.join(ends)}, not {value:g}"


def _existence(own: Space, given: Space, name: str) -> str | None:
    """Is a parameter there where the task reads it, and only there?"""
    read, there = own.conditions[name], given.conditions[name]
    for parent, values in there.items():
        wanted = read.get(parent, _options(given, parent))
        if lost := [v for v in wanted if v in _options(given, parent) and v not in values]:
            return f"is missing where {parent} is {lost[0]!r}"
    for parent, values in read.items():
        if parent not in given.parameters:
            return f"exists only when {parent} in {list(values)}; the space has no {parent}"
        if spare := [v for v in there.get(parent, _options(given, parent)) if v not in values]:
            need = values[0] if len(values) == 1 else list(values)
            return f"does not exist where {parent} is {spare[0]!r}; give it when={{{parent!r}: {need!r}}}"
    return None


def _exists_at_times(own: Space, given: Space, name: str) -> bool:
    return all(
        parent in given.parameters and any(v in values for v in _options(given, parent))
        for parent, values in own.conditions[name].items()
    )


def _options(space: Space, name: str) -> Sequence[Scalar]:
    """All the values of a parameter that others depend on, which never is a Float without steps."""
    p = space.parameters[name]
    return p.levels(int(p.size))
