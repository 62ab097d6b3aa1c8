"""`nasbook export` and `nasbook run`: from a trace to a study, and the run of a study."""

from __future__ import annotations

import argparse
import shlex
import sys
import time as clock
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasbook.cli import scaling
from nasbook.cli.report import report
from nasbook.cli.words import as_dict, fail, say
from nasbook.trace import Trace

if TYPE_CHECKING:
    from nasbook.scale.study import Study


def export(options: argparse.Namespace) -> int:
    from nasbook import scale

    names = (
        "trials",
        "hours",
        "epochs",
        "data",
        "workers",
        "packed",
        "cpus",
        "gpus",
        "device",
        "timeout",
        "best",
        "task",
        "name",
    )
    target = {n: getattr(options, n) for n in names if getattr(options, n) is not None}
    target |= as_dict(options.arg) | scaling.target(options)
    if options.set:
        target["settings"] = as_dict(options.set)
    trace = Trace.load(options.trace)
    beside = {} if options.to or not options.out else {"path": options.out}
    if options.scale:
        print(scale.rescaling(trace, watts=options.watts, **target))
    if options.estimate:
        print(scale.estimate(trace, watts=options.watts, **beside, **target))
        return 0
    path = scale.export(trace, options.out, to=options.to, overwrite=options.overwrite, watts=options.watts, **target)
    print(scale.estimate(trace, watts=options.watts, **beside, **target))
    how = "Its head says how to run it." if options.to else f"Run it with: nasbook run {shlex.quote(str(path))}"
    print(f"Wrote {path}. {how}")
    return 0


def run(options: argparse.Namespace) -> int:
    from nasbook import scale
    from nasbook.scale.measure import find

    study = scale.load_study(options.study, check=False)
    out = options.out or Path("runs") / study.folder_name
    trust = _trust(study, options)
    measured, unused = find(options.study)
    if measured or unused:
        say(str(measured.estimate(study)) if measured else f"warning: {unused}")
    begin = clock.perf_counter()
    with redirect_stdout(sys.stderr):
        trace = scale.run(
            options.study,
            out,
            resume=options.resume,
            workers=options.workers,
            engine=options.engine,
            address=options.address,
            storage=options.storage,
            progress=True,
            trust=trust,
            track=as_dict(options.track),
        )
    code = report(trace, clock.perf_counter() - begin, out / "trace.jsonl", options.json)
    if trace.interrupted:
        how = [] if options.engine == "local" else ["--engine", options.engine]
        how += [] if options.address is None else ["--address", options.address]
        how += [f"--track={to}" if at is True else f"--track={to}={at}" for to, at in options.track]
        how += [] if options.storage is None else ["--storage", options.storage]
        again = shlex.join(["nasbook", "run", str(options.study), "--out", str(out), *how, "--resume"])
        running = f", {len(trace.pending)} under way" if trace.pending else ""
        return fail(f"stopped after {len(trace)} trials{running}; this goes on: {again}", 130)
    return code


def _trust(study: Study, options: argparse.Namespace) -> list[str]:
    """What the user trusts: what --trust names, and where somebody sits at the keyboard, what a question shows."""
    from nasbook.scale import commands
    from nasbook.scale.trust import Trust, check_origin, outside

    named = list(options.trust)
    if study.task.name == commands.NAME and sys.stdin.isatty():
        _ask_for_command(study, named)
    for name in (study.task.name, study.method.name):
        if ":" not in name or not sys.stdin.isatty():
            continue
        trust = Trust(study.folder, tuple(named))
        try:
            check_origin(name, trust)
        except ValueError:  # the run says it, with its place in the file
            continue
        if refusal := outside(name, trust):
            say(refusal.partition(", so it is not run")[0] + ".")
            if _agreed("Import it and run it?"):
                named.append(name.partition(":")[0].partition(".")[0])
    return named


def _ask_for_command(study: Any, named: list[str]) -> None:
    from nasbook.scale.trust import Trust

    try:
        program = study.make_task(Trust(study.folder, tuple(named))).program
    except ValueError:  # the run says it, with its place in the file
        return
    if program.refusal:
        say(program.refusal.partition(", so it is not run")[0] + f": {study.task.arguments['command']}")
        if _agreed("Run it?"):
            named.append(program.words[0])


def _agreed(question: str) -> bool:
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
