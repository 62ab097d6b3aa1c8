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

import itertools
import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from html import escape
from typing import Any, TypeAlias

import numpy as np

from nasbook.axes import Scalar, When, describe
from nasbook.counting import combinations, product
from nasbook.parameters import KINDS, Choice, Constant, Float, Int, Parameter

__all__ = ["KINDS", "Choice", "Config", "Constant", "Float", "Int", "Parameter", "Scalar", "Space", "When"]

Config: TypeAlias = dict[str, Any]  # parameter -> value
Json: TypeAlias = dict[str, Any]  # an object of JSON: a row of a file, a message, a record
Arguments: TypeAlias = Mapping[str, Any]  # what a method or a task is made with: name -> value


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
        self._axis = {name: j for j, name in enumerate(self.free)}

    def _condition(self, name: str, when: When) -> dict[str, tuple[Scalar, ...]]:
        names, condition = list(self.parameters), {}
        if not isinstance(when or {}, Mapping):
            raise ValueError(f"Space: {name}: when must be a dict like {{'parent': value}}, not {when!r}")
        for parent, values in (when or {}).items():
            if parent not in names[: names.index(name)]:
                where = "stands later" if parent in names else "is not in the space"
                raise ValueError(f"Space: {name} exists when {parent} has a value, but {parent} {where}")
            p = self.parameters[parent]
            if p.size == math.inf:
                raise ValueError(f"Space: {name} cannot depend on {parent}, because a Float has no set of values")
            asked = tuple(values) if isinstance(values, list) else (values,)
            if not asked:
                raise ValueError(f"Space: {name} exists for no value of {parent}; name at least one")
            for value in asked:
                if problem := p.problem(value):
                    raise ValueError(f"Space: {name} exists when {parent} = {value!r}, but {parent} {problem}")
            condition[parent] = tuple(p.cast(v) for v in asked)
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

    @property
    def unordered(self) -> np.ndarray:
        """(d,) which coordinates are a Choice between options that have no order."""
        return np.array([isinstance(p := self.parameters[n], Choice) and not p.ordered for n in self.free], bool)

    def encode(self, config: Config) -> np.ndarray:
        """Configuration -> point (d,) of the unit cube; NaN where a parameter is inactive."""
        at = {n: self.parameters[n].encode(v) for n, v in config.items() if n in self._axis}  # type: ignore[union-attr]
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

    def snap(self, U: np.ndarray) -> np.ndarray:
        """Points (n, d), some NaN or not, as they are after decode and encode: Int and Choice at the centre of
        their cell, inactive coordinates NaN (and ½ where an active coordinate was NaN)."""
        U = np.nan_to_num(np.asarray(U, float), nan=0.5).clip(0, 1)
        active: dict[str, np.ndarray] = {}
        for name, p in self.parameters.items():
            alive = np.ones(len(U), bool)
            for parent, values in self.conditions[name].items():
                alive &= active[parent]
                q = self.parameters[parent]
                if not isinstance(q, Constant):
                    codes = [q.encode(v) for v in values]
                    alive &= np.isclose(U[:, self.free.index(parent), None], codes, rtol=0, atol=1e-12).any(1)
            active[name] = alive
            if not isinstance(p, Constant):
                j = self.free.index(name)
                U[:, j] = np.where(alive, p.snap(U[:, j]), np.nan)
        return U

    def sample(self, rng: np.random.Generator) -> Config:
        """One configuration, uniform in the unit cube."""
        return self.decode(rng.random(self.d))

    # ---- counting and walking ----------------------------------------------------------------------

    @cached_property
    def size(self) -> float:
        """Number of configurations; infinite as soon as an active Float without steps exists."""
        return combinations(self._kinds, self.conditions, {n: p.size for n, p in self.parameters.items()})

    @cached_property
    def _kinds(self) -> dict[str, dict[Hashable, float]]:
        """Of each parameter that others depend on: a value for every kind that their conditions tell apart, and how
        many values are of this kind."""
        asked: dict[str, dict[Scalar, list[str]]] = {}  # parent -> value -> the parameters that exist with it
        for name, condition in self.conditions.items():
            for parent, values in condition.items():
                for value in values:
                    asked.setdefault(parent, {}).setdefault(value, []).append(name)
        found: dict[str, dict[Hashable, float]] = {}
        for parent in (n for n in self.parameters if n in asked):
            alike: dict[tuple[str, ...], list[Scalar]] = {}
            for value, children in asked[parent].items():
                alike.setdefault(tuple(children), []).append(value)
            found[parent] = {values[0]: len(values) for values in alike.values()}
            if others := self.parameters[parent].size - len(asked[parent]):
                found[parent][object()] = others
        return found

    def at_most(self, n: float, resolution: int | Mapping[str, int] | None = None) -> bool:
        """Are there n configurations or fewer, in all or in a grid? Unlike `size` this never has to count them all."""
        if resolution is None:
            sizes, branches = {m: p.size for m, p in self.parameters.items()}, self._kinds
        else:
            levels = self._levels(resolution)
            sizes = {m: len(values) for m, values in levels.items()}
            branches = {m: dict.fromkeys(levels[m], 1.0) for m in self._kinds}
        leaves = [name for name in self.parameters if name not in self._kinds]
        always = product(sizes[name] for name in leaves if not self.conditions[name])
        sometimes = [name for name in leaves if self.conditions[name]]
        found: float = 0
        for config in self._walk({name: list(kinds) for name, kinds in branches.items()}):
            kinds = [branches[name][value] for name, value in config.items()]
            rest = [sizes[name] for name in sometimes if self.is_active(name, config)]
            found += product((always, *kinds, *rest))
            if found > n:
                return False
        return True

    def _walk(self, values: Mapping[str, Sequence[Hashable]]) -> Iterator[Config]:
        """All combinations of these values, those of parameters that do not exist left out; the last moves fastest."""
        names = list(values)
        waiting: list[tuple[int, Config]] = [(0, {})]
        while waiting:
            i, config = waiting.pop()
            while i < len(names) and not self.is_active(names[i], config):
                i += 1
            if i == len(names):
                yield config
            else:
                waiting.extend((i + 1, {**config, names[i]: v}) for v in reversed(values[names[i]]))

    def grid(self, resolution: int | Mapping[str, int] = 5) -> Iterator[Config]:
        """Every configuration of a grid: `resolution` levels of a Float (both ends included), at most that many
        of an Int, every option of a Choice. Conditions are kept and nothing comes twice."""
        levels = self._levels(resolution)
        if any(self.conditions.values()):
            yield from self._walk(levels)
        else:
            for values in itertools.product(*levels.values()):
                yield dict(zip(self.parameters, values, strict=True))

    def _levels(self, resolution: int | Mapping[str, int]) -> dict[str, Sequence[Scalar]]:
        counts = resolution if isinstance(resolution, Mapping) else dict.fromkeys(self.parameters, resolution)
        for name, n in counts.items():
            if name not in self.parameters:
                raise ValueError(f"grid: unknown parameter {name!r}; the space has {', '.join(self.parameters)}")
            if n < 1:
                raise ValueError(f"grid: the resolution of {name} must be at least 1, not {n}")

        return {n: p.levels(counts.get(n, 5)) for n, p in self.parameters.items()}

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
                new[n] = p.value if isinstance(p, Constant) else p.decode(float(fill[self._axis[n]]))
        return new

    # ---- as data ---------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, dict[str, object]]:
        """{"x": {"type": "float", "low": 0.0, "high": 1.0}, …}: what a trace and a study file hold."""
        return {name: describe(p) for name, p in self.parameters.items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Arguments]) -> Space:
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
