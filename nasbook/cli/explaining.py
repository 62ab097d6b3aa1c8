"""`nasbook explain`: what the parameters of a configuration are worth."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from nasbook.cli.comparing import traces_of
from nasbook.cli.search import check_picture
from nasbook.cli.words import Usage, one_of, print_json, say, whole
from nasbook.trace import Trace

KINDS = ("attribution", "ablation", "interactions", "cell-attribution")
GAMES = ("ablation", "tunability", "sensitivity", "optimiser")
OVER = ("mean", "max", "min", "max-min")


def add(p: argparse.ArgumentParser) -> None:
    kinds = "a trace, the folder of a run, a CSV file of trials, or an Optuna database with one study"
    p.add_argument("trace", metavar="TRACE", help=kinds)
    p.add_argument("--trial", default="best", metavar="N|best", help="the trial to explain: its id, from 0 (best)")
    p.add_argument(
        "--default",
        metavar="mean|middle|first|N",
        help="what it is compared with: the mean of the space, the middle or the first value of every "
        "parameter, or a trial (mean; of the other games and of --kind ablation middle)",
    )
    p.add_argument(
        "--game",
        type=one_of(*GAMES),
        default="ablation",
        metavar="|".join(GAMES),
        help="what is asked: what this configuration owes to each parameter (ablation), what tuning could "
        "gain, how much the value depends on each, or what the method left",
    )
    p.add_argument(
        "--across",
        nargs="+",
        default=[],
        metavar="TRACE",
        help="traces of other data sets, of the same space: one game over all of them",
    )
    p.add_argument(
        "--over",
        type=one_of(*OVER),
        default="mean",
        metavar="|".join(OVER),
        help="with --across: what is taken over the data sets, each from where its game begins",
    )
    p.add_argument("--surrogate", action="store_true", help="ask a forest although a table knows the truth")
    p.add_argument("--seed", type=whole(0), default=0, metavar="N", help="of what is sampled")
    p.add_argument("--value", default="value", metavar="COLUMN", help="of a CSV file: the column to explain")
    p.add_argument("--maximise", action="store_true", help="of a CSV file: higher values are better")
    p.add_argument("--plot", type=Path, metavar="PICTURE", help="draw it into a .png, .svg or .pdf")
    p.add_argument("--kind", type=one_of(*KINDS), default="attribution", metavar="|".join(KINDS))
    p.add_argument("--json", action="store_true", help="one JSON document on stdout and nothing else")


def run(options: argparse.Namespace) -> int:
    check_picture(options.plot, options.kind, "")
    if options.kind == "ablation" != options.game:
        raise Usage(f"--kind ablation draws the path of the game of ablation; --game {options.game} has no path")
    if options.across:
        return _across(options)
    trace = _one(options)
    asked: dict[str, Any] = {"trial": _number(options.trial), "truth": not options.surrogate, "seed": options.seed}
    if options.default is not None:
        asked["default"] = _number(options.default)
    elif options.kind == "ablation":
        from nasbook.explain.path import DEFAULT  # dear

        asked["default"] = DEFAULT  # the numbers and the picture begin at one place
    asked["game"] = options.game
    found = trace.explain(**asked)
    print_json(found.to_dict()) if options.json else print(found)
    if options.plot is not None:
        trace.plot(options.kind, **asked).savefig(options.plot)
        say(f"Picture: {options.plot}")
    return 0


def _across(options: argparse.Namespace) -> int:
    from nasbook.explain import across

    if options.plot is not None or options.kind != "attribution":
        raise Usage("--plot and --kind draw one trace; leave --across out")
    if options.trial != "best":
        raise Usage("--trial means a trial of one trace; with --across the best of each is explained")
    traces = [_one(options, place) for place in (options.trace, *options.across)]
    asked: dict[str, Any] = {"truth": not options.surrogate, "seed": options.seed}
    if options.default is not None:
        asked["default"] = _number(options.default)
    found = across(traces, options.game, options.over, **asked)
    print_json(found.to_dict()) if options.json else print(found)
    return 0


def _one(options: argparse.Namespace, where: str | None = None) -> Trace:
    where = where or options.trace
    place = Path(where) / "trace.jsonl"
    traces = traces_of(str(place) if place.is_file() else where, options.value, options.maximise)
    if len(traces) != 1:
        raise Usage(f"{where}: there are {len(traces)} traces; name one of them")
    return traces[0]


def _number(word: str) -> int | str:
    return int(word) if word.isdecimal() and len(word) < 19 else word
