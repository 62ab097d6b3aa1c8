"""`nasbook automl`: from a CSV file to a pipeline of scikit-learn, three numbers, and a source file."""

from __future__ import annotations

import argparse
import shlex
import sys
import time as clock
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from nasbook.cli.words import Usage, fail, positive, print_json, say, short, whole
from nasbook.files import read_bytes, write_text
from nasbook.kit import interrupt

if TYPE_CHECKING:
    from nasbook.automl.evaluate import Pipelines
    from nasbook.trace import Trace

SECONDS = 60.0


def add(command: argparse.ArgumentParser) -> None:
    """What can be said to it."""
    p = command
    p.add_argument(
        "data",
        metavar="DATA.csv",
        help="a CSV file whose first line names the columns, or a bundled table: cancer, wine, digits, diabetes",
    )
    p.add_argument("--target", metavar="COLUMN", help="the column to predict")
    p.add_argument(
        "--time",
        type=positive,
        metavar="SECONDS",
        help="start no pipeline after this time (default: 60, or no limit with --trials); "
        "with --resume, of all runs together",
    )
    p.add_argument("--trials", type=whole(1), metavar="N", help="pipelines to try")
    p.add_argument("--out", type=Path, metavar="DIR", help="the folder of what is found (default: automl-NAME)")
    p.add_argument("--resume", action="store_true", help="go on with the search in --out")
    p.add_argument("--method", default="tpe", metavar="METHOD", help="who searches (default: tpe)")
    p.add_argument(
        "--kind",
        default="auto",
        metavar="KIND",
        help="classification or regression (default: what the target looks like)",
    )
    p.add_argument("--loss", default="auto", metavar="LOSS", help="error, balanced error, log loss; rmse, mae")
    p.add_argument("--group", metavar="COLUMN", help="its equal values stay on one side of every split, e.g. a patient")
    p.add_argument(
        "--order",
        metavar="COLUMN",
        help="dates or numbers in whose order the past predicts the future; not with --group",
    )
    p.add_argument("--folds", type=whole(2, 20), default=5, metavar="N", help="of the cross-validation (default: 5)")
    p.add_argument("--seed", type=whole(0, 2**31), default=0, metavar="N", help="of the search and of the splits")
    p.add_argument("--json", action="store_true", help="one JSON document on stdout and nothing else")


def run(options: argparse.Namespace) -> int:
    from nasbook.automl.evaluate import Pipelines
    from nasbook.automl.space import usual
    from nasbook.automl.tables import TABLES
    from nasbook.cli.search import _follow
    from nasbook.method import OneShot
    from nasbook.scale.target import method_class
    from nasbook.scale.trust import typed
    from nasbook.search import steps

    own = options.data in TABLES
    if not own and options.target is None:
        raise Usage("say which column is to be predicted: --target COLUMN")
    given = {"target": options.target, "kind": options.kind, "group": options.group, "time": options.order}
    task = Pipelines(options.data, loss=options.loss, folds=options.folds, split=options.seed, **given)
    if issubclass(method_class(options.method, typed(options.method, [])), OneShot):
        raise Usage(f"{options.method} trains networks of shared weights; pipelines need one such as tpe or random")
    folder = options.out or Path(f"automl-{Path(options.data).stem}")
    trace_file = folder / "trace.jsonl"
    if folder.exists() and not folder.is_dir():
        raise Usage(f"{folder} is a file; --out names a folder")
    if trace_file.exists() and not options.resume:
        raise Usage(f"{folder} holds a search; --resume goes on with it, another --out starts anew")
    folder.mkdir(parents=True, exist_ok=True)
    _same_data(folder / "data.txt", task.table.digest, begun=trace_file.exists())
    for note in task.table.notes:
        say(note)
    seconds = options.time or (None if options.trials else SECONDS)
    begin = clock.perf_counter()
    going = steps(
        options.method,
        task,
        trials=options.trials,
        time=seconds,
        seed=options.seed,
        first=usual(task.space),
        out=trace_file,
        resume=options.resume,
        views=False,
    )
    with redirect_stdout(sys.stderr), interrupt.terminable():
        trace = _follow(going, options.trials, options.method)
    code = _report(trace, task, folder, clock.perf_counter() - begin, options)
    if trace.interrupted:
        return fail(f"interrupted after {len(trace)} pipelines; the same command with --resume goes on", 130)
    return code


def _same_data(path: Path, digest: str, begun: bool) -> None:
    """A search goes on with the data that it has begun with. A file that a killed run has left empty says nothing."""
    before = read_bytes(path).decode("utf-8", "replace").strip() if begun and path.exists() else ""
    if before not in ("", digest):
        raise ValueError(f"{path.parent}: the search there was begun with other data ({before:.40}, now {digest})")
    write_text(path, digest + "\n")


def _report(trace: Trace, task: Pipelines, folder: Path, seconds: float, options: argparse.Namespace) -> int:
    from nasbook.automl import honest, together, write
    from nasbook.automl.ensemble import ensemble
    from nasbook.automl.predictions import Predictions, beside, collect, seed_of

    done = [t for t in trace.trials if t.status == "done"]
    if not done:
        reasons = [t.reason for t in trace.trials if t.reason]
        first = f"; the first failure: {reasons[0]}" if reasons else ""
        return fail(f"none of {len(trace)} pipelines succeeded{first}", 130 if trace.interrupted else 1)
    best, seed = trace.best, seed_of(trace, trace.best)
    trace_file = folder / "trace.jsonl"
    kept = collect(trace, task, trace_file)
    if kept.of:
        try:
            kept.save(trace_file)
        except OSError as error:
            say(
                f"warning: {beside(trace_file)} cannot be written ({error.strerror}); what the trials have predicted "
                "will be computed again"
            )
    else:  # the search has ended before a pipeline was tried on all folds
        kept = Predictions({best.id: task.held_out(best.config, seed)}, task.y, task.fold)
    numbers = honest.three(trace, task, kept=kept)
    mixed = honest.three(trace, task, "greedy", kept)
    found = ensemble(kept, task)
    members = found.weights
    source = write.save(task, best.config, folder, seed)
    vote = together.save(task, together.members_of(trace, found), folder)
    guess = task.loss(task.y_test, task.guess())
    failed = len(trace) - len(done)
    lines = [
        f"Best of {len(trace)} pipelines{f', {failed} failed' if failed else ''}: trial {best.id}",
        "  " + "  ".join(f"{k} = {short(v)}" for k, v in best.config.items()),
        f"{task.loss_name} on {len(task.y)} rows that the search has seen and {len(task.y_test)} that it has not:",
        f"  {'':32} {'trial ' + str(best.id):11} {len(members)} together",
        *(
            f"  {line:44} {numbers.said(value)}"
            for line, value in zip(str(numbers).splitlines(), mixed.values, strict=True)
        ),
        f"  {'a guess, on the untouched rows':32} {numbers.said(guess)}",
        "The first number is too good, because it is the least of many, and more so where several are mixed; "
        "report the last of the three.",
        *(
            ["Nested: of all folds but the first, each as what earlier folds choose predicts it."]
            if task.ordered
            else []
        ),
        "Together: "
        + ", ".join(f"trial {i} × {w:.2f}" for i, w in members.items())
        + " (greedy selection): ensemble.py; pipeline.py is the best alone.",
    ]
    told = "\n".join(["# What nasbook automl has found", "", *lines, "", *(f"- {note}" for note in task.table.notes)])
    write_text(folder / "report.md", told + "\n")
    if options.json:
        names = ("search", "nested", "test")
        print_json({
            "best_trial": best.id, "best_config": best.config, "loss": task.loss_name, "guess": guess,
            **dict(zip(names, numbers.values, strict=True)),
            "ensemble": {**dict(zip(names, mixed.values, strict=True)), "weights": members},
            "trials": len(trace), "failed": failed, "seconds": round(seconds, 3), "notes": task.table.notes,
            "source": str(source), "ensemble_source": str(vote), "folder": str(folder),
        })  # fmt: skip
    else:
        print("\n".join(lines))
        print(
            f"Wrote {folder}: pipeline.py, ensemble.py, report.md, trace.jsonl. Predict with: "
            f"python {shlex.quote(str(source))} NEW.csv"
        )
    return 0
