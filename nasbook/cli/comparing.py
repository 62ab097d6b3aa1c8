"""`nasbook compare`: several searches, side by side, with what is luck and what is not."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nasbook.cli.words import Usage, one_of, positive, print_json, say, whole
from nasbook.trace import Trace

if TYPE_CHECKING:
    from nasbook.statistics.runs import Searches

KINDS = ("compare", "race", "critical-difference", "beats", "profiles")
DATABASES = (".db", ".sqlite", ".sqlite3")
TABLES = (".csv", ".gz", ".tsv")


def add(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "traces",
        nargs="+",
        metavar="[LABEL=]TRACE",
        help="a trace, a folder of traces, a CSV file of trials, or an Optuna database (sqlite:///…, a .db "
        "file); traces are grouped by their method, or by the label",
    )
    p.add_argument("--trials", type=whole(1), metavar="N", help="after so many trials (default: what all have)")
    p.add_argument("--seconds", type=positive, metavar="S", help="after so many seconds since the search began")
    p.add_argument("--by-time", action="store_true", help="after the seconds that all have, and not the trials")
    p.add_argument("--against", metavar="METHOD", help="only the pairs with this method: fewer tests to correct for")
    p.add_argument("--alpha", type=positive, default=0.05, metavar="A", help="what may be called a difference (0.05)")
    p.add_argument("--same-task", action="store_true", help="all are of one task, whatever it is called in them")
    p.add_argument("--value", default="value", metavar="COLUMN", help="of a CSV file: the column to compare")
    p.add_argument("--maximise", action="store_true", help="of a CSV file: higher values are better")
    p.add_argument("--plot", type=Path, metavar="PICTURE", help="draw it into a .png, .svg or .pdf")
    p.add_argument("--kind", type=one_of(*KINDS), default="compare", metavar="|".join(KINDS))
    p.add_argument("--json", action="store_true", help="one JSON document on stdout and nothing else")


def run(options: argparse.Namespace) -> int:
    from nasbook.statistics import compare

    runs = read(options.traces, options.value, options.maximise)
    found = compare(
        runs,
        trials=options.trials,
        seconds=options.seconds,
        x="time" if options.by_time else "trials",
        alpha=options.alpha,
        against=options.against,
        same_task=options.same_task,
    )
    print_json(found.to_dict()) if options.json else print(found)
    if options.plot is not None:
        from nasbook.plots import plot

        figure = plot(runs if options.kind == "race" else found, options.kind)
        try:
            figure.savefig(options.plot)
        except ValueError as error:
            raise Usage(f"--plot {options.plot}: {error}") from None
        say(f"Picture: {options.plot}")
    return 0


def read(words: list[str], value: str = "value", maximise: bool = False) -> Searches:
    """Traces, or {label: traces} as soon as there is a label."""
    found: list[tuple[str, Trace]] = []
    for word in words:
        label, place = _split(word)
        found += [(label, trace) for trace in traces_of(place, value, maximise)]
    if not any(label for label, _ in found):
        return [trace for _, trace in found]
    groups: dict[str, list[Trace]] = {}
    for label, trace in found:
        groups.setdefault(label or trace.header.method, []).append(trace)
    return groups


def _split(word: str) -> tuple[str, str]:
    label, equals, place = word.partition("=")
    if not equals or Path(word).exists() or "/" in label or ":" in label:
        return "", word
    if not label or not place:
        raise Usage(f"{word!r}: a label is written LABEL=TRACE")
    return label, place


def traces_of(place: str, value: str, maximise: bool) -> list[Trace]:
    """The traces that a file, a folder or a database holds."""
    path = Path(place)
    if "://" in place:
        return _studies(place)
    if path.is_dir():
        return _folder(path)
    if path.suffix in DATABASES:
        if not path.is_file():
            raise Usage(f"{path}: there is no such file")
        return _studies(f"sqlite:///{path.absolute()}")
    if path.suffix in TABLES:
        from nasbook.tasks.logged import read_trials

        return read_trials(path, value=value, maximise=maximise)
    return [Trace.load(path)]


def _folder(path: Path) -> list[Trace]:
    """Every trace below a folder; a .jsonl file that is none is said and left out."""
    files, found = sorted(path.rglob("*.jsonl")), []
    for file in files:
        try:
            found.append(Trace.load(file))
        except ValueError as error:
            say(f"left out: {error}")
    if not found:
        raise Usage(
            f"{path}: there is no trace (*.jsonl) in this folder"
            if not files
            else f"{path}: none of {len(files)} files is a trace"
        )
    return found


def _studies(url: str) -> list[Trace]:
    """Every study in an Optuna database."""
    from nasbook.scale.optuna import from_optuna, needs_optuna

    needs_optuna()
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        names = optuna.study.get_all_study_names(url)
    except Exception as error:  # SQLAlchemy's, of many kinds
        raise Usage(f"{url}: this is no Optuna database ({str(error).splitlines()[0]:.100})") from None
    if not names:
        raise Usage(f"{url}: there is no study in this database")
    return [from_optuna(optuna.load_study(study_name=name, storage=url)) for name in names]
