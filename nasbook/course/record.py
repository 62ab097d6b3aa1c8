"""Progress, kept: a small JSON file beside the notebooks that can be carried away and brought back.

On Binder nothing is kept when a session ends, so the learner takes the file away and brings it back next time.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from nasbook.files import alone, newer, parse_json, read_bytes, write_text
from nasbook.space import Json

FILE = "nasbook_progress.json"
SCHEMA = "nasbook/progress@1"
FOREIGN = ("this is no progress file", "it was written by a newer nasbook")  # how it is said that nothing can be read
Entries = dict[str, Json]
FIELDS: dict[str, tuple[str, Callable[[object], bool]]] = {  # of an entry: what each must be
    "passed": ("true or false", lambda x: isinstance(x, bool)),
    "solution_seen": ("true or false", lambda x: isinstance(x, bool)),
    **dict.fromkeys(("tries", "hints", "again"), ("a whole number", lambda x: type(x) is int and x >= 0)),
    **dict.fromkeys(("answer", "outcome", "first"), ("text", lambda x: x is None or isinstance(x, str))),
    "wrong": ("a list of sentences", lambda x: isinstance(x, list) and all(isinstance(s, str) for s in x)),
    "when": ("text", lambda x: isinstance(x, str)),
}


class Record:
    """What a learner has done: {"03.ei": {"passed": true, "tries": 2, …}, "03.q1": {"answer": "left", …}}.

    The file is $NASBOOK_PROGRESS, or nasbook_progress.json in the notebook's folder. It is written in one move, so a
    kill leaves either the old or the new one, and by one notebook at a time, so none loses what another has written.
    A damaged file is put aside under a new name and what is sound in it is kept; `problem` says so, and a warning.
    The file begins with a random number, by which a teacher's report joins two files of one person, and nobody else can
    tell whose it is.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self._path = path
        self.problem = ""
        self._learner = ""

    @property
    def path(self) -> Path:
        return Path(self._path or os.environ.get("NASBOOK_PROGRESS") or FILE)

    def read(self) -> Entries:
        """Every entry; never raises."""
        entries: Entries = {}
        try:
            entries, wrong = self._look()
            if wrong:
                with alone(self.path):
                    entries = self._mend()
        except (OSError, ValueError) as error:
            self._say(f"progress is not kept: {_words(error, self.path)}")
        return entries

    def update(self, name: str, **facts: object) -> None:
        """Add facts to one entry. A read-only folder is no reason to stop a lesson: then progress is not kept."""
        self.revise(name, lambda _: facts)

    def revise(self, name: str, facts: Callable[[Json], Json]) -> None:
        """Add to one entry the facts that follow from what it is; nothing is written where none do."""

        def change(entries: Entries) -> bool:
            old = entries.get(name, {})
            if new := facts(old):
                entries[name] = {**old, **new, "when": datetime.now(UTC).isoformat(timespec="seconds")}
            return bool(new)

        self._change(change)

    def restore(self, text: str | bytes) -> int:
        """Merge a downloaded file into this one; what was passed stays as it was. Returns the number of entries read.

        ValueError says why a file is no progress file."""
        new, wrong = read_entries(text)
        if wrong:
            raise ValueError(wrong)

        def change(entries: Entries) -> bool:
            if not entries:  # a fresh place: whoever brings the file back goes on as who they were
                self._learner = learner_of(text) or self._learner
            for name, facts in new.items():
                old = entries.get(name, {})
                entries[name] = old if old.get("passed") else {**old, **facts}
            return True

        self._change(change)
        return len(new)

    def _change(self, change: Callable[[Entries], bool]) -> None:
        """Read, change and write, while nobody else does."""
        try:
            with alone(self.path):
                entries = self._mend()
                if change(entries):
                    self._write(entries)
        except (OSError, ValueError) as error:
            self._say(f"progress is not kept: {_words(error, self.path)}")

    def _look(self) -> tuple[Entries, str]:
        """What the file holds, and what is wrong with it. ValueError for a folder, OSError where it cannot be read."""
        try:
            data = read_bytes(self.path)
            self._learner = learner_of(data)
            return read_entries(data)
        except FileNotFoundError:
            self._learner = ""  # another file, another learner
            return {}, ""
        except PermissionError as error:
            return {}, _words(error, self.path)

    def _mend(self) -> Entries:
        """What the file holds; a damaged one is put aside first, and what is sound in it is written anew."""
        entries, wrong = self._look()
        if wrong:
            names = (self.path.name + ".damaged" + (f"-{k}" if k > 1 else "") for k in count(1))
            aside = next(p for n in names if not os.path.lexists(p := self.path.with_name(n)))
            os.replace(self.path, aside)
            kept = ", and what is sound in it was kept" if entries else ""
            self._say(f"{self.path} could not be read ({wrong}); it was put aside as {aside.name}{kept}")
            if entries:
                self._write(entries)
        return entries

    def _write(self, entries: Entries) -> None:
        write_text(self.path, self._text(entries))

    def text(self) -> str:
        """What is kept, as the text of the file that a learner carries away."""
        return self._text(self.read())

    def _text(self, entries: Entries) -> str:
        self._learner = self._learner or secrets.token_hex(8)
        return json.dumps({"schema": SCHEMA, "learner": self._learner, "entries": entries}, indent=1)

    def _say(self, problem: str) -> None:
        if problem != self.problem:
            warnings.warn(problem, stacklevel=2)
        self.problem = problem


def learner_of(data: str | bytes) -> str:
    """The random number of whose file this is; "" where it has none."""
    try:
        whole = parse_json(data)
    except ValueError:
        return ""
    found = whole.get("learner") if isinstance(whole, dict) else None
    return found if isinstance(found, str) and re.fullmatch("[0-9a-f]{16}", found) else ""


def read_entries(data: str | bytes) -> tuple[Entries, str]:
    """What is sound in a progress file, and a sentence on what is not, if anything."""
    try:
        whole = parse_json(data)
    except ValueError as error:
        return {}, f"this is no progress file: {error}"
    entries = whole.get("entries") if isinstance(whole, dict) else None
    if isinstance(whole, dict) and (later := newer(whole.get("schema"), SCHEMA)):
        return {}, later
    if not isinstance(entries, dict) or whole.get("schema") != SCHEMA:
        return {}, f"this is no progress file: it lacks the schema {SCHEMA!r} or its entries"
    sound: Entries = {}
    wrong = ""
    for name, entry in entries.items():
        if not isinstance(entry, dict):
            wrong = wrong or f"{_line(data, name)}{name} must be an entry {{…}}, not {json.dumps(entry):.40}"
            continue
        sound[name] = {k: v for k, v in entry.items() if k not in FIELDS or FIELDS[k][1](v)}
        for key in entry.keys() - sound[name].keys():
            shown = json.dumps(entry[key])
            shown = shown if len(shown) <= 40 else shown[:40] + "…"
            wrong = wrong or f"{_line(data, name, key)}{key} of {name} must be {FIELDS[key][0]}, not {shown}"
    return sound, wrong


def _line(data: str | bytes, *keys: str) -> str:
    """'line 4: ', where these keys stand one after the other in the text."""
    text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
    at = 0
    for key in ("entries", *keys):
        at = max(at, text.find(json.dumps(key), at))
    return f"line {text.count(chr(10), 0, at) + 1}: "


def _words(error: Exception, path: Path) -> str:
    """An error in words, with the file; Python's own names a number first."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror[:1].lower()}{error.strerror[1:]}: {error.filename or path}"
    return str(error)
