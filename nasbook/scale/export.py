"""From a trace to a study: the notebook's search at another size, and what that would cost.

    print(trace_cost := estimate(trace, trials=200, epochs=50, gpus=0.5, workers=4))
    export(trace, "study.yaml", trials=200, epochs=50, gpus=0.5, workers=4)

Both take the same target. What the notebook has not measured is said, and not guessed.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from nasbook import registry
from nasbook.cost import watts_of
from nasbook.hpo.parts.pareto import best_trials
from nasbook.method import Method, OneShot
from nasbook.prepare import MOST_WORKERS
from nasbook.scale.forecast import Estimate, forecast, trained, within
from nasbook.scale.measured import find
from nasbook.scale.resizing import Rescaling, check_names, converted, declared, epochs_of, outside, resize
from nasbook.scale.rules import check_scale, times
from nasbook.scale.study import Study, validate
from nasbook.scale.study_errors import StudyError
from nasbook.scale.study_schema import Provenance
from nasbook.scale.target import is_ours, method_settings, takes
from nasbook.scale.targets import TARGETS, write
from nasbook.scale.task_facts import Facts, facts_of, old_facts
from nasbook.scale.trust import IMPORT_PATH
from nasbook.space import Arguments, Choice, Config, Constant, Float, Int, Json, Parameter, Space
from nasbook.task import Fidelity
from nasbook.tasks.command import NAME as COMMAND
from nasbook.trace import Trace
from nasbook.trial import plain
from nasbook.version import __version__

STUDY = "study.yaml"
CSV_TABLE = "nasbook.tasks.tables:Table.from_csv"


def export(
    trace: Trace,
    path: str | Path | None = None,
    *,
    to: str | None = None,
    overwrite: bool = False,
    watts: float | None = None,
    **target: Any,
) -> Path:
    """Write the study that runs this search at full scale, and return its path, by default study.yaml.

    to: write a script or configuration for another tool instead: ray, optuna, slurm, wandb or hydra; its head says what
    that tool cannot hold of the study.

    The target, each part optional:
    trials, hours: the budget (default: as many trials as the trace has). workers: processes side by side.
    packed: trials that each worker trains at once, as one network (default: as many as the trace's search did).
    epochs: length of a training. data: a file of more data, for tasks that take one.
    Any other name is an argument of the task (train=5000), or a parameter of the space that gets a new range
    (width=(64, 512)), new options (activation=["relu", "gelu"]), or one value (depth=4).
    cpus, gpus (a fraction shares one), device: of each trial. timeout: seconds for one trial.
    max_failures: restarts of a trial whose process died.
    best: how many of the notebook's best configurations come first. settings: of the method, over those of the trace.
    task: another task, by name or as package.module:function. seed, training_seed; name, notes.
    scale: factors, such as {"width": 8, "batch": 4, "epochs": 10, "data": 5}: sizes are multiplied, rates and decays
    follow by the rules of scale (see nasbook.scale.rules) unless rules=False, and the first trials are the notebook's
    best, rescaled. declares: what parameters of a task of your own are to the rules, {"lr": "rate", "units": "width"}.

    Raises ValueError that says what cannot be exported and how to mend it; an existing file is kept unless `overwrite`.
    """
    study, cost, changes = _plan(trace, watts, 1.0, **target)
    more = f"\n{changes}" if changes else ""
    if to is None:
        path = path or STUDY
        return study.save(path, overwrite=overwrite, head=f"{_on_this_device(study, cost, path, watts)}{more}")
    objectives = max((len(t.values) for t in trace.trials if t.values), default=1)
    head = f"{cost}{more}"
    return write(study, path or TARGETS.get(to, to), to, overwrite=overwrite, head=head, objectives=objectives)


def rescaling(trace: Trace, *, watts: float | None = None, **target: Any) -> Rescaling | None:
    """What `export(trace, **target)` makes of each value, by which rule, and what is not known: printed, a table. None
    without `scale`. Nothing is written."""
    return _plan(trace, watts, 1.0, **target)[2]


def estimate(
    trace: Trace,
    *,
    watts: float | None = None,
    speedup: float = 1.0,
    path: str | Path | None = None,
    **target: Any,
) -> Estimate:
    """What the study of `export(trace, path, **target)` would cost; nothing is written.

    watts: what one trial draws; by default 300 W for each GPU, or 10 W for each core where there is none.
    speedup: how many times faster the other machine is, if you know. Without it, the seconds are those of this device
    where `nasbook measure` has left some beside `path` for this very task, space and resources, else the trace's.
    """
    study, cost, _ = _plan(trace, watts, speedup, **target)
    return cost if speedup != 1 else _on_this_device(study, cost, path, watts)


def _on_this_device(study: Study, cost: Estimate, path: str | Path | None, watts: float | None) -> Estimate:
    """The estimate by what was measured here, where that lies beside the study."""
    found, unused = find(path or STUDY, study)
    if found:
        return within(found.estimate(study, watts))
    return replace(cost, notes=(*cost.notes, f"{unused}.")) if unused and path else cost


def _plan(
    trace: Trace,
    watts: float | None,
    speedup: float,
    *,
    trials: int | None = None,
    hours: float | None = None,
    epochs: int | None = None,
    data: object = None,
    workers: int = 1,
    packed: int | None = None,
    cpus: int = 1,
    gpus: float = 0,
    device: str = "auto",
    timeout: float | None = None,
    max_failures: int = 2,
    best: int = 5,
    settings: Arguments | None = None,
    task: str | None = None,
    seed: int | None = None,
    training_seed: int | None = None,
    name: str | None = None,
    notes: str = "",
    scale: Mapping[str, float] | None = None,
    rules: bool = True,
    declares: Mapping[str, str] | None = None,
    **more: object,
) -> tuple[Study, Estimate, Rescaling | None]:
    """The study of a target, its cost, and what has become of the notebook's values."""
    header = trace.header
    for label, number in (("speedup", speedup), ("watts", watts)):
        if number is not None and not (math.isfinite(number) and number > 0):
            raise ValueError(f"{label} must be a positive number, not {number!r}")
    if isinstance(best, bool) or not isinstance(best, int) or best < 0:
        raise ValueError(f"best must be a whole number of at least 0, not {best!r}")
    if header.task not in {COMMAND, *(e.name for e in registry.TASKS)} and not IMPORT_PATH.fullmatch(header.task):
        old_name = CSV_TABLE if "path" in header.arguments else None
    else:
        old_name = header.task
    old = old_facts(trace, old_name) if old_name else None
    target = task or (old_name if old else None)
    if target is None:
        raise ValueError(_local(header.task))
    entry = registry.find("method", header.method)
    cls, method_name = entry.load(), header.method
    if entry.thing is not None and ":" not in method_name:  # of the user's own: another process must find it
        method_name = entry.target
        if entry.module == "__main__" or "<" in entry.target:
            raise ValueError(_homeless(header.method, cls.__name__))
    one_shot = issubclass(cls, OneShot)

    try:
        own = takes(target, Path.cwd())
    except ValueError as error:
        raise ValueError(f"this cannot be exported: {error}") from error
    arguments = {k: _found(v, k) for k, v in header.arguments.items()} if task is None else {}
    wanted = {k: _found(v, k) for k, v in (more if data is None else {"data": data, **more}).items()}
    parameters = dict(header.space.parameters)
    ranges: list[str] = []
    for key, value in wanted.items():
        if key in (own or ()) or (own is None and key not in parameters):
            arguments[key] = plain(value)
        elif key in parameters:
            parameters[key] = _rescaled(key, parameters[key], value)
            if parameters[key] != header.space.parameters[key]:
                ranges.append(key)
        else:
            has = f"its arguments are {', '.join(own or ())}" if own else "it takes no arguments"
            raise ValueError(
                f"the task {target} has no argument {key!r} ({has}), and the space no such parameter "
                f"({', '.join(parameters)})"
            )
    method = _own_settings(cls, header.settings, old) | plain(settings or {})
    # One training has its own epochs; a method that leads functions of the user's own takes theirs, from the trace.
    alone = one_shot and ("epochs" in cls.Settings.__dataclass_fields__ or is_ours(target))
    first = _ranked(trace)
    changes: Rescaling | None = None
    if scale is not None:
        factors = check_scale(scale)
        told = header.provenance.get("task") if task is None else None
        says = declared(target, arguments, own, told, declares)
        check_names(target, declares, [*parameters, *says.values, *(own or ())])
        if "epochs" in factors:
            if epochs is not None:
                raise ValueError("epochs is given a value and a factor in scale too: leave one of the two out")
            epochs = times(epochs_of(target, method, says.values, old), factors["epochs"])
        before = dict(parameters)
        parameters, sizes = resize(target, says, parameters, factors, {*wanted})
        supernet = one_shot and "epochs" in cls.Settings.__dataclass_fields__  # networks that are not the task's
        able = says.takes_base and not supernet
        first, changes = converted(
            first[: max(1, best)], says, parameters, arguments, factors, rules=rules, parametrised=able, given={*wanted}
        )
        arguments |= sizes
        ranges += [name for name in parameters if parameters[name] != before[name] and name not in ranges]
    elif declares is not None:
        raise ValueError('declares is for the rules of scale: give scale={"width": 8} too')
    space = Space(parameters)
    if epochs is not None:
        if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
            raise ValueError(f"epochs must be a whole number of at least 1, not {epochs!r}")
        if one_shot and "epochs" in cls.Settings.__dataclass_fields__:
            method["epochs"] = epochs
        elif "epochs" in (own or ()):
            arguments["epochs"] = epochs
    leads = one_shot and not alone
    try:
        new = facts_of(target, arguments, space, trace if task is None or leads else None)
        method_settings(cls, method)
    except ValueError as error:
        raise ValueError(f"this cannot be exported: {error}") from error
    fidelity: Json | None = new.fidelity.to_dict() if new.fidelity and not alone else None
    if epochs is not None and not alone and "epochs" not in (own or ()):
        if not new.scales or new.knows_cost:
            raise ValueError(
                f"the task {target} has no epochs to scale: a task must take an argument epochs, a function fidelity"
            )
        least = min(new.fidelity.min if new.fidelity else 1, epochs)
        longer = Fidelity(new.fidelity.unit if new.fidelity else "epoch", least, epochs)
        fidelity, new = {"unit": longer.unit, "min": least, "max": epochs}, replace(new, fidelity=longer)

    if trials is None and one_shot:
        trials = _length(asdict(cls.Settings(**method)), new)
    if trials is None and hours is None:
        trials = max(1, trace.asked)
    if one_shot:
        free = ("epochs", "device", "population", "steps", "children")
        ranges += [k for k in method if k not in free and method[k] != header.settings.get(k)]
    cost = forecast(trace, old, new, task is None, arguments, fidelity, ranges, one_shot)
    was, will = header.settings.get("epochs"), method.get("epochs")
    if "children" in method and was != will:  # a trial is a whole training, not an epoch of one
        cost = replace(cost, factors=(*cost.factors, (f"epochs {was} → {will}", will / was)))
    cost = replace(
        cost,
        trials=trials,
        workers=workers,
        cpus=cpus,
        gpus=gpus,
        limit=hours,
        watts=watts or (None if old and old.knows_cost and not gpus else watts_of(cpus, gpus)),
        factors=(*cost.factors, *([(f"a machine {speedup:g} times as fast", 1 / speedup)] if speedup != 1 else [])),
        unknown=(*cost.unknown, *(["how much faster a trial is on a GPU"] if gpus and speedup == 1 else [])),
    )

    study = validate(
        {
            "schema": "nasbook/study@1",
            "name": name or re.sub(r"[^\w.-]+", "-", f"{target}-{method_name}"),
            "notes": notes,
            "task": {"name": target, "arguments": plain(arguments)},
            "space": plain(space.to_dict()),
            "method": {"name": method_name, "settings": method},
            "fidelity": fidelity,
            "budget": {"trials": trials, "hours": hours, "timeout": timeout, "max_failures": max_failures},
            "workers": workers,
            "packed": _packed(trace) if packed is None and task is None else packed or 1,
            "resources": {"cpus": cpus, "gpus": gpus, "device": device},
            "seeds": {"search": header.seed if seed is None else seed, "training": training_seed},
            "first": [] if one_shot else _fitting(first, space, min(best, trials or best)),
            "scale": changes.study.model_dump() if changes else None,
            "provenance": _provenance(trace).model_dump(),
        },
        "the target",
    )
    try:
        study.check("the target")
    except StudyError as error:
        raise ValueError(f"this cannot be exported: {error}") from error
    if changes and not one_shot and (left := outside(first[:best], space)):
        changes = replace(changes, notes=(*changes.notes, *left))
    return study, within(trained(cost, study)), changes


def _own_settings(cls: type, settings: Arguments, task: Facts | None) -> Json:
    """Those of the trace, without the range of epochs where it was the task's: the study's range may be another."""
    fidelity = task.fidelity if task else None
    if not issubclass(cls, Method) or fidelity is None or fidelity.levels:
        return dict(settings)
    implied = cls.suited({}, fidelity)
    return {k: v for k, v in settings.items() if implied.get(k) != v}


def _packed(trace: Trace) -> int:
    """How many trials the notebook trained at once."""
    found = trace.header.provenance.get("packed")
    return found if type(found) is int and 1 <= found <= MOST_WORKERS else 1


# ---- the task --------------------------------------------------------------------------------------------


def _local(name: str) -> str:
    return (
        f"the task {name!r} was defined in a notebook or made from objects in memory, so no other process can find it: "
        "put the function into a module, say objective.py, and search it from there (from objective import f), or name "
        'it here: task="objective:f"'
    )


def _homeless(name: str, cls: str) -> str:
    return (
        f"the method {name!r} was defined in a notebook, so no other process can find it: put the class into a module, "
        f'say my_method.py, and search with it from there: nasbook.search("my_method:{cls}", …)'
    )


def _found(value: object, key: str) -> object:
    """The name of a file that exists, from the root, because a study may be run from another folder. A command is not
    one: it runs in the folder of its study."""
    if key == COMMAND:
        return value
    return os.path.abspath(value) if isinstance(value, str | Path) and Path(value).is_file() else value


def _rescaled(name: str, old: Parameter, value: Any) -> Parameter:
    """A parameter with a new range, new options, or a single value; its condition stays."""
    if isinstance(value, Parameter):
        return value
    if isinstance(old, Float | Int) and isinstance(value, list | tuple):
        if len(value) != 2:
            raise ValueError(f"{name} is a range: give (low, high), not {value!r}")
        try:
            return replace(old, low=value[0], high=value[1])
        except (ValueError, TypeError) as error:
            raise ValueError(f"{name}: {error}") from None
    if isinstance(old, Choice) and isinstance(value, list | tuple):
        return replace(old, options=list(value))
    return Constant(value, when=old.when)


def _ranked(trace: Trace) -> list[Config]:
    """The configurations of the trace, each once, best first; with several objectives, the Pareto front first."""
    found: dict[object, Config] = {}
    for config in [*(t.config for t in best_trials(trace.trials)), *trace.top(len(trace))]:
        found.setdefault(trace.space.key(config), dict(config))
    return list(found.values())


def _fitting(configs: Sequence[Config], space: Space, n: int) -> list[Config]:
    """The first n configurations that are valid in the space, each once."""
    found: dict[object, Config] = {}
    for best in configs:
        config = dict(best)
        for name, p in space.parameters.items():
            if isinstance(p, Constant) and name in config:
                config[name] = p.value
        try:
            config = space.validate(config)
        except ValueError:
            continue
        if len(found) < n:
            found.setdefault(space.key(config), plain(config))
    return list(found.values())


def _length(settings: Arguments, task: Facts) -> int | None:
    """Trials of a one-shot method: the epochs of its one training, the intervals of all members of a population, or the
    first network of a climb and all children."""
    if "steps" in settings and "children" in settings:
        return 1 + settings["steps"] * settings["children"]
    if "population" in settings and "interval" in settings and task.fidelity:
        return settings["population"] * math.ceil(task.fidelity.max / settings["interval"])
    return settings.get("epochs")


def _provenance(trace: Trace) -> Provenance:
    costs = [t.cost for t in trace.trials if t.status == "done" and t.cost is not None]
    return Provenance(
        nasbook=__version__,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        trace=trace.digest,
        trials=len(trace),
        best=None if trace.incumbent is None else trace.best.value,
        seconds=float(f"{median(costs):.4g}") if costs else None,
    )
