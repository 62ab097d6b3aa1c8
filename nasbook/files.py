"""What every file here is read and written with: JSON that is taken at its word, and one writer at a time."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import stat
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

DEPTH = 100  # lists within lists: more is no file of ours, and Python's own limit is not far
DIGITS = 308  # of a whole number: more does not fit into a float


def read_bytes(path: str | Path) -> bytes:
    """All of a file; ValueError for what is none, FileNotFoundError (as ever) where there is nothing."""
    path = Path(path)
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        inside = next((f"; did you mean {p}?" for p in (path / "trace.jsonl",) if p.is_file()), "")
        raise ValueError(f"{path} is a folder, not a file{inside}")
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise ValueError(f"{path} is a device, not a file")
    return path.read_bytes()


def write_text(path: str | Path, text: str) -> None:
    """Write all of a file in UTF-8; a kill leaves the old file or the new one. An OSError names the file."""
    path = Path(path)
    scratch = path.with_name(path.name + ".tmp")
    with _said_of(path):
        scratch.write_text(text, encoding="utf-8")
        os.replace(scratch, path)


@contextmanager
def _said_of(path: Path) -> Iterator[None]:
    """An OSError on a hidden file beside `path` names `path`, which is what people know."""
    try:
        yield
    except OSError as error:
        error.filename = str(path)
        raise


def parse_json(data: bytes | str, what: str = "JSON") -> Any:
    """The value of a JSON text in UTF-8. ValueError says what is wrong: no `what`, a number that is too large …"""
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data.removeprefix("\ufeff")
        if not text.strip():
            raise ValueError(f"not {what}, because it is empty")
        value = json.loads(text, parse_constant=_constant, parse_float=_float, parse_int=_int)
        if text.count("[") + text.count("{") > DEPTH and _deeper_than(value, DEPTH):
            raise RecursionError
    except UnicodeDecodeError as error:
        wide = isinstance(data, bytes) and data[:2] in (b"\xff\xfe", b"\xfe\xff")
        is_ = "UTF-16 text" if wide else f"no UTF-8 text (byte {error.start + 1})"
        raise ValueError(f"not {what}, because it is {is_}; save it as UTF-8") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, character {error.colno}" if error.lineno > 1 else f"character {error.colno}"
        raise ValueError(f"not {what} ({error.msg[:1].lower()}{error.msg[1:]}, {where})") from None
    except RecursionError:
        raise ValueError(f"nested more than {DEPTH} levels deep") from None
    except _NumberError as error:
        found = re.search(rf"(?<=[\s:,\[]){re.escape(error.number)}", text)
        line = text.count("\n", 0, found.start()) + 1 if found else 1
        raise ValueError(f"{error} (line {line})" if line > 1 else str(error)) from None
    return value


class _NumberError(ValueError):
    def __init__(self, said: str, number: str) -> None:
        super().__init__(said)
        self.number = number


def _constant(text: str) -> None:
    raise _NumberError(f"{text} is not a number of JSON", text)


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _NumberError(f"the number {text:.30} is too large", text)
    return value


def _int(text: str) -> int:
    if len(text.lstrip("-")) > DIGITS:
        raise _NumberError(f"a whole number of {len(text.lstrip('-'))} digits is too large", text)
    return int(text)


def _deeper_than(value: Any, most: int) -> bool:
    level = [value]
    for _ in range(most):
        level = [v for x in level for v in (x.values() if isinstance(x, dict) else x) if isinstance(v, dict | list)]
        if not level:
            return False
    return True


def newer(schema: object, known: str) -> str:
    """A sentence, where `schema` is a later version of `known`, such as "nasbook/progress@1"; else ""."""
    kind, version = known.split("@")
    found = re.fullmatch(rf"{re.escape(kind)}@(\d{{1,9}})", schema) if isinstance(schema, str) else None
    if not found or int(found[1]) <= int(version):
        return ""
    return f"it was written by a newer nasbook ({schema}; this one reads {known}): update nasbook"


# ---- one writer at a time --------------------------------------------------------------------------------

_FAR = 2**31 - 2  # the byte that is locked on Windows, where a locked byte cannot be read
_held: weakref.WeakSet[Any] = weakref.WeakSet()


def lock(file: IO[Any]) -> bool:
    """Lock an open file for its writer; False where somebody else has it, in this process or in another one.

    The lock goes when the file is closed or the process ends, however it ends; a child made by a fork does not hold
    it. Where the file system knows no locks, nobody is kept out."""
    try:
        if os.name == "nt":
            import msvcrt

            at = file.tell()
            file.seek(_FAR)
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
            finally:
                file.seek(at)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
    _held.add(file)
    return True


@contextmanager
def alone(path: Path, patience: float = 30.0) -> Iterator[None]:
    """Hold the lock of a hidden file beside `path`: what is read from `path` in this block may be written back.

    Waits for whoever has it; TimeoutError after `patience` seconds, OSError where the folder cannot be written."""
    with _said_of(path):
        file = open(path.with_name(f".{path.name}.lock"), "ab")  # noqa: SIM115
    with file:
        end = time.monotonic() + patience
        while not lock(file):
            if time.monotonic() > end:
                raise TimeoutError(errno.ETIMEDOUT, "another process has it locked", str(path))
            time.sleep(0.01)
        yield


def _let_go() -> None:
    """In a child made by a fork: what it inherited writes nowhere and holds nothing."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for file in list(_held):
        if not file.closed:
            os.dup2(nowhere, file.fileno(), inheritable=False)
    os.close(nowhere)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
