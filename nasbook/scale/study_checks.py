"""What no schema can say of a study: the method serves the space, the task exists, the first trials lie in it …"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from nasbook import registry
from nasbook.method import Method, OneShot
from nasbook.prepare import check_packed
from nasbook.scale.outline import outline
from nasbook.scale.study_schema import Plan, as_written
from nasbook.scale.target import SettingError, is_ours, method_class, method_settings
from nasbook.scale.trust import Trust, check_origin
from nasbook.space import Constant, Space
from nasbook.task import CONTEXT, FunctionTask, Task
from nasbook.tasks.command import NAME as COMMAND


def problems_of_space(study: Plan) -> Iterator[tuple[str | int, ...]]:
    specs = {name: as_written(p) for name, p in study.space.items()}
    for i, name in enumerate(specs, 1):  # one more parameter at a time, so that the wrong one is named
        try:
            Space.from_dict(dict(list(specs.items())[:i]))
        except ValueError as error:
            text = str(error)
            try:  # the whole space knows what stands later
                Space.from_dict(specs)
            except ValueError as whole:
                text = str(whole) if name in str(whole) else text
            yield _tail(text, name), "space", name, *(("when",) if "exists when" in text else ())
            return


def problems(study: Plan, trust: Trust | None) -> Iterator[tuple[str | int, ...]]:
    """(sentence, *path) of everything that would keep the study from running, in the order in which it matters."""
    for problem in problems_of_space(study):
        yield problem
        return
    space = study.search_space

    task = None
    try:
        if study.task.name == COMMAND:
            task = study.make_task(trust)
            task.check_space(space) if trust else task.program.check(space)  # type: ignore[attr-defined]
        elif ":" in study.task.name:
            check_origin(study.task.name, trust or Trust(study.folder))
            own = outline(study.task.name, study.folder).takes
            if own is not None and (unknown := [k for k in study.task.arguments if k not in (*own, *CONTEXT)]):
                close = get_close_matches(unknown[0], own, 1)
                hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(own) or 'none'}"
                yield f"{study.task.name} has no such argument; {hint}", "task", "arguments", unknown[0]
                return
        else:
            registry.find("task", study.task.name)
    except ValueError as error:
        yield str(error), "task", COMMAND if study.task.name == COMMAND else "name"
        return
    try:
        if trust or is_ours(study.task.name):
            task = study.make_task(trust)
    except ValueError as error:
        wrong = next((k for k in study.task.arguments if f"'{k}'" in str(error) or f" {k} " in str(error)), None)
        yield str(error), "task", *(("arguments", wrong) if wrong else ("name",))
        return
    if task:
        yield from _space_problems(space, task)

    try:
        if ":" in study.method.name:
            check_origin(study.method.name, trust or Trust(study.folder))
            if not trust:  # to look is not to import
                yield from _first_problems(study, space)
                return
        cls = method_class(study.method.name, trust or Trust(study.folder))
    except ValueError as error:
        yield str(error), "method", "name"
        return
    except Exception as error:
        yield f"the method cannot be imported: {type(error).__name__}: {error}", "method", "name"
        return
    try:
        method_settings(cls, study.method.settings)
        method = study.make_method(trust, task)
    except SettingError as error:
        yield error.text, "method", "settings", error.key
        return
    except (ValueError, TypeError) as error:
        named = next((k for k in study.method.settings if k in str(error)), None)
        yield str(error), "method", *(("settings", named) if named else ("name",))
        return
    one_shot = issubclass(cls, OneShot)
    if task and len(task.objectives) > 1 and not cls.several:
        many = len(task.objectives)
        yield (
            f"{study.task.name} has {many} objectives and {cls.name} minimises one; take nsga2 or parego",
            "method",
            "name",
        )

    if study.packed > 1 and not (task and task.knows_cost):
        try:
            check_packed(study.packed, cls, task)
        except ValueError as error:
            yield f"must be left out: {str(error).partition(': ')[2]}", "packed"
    elif study.packed > 1:
        yield f"must be left out: {study.task.name} looks its answers up, and trains nothing", "packed"

    if study.budget.trials is None and study.budget.hours is None and not one_shot:
        yield "give trials, hours or both", "budget"
    if one_shot and study.workers > 1:
        yield f"must be 1: {study.method.name} is one training and runs in one process", "workers"
    if one_shot and study.first:
        yield f"must be left out: {study.method.name} is one training and takes no first trials", "first"
    if one_shot and study.seeds.training is not None:
        yield f"must be left out: {study.method.name} is one training, seeded by seeds.search", "seeds", "training"
    if study.budget.trials is not None and len(study.first) > study.budget.trials:
        yield f"{len(study.first)} first trials do not fit into a budget of {study.budget.trials}", "first"
    if isinstance(method, Method) and (fidelity := study.fidelity_of(task)):
        try:
            method.check_budget(study.budget.trials, fidelity)
        except ValueError as error:
            yield str(error), *(("budget", "trials") if " trials=" in str(error) else ("method", "settings"))
    yield from _first_problems(study, space)
    if not study.fidelity or not task:
        return
    if task.fidelity is None and not isinstance(task, FunctionTask):
        yield f"must be left out: {study.task.name} has no fidelity", "fidelity"
    elif task.fidelity:
        if study.fidelity.unit != task.fidelity.unit:
            yield f"must be {task.fidelity.unit!r}, as {study.task.name} counts it", "fidelity", "unit"
        if task.knows_cost and study.fidelity.max != task.fidelity.max:
            yield f"must be {task.fidelity.max:g}, the full effort of this table", "fidelity", "max"
        if missing := [x for x in study.fidelity.levels if task.fidelity.levels and x not in task.fidelity.levels]:
            has = ", ".join(f"{x:g}" for x in task.fidelity.levels)
            yield f"must be some of {has}, as {study.task.name} has them, not {missing[0]:g}", "fidelity", "levels"


def _space_problems(space: Space, task: Task) -> Iterator[tuple[str | int, ...]]:
    """A task with a space of its own needs the parameters that it knows, under their names."""
    own = getattr(task, "space", None)
    if own is None or isinstance(task, FunctionTask):
        return
    for name in space.parameters:
        if name not in own.parameters and name not in task.also:
            close = get_close_matches(name, own.parameters, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(own.parameters)}"
            yield f"the task {task.name} has no such parameter; {hint}", "space", name
    for name, p in own.parameters.items():
        given = name in space.parameters or name in task.also or isinstance(p, Constant)
        if not given and _can_exist(name, own, space):
            yield f"the task {task.name} needs the parameter {name!r}", "space"
    found = task.misfit(space)
    if found and found[0] in space.parameters and (found[0] in own.parameters or found[0] in task.also):
        yield found[1], "space", found[0]


def _can_exist(name: str, own: Space, space: Space) -> bool:
    """Does a parameter of the task exist for any of the values that a space leaves to those that it depends on?"""
    return all(
        parent not in space.parameters or any(space.parameters[parent].problem(value) is None for value in values)
        for parent, values in own.conditions[name].items()
    )


def _first_problems(study: Plan, space: Space) -> Iterator[tuple[str | int, ...]]:
    seen: dict[object, int] = {}
    for i, config in enumerate(study.first):
        try:
            key = space.key(space.validate(config))
        except ValueError as error:
            named = next((k for k in config if str(error).startswith((f"{k} ", f"unknown parameter {k!r}"))), None)
            yield _tail(str(error), named or ""), "first", i, *((named,) if named else ())
            continue
        if key in seen:
            yield f"this configuration stands here twice, first as number {seen[key]}", "first", i
        seen.setdefault(key, i)


def _tail(text: str, name: str) -> str:
    """The sentence without the name in front of it, which the path has already said."""
    for head in (f"{name}: ", f"{name} ", f"Space: {name} "):
        if name and text.startswith(head):
            text = text[len(head) :]
    for kind in ("Float: ", "Int: ", "Choice: ", "Constant: ", "Space: "):
        text = text.removeprefix(kind)
    return text
