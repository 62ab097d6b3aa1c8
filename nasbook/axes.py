"""How the values of a parameter lie in [0, 1]: what Float, Int and Choice share.

A Float without steps fills [0, 1]. Everything else lies in *cells*: the k-th of n values owns [k/n, (k+1)/n], so that
a uniform u gives uniform values, and stands in the middle of its cell. On a logarithmic scale the cell of a whole
number is what lies within ½ of it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, ClassVar, TypeAlias

import numpy as np

Scalar: TypeAlias = None | bool | int | float | str
When: TypeAlias = Mapping[str, Scalar | Sequence[Scalar]] | None  # parent -> its value, or several
Array: TypeAlias = np.ndarray


class Base:
    """What all parameters share: they are shown as somebody would type them."""

    kind: ClassVar[str]
    when: When

    def __repr__(self) -> str:
        spec = describe(self)
        del spec["type"]
        bare = [spec.pop(name) for name in ("low", "high", "options", "value") if name in spec]
        shown = [*map(_short, bare), *(f"{k}={_short(v)}" for k, v in spec.items())]
        return f"{type(self).__name__}({', '.join(shown)})"


class Cells:
    """Values that own cells of equal length."""

    @property
    def size(self) -> float:
        """How many there are."""
        raise NotImplementedError

    def _cell(self, u: Array) -> Array:
        """Which cell holds u: 0 … n - 1."""
        return np.floor(u * self.size).clip(0, self.size - 1)

    def _at(self, k: Array) -> Array:
        """Where the k-th value stands; its cell goes from k - ½ to k + ½."""
        return (k + 0.5) / self.size

    def snap(self, u: Array) -> Array:
        """Points (n,) moved to the value that they stand for, as decode and encode would."""
        return self._at(self._cell(u))

    def cell(self, u: Array) -> tuple[Array, Array]:
        """Both ends (n,) of the cells that hold the points (n,)."""
        k = self._cell(u)
        return self._at(k - 0.5), self._at(k + 0.5)


class Number(Base, Cells):
    """What Float and Int share."""

    low: float
    high: float
    log: bool
    step: Any  # a number; None for every number in between

    @property
    def size(self) -> float:
        return math.inf if self.step is None else round((self.high - self.low) / self.step) + 1

    def level(self, k: int) -> float:
        """The k-th value from below, of those in steps."""
        raise NotImplementedError

    def _index(self, value: float | np.number) -> int:
        return round((value - self.low) / self.step)

    def _ends(self) -> tuple[float, float]:
        """Both ends of the axis, after the logarithm where it has one."""
        half = (self.step or 0) / 2
        low, high = self.low - half, self.high + half
        return (math.log(low), math.log(high)) if self.log else (low, high)

    def _cell(self, u: Array) -> Array:
        if not self.log:
            return super()._cell(u)
        low, high = self._ends()
        return np.floor(np.exp(low + u * (high - low)) + 0.5 - self.low).clip(0, self.size - 1)

    def _at(self, k: Array) -> Array:
        if not self.log:
            return super()._at(k)
        low, high = self._ends()
        return (np.log(self.low + k) - low) / (high - low)

    def snap(self, u: Array) -> Array:
        return u if self.step is None else super().snap(u)

    def encode(self, value: Any) -> float:
        if self.step is not None and not self.log:
            return (self._index(value) + 0.5) / self.size
        low, high = self._ends()
        u = ((math.log(value) if self.log else value) - low) / (high - low)
        return min(1.0, max(0.0, u))

    def decode(self, u: float) -> Any:
        if self.step is None:
            return self._real(u)
        k = math.floor(u * self.size)
        if self.log:
            low, high = self._ends()
            k = math.floor(math.exp(low + u * (high - low)) + 0.5) - int(self.low)
        return self.level(min(int(self.size) - 1, max(0, k)))

    def _real(self, u: float) -> float:
        if u <= 0 or u >= 1:  # the ends are exact
            return self.low if u <= 0 else self.high
        low, high = self._ends()
        x = low + u * (high - low)
        value = float(f"{math.exp(x):.10g}") if self.log else round(x, min(10 - _exponent(high - low), self._digits()))
        return min(self.high, max(self.low, value))

    def _digits(self) -> int:
        """Decimals that a number as large as the ends can hold."""
        return 14 - _exponent(max(abs(self.low), abs(self.high)))

    @property
    def values(self) -> str:
        if self.step is None:
            return f"{self.low:g} … {self.high:g}"
        second = () if self.step == 1 else (self.level(1),)
        return ", ".join([*map(_short, (self.low, *second)), "…", _short(self.high)])

    def problem(self, value: object) -> str | None:
        whole = self.kind == "int"
        where = f"[{self.low:g}, {self.high:g}]" if self.step is None else f"{{{self.values}}}"
        if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
            return f"must be a {'whole ' * whole}number in {where}, not {value!r:.60}"
        if whole and self.step == 1 and not (float(value).is_integer() and self.low <= value <= self.high):
            return f"must be a whole number in {where}, not {value:g}"
        if not self.low <= value <= self.high:
            return f"must lie in {where}, not {value:g}"
        if self.step is not None and abs(value - self.level(self._index(value))) > 1e-9 * self.step:
            return f"must be one of {where}, not {value:g}"
        return None

    def cast(self, value: Any) -> float:
        return float(value) if self.step is None else self.level(self._index(value))

    def levels(self, n: int) -> list[Any]:
        if n >= self.size:
            return [self.level(k) for k in range(int(self.size))]
        return list(dict.fromkeys(self.decode(float(u)) for u in (np.linspace(0, 1, n) if n > 1 else [0.5])))

    def near(self, value: float, step: float) -> list[float]:
        """The values beside this one: one step away, or without steps `step` times the range."""
        if self.step is not None:
            k = self._index(value)
            return [self.level(j) for j in (k - 1, k + 1) if 0 <= j < self.size]
        u = self.encode(value)
        return [v for v in (self.decode(max(0.0, u - step)), self.decode(min(1.0, u + step))) if v != value]

    def mutate(self, value: Any, rng: np.random.Generator, scale: float) -> float:
        new = self.decode(_reflect(self.encode(value) + scale * rng.standard_normal()))
        if new == value and self.step is not None:
            near = self.near(value, scale)
            return near[int(rng.integers(len(near)))]
        return new

    def _check(self) -> None:
        kind = type(self).__name__
        for name in ("low", "high", "step"):
            value = plain_scalar(getattr(self, name))
            if name == "step" and value is None and kind == "Float":
                continue
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or (kind == "Int" and value % 1 != 0):
                raise ValueError(f"{kind}: {name} must be a {'whole ' * (kind == 'Int')}number, not {value!r:.60}")
            if abs(value) > sys.float_info.max and not isinstance(value, float):
                raise ValueError(f"{kind}: {name} is larger than a float can hold")
            object.__setattr__(self, name, value)
        low, high, step = self.low, self.high, self.step
        if not (math.isfinite(low) and math.isfinite(high)):
            raise ValueError(f"{kind}: low and high must be finite, got {low} and {high}")
        if low == high:
            raise ValueError(
                f"{kind}: low and high are both {low:g}; a value that is not searched is Constant({_short(low)})"
            )
        if not low < high:
            raise ValueError(f"{kind}: low must be below high, got {low} and {high}")
        if self.log and low <= 0:
            raise ValueError(f"{kind}: a logarithmic scale needs low > 0, got {low}")
        if not math.isfinite(float(high) - float(low)):
            raise ValueError(f"{kind}: the range from {low:g} to {high:g} is wider than a float can hold")
        if step is not None:
            self._check_step(kind)
        object.__setattr__(self, "when", conditions(self.when))

    def _check_step(self, kind: str) -> None:
        low, high, step = self.low, self.high, self.step
        if not (math.isfinite(step) and step > 0):
            raise ValueError(f"{kind}: step must be above 0, not {step!r}")
        if self.log and (kind, step) != ("Int", 1):
            raise ValueError(
                f"{kind}: a logarithmic scale has no steps of {step:g}; name the values with "
                "Choice([…], ordered=True), or leave out log or step"
            )
        k = (high - low) / step
        if round(k) < 1:
            raise ValueError(f"{kind}: step={step:g} is wider than the range from {low:g} to {high:g}")
        if kind == "Float" and step < 10.0 ** (1 - self._digits()):
            raise ValueError(f"{kind}: step={step:g} is too fine for numbers as large as {max(abs(low), abs(high)):g}")
        if abs(k - round(k)) > 1e-6:
            beside = [f"{low + step * j:.10g}" for j in (math.floor(k), math.ceil(k))]
            raise ValueError(
                f"{kind}: steps of {step:g} from {low:g} do not end at {high:g}; high may be {beside[0]} or {beside[1]}"
            )


def describe(p: Any) -> dict[str, object]:
    """{"type": "float", "low": 0.0, "high": 1.0}: a parameter as data, defaults left out."""
    spec: dict[str, object] = {"type": p.kind}
    for f in fields(p):
        value = getattr(p, f.name)
        if f.name in ("low", "high", "value") or value != f.default:
            spec[f.name] = list(value) if f.name == "options" else dict(value) if f.name == "when" else value
    return spec


def conditions(when: Any) -> When:
    """`when` in plain types: several values as a list, those of a set in one order on every machine."""
    if not isinstance(when, Mapping):
        return when or None
    plain = {}
    for parent, values in when.items():
        values = plain_scalar(values)
        if isinstance(values, set | frozenset):
            values = sorted(values, key=repr)
        several = isinstance(values, list | tuple | range | np.ndarray)
        plain[parent] = list(map(plain_scalar, values)) if several else values
    return plain or None


def plain_scalar(value: Any) -> Any:
    """A NumPy scalar as Python's own."""
    scalar = isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.ndim)
    return value.item() if scalar else value


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else repr(value)


def check_scalar(what: str, value: object) -> None:
    if not isinstance(value, Scalar):
        raise ValueError(f"{what} must be None, True/False, a number or text, not {value!r:.60}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{what} must be finite, not {value!r}")


def _exponent(x: float) -> int:
    return math.floor(math.log10(x))


def _reflect(u: float) -> float:
    """Fold a number back into [0, 1] as a mirror at both ends would."""
    u = u % 2.0
    return 2.0 - u if u > 1.0 else u
