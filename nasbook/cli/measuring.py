"""`nasbook measure`: a few short trials of a study on this machine."""

from __future__ import annotations

import argparse
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path

from nasbook.cli.words import positive, print_json, whole


def add(p: argparse.ArgumentParser) -> None:
    p.add_argument("study", type=Path, metavar="STUDY", help="a study, e.g. study.yaml")
    p.add_argument("--trials", type=whole(1), default=3, metavar="N", help="how many (default: 3)")
    p.add_argument("--epochs", type=whole(1), default=2, metavar="N", help="of how many epochs each (default: 2)")
    p.add_argument("--watts", type=positive, metavar="W", help="what one trial draws, for the estimate")
    p.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="NAME",
        help="a module, package or program outside the study's folder that the study may run",
    )
    p.add_argument("--json", action="store_true", help="one JSON document on stdout and nothing else")


def run(options: argparse.Namespace) -> int:
    from nasbook import scale

    with redirect_stdout(sys.stderr):
        found = scale.measure(
            options.study, trials=options.trials, epochs=options.epochs, progress=True, trust=options.trust
        )
    cost = found.estimate(scale.load_study(options.study, check=False), options.watts)
    row = {**asdict(found), "trial_seconds": cost.seconds, "trial_hours": cost.trial_hours}
    print_json(row) if options.json else print(cost)
    return 0
