"""`nasbook worker`: one of any number of processes that work on a study in an Optuna database."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path

from nasbook.cli.words import Usage, say, whole
from nasbook.prepare import MOST_WORKERS


def add(p: argparse.ArgumentParser) -> None:
    """The words of the command."""
    p.add_argument(
        "url",
        metavar="URL",
        nargs="?",
        default=os.environ.get("NASBOOK_STORAGE"),
        help="the database, e.g. sqlite:///search.db or postgresql://me@host/name (default: what NASBOOK_STORAGE says)",
    )
    p.add_argument("--trace", type=Path, metavar="FILE", help="only write what the database holds as a trace")
    p.add_argument("--study", type=Path, metavar="STUDY", help="begin this study where the database does not hold it")
    p.add_argument("--name", metavar="NAME", help="of the study, where the database holds several")
    p.add_argument("--folder", type=Path, metavar="DIR", help="where the study's modules lie (default: here)")
    p.add_argument("--out", type=Path, metavar="DIR", help="where trainings keep their states (default: runs/NAME)")
    p.add_argument("--index", type=whole(0, MOST_WORKERS), metavar="N", help="this worker's number in the trace")
    p.add_argument(
        "--heartbeat",
        type=whole(1),
        default=15,
        metavar="SECONDS",
        help="who misses four of these is dead, and its trial goes to another (default: 15)",
    )
    p.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="MODULE",
        help="a module or package outside the folder whose code the study may run",
    )


def run(options: argparse.Namespace) -> int:
    from nasbook import scale
    from nasbook.scale.optuna import needs_optuna
    from nasbook.scale.storage import stored, trace_of
    from nasbook.scale.trust import Trust

    needs_optuna()
    if options.url is None:
        raise Usage("name the database, e.g. nasbook worker sqlite:///search.db")
    if options.trace:
        trace = trace_of(stored(options.url, options.name))
        print(f"Wrote {trace.save(options.trace)}: {len(trace)} trials have ended, {len(trace.pending)} are under way.")
        return 0
    from nasbook.scale.storage_worker import work

    study = scale.load_study(options.study, check=False) if options.study else None
    folder = options.folder or (study.folder if study else Path.cwd())
    with redirect_stdout(sys.stderr):
        ended = work(
            options.url,
            options.out,
            Trust(folder.resolve(), tuple(options.trust)),
            study=study,
            name=options.name,
            index=options.index,
            beat=options.heartbeat,
            say=say,
        )
    print(f"This worker has ended {ended} trial{'' if ended == 1 else 's'}; the study is done.")
    return 0
