"""A table, taken for what it holds: features by kind, the target, and what keeps rows together or in order.

    data = read("titanic.csv", "survived")
    data.x, data.y, data.features, data.notes

What cannot be learnt from is left out and said in `notes`; what cannot be learnt at all is a ValueError in a sentence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nasbook.automl import table
from nasbook.automl.inputs import columns_of, looks
from nasbook.automl.kinds import Feature, feature, target_of

KINDS = ("auto", "classification", "regression")
LEAST = 20  # rows
TOO_FEW = "{where}: {rows} can be used; a search with an untouched test needs {least}"


@dataclass(frozen=True)
class Data:
    """x (n, p), floats or objects; y (n,), the number of a class or a float; `labels` (n,), the target as it stands in
    the table; groups (n,) int, of rows that belong together; order: the column in whose order the
    rows are; mark: the target's decimal mark."""

    x: np.ndarray
    y: np.ndarray
    labels: np.ndarray
    kind: str
    features: tuple[Feature, ...]
    classes: tuple[int | str, ...] = ()
    groups: np.ndarray | None = None
    order: Feature | None = None
    target: str = "y"
    mark: str = "."
    notes: tuple[str, ...] = ()
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    digest: str = ""

    def part(self, rows: np.ndarray) -> Data:
        """Some of the rows."""
        groups = None if self.groups is None else self.groups[rows]
        return replace(self, x=self.x[rows], y=self.y[rows], labels=self.labels[rows], groups=groups)


def read(
    source: object, target: str | None, kind: str = "auto", group: str | None = None, time: str | None = None
) -> Data:
    """A CSV file, a DataFrame or a dict of columns, as Data."""
    notes: list[str] = []
    encoding, delimiter = "utf-8-sig", ","
    if isinstance(source, str | Path):
        encoding, delimiter = looks(Path(source), notes)
        columns: Mapping[str, Sequence[object]] = table.read_csv(source, encoding, delimiter)
        where = str(source)
    else:
        columns, where = columns_of(source), "the table"
    twice = [name for name in columns if name.endswith(" (2)") and name[:-4] in columns]
    if twice:
        notes.append(f"two columns are called {twice[0][:-4]!r}: the second is now {twice[0]!r}")
    _check(columns, target, group, time, where)
    assert target is not None
    n = len(columns[target])
    if not n:
        raise ValueError(f"{where}: the table has no rows")
    if n < LEAST:
        raise ValueError(TOO_FEW.format(where=where, rows=f"{n} row{'s' * (n != 1)}", least=LEAST))
    decimal = "," if delimiter != "," and not isinstance(source, Mapping) else "."
    labels, kind, keep, mark = target_of(columns[target], target, kind, decimal, where, notes)
    moment = feature(time, columns[time], decimal, []) if time else None
    if time and (moment is None or moment[1] == "category"):
        raise ValueError(f"{where}: the time column {time!r} holds neither dates nor numbers that differ")
    if moment:
        at = table.values(columns[moment[0]], *moment[1:])
        if without := int((keep & np.isnan(at)).sum()):
            notes.append(f"{without} rows are left out: {time!r} does not say when they were")
        keep &= ~np.isnan(at)
    rows = np.flatnonzero(keep)
    if moment:
        rows = rows[np.argsort(at[rows], kind="stable")]
    if len(rows) < LEAST:
        raise ValueError(TOO_FEW.format(where=where, rows=f"{len(rows)} of {n} rows", least=LEAST))
    places = rows.tolist()
    cells = {name: [column[i] for i in places] for name, column in columns.items() if name not in (target, group, time)}
    found = (feature(name, column, decimal, notes) for name, column in cells.items())
    features = tuple(f for f in found if f is not None)
    if not features:
        raise ValueError(f"{where}: beside the target {target!r} there is no column from which anything can be learnt")
    x, labels = table.matrix(cells, features), labels[rows]
    classes, y = np.unique(labels, return_inverse=True) if kind == "classification" else (np.array([]), labels)
    groups = None if group is None else np.unique([str(columns[group][i]) for i in places], return_inverse=True)[1]
    digest = hashlib.sha256(repr((x.tolist(), labels.tolist(), features)).encode()).hexdigest()[:12]
    return Data(x, y, labels, kind, features, tuple(classes.tolist()), groups, moment, target, mark,
                tuple(notes), encoding, delimiter, digest)  # fmt: skip


def _check(columns: Mapping[str, object], target: object, group: object, time: object, where: str) -> None:
    listed = ", ".join(map(repr, list(columns)[:12])) + (", …" if len(columns) > 12 else "")
    for role, name in (("target", target), ("group", group), ("time", time)):
        if name is None and role != "target":
            continue
        if not isinstance(name, str) or name not in columns:
            raise ValueError(f"{where}: the {role} must be one of the columns {listed}, not {name!r:.60}")
    if len({target, group, time} - {None}) < 1 + (group is not None) + (time is not None):
        raise ValueError(f"{where}: target, group and time must be different columns")
    if group is not None and time is not None:
        raise ValueError(f"{where}: rows are divided by a group or by time, not by both; choose {group!r} or {time!r}")
