"""What is done before the first trial: names become objects, and whatever cannot be searched is said in a sentence."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from nasbook import registry
from nasbook.fits import strange
from nasbook.method import KNOWN, MANY, Method, NoSettings, OneShot
from nasbook.other_words import OTHER_WORDS
from nasbook.source import changed, digest
from nasbook.space import Arguments, Config, Json, Space
from nasbook.task import EvaluatesMany, Fidelity, FunctionTask, Task, TaskLike
from nasbook.trace import Header, Step, Trace, Trial
from nasbook.trace_file import read
from nasbook.trial import plain
from nasbook.version import __version__


@dataclass(frozen=True)
class Prepared:
    """A search that can begin."""

    method: Method | OneShot
    task: Task
    header: Header
    first: list[Config]  # to be tried before the method chooses
    known: list[Trial]  # of an earlier search


def prepared(
    method: str | Method | OneShot | type,
    task: TaskLike,
    *,
    trials: int | None,
    time: float | None,
    seed: int,
    space: Space | None,
    workers: int,
    timeout: float | None,
    packed: int,
    first: Sequence[Config],
    warm_start: Trace | str | Path | None,
    out: str | Path | None,
    resume: bool,
    fidelity: Fidelity | None,
    on_step: Callable[[Step], object] | None,
    settings: Arguments,
) -> Prepared:
    """What `steps` is given, as objects; ValueError for whatever cannot be searched."""
    check_words(method, settings)
    if on_step is not None and not callable(on_step):
        raise ValueError(f"on_step is a function that is called with each step, not {on_step!r:.60}")
    task = as_task(task, space, fidelity)
    method = as_method(method, space or task.space, seed, settings, task.fidelity)
    task.check_space(method.space)
    _say_strange(method.space, task)
    header = header_of(method, task, workers)
    one_shot = isinstance(method, OneShot)
    if isinstance(method, Method) and method.continues and task.fidelity is None:
        warnings.warn(_without_fidelity(task, method), stacklevel=3)
    if said := deaf_to(method, task):
        warnings.warn(said, stacklevel=3)
    _check_budget(trials, time, workers, task, one_shot, timeout)
    _check_objectives(method, task)
    check_packed(packed, method, task)
    if packed > 1:
        header = replace(header, provenance={**header.provenance, "packed": int(packed)})
    if first and one_shot:
        raise ValueError(f"{method.name} trains one network that holds all configurations, so none can be tried first")
    starts = [method.space.validate(config) for config in first]
    known = [] if warm_start is None else _earlier(warm_start, method, task)
    if isinstance(method, Method) and not resume:
        method.check_budget(None if trials is None else trials + len(known), task.fidelity)
        _say_repeats(method, trials)
    if resume and out is None:
        raise ValueError("resume=True goes on with a file: say which with out='trace.jsonl'")
    return Prepared(method, task, header, starts, known)


# ---- from names to objects -------------------------------------------------------------------------------


def as_task(task: TaskLike, space: Space | None = None, fidelity: Fidelity | None = None) -> Task:
    """A task from a registry name, a Task, or a function together with a space and, if it takes one, its fidelity."""
    if fidelity is not None:
        if not isinstance(fidelity, Fidelity):
            raise ValueError(
                f'fidelity says what is counted, e.g. nasbook.Fidelity("epoch", 1, 27), not {fidelity!r:.60}'
            )
        if isinstance(task, FunctionTask) and task.fidelity is None:
            return task.counting(fidelity, space)
        if isinstance(task, str | Task):
            raise ValueError(f"fidelity= is for functions; {getattr(task, 'name', task)} has its own")
    if isinstance(task, str):
        return registry.make("task", task)
    if isinstance(task, Task):
        return task
    if callable(task):
        if space is None:
            raise ValueError("a function needs a space to be searched in: add space=Space(x=Float(0, 1), …)")
        return FunctionTask(task, space, fidelity=fidelity)
    raise ValueError(f"a task is a name, a Task or a function of a configuration, not {task!r}")


def as_method(
    method: str | Method | OneShot | type,
    space: Space,
    seed: int,
    settings: Arguments,
    fidelity: Fidelity | None = None,
) -> Method | OneShot:
    """A method from a registry name, a class, or an object that has not been asked yet.

    `package.module:Class` is imported. A method of several fidelities, made here, takes the task's range and levels
    where its settings say nothing."""
    if isinstance(method, str) and ":" in method:
        _import(method)
    if fidelity is not None and isinstance(method, str | type):
        cls = registry.find("method", method).load() if isinstance(method, str) else method
        if isinstance(cls, type) and issubclass(cls, Method):
            settings = cls.suited(settings, fidelity)
    if isinstance(method, str):
        return registry.make("method", method, space, seed=seed, **settings)
    if isinstance(method, type) and issubclass(method, Method | OneShot):
        registry.remember(method)
        return method(space, seed=seed, **settings)
    if isinstance(method, Method | OneShot):
        if settings:
            raise ValueError(f"settings ({', '.join(settings)}) go to the method where it is made, not to search()")
        if isinstance(method, Method) and (method.trials or method.pending):
            raise ValueError(f"this {method.name} has been used; make a new one for a new search")
        registry.remember(type(method))
        return method
    raise ValueError(f"a method is a name of nasbook.methods(), a Method class or a new Method, not {method!r}")


def _import(name: str) -> None:
    module = name.partition(":")[0]
    try:
        importlib.import_module(module)
    except Exception as error:
        raise ValueError(f"the method {name} cannot be imported: {type(error).__name__}: {error}") from error


def header_of(method: Method | OneShot, task: Task, workers: int = 1) -> Header:
    """The header of a trace of this method on this task."""
    return Header(
        method=method.name,
        task=task.name,
        space=method.space,
        seed=method.seed,
        settings=plain(asdict(method.settings)),
        arguments=plain(task.arguments),
        workers=workers,
        provenance={
            "nasbook": __version__,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            **told_of(task),
            **({"code": code} if (code := _code(task)) else {}),
        },
    )


def told_of(task: Task) -> Json:
    """What an export must know of a user's own task, whose code it does not run; for the header's provenance."""
    told: Json = {"knows_cost": True} if task.knows_cost else {}
    if task.fidelity:
        told |= {"fidelity": task.fidelity.to_dict()}
    declares = task.declares if isinstance(task.declares, Mapping) else {}
    if roles := {name: role for name, role in declares.items() if isinstance(name, str) and isinstance(role, str)}:
        told |= {"declares": roles}
    return {"task": told} if told and (":" in task.name or isinstance(task, FunctionTask)) else {}


def _code(task: Task) -> str | None:
    """The digest of a task's code; None for those that come with nasbook, whose version tells it."""
    thing = task.function if isinstance(task, FunctionTask) else type(task)
    own = str(getattr(thing, "__module__", "")).partition(".")[0] != "nasbook"
    return digest(thing) if own else None


# ---- checks ---------------------------------------------------------------------------------------------


def check_words(method: object, settings: Arguments) -> None:
    """Other libraries' words for what a search is given, where the method has no such setting."""
    foreign = [word for word in settings if word in OTHER_WORDS]
    if foreign:
        cls = registry.find("method", method).load() if isinstance(method, str) else method
        own = {f.name for f in fields(getattr(cls, "Settings", NoSettings))}
        for word in foreign:
            if word not in own:
                raise ValueError(f"there is no argument {word!r} here: {OTHER_WORDS[word]}")


def _check_budget(
    trials: int | None, time: float | None, workers: int, task: Task, one_shot: bool, timeout: float | None
) -> None:
    if trials is None and time is None and not one_shot:
        raise ValueError("a search needs a budget: trials=40, or time=60 (seconds)")
    for name, number in (("trials", trials), ("workers", workers)):
        if number is not None and (isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1):
            raise ValueError(f"{name} must be a whole number of at least 1, not {number!r}")
    if workers > MOST_WORKERS:
        raise ValueError(f"workers must be at most {MOST_WORKERS}, not {workers}")
    for name, seconds in (("time", time), ("timeout", timeout)):
        if seconds is not None and (
            isinstance(seconds, bool) or not isinstance(seconds, int | float | np.number) or not seconds > 0
        ):
            raise ValueError(f"{name} must be a positive number of seconds, not {seconds!r}")
    if workers > 1 and not task.knows_cost:
        raise ValueError(
            f"{task.name} does not know its cost, so {workers} workers cannot be simulated; use workers=1, a table, "
            "or export a study and run it with real workers (nasbook run)"
        )


MOST_WORKERS = 1024  # of one search


def _check_objectives(method: Method | OneShot, task: Task) -> None:
    """ValueError where it is known before the first trial that the method cannot use what the task answers."""
    objectives = len(task.objectives)
    ours = type(task).__module__.startswith("nasbook.tasks.") and not isinstance(task, FunctionTask)
    one = objectives < 2 and ours  # others may answer more than they tell
    if one and isinstance(method, Method) and (reason := method.refuses(Trial(0, {}, status="done", value=0.0))):
        if "objectives" in inspect.signature(type(task)).parameters:
            reason = f"{method.name} weighs several; make the task with them, e.g. objectives=('error', 'parameters')"
        raise ValueError(f"{task.name} has one objective: {reason}")
    if objectives > 1 and not method.several:
        raise ValueError(f"{task.name} has {MANY.format(n=objectives, method=method.name)}")
    many = Trial(0, {}, status="done", value=0.0, values=(0.0,) * objectives)
    if objectives > 1 and isinstance(method, Method) and (reason := method.refuses(many)):
        raise ValueError(f"{task.name} has {objectives} objectives: {reason}")


def check_packed(packed: object, method: Method | OneShot | type[Method | OneShot], task: Task | None) -> None:
    """ValueError where trials cannot be evaluated several at once. task: None where it cannot be asked yet."""
    if isinstance(packed, bool) or not isinstance(packed, int | np.integer) or not 1 <= packed <= MOST_WORKERS:
        raise ValueError(f"packed, how many trials train at once, must be 1 to {MOST_WORKERS}, not {packed!r}")
    if packed == 1:
        return
    if task is not None and not isinstance(task, EvaluatesMany):
        raise ValueError(
            f"packed={packed}: {task.name} evaluates one at a time; digits-mlp and digits-cells do several"
        )
    if isinstance(method, OneShot) or (isinstance(method, type) and issubclass(method, OneShot)):
        raise ValueError(f"packed={packed}: {method.name} trains its networks itself, so there is nothing to pack")
    if not method.independent:
        raise ValueError(
            f"packed={packed}: {method.name} chooses after each result, so its trials cannot train at once; 'random', "
            "'grid', 'sobol', 'successive-halving', 'hyperband' and 'cma-es' choose several before"
        )


def _say_strange(space: Space, task: Task) -> None:
    """Say so where another space than a task's own has other names, and the task does not check it itself."""
    if isinstance(task, FunctionTask) or task.limits is not None or space == task.space:
        return
    if (found := strange(task.space, space)) and found[0] not in task.also:
        warnings.warn(f"{task.name}: in this space {' '.join(found)}", stacklevel=4)


def _say_repeats(method: Method, trials: int | None) -> None:
    """Say so where a budget is larger than the space: the method goes on, with configurations that were tried."""
    new = 0 if trials is None else method.new_configurations(int(trials))
    if new > 1 and method.space.at_most(new - 1) and not method.space.at_most(1):
        size = int(method.space.size)
        warnings.warn(
            f"this space has {size} configurations, so at least {new - size} of the {trials} trials repeat one; "
            "'grid' ends when all are tried",
            stacklevel=4,
        )


def deaf_to(method: Method | OneShot, task: Task) -> str | None:
    """Of a method that asks for short trials, and a task that may not know how to be short: what there is to say."""
    asks = isinstance(method, Method) and hasattr(method.settings, "min_fidelity")
    return f"{method.name} asks for short trials: {task.deaf}" if asks and task.fidelity and task.deaf else None


def _without_fidelity(task: Task, method: Method) -> str:
    if isinstance(task, FunctionTask) and "fidelity" in task.context:
        return (
            f"{task.name} takes a fidelity, and the search does not know what it counts: {method.name} asks for its "
            "own numbers; say it with fidelity=nasbook.Fidelity('epoch', 1, 27)"
        )
    return f"{task.name} has no fidelity, so {method.name} evaluates it whole every time"


# ---- trials of an earlier search ---------------------------------------------------------------------------


def _earlier(trace: Trace | str | Path, method: Method | OneShot, task: Task) -> list[Trial]:
    """The ended trials of an earlier search of the same task; ValueError where they mean something else or lie outside
    the space."""
    if isinstance(method, OneShot):
        raise ValueError(f"{method.name} trains one network that holds all configurations, so it starts without trials")
    trace = trace if isinstance(trace, Trace) else read(trace)[0]
    trials = trace.trials if trace.space == method.space else [_within(method.space, t) for t in trace.trials]
    was, now = (trace.header.task, trace.header.arguments), (task.name, plain(task.arguments))
    if was != now:
        then, here = (f"{name} with {arguments}" if arguments else name for name, arguments in (was, now))
        raise ValueError(
            f"warm_start: the earlier trace has values of {then}, not of {here}; try its best configurations first "
            "instead, with first=trace.top(5)"
        )
    if changed(trace.header.provenance.get("code"), _code(task)):
        warnings.warn(
            f"warm_start: the code of {task.name} was edited after the earlier trace was begun, so its values may mean "
            "something else than the new ones",
            stacklevel=4,
        )
    return trials


def _within(space: Space, trial: Trial) -> Trial:
    """The trial of a smaller space in this one; ValueError names the parameter that keeps it out."""
    try:
        return replace(trial, config=space.validate(trial.config))
    except ValueError as error:
        raise ValueError(
            f"warm_start: the earlier trace has another space; only trials of this space can be told, and trial "
            f"{trial.id} is none: {error}"
        ) from None


def same_start(trace: Trace, known: Sequence[Trial], path: Path) -> None:
    """ValueError where a resumed search had begun with the trials of another trace than `known`."""
    told = [t for t in trace.trials if KNOWN in t.info]
    for was, now in zip(told, known, strict=False):
        if (was.config, was.value) != (now.config, now.value):
            raise ValueError(
                f"{path} holds another search: it had begun with another warm_start, whose trial {was.id} is "
                f"{was.config} with {was.value}, not {now.config} with {now.value}"
            )
