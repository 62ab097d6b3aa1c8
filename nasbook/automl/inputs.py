"""Where a table comes from: a CSV file of any encoding and delimiter, a DataFrame, or a dict of columns."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nasbook.automl import table


def looks(path: Path, notes: list[str]) -> tuple[str, str]:
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


def columns_of(source: Any) -> dict[str, list[object]]:
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
