"""`nasbook cost`: what a search has cost."""

from __future__ import annotations

import argparse
from pathlib import Path

from nasbook.cli.words import positive, print_json
from nasbook.trace import Trace


def add(p: argparse.ArgumentParser) -> None:
    p.add_argument("trace", type=Path, metavar="TRACE", help="a trace, or the folder of a run")
    p.add_argument("--watts", type=positive, metavar="W", help="of a core at work, where energy is not counted (10)")
    p.add_argument("--gpu-watts", type=positive, metavar="W", help="of a GPU at work, likewise (300)")
    p.add_argument("--json", action="store_true", help="one JSON document on stdout and nothing else")


def run(options: argparse.Namespace) -> int:
    from nasbook.cost import CORE_WATTS, GPU_WATTS, cost

    path = options.trace / "trace.jsonl" if options.trace.is_dir() else options.trace
    found = cost(Trace.load(path), core_watts=options.watts or CORE_WATTS, gpu_watts=options.gpu_watts or GPU_WATTS)
    print_json(found.to_dict()) if options.json else print(found)
    return 0
