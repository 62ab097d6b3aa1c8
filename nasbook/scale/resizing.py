"""A target at another size: `scale` of an export, from the factors to the space, the arguments and the first trials.

    export(trace, scale={"width": 8, "batch": 4})

The ranges of what is scaled are multiplied as the values are; a rate or a decay that a rule takes out of its range
widens it, which is said. What each value becomes, and by which rule, is rules.py's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fractions import Fraction
from inspect import Parameter as Argument
from inspect import signature
from typing import Any

from nasbook import registry
from nasbook.scale.rules import SIZES, Change, Rule, check_roles, rescale, rules_for, times
from nasbook.scale.study_schema import Scaled
from nasbook.scale.target import is_ours
from nasbook.scale.task_facts import Facts
from nasbook.space import Arguments, Choice, Config, Constant, Float, Int, Json, Parameter, Space
from nasbook.tasks.command import NAME as COMMAND
from nasbook.trace import Trace
from nasbook.trial import plain

BASE = "base_width"
HOW = (
    'say what its parameters are, by declares={"lr": "rate", "units": "width"} (--declare lr=rate) or, before the '
    "search, as an attribute of that name of the objective or task"
)


@dataclass(frozen=True)
class Rescaling:
    """What an export has made of the notebook's values; printed, a table."""

    by: Mapping[str, float]
    changes: tuple[Change, ...]  # of the best configuration and the task's arguments
    laws: Mapping[str, Rule]  # the rule of each size
    notes: tuple[str, ...] = ()

    @property
    def study(self) -> Scaled:
        """As the study keeps it."""
        rules = [f"{size}: {rule}" for size, rule in self.laws.items() if rule.name]
        unknown = [f"{c.name} ({c.unknown})" for c in self.changes if c.unknown]
        return Scaled(by=dict(self.by), rules=rules, unknown=unknown)

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """(name, in the notebook, in the study, by which rule or why it is not known) of each value."""
        return [(c.name, _short(c.was), _short(c.now), _why(c)) for c in self.changes]

    def __str__(self) -> str:
        head = ("value", "notebook", "study", "by")
        rows = [head, *self.rows]
        wide = [max(len(row[i]) for row in rows) for i in range(3)]
        lines = ["  " + "  ".join([*(row[i].ljust(wide[i]) for i in range(3)), row[3]]).rstrip() for row in rows]
        factors = ", ".join(f"{name} × {m:g}" for name, m in self.by.items())
        return "\n".join([f"Rescaled: {factors}. The best of the notebook:", *lines, *self.limits, *self.notes])

    @property
    def limits(self) -> list[str]:
        """Where each rule holds, or why there is none."""
        return [
            f"{size}: {rule} holds for {rule.limits}." if rule.name else f"{size}: no rule; {rule.limits}."
            for size, rule in self.laws.items()
        ]


def _why(change: Change) -> str:
    unknown = f"not known ({change.unknown})" if change.unknown else ""
    return "; ".join(part for part in (change.rule, unknown) if part) or "as found"


def _short(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else "–" if value is None else str(value)


@dataclass(frozen=True)
class Declared:
    """What a task says of its parameters and arguments: their roles, and the arguments' values, defaults included."""

    roles: Mapping[str, str]
    values: Arguments
    takes_base: bool


def declared(
    target: str, arguments: Arguments, own: list[str] | None, told: object, roles: Mapping[str, str] | None
) -> Declared:
    """Of a task by its name. told: what the trace's header says of a task of the user's own; roles: what the export is
    given, which counts before it. ValueError for roles that there are not."""
    found: dict[str, str] = {}
    values = dict(arguments)
    if is_ours(target) and target != COMMAND:
        entry = registry.find("task", target) if ":" not in target else None
        cls = entry.load() if entry else None
        found = dict(getattr(cls, "declares", {}))
        if found:
            values = _defaults(cls, dict(entry.settings) if entry else {}, arguments)
    elif isinstance(told, Mapping) and isinstance(told.get("declares"), Mapping):
        found = check_roles(told["declares"])
    found |= check_roles(roles or {})
    return Declared(found, values, BASE in values or BASE in (own or ()))


def check_names(target: str, roles: Mapping[str, str] | None, known: list[str]) -> None:
    """ValueError where a role is given to what the task does not have."""
    for name in roles or ():
        if name not in known:
            close = get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(known)}"
            raise ValueError(f"declares: {target} has no {name!r:.40}; {hint}")


def _defaults(cls: Any, fixed: Arguments, arguments: Arguments) -> Json:
    """The arguments, and the defaults of those that are not given: the task's, and its search space's."""
    known = signature(cls).parameters
    values = {n: p.default for n, p in known.items() if p.default is not Argument.empty} | dict(fixed)
    if any(p.kind is Argument.VAR_KEYWORD for p in known.values()):
        space = registry.find("space", arguments.get("space", values["space"])).load()
        more = {n: p.default for n, p in signature(space).parameters.items() if p.default is not Argument.empty}
        values = {**{n: v for n, v in more.items() if n not in ("classes", "shape")}, **values}
    return {**values, **arguments}


def sizes(trace: Trace) -> list[str]:
    """What `scale` could multiply of the task of a trace, epochs aside; [] where it declares nothing."""
    task, told = trace.header.task, trace.header.provenance.get("task")
    try:
        says = declared(task, trace.header.arguments, None, told, None)
    except ValueError:  # no such task here, or roles that there are not: an export says it
        return []
    number = {name for name, value in says.values.items() if _number(value)} | set(trace.space.parameters)
    found = {role for name, role in says.roles.items() if name in number}
    return [size for size in SIZES if size in found and size != "epochs"]


def resize(
    target: str, says: Declared, parameters: dict[str, Parameter], scale: Mapping[str, float], given: set[str]
) -> tuple[dict[str, Parameter], Arguments]:
    """The parameters and the arguments that are sizes, multiplied; ValueError where a factor finds none, or one that is
    given another value as well. Epochs are the export's own."""
    space, arguments = dict(parameters), {}
    for size, m in scale.items():
        names = [n for n, role in says.roles.items() if role == size and (n in parameters or n in says.values)]
        if size == "epochs":
            continue
        if not names:
            has = sorted({r for n, r in says.roles.items() if n in parameters or n in says.values})
            more = f"it declares {', '.join(has)}" if has else "it declares nothing"
            raise ValueError(f"{target} declares no {size} that could be scaled ({more}); {_how(target)}")
        for name in names:
            if name in given:
                raise ValueError(f"{name} is given a value and scaled by {size} too: leave one of the two out")
            if name in parameters:
                space[name] = stretched(name, parameters[name], m)
            elif isinstance(was := says.values[name], int | float) and not isinstance(was, bool):
                arguments[name] = times(was, m)
            else:
                raise ValueError(f"{target}: {name} is {was}, which cannot be multiplied: give it as a number first")
    return space, arguments


def _how(target: str) -> str:
    return "it is one of nasbook's own, so its roles are all there are" if is_ours(target) else HOW


def epochs_of(target: str, method: Arguments, arguments: Arguments, old: Facts | None) -> int:
    """How long a training was in the notebook."""
    found = method.get("epochs", arguments.get("epochs", old and old.fidelity and old.fidelity.max))
    if not isinstance(found, int | float) or isinstance(found, bool):
        raise ValueError(f"the task {target} has no epochs to scale: give it an argument epochs, or a fidelity")
    return max(1, round(found))


def stretched(name: str, p: Parameter, m: float) -> Parameter:
    """A parameter whose numbers are multiplied; ValueError where they would become one."""
    if isinstance(p, Constant):
        return replace(p, value=times(p.value, m)) if _number(p.value) else p
    if isinstance(p, Choice):
        return replace(p, options=list(dict.fromkeys(times(v, m) if _number(v) else v for v in p.options)))
    assert isinstance(p, Float | Int)
    try:
        step = {"step": times(p.step, m)} if p.step is not None and p.step != 1 else {}
        return replace(p, low=times(p.low, m), high=times(p.high, m), **step)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name} cannot be scaled by {m:g}: {error}") from None


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def base_width(was: int | str | None, m: float) -> int | str:
    """The base width of networks m times as wide: where it was a width, rates are meant for that one already."""
    if isinstance(was, int):
        return was
    return str(Fraction(was or 1) / Fraction(m).limit_denominator(1000))


def converted(
    configs: list[Config],
    says: Declared,
    parameters: dict[str, Parameter],
    arguments: Json,
    scale: Mapping[str, float],
    *,
    rules: bool,
    parametrised: bool,
    given: set[str],
) -> tuple[list[Config], Rescaling]:
    """The configurations at the new size, best first, and what became of the first of them and of the arguments.
    Widens the ranges in `parameters`, and writes the new values of arguments into `arguments`."""
    known = {n: v for n, v in says.values.items() if n in says.roles and n not in parameters}
    fixed = {n: p.value for n, p in parameters.items() if isinstance(p, Constant)}
    all_values = [{**config, **known} for config in configs] or [{**fixed, **known}]
    options = {"rules": rules, "parametrised": parametrised}
    found = [[_as_given(c, given, parameters) for c in rescale(v, says.roles, scale, **options)] for v in all_values]
    first, notes = found[0], []
    for change in first:
        if change.name in known and change.now != change.was and says.roles[change.name] not in scale:
            arguments[change.name] = change.now
        if isinstance(p := parameters.get(change.name), Constant) and says.roles.get(change.name) not in scale:
            parameters[change.name] = replace(p, value=change.now)
    made = [
        {c.name: c.now for c in changes if c.name in config} for config, changes in zip(configs, found, strict=False)
    ]
    for name, p in parameters.items():
        if isinstance(p, Float | Int) and name not in given and says.roles.get(name) not in scale:
            low, high = (
                f([p_end, *(c[name] for c in made if name in c)]) for f, p_end in ((min, p.low), (max, p.high))
            )
            if (low, high) != (p.low, p.high):
                parameters[name] = replace(p, low=low, high=high)
                notes.append(
                    f"{name}: a rule takes it out of {p.low:g} … {p.high:g}, so its range is {low:g} … {high:g} now."
                )
    if scale.get("width", 1) != 1 and rules and parametrised:
        was = says.values.get(BASE)
        arguments[BASE] = base_width(was, scale["width"])
        law = rules_for(all_values[0], says.roles, scale).get("width")
        first = [*first, Change(BASE, was, arguments[BASE], f"width: {law.name}" if law else "")]
    told = [c for c in first if c.name in parameters or c.now != c.was or c.rule or c.unknown]
    many = next((c.now for c in first if says.roles.get(c.name) == "batch"), 0)
    few = next((c.now for c in first if says.roles.get(c.name) == "data" and c.now), None)
    if few is not None and many > few:
        notes.append(f"A batch of {many:,} is more than the {few:,} examples to learn from, which are a whole batch.")
    laws = rules_for(all_values[0], says.roles, scale, parametrised) if rules else {}
    return made, Rescaling(dict(scale), tuple(told), laws, tuple(notes))


def _as_given(change: Change, given: set[str], parameters: Mapping[str, Parameter]) -> Change:
    """What the export was given counts before any rule."""
    if change.name not in given:
        return change
    p = parameters.get(change.name)
    return Change(change.name, change.was, p.value if isinstance(p, Constant) else change.was, "as given")


def outside(configs: list[Config], space: Space) -> list[str]:
    """What is said of the configurations that do not lie in the study's space and so cannot be its first trials."""
    said = []
    for n, config in enumerate(configs, 1):
        try:
            space.validate(plain(config))
        except ValueError as error:
            said.append(f"Number {n} of the notebook's best is left out: {error}.")
    return said
