"""`nasbook lab`: JupyterLab on the lessons."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import nasbook
from nasbook.cli.words import fail, say

FIRST_LESSON = "00_start_here.ipynb"


def notebooks_folder() -> Path | None:
    """Where the lessons are: in this folder, or in the checkout that nasbook was installed from."""
    for folder in (Path.cwd(), Path.cwd() / "notebooks", Path(nasbook.__file__).parents[1] / "notebooks"):
        if (folder / FIRST_LESSON).is_file():
            return folder
    return None


def run(options: argparse.Namespace) -> int:
    if find_spec("jupyterlab") is None:
        return fail("JupyterLab is not installed; this installs it: pip install 'nasbook[lab]'", 1)
    folder = notebooks_folder()
    if folder is None:
        say("the lessons are not here (they come with a checkout of nasbook); JupyterLab opens in this folder")
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    if root:
        say("you are root, so JupyterLab is started with --allow-root: whoever opens it can do anything here")
    first = [] if folder is None else [FIRST_LESSON]
    command = [sys.executable, "-m", "jupyterlab", *root, *first, *options.extra]
    if os.name == "nt":
        return subprocess.call(command, cwd=folder)
    os.chdir(folder or Path.cwd())
    os.execv(command[0], command)  # it takes this process' place, so that Ctrl-C and kill reach it
