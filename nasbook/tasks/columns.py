"""The columns of a table of results: read from a CSV file, and taken for what they hold.

A cell that is empty, NaN, NA or null is `MISSING`: the parameter does not exist there, or a run has no result. The word
None is a value like others.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nasbook.space import Choice, Constant, Parameter, Scalar, Space

MISSING = type("Missing", (), {"__repr__": lambda self: "an empty cell"})()
NOTHING = {"", "nan", "na", "n/a", "<na>", "null"}  # how programs write it, in lower case
WHOLE = re.compile(r"[+-]?(0|[1-9][0-9]*)")  # 00123 is a code …
REAL = re.compile(r"[+-]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?[0-9]+[eE][+-][0-9]+")  # … and so is 1e5
TRUTH = {"true": True, "false": False}
Cells = Sequence[object]
Columns = Mapping[str, Sequence[object]]  # by name

# ---- a file ------------------------------------------------------------------------------------------------


def read_csv(path: Path, delimiter: str | None = None) -> tuple[dict[str, list[str]], list[int]]:
    """The columns of a CSV file (or .csv.gz), and the line at which each row begins; empty lines are left out.

    Without a delimiter it is the first of , ; tab | that stands in the header. A first column without a name, as
    pandas writes its index, is left out."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: {'this is a folder' if path.is_dir() else 'there is no such file'}")
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        kind = "a gzip file" if not isinstance(error, UnicodeDecodeError) else "a CSV file in UTF-8"
        raise ValueError(f"{path}: this is not {kind} ({error})") from None
    if not text.strip():
        raise ValueError(f"{path}: the file is empty; its first line must name the columns")
    if delimiter is None:
        head = text.split("\n", 1)[0]
        delimiter = next((d for d in ",;\t|" if d in head), ",")
    rows: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begin = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append([cell.strip() for cell in row])
                lines.append(begin)
            begin = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{path}, line {begin}: this is not CSV ({error})") from None
    header = rows[0]
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(header):
            cells = f"{len(row)} cell{'s' * (len(row) != 1)}"
            raise ValueError(f"{path}, line {line}: {cells}, but line {lines[0]} names {len(header)} columns")
    return _named(header, rows[1:], f"{path}, line {lines[0]}"), lines[1:]


def _named(header: Sequence[str], rows: Sequence[Sequence[str]], where: str) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for i, name in enumerate(header):
        cells = [row[i] for row in rows]
        if not name or name == "Unnamed: 0":
            if (i == 0 and len(set(cells)) == len(cells)) or not any(cells):
                continue  # an index, or a delimiter at the end of each line
            raise ValueError(f"{where}: column {i + 1} has no name")
        if name in columns:
            raise ValueError(f"{where}: the column {name!r} stands there twice")
        columns[name] = cells
    return columns


# ---- columns of Python ---------------------------------------------------------------------------------------


def from_mapping(columns: object, name: str) -> dict[str, list[object]]:
    """Columns by name from a dict of lists or arrays or a DataFrame, in Python's own types."""
    if not hasattr(columns, "items") and hasattr(columns, "to_dict"):  # polars
        columns = columns.to_dict(as_series=False)
    if not hasattr(columns, "items"):
        raise ValueError(f"{name}: give columns by name, as a dict or a DataFrame, not {columns!r:.60}")
    data: dict[str, list[object]] = {}
    for key, column in columns.items():
        if str(key) in data:
            raise ValueError(f"{name}: the column {str(key)!r} stands there twice")
        if isinstance(column, str) or not hasattr(column, "__iter__") or getattr(column, "ndim", 1) != 1:
            raise ValueError(f"{name}: the column {key} must be a list of values, not {column!r:.60}")
        data[str(key)] = [v.item() if isinstance(v, np.generic) else v for v in column]
    lengths = {n: len(c) for n, c in data.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{name}: the columns differ in length: {lengths}")
    return data


def is_missing(cell: object) -> bool:
    if isinstance(cell, str):
        return cell.lower() in NOTHING
    return cell is MISSING or type(cell).__name__ in ("NAType", "NaTType") or (isinstance(cell, float) and cell != cell)


def number(cell: Any, decimal: str = ".") -> float | None:
    """The number in a cell, NaN where it is missing; None if it is none."""
    if cell is None or cell == "None" or is_missing(cell):
        return math.nan
    if isinstance(cell, str):
        if decimal != "." and "." in cell:
            return None
        cell = cell.replace(decimal, ".")
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        return None


def typed(cells: Cells, decimal: str = ".") -> list[object]:
    """The cells of a column: as int, float or bool where that suits all texts that say something, else as they are."""
    cells = [MISSING if is_missing(cell) else None if cell == "None" else cell for cell in cells]
    full = [cell for cell in cells if cell is not MISSING and cell is not None]
    texts = [cell for cell in full if isinstance(cell, str)]
    if len(texts) == len(full):
        points = [text.replace(decimal, ".") if decimal == "." or "." not in text else "" for text in texts]
        for kind, suits in ((int, WHOLE.fullmatch), (float, lambda t: WHOLE.fullmatch(t) or REAL.fullmatch(t))):
            if all(map(suits, points)) and all(math.isfinite(float(t)) for t in points):
                return _each(cells, lambda t, kind=kind: kind(t.replace(decimal, ".")))
        if all(text.lower() in TRUTH for text in texts):
            return _each(cells, lambda t: TRUTH[t.lower()])
    elif len(full) < len(cells) and all(isinstance(cell, float) and cell.is_integer() for cell in full):
        return _each(cells, int)  # pandas makes floats of whole numbers where some are missing
    return list(cells)


def _each(cells: Cells, change: Any) -> list[object]:
    return [cell if cell is MISSING or cell is None else change(cell) for cell in cells]


def fitted(p: Parameter, cell: object, decimal: str = ".") -> Any:
    """A cell as the parameter's own value, where it is one in any reading; else as what it looks like."""
    if cell is MISSING:
        return None
    [guess] = typed([cell], decimal)
    for value in (cell, guess, number(cell, decimal), None if is_missing(cell) else cell):
        if value is not MISSING and p.problem(value) is None:
            return value
    return cell if guess is MISSING else guess


# ---- a space from columns ------------------------------------------------------------------------------------


def infer_space(data: Columns) -> Space:
    """The space that takes exactly the values found. A parameter that some rows lack exists only with certain values of
    another one, where there is one that explains it; else LookupError has its name."""
    whole = [n for n, cells in data.items() if not any(cell is MISSING for cell in cells)]
    when: dict[str, dict[str, list[Scalar]] | None] = dict.fromkeys(whole)
    waiting = [n for n in data if n not in when]
    while waiting:
        found = next(((n, w) for n in waiting if (w := _explained(data[n], data, list(when)))), None)
        if found is None:
            raise LookupError(waiting[0])
        when[found[0]] = found[1]
        waiting.remove(found[0])
    return Space({n: _parameter(n, data[n], w) for n, w in when.items()})


def _explained(cells: Cells, data: Columns, parents: Sequence[str]) -> dict[str, list[Scalar]] | None:
    """{parent: values} with exactly which the cells are there."""
    for parent in parents:
        pairs = list(zip(data[parent], cells, strict=True))
        has = {v for v, cell in pairs if cell is not MISSING}
        lacks = {v for v, cell in pairs if cell is MISSING and v is not MISSING}
        several = len({v for v, _ in pairs}) < len(pairs)  # not one value for each row, which explains anything
        if has and lacks and several and MISSING not in has and not has & lacks:
            return {parent: _in_order(has)}
    return None


def _in_order(values: Any) -> list[Any]:
    """Numbers by size, texts by the alphabet; None last."""
    return sorted(values, key=lambda v: (v is None, isinstance(v, str), v if v is not None else 0))


def _parameter(name: str, cells: Cells, when: dict[str, list[Scalar]] | None) -> Parameter:
    different = dict.fromkeys(cell for cell in cells if cell is not MISSING)
    try:
        found = _in_order(different)
        if len(found) == 1:
            return Constant(found[0], when=when)
        ordered = all(isinstance(v, int | float) and not isinstance(v, bool) for v in found)
        return Choice(found, ordered=ordered, when=when)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the column {name} cannot be a parameter: {error}") from None
