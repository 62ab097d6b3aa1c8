"""A table of your own results as a task.

    table = Table.from_csv("results.csv", value="error", cost="seconds")

A table answers at once what took hours to train, so a search can be repeated over many seeds. Where it knows
what each answer had cost, a search over it runs on a simulated clock. How cells are read: columns.py. The bundled
tables: nb201.py, digits201.py, digits_hpo.py.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from nasbook import registry
from nasbook.space import Config, Constant, Scalar, Space
from nasbook.task import Evaluation, Fidelity, Report, Task
from nasbook.tasks.columns import MISSING, fitted, from_mapping, infer_space, is_missing, number, read_csv, typed


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


class Table(Task):
    """Your own results as a task: one row a configuration, or one row a configuration, fidelity and repeat.

    Make it with `Table.from_csv` or `Table.from_arrays`. `columns` holds every column as an array (n,); `configs` the n
    configurations; `values` the n numbers that are minimised (of several objectives the first). A search in a space
    with values that no row has is refused; asking for a configuration without a row raises LookupError. A value that is
    missing or NaN stands for a run that diverged, and is told to the method as a failure. Where runs were repeated, an
    evaluation shows one of them, drawn by its seed; `mean`, `regret` and `optimum` are about the mean over them.
    """

    limits = {}

    def __init__(
        self,
        name: str,
        space: Space,
        configs: Sequence[Config],
        columns: Mapping[str, np.ndarray],
        roles: Roles,
        where: Callable[[int], str] = "row {}".format,
    ) -> None:
        self.name, self.space, self.configs, self.columns, self.roles = name, space, list(configs), dict(columns), roles
        self._values = np.stack([roles.sign(c) * np.asarray(columns[c], float) for c in roles.values], axis=1)
        self.values = self._values[:, 0]
        self.value_label = roles.label(roles.values[0])
        self.objectives = tuple(map(roles.label, roles.objectives))
        self.knows_cost = roles.cost is not None
        levels = columns[roles.fidelity] if roles.fidelity else np.zeros(len(self.configs))
        if roles.fidelity:
            every = tuple(sorted(set(levels.tolist())))
            self.fidelity = Fidelity(roles.fidelity, every[0], every[-1], every)
        repeats = list(columns[roles.repeat]) if roles.repeat else [None] * len(self.configs)

        # configuration -> repeat -> fidelity -> row
        self._rows: dict[tuple, dict[Any, dict[float, int]]] = {}
        for row, (config, level, repeat) in enumerate(zip(self.configs, levels.tolist(), repeats, strict=True)):
            run = self._rows.setdefault(space.key(config), {}).setdefault(repeat, {})
            if level in run:
                at = f" at {roles.fidelity} {level:g}" if roles.fidelity else ""
                at += f" of {roles.repeat} {repeat}" if roles.repeat else ""
                hint = (
                    ""
                    if roles.repeat
                    else "; runs that were repeated need repeat='…', the column that tells them apart"
                )
                raise ValueError(f"{where(row)}: {config}{at} stands there twice, first in {where(run[level])}{hint}")
            run[level] = row
        if not roles.objectives:
            means = [self._mean(runs) for runs in self._rows.values()]
            self.optimum = min((v for v in means if math.isfinite(v)), default=None)

    @classmethod
    def from_arrays(
        cls,
        columns: Mapping[str, Iterable[Any]],
        value: str = "value",
        *,
        cost: str | None = None,
        metrics: Sequence[str] = (),
        fidelity: str | None = None,
        parameters: Sequence[str] | None = None,
        space: Space | Mapping[str, Any] | None = None,
        maximise: bool | Sequence[str] = False,
        curve: bool = False,
        objectives: Sequence[str] = (),
        repeat: str | None = None,
        architecture: str | None = None,
        name: str = "table",
    ) -> Table:
        """A table from named columns of equal length (a dict of lists or arrays, or a DataFrame).

        value: the column to minimise, or with `maximise=True` to maximise (then its negative is minimised, and the
            number itself is kept among the metrics).
        objectives: instead of `value`, several columns to minimise together; `maximise` may name some of them.
        cost: the seconds that a row took. metrics: further numbers to hand on.
        fidelity: e.g. the epoch of a row. With `curve=True` the rows of one configuration are one training, and its
            earlier values are reported on the way.
        repeat: the column that tells repeated runs of a configuration apart, e.g. "seed".
        parameters: the columns that make up a configuration; by default all that have no other role.
        architecture: a column of cells as NAS-Bench-201 publishes them, "|nor_conv_3x3~0|+|none~0|…", or the name of a
            search space of architectures whose parameters the columns are. Methods and pictures then know the cells.
        space: what the parameters may hold; by default each becomes a Choice of the values found (numbers in their
            order), with a single value a Constant, and exists only with certain values of another parameter where some
            rows lack it. With a space of yours, a cell that is empty, None, NaN or NA may stand where a parameter does
            not exist.

        Warns where not every configuration has a row, and where a column looks like an identifier. Raises ValueError
        that names the column and the row (counted from 0).
        """
        data = from_mapping(columns, name)
        roles = _roles(
            name,
            value=value,
            cost=cost,
            metrics=metrics,
            fidelity=fidelity,
            maximise=maximise,
            curve=curve,
            objectives=objectives,
            repeat=repeat,
            architecture=architecture,
        )
        return cls._build(data, roles, parameters, space, name, f"{name}: ", lambda row: f"{name}: row {row}")

    @classmethod
    def from_csv(
        cls,
        path: str | Path,
        value: str = "value",
        *,
        cost: str | None = None,
        metrics: Sequence[str] = (),
        fidelity: str | None = None,
        parameters: Sequence[str] | None = None,
        space: Space | Mapping[str, Any] | None = None,
        maximise: bool | Sequence[str] = False,
        curve: bool = False,
        objectives: Sequence[str] = (),
        repeat: str | None = None,
        architecture: str | None = None,
        name: str | None = None,
        delimiter: str | None = None,
        decimal: str = ".",
    ) -> Table:
        """A table from a CSV file (or .csv.gz) whose first line names the columns; arguments as in `from_arrays`.

        A parameter column becomes numbers if all its cells are numbers, True and False if all are one of these two,
        else text; 00123 and 1e5 are codes, so text, and None is a value. delimiter: by default that of the first line.
        decimal: "," where numbers read 0,5.
        Raises ValueError that names the file and the line, FileNotFoundError if there is no such file.
        """
        path = Path(path)
        if decimal not in (".", ","):
            raise ValueError(f"{path}: decimal must be '.' or ',', not {decimal!r}")
        if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n'):
            raise ValueError(f"{path}: delimiter must be one character such as ';', not {delimiter!r}")
        cells, lines = read_csv(path, delimiter)
        given = {
            "value": value,
            "cost": cost,
            "metrics": metrics,
            "fidelity": fidelity,
            "maximise": maximise,
            "curve": curve,
            "objectives": objectives,
            "repeat": repeat,
            "architecture": architecture,
        }
        table = cls._build(
            cells,
            _roles(str(path), **given),
            parameters,
            space,
            name or path.name,
            f"{path}, line 1: ",
            lambda row: f"{path}, line {lines[row]}",
            decimal,
        )
        given |= {"parameters": parameters, "name": name, "delimiter": delimiter}
        given |= {"decimal": None if decimal == "." else decimal}
        plain: dict[str, Any] = {k: list(v) if isinstance(v, list | tuple) else v for k, v in given.items()}
        plain["space"] = space.to_dict() if isinstance(space, Space) else space
        table.arguments = {"path": str(path), **{k: v for k, v in plain.items() if v not in (None, False, [])}}
        return table

    @classmethod
    def _build(
        cls,
        data: Mapping[str, list[Any]],
        roles: Roles,
        parameters: Sequence[str] | None,
        space: Space | Mapping[str, Any] | None,
        name: str,
        head: str,
        where: Callable[[int], str],
        decimal: str = ".",
    ) -> Table:
        """Check the columns, infer the space and type the rows; every error says where."""
        space = Space.from_dict(space) if isinstance(space, Mapping) else space
        cells = roles.architecture if roles.architecture in data else None  # a column of published cells
        if roles.architecture and cells is None:
            space = _space_of(roles.architecture, data, head)
        taken = {*roles.numeric, roles.repeat, cells}
        if parameters is None:
            parameters = [n for n in (space.parameters if space else data) if n not in taken]
            if space:  # a constant of the space needs no column
                parameters = [n for n in parameters if n in data or n in space.free]
        if cells:
            parameters = []
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
            values = {p: typed(data[p], decimal) for p in parameters}
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
            configs = [
                {p: values[p][row] for p in space.parameters if values[p][row] is not MISSING} for row in range(n)
            ]
        else:
            configs = [_config(space, {p: data[p][row] for p in parameters}, where(row), decimal) for row in range(n)]
        for p in parameters:
            columns[p] = _objects([config.get(p) for config in configs])
        table = cls(name, space, configs, columns, roles, where)
        table._warn(parameters)
        return table

    def _warn(self, parameters: Sequence[str]) -> None:
        """Say what will disappoint a search."""

        def say(text: str) -> None:
            warnings.warn(f"{self.name}: {text}", stacklevel=5)

        n = len(self._rows)
        for p in parameters if len(parameters) > 1 and n > 2 else ():
            if len(set(self.columns[p])) == n and self.space.parameters[p].size == n:
                each = f"{p!r} has another value in each of the {n} configurations"
                say(f"{each}; if it is an identifier, leave it out of parameters=[…]")
        if not self.complete:
            size = self.space.size
            of = "infinitely many" if size == math.inf else f"{size:,}" if size < 10**12 else f"about {float(size):.1g}"
            say(f"{n:,} of {of} configurations have a row; a search that asks for another is told of a failure")
        if not np.isfinite(self._values).all(axis=1).any():
            say(f"no row has a number in {' and '.join(self.roles.values)}, so every trial will fail")

    def __len__(self) -> int:
        return len(self.configs)

    @property
    def complete(self) -> bool:
        """Does every configuration of the space have a row? If not, a search may ask for one that has none."""
        return self.space.at_most(len(self._rows))

    def evaluate(
        self,
        config: Config,
        *,
        fidelity: float | None = None,
        seed: int = 0,
        report: Report | None = None,
        checkpoint: Path | None = None,
    ) -> Evaluation:
        """The row of a configuration; LookupError if there is none, or none at this fidelity. A table without
        fidelities shows its one row whatever is asked for."""
        runs = self._runs(config)
        has = sorted({x for levels in runs.values() for x in levels})
        level = has[-1] if fidelity is None or self.fidelity is None else float(fidelity)
        able = [levels for levels in runs.values() if level in levels]
        if not able:
            unit = self.fidelity.unit if self.fidelity else "fidelity"
            raise LookupError(f"{self.name} has no {unit} {level:g} for {config}; it has {_listed(has)}")
        levels, cost = able[seed % len(able)], self.roles.cost
        row = levels[level]
        if self.roles.curve and report is not None:
            for x in sorted(x for x in levels if x <= level):
                spent = float(self.columns[cost][levels[x]]) if cost else None
                report(x, float(self.values[levels[x]]), spent)
        shown = [*self.roles.metrics, *(c for c in self.roles.values if self.roles.sign(c) < 0)]
        metrics = {m: float(self.columns[m][row]) for m in shown}
        if self.roles.repeat:
            metrics[self.roles.repeat] = self.columns[self.roles.repeat][row]
        values = tuple(map(float, self._values[row]))
        return Evaluation(
            values[0],
            values if self.objectives else None,
            metrics=metrics,
            cost=float(self.columns[cost][row]) if cost else None,
        )

    def mean(self, config: Config) -> float:
        """What is minimised, at the configuration's highest fidelity: the mean over its repeats, NaN if all failed."""
        return self._mean(self._runs(config))

    def regret(self, config: Config) -> float:
        """`mean` of a configuration minus the lowest of the table."""
        return self.mean(config) - (self.optimum if self.optimum is not None else math.nan)

    def _mean(self, runs: Mapping[Any, Mapping[float, int]]) -> float:
        top = max(x for levels in runs.values() for x in levels)
        found = [float(self.values[levels[top]]) for levels in runs.values() if top in levels]
        finite = [v for v in found if math.isfinite(v)]
        return sum(finite) / len(finite) if finite else math.nan

    def _runs(self, config: Config) -> dict[Any, dict[float, int]]:
        """repeat -> fidelity -> row, of one configuration."""
        try:
            return self._rows[self.space.key(config)]
        except (KeyError, TypeError):
            config = self.space.validate(config)  # says so if it is not of this space at all
            raise LookupError(f"{self.name} has no row for {config}") from None


def _roles(name: str, **given: Any) -> Roles:
    try:
        return Roles(**given)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _objects(values: Sequence[Any]) -> np.ndarray:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _numbers(name: str, cells: Sequence[Any], roles: Roles, where: Callable[[int], str], decimal: str) -> np.ndarray:
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


def _config(space: Space, cells: Mapping[str, Any], where: str, decimal: str) -> Config:
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


def _space_of(architecture: str, data: Mapping[str, Any], head: str) -> Space:
    """The space of architectures of this name."""
    names = [entry.name for entry in registry.SPACES]
    if architecture not in names:
        close = get_close_matches(architecture, [*data, *names], 1)
        hint = f"did you mean {close[0]!r}?" if close else f"columns: {', '.join(data)}; spaces: {', '.join(names)}"
        raise ValueError(f"{head}architecture={architecture!r} is no column and no space of architectures; {hint}")
    return registry.make("space", architecture).space


def _listed(levels: Sequence[float]) -> str:
    return ", ".join(f"{x:g}" for x in levels)
