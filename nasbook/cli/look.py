"""`nasbook list` and `nasbook about`: what there is, and everything about one method."""

from __future__ import annotations

import argparse

from nasbook import about as parts
from nasbook import registry
from nasbook.cli.words import print_json
from nasbook.trial import plain


def names(options: argparse.Namespace) -> int:
    rows = [entry.describe() for entry in registry.TABLES[options.what.removesuffix("s")]]
    if options.json:
        print_json(rows)
        return 0
    names = max(len(r["name"]) for r in rows)
    families = max(len(r.get("family", "")) for r in rows)
    for r in rows:
        family = f"{r.get('family', ''):{families}}  " if families else ""
        paper = f" ({r['paper']})" if r.get("paper", "–") != "–" else ""
        print(f"{r['name']:{names}}  {family}{r['summary']}{paper}")
    return 0


def about(options: argparse.Namespace) -> int:
    row = parts.about(options.name)
    if options.json:
        row["settings"] = {k: {"default": plain(v), "help": words} for k, (v, words) in row["settings"].items()}
        print_json(row)
        return 0
    settings = row.pop("settings")
    for key, value in row.items():
        print(f"{key:10} {value}")
    width = max((len(name) for name in settings), default=0)
    for i, (name, (default, words)) in enumerate(settings.items()):
        print(f"{'' if i else 'settings':10} {name:{width}} = {default!r}  {words}")
    return 0
