"""`nasbook train`: what a search found, trained to the end, measured and packed."""

from __future__ import annotations

import argparse
import shlex
import sys
from contextlib import redirect_stdout
from pathlib import Path

from nasbook.cli.words import KEY_VALUE, as_dict, fail, print_json, whole
from nasbook.kit import torchrun


def add(command: argparse.ArgumentParser) -> None:
    """What can be said to it."""
    p = command
    p.add_argument("source", type=Path, metavar="TRACE|STUDY|RUN", help="a trace, a study, or the folder of a run")
    p.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="the folder of the network; the same command goes on with one that was cut off",
    )
    p.add_argument("--trial", type=_trial, default="best", metavar="best|N", help="which trial (default: the best)")
    p.add_argument("--epochs", type=whole(1), metavar="N", help="of each training (default: the task's)")
    p.add_argument(
        "--seeds", type=whole(1, 1000), default=3, metavar="N", help="trainings, each with its own seed (default: 3)"
    )
    p.add_argument("--onnx", action="store_true", help="also write an ONNX file, check it and time it")
    p.add_argument("--task", metavar="TASK", help="train it on another task than the search's, e.g. images")
    p.add_argument(
        "--arg",
        **KEY_VALUE,
        help="another argument of the task, e.g. data=cifar-10-python.tar.gz",
    )
    p.add_argument("--trust", action="append", default=[], metavar="MODULE", help="a module whose task may be imported")
    p.add_argument("--json", action="store_true", help="one JSON document on stdout and nothing else")


def run(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from nasbook.scale.winner import train

    try:
        with (
            redirect_stdout(sys.stderr),
            tqdm(
                desc="train", unit="epoch", file=sys.stderr, disable=torchrun.place() > 0 or not sys.stderr.isatty()
            ) as bar,
        ):

            def progress(seed: int, epoch: int, value: float) -> None:
                bar.set_postfix(seed=seed, epoch=epoch, value=f"{value:.4g}", refresh=False)
                bar.update(1)

            winner = train(
                options.source,
                options.out,
                trial=options.trial,
                epochs=options.epochs,
                seeds=options.seeds,
                onnx=options.onnx,
                task=options.task,
                arguments=as_dict(options.arg),
                trust=options.trust,
                progress=progress,
            )
    except KeyboardInterrupt:
        return fail(f"interrupted; the same command goes on with {shlex.quote(str(options.out))}", 130)
    if torchrun.place():
        return 0  # the first process says it
    if options.json:
        print_json(winner.card)
    else:
        print(f"{winner}\nWrote {shlex.quote(str(winner.folder))}: {', '.join(_files(winner.folder))}.")
    return 0


def _files(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.is_file())


def _trial(text: str) -> str | int:
    if text == "best":
        return text
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be best or the number of a trial, not {text!r:.40}") from None
