"""A table, taken for what it holds: features by kind, the target, and what keeps rows together or in order.

    data = read("titanic.csv", "survived")
    data.x, data.y, data.features, data.notes

What cannot be learnt from is left out and said in `notes`; what cannot be learnt at all is a ValueError in a sentence.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nasbook.automl import table

Feature = tuple[str, str, str]  # name; "number", "category" or "date"; the decimal mark or the format of the date
KINDS = ("auto", "classification", "regression")
LEAST = 20  # rows
FEW = 20  # whole numbers that differ in no more values are classes
RARE = 3  # rows of a class without which it is left out
MOSTLY = 0.9  # of the cells of a column are numbers: then the others are mistakes


@dataclass(frozen=True)
class Data:
    """x (n, p), floats or objects; y (n,), the number of a class or a float; `labels` (n,), the target as it stands in
    the table; groups (n,) int, of rows that belong together; timed: the rows are in the order of their time."""

    x: np.ndarray
    y: np.ndarray
    labels: np.ndarray
    kind: str
    features: tuple[Feature, ...]
    classes: tuple[Any, ...] = ()
    groups: np.ndarray | None = None
    timed: bool = False
    target: str = "y"
    notes: tuple[str, ...] = ()
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    digest: str = ""

    def part(self, rows: np.ndarray) -> Data:
        """Some of the rows."""
        groups = None if self.groups is None else self.groups[rows]
        return replace(self, x=self.x[rows], y=self.y[rows], labels=self.labels[rows], groups=groups)


def read(
    source: Any, target: str | None, kind: str = "auto", group: str | None = None, time: str | None = None
) -> Data:
    """A CSV file, a DataFrame or a dict of columns, as Data."""
    notes: list[str] = []
    encoding, delimiter = "utf-8-sig", ","
    if isinstance(source, str | Path):
        encoding, delimiter = _looks(Path(source), notes)
        columns: dict[str, Any] = dict(table.read_csv(source, encoding, delimiter))
        where = str(source)
    else:
        columns, where = _columns(source), "the table"
    twice = [name for name in columns if name.endswith(" (2)") and name[:-4] in columns]
    if twice:
        notes.append(f"two columns are called {twice[0][:-4]!r}: the second is now {twice[0]!r}")
    _check(columns, target, group, time, where)
    assert target is not None
    n = len(columns[target])
    decimal = "," if delimiter != "," and not isinstance(source, Mapping) else "."
    labels, kind, keep = _target(columns[target], target, kind, decimal, where, notes)
    moment = _feature(time, columns[time], decimal, []) if time else None
    if moment and moment[1] == "category":
        raise ValueError(f"{where}: the time column {time!r} holds neither dates nor numbers")
    if moment:
        at = table.values(columns[moment[0]], *moment[1:])
        keep &= ~np.isnan(at)
    rows = np.flatnonzero(keep)
    if moment:
        rows = rows[np.argsort(at[rows], kind="stable")]
    if len(rows) < LEAST:
        of = "" if len(rows) == n else f" of {n}"
        raise ValueError(f"{where}: {len(rows)} rows{of} can be used; a search with an untouched test needs {LEAST}")
    cells = {name: [column[i] for i in rows] for name, column in columns.items() if name not in (target, group, time)}
    found = (_feature(name, column, decimal, notes) for name, column in cells.items())
    features = tuple(f for f in found if f is not None)
    if not features:
        raise ValueError(f"{where}: beside the target {target!r} there is no column from which anything can be learnt")
    x, labels = table.matrix(cells, features), labels[rows]
    classes, y = np.unique(labels, return_inverse=True) if kind == "classification" else (np.array([]), labels)
    groups = None if group is None else np.unique([str(columns[group][i]) for i in rows], return_inverse=True)[1]
    digest = hashlib.sha256(repr((x.tolist(), labels.tolist(), features)).encode()).hexdigest()[:12]
    return Data(x, y, labels, kind, features, tuple(classes.tolist()), groups, time is not None, target, tuple(notes),
                encoding, delimiter, digest)  # fmt: skip


# ---- the file ----------------------------------------------------------------------------------------------


def _looks(path: Path, notes: list[str]) -> tuple[str, str]:
    """Encoding and delimiter of a CSV file."""
    if not path.is_file():
        raise ValueError(f"{path}: {'this is a folder' if path.is_dir() else 'there is no such file'}")
    raw = path.read_bytes()
    if b"\0" in raw[:10_000] and raw[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise ValueError(f"{path}: this is no text, so no CSV file")
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        encoding = "cp1252"
        text = raw.decode(encoding, "replace")
        if "\ufffd" in text:
            encoding = "latin-1"
        notes.append(f"the file is not UTF-8; it is read as {encoding}")
    lines = [line for line in text.splitlines() if line.strip()][:20]
    if not lines:
        raise ValueError(f"{path}: the file is empty; its first line must name the columns")
    widths = {d: [len(row) for row in csv.reader(lines, delimiter=d)] for d in ",;\t|"}
    even = [d for d, found in widths.items() if found[0] > 1 and len(set(found)) == 1]
    likely = even or [d for d, found in widths.items() if found[0] > 1]
    return encoding, max(likely, key=lambda d: widths[d][0], default=",")


def _columns(source: Any) -> dict[str, list[Any]]:
    """Columns by name of a DataFrame (pandas or polars) or a dict."""
    if isinstance(source, Mapping):
        names, columns = list(source), list(source.values())
    elif hasattr(source, "columns") and hasattr(source, "shape") and len(source.shape) == 2:
        names = list(source.columns)
        columns = [source.iloc[:, i] if hasattr(source, "iloc") else source[name] for i, name in enumerate(names)]
    else:
        raise ValueError(f"data must be a CSV file, a DataFrame or a dict of columns, not {source!r:.60}")
    bad = next(
        (n for n, c in zip(names, columns, strict=True) if isinstance(c, str) or not hasattr(c, "__iter__")), None
    )
    if bad is not None:
        raise ValueError(f"data: the column {bad!r} must be a list of values")
    cells = [list(column) for column in columns]
    if len({len(column) for column in cells}) > 1:
        raise ValueError(f"data: the columns differ in length: {[len(column) for column in cells]}")
    return dict(zip(table.unique([str(name) for name in names]), cells, strict=True))


def _check(columns: Mapping[str, Any], target: Any, group: Any, time: Any, where: str) -> None:
    listed = ", ".join(map(repr, list(columns)[:12])) + (", …" if len(columns) > 12 else "")
    for role, name in (("target", target), ("group", group), ("time", time)):
        if name is None and role != "target":
            continue
        if not isinstance(name, str) or name not in columns:
            raise ValueError(f"{where}: the {role} must be one of the columns {listed}, not {name!r:.60}")
    if len({target, group, time} - {None}) < 1 + (group is not None) + (time is not None):
        raise ValueError(f"{where}: target, group and time must be different columns")
    if not columns[target]:
        raise ValueError(f"{where}: the table has no rows")


# ---- columns -----------------------------------------------------------------------------------------------


def _feature(name: str, cells: Sequence[Any], decimal: str, notes: list[str]) -> Feature | None:
    """What a column is; None, and a note, where nothing can be learnt from it."""
    full = [cell for cell in cells if not table.empty(cell)]
    distinct = len(set(map(str, full)))
    if distinct < 1 or (distinct == 1 and len(full) == len(cells)):
        notes.append(f"{name!r} is left out: it is {'empty' if not full else 'the same in all rows'}")
        return None
    good = {mark: ~np.isnan(table.values(full, "number", mark)) for mark in dict.fromkeys((decimal, "."))}
    mark = max(good, key=lambda m: good[m].sum())
    if (share := good[mark].mean()) >= MOSTLY:
        if share < 1:
            odd = full[int(np.argmin(good[mark]))]
            bad = int((~good[mark]).sum())
            notes.append(f"{name!r} holds numbers; {bad} other cells, such as {str(odd)[:20]!r}, count as missing")
        return name, "number", mark
    for written in table.FORMATS:
        if not np.isnan(table.values(full, "date", written)).any():
            return name, "date", written
    if distinct > FEW and distinct > MOSTLY * len(full):
        notes.append(f"{name!r} is left out: it has {distinct:,} different texts in {len(full):,} rows")
        return None
    if share > 0.1:
        notes.append(f"{name!r} mixes numbers and texts; all are taken as categories")
    return name, "category", ""


def _target(
    cells: Sequence[Any], name: str, kind: str, decimal: str, where: str, notes: list[str]
) -> tuple[np.ndarray, str, np.ndarray]:
    """The target as labels or floats, what is to be learnt, and of which rows it is known."""
    keep = np.array([not table.empty(cell) for cell in cells])
    if not keep.any():
        raise ValueError(f"{where}: the target {name!r} is empty in all {len(cells)} rows")
    marks = dict.fromkeys((decimal, "."))
    numbers = min((table.values(cells, "number", mark) for mark in marks), key=lambda v: np.isnan(v).sum())
    known = ~np.isnan(numbers)
    numeric = known.sum() >= MOSTLY * keep.sum()
    whole = numeric and np.all(numbers[known] % 1 == 0)
    distinct = len(set(numbers[known])) if numeric else 0
    if kind == "auto":
        few = whole and distinct <= min(FEW, max(2, len(cells) // 10))
        kind = "classification" if few or not numeric or distinct <= 2 else "regression"
    if kind == "regression":
        if not numeric:
            raise ValueError(f"{where}: the target {name!r} is not a number in most rows; regression needs one")
        labels, keep = numbers, known
    else:
        whole = whole and known[keep].all()
        labels = np.where(known, numbers, 0).astype(int) if whole else np.array([str(cell).strip() for cell in cells])
    if lost := int((~keep).sum()):
        notes.append(f"{lost} rows are left out: their target is missing")
    found, counts = np.unique(labels[keep], return_counts=True)
    if len(found) < 2:
        raise ValueError(
            f"{where}: the target {name!r} is {str(found[0])!r:.40} in all rows; there is nothing to learn"
        )
    if kind == "classification":
        if len(found) > max(2, keep.sum() / 2):
            raise ValueError(
                f"{where}: the target {name!r} has {len(found):,} classes in {int(keep.sum()):,} rows; classes must "
                "repeat, and a number is learnt by regression"
            )
        if (rare := found[counts < RARE]).size:
            keep &= ~np.isin(labels, rare)
            notes.append(f"{len(rare)} classes with fewer than {RARE} rows are left out, such as {str(rare[0])!r:.30}")
            if len(found) - len(rare) < 2:
                raise ValueError(f"{where}: only one class of the target {name!r} has {RARE} rows or more")
    return labels, kind, keep
