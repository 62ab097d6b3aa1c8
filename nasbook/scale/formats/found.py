"""What a file of another program says, and the parameters that the readers of all formats make."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from nasbook.axes import When
from nasbook.space import Json, Scalar, Space

MOST_LEVELS = 1000  # values that are written as a list
SIGMAS = 3  # how far the range goes that stands for a normal distribution

Row: TypeAlias = Mapping[str, Any]  # an object of the other program's file
Spec: TypeAlias = Json  # a parameter, as a study's file has it


@dataclass
class Found:
    """A space from elsewhere, and what else its file says."""

    format: str
    specs: dict[str, Spec] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)  # what is not carried over, a sentence each
    program: str | None = None
    method: str | None = None
    trials: int | None = None

    @property
    def space(self) -> Space:
        return Space.from_dict(self.specs)

    def add(self, name: object, spec: Spec, when: When = None) -> None:
        if not isinstance(name, str) or not name:
            raise ValueError(f"a parameter's name must be text, not {name!r:.40}")
        if name in self.specs:
            raise ValueError(f"{name} stands there twice, and a space has one parameter of a name")
        self.specs[name] = spec | ({"when": dict(when)} if when else {})

    def note(self, name: str, text: str) -> None:
        self.notes.append(f"{name}: {text}")


def between(kind: str, low: Any, high: Any, log: bool = False, step: Any = None) -> Spec:
    """A range of numbers; one value is a constant."""
    for x in (low, high, *([] if step is None else [step])):
        if isinstance(x, bool) or not isinstance(x, int | float) or not math.isfinite(x):
            raise ValueError(f"a range is given by numbers, not {x!r:.40}")
    if kind == "int" and not all(float(x).is_integer() for x in (low, high)):
        raise ValueError(f"a range of whole numbers goes from {low!r} to {high!r}")
    low, high = (int(low), int(high)) if kind == "int" else (float(low), float(high))
    if low == high:
        return {"type": "constant", "value": low}
    return {"type": kind, "low": low, "high": high, "log": bool(log)} | ({"step": step} if step else {})


def levels(values: Iterable[float]) -> Spec:
    """These numbers in their order."""
    return choice([float(f"{v:.12g}") if isinstance(v, float) else v for v in values], ordered=True)


def choice(options: object, ordered: bool = False) -> Spec:
    """One of these options, each counted once."""
    if not isinstance(options, list | tuple) or not options:
        raise ValueError(f"a choice is a list of options, not {options!r:.60}")
    for option in options:
        if option is not None and not isinstance(option, bool | int | float | str):
            raise ValueError(f"an option must be a number, text, true, false or null, not {option!r:.60}")
    alone = list(dict.fromkeys((type(o) is bool, o) for o in options))  # 1 and true are two, and one is one
    values = [o for _, o in alone]
    if len(values) == 1:
        return {"type": "constant", "value": values[0]}
    return {"type": "choice", "options": values, "ordered": ordered}


def quantised(found: Found, name: str, low: float, high: float, q: float, log: bool) -> Spec:
    """Multiples of q, rounded from [low, high] and kept within it."""
    if not q > 0:
        raise ValueError(f"{name}: the step q must be above 0, not {q!r}")
    first, last = math.ceil(low / q - 1e-9), math.floor(high / q + 1e-9)
    if last - first >= MOST_LEVELS:
        found.note(name, f"its steps of {q:g} are left out, because there are more than {MOST_LEVELS}")
        return between("float", low, high, log)
    if log:
        found.note(name, "its steps are equally likely here, and were logarithmic")
    inner = [k * q for k in range(first, last + 1)]
    return levels(sorted({float(f"{v:.12g}") for v in (low, *inner, high)}))


def normal(found: Found, name: str, mu: float, sigma: float, kind: str = "float") -> Spec:
    """The range that stands for a normal distribution."""
    low, high = mu - SIGMAS * sigma, mu + SIGMAS * sigma
    if kind == "int":
        low, high = math.floor(low), math.ceil(high)
    found.note(name, f"its normal distribution has become the range {low:g} to {high:g} (μ ± {SIGMAS} σ), all alike")
    return between(kind, low, high)


def values_of(spec: Spec) -> list[Scalar] | None:
    """All values of a parameter in their order, if they can be listed."""
    if spec["type"] == "constant":
        return [spec["value"]]
    if spec["type"] == "choice":
        return list(spec["options"])
    if spec["type"] == "int" and spec["high"] - spec["low"] < MOST_LEVELS:
        return list(range(spec["low"], spec["high"] + 1, spec.get("step", 1)))
    return None


def log_normal(found: Found, name: str, mu: float, sigma: float) -> Spec:
    """The range that stands for a log-normal distribution."""
    low, high = math.exp(mu - SIGMAS * sigma), math.exp(mu + SIGMAS * sigma)
    found.note(name, f"its log-normal distribution has become {low:.4g} to {high:.4g}, on a logarithmic scale")
    return between("float", float(f"{low:.6g}"), float(f"{high:.6g}"), log=True)
