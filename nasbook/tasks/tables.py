"""An own table of results as a task.

    table = Table.from_csv("results.csv", value="error", cost="seconds")

A table answers at once what took hours to train, so a search can be repeated over many seeds. Where it knows
what each answer had cost, a search over it runs on a simulated clock. The bundled tables: nb201.py, digits201.py.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from nasbook.space import Choice, Config, Constant, Parameter, Scalar, Space
from nasbook.task import Evaluation, Fidelity, Report, Task


@dataclass(frozen=True)
class Roles:
    """Which column of a table is what."""

    value: str = "value"
    cost: str | None = None
    metrics: Sequence[str] = ()
    fidelity: str | None = None
    maximise: bool = False
    curve: bool = False

    @property
    def numeric(self) -> list[str]:
        """The columns that must hold numbers."""
        return [c for c in (self.value, self.cost, *self.metrics, self.fidelity) if c is not None]


class Table(Task):
    """Your own results as a task: one row a configuration (or one row a configuration and fidelity).

    Make it with `Table.from_csv` or `Table.from_arrays`. `columns` holds every column as an array (n,); `configs` the n
    configurations; `values` the n numbers that are minimised. Asking for a configuration without a row raises
    LookupError. A value that is NaN stands for a run that diverged, and is told to the method as a failure.
    """

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
        self.values = -columns[roles.value] if roles.maximise else columns[roles.value]
        self.value_label = f"−{roles.value}" if roles.maximise else roles.value
        self.knows_cost = roles.cost is not None
        levels = columns[roles.fidelity] if roles.fidelity else np.zeros(len(self.configs))
        if roles.fidelity:
            self.fidelity = Fidelity(roles.fidelity, float(levels.min()), float(levels.max()))

        self._rows: dict[tuple, dict[float, int]] = {}  # configuration -> fidelity -> row
        for row, (config, level) in enumerate(zip(self.configs, levels.tolist(), strict=True)):
            of_config = self._rows.setdefault(space.key(config), {})
            if level in of_config:
                at = f" at {roles.fidelity} {level:g}" if roles.fidelity else ""
                raise ValueError(f"{where(row)}: {config}{at} stands there twice, first in {where(of_config[level])}")
            of_config[level] = row
        full = [float(self.values[of_config[max(of_config)]]) for of_config in self._rows.values()]
        self.optimum = min((v for v in full if math.isfinite(v)), default=None)

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
        space: Space | None = None,
        maximise: bool = False,
        curve: bool = False,
        name: str = "table",
    ) -> Table:
        """A table from named columns of equal length (a dict of lists or arrays, or a pandas DataFrame).

        value: the column to minimise, or with `maximise=True` to maximise (then its negative is minimised, and the
            number itself is kept among the metrics).
        cost: the seconds that a row took. metrics: further numbers to hand on.
        fidelity: e.g. the epoch of a row. With `curve=True` the rows of one configuration are one training, and its
            earlier values are reported on the way.
        parameters: the columns that make up a configuration; by default all that have no other role.
        space: what these columns may hold; by default each becomes a Choice of the values found (numbers in their
            order) or, with a single value, a Constant. With an own space, None or "" means "does not exist here".

        Raises ValueError that names the column and the row (counted from 0).
        """
        data = {str(n): [v.item() if isinstance(v, np.generic) else v for v in c] for n, c in columns.items()}
        lengths = {n: len(c) for n, c in data.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"{name}: the columns differ in length: {lengths}")
        roles = Roles(value, cost, tuple(metrics), fidelity, maximise, curve)
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
        space: Space | None = None,
        maximise: bool = False,
        curve: bool = False,
        name: str | None = None,
        delimiter: str = ",",
    ) -> Table:
        """A table from a CSV file whose first line names the columns; arguments as in `from_arrays`.

        A parameter column becomes numbers if all its cells are numbers, True and False if all are one of these two,
        else text.
        Raises ValueError that names the file and the line, FileNotFoundError if there is no such file.
        """
        path = Path(path)
        cells, lines = _read_csv(path, delimiter)
        roles = Roles(value, cost, tuple(metrics), fidelity, maximise, curve)
        data = {n: c if n in roles.numeric else _typed(c) for n, c in cells.items()}
        given = {
            "value": value, "cost": cost, "metrics": tuple(metrics), "fidelity": fidelity, "maximise": maximise,
            "parameters": parameters and tuple(parameters), "curve": curve, "name": name, "delimiter": delimiter,
        }  # fmt: skip
        table = cls._build(
            data,
            roles,
            parameters,
            space,
            name or path.name,
            f"{path}, line 1: ",
            lambda row: f"{path}, line {lines[row]}",
        )
        table.arguments = {"path": str(path), **{k: v for k, v in given.items() if v not in (None, False, (), ",")}}
        return table

    @classmethod
    def _build(
        cls,
        data: Mapping[str, list[Any]],
        roles: Roles,
        parameters: Sequence[str] | None,
        space: Space | None,
        name: str,
        head: str,
        where: Callable[[int], str],
    ) -> Table:
        """Check the columns, infer the space and type the rows; every error says where."""
        if parameters is None:
            parameters = [n for n in (space.parameters if space else data) if n not in roles.numeric]
            if space:  # a constant of the space needs no column
                parameters = [n for n in parameters if n in data or n in space.free]
        for needed in (*roles.numeric, *parameters):
            if needed not in data:
                close = get_close_matches(needed, data, 1)
                hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(data) or 'no columns'}"
                raise ValueError(f"{head}there is no column {needed!r}; {hint}")
        if not parameters:
            raise ValueError(f"{head}no column is left for the parameters of a configuration")
        n = len(data[roles.value])
        if not n:
            raise ValueError(f"{head}the table has no rows")

        columns: dict[str, np.ndarray] = {p: np.array(data[p], object) for p in parameters}
        for column in roles.numeric:
            numbers = [_number(cell) for cell in data[column]]
            for row, (number, cell) in enumerate(zip(numbers, data[column], strict=True)):
                finite = column in (roles.cost, roles.fidelity)
                if number is None or (finite and not math.isfinite(number)):
                    raise ValueError(f"{where(row)}: {column} must be a number, not {cell!r}")
                if column == roles.cost and number < 0:
                    raise ValueError(f"{where(row)}: {column} must be seconds, not the negative number {cell}")
            columns[column] = np.array(numbers, float)

        if space is None:
            for p in parameters:
                if any(_empty(cell) for cell in data[p]):
                    row = next(i for i, cell in enumerate(data[p]) if _empty(cell))
                    raise ValueError(f"{where(row)}: {p} is empty; give a space if it does not exist in every row")
            space = Space({p: _parameter(data[p]) for p in parameters})
        configs = []
        for row in range(n):
            try:
                configs.append(space.validate({p: data[p][row] for p in parameters if not _empty(data[p][row])}))
            except ValueError as error:
                raise ValueError(f"{where(row)}: {error}") from None
        return cls(name, space, configs, columns, roles, where)

    def __len__(self) -> int:
        return len(self.configs)

    @property
    def complete(self) -> bool:
        """Does every configuration of the space have a row? If not, a search may ask for one that has none."""
        return len(self._rows) == self.space.size

    def evaluate(
        self,
        config: Config,
        *,
        fidelity: float | None = None,
        seed: int = 0,
        report: Report | None = None,
        checkpoint: Path | None = None,
    ) -> Evaluation:
        """The row of a configuration; LookupError if there is none, or none at this fidelity."""
        levels = self._levels(config)
        level = max(levels) if fidelity is None else float(fidelity)
        if level not in levels:
            unit, has = self.fidelity.unit if self.fidelity else "fidelity", ", ".join(f"{x:g}" for x in sorted(levels))
            raise LookupError(f"{self.name} has no {unit} {level:g} for {config}; it has {has}")
        if self.roles.curve and report is not None:
            for x in sorted(levels):
                if x <= level:
                    spent = float(self.columns[self.roles.cost][levels[x]]) if self.roles.cost else None
                    report(x, float(self.values[levels[x]]), spent)
        row, cost, metrics = levels[level], self.roles.cost, dict.fromkeys(self.roles.metrics)
        if self.roles.maximise:
            metrics[self.roles.value] = None
        return Evaluation(
            float(self.values[row]),
            metrics={m: float(self.columns[m][row]) for m in metrics},
            cost=float(self.columns[cost][row]) if cost else None,
        )

    def regret(self, config: Config) -> float:
        """Value of a configuration at its highest fidelity minus the lowest such value of the table."""
        levels = self._levels(config)
        return float(self.values[levels[max(levels)]]) - (self.optimum if self.optimum is not None else math.nan)

    def _levels(self, config: Config) -> dict[float, int]:
        """fidelity -> row, of one configuration."""
        try:
            return self._rows[self.space.key(config)]
        except (KeyError, TypeError):
            config = self.space.validate(config)  # says so if it is not of this space at all
            raise LookupError(f"{self.name} has no row for {config}") from None


def _read_csv(path: Path, delimiter: str) -> tuple[dict[str, list[str]], list[int]]:
    """The columns of a CSV file, and the line of each row; empty lines are left out."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file")
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, delimiter=delimiter)
            header = [cell.strip() for cell in next(reader, [])]
            if twice := [n for n in header if header.count(n) > 1]:
                raise ValueError(f"{path}, line 1: the column {twice[0]!r} stands there twice")
            for row in reader:
                if not any(cell.strip() for cell in row):
                    continue
                if len(row) != len(header):
                    found = f"{len(row)} cells, but line 1 names {len(header)} columns"
                    raise ValueError(f"{path}, line {reader.line_num}: {found}")
                rows.append([cell.strip() for cell in row])
                lines.append(reader.line_num)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: this is not a CSV file in UTF-8 ({error})") from None
    return {n: [row[i] for row in rows] for i, n in enumerate(header)}, lines


def _empty(cell: Any) -> bool:
    return cell is None or cell == ""


def _number(cell: Any) -> float | None:
    try:
        return float(cell)
    except (TypeError, ValueError):
        return None


def _typed(cells: list[str]) -> list[Any]:
    """The cells of a CSV column as int, float, bool or text: the first that suits all that are not empty."""
    truth = {"true": True, "false": False}
    full = [cell for cell in cells if cell]
    numbers = [_number(cell) for cell in full]
    if all(x is not None and math.isfinite(x) for x in numbers):
        whole = all(cell.lstrip("+-").isdigit() for cell in full)
        return [(int(cell) if whole else float(cell)) if cell else None for cell in cells]
    if all(cell.lower() in truth for cell in full):
        return [truth.get(cell.lower()) for cell in cells]
    return list(cells)


def _parameter(cells: list[Scalar]) -> Parameter:
    """The parameter that takes exactly the values found: numbers in their order, anything else in that of the rows."""
    found = list(dict.fromkeys(cells))
    if len(found) == 1:
        return Constant(found[0])
    if all(isinstance(v, int | float) for v in found):
        return Choice(sorted(found), ordered=True)  # type: ignore[type-var]
    return Choice(found)
