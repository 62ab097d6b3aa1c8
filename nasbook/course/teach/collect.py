"""The progress files of a class, as learners: each person once, under a pseudonym, and what could not be used.

A file that is damaged, foreign, twice there or of a newer version is said and never stops the others. Two files with
the same random number (see `nasbook.course.record`) are one person's, and are joined.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unicodedata import category

from nasbook.course.record import FILE, FOREIGN, Entries, learner_of, read_entries
from nasbook.files import write_text
from nasbook.space import Json

SALT = ".nasbook_class"  # a random number beside the progress files, so that pseudonyms stay and nobody can reckon them
LARGEST, MOST = 5_000_000, 1000  # bytes and entries: a progress file has some ten thousand, and two hundred
GENERIC = re.compile(rf"{re.escape(Path(FILE).stem)}[ _-]*(\(\d+\)|\d+)?")  # what every browser calls it
ARCHIVES = (".zip", ".gz", ".tgz", ".7z", ".rar", ".tar", ".xz", ".bz2")
PACKED = {  # how such a file begins
    b"PK\3\4": "ZIP",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "RAR",
    b"\xfd7zXZ": "xz",
    b"BZh": "bzip2",
}
COPY = re.compile(r"[ _-]*(\(\d+\)|copy|\bcopy \d+)$", re.I)


@dataclass
class Learner:
    """One person: a pseudonym, what their files are called, and what they have done."""

    code: str
    name: str
    files: list[str]
    entries: Entries


@dataclass
class Collected:
    """Learners in the order of their pseudonyms; problems: (file, a sentence)."""

    learners: list[Learner] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class _File:
    path: Path
    learner: str
    entries: Entries
    digest: str


def collect(paths: Iterable[str | Path]) -> Collected:
    """Read progress files, and those in folders. ValueError where there is no file at all."""
    found, sound = Collected(), list[_File]()
    places = _places(paths, found)
    for path in places:
        try:
            file, wrong = _read(path)
        except OSError as error:
            found.problems.append((str(path), f"it cannot be read: {error.strerror or error}".lower()))
            continue
        except ValueError as error:
            found.problems.append((str(path), str(error)))
            continue
        twin = next((other for other in sound if other.digest == file.digest), None)
        if twin:
            found.problems.append((str(path), f"the same as {twin.path.name}, counted once"))
            continue
        if wrong:
            found.problems.append((str(path), f"what is sound in it was taken: {wrong}"))
        sound.append(file)
    _people(sound, found, _salt(places, found))
    return found


def _places(paths: Iterable[str | Path], found: Collected) -> list[Path]:
    """The files that are meant, each once. A pattern is looked up here where no shell has done it."""
    places: dict[Path, Path] = {}
    for given in map(Path, paths):
        if given.is_dir():
            inside = sorted(p for p in given.rglob("*") if _handed_in(p.relative_to(given)) and not p.is_dir())
        elif "*" in given.name and not given.exists():
            inside = sorted(given.parent.glob(given.name))
        else:
            inside = [given]
        for path in inside:
            if (whole := path.absolute()) not in places:
                places[whole] = path
    if not places:
        raise ValueError("there is no progress file: name some, such as progress/*.json, or their folder")
    return list(places.values())


def _handed_in(path: Path) -> bool:
    """Is a file in a folder of progress meant, whatever a mailer or an archiver has made of its name?"""
    if any(part.startswith(".") or part == "__MACOSX" for part in path.parts):
        return False
    name = path.name.casefold()
    return ".json" in name or name.startswith(Path(FILE).stem) or path.suffix.casefold() in ARCHIVES


def _read(path: Path) -> tuple[_File, str]:
    """A file, and what is wrong in it though some of it can be used. ValueError for one that cannot be used at all."""
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise ValueError("this is no file")
    with path.open("rb") as file:
        begin = file.read(6)
    if packed := next((kind for mark, kind in PACKED.items() if begin.startswith(mark)), ""):
        raise ValueError(f"it is packed ({packed}): unpack it, a folder or a name of its own for each learner")
    if about.st_size > LARGEST:
        raise ValueError(f"{about.st_size:,} bytes are too many for a progress file")
    data = path.read_bytes()
    entries, wrong = read_entries(data)
    if wrong.startswith(FOREIGN):
        raise ValueError(wrong)
    if len(entries) > MOST:
        raise ValueError(f"{len(entries):,} entries are too many for a progress file")
    return _File(path, learner_of(data), _readable(entries), hashlib.sha256(data).hexdigest()), wrong


def one_line(text: str) -> str:
    """The text without what would end a line, move a terminal's cursor, or be no character."""
    return "".join(c if c.isprintable() or category(c) == "Zs" else " " for c in text)


def _readable(x: object) -> Any:
    if isinstance(x, dict):
        return {key: _readable(value) for key, value in x.items()}
    if isinstance(x, list):
        return [_readable(value) for value in x]
    return one_line(x) if isinstance(x, str) else x


def _people(files: Sequence[_File], found: Collected, salt: bytes) -> None:
    """Join the files of one person, and give each a pseudonym."""
    labels = _labels([f.path for f in files])
    people: dict[str, Learner] = {}
    for file, label in zip(files, labels, strict=True):
        who = file.learner or f"file {label}"
        if who in people:
            known = people[who]
            found.problems.append((str(file.path), f"joined with {known.files[0]}: both are of one learner"))
            known.files.append(file.path.name)
            known.entries = _joined(known.entries, file.entries)
        else:
            people[who] = Learner(who, label, [file.path.name], file.entries)
    codes: dict[str, str] = {}
    for who in sorted(people):
        digits = base64.b32encode(hmac.digest(salt, who.encode("utf-8", "surrogateescape"), "sha256")).decode().lower()
        codes[who] = next(c for n in range(5, 53) if (c := f"p{digits[:n]}") not in codes.values())
        people[who].code = codes[who]
    found.learners = sorted(people.values(), key=lambda learner: learner.code)
    _namesakes(found)


def _labels(paths: Sequence[Path]) -> list[str]:
    """What a person is called: the file's name, or its folder's where all files have the name that nasbook gives."""
    labels = []
    for path in paths:
        generic = GENERIC.fullmatch(path.stem) and path.absolute().parent.name
        alone = sum(other.parent == path.parent for other in paths) == 1
        labels.append(path.absolute().parent.name if generic and alone else path.stem)
    return [
        label if labels.count(label) == 1 else f"{path.absolute().parent.name}/{label}"
        for label, path in zip(labels, paths, strict=True)
    ]


def _namesakes(found: Collected) -> None:
    """Say which learners may be one person, by what their files are called."""
    seen: dict[str, Learner] = {}
    for learner in sorted(found.learners, key=lambda x: x.name):
        if GENERIC.fullmatch(learner.name.rsplit("/", 1)[-1]):
            continue
        other = seen.setdefault(COPY.sub("", learner.name).casefold(), learner)
        if other is not learner:
            found.problems.append(
                (learner.files[0], f"may be of the same person as {other.files[0]}; the two are counted as two")
            )


def _joined(one: Entries, other: Entries) -> Entries:
    """Of each exercise the passed or the later entry; of each question the earlier, which was before the run."""
    joined = dict(one)
    for name, entry in other.items():
        old = joined.get(name)
        if old is None:
            joined[name] = entry
            continue
        first, last = sorted((old, entry), key=lambda e: str(e.get("when", "")))
        if is_question(entry) or is_question(old):
            joined[name] = first if first.get("answer") else last
        else:
            joined[name] = first if first.get("passed") else last
    return joined


def is_question(entry: Json) -> bool:
    return any(key in entry for key in ("answer", "outcome", "first", "again"))


def _salt(places: Sequence[Path], found: Collected) -> bytes:
    """The random number of this class; made where it is missing."""
    path = places[0].absolute().parent / SALT
    try:
        text = path.read_text(encoding="ascii").strip()
        if re.fullmatch("[0-9a-f]{32}", text):
            return bytes.fromhex(text)
    except (OSError, ValueError):
        pass
    made = secrets.token_hex(16)
    try:
        if path.exists():
            raise ValueError(f"{path} is damaged")
        write_text(path, made + "\n")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        found.problems.append((str(path), f"pseudonyms will be others the next time: {why}"))
    return bytes.fromhex(made)
