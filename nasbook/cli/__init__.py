"""The command `nasbook`: labs, lists, searches, studies, and a doctor.

Results go to stdout (with --json one JSON document and nothing else); what happens on the way and errors go to stderr.
Exit codes: 0 done, 1 nothing succeeded or something is broken, 2 bad input, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import nasbook
from nasbook.cli import (
    automl,
    comparing,
    cost,
    course,
    doctor,
    explaining,
    imports,
    lab,
    look,
    measuring,
    scaling,
    search,
    site,
    studies,
    tracking,
    train,
    worker,
)
from nasbook.cli.words import KEY_VALUE, Usage, fail, lower, one_of, positive, say, whole
from nasbook.kit import interrupt, torchrun
from nasbook.prepare import MOST_WORKERS

STRANGERS = (
    "Running a study runs the code that it names: a module, script or program in the study's folder, or one that you "
    "name with --trust (a command line by its first word). "
    "So run a stranger's study as you would run a stranger's program: read the code in its folder first. Looking at a "
    "study or a trace (export, estimates, pictures) runs nothing that it names."
)


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one sentence."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)

    def error(self, message: str) -> NoReturn:
        raise Usage(f"{message} (try: {self.prog} --help)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code. Bad input is one sentence on stderr, never a traceback."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        interrupt.imported()
        with warnings.catch_warnings():
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = lambda message, *_, **__: say(f"warning: {message}")
            options, extra = _parser().parse_known_args(arguments)
            if extra and options.command != "lab":
                raise Usage(f"there is no option {extra[0]!r} here (try: nasbook {options.command} --help)")
            options.extra = extra
            if (n := torchrun.processes()) > 1 and options.command not in (None, "train"):
                raise Usage(
                    f"torchrun has started {n} processes, and each would be a `nasbook {options.command}` of "
                    "its own: leave torchrun out; it is for `nasbook train`, and for a program of yours that a study "
                    "runs (task: {command: torchrun …})"
                )
            options.own_process = argv is None and not os.environ.get("NASBOOK_DEBUG")
            code = options.run(options)
            sys.stdout.flush()
            return code
    except KeyboardInterrupt:
        return fail("interrupted", 130)
    except BrokenPipeError:  # nasbook list methods | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return fail(f"{where}{lower(error.strerror or str(error))}", 2)
    except (Usage, ValueError) as error:
        return fail(str(error), 2)
    except Exception as error:
        if os.environ.get("NASBOOK_DEBUG"):
            raise
        broken = isinstance(error, RuntimeError) and type(error).__name__ == "RunError"
        text = str(error) if broken else f"{type(error).__name__}: {error}"
        if torchrun.place() and not broken:
            print(f"nasbook: process {torchrun.place()}: {text}", file=sys.stderr)
        return fail(text if broken else f"{text} (NASBOOK_DEBUG=1 shows where)", 1)


def _parser() -> _Parser:
    parser = _Parser(prog="nasbook", description="Hyperparameter optimisation and neural architecture search.")
    parser.add_argument("--version", action="version", version=f"nasbook {nasbook.__version__}")
    parser.set_defaults(run=_nothing, command=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    def add(name: str, run: Callable[[argparse.Namespace], int], summary: str, epilog: str | None = None) -> _Parser:
        description = f"{summary[0].upper()}{summary[1:]}."
        command = commands.add_parser(name, help=summary, description=description, epilog=epilog)
        command.set_defaults(run=run)
        return command

    add("lab", lab.run, "open JupyterLab on the notebooks; other options go to JupyterLab")

    p = add("list", look.names, "list methods, tasks, search spaces, estimators or labs")
    p.add_argument(
        "what",
        type=one_of("methods", "tasks", "spaces", "estimators", "labs"),
        metavar="methods|tasks|spaces|estimators|labs",
    )
    p.add_argument("--json", action="store_true", help="one JSON document on stdout and nothing else")

    p = add(
        "about", look.about, "say everything about a method: its file, view, picture, lab, lesson, test and settings"
    )
    p.add_argument("name", metavar="METHOD", help="see: nasbook list methods")
    p.add_argument("--json", action="store_true", help="one JSON document on stdout and nothing else")

    p = add("search", search.run, "search with a method on a task")
    p.add_argument("method", metavar="METHOD", help="see: nasbook list methods; or package.module:Class")
    p.add_argument(
        "task", nargs="?", metavar="TASK", help="see: nasbook list tasks; or package.module:function (see --space)"
    )
    p.add_argument(
        "--command",
        dest="program",
        metavar="LINE",
        help="in the place of TASK: a program that prints its values as JSON lines, e.g. "
        "'python train.py --lr {lr} --epochs {fidelity}'; needs --space",
    )
    p.add_argument("--epochs", type=whole(1), metavar="N", help="what {fidelity} of a --command is at most")
    p.add_argument(
        "--space",
        type=Path,
        metavar="FILE",
        help="the space of a function: a study, or a YAML file with what stands below `space:` in one "
        "(default: SPACE in its module)",
    )
    p.add_argument("--trials", type=whole(1), metavar="N", help="trials to start (default: 40)")
    p.add_argument("--time", type=positive, metavar="SECONDS", help="start no trial after this time")
    p.add_argument(
        "--timeout",
        type=positive,
        metavar="SECONDS",
        help="give a trial up after this time; one long call of C code goes on until it returns (not with nasbook run)",
    )
    p.add_argument("--seed", type=whole(0), default=0, metavar="N", help="the same seed gives the same search")
    p.add_argument(
        "--workers", type=whole(1, MOST_WORKERS), default=1, metavar="N", help="simulated workers, for tables"
    )
    p.add_argument(
        "--packed", type=whole(1, MOST_WORKERS), default=1, metavar="N", help="trials that train as one network"
    )
    p.add_argument("--set", **KEY_VALUE, help="a setting of the method")
    p.add_argument("--arg", **KEY_VALUE, help="an argument of the task")
    p.add_argument("--out", type=Path, metavar="TRACE", help="a file that receives the trace as it grows")
    p.add_argument("--resume", action="store_true", help="go on with the trace in --out")
    p.add_argument("--warm-start", type=Path, metavar="TRACE", help="tell the method an earlier trace first")
    p.add_argument("--plot", type=Path, metavar="PICTURE", help="draw the trace into a .png, .svg or .pdf")
    p.add_argument("--kind", metavar="KIND", help="what --plot draws (default: the method's own picture)")
    p.add_argument("--json", action="store_true", help="one JSON document on stdout and nothing else")
    p.add_argument(
        "--trust", action="append", default=[], metavar="MODULE", help="a module or package whose code may run, too"
    )

    automl.add(add("automl", automl.run, "search a pipeline of scikit-learn for a CSV file, and write it as code"))

    p = add("export", studies.export, "write a study that runs a trace's search at full scale")
    p.add_argument("trace", type=Path, metavar="TRACE", help="a trace, e.g. search.jsonl")
    p.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="FILE",
        help="default: study.yaml, or with --to a name that says what it is for",
    )
    p.add_argument(
        "--to",
        type=one_of("ray", "optuna", "slurm", "wandb", "hydra"),
        metavar="ray|optuna|slurm|wandb|hydra",
        help="for another tool: a script or configuration whose head says what it cannot hold",
    )
    p.add_argument("--overwrite", action="store_true", help="replace the file if it exists")
    p.add_argument("--estimate", action="store_true", help="only say what it would cost")
    p.add_argument("--trials", type=whole(1), metavar="N")
    p.add_argument("--hours", type=positive, metavar="HOURS", help="start no trial after this time")
    p.add_argument("--epochs", type=whole(1), metavar="N", help="length of a training")
    p.add_argument("--data", metavar="FILE", help="more data, for tasks that take it")
    p.add_argument("--workers", type=whole(1, MOST_WORKERS), metavar="N", help="processes side by side")
    p.add_argument("--packed", type=whole(1, MOST_WORKERS), metavar="N", help="trials that each trains as one network")
    p.add_argument("--cpus", type=whole(1), metavar="N", help="threads of a trial")
    p.add_argument("--gpus", type=positive, metavar="N", help="GPUs of a trial; 0.5: two share one")
    p.add_argument("--device", type=one_of("auto", "cpu", "cuda"), metavar="auto|cpu|cuda")
    p.add_argument("--timeout", type=positive, metavar="SECONDS", help="give a trial up after this time")
    p.add_argument("--best", type=whole(0), metavar="N", help="how many of the best come first (default: 5)")
    p.add_argument("--watts", type=positive, metavar="W", help="what one trial draws, for the estimate")
    p.add_argument("--task", metavar="TASK", help="another task: a name or package.module:function")
    p.add_argument("--name", metavar="NAME", help="a name for the study")
    scaling.add(p)
    p.add_argument("--set", **KEY_VALUE, help="a setting of the method")
    p.add_argument(
        "--arg",
        **KEY_VALUE,
        help="an argument of the task, or a new range of a parameter: width=[64,512]",
    )

    imports.add_options(add("import", imports.run, "write a study from a search space of another program"))

    measuring.add(add("measure", measuring.run, "run a few short trials of a study here, and say what all would cost"))

    p = add("run", studies.run, "run a study on this machine or on a cluster", epilog=STRANGERS)
    p.add_argument("study", type=Path, metavar="STUDY", help="a study, e.g. study.yaml")
    p.add_argument("--out", type=Path, metavar="DIR", help="the folder of the run (default: runs/NAME)")
    p.add_argument("--resume", action="store_true", help="go on with the run in --out")
    p.add_argument("--workers", type=whole(1, MOST_WORKERS), metavar="N", help="instead of the study's number")
    p.add_argument(
        "--track",
        type=tracking.place,
        action="append",
        default=[],
        metavar="TRACKER[=PLACE]",
        help="tell a tracker of the run as it goes: tensorboard, mlflow or wandb, each in its usual place "
        "(below --out), in a folder, or at a URI of MLflow",
    )
    p.add_argument(
        "--engine",
        type=one_of("local", "ray", "optuna"),
        default="local",
        metavar="local|ray|optuna",
        help="what the workers are: processes on this machine (the default), actors of Ray, or any "
        "that share an Optuna database; --resume may change between the first two",
    )
    p.add_argument(
        "--address",
        metavar="HOST:PORT",
        help="with --engine ray: a running cluster (auto: the one on this machine); left out, Ray is "
        "started here for the run",
    )
    p.add_argument(
        "--storage",
        metavar="URL",
        help="with --engine optuna: the database, which others may join by nasbook worker (default: a file in --out)",
    )
    p.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="NAME",
        help="a module, package or program outside the study's folder that the study may run: of a command its first "
        "word",
    )
    p.add_argument("--json", action="store_true", help="one JSON document on stdout and nothing else")

    train.add(add("train", train.run, "train what a search found to the end, and write network, weights and card"))
    worker.add(add("worker", worker.run, "work on a study in an Optuna database, beside others", epilog=STRANGERS))
    tracking.add(add("track", tracking.run, "tell TensorBoard, MLflow or W&B of a trace, each trial once"))
    comparing.add(add("compare", comparing.run, "compare searches over seeds: intervals, ranks, tests, and a picture"))
    cost.add(add("cost", cost.run, "say what a search has cost: seconds, memory and energy"))

    explaining.add(add("explain", explaining.run, "say what each parameter of a configuration is worth"))

    course.add(add("course", course.run, "write a folder for a class, and report on it"))
    site.add(add("site", site.run, "build the course as a site that needs no server"))

    p = add("doctor", doctor.run, "check that everything nasbook needs is there")
    return parser


def _nothing(_: argparse.Namespace) -> int:
    raise Usage("say what to do: lab, list, search, export, run, train or doctor (nasbook --help explains them)")
