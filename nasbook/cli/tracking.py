"""`nasbook track`, and the option --track of `nasbook run`."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from nasbook.cli.words import Usage, one_of

NAMES = ("tensorboard", "mlflow", "wandb")


def place(text: str) -> tuple[str, str | bool]:
    """mlflow=sqlite:///mlflow.db, or only the name, for the usual place."""
    to, equals, where = text.partition("=")
    if equals and not where:
        raise argparse.ArgumentTypeError(f"must look like {to or 'mlflow'}=PLACE or {to or 'mlflow'}, not {text!r}")
    return one_of(*NAMES)(to), where or True


def add(p: argparse.ArgumentParser) -> None:
    p.add_argument("trace", type=Path, metavar="TRACE", help="a trace, or the folder of a run; it may still grow")
    p.add_argument("--to", type=one_of(*NAMES), required=True, metavar="|".join(NAMES))
    p.add_argument("--out", type=Path, metavar="DIR", help="where it is kept (default: beside the trace)")
    p.add_argument("--uri", metavar="URI", help="of MLflow (default: MLFLOW_TRACKING_URI, or mlflow.db in --out)")


def run(options: argparse.Namespace) -> int:
    from nasbook.scale.trackers import TRACKERS, track, usual_place

    if options.uri is not None and options.to != "mlflow":
        raise Usage(f"--uri is for mlflow; {options.to} keeps its runs in a folder: --out DIR")
    trace = options.trace
    folder = options.out or (trace if trace.is_dir() else trace.parent)
    at = options.uri or (f"sqlite:///{folder / 'mlflow.db'}" if options.to == "mlflow" and options.out else None)
    at = at or (str(options.out) if options.out else usual_place(options.to, Path(folder)))
    new = track(trace, options.to, at)
    look = TRACKERS[options.to].look.format(place=shlex.quote(at))
    print(f"{new} new trial{'' if new == 1 else 's'} in {at}. See: {look}")
    return 0
