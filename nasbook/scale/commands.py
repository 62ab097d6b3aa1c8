"""Whose program a study may run: a command line is code that the study names.

    command: python train.py --lr {lr}       runs: train.py lies in the study's folder
    command: ./train.sh {lr}                 runs, for the same reason
    command: torchrun train.py --lr {lr}     does not, until somebody says --trust torchrun
    command: python -c "…"                   does not, until somebody says --trust python

So what runs unasked is a file of the study's folder, as with modules (see trust.py): the program itself, or the script
that an interpreter is given as its first word. To look at a study starts no program.
"""

from __future__ import annotations

import os
from pathlib import Path

from nasbook.scale.trust import Trust, locate
from nasbook.space import Arguments, Space
from nasbook.task import Fidelity
from nasbook.tasks.command import NAME, PYTHON, Command, placeholders

INTERPRETERS = (*PYTHON, "sh", "bash", "Rscript", "julia", "node", "perl", "ruby")
HARMLESS = ("-u", "-B", "-O", "-OO", "-q")  # options of Python that name no code

__all__ = ["NAME", "made", "refusal"]


def made(arguments: Arguments, space: Space | None, trust: Trust, fidelity: Fidelity | None = None) -> Command:
    """The task of a command that a file or the command line names; it refuses to run where it is not trusted."""
    if unknown := next((k for k in arguments if k != "command"), None):
        raise ValueError(f"a command takes no argument {unknown!r}; write it into the line itself")
    task = Command(arguments.get("command", ""), space, fidelity)
    task.program.folder = trust.folder.resolve()
    task.program.refusal = refusal(task.program.words, trust)
    return task


def refusal(words: list[str], trust: Trust) -> str | None:
    """Why this command is not run as things are; None: it is."""
    if words[0] in trust.modules or _lies_in(words, trust.folder.resolve()):
        return None
    return (
        f"the command runs {words[0]}, and no program or script of the study's folder, so it is not run; if you trust "
        f'the line, say --trust {words[0]} (in Python: trust=["{words[0]}"])'
    )


def _lies_in(words: list[str], folder: Path) -> bool:
    first, rest = words[0], words[1:]
    if first not in INTERPRETERS:
        return bool(os.path.dirname(first)) and _is_inside(first, folder)
    while first in PYTHON and rest and rest[0] in HARMLESS:
        rest = rest[1:]
    if first in PYTHON and len(rest) > 1 and rest[0] == "-m":
        return not placeholders(rest[1]) and locate(rest[1], folder) is not None
    return bool(rest) and not rest[0].startswith("-") and not placeholders(rest[0]) and _is_inside(rest[0], folder)


def _is_inside(word: str, folder: Path) -> bool:
    """Is it a file there? A link that leads out of the folder is not."""
    file = (folder / word).resolve()
    return file.is_file() and file.is_relative_to(folder)
