"""The cells of a table as scikit-learn takes them: numbers, dates as days, categories as text.

This file stands alone on NumPy, because a pipeline that is written as source carries it along.
"""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

NOTHING = {"", "nan", "na", "n/a", "<na>", "null", "none", "nat", "?"}  # how programs write that a cell is empty
FORMATS = ("iso", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y")  # of dates; in a column all cells must agree on one


def read_csv(path: str | Path, encoding: str = "utf-8-sig", delimiter: str = ",") -> dict[str, list[str]]:
    """The columns of a CSV file, as texts by name; a line of separators alone is a row of empty cells. ValueError names
    the line that does not fit the first one."""
    csv.field_size_limit(2**31 - 1)
    with open(path, encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        rows: list[tuple[int, list[str]]] = []
        for row in reader:
            if any(cell.strip() for cell in row) or (rows and len(row) == len(rows[0][1]) > 1):
                rows.append((reader.line_num, row))
    if not rows:
        raise ValueError(f"{path}: the file is empty; its first line must name the columns")
    names = unique([name.strip() for name in rows[0][1]])
    for line, row in rows[1:]:
        if len(row) != len(names):
            raise ValueError(f"{path}, line {line}: {len(row)} cells, but the first line names {len(names)} columns")
    return {name: [row[i].strip() for _, row in rows[1:]] for i, name in enumerate(names)}


def unique(names: Iterable[str]) -> list[str]:
    """The names, each once: a second x is x (2), and one without a name is called after its place."""
    found: list[str] = []
    for place, name in enumerate(names, 1):
        name, n = name or f"column {place}", 1
        while (called := name if n == 1 else f"{name} ({n})") in found:
            n += 1
        found.append(called)
    return found


def empty(cell: object) -> bool:
    return cell is None or str(cell).strip().lower() in NOTHING


def infinite(cell: object) -> bool:
    return str(cell).strip().lower().lstrip("+-") in ("inf", "infinity")


def number(cell: object, decimal: str = ".") -> float:
    """The number in a cell; NaN where there is none, or one without end."""
    try:
        found = float(str(cell).replace(decimal, "."))
    except ValueError:
        return math.nan
    return found if math.isfinite(found) and "_" not in str(cell) else math.nan


def day(cell: object, written: str = "iso") -> float:
    """The date in a cell as days since 1970, hours as parts of a day; UTC where it names a time zone; NaN where
    there is none."""
    try:
        text = str(cell).strip()
        found = datetime.fromisoformat(text) if written == "iso" else datetime.strptime(text, written)
    except ValueError:
        return math.nan
    zone = None if found.tzinfo is None else UTC
    return (found - datetime(1970, 1, 1, tzinfo=zone)).total_seconds() / 86400


def values(cells: Iterable[object], kind: str, how: str = ".") -> np.ndarray:
    """(n,) of one column: floats of a "number" (how: its decimal mark) or a "date" (how: its format), and texts of a
    "category"; NaN where a cell is empty."""
    if kind == "category":
        return np.array([math.nan if empty(cell) else str(cell).strip() for cell in cells], object)
    read = number if kind == "number" else day
    return np.array([math.nan if empty(cell) else read(cell, how) for cell in cells], float)


def matrix(columns: Mapping[str, Sequence[object]], features: Sequence[tuple[str, str, str]]) -> np.ndarray:
    """(n, p) of the columns that `features` names as (name, kind, how): floats, or objects where there are categories.
    ValueError names what is missing."""
    if lost := [name for name, _, _ in features if name not in columns]:
        raise ValueError(f"there is no column {lost[0]!r}; there are {', '.join(map(repr, columns))}")
    made = [values(columns[name], kind, how) for name, kind, how in features]
    return np.stack(made, 1) if all(m.dtype == float for m in made) else np.stack([m.astype(object) for m in made], 1)
