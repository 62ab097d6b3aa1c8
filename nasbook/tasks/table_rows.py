"""From named columns to the rows of a table: which column is what, and each row as a configuration and numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from nasbook import registry
from nasbook.space import Config, Constant, Json, Scalar, Space
from nasbook.tasks.columns import MISSING, Cells, Columns, fitted, infer_space, is_missing, number, typed


@dataclass(frozen=True)
class Roles:
    """Which column of a table is what."""

    value: str = "value"
    cost: str | None = None
    metrics: Sequence[str] = ()
    fidelity: str | None = None
    maximise: bool | Sequence[str] = False
    curve: bool = False
    objectives: Sequence[str] = ()
    repeat: str | None = None
    architecture: str | None = None

    def __post_init__(self) -> None:
        for name in ("metrics", "objectives", "maximise"):
            names = getattr(self, name)
            if isinstance(names, str):
                raise ValueError(f"{name} is a list of columns such as [{names!r}], not {names!r}")
            if not isinstance(names, bool):
                object.__setattr__(self, name, tuple(names))
        if len(set(self.objectives)) != len(self.objectives) or len(self.objectives) == 1:
            raise ValueError(f"objectives names two or more different columns, not {list(self.objectives)}")
        if not isinstance(self.maximise, bool) and (wrong := set(self.maximise) - set(self.values)):
            raise ValueError(f"maximise names {sorted(wrong)[0]!r}, which is no objective; they are {self.values}")

    @property
    def values(self) -> tuple[str, ...]:
        """The columns that are minimised or maximised."""
        return tuple(self.objectives) or (self.value,)

    @property
    def numeric(self) -> list[str]:
        """The columns that must hold numbers."""
        return [c for c in (*self.values, self.cost, *self.metrics, self.fidelity) if c is not None]

    def sign(self, column: str) -> float:
        up = self.maximise if isinstance(self.maximise, bool) else column in self.maximise
        return -1.0 if up else 1.0

    def label(self, column: str) -> str:
        return f"−{column}" if self.sign(column) < 0 else column


def roles_of(name: str, **given: Any) -> Roles:
    """The roles of a table of this name; ValueError begins with it."""
    try:
        return Roles(**given)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


@dataclass(frozen=True)
class Rows:
    """What a table holds: its space, each of its n rows as a configuration, every column as an array (n,), and which
    columns make up a configuration."""

    space: Space
    configs: list[Config]
    columns: dict[str, np.ndarray]
    parameters: list[str]


def read_rows(
    data: Columns,
    roles: Roles,
    parameters: Sequence[str] | None,
    space: Space | Json | None,
    head: str,
    where: Callable[[int], str],
    decimal: str = ".",
) -> Rows:
    """Check the columns, infer the space and type the rows. ValueError says where: `head` begins what is said of a
    column, `where` what is said of a row."""
    space = Space.from_dict(space) if isinstance(space, Mapping) else space
    cells = roles.architecture if roles.architecture in data else None  # a column of published cells
    if roles.architecture and cells is None:
        space = _space_of(roles.architecture, data, head)
    parameters = [] if cells else _parameters(data, roles, parameters, space)
    for needed in (*roles.numeric, *([roles.repeat] if roles.repeat else []), *parameters):
        if needed not in data:
            close = get_close_matches(needed, data, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(data) or 'no columns'}"
            raise ValueError(f"{head}there is no column {needed!r}; {hint}")
    if not parameters and not cells:
        raise ValueError(f"{head}no column is left for the parameters of a configuration")
    n = len(data[roles.values[0]])
    if not n:
        raise ValueError(f"{head}the table has no rows")

    columns = {c: _numbers(c, data[c], roles, where, decimal) for c in roles.numeric}
    for c in (roles.repeat, cells):
        if c:
            columns[c] = _objects(typed(data[c], decimal) if c == roles.repeat else data[c])
            if row := next((i + 1 for i, cell in enumerate(data[c]) if is_missing(cell)), 0):
                raise ValueError(f"{where(row - 1)}: {c} is empty")
    if cells:
        space, configs = _cells(data[cells], where)
    elif space is None:
        space, configs = _inferred({p: typed(data[p], decimal) for p in parameters}, head, where)
    else:
        configs = [_config(space, {p: data[p][row] for p in parameters}, where(row), decimal) for row in range(n)]
    for p in parameters:
        columns[p] = _objects([config.get(p) for config in configs])
    return Rows(space, configs, columns, parameters)


def _parameters(data: Columns, roles: Roles, asked: Sequence[str] | None, space: Space | None) -> list[str]:
    """The columns that make up a configuration: those asked for, or all that have no other role."""
    if asked is not None:
        return list(asked)
    taken = {*roles.numeric, roles.repeat}
    found = [n for n in (space.parameters if space else data) if n not in taken]
    return [n for n in found if n in data or n in space.free] if space else found  # a constant needs no column


def _inferred(values: Columns, head: str, where: Callable[[int], str]) -> tuple[Space, list[Config]]:
    """The space of the values that the rows have, and each row in it."""
    for p, row, v in ((p, row, v) for p, column in values.items() for row, v in enumerate(column)):
        if not (v is MISSING or isinstance(v, Scalar)):
            raise ValueError(
                f"{where(row)}: {p} must be None, True/False, a number or text, not {v!r:.60}; give it a label"
            )
    try:
        space = infer_space(values)
    except LookupError as error:
        lacks = str(error.args[0])
        row = next(i for i, cell in enumerate(values[lacks]) if cell is MISSING)
        raise ValueError(
            f"{where(row)}: {lacks} is empty, and no other column explains in which rows it is; "
            "give a space if it does not exist in every row, or write None where that is its value"
        ) from None
    except ValueError as error:
        raise ValueError(f"{head}{error}") from None
    n = len(next(iter(values.values())))
    return space, [{p: values[p][i] for p in space.parameters if values[p][i] is not MISSING} for i in range(n)]


def _objects(values: Sequence[object]) -> np.ndarray:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _numbers(name: str, cells: Cells, roles: Roles, where: Callable[[int], str], decimal: str) -> np.ndarray:
    """A numeric column; costs and fidelities must be there in every row."""
    numbers = []
    for row, cell in enumerate(cells):
        x = number(cell, decimal)
        if x is None or (name in (roles.cost, roles.fidelity) and not math.isfinite(x)):
            hint = ""
            if isinstance(cell, str) and number(cell, "," if decimal == "." else ".") is not None:
                hint = f"; decimal={',' if decimal == '.' else '.'!r} reads it"
            raise ValueError(f"{where(row)}: {name} must be a number, not {cell!r}{hint}")
        if name == roles.cost and x < 0:
            raise ValueError(f"{where(row)}: {name} must be seconds, not the negative number {cell}")
        numbers.append(x)
    return np.array(numbers, float)


def _config(space: Space, cells: Mapping[str, object], where: str, decimal: str) -> Config:
    """A row as a configuration of a given space; what does not exist there may be empty."""
    config: Config = {}
    for name, p in space.parameters.items():
        cell = cells.get(name, MISSING)
        nothing = cell is None or cell == "None" or is_missing(cell)
        if not space.is_active(name, config):
            if not nothing:
                config[name] = fitted(p, cell, decimal)  # and validate says why not
        elif not (nothing and isinstance(p, Constant) and p.problem(None)):
            value = fitted(p, cell, decimal)
            if nothing and p.problem(value):
                raise ValueError(f"{where}: {name} is empty, although it exists in this configuration")
            config[name] = value
    try:
        return space.validate(config)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _cells(published: Sequence[Any], where: Callable[[int], str]) -> tuple[Space, list[Config]]:
    """The space of NAS-Bench-201 and the cells of a column in its notation."""
    from nasbook.nas.spaces.nb201.cell import cell_space, to_config

    configs = []
    for row, cell in enumerate(published):
        try:
            configs.append(to_config(cell))
        except ValueError as error:
            raise ValueError(f"{where(row)}: {error}") from None
    return cell_space(), configs


def _space_of(architecture: str, data: Columns, head: str) -> Space:
    """The space of architectures of this name."""
    names = [entry.name for entry in registry.SPACES]
    if architecture not in names:
        close = get_close_matches(architecture, [*data, *names], 1)
        hint = f"did you mean {close[0]!r}?" if close else f"columns: {', '.join(data)}; spaces: {', '.join(names)}"
        raise ValueError(f"{head}architecture={architecture!r} is no column and no space of architectures; {hint}")
    return registry.make("space", architecture).space
