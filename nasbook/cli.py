"""The command `nasbook`: labs, lists, searches, studies, and a doctor.

Results go to stdout (with --json one JSON document and nothing else); what happens on the way and errors go to stderr.
Exit codes: 0 done, 1 nothing succeeded or something is broken, 2 bad input, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import shlex
import subprocess
import sys
import time as clock
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from difflib import get_close_matches
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import nasbook
from nasbook import registry
from nasbook.guard import guarded
from nasbook.hpo.parts.pareto import best_trials
from nasbook.kit import interrupt
from nasbook.search import MOST_WORKERS
from nasbook.trace import Trace, plain

PICTURES = (".png", ".svg", ".pdf")
STRANGERS = (
    "Running a study runs the Python code that it names: a module beside the study, or one that you name with --trust. "
    "So run a stranger's study as you would run a stranger's program: read the code in its folder first. Looking at a "
    "study or a trace (export, estimates, pictures) runs nothing that it names."
)
FIRST_LESSON = "00_start_here.ipynb"


class _Usage(Exception):
    """Bad input on the command line, in one sentence."""


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one sentence."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)

    def error(self, message: str) -> NoReturn:
        raise _Usage(f"{message} (try: {self.prog} --help)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code. Bad input is one sentence on stderr, never a traceback."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        interrupt.imported()
        with warnings.catch_warnings():
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = lambda message, *_, **__: _say(f"warning: {message}")
            options, extra = _parser().parse_known_args(arguments)
            if extra and options.command != "lab":
                raise _Usage(f"there is no option {extra[0]!r} here (try: nasbook {options.command} --help)")
            options.extra = extra
            options.own_process = argv is None and not os.environ.get("NASBOOK_DEBUG")
            code = options.run(options)
            sys.stdout.flush()
            return code
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    except BrokenPipeError:  # nasbook list methods | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{_lower(error.strerror or str(error))}", 2)
    except (_Usage, ValueError) as error:
        return _fail(str(error), 2)
    except Exception as error:
        if os.environ.get("NASBOOK_DEBUG"):
            raise
        broken = isinstance(error, RuntimeError) and type(error).__name__ == "RunError"
        text = str(error) if broken else f"{type(error).__name__}: {error}"
        return _fail(text if broken else f"{text} (NASBOOK_DEBUG=1 shows where)", 1)


def _parser() -> _Parser:
    parser = _Parser(prog="nasbook", description="Hyperparameter optimisation and neural architecture search.")
    parser.add_argument("--version", action="version", version=f"nasbook {nasbook.__version__}")
    parser.set_defaults(run=_nothing, command=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    def add(name: str, run: Callable[[argparse.Namespace], int], summary: str, **more: Any) -> _Parser:
        command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", **more)
        command.set_defaults(run=run)
        return command

    add("lab", _lab, "open JupyterLab on the notebooks; other options go to JupyterLab")

    p = add("list", _list, "list methods, tasks, search spaces, estimators or labs")
    p.add_argument(
        "what",
        type=_one_of("methods", "tasks", "spaces", "estimators", "labs"),
        metavar="methods|tasks|spaces|estimators|labs",
    )
    p.add_argument("--json", action="store_true", help="one JSON document on stdout and nothing else")

    p = add("about", _about, "say everything about a method: its file, view, picture, lab, lesson, test and settings")
    p.add_argument("name", metavar="METHOD", help="see: nasbook list methods")
    p.add_argument("--json", action="store_true", help="one JSON document on stdout and nothing else")

    p = add("search", _search, "search with a method on a task")
    p.add_argument("method", metavar="METHOD", help="see: nasbook list methods; or package.module:Class")
    p.add_argument("task", metavar="TASK", help="see: nasbook list tasks; or package.module:function (see --space)")
    p.add_argument("--space", type=Path, metavar="FILE",
                   help="the space of a function: a study, or a YAML file with what stands below `space:` in one "
                   "(default: SPACE in its module)")  # fmt: skip
    p.add_argument("--trials", type=_whole(1), metavar="N", help="trials to start (default: 40)")
    p.add_argument("--time", type=_positive, metavar="SECONDS", help="start no trial after this time")
    p.add_argument(
        "--timeout",
        type=_positive,
        metavar="SECONDS",
        help="give a trial up after this time; one long call of C code goes on until it returns (not with nasbook run)",
    )
    p.add_argument("--seed", type=_whole(0), default=0, metavar="N", help="the same seed gives the same search")
    p.add_argument(
        "--workers", type=_whole(1, MOST_WORKERS), default=1, metavar="N", help="simulated workers, for tables"
    )
    p.add_argument(
        "--set", type=_pair, action="append", default=[], metavar="KEY=VALUE", help="a setting of the method"
    )
    p.add_argument(
        "--arg", type=_pair, action="append", default=[], metavar="KEY=VALUE", help="an argument of the task"
    )
    p.add_argument("--out", type=Path, metavar="TRACE", help="a file that receives the trace as it grows")
    p.add_argument("--resume", action="store_true", help="go on with the trace in --out")
    p.add_argument("--warm-start", type=Path, metavar="TRACE", help="tell the method an earlier trace first")
    p.add_argument("--plot", type=Path, metavar="PICTURE", help="draw the trace into a .png, .svg or .pdf")
    p.add_argument("--kind", default="history", metavar="KIND", help="what --plot draws (default: history)")
    p.add_argument("--json", action="store_true", help="one JSON document on stdout and nothing else")
    p.add_argument(
        "--trust", action="append", default=[], metavar="MODULE", help="a module or package whose code may run, too"
    )

    p = add("export", _export, "write a study that runs a trace's search at full scale")
    p.add_argument("trace", type=Path, metavar="TRACE", help="a trace, e.g. search.jsonl")
    p.add_argument("-o", "--out", type=Path, default=Path("study.yaml"), metavar="STUDY", help="default: study.yaml")
    p.add_argument("--overwrite", action="store_true", help="replace the file if it exists")
    p.add_argument("--estimate", action="store_true", help="only say what it would cost")
    p.add_argument("--trials", type=_whole(1), metavar="N")
    p.add_argument("--hours", type=_positive, metavar="HOURS", help="start no trial after this time")
    p.add_argument("--epochs", type=_whole(1), metavar="N", help="length of a training")
    p.add_argument("--data", metavar="FILE", help="more data, for tasks that take it")
    p.add_argument("--workers", type=_whole(1, MOST_WORKERS), metavar="N", help="processes side by side")
    p.add_argument("--cpus", type=_whole(1), metavar="N", help="threads of a trial")
    p.add_argument("--gpus", type=_positive, metavar="N", help="GPUs of a trial; 0.5: two share one")
    p.add_argument("--device", type=_one_of("auto", "cpu", "cuda"), metavar="auto|cpu|cuda")
    p.add_argument("--timeout", type=_positive, metavar="SECONDS", help="give a trial up after this time")
    p.add_argument("--best", type=_whole(0), metavar="N", help="how many of the best come first (default: 5)")
    p.add_argument("--watts", type=_positive, metavar="W", help="what one trial draws, for the estimate")
    p.add_argument("--task", metavar="TASK", help="another task: a name or package.module:function")
    p.add_argument("--name", metavar="NAME", help="a name for the study")
    p.add_argument(
        "--set", type=_pair, action="append", default=[], metavar="KEY=VALUE", help="a setting of the method"
    )
    p.add_argument("--arg", type=_pair, action="append", default=[], metavar="KEY=VALUE",
                   help="an argument of the task, or a new range of a parameter: width=[64,512]")  # fmt: skip

    p = add("run", _run, "run a study on this machine", epilog=STRANGERS)
    p.add_argument("study", type=Path, metavar="STUDY", help="a study, e.g. study.yaml")
    p.add_argument("--out", type=Path, metavar="DIR", help="the folder of the run (default: runs/NAME)")
    p.add_argument("--resume", action="store_true", help="go on with the run in --out")
    p.add_argument("--workers", type=_whole(1, MOST_WORKERS), metavar="N", help="instead of the study's number")
    p.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="MODULE",
        help="a module or package outside the study's folder whose code the study may run",
    )
    p.add_argument("--json", action="store_true", help="one JSON document on stdout and nothing else")

    p = add("doctor", _doctor, "check that everything nasbook needs is there")
    return parser


def _nothing(_: argparse.Namespace) -> int:
    raise _Usage("say what to do: lab, list, search, export, run or doctor (nasbook --help explains them)")


# ---- lab -----------------------------------------------------------------------------------------------


def notebooks_folder() -> Path | None:
    """Where the lessons are: in this folder, or in the checkout that nasbook was installed from."""
    for folder in (Path.cwd(), Path.cwd() / "notebooks", Path(nasbook.__file__).parents[1] / "notebooks"):
        if (folder / FIRST_LESSON).is_file():
            return folder
    return None


def _lab(options: argparse.Namespace) -> int:
    if find_spec("jupyterlab") is None:
        return _fail("JupyterLab is not installed; this installs it: pip install 'nasbook[lab]'", 1)
    folder = notebooks_folder()
    if folder is None:
        _say("the lessons are not here (they come with a checkout of nasbook); JupyterLab opens in this folder")
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    if root:
        _say("you are root, so JupyterLab is started with --allow-root: whoever opens it can do anything here")
    first = [] if folder is None else [FIRST_LESSON]
    command = [sys.executable, "-m", "jupyterlab", *root, *first, *options.extra]
    if os.name == "nt":
        return subprocess.call(command, cwd=folder)
    os.chdir(folder or Path.cwd())
    os.execv(command[0], command)  # it takes this process' place, so that Ctrl-C and kill reach it


# ---- list ----------------------------------------------------------------------------------------------


def _list(options: argparse.Namespace) -> int:
    rows = [entry.describe() for entry in registry.TABLES[options.what.removesuffix("s")]]
    if options.json:
        _print_json(rows)
        return 0
    names = max(len(r["name"]) for r in rows)
    families = max(len(r.get("family", "")) for r in rows)
    for r in rows:
        family = f"{r.get('family', ''):{families}}  " if families else ""
        paper = f" ({r['paper']})" if r.get("paper", "–") != "–" else ""
        print(f"{r['name']:{names}}  {family}{r['summary']}{paper}")
    return 0


# ---- about ---------------------------------------------------------------------------------------------


def _about(options: argparse.Namespace) -> int:
    row = registry.about(options.name)
    if options.json:
        row["settings"] = {k: {"default": plain(v), "help": words} for k, (v, words) in row["settings"].items()}
        _print_json(row)
        return 0
    settings = row.pop("settings")
    for key, value in row.items():
        print(f"{key:10} {value}")
    width = max((len(name) for name in settings), default=0)
    for i, (name, (default, words)) in enumerate(settings.items()):
        print(f"{'' if i else 'settings':10} {name:{width}} = {default!r}  {words}")
    return 0


# ---- search --------------------------------------------------------------------------------------------


def _search(options: argparse.Namespace) -> int:
    from nasbook.scale.trust import importable

    def search(resume: bool) -> int:
        options.resume |= resume
        with importable(), interrupt.terminable():  # an objective may import its neighbours while it runs
            return _searched(options)

    if not (options.own_process and hasattr(os, "fork") and ":" in options.task):
        options.kept = options.out
        return search(False)
    if options.out is not None:
        options.kept = options.out
        return guarded(search, options.out, _say)
    with TemporaryDirectory(prefix=f"nasbook-{os.getpid()}-") as folder:  # a killed one is cleared by the next search
        options.kept = Path(folder) / "trace.jsonl"
        return guarded(search, options.kept, _say)


def _searched(options: argparse.Namespace) -> int:
    from nasbook.method import OneShot
    from nasbook.scale.study import load_space
    from nasbook.scale.target import make_task, method_class, method_settings
    from nasbook.scale.trust import typed
    from nasbook.search import steps

    if options.resume and options.kept is None:
        raise _Usage("--resume needs --out, the trace to go on with")
    if options.out is not None and Path(options.out).exists() and not options.resume:
        raise _Usage(f"{options.out} exists; --resume goes on with it, another --out starts anew")
    _check_picture(options.plot, options.kind, options.method)
    space = None if options.space is None else load_space(options.space)
    task = make_task(options.task, _dict(options.arg), space, typed(options.task, options.trust))
    cls = method_class(options.method, typed(options.method, options.trust))
    settings = method_settings(cls, _dict(options.set))
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
    code = _report(trace, seconds, options.out, options.json)
    if options.plot is not None and len(trace):
        figure = trace.plot(options.kind)
        figure.savefig(options.plot)
        _say(f"drew {options.plot}")
    if trace.interrupted:
        again = f"; the same command with --resume goes on with {options.out}" if options.out else ""
        return _fail(f"interrupted after {len(trace)} trials{again}", 130)
    return code


def _follow(going: Iterator[Any], total: int | None, name: str) -> Trace:
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


def _report(trace: Trace, seconds: float, out: Path | None, as_json: bool) -> int:
    """What a search has found; exit code 1 if nothing succeeded."""
    best = trace.incumbent
    failed = [t for t in trace.trials if t.status == "failed"]
    front = sorted(best_trials(trace.trials), key=lambda t: t.values or ())
    if as_json:
        _print_json(
            {
                "method": trace.header.method,
                "task": trace.header.task,
                "seed": trace.header.seed,
                "best_value": None if best is None else best.value,
                "best_config": None if best is None else best.config,
                "best_trial": None if best is None else best.id,
                **(
                    {"front": [{"trial": t.id, "values": t.values, "config": t.config} for t in front]} if front else {}
                ),
                "trials": len(trace),
                "failed": len(failed),
                "seconds": round(seconds, 3),
                "digest": trace.digest,
                "trace": None if out is None else str(out),
            }
        )
    elif best is not None:
        bad = f", {len(failed)} failed" if failed else ""
        many = f"{len(trace)} trial{'' if len(trace) == 1 else 's'}"
        if front:
            print(f"{len(front)} of {many} {'is' if len(front) == 1 else 'are'} on the front{bad}, {seconds:.3g} s")
            for t in front:
                print(f"  trial {t.id}: {', '.join(f'{v:.6g}' for v in t.values or ())}")
        else:
            print(f"Best value {best.value:.8g}, trial {best.id} of {many}{bad}, {seconds:.3g} s")
            print("  " + "  ".join(f"{k} = {_short(v)}" for k, v in best.config.items()))
        if out is not None:
            print(f"Trace: {out}")
            print(f'Draw it: nasbook.Trace.load("{out}").plot("{"pareto" if front else "history"}")')
    if best is None and not trace.interrupted:
        first = f": {failed[0].reason}" if failed else ""
        return _fail(f"none of {len(trace)} trials succeeded; the first failure{first}" if failed
                     else f"none of {len(trace)} trials succeeded", 1)  # fmt: skip
    return 0


# ---- export and run ------------------------------------------------------------------------------------


def _export(options: argparse.Namespace) -> int:
    from nasbook.scale import estimate, export

    names = (
        "trials",
        "hours",
        "epochs",
        "data",
        "workers",
        "cpus",
        "gpus",
        "device",
        "timeout",
        "best",
        "task",
        "name",
    )
    target = {n: getattr(options, n) for n in names if getattr(options, n) is not None}
    target |= _dict(options.arg)
    if options.set:
        target["settings"] = _dict(options.set)
    trace = Trace.load(options.trace)
    if options.estimate:
        print(estimate(trace, watts=options.watts, **target))
        return 0
    path = export(trace, options.out, overwrite=options.overwrite, watts=options.watts, **target)
    print(estimate(trace, watts=options.watts, **target))
    print(f"Wrote {path}. Run it with: nasbook run {shlex.quote(str(path))}")
    return 0


def _run(options: argparse.Namespace) -> int:
    from nasbook.scale import load_study, run

    study = load_study(options.study, check=False)
    out = options.out or Path("runs") / (re.sub(r"[^\w.-]+", "-", study.name).strip(".-") or "study")
    trust = _trust(study, options)
    begin = clock.perf_counter()
    with redirect_stdout(sys.stderr):
        trace = run(options.study, out, resume=options.resume, workers=options.workers, progress=True, trust=trust)
    code = _report(trace, clock.perf_counter() - begin, out / "trace.jsonl", options.json)
    if trace.interrupted:
        again = shlex.join(["nasbook", "run", str(options.study), "--out", str(out), "--resume"])
        running = f", {len(trace.pending)} under way" if trace.pending else ""
        return _fail(f"stopped after {len(trace)} trials{running}; this goes on: {again}", 130)
    return code


def _trust(study: Any, options: argparse.Namespace) -> list[str]:
    """What the user trusts: what --trust names, and where somebody sits at the keyboard, what a question shows."""
    from nasbook.scale.trust import Trust, check_origin, outside

    named = list(options.trust)
    for name in (study.task.name, study.method.name):
        if ":" not in name or not sys.stdin.isatty():
            continue
        trust = Trust(study.folder, tuple(named))
        try:
            check_origin(name, trust)
        except ValueError:  # the run says it, with its place in the file
            continue
        if refusal := outside(name, trust):
            _say(refusal.partition(", so it is not run")[0] + ".")
            print("Import it and run it? [y/N] ", end="", file=sys.stderr, flush=True)
            if sys.stdin.readline().strip().lower() in ("y", "yes"):
                named.append(name.partition(":")[0].partition(".")[0])
    return named


# ---- doctor --------------------------------------------------------------------------------------------

PACKAGES = (
    "numpy", "scipy", "scikit-learn", "torch", "networkx", "matplotlib", "ipywidgets", "anywidget", "pydantic",
    "PyYAML", "tqdm", "Pillow",
)  # fmt: skip


def _doctor(_: argparse.Namespace) -> int:
    checks = [
        _python,
        *(lambda p=p: _package(p) for p in PACKAGES),
        _torch,
        _jupyter,
        _widgets,
        _browser,
        _notebooks,
        _tables,
    ]
    fine = True
    for check in checks:
        try:
            ok, text = check()
        except Exception as error:
            ok, text = False, f"{type(error).__name__}: {error}"
        fine &= ok
        print(f"{'ok' if ok else 'problem':8} {' '.join(text.split())}", flush=True)
    return 0 if fine else 1


def _python() -> tuple[bool, str]:
    version = sys.version.split()[0]
    return sys.version_info >= (3, 11), f"Python {version}, nasbook {nasbook.__version__}" + (
        "" if sys.version_info >= (3, 11) else "; 3.11 or newer is needed"
    )


def _package(name: str) -> tuple[bool, str]:
    try:
        return True, f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return False, f"{name} is not installed: pip install {name}"


def _torch() -> tuple[bool, str]:
    torch = import_module("torch")
    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        return True, f"device: {', '.join(names)}"
    threads = torch.get_num_threads()
    return True, f"device: cpu, {threads} thread{'' if threads == 1 else 's'} (no CUDA GPU is seen)"


def _jupyter() -> tuple[bool, str]:
    missing = [p for p in ("jupyterlab", "ipykernel") if find_spec(p) is None]
    if missing:
        return False, f"{' and '.join(missing)} not installed: pip install 'nasbook[lab]'"
    return True, f"jupyterlab {metadata.version('jupyterlab')}, ipykernel {metadata.version('ipykernel')}"


def _widgets() -> tuple[bool, str]:
    """The widgets' front end lies where JupyterLab looks for it."""
    needed = ("@jupyter-widgets/jupyterlab-manager", "anywidget")
    from jupyter_core.paths import jupyter_path

    folders = [Path(p) for p in jupyter_path("labextensions")]
    missing = [n for n in needed if not any((f / n / "package.json").is_file() for f in folders)]
    if missing:
        return (
            False,
            f"widgets: no front end for {', '.join(missing)}: pip install jupyterlab-widgets anywidget",
        )
    return True, "widgets: their front end is where JupyterLab looks"


def _browser() -> tuple[bool, str]:
    import webbrowser

    try:
        return True, f"browser: {getattr(webbrowser.get(), 'name', 'found')}"
    except webbrowser.Error:
        return True, "browser: none here; JupyterLab prints a link that any browser opens"


def _notebooks() -> tuple[bool, str]:
    folder = notebooks_folder()
    if folder is None:
        return False, f"notebooks: {FIRST_LESSON} is not here; run nasbook in a checkout"
    return True, f"notebooks: {len(list(folder.glob('*.ipynb')))} in {folder}"


def _tables() -> tuple[bool, str]:
    """The bundled tables answer, and are what was shipped."""
    import hashlib

    folder = Path(nasbook.__file__).parent / "data"
    for line in (folder / "nb201.sha256").read_text().splitlines():
        digest, _, name = line.partition(" ")
        name = name.strip(" *")
        if name.endswith(".npy") and hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            return False, f"tables: {name} is damaged; install nasbook again"
    names = [e.name for e in registry.TASKS if e.family == "table"]
    for name in names:
        task = registry.make("task", name)
        value = task.evaluate(next(iter(task.space.grid(2))), seed=0).value
        if not (value is not None and math.isfinite(value)):
            return False, f"tables: {name} answers {value}"
    return True, f"tables: {', '.join(names)}"


# ---- words ---------------------------------------------------------------------------------------------


def _whole(least: int, most: int = 2**63 - 1) -> Callable[[str], int]:
    def convert(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"must be a whole number of at least {least}, not {text!r:.40}")
        if number > most:
            raise argparse.ArgumentTypeError(f"must be at most {most}, not {text:.40}")
        return number

    return convert


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"must be a number above 0, not {text!r}")
    return number


def _one_of(*names: str) -> Callable[[str], str]:
    def convert(text: str) -> str:
        if text in names:
            return text
        close = get_close_matches(text, names, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names)}"
        raise argparse.ArgumentTypeError(f"there is no {text!r}; {hint}")

    return convert


def _pair(text: str) -> tuple[str, Any]:
    from nasbook.scale.yaml12 import scalar

    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"must look like key=value, not {text!r}")
    return key, scalar(value)


def _dict(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Usage(f"{key} is given twice")
        found[key] = value
    return found


def _check_picture(path: Path | None, kind: str, method: str) -> None:
    """Before anything is computed: can this picture be drawn from this method's trace, and written there?"""
    if path is None:
        return
    from nasbook.plots import check_kind

    check_kind(kind, method)
    if path.suffix not in PICTURES:
        raise _Usage(f"--plot: the name of a picture ends in {', '.join(PICTURES)}, not {path.name!r}")
    if not path.absolute().parent.is_dir():
        raise _Usage(f"--plot: there is no folder {path.parent}")


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _print_json(document: Any) -> None:
    print(json.dumps(plain(document), ensure_ascii=False, indent=2, allow_nan=False))


def _say(sentence: str) -> None:
    print(f"nasbook: {' '.join(sentence.split())}", file=sys.stderr)


def _fail(sentence: str, code: int) -> int:
    _say(sentence)
    return code


if __name__ == "__main__":
    sys.exit(main())
