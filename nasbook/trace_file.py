"""The file of a trace: written line by line, locked while it grows, read with its damage.

It is a text file of JSON lines, written while the search runs: a header, then for every trial one `ask` line when it
starts and one `tell` line when it ends; an `again` line where it begins once more after a kill. The order of these
events is all that is needed to go on later exactly where the search stopped, however many trials were in flight.
"""

from __future__ import annotations

import gc
import inspect
import json
import os
import stat
import threading
import warnings
import weakref
from collections.abc import Generator, Sequence
from itertools import count
from pathlib import Path
from typing import IO

from nasbook.files import lock, parse_json, read_bytes
from nasbook.source import changed
from nasbook.space import Json
from nasbook.trace import SCHEMA, Header, Step, Trace, Trial
from nasbook.trial import plain, shown
from nasbook.views import Storable


def save(trace: Trace, path: str | Path) -> Path:
    """Write the whole trace as JSON lines; an existing file is replaced in one move. ValueError where a search is
    writing it."""
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder; a trace is a file, e.g. {path / 'trace.jsonl'}")
    if path.exists():
        with open(path, "rb") as old:
            if not lock(old):
                raise ValueError(_busy(path))
    with TraceFile(path.with_name(path.name + ".tmp")) as file:
        file.begin(trace.header)
        views = iter(trace.steps)
        for kind, trial in trace.events:
            file.write(kind, trial, next(views).view if kind == "tell" else None)
    os.replace(file.path, path)
    return path


def load(path: str | Path) -> Trace:
    """Read a trace. A last line that was cut off is dropped with a warning; any other damage is a ValueError
    that names the line."""
    return read(path)[0]


class TraceFile:
    """A trace being written, by one search at a time: the file is locked until it is closed or the process ends.

    Each line is flushed, so a killed process loses at most the trial it was running. ValueError where another search
    is writing the file."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.search: weakref.ref[Generator[Step, None, Trace]] | None = None  # what writes it, if that is a generator
        self._thread = threading.get_ident()
        if self.path.is_dir():
            raise ValueError(f"{path} is a folder; a trace is a file, e.g. {self.path / 'trace.jsonl'}")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._locked()
        _open_files.add(self)

    @classmethod
    def open(
        cls, path: str | Path, header: Header, *, resume: bool = False, but: Sequence[str] = ()
    ) -> tuple[Trace, TraceFile]:
        """The trace in a file and the file, ready for more; what was computed is never overwritten. With `resume` the
        trace must have this header, the fields in `but` aside."""
        path = Path(path)
        exists = f"{path} exists; resume=True goes on with it, another name starts anew"
        if path.exists() and not resume:
            raise ValueError(exists)
        file = cls(path)
        try:
            if is_torn(path):
                file.begin(header)
                return Trace(header), file
            if not resume:  # somebody was faster
                raise ValueError(exists)
            trace, good = read(path)
            if wrong := trace.header.differences(header, but=but):
                more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
                raise ValueError(f"{path} holds another search: {'; '.join(wrong[:3])}{more}")
            if changed(trace.header.provenance.get("code"), header.provenance.get("code")):
                warnings.warn(
                    f"the code of {header.task} was edited after {path} was begun, so its new values may mean "
                    "something else than the old ones; another name starts anew",
                    stacklevel=4,
                )
            file.go_on(good)
        except BaseException:
            file.close()
            raise
        return trace, file

    def begin(self, header: Header) -> None:
        """Write the header into the empty file."""
        self._file.truncate(0)
        self._line(header.to_dict())

    def go_on(self, good: int) -> None:
        """Write after the first `good` bytes."""
        self._file.truncate(good)
        self._file.seek(max(0, good - 1))
        if self._file.read(1) not in (b"", b"\n"):
            self._file.write(b"\n")

    def write(self, kind: str, trial: Trial, view: object = None) -> None:
        row: Json = {"event": kind, **trial.to_dict()}
        if isinstance(view, Storable):
            row["view"] = plain(view.to_dict())
        self._line(row)

    def _line(self, row: Json) -> None:
        try:
            line = json.dumps(row, allow_nan=False, ensure_ascii=False).encode()
        except UnicodeEncodeError:  # half a character, as \ud800
            line = json.dumps(row, allow_nan=False).encode()
        if not self._in_place():
            self._move()
        self._file.write(line + b"\n")
        self._file.flush()

    def _in_place(self) -> bool:
        """Is the open file still the one of this name? Windows lets nobody delete an open file."""
        try:
            return os.name == "nt" or os.path.samestat(os.fstat(self._file.fileno()), os.stat(self.path))
        except OSError:
            return False

    def _move(self) -> None:
        """Write all of the trace anew, because its file was deleted or another one has taken its name."""
        self._file.seek(0)
        known, was = self._file.read(), self.path
        names = (was if k == 1 else was.with_name(f"{was.stem}-{k}{was.suffix}") for k in count(1))
        free = next(p for p in names if not os.path.lexists(p))
        try:
            free.parent.mkdir(parents=True, exist_ok=True)
            anew = open(free, "x+b")  # noqa: SIM115
        except OSError as error:
            raise ValueError(
                f"{was} was deleted while a search wrote it, and it cannot be written anew: {error}"
            ) from None
        lock(anew)
        anew.write(known)
        self._file.close()
        self._file, self.path = anew, free
        happened = "was deleted" if free == was else "was replaced by another file"
        where = "it is written anew, with every trial" if free == was else f"every trial is in {free} now"
        warnings.warn(f"{was} {happened} while a search wrote it; {where}", stacklevel=6)

    def _locked(self) -> IO[bytes]:
        """The open file with its lock."""
        while True:
            file = open(self.path, "a+b")  # noqa: SIM115
            if not (lock(file) or (self._end_abandoned(file) and lock(file))):
                ours = any(w._is(file) for w in _open_files)
                file.close()
                raise ValueError(_busy(self.path, ours))
            if os.path.exists(self.path) and os.path.samestat(os.fstat(file.fileno()), os.stat(self.path)):
                return file
            file.close()  # it was replaced or deleted before it was locked

    def _end_abandoned(self, file: IO[bytes]) -> bool:
        """End the search of this thread that was left in the middle and still has the file: a cell was run again."""
        gc.collect()  # perhaps only a traceback still holds it
        for other in list(_open_files):
            if other._is(file) and other._thread == threading.get_ident():
                search = other.search() if other.search else None
                if search is None or inspect.getgeneratorstate(search) == inspect.GEN_RUNNING:
                    continue
                search.close()
                other.close()
                warnings.warn(
                    f"the search that was left in the middle and wrote {self.path} is ended now", stacklevel=6
                )
        return True

    def _is(self, file: IO[bytes]) -> bool:
        return not self._file.closed and os.path.samestat(os.fstat(self._file.fileno()), os.fstat(file.fileno()))

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> TraceFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_open_files: weakref.WeakSet[TraceFile] = weakref.WeakSet()


def _busy(path: Path, ours: bool = False) -> str:
    if ours:
        return f"a search in this very process is writing {path}; wait for its end or end it, or give another name"
    return f"another search is writing {path}; wait for its end or end it, or give another name"


def read(path: str | Path) -> tuple[Trace, int]:
    """The trace of a file, and how many bytes of the file are good."""
    path = Path(path)
    data = read_bytes(path)
    lines = data.splitlines(keepends=True)
    while lines and not lines[-1].strip():  # blank lines at the end are nothing
        lines.pop()
    if not lines:
        raise ValueError(f"{path}: the file is empty; a trace begins with a header line")
    trace: Trace | None = None
    good = 0
    for number, line in enumerate(lines, 1):
        try:
            row = _row(line)
        except ValueError as error:
            if number == len(lines) and number > 1 and not line.endswith(b"\n") and good + len(line) == len(data):
                warnings.warn(f"{path}: line {number} was cut off and is dropped", stacklevel=3)
                break
            raise ValueError(f"{path}, line {number}: {_brief(error)}") from None
        try:
            trace = _taken(trace, row)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}, line {number}: {_brief(error)}") from None
        good += len(line)
    assert trace is not None
    return trace, good


class Growing:
    """A trace that somebody else is writing, read as far as it goes: `trace` holds what whole lines have told so far,
    None before the first. Nothing is locked, and only what is new is read."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._forget()

    def _forget(self) -> None:
        self.trace: Trace | None = None
        self._good, self._lines, self._first = 0, 0, b""

    def read(self) -> bool:
        """Read the new lines; True if there were some, or if the file begins anew. A line that is half written waits
        for its end. ValueError for damage, which names the line; OSError where nothing can be read."""
        if not stat.S_ISREG(self.path.stat().st_mode):
            raise ValueError(f"{self.path} is no file")
        with open(self.path, "rb") as file:
            beginning = file.read(8192)  # most of all a header, which tells two searches apart
            anew = not beginning.startswith(self._first) or os.fstat(file.fileno()).st_size < self._good
            if anew:
                self._forget()
            self._first = beginning
            file.seek(self._good)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        for line in whole.splitlines(keepends=True):
            try:
                self.trace = _taken(self.trace, _row(line))
            except (ValueError, TypeError) as error:
                raise ValueError(f"{self.path}, line {self._lines + 1}: {_brief(error)}") from None
            self._good, self._lines = self._good + len(line), self._lines + 1
        return anew or bool(whole)


def _taken(trace: Trace | None, row: Json) -> Trace:
    """The trace with one more line; the first is its header."""
    if trace is None:
        return Trace(Header.from_dict(row))
    _add(trace, row)
    return trace


def is_torn(path: Path) -> bool:
    """Was the writing of this trace cut off within its header, before anything was computed?"""
    data, beginning = read_bytes(path), f'{{"schema": "{SCHEMA}"'.encode()
    if b"\n" in data or not (data + beginning[len(data) :]).startswith(beginning):
        return False
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return True
    return False  # only the end of the line is missing


def _row(line: bytes) -> Json:
    if not line.strip():
        raise ValueError("the line is blank; every line of a trace is a JSON object")
    row = parse_json(line, "a line of JSON")
    if not isinstance(row, dict):
        raise ValueError(f"a JSON object was expected, not {shown(row)}")
    return row


def _add(trace: Trace, row: Json) -> None:
    kind, view = row.pop("event", None), row.pop("view", None)
    if kind not in ("ask", "again", "tell"):
        raise ValueError(f"event must be 'ask', 'again' or 'tell', not {shown(kind)}")
    trial = Trial.from_dict(row)
    if kind == "again":
        if trial.id not in trace.running:
            raise ValueError(f"trial {trial.id} begins again, but it had not started or had ended before")
        trace.again(trial)
        return
    if trace.space.validate(trial.config) != trial.config:
        raise ValueError(f"trial {trial.id} is not a configuration of the space in the header")
    if kind == "ask":
        if trial.id != trace.asked:
            raise ValueError(f"trial {trial.id} starts where trial {trace.asked} was expected")
        if trial.status != "running":
            raise ValueError(f"trial {trial.id} starts with status {trial.status!r}, not 'running'")
        if not 0 <= (root := trial.info.get("continues") or 0) <= trial.id:
            raise ValueError(f"trial {trial.id} goes on with trial {root}, which is no earlier one")
        trace.started(trial)
    else:
        if trial.id not in trace.running:
            raise ValueError(f"trial {trial.id} ends, but it had not started or had ended before")
        started = trace.running[trial.id]
        at_once = trial.start == trial.end == 0  # once, a trial of an earlier search could take another one's place
        if (trial.config, trial.fidelity) != (started.config, started.fidelity) and not at_once:
            raise ValueError(f"trial {trial.id} ends with another configuration or fidelity than it started with")
        if trial.status == "running":
            raise ValueError(f"trial {trial.id} ends with status 'running'")
        needed = trial.status == "done" or trial.value is not None
        if needed and (isinstance(trial.value, bool) or not isinstance(trial.value, int | float)):
            raise ValueError(
                f"trial {trial.id} is {trial.status}, so its value must be a number, not {shown(trial.value)}"
            )
        trace.ended(trial, view)


def _brief(error: Exception, head: int = 140, tail: int = 60) -> str:
    """What an error says, without its middle where that is long."""
    text = str(error)
    return text if len(text) <= head + tail else f"{text[:head]} … {text[-tail:]}"
