"""A search space: named parameters, the conditions between them, and a map to the unit cube.

    space = Space(
        kernel=Choice(["rbf", "poly"]),
        C=Float(1e-3, 1e3, log=True),
        degree=Int(2, 5, when={"kernel": "poly"}),
    )

A *configuration* is a plain dict that holds the active parameters only, in the space's order. Methods that
think in numbers use the *unit cube*: one coordinate in [0, 1] for each parameter that is not constant, NaN
where the parameter is inactive.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from html import escape
from itertools import product
from typing import Any, ClassVar, TypeAlias

import numpy as np

Scalar: TypeAlias = None | bool | int | float | str
Config: TypeAlias = dict[str, Any]
When: TypeAlias = Mapping[str, Any] | None


@dataclass(frozen=True)
class Float:
    """A real number in [low, high]; with `log=True` it is searched on a logarithmic scale.

    Values are rounded to ten digits of the range (log: ten significant digits), so that they read well and
    survive the way to the unit cube and back exactly.
    """

    low: float
    high: float
    log: bool = False
    when: When = None

    kind: ClassVar[str] = "float"
    size: ClassVar[float] = math.inf

    def __post_init__(self) -> None:
        _check_range(self)
        object.__setattr__(self, "low", float(self.low))
        object.__setattr__(self, "high", float(self.high))

    def encode(self, value: float) -> float:
        low, high, value = (math.log(v) if self.log else v for v in (self.low, self.high, value))
        return min(1.0, max(0.0, (value - low) / (high - low)))

    def decode(self, u: float) -> float:
        if u <= 0 or u >= 1:  # the ends are exact
            return self.low if u <= 0 else self.high
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            value = float(f"{math.exp(low + u * (high - low)):.10g}")
        else:
            scale = max(abs(self.low), abs(self.high))
            digits = min(10 - _exponent(self.high - self.low), 14 - _exponent(scale))
            value = round(self.low + u * (self.high - self.low), digits)
        return min(self.high, max(self.low, value))

    def __repr__(self) -> str:
        return _short(self)

    @property
    def values(self) -> str:
        return f"{self.low:g} … {self.high:g}"

    def problem(self, value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
            return f"must be a number in [{self.low:g}, {self.high:g}], not {value!r}"
        if not self.low <= value <= self.high:
            return f"must lie in [{self.low:g}, {self.high:g}], not {value:g}"
        return None

    def cast(self, value: Any) -> float:
        return float(value)

    def levels(self, n: int) -> list[float]:
        return list(dict.fromkeys(self.decode(float(u)) for u in (np.linspace(0, 1, n) if n > 1 else [0.5])))

    def near(self, value: float, step: float) -> list[float]:
        u = self.encode(value)
        return [v for v in (self.decode(max(0.0, u - step)), self.decode(min(1.0, u + step))) if v != value]

    def mutate(self, value: float, rng: np.random.Generator, scale: float) -> float:
        return self.decode(_reflect(self.encode(value) + scale * rng.standard_normal()))


@dataclass(frozen=True)
class Int:
    """A whole number in {low, …, high}, both included; `log=True` searches it on a logarithmic scale."""

    low: int
    high: int
    log: bool = False
    when: When = None

    kind: ClassVar[str] = "int"

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            value = getattr(self, name)
            if not _is_number(value) or not float(value).is_integer():
                raise ValueError(f"Int: {name} must be a whole number, not {value!r}")
            object.__setattr__(self, name, int(value))
        _check_range(self)
        if self.high - self.low >= 2**40:
            raise ValueError("Int: a range of 2^40 or more is not served; use Float and round")
        if max(abs(self.low), abs(self.high)) >= 2**52:
            raise ValueError("Int: numbers of 2^52 or more are not served, because a float cannot tell them apart")

    @property
    def size(self) -> int:
        return self.high - self.low + 1

    def _edges(self) -> tuple[float, float]:
        """Each whole number owns the interval ±½ around it, so a uniform u gives uniform numbers."""
        low, high = self.low - 0.5, self.high + 0.5
        return (math.log(low), math.log(high)) if self.log else (low, high)

    def encode(self, value: int) -> float:
        low, high = self._edges()
        return ((math.log(value) if self.log else value) - low) / (high - low)

    def decode(self, u: float) -> int:
        low, high = self._edges()
        x = low + u * (high - low)
        return min(self.high, max(self.low, math.floor((math.exp(x) if self.log else x) + 0.5)))

    def __repr__(self) -> str:
        return _short(self)

    @property
    def values(self) -> str:
        return f"{self.low}, …, {self.high}"

    def problem(self, value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
            return f"must be a whole number in {{{self.low}, …, {self.high}}}, not {value!r}"
        if not float(value).is_integer() or not self.low <= value <= self.high:
            return f"must be a whole number in {{{self.low}, …, {self.high}}}, not {value:g}"
        return None

    def cast(self, value: Any) -> int:
        return int(value)

    def levels(self, n: int) -> list[int]:
        if n >= self.size:
            return list(range(self.low, self.high + 1))
        return sorted({self.decode(float(u)) for u in (np.linspace(0, 1, n) if n > 1 else [0.5])})

    def near(self, value: int, step: float) -> list[int]:
        return [v for v in (value - 1, value + 1) if self.low <= v <= self.high]

    def mutate(self, value: int, rng: np.random.Generator, scale: float) -> int:
        new = self.decode(_reflect(self.encode(value) + scale * rng.standard_normal()))
        return new if new != value else int(rng.choice(self.near(value, scale)))


@dataclass(frozen=True)
class Choice:
    """One of a few named options (None, True, numbers or text), without order unless `ordered=True`."""

    options: Sequence[Scalar]
    ordered: bool = False
    when: When = None

    kind: ClassVar[str] = "choice"

    def __post_init__(self) -> None:
        if isinstance(self.options, str) or not isinstance(self.options, Sequence | np.ndarray):
            raise ValueError(f"Choice: give a list of options, not {self.options!r}")
        options = tuple(o.item() if isinstance(o, np.generic) else o for o in self.options)
        if not options:
            raise ValueError("Choice: at least one option is needed")
        for option in options:
            _check_scalar("Choice: an option", option)
        if len(set(options)) < len(options):
            raise ValueError(f"Choice: the options must differ from each other, got {list(options)}")
        object.__setattr__(self, "options", options)

    @property
    def size(self) -> int:
        return len(self.options)

    def encode(self, value: Scalar) -> float:
        return (self.options.index(value) + 0.5) / self.size

    def decode(self, u: float) -> Scalar:
        return self.options[min(self.size - 1, max(0, int(u * self.size)))]

    def __repr__(self) -> str:
        return _short(self)

    @property
    def values(self) -> str:
        return ", ".join(map(str, self.options))

    def problem(self, value: Any) -> str | None:
        if isinstance(value, Scalar | np.generic) and value in self.options:
            return None
        return f"must be one of {', '.join(map(repr, self.options))}, not {value!r}"

    def cast(self, value: Any) -> Scalar:
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


@dataclass(frozen=True)
class Constant:
    """A value that is part of every configuration but is not searched."""

    value: Scalar
    when: When = None

    kind: ClassVar[str] = "constant"
    size: ClassVar[int] = 1

    def __post_init__(self) -> None:
        _check_scalar("Constant: the value", self.value)

    def problem(self, value: Any) -> str | None:
        return None if value == self.value else f"is constant: it must be {self.value!r}, not {value!r}"

    def cast(self, value: Any) -> Scalar:
        return self.value

    def levels(self, n: int) -> list[Scalar]:
        return [self.value]

    def __repr__(self) -> str:
        return _short(self)

    @property
    def values(self) -> str:
        return f"{self.value} (constant)"


Parameter: TypeAlias = Float | Int | Choice | Constant
KINDS: dict[str, type[Parameter]] = {p.kind: p for p in (Float, Int, Choice, Constant)}


class Space:
    """Named parameters in a fixed order.

    A parameter with `when={"parent": value}` (or a list of values) exists only in configurations in which
    the parent has one of these values; the parent must stand earlier in the space. Raises ValueError, with the name
    of the parameter, for anything that cannot be searched.
    """

    def __init__(self, parameters: Mapping[str, Parameter] | None = None, /, **named: Parameter) -> None:
        self.parameters: dict[str, Parameter] = {**(parameters or {}), **named}
        if not self.parameters:
            raise ValueError("Space: at least one parameter is needed, e.g. Space(x=Float(0, 1))")
        for name, p in self.parameters.items():
            if not isinstance(name, str) or not name:
                raise ValueError(f"Space: a parameter's name must be text, not {name!r}")
            if not isinstance(p, Parameter):
                raise ValueError(f"Space: {name} must be a Float, Int, Choice or Constant, not {p!r}")
        self.conditions = {name: self._condition(name, p.when) for name, p in self.parameters.items()}
        self.free = [name for name, p in self.parameters.items() if not isinstance(p, Constant)]
        self._free = frozenset(self.free)

    def _condition(self, name: str, when: When) -> dict[str, tuple[Scalar, ...]]:
        names, condition = list(self.parameters), {}
        if not isinstance(when or {}, Mapping):
            raise ValueError(f"Space: {name}: when must be a dict like {{'parent': value}}, not {when!r}")
        for parent, values in (when or {}).items():
            if parent not in names[: names.index(name)]:
                where = "stands later" if parent in names else "is not in the space"
                raise ValueError(f"Space: {name} exists when {parent} has a value, but {parent} {where}")
            p = self.parameters[parent]
            if isinstance(p, Float):
                raise ValueError(f"Space: {name} cannot depend on {parent}, because a Float has no set of values")
            values = tuple(values) if isinstance(values, list | tuple | set) else (values,)
            if not values:
                raise ValueError(f"Space: {name} exists for no value of {parent}; name at least one")
            for value in values:
                if problem := p.problem(value):
                    raise ValueError(f"Space: {name} exists when {parent} = {value!r}, but {parent} {problem}")
            condition[parent] = tuple(p.cast(v) for v in values)
        return condition

    # ---- what is active, valid, equal --------------------------------------------------------------

    def is_active(self, name: str, config: Config) -> bool:
        """Does the parameter exist, given the values of those before it?"""
        return all(parent in config and config[parent] in values for parent, values in self.conditions[name].items())

    def validate(self, config: Mapping[str, Any]) -> Config:
        """The configuration in the space's order and Python types; ValueError says what is wrong with it."""
        if not isinstance(config, Mapping):
            raise ValueError(f"a configuration is a dict of parameter values, not {config!r}")
        for name in config:
            if name not in self.parameters:
                close = get_close_matches(str(name), self.parameters, 1)
                hint = f"did you mean {close[0]!r}?" if close else f"the space has {', '.join(self.parameters)}"
                raise ValueError(f"unknown parameter {name!r}: {hint}")
        valid: Config = {}
        for name, p in self.parameters.items():
            if not self.is_active(name, valid):
                if name in config:
                    need = " and ".join(f"{k} in {list(v)}" for k, v in self.conditions[name].items())
                    raise ValueError(f"{name} exists only when {need}; leave it out")
            elif name not in config:
                if not isinstance(p, Constant):
                    raise ValueError(f"parameter {name!r} is missing")
                valid[name] = p.value
            elif problem := p.problem(config[name]):
                raise ValueError(f"{name} {problem}")
            else:
                valid[name] = p.cast(config[name])
        return valid

    def key(self, config: Config) -> tuple[tuple[str, Scalar], ...]:
        """A hashable name of the configuration: equal configurations have equal keys."""
        return tuple((name, config[name]) for name in self.parameters if name in config)

    # ---- unit cube -----------------------------------------------------------------------------------

    @property
    def d(self) -> int:
        """Number of coordinates of the unit cube: the parameters that are not constant."""
        return len(self.free)

    def encode(self, config: Config) -> np.ndarray:
        """Configuration -> point (d,) of the unit cube; NaN where a parameter is inactive."""
        at = {n: self.parameters[n].encode(v) for n, v in config.items() if n in self._free}  # type: ignore[union-attr]
        return np.array([at.get(n, math.nan) for n in self.free])

    def encode_all(self, configs: Sequence[Config]) -> np.ndarray:
        """Configurations -> points (n, d)."""
        return np.array([self.encode(c) for c in configs]).reshape(len(configs), self.d)

    def decode(self, u: Sequence[float] | np.ndarray) -> Config:
        """Point (d,) -> configuration; coordinates of inactive parameters are ignored."""
        if len(u) != self.d:
            raise ValueError(f"a point of this space has {self.d} coordinates, not {len(u)}")
        at = dict(zip(self.free, u, strict=True))
        config: Config = {}
        for name, p in self.parameters.items():
            if not self.is_active(name, config):
                continue
            if isinstance(p, Constant):
                config[name] = p.value
            elif math.isnan(at[name]):
                raise ValueError(f"{name} is active, but its coordinate is NaN")
            else:
                config[name] = p.decode(float(at[name]))
        return config

    def sample(self, rng: np.random.Generator) -> Config:
        """One configuration, uniform in the unit cube."""
        return self.decode(rng.random(self.d))

    # ---- counting and walking ----------------------------------------------------------------------

    @property
    def size(self) -> float:
        """Number of configurations; infinite as soon as an active Float exists."""
        parents: dict[str, set[Scalar]] = {}  # name -> the values that conditions ask for
        for condition in self.conditions.values():
            for name, values in condition.items():
                parents.setdefault(name, set()).update(values)
        names = [n for n in self.parameters if n in parents]

        def count(i: int, config: Config) -> float:
            if i < len(names):
                name = names[i]
                if not self.is_active(name, config):
                    return count(i + 1, config)
                asked = sum(count(i + 1, {**config, name: v}) for v in parents[name])
                others = self.parameters[name].size - len(parents[name])
                return asked + (others * count(i + 1, {**config, name: object()}) if others else 0)
            rest = (n for n in self.parameters if n not in parents and self.is_active(n, config))
            return math.prod(self.parameters[n].size for n in rest)

        return count(0, {})

    def grid(self, resolution: int | Mapping[str, int] = 5) -> Iterator[Config]:
        """Every configuration of a grid: `resolution` levels of a Float (both ends included), at most that many
        of an Int, every option of a Choice. Conditions are kept and nothing comes twice."""
        counts = resolution if isinstance(resolution, Mapping) else dict.fromkeys(self.parameters, resolution)
        for name, n in counts.items():
            if name not in self.parameters:
                raise ValueError(f"grid: unknown parameter {name!r}; the space has {', '.join(self.parameters)}")
            if n < 1:
                raise ValueError(f"grid: the resolution of {name} must be at least 1, not {n}")

        def extend(config: Config, names: list[str]) -> Iterator[Config]:
            if not names:
                yield config
            elif not self.is_active(names[0], config):
                yield from extend(config, names[1:])
            else:
                for value in self.parameters[names[0]].levels(counts.get(names[0], 5)):
                    yield from extend({**config, names[0]: value}, names[1:])

        if any(self.conditions.values()):
            yield from extend({}, list(self.parameters))
        else:
            levels = [p.levels(counts.get(n, 5)) for n, p in self.parameters.items()]
            for values in product(*levels):
                yield dict(zip(self.parameters, values, strict=True))

    def neighbours(self, config: Config, step: float = 0.1) -> list[Config]:
        """All configurations that differ in one parameter: other options, ±1, ±`step` of a Float's range.

        Parameters that come to life take the middle of their range."""
        middle = np.full(self.d, 0.5)
        return [
            self._with(config, name, value, middle)
            for name in self.free
            if name in config
            for value in self.parameters[name].near(config[name], step)  # type: ignore[union-attr]
        ]

    def mutate(self, config: Config, rng: np.random.Generator, scale: float = 0.2) -> Config:
        """A copy in which one active parameter, chosen at random, has another value.

        A Choice takes another option; numbers move by a normal step of `scale` times their range. Parameters that
        come to life are drawn at random."""
        movable = [n for n in self.free if n in config and self.parameters[n].size > 1]
        if not movable:
            raise ValueError("nothing to mutate: every active parameter has a single value")
        name = movable[int(rng.integers(len(movable)))]
        value = self.parameters[name].mutate(config[name], rng, scale)  # type: ignore[union-attr]
        return self._with(config, name, value, rng.random(self.d))

    def _with(self, config: Config, name: str, value: Scalar, fill: np.ndarray) -> Config:
        """The configuration with one parameter changed; what comes to life is decoded from `fill`."""
        new: Config = {}
        for n, p in self.parameters.items():
            if not self.is_active(n, new):
                continue
            if n == name:
                new[n] = value
            elif n in config:
                new[n] = config[n]
            else:
                new[n] = p.value if isinstance(p, Constant) else p.decode(float(fill[self.free.index(n)]))
        return new

    # ---- as data ---------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """{"x": {"type": "float", "low": 0.0, "high": 1.0}, …}: what a trace and a study file hold."""
        return {name: _describe(p) for name, p in self.parameters.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Mapping[str, Any]]) -> Space:
        """The inverse of `to_dict`; ValueError names the parameter that is wrong."""
        if not isinstance(data, Mapping):
            raise ValueError(f"a space is a dict of parameters, not {data!r:.80}")
        parameters: dict[str, Parameter] = {}
        for name, spec in data.items():
            if not isinstance(spec, Mapping):
                raise ValueError(f"{name}: a parameter is described by a dict, not {spec!r:.80}")
            spec = dict(spec)
            kind = spec.pop("type", None)
            if not isinstance(kind, str) or kind not in KINDS:
                raise ValueError(f"{name}: type must be one of {', '.join(KINDS)}, not {kind!r}")
            try:
                parameters[name] = KINDS[kind](**spec)
            except (TypeError, ValueError) as error:
                raise ValueError(f"{name}: {error}") from None
        return cls(parameters)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Space) and list(self.to_dict().items()) == list(other.to_dict().items())

    def __hash__(self) -> int:
        return hash(tuple(self.parameters))

    def __repr__(self) -> str:
        lines = [f"    {name}={p!r},\n" for name, p in self.parameters.items()]
        return f"Space(\n{''.join(lines)})" if len(lines) > 1 else f"Space({lines[0].strip()[:-1]})"

    def _repr_html_(self) -> str:
        """A table for a notebook: name, values, scale, and when the parameter exists."""
        rows = [("parameter", "values", "scale", "exists when")]
        for name, p in self.parameters.items():
            scale = "logarithmic" if getattr(p, "log", False) else "ordered" if getattr(p, "ordered", False) else ""
            when = " and ".join(f"{k} is {' or '.join(map(str, v))}" for k, v in self.conditions[name].items())
            rows.append((name, p.values, scale, when))
        cell = '<{0} style="text-align:left">{1}</{0}>'
        html = "".join(
            f"<tr>{''.join(cell.format('td' if i else 'th', escape(text)) for text in row)}</tr>"
            for i, row in enumerate(rows)
        )
        return f"<table>{html}</table>"


def _describe(p: Parameter) -> dict[str, Any]:
    spec: dict[str, Any] = {"type": p.kind}
    for f in fields(p):
        value = getattr(p, f.name)
        if f.name == "options":
            spec[f.name] = list(value)
        elif f.name == "when":
            if value:
                spec[f.name] = {k: list(v) if isinstance(v, list | tuple | set) else v for k, v in value.items()}
        elif value is not False or f.name == "value":
            spec[f.name] = value
    return spec


def _short(p: Parameter) -> str:
    """Float(0.0001, 1, log=True): what somebody would type."""
    spec = _describe(p)
    del spec["type"]
    bare = [spec.pop(name) for name in ("low", "high", "options", "value") if name in spec]
    short = lambda v: f"{v:g}" if isinstance(v, float) and float(f"{v:g}") == v else repr(v)  # noqa: E731
    shown = [*map(short, bare), *(f"{k}={v!r}" for k, v in spec.items())]
    return f"{type(p).__name__}({', '.join(shown)})"


def _check_range(p: Float | Int) -> None:
    kind = type(p).__name__
    for name in ("low", "high"):
        if not _is_number(getattr(p, name)):
            raise ValueError(f"{kind}: {name} must be a number, not {getattr(p, name)!r}")
    if not (math.isfinite(p.low) and math.isfinite(p.high)):
        raise ValueError(f"{kind}: low and high must be finite, got {p.low} and {p.high}")
    if not p.low < p.high:
        raise ValueError(f"{kind}: low must be below high, got {p.low} and {p.high}")
    if p.log and p.low <= 0:
        raise ValueError(f"{kind}: a logarithmic scale needs low > 0, got {p.low}")
    if not math.isfinite(float(p.high) - float(p.low)):
        raise ValueError(f"{kind}: the range from {p.low:g} to {p.high:g} is wider than a float can hold")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _check_scalar(what: str, value: Any) -> None:
    if not isinstance(value, Scalar):
        raise ValueError(f"{what} must be None, True/False, a number or text, not {value!r}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{what} must be finite, not {value!r}")


def _exponent(x: float) -> int:
    return math.floor(math.log10(x))


def _reflect(u: float) -> float:
    """Fold a number back into [0, 1] as a mirror at both ends would."""
    u = u % 2.0
    return 2.0 - u if u > 1.0 else u
