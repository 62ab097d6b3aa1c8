"""Tasks that look their answers up: an own table of results, and the bundled NAS-Bench-201.

    table = Table.from_csv("results.csv", value="error", cost="seconds")      # your own results
    task = NB201("cifar10")                                                   # 15,625 cells, trained for real

A table answers at once what took hours to train, so a search can be repeated over many seeds. Both kinds know what each
answer had cost, so a search over them runs on a simulated clock.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nasbook.search import Evaluation, Fidelity, Report, Task
from nasbook.space import Choice, Config, Constant, Parameter, Scalar, Space

# ---- an own table ----------------------------------------------------------------------------------------


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
                    report(x, float(self.values[levels[x]]))
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


# ---- NAS-Bench-201 ---------------------------------------------------------------------------------------

EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))  # the benchmark's order: node by node
OPERATIONS = ("none", "skip", "conv1x1", "conv3x3", "avgpool")
PAPER_NAMES = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGE_NAMES = tuple(f"edge_{i}_{j}" for i, j in EDGES)
CELL_SPACE = Space({edge: Choice(OPERATIONS) for edge in EDGE_NAMES})
IMAGES = {"cifar10": 25_000, "cifar100": 5_000, "imagenet16": 3_000}  # in the validation set

Cell = tuple[int, ...]  # six numbers in 0 … 4: the operations (by their place in OPERATIONS) on EDGES
_DIGIT = {op: i for names in (OPERATIONS, PAPER_NAMES) for i, op in enumerate(names)}


def as_cell(cell: Any) -> Cell:
    """Six operation numbers from any way of naming a cell; ValueError says what is wrong.

    A configuration {"edge_0_1": "conv3x3", …}; six operations as numbers or names; the key "333132"; or the paper's
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|".
    """
    if isinstance(cell, Mapping):
        return tuple(_DIGIT[op] for op in CELL_SPACE.validate(cell).values())
    if isinstance(cell, str) and "|" in cell:
        parts = [part.rpartition("~") for part in cell.replace("+", "").split("|") if part]
        if [source for _, _, source in parts] != [str(i) for i, _ in EDGES]:
            raise ValueError(f"a cell of NAS-Bench-201 reads '|op~0|+|op~0|op~1|+|op~0|op~1|op~2|', not {cell!r}")
        cell = [op for op, _, _ in parts]
    try:
        operations = [int(op) if str(op) in "01234" else _DIGIT[op] for op in cell]
    except (KeyError, TypeError):
        operations = []
    if len(operations) != len(EDGES):
        raise ValueError(f"a cell has six operations out of {', '.join(OPERATIONS)} (or 0 … 4), not {cell!r}")
    return tuple(operations)


def as_config(cell: Any) -> Config:
    """The cell as a configuration of NB201's space."""
    return {edge: OPERATIONS[op] for edge, op in zip(EDGE_NAMES, as_cell(cell), strict=True)}


def nb201_string(cell: Any) -> str:
    """The cell in the paper's notation: nodes joined by +, each edge as |operation~source|."""
    nodes = {j: "|" for _, j in EDGES}
    for (i, j), op in zip(EDGES, as_cell(cell), strict=True):
        nodes[j] += f"{PAPER_NAMES[op]}~{i}|"
    return "+".join(nodes.values())


class NB201(Task):
    """NAS-Bench-201 (Dong & Yang, ICLR 2020): 15,625 cells of four nodes and five operations, trained 200 epochs.

    dataset: "cifar10", "cifar100" or "imagenet16" (ImageNet16-120).
    run: each cell was trained two or three times, and an evaluation shows **one** of these runs. None draws it by the
        seed of the evaluation; 0, 1 or 2 always shows that run (2 shows run 0 of a cell with two runs).

    The value is the validation error as a fraction; the cost is the seconds of training that were recorded. `accuracy`,
    `regret` and `optimum` are about the mean over a cell's runs, so a single lucky run can lie below the optimum.

    Whole columns, in the order of `cells` (15625, 6): `accuracies` (15625, 3; NaN where there is no third run) and
    `mean_accuracy`, `parameters`, `train_seconds`, `latency_seconds` (15625,). They are shared and read-only.
    Where they come from and what they mean: nasbook/data/README.md.
    """

    space = CELL_SPACE
    knows_cost = True
    value_label = "validation error"

    def __init__(self, dataset: str = "cifar10", run: int | None = None) -> None:
        if dataset not in IMAGES:
            raise ValueError(f"NB201: dataset must be one of {', '.join(IMAGES)}, not {dataset!r}")
        if run not in (None, 0, 1, 2):
            raise ValueError(f"NB201: run must be 0, 1, 2 or None (drawn for each evaluation), not {run!r}")
        self.name, self.dataset, self.run = f"nb201-{dataset}", dataset, run
        self.arguments = {} if run is None else {"run": run}
        columns = _open(dataset)
        self.accuracies, self.mean_accuracy = columns["accuracies"], columns["mean_accuracy"]
        self.parameters, self.cells = columns["parameters"], columns["cells"]
        self.train_seconds, self.latency_seconds = columns["train_seconds"], columns["latency_seconds"]
        self._runs = columns["runs"]
        self.optimum = 1.0 - float(self.mean_accuracy.max())

    def evaluate(
        self,
        config: Config,
        *,
        fidelity: float | None = None,
        seed: int = 0,
        report: Report | None = None,
        checkpoint: Path | None = None,
    ) -> Evaluation:
        """One run of a cell: its validation error, and the seconds its training took."""
        row = self.row(config)
        run = (seed if self.run is None else self.run) % int(self._runs[row])
        accuracy = float(self.accuracies[row, run])
        return Evaluation(
            1.0 - accuracy,
            metrics={
                "accuracy": accuracy,
                "parameters": int(self.parameters[row]),
                "latency": float(self.latency_seconds[row]),
                "run": run,
            },
            cost=float(self.train_seconds[row]),
        )

    def row(self, cell: Any) -> int:
        """The place of a cell in the columns: its six operations read as digits in base 5. Cells as in `as_cell`."""
        row = 0
        try:
            for edge in EDGE_NAMES:
                row = 5 * row + _DIGIT[cell[edge]]
        except (
            KeyError,
            TypeError,
            IndexError,
        ):  # not a configuration, or a wrong one: the slow way reads or explains it
            row = 0
            for op in as_cell(cell):
                row = 5 * row + op
        return row

    def runs(self, cell: Any) -> np.ndarray:
        """Validation accuracy (fractions) of the two or three runs of a cell."""
        row = self.row(cell)
        return self.accuracies[row, : self._runs[row]]

    def accuracy(self, cell: Any) -> float:
        """Mean validation accuracy of a cell over its runs, a fraction."""
        return float(self.mean_accuracy[self.row(cell)])

    def regret(self, cell: Any) -> float:
        """Mean validation error of a cell minus that of the best cell: 0 for the best, never negative."""
        return 1.0 - self.accuracy(cell) - self.optimum  # type: ignore[operator]

    def rank(self, cell: Any) -> int:
        """1 for the best cell by mean validation accuracy, 15,625 for the worst; equals share the better rank."""
        return 1 + int((self.mean_accuracy > self.accuracy(cell)).sum())

    @property
    def best(self) -> Config:
        """The cell with the best mean validation accuracy."""
        return as_config(self.cells[int(self.mean_accuracy.argmax())])


@cache
def _open(dataset: str) -> dict[str, np.ndarray]:
    """The columns of one dataset, read once a process."""
    rows = np.load(Path(__file__).parents[1] / "data" / f"nb201_{dataset}.npy")
    ran = rows["correct"] != 65535
    accuracies = np.where(ran, rows["correct"] / IMAGES[dataset], np.nan)
    runs = ran.sum(1)
    columns = {
        "accuracies": accuracies,
        "runs": runs,
        "mean_accuracy": np.where(ran, accuracies, 0.0).sum(1) / runs,
        "cells": np.arange(len(rows))[:, None] // 5 ** np.arange(5, -1, -1) % 5,
        "parameters": rows["parameters"].astype(np.int64),
        "train_seconds": np.ascontiguousarray(rows["train_seconds"]),
        "latency_seconds": np.ascontiguousarray(rows["latency_seconds"]),
    }
    for column in columns.values():
        column.setflags(write=False)
    return columns
