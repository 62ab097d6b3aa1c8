"""Progress, kept: a small JSON file beside the notebooks that can be carried away and brought back.

On Binder nothing is kept when a session ends, so the learner takes the file away and brings it back next time.
"""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE = "nasbook_progress.json"
SCHEMA = "nasbook/progress@1"
_lock = threading.Lock()


class Record:
    """What a learner has done: {"03.ei": {"passed": true, "tries": 2, …}, "03.q1": {"answer": "left", …}}.

    The file is $NASBOOK_PROGRESS, or nasbook_progress.json in the notebook's folder. It is written in one move, so a
    kill leaves either the old or the new one. A file that cannot be read is put aside, not overwritten.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self._path = path
        self.problem = ""

    @property
    def path(self) -> Path:
        return Path(self._path or os.environ.get("NASBOOK_PROGRESS") or FILE)

    def read(self) -> dict[str, dict[str, Any]]:
        try:
            return _entries(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            aside = self.path.with_name(self.path.name + ".damaged")
            self.problem = f"{self.path} could not be read ({error}); it was put aside as {aside.name}"
            if self.path.is_file():
                os.replace(self.path, aside)
            return {}

    def update(self, name: str, **facts: Any) -> None:
        """Add facts to one entry. A read-only folder is no reason to stop a lesson: then progress is not kept."""
        with _lock:
            entries = self.read()
            entries[name] = {**entries.get(name, {}), **facts, "when": datetime.now(UTC).isoformat(timespec="seconds")}
            self._write(entries)

    def restore(self, text: str | bytes) -> int:
        """Merge a downloaded file into this one; what was passed stays as it was. Returns the number of entries read.

        ValueError says why a file is no progress file."""
        new = _entries(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)
        with _lock:
            entries = self.read()
            for name, facts in new.items():
                old = entries.get(name, {})
                entries[name] = old if old.get("passed") else {**old, **facts}
            self._write(entries)
        return len(new)

    def _write(self, entries: dict[str, dict[str, Any]]) -> None:
        scratch = self.path.with_name(self.path.name + ".tmp")
        try:
            scratch.write_text(json.dumps({"schema": SCHEMA, "entries": entries}, indent=1), encoding="utf-8")
            os.replace(scratch, self.path)
        except OSError as error:
            self.problem = f"progress is not kept: {error}"


def _entries(text: str) -> dict[str, dict[str, Any]]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"this is no progress file: not JSON, line {error.lineno}") from None
    entries = data.get("entries") if isinstance(data, dict) else None
    if (
        not isinstance(entries, dict)
        or data.get("schema") != SCHEMA
        or not all(isinstance(e, dict) for e in entries.values())
    ):
        raise ValueError(f"this is no progress file: it lacks the schema {SCHEMA!r}")
    return entries
