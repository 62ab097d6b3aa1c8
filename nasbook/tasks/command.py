"""A command line as an objective: any program, in any language, that prints its values.

    space = Space(lr=Float(1e-4, 1, log=True))
    task = nasbook.task(command="python train.py --lr {lr} --state {checkpoint}", space=space)

What is filled in. The line is split into words as a shell would, and each {name} becomes the text of that parameter
inside its word: no shell reads it, so spaces and quotes in a value are safe. {checkpoint} is a path where the program
may keep its state and from which it goes on, {seed} its seed, {fidelity} how long to train, {config} the whole
configuration as JSON; NASBOOK_CHECKPOINT, NASBOOK_SEED and NASBOOK_FIDELITY hold the first three as well. A value that
is no text is written as in JSON (true, null, 0.001); {{ and }} are braces. A word whose parameter does not exist in a
configuration, or whose {fidelity} or {checkpoint} there is not, is left out together with an option in front of it
(`--degree {degree}`). `python` is the Python that runs nasbook.

What is read. Of standard output, every line that is a JSON object with the key "value":
    {"epoch": 3, "value": 0.12}      the value (minimised) after epoch 3: a point of the curve; the search may stop here
    {"value": 0.11, "size": 12}      the final value; other keys are kept as metrics
Without a final line the last epoch's value counts; {"values": [0.1, 3]} is for several objectives. All other lines go
where prints go. A trial that is stopped, or out of time, gets SIGTERM for its whole process group, and SIGKILL after
GRACE seconds. An exit code that is not 0 fails the trial, with the last line of standard error as its reason.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp
from typing import IO, TypeAlias

from nasbook.kit.browser import refusal
from nasbook.space import Config, Constant, Json, Space
from nasbook.task import Evaluation, Fidelity, FunctionTask, Report, StopTrial

NAME = "command"
GRACE = 3.0  # seconds between SIGTERM and SIGKILL
LONGEST = 1_000_000  # bytes of a line that is read as a result
PAUSE = 0.02  # seconds between two looks at what is printed
CONTEXT = ("checkpoint", "seed", "fidelity", "config")  # placeholders besides the parameters
SHELL = ("|", "||", "&&", ";", "&", ">", ">>", "<", "2>", "2>&1", "&>")
PIECE = re.compile(r"(\{\{|\}\}|\{[^{}]*\})")
PYTHON = ("python", "python3")
Rows: TypeAlias = dict[float, Json]


class Command(FunctionTask):
    """A command line that is run once a trial; ValueError for one that cannot be."""

    value_label = "value"

    def __init__(self, command: str, space: Space | None = None, fidelity: Fidelity | None = None) -> None:
        program = Program(command)
        if space is None:
            raise ValueError("a command needs a space to be searched in, e.g. space=Space(lr=Float(1e-4, 1, log=True))")
        super().__init__(program, space, NAME, fidelity)
        self.program, self.arguments = program, {"command": command}

    @property
    def deaf(self) -> str | None:  # type: ignore[override]
        if "fidelity" in self.program.named:
            return None
        return (
            "the command has no {fidelity}, so every trial trains to its end, and nothing is saved, unless its program "
            "reads NASBOOK_FIDELITY"
        )

    def check_space(self, space: Space) -> None:
        """ValueError for a parameter that the command does not use, and for a placeholder without a parameter."""
        self.program.check(space)
        if problem := self.program.refusal or self.program.missing():
            raise ValueError(problem)


class Program:
    """The words of a command, called with a configuration. It runs in `folder`, unless there is a `refusal`."""

    refusal: str | None = None  # why it must not run: a file has named it, and nobody trusts it

    def __init__(self, command: str, folder: Path | None = None) -> None:
        self.folder = (folder or Path.cwd()).resolve()
        if not isinstance(command, str) or not command.strip() or "\0" in command:
            raise ValueError(f'a command is a line of text, e.g. "python train.py --lr {{lr}}", not {command!r:.60}')
        if shell := next((w for w in command.split() if w in SHELL), None):
            raise ValueError(
                f"no shell reads the command, so {shell} means nothing in it: put such things into a script"
            )
        try:
            self.words = shlex.split(command)
        except ValueError as error:
            raise ValueError(f"the command cannot be split into words: {str(error).lower()}") from None
        self.named = [name for word in self.words for name in placeholders(word)]
        if placeholders(self.words[0]):
            raise ValueError(f"a command begins with a program, not with the placeholder {self.words[0]}")
        if re.match(r"\w+=", self.words[0]):
            raise ValueError(f"no shell reads the command, so it cannot begin with {self.words[0]}; begin it with env")

    def check(self, space: Space) -> None:
        """ValueError where the placeholders are not those of the space."""
        for name in self.named:
            if name not in space.parameters and name not in CONTEXT:
                has = ", ".join([*space.parameters, *CONTEXT])
                raise ValueError(
                    f"the command has the placeholder {{{name}}}, and the space no such parameter; there are {has} "
                    "(a brace itself is written {{ or }})"
                )
        for name, p in space.parameters.items():
            if not isinstance(p, Constant) and name not in self.named and "config" not in self.named:
                raise ValueError(
                    f"the command does not use the parameter {name}, so its value would change nothing: add {{{name}}} "
                    "(or {config}, all of them as JSON), or take it out of the space"
                )

    def missing(self) -> str | None:
        """What of it is not on this machine, in a sentence."""
        if said := refusal("a command"):
            return said
        first = self.words[0]
        if self.executable() is None:
            here = self.folder / first
            hint = f"; the one in {self.folder} is called ./{first}" if here.is_file() else ""
            if os.path.dirname(first) and here.is_file():
                return f"{here} is not executable (chmod +x), so the command cannot run"
            return f"there is no program {first!r} on this machine{hint}"
        script = self.words[1] if first in PYTHON and len(self.words) > 1 else ""
        if script.endswith(".py") and not placeholders(script) and not (self.folder / script).is_file():
            return f"there is no file {self.folder / script}, which the command runs"
        return None

    def executable(self) -> str | None:
        first = self.words[0]
        if first in PYTHON:
            return sys.executable
        return shutil.which(str(self.folder / first) if os.path.dirname(first) else first)

    def line(self, config: Config, **context: object) -> list[str]:
        """The words with the values in place; those without a value are left out, and the option before them."""
        values = {**{k: v for k, v in context.items() if v is not None}, "config": config, **config}
        found: list[str] = []
        for i, word in enumerate(self.words):
            if all(name in values for name in placeholders(word)):
                found.append("".join(_filled(piece, values) for piece in PIECE.split(word)))
            elif not word.startswith("-") and i and re.match(r"--?[^\d=][^=]*$", self.words[i - 1]):
                found.pop()
        return found

    def __call__(
        self,
        config: Config,
        fidelity: float | None = None,
        seed: int = 0,
        report: Report | None = None,
        checkpoint: Path | None = None,
    ) -> Evaluation:
        """Run it and read what it prints. StopTrial where it fails, or where `report` ends it."""
        if problem := self.refusal or self.missing():
            raise StopTrial(problem, "failed")
        context = {"fidelity": fidelity, "seed": seed, "checkpoint": checkpoint and str(Path(checkpoint).resolve())}
        words = [str(self.executable()), *self.line(config, **context)[1:]]
        given = {f"NASBOOK_{k.upper()}": text(v) for k, v in context.items() if v is not None}
        kept = {k: v for k, v in os.environ.items() if k not in ("NASBOOK_FIDELITY", "NASBOOK_CHECKPOINT")}
        with _output(checkpoint) as (file, earlier), open(file, "ab") as writes, open(file, "rb") as reads:
            reads.seek(0, os.SEEK_END)
            try:
                process = subprocess.Popen(
                    words,
                    cwd=self.folder,
                    env={**kept, **given, "PYTHONUNBUFFERED": "1"},
                    stdin=subprocess.DEVNULL,
                    stdout=writes,
                    stderr=subprocess.PIPE,
                    text=True,
                    encoding="utf-8",
                    errors="replace",
                    process_group=0 if os.name == "posix" else None,
                )
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                raise StopTrial(f"the command cannot be started: {reason}", "failed") from None
            try:
                return _follow(process, reads, earlier, report)
            finally:
                _end(process)


def placeholders(word: str) -> list[str]:
    """The names in braces; ValueError for a brace that belongs to none."""
    names = []
    for piece in PIECE.split(word):
        if piece in ("{{", "}}"):
            continue
        if piece[:1] == "{" and piece[-1:] == "}":
            names.append(piece[1:-1])
        elif "{" in piece or "}" in piece:
            raise ValueError(f"the command has a single brace in {word!r:.60}; a brace itself is written {{{{ or }}}}")
    return names


def _filled(piece: str, values: Config) -> str:
    if piece in ("{{", "}}"):
        return piece[0]
    return text(values[piece[1:-1]]) if piece[:1] == "{" else piece


def text(value: object) -> str:
    """A value as a word: text as it is, anything else as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value)


# ---- the process -----------------------------------------------------------------------------------------


@contextmanager
def _output(checkpoint: Path | None) -> Iterator[tuple[Path, Rows]]:
    """The file to which the program prints, and the epochs that stand in it because a kill of nasbook has left it.

    It lies beside the state, so that the state never knows of an epoch whose value is lost, and goes with the trial."""
    if checkpoint is None:
        handle, name = mkstemp(prefix="nasbook-")
        os.close(handle)
        file = Path(name)
    else:
        file = Path(f"{checkpoint}.lines")
    earlier: Rows = {}
    if file.exists():
        with open(file, "rb") as lines:
            rows = [row for line in lines if (row := _told(line)) and "epoch" in row]
        for row in rows:
            with suppress(TypeError, ValueError):
                earlier[float(row["epoch"])] = row
    try:
        yield file, earlier
    finally:
        file.unlink(missing_ok=True)


def _follow(process: subprocess.Popen[str], out: IO[bytes], earlier: Rows, report: Report | None) -> Evaluation:
    """What the program answers, at its end."""
    last_words = [""]
    ear = threading.Thread(target=_listen, args=(process.stderr, last_words), daemon=True)
    ear.start()
    answer: Json | None = None
    for line in _lines(process, out):
        row = _told(line)
        if row is None:
            print(line.decode(errors="replace"), end="")
            continue
        if "epoch" in row and report is not None:
            for epoch in sorted(earlier):  # a program that goes on from its state does not print them again
                if isinstance(row["epoch"], int | float) and epoch < row["epoch"]:
                    report(epoch, earlier[epoch].get("value"))
            earlier = {}
            report(row["epoch"], row.get("value"))
        if "epoch" not in row or answer is None or "epoch" in answer:
            answer = row
    _signal(process, "SIGKILL")  # what it has left behind
    ear.join(GRACE)
    if code := process.wait():
        said = f": {last_words[0]:.400}" if last_words[0] else ""
        raise StopTrial(f"the program {_fate(code)}{said}", "failed")
    if answer is None:
        raise StopTrial('the program printed no value; its last line should be like {"value": 0.12}', "failed")
    metrics = {k: v for k, v in answer.items() if k not in ("value", "values", "epoch")}
    return Evaluation(answer.get("value"), answer.get("values"), metrics)


def _lines(process: subprocess.Popen[str], out: IO[bytes]) -> Iterator[bytes]:
    """What a process writes into a file, line by line, until it has ended."""
    begun = b""
    while True:
        ended = process.poll() is not None  # asked first: what it has written until then can be read
        text = out.read()
        *whole, begun = (begun + text).split(b"\n")
        yield from (line + b"\n" for line in whole)
        if len(begun) > LONGEST:
            yield begun
            begun = b""
        if ended and not text:
            break
        if not text:
            time.sleep(PAUSE)
    if begun:
        yield begun


def _listen(stream: IO[str], last_words: list[str]) -> None:
    with suppress(ValueError, OSError):  # closed meanwhile
        while line := stream.readline(LONGEST):
            last_words[0] = line.strip() or last_words[0]
            print(line, end="", file=sys.stderr)


def _told(line: bytes) -> Json | None:
    """The row of a line that tells a value."""
    if not line.lstrip().startswith(b"{"):
        return None
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) and ("value" in row or "values" in row) else None


def _fate(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def _end(process: subprocess.Popen[str]) -> None:
    """SIGTERM to its group, and SIGKILL to what has not gone after GRACE seconds."""
    try:
        if process.poll() is None:
            _signal(process, "SIGTERM")
            with suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
    finally:  # whatever interrupts this
        _signal(process, "SIGKILL")
        process.wait()


def _signal(process: subprocess.Popen[str], name: str) -> None:
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, getattr(signal, name))
        elif process.poll() is None:
            process.kill()
