"""`nasbook site`: the course as a site that needs no server."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from nasbook.cli.lab import notebooks_folder
from nasbook.cli.words import Usage, fail, say, whole

REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+(@[A-Za-z0-9._/-]+)?")


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder of the site: a new one, or an earlier site")
    parser.add_argument(
        "--executed",
        type=Path,
        metavar="FOLDER",
        help="the lessons, run already (default: they are run, which takes minutes)",
    )
    parser.add_argument("--notebooks", type=Path, metavar="FOLDER", help="the lessons (default: those of the checkout)")
    parser.add_argument(
        "--repository",
        type=_repository,
        default=None,
        metavar="OWNER/NAME[@BRANCH]",
        help="yours on GitHub, so that pages open Binder, too",
    )
    parser.add_argument(
        "--lite",
        action="store_true",
        help="in place of the pages, a JupyterLite: the lessons that run without torch, with Python in the "
        "browser (OUT/lite of a site is a good place)",
    )
    archive = "for --lite: the archive that `npm pack pyodide` makes (default: npm is asked)"
    parser.add_argument("--pyodide", type=Path, metavar="FILE", help=archive)
    parser.add_argument("--frames", type=whole(2, 200), metavar="N", help="of a lab at most (default: 12)")


def run(options: argparse.Namespace) -> int:
    from nasbook import site

    if lacking := site.lite.missing() if options.lite else site.missing():
        return fail(lacking, 1)
    notebooks = options.notebooks or notebooks_folder()
    if notebooks is None:
        raise Usage("the lessons are not here (they come with a checkout of nasbook): name their folder by --notebooks")
    if options.lite:
        made = site.lite.build(options.out, notebooks, pyodide=options.pyodide, say=say)
        size = f"{made.bytes / 1e6:.1f} MB, {len(made.lessons)} lessons"
        print(f"Wrote {options.out}: {size}. A web server must serve it: python -m http.server -d {options.out}")
        print(f"A reader's browser fetches from {made.cdn}: {', '.join(made.remote)}")
        return 0
    report = site.build(
        options.out,
        notebooks,
        executed=options.executed,
        repository=options.repository or "",
        **({} if options.frames is None else {"frames": options.frames}),
        say=say,
    )
    for warning in report.warnings:
        say(f"warning: {warning}")
    for error in report.errors:
        say(error)
    size = f"{report.bytes / 1e6:.1f} MB, {report.pages} pages, the largest {report.largest}"
    print(f"Wrote {report.out}: {size}. Open {report.out / 'index.html'}")
    return 1 if report.errors else 0


def _repository(text: str) -> str:
    name = text.removeprefix("https://github.com/").removesuffix("/").removesuffix(".git")
    if not REPOSITORY.fullmatch(name):
        raise argparse.ArgumentTypeError(f"must look like OWNER/NAME or OWNER/NAME@BRANCH, not {text!r:.60}")
    return name
