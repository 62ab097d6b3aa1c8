"""`nasbook search`: a method on a task, here and now."""

from __future__ import annotations

import argparse
import os
import sys
import time as clock
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

from nasbook.cli.report import report
from nasbook.cli.words import Usage, as_dict, fail, say
from nasbook.guard import guarded
from nasbook.kit import interrupt
from nasbook.space import Space
from nasbook.task import Task
from nasbook.trace import Step, Trace

PICTURES = (".png", ".svg", ".pdf")


def run(options: argparse.Namespace) -> int:
    from nasbook.scale.trust import importable

    def search(resume: bool) -> int:
        options.resume |= resume
        with importable(), interrupt.terminable():  # an objective may import its neighbours while it runs
            return _searched(options)

    if (options.task is None) == (options.program is None):
        raise Usage("say what to search: a TASK, or a program with --command, and not both")
    foreign = options.program is not None or ":" in options.task
    if not (options.own_process and hasattr(os, "fork") and foreign):
        options.kept = options.out
        return search(False)
    if options.out is not None:
        options.kept = options.out
        return guarded(search, options.out, say)
    with TemporaryDirectory(prefix=f"nasbook-{os.getpid()}-") as folder:  # a killed one is cleared by the next search
        options.kept = Path(folder) / "trace.jsonl"
        return guarded(search, options.kept, say)


def _searched(options: argparse.Namespace) -> int:
    from nasbook.method import OneShot
    from nasbook.prepare import check_words
    from nasbook.scale.study import load_space
    from nasbook.scale.target import method_class, method_settings
    from nasbook.scale.trust import typed
    from nasbook.search import steps

    if options.resume and options.kept is None:
        raise Usage("--resume needs --out, the trace to go on with")
    if options.out is not None and Path(options.out).exists() and not options.resume:
        raise Usage(f"{options.out} exists; --resume goes on with it, another --out starts anew")
    check_picture(options.plot, options.kind, options.method)
    space = None if options.space is None else load_space(options.space)
    task = _task(options, space)
    cls = method_class(options.method, typed(options.method, options.trust))
    check_words(cls, as_dict(options.set))
    settings = method_settings(cls, as_dict(options.set))
    trials = options.trials
    if trials is None and options.time is None and not issubclass(cls, OneShot):
        trials = 40
    begin = clock.perf_counter()
    going = steps(
        options.method,
        task,
        trials=trials,
        time=options.time,
        timeout=options.timeout,
        seed=options.seed,
        workers=options.workers,
        packed=options.packed,
        space=space,
        warm_start=options.warm_start,
        out=options.kept,
        resume=options.resume,
        views=options.plot is not None,
        **settings,
    )
    with redirect_stdout(sys.stderr):  # what a task prints is no result
        trace = _follow(going, trials, options.method)
    seconds = clock.perf_counter() - begin
    code = report(trace, seconds, options.out, options.json)
    if options.plot is not None and len(trace):
        figure = trace.plot(options.kind)
        figure.savefig(options.plot)
        say(f"drew {options.plot}")
    if trace.interrupted:
        again = f"; the same command with --resume goes on with {options.out}" if options.out else ""
        return fail(f"interrupted after {len(trace)} trials{again}", 130)
    return code


def _task(options: argparse.Namespace, space: Space | None) -> Task:
    """What was typed: a task, or the line of a program, which is trusted by being typed."""
    from nasbook.scale.commands import NAME
    from nasbook.scale.target import make_task
    from nasbook.scale.trust import Trust, typed
    from nasbook.task import Fidelity

    arguments = as_dict(options.arg)
    if options.program is None:
        if options.epochs is not None:
            raise Usage("--epochs is for --command; a task takes it as --arg epochs=N, where it has such an argument")
        return make_task(options.task, arguments, space, typed(options.task, options.trust))
    if space is None:
        raise Usage("--command needs the space that its {placeholders} are from: --space FILE.yaml")
    first = options.program.split()[:1]
    task = make_task(NAME, {"command": options.program, **arguments}, space, Trust(Path.cwd(), tuple(first)))
    if options.epochs is not None:
        task.fidelity = Fidelity("epoch", 1, options.epochs)
    return task


def _follow(going: Iterator[Step], total: int | None, name: str) -> Trace:
    """Run a search to its end, with a bar where somebody looks."""
    from tqdm import tqdm

    with tqdm(total=total, desc=name, unit="trial", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
        while True:
            try:
                step = next(going)
            except StopIteration as end:
                return end.value
            if step.incumbent is not None:
                bar.set_postfix(best=f"{step.incumbent.value:.6g}", refresh=False)
            bar.update(1)


def check_picture(path: Path | None, kind: str | None, method: str) -> None:
    """Before anything is computed: can this picture be drawn from this method's trace, and written there?"""
    if path is None:
        return
    from nasbook.plots import check_kind

    if kind is not None:
        check_kind(kind, method)
    if path.suffix not in PICTURES:
        raise Usage(f"--plot: the name of a picture ends in {', '.join(PICTURES)}, not {path.name!r}")
    if not path.absolute().parent.is_dir():
        raise Usage(f"--plot: there is no folder {path.parent}")
