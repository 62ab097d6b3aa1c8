"""What the targets share: heads of files, literals, and the task as each of them calls it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pprint import pformat

from nasbook import registry
from nasbook.scale.study import Study
from nasbook.space import Config, Constant, Float, Int, Json, Parameter, Scalar

MANY = 1000  # values that a file still lists
MULTI_FIDELITY = tuple(entry.name for entry in registry.METHODS if entry.family == "multi-fidelity")


def comment(*lines: str, width: int = 118) -> str:
    """Lines of a comment; whatever stands in them ends with its line."""
    found = []
    for line in (part for text in lines for part in text.splitlines() or [""]):
        words, row = "".join(c if c.isprintable() else " " for c in line).split(" "), "#"
        for word in words:
            if len(row) + len(word) >= width and row != "#":
                found.append(row)
                row = "#"
            row += f" {word}"
        found.append(row.rstrip())
    return "\n".join(found) + "\n"


def head(study: Study, how: str, lost: Iterable[str], cost: str) -> str:
    """The comment on top: what this is, how it is run, what it does not hold, what it would cost."""
    lost = [*lost, *([f"packed: each of {study.packed} trials trains alone."] if study.packed > 1 else [])]
    said = [f"{study.name}: a search exported by nasbook. Run it with:  {how}"]
    if study.provenance and study.provenance.trace:
        said.append(f"It comes from the trace {study.provenance.trace}.")
    if lost:
        said += ["", "What it does not hold as the study does:", *(f"- {line}" for line in lost)]
    return comment(*said, *(["", *cost.splitlines()] if cost else []))


def literal(value: object, indent: int = 0) -> str:
    """Python code of plain data, whose later lines are indented."""
    return pformat(value, width=110 - indent, sort_dicts=False).replace("\n", "\n" + " " * indent)


def rows(configs: Iterable[Config]) -> str:
    """Python code of a list of configurations, one a line."""
    lines = "".join(f"    {dict(config)!r},\n" for config in configs)
    return f"[\n{lines}]" if lines else "[]"


def conditions(study: Study) -> dict[str, dict[str, list[Scalar]]]:
    """{parameter: {parent: values}} of those that do not always exist."""
    found = study.search_space.conditions.items()
    return {name: {parent: list(values) for parent, values in when.items()} for name, when in found if when}


def objective(study: Study, folder: str = "Path(__file__).parent") -> str:
    """Code that makes the study's Objective."""
    seeds = study.seeds
    rows = [
        repr(study.task.name),
        f"{literal(study.task.arguments, 4)}",
        *([f"when={literal(when, 9)}"] if (when := conditions(study)) else []),
        f"seed={seeds.search}",
        *([f"training={seeds.training}"] if seeds.training is not None else []),
        *([f"fidelity={study.fidelity.max!r}"] if study.fidelity else []),
        *([f"timeout={study.budget.timeout!r}"] if study.budget.timeout else []),
        f"folder={folder}",
        "trust=[]",
    ]
    return "Objective(\n" + "".join(f"    {row},\n" for row in rows) + ")"


def missing(packages: str) -> str:
    """Code that ends the `try` around a script's imports: one sentence says what is missing and how it is installed."""
    command = f"pip install nasbook {packages}"
    return (
        "except ModuleNotFoundError as error:\n"
        f'    raise SystemExit(f"this search needs {{error.name}}, not installed here: {command}") from None'
    )


def facts(study: Study) -> Json:
    """The same as plain data, for files that are no Python."""
    full = study.fidelity.max if study.fidelity else None
    return {
        "name": study.task.name,
        "arguments": dict(study.task.arguments),
        "when": conditions(study),
        "seed": study.seeds.search,
        "training": study.seeds.training,
        "fidelity": full,
        "timeout": study.budget.timeout,
    }


def listed(p: Parameter) -> list[Scalar] | None:
    """All values of a parameter with steps other than one, where they are few; None where a range says it."""
    if isinstance(p, Float | Int) and p.step not in (None, 1) and p.size <= MANY:
        return p.levels(MANY)
    return None


def best(study: Study) -> Config:
    """The first of the first trials, or, where there is none, the middle of the space."""
    space = study.search_space
    return space.validate(study.first[0]) if study.first else space.decode([0.5] * space.d)


def constants(study: Study) -> Config:
    return {name: p.value for name, p in study.search_space.parameters.items() if isinstance(p, Constant)}


def lost_conditions(study: Study) -> list[str]:
    if not (when := conditions(study)):
        return []
    return [
        f"conditions: {', '.join(when)} {'is' if len(when) == 1 else 'are'} always drawn, and left out before a trial "
        "begins where the study says that there is none."
    ]


def lost_method(study: Study, counterparts: Collection[str], tool: str, instead: str) -> list[str]:
    """Said of a method that the tool does not have."""
    name = study.method.name
    if name in counterparts:
        return []
    return [
        f"the method {name}, which {tool} does not have: {instead}. `nasbook run` on the exported study keeps it "
        "(nasbook export without --to)."
    ]


def lost_steps(study: Study, tool: str) -> list[str]:
    """Said of steps that a list of values replaces, which loses the logarithmic scale."""
    stepped = [n for n, p in study.search_space.parameters.items() if listed(p) and getattr(p, "log", False)]
    if not stepped:
        return []
    return [f"the logarithmic scale of {', '.join(stepped)}: {tool} has none with steps, so their values are listed."]


def lost_limits(study: Study, *, hours: bool = True, timeout: bool = False) -> list[str]:
    said = []
    if hours and study.budget.hours:
        said.append(f"the limit of {study.budget.hours:g} hours.")
    if timeout and study.budget.timeout:
        said.append(f"the timeout of {study.budget.timeout:g} s a trial.")
    return said


def lost_objectives(objectives: int, tool: str) -> list[str]:
    return [f"the objectives but the first: {tool} minimises one here."] if objectives > 1 else []
