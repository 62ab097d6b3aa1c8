"""A table of your own results as a task.

    table = Table.from_csv("results.csv", value="error", cost="seconds")

A table answers at once what took hours to train, so a search can be repeated over many seeds. Where it knows
what each answer had cost, a search over it runs on a simulated clock. How cells and rows
are read: columns.py, table_rows.py. The bundled tables: nb201.py, digits201.py, digits_hpo.py.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from nasbook.space import Config, Json, Space
from nasbook.task import Evaluation, Fidelity, Report, Task
from nasbook.tasks.columns import from_mapping, read_csv
from nasbook.tasks.table_rows import Roles, Rows, read_rows, roles_of

Runs = dict[object, dict[float, int]]  # repeat -> fidelity -> row, of one configuration


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

        self._rows: dict[tuple, Runs] = {}
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
        columns: Mapping[str, Iterable[object]],
        value: str = "value",
        *,
        cost: str | None = None,
        metrics: Sequence[str] = (),
        fidelity: str | None = None,
        parameters: Sequence[str] | None = None,
        space: Space | Json | None = None,
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
        roles = roles_of(
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

        def where(row: int) -> str:
            return f"{name}: row {row}"

        return cls._of(name, read_rows(data, roles, parameters, space, f"{name}: ", where), roles, where)

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
        space: Space | Json | None = None,
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
        roles, where = roles_of(str(path), **given), lambda row: f"{path}, line {lines[row]}"
        rows = read_rows(cells, roles, parameters, space, f"{path}, line 1: ", where, decimal)
        table = cls._of(name or path.name, rows, roles, where)
        given |= {"parameters": parameters, "name": name, "delimiter": delimiter}
        given |= {"decimal": None if decimal == "." else decimal}
        plain: Json = {k: list(v) if isinstance(v, list | tuple) else v for k, v in given.items()}
        plain["space"] = space.to_dict() if isinstance(space, Space) else space
        table.arguments = {"path": str(path), **{k: v for k, v in plain.items() if v not in (None, False, [])}}
        return table

    @classmethod
    def _of(cls, name: str, rows: Rows, roles: Roles, where: Callable[[int], str]) -> Table:
        table = cls(name, rows.space, rows.configs, rows.columns, roles, where)
        table._warn(rows.parameters)
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

    def _mean(self, runs: Runs) -> float:
        top = max(x for levels in runs.values() for x in levels)
        found = [float(self.values[levels[top]]) for levels in runs.values() if top in levels]
        finite = [v for v in found if math.isfinite(v)]
        return sum(finite) / len(finite) if finite else math.nan

    def _runs(self, config: Config) -> Runs:
        try:
            return self._rows[self.space.key(config)]
        except (KeyError, TypeError):
            config = self.space.validate(config)  # says so if it is not of this space at all
            raise LookupError(f"{self.name} has no row for {config}") from None


def _listed(levels: Sequence[float]) -> str:
    return ", ".join(f"{x:g}" for x in levels)
