"""`nasbook export --scale`: the words of a target at another size."""

from __future__ import annotations

import argparse

from nasbook.cli.words import Usage, as_dict, pair
from nasbook.space import Json


def pairs(text: str) -> list[tuple[str, object]]:
    """width=8,batch=4"""
    return [pair(part.strip()) for part in text.split(",") if part.strip()] or [pair(text)]


def add(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--scale",
        type=pairs,
        action="extend",
        default=[],
        metavar="SIZE=FACTOR,…",
        help="width=8,batch=4: sizes times so much, and rates and decays by the rules of scale",
    )
    p.add_argument("--no-rules", action="store_true", help="with --scale: leave rates and decays as they were found")
    p.add_argument(
        "--declare",
        type=pairs,
        action="extend",
        default=[],
        metavar="NAME=ROLE,…",
        help="lr=rate,units=width: what the parameters of your own task are to the rules",
    )


def target(options: argparse.Namespace) -> Json:
    """The arguments of an export."""
    found: Json = {"scale": as_dict(options.scale)} if options.scale else {}
    found |= {"declares": as_dict(options.declare)} if options.declare else {}
    for option in ("--no-rules",) * options.no_rules + ("--declare",) * bool(options.declare):
        if not options.scale:
            raise Usage(f"{option} is for --scale: say by what sizes are multiplied, e.g. --scale width=8")
    return {**found, "rules": False} if options.no_rules else found
