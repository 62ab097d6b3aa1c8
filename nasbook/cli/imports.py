"""`nasbook import`: the search space of another program becomes a study."""

from __future__ import annotations

import argparse
import shlex
from argparse import ArgumentParser
from pathlib import Path

from nasbook.cli.words import Usage, say, whole


def add_options(p: ArgumentParser) -> None:
    p.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="ConfigSpace JSON, KerasTuner's get_config as JSON, an NNI search_space.json, or a W&B sweep YAML",
    )
    p.add_argument("-o", "--out", type=Path, default=Path("study.yaml"), metavar="STUDY", help="default: study.yaml")
    p.add_argument("--overwrite", action="store_true", help="replace the file if it exists")
    p.add_argument("--task", metavar="TASK", help="what is searched: a name or package.module:function")
    p.add_argument(
        "--command",
        dest="program",
        metavar="LINE",
        help="or a program (default: the sweep's or train.py, with options)",
    )
    p.add_argument("--method", metavar="METHOD", help="see: nasbook list methods (default: the sweep's, or random)")
    p.add_argument("--trials", type=whole(1), metavar="N", help="default: the sweep's run_cap, or 50")


def run(options: argparse.Namespace) -> int:
    from nasbook.scale.other_spaces import study_from

    if options.task and options.program:
        raise Usage("say what is searched with --task or with --command, and not with both")
    study, found = study_from(
        options.file, task=options.task, command=options.program, method=options.method, trials=options.trials
    )
    study.save(
        options.out, overwrite=options.overwrite, head=f"The space is from {options.file.name} ({found.format})."
    )
    for note in found.notes:
        say(f"warning: {note}")
    many = len(found.specs)
    print(f"Recognised {found.format}: {many} parameter{'' if many == 1 else 's'}.")
    print(f"Wrote {options.out}. Run it with: nasbook run {shlex.quote(str(options.out))}")
    return 0
