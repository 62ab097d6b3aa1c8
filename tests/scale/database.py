"""A worker on a database as a process, and its trace replayed."""

import os
import subprocess
import sys
from pathlib import Path

import nasbook
from nasbook.loop import Run
from nasbook.scale import load_study
from nasbook.scale.trust import Trust
from nasbook.trace import Trace

EPOCHS = "fidelity: {unit: epoch, min: 1, max: 6}\n"


def worker(url: str, folder: Path, *more: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "nasbook", "worker", url, "--heartbeat", "1", "--out", "runs/shared", *more]
    env = {**os.environ, "PYTHONPATH": str(Path(nasbook.__file__).parents[1])}
    return subprocess.Popen(command, cwd=folder, env=env, stderr=subprocess.PIPE, text=True)


def replayed(trace: Trace, path: Path) -> Run:
    """The search of a trace, asked and told once more; ValueError where it is not the method's."""
    study = load_study(path)
    trust = Trust(path.parent)
    method = study.make_method(trust)
    for config in study.first:
        method.enqueue(config)
    return Run(method, study.make_task(trust), trace)
