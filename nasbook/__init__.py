"""nasbook: hyperparameter optimisation and neural architecture search, to read, to play with and to scale up.

    import nasbook

    space = nasbook.Space(x=nasbook.Float(0, 1))
    trace = nasbook.search("bayesian", lambda config: (config["x"] - 0.3) ** 2, space=space, trials=20)
    trace.best.value, trace.best.config

Everything is a search and every search leaves a trace. What needs torch, matplotlib or widgets is imported when it is
first used.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasbook.kit import interrupt  # noqa: F401  # first, so that Ctrl-C in the imports below is one line

# isort: split
from nasbook import catalogue, registry, tasks, trace_file
from nasbook.joining import join
from nasbook.method import Method, OneShot, Proposal
from nasbook.registry import register
from nasbook.search import replay, search, steps
from nasbook.space import Choice, Constant, Float, Int, Space
from nasbook.task import Evaluation, Fidelity, FunctionTask, StopTrial, Task
from nasbook.trace import Step, Trace, Trial
from nasbook.version import __version__  # noqa: F401

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nasbook.cost import Cost
    from nasbook.tasks.tables import Table

exercise: Callable[..., Any]  # these three are nasbook.course's, which lies above: __getattr__ fetches them
predict: Callable[..., Any]
progress: Callable[..., Any]

__all__ = [
    "Choice", "Constant", "Evaluation", "Fidelity", "Float", "FunctionTask", "Int", "Method", "OneShot", "Proposal",
    "Space", "Step", "StopTrial", "Table", "Task", "Trace", "Trial", "architectures", "exercise", "join", "lab", "labs",
    "method", "methods", "predict", "progress", "register", "replay", "search", "spaces", "steps", "task",
    "tasks",
]  # fmt: skip

_LATER = {
    "Table": "nasbook.tasks.tables",
    "exercise": "nasbook.course",
    "predict": "nasbook.course",
    "progress": "nasbook.course",
}
_ROOMS = ("course", "estimate", "explain", "hpo", "nas", "plots", "scale", "statistics", "widgets")


def __getattr__(name: str) -> Any:
    if name in _LATER:
        value = getattr(importlib.import_module(_LATER[name]), name)
    elif name in _ROOMS:
        value = importlib.import_module(f"nasbook.{name}")
    else:
        raise AttributeError(f"module 'nasbook' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_ROOMS})


if sys.modules.get("IPython"):  # a notebook, perhaps one without torch
    importlib.import_module("nasbook.kit.torchless").listen(catalogue.needs_torch)

# A trace lies below its file, pictures and studies, so its doors to them are hung here, where everything may be
# imported.


def _export(trace: Trace, path: str | Path | None = None, **options: object) -> Path:
    """Write a study file that runs this search at full scale; options: see nasbook.scale.export."""
    return importlib.import_module("nasbook.scale").export(trace, path, **options)


def _plot(trace: Trace, kind: str | None = None, **options: object) -> Figure:
    """A picture of the trace by its kind, one of nasbook.plots.KINDS; without one the method's own ("tpe" for TPE,
    "rungs" for ASHA, "strategy" for CMA-ES, "acquisition" for Bayesian optimisation …), or "history" where there is
    none or this trace cannot be drawn so. ValueError, in one sentence, for a kind
    that this trace cannot give."""
    return importlib.import_module("nasbook.plots").plot(trace, kind, **options)


def _to_csv(trace: Trace, path: str | Path) -> Path:
    """Write the trials as a CSV file: one row each, with config.<name>, metric.<name> and used.<name>."""
    return importlib.import_module("nasbook.rows").to_csv(trace, path)


def _to_dataframe(trace: Trace) -> Any:
    """The trials as a pandas DataFrame, with the same columns as `to_csv`."""
    return importlib.import_module("nasbook.rows").to_dataframe(trace)


def _cost(trace: Trace, **options: object) -> Cost:
    """What the trials have cost: seconds, memory and energy; options: see nasbook.cost.cost."""
    return importlib.import_module("nasbook.cost").cost(trace, **options)


def _explain(trace: Trace, *args: Any, **options: object) -> Any:
    """What the parameters of a configuration are worth: see nasbook.explain.explain."""
    return importlib.import_module("nasbook.explain").explain(trace, *args, **options)


Trace.save = trace_file.save
Trace.load = staticmethod(trace_file.load)
Trace.export = _export
Trace.cost = _cost
Trace.explain = _explain
Trace.plot = _plot
Trace.to_csv = _to_csv
Trace.to_dataframe = _to_dataframe


def methods() -> list[registry.Entry]:
    """Every method: name, family, paper, module, and a one-line summary."""
    return registry.entries("method")


def spaces() -> list[registry.Entry]:
    """Every search space of architectures: `nasbook.architectures(name)` makes it."""
    return registry.entries("space")


def labs() -> list[registry.Entry]:
    """Every lab: `nasbook.lab(name)` shows it."""
    return registry.entries("lab")


def method(name: str, space: Space, /, seed: int = 0, **settings: object) -> Any:
    """A method by name, e.g. method("bayesian", space, seed=0, acquisition="ei"); ValueError for bad settings."""
    return registry.make("method", name, space, seed=seed, **settings)


def task(name: str = "command", /, **arguments: object) -> Any:
    """A built-in task by name, e.g. task("branin", shift=1); or a command line,
    task(command="python train.py --lr {lr}", space=space, fidelity=None): see nasbook.tasks.command."""
    if name == "command":
        return importlib.import_module("nasbook.tasks.command").Command(**arguments)
    return registry.make("task", name, **arguments)


def architectures(name: str, /, **arguments: object) -> Any:
    """A search space of architectures by name, e.g. architectures("conv-chain", depth=3); `.space` is searched,
    `.build(config)` gives the network, `.source(config)` its PyTorch code."""
    return registry.make("space", name, **arguments)


def lab(name: str, /, *given: object, **arguments: object) -> Any:
    """A lab by name: put it last in a notebook cell to show it; "de/game" speaks German. The run lab takes the folder
    of a run."""
    language, _, name = name.rpartition("/")
    made = registry.make("lab", name, *given, **arguments)
    return registry.load("nasbook.course.translations:lab")(language, made) if language else made
