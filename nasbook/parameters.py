"""The parameters of a space: Float, Int, Choice and Constant. How each lies in [0, 1]: see axes.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np

from nasbook.axes import Base, Cells, Number, Scalar, When, check_scalar, conditions, plain_scalar


@dataclass(frozen=True, repr=False)
class Float(Number):
    """A real number in [low, high]; with `log=True` it is searched on a logarithmic scale, with `step=0.1` it is one
    of low, low + 0.1, …, high.

    Values are rounded to ten digits of the range (log: ten significant digits), so that they read well and
    survive the way to the unit cube and back exactly.
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None
    when: When = None

    kind: ClassVar[str] = "float"

    def __post_init__(self) -> None:
        self._check()
        for name in ("low", "high"):
            object.__setattr__(self, name, float(getattr(self, name)))
        if self.step is not None:
            object.__setattr__(self, "step", float(self.step))

    def level(self, k: int) -> float:
        assert self.step is not None
        return self.high if k == self.size - 1 else round(self.low + k * self.step, self._digits()) if k else self.low


@dataclass(frozen=True, repr=False)
class Int(Number):
    """A whole number in {low, …, high}, both included; `log=True` searches it on a logarithmic scale, `step=2` takes
    every second one."""

    low: int
    high: int
    log: bool = False
    step: int = 1
    when: When = None

    kind: ClassVar[str] = "int"

    def __post_init__(self) -> None:
        self._check()
        for name in ("low", "high", "step"):
            object.__setattr__(self, name, int(getattr(self, name)))
        if self.high - self.low >= 2**40:
            raise ValueError("Int: a range of 2^40 or more is not served; use Float and round")
        if max(abs(self.low), abs(self.high)) >= 2**52:
            raise ValueError("Int: numbers of 2^52 or more are not served, because a float cannot tell them apart")

    def level(self, k: int) -> int:
        return self.low + k * self.step


@dataclass(frozen=True, repr=False)
class Choice(Base, Cells):
    """One of a few named options (None, True, numbers or text), without order unless `ordered=True`."""

    options: Sequence[Scalar]
    ordered: bool = False
    when: When = None

    kind: ClassVar[str] = "choice"

    def __post_init__(self) -> None:
        named = isinstance(self.options, Mapping)
        if isinstance(self.options, str) or not isinstance(self.options, Sequence | np.ndarray):
            way = "; list its labels, and look the value up in your objective" if named else ""
            raise ValueError(f"Choice: give a list of options, not {self.options!r:.80}{way}")
        options = tuple(map(plain_scalar, self.options))
        if not options:
            raise ValueError("Choice: at least one option is needed")
        for option in options:
            if not isinstance(option, Scalar):
                raise ValueError(
                    f"Choice: an option must be None, True/False, a number or text, not {option!r:.60}; give each a "
                    "label, Choice(list(VALUES)), and look it up in your objective, with VALUES = {label: value}"
                )
            check_scalar("Choice: an option", option)
        if len(set(options)) < len(options):
            raise ValueError(f"Choice: the options must differ from each other, got {list(options)}")
        object.__setattr__(self, "options", options)
        object.__setattr__(self, "when", conditions(self.when))

    @property
    def size(self) -> int:
        return len(self.options)

    def encode(self, value: Scalar) -> float:
        return (self.options.index(value) + 0.5) / self.size

    def decode(self, u: float) -> Scalar:
        return self.options[min(self.size - 1, max(0, int(u * self.size)))]

    @property
    def values(self) -> str:
        return ", ".join(map(str, self.options))

    def problem(self, value: object) -> str | None:
        if isinstance(value, Scalar | np.generic) and value in self.options:
            return None
        return f"must be one of {', '.join(map(repr, self.options))}, not {value!r:.60}"

    def cast(self, value: object) -> Scalar:
        return self.options[self.options.index(value)]

    def levels(self, n: int) -> list[Scalar]:
        return list(self.options)

    def near(self, value: Scalar, step: float) -> list[Scalar]:
        if self.ordered:
            i = self.options.index(value)
            return [self.options[j] for j in (i - 1, i + 1) if 0 <= j < self.size]
        return [o for o in self.options if o != value]

    def mutate(self, value: Scalar, rng: np.random.Generator, scale: float) -> Scalar:
        others = self.near(value, scale)
        return others[int(rng.integers(len(others)))]


@dataclass(frozen=True, repr=False)
class Constant(Base):
    """A value that is part of every configuration but is not searched."""

    value: Scalar
    when: When = None

    kind: ClassVar[str] = "constant"
    size: ClassVar[int] = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", plain_scalar(self.value))
        check_scalar("Constant: the value", self.value)
        object.__setattr__(self, "when", conditions(self.when))

    def problem(self, value: object) -> str | None:
        return None if value == self.value else f"is constant: it must be {self.value!r}, not {value!r:.60}"

    def cast(self, value: object) -> Scalar:
        return self.value

    def levels(self, n: int) -> list[Scalar]:
        return [self.value]

    @property
    def values(self) -> str:
        return f"{self.value} (constant)"


Parameter: TypeAlias = Float | Int | Choice | Constant
KINDS: dict[str, type[Parameter]] = {p.kind: p for p in (Float, Int, Choice, Constant)}
