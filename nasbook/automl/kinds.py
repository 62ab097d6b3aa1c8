"""What the columns of a table are: numbers, dates or categories to learn from, and the target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nasbook.automl import table

Feature = tuple[str, str, str]  # name; "number", "category" or "date"; the decimal mark or the format of the date
FEW = 20  # whole numbers that differ in no more values are classes
EXACT = 2**53  # from here on a float is not each whole number
RARE = 3  # rows of a class without which it is left out
MOSTLY = 0.9  # of the cells of a column are numbers: then the others are mistakes


def feature(name: str, cells: Sequence[object], decimal: str, notes: list[str]) -> Feature | None:
    """What a column is; None, and a note, where nothing can be learnt from it."""
    full = [cell for cell in cells if not table.empty(cell)]
    distinct = len(set(map(str, full)))
    if distinct < 1 or (distinct == 1 and len(full) == len(cells)):
        notes.append(f"{name!r} is left out: it is {'empty' if not full else 'the same in all rows'}")
        return None
    full = [cell for cell in full if not table.infinite(cell)] or full
    good = {mark: ~np.isnan(table.values(full, "number", mark)) for mark in dict.fromkeys((".", decimal))}
    mark = max(good, key=lambda m: good[m].sum())
    if (share := good[mark].mean()) >= MOSTLY:
        odd = [c for c in cells if not table.empty(c) and np.isnan(table.number(c, mark))]
        if odd:
            notes.append(
                f"{name!r} holds numbers; {len(odd)} other cells, such as {str(odd[0])[:20]!r}, count as missing"
            )
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


def target_of(
    cells: Sequence[object], name: str, kind: str, decimal: str, where: str, notes: list[str]
) -> tuple[np.ndarray, str, np.ndarray, str]:
    """The target as labels or floats, what is to be learnt, and of which rows it is known."""
    keep = np.array([not (table.empty(cell) or table.infinite(cell)) for cell in cells])
    if not keep.any():
        raise ValueError(f"{where}: the target {name!r} is empty in all {len(cells)} rows")
    marks = dict.fromkeys((".", decimal))
    mark = min(marks, key=lambda m: np.isnan(table.values(cells, "number", m)).sum())
    numbers = table.values(cells, "number", mark)
    known = ~np.isnan(numbers)
    numeric = known.sum() >= MOSTLY * keep.sum()
    whole = numeric and np.all((numbers[known] % 1 == 0) & (abs(numbers[known]) < EXACT))
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
    return labels, kind, keep, mark
