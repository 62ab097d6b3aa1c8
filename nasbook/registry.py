"""Every method, task, search space of architectures, estimator and lab by name.

What is built in stands in catalogue.py, a line each; what others write stands beside it:

    @nasbook.register                       a class of a notebook or a module, from now on, under its `name`
    package.module:Class                    wherever a method's name goes, once that module is imported or trusted
    [project.entry-points."nasbook.methods"]    a package's own, which its installation makes known
    hill-climbing = "mypackage.hill:HillClimbing"
"""

from __future__ import annotations

import re
import sys
from difflib import get_close_matches
from functools import cache
from inspect import signature
from typing import Any

from nasbook.catalogue import ESTIMATORS, LABS, METHODS, SPACES, SUPERNETS, TABLES, TASKS, Entry, load

OWN = "own"  # the family of what users register


def entries(kind: str) -> list[Entry]:
    """All entries of a kind: built in, registered by hand, and those of installed packages."""
    known = {entry.name for entry in TABLES[kind]}
    return [*TABLES[kind], *(entry for entry in _installed(kind) if entry.name not in known)]


@cache
def _installed(kind: str) -> tuple[Entry, ...]:
    """What installed packages offer as entry points; nothing of theirs is imported before it is used."""
    from importlib.metadata import entry_points

    found = entry_points(group=f"nasbook.{kind}s")
    return tuple(Entry(e.name, f"of the package {e.value.partition('.')[0]}", e.value, OWN) for e in found)


def find(kind: str, name: str) -> Entry:
    """The entry of a name; ValueError names the nearest one that exists.

    `package.module:Class` is found where its module has been imported: to look a name up imports nothing."""
    if kind not in TABLES:
        raise ValueError(f"there is nothing of the kind {kind!r}; there are {', '.join(TABLES)}")
    if not isinstance(name, str) and (callable(name) or hasattr(name, "registered_as")):
        where = {"task": "to search(method, function, space=…)", "method": "to search(method, task)"}
        own = f"your own goes as it is{' ' + where[kind] if kind in where else ''}"
        raise ValueError(f"there is no {kind} {name!r:.80}: one is named by text here, and {own}")
    if kind == "method" and ":" in str(name):
        return _imported(kind, name)
    if re.fullmatch(r"[\w.]+:[\w.]+", str(name)):
        module, _, thing = str(name).partition(":")
        raise ValueError(
            f"there is no {kind} {name!r}: that is an import path; write 'from {module} import {thing}' and use what "
            "that gives, or nasbook.register it under a name"
        )
    table = {entry.name: entry for entry in TABLES[kind]}
    if str(name) not in table:
        known = {entry.name: entry for entry in entries(kind)}
        table = known | {name: entry for name, entry in _used[kind].items() if name not in known}
    if not isinstance(name, str) or name not in table:
        close = get_close_matches(str(name), table, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(table)}"
        raise ValueError(f"there is no {kind} {name!r}; {hint}")
    return table[name]


def supernet(method: str, space: Any, mixes: bool = True) -> Any:
    """The places of the supernet of a space, for a method that shares weights; mixes: does it run several operations of
    a place at once? ValueError where there is none."""
    for target in SUPERNETS:
        if (places := Entry("", "", target).load().of(space)) is not None:
            if mixes and places.text:
                raise ValueError(
                    f"{method} runs several operations of a place at once, and in a recurrent cell their sum grows "
                    "from symbol to symbol; 'enas', 'spos' and 'fairnas' run one path at a time"
                )
            return places
    if (known := load("nasbook.nas.parts.paths:inside")(space)) is not None:
        rest = [name for name in space.parameters if name not in known.space.parameters]
        if rest:
            raise ValueError(
                f"{method} trains one network that holds all architectures, by one recipe, so it cannot search "
                f"{', '.join(rest)}: search the architectures alone, or use 'random', 'bayesian' or 'tpe'"
            )
    raise ValueError(
        f"{method} searches the cells of NAS-Bench-201 (edge_0_1 … edge_2_3), as in 'digits-cells', DARTS' cells, as "
        "in 'digits-darts', chains of blocks, as in 'digits-block-chain', elastic networks, as in 'digits-elastic', "
        "and recurrent cells, as in 'characters': they have a supernet; for another space use 'random', 'bayesian' or "
        "'regularized-evolution'"
    )


_used: dict[str, dict[str, Entry]] = {kind: {} for kind in TABLES}


def remember(thing: type) -> None:
    """A class that was handed to a search can be found by its name from then on, so that its trace can be replayed and
    drawn; it is in no list, as a registered one is."""
    kind, name = getattr(thing, "registered_as", ""), str(getattr(thing, "name", ""))
    if name and all(e.name != name for e in TABLES[kind]):
        _used[kind][name] = Entry(name, _sentence(thing), f"{thing.__module__}:{thing.__qualname__}", OWN, thing=thing)


def _imported(kind: str, name: str) -> Entry:
    module, _, attribute = name.partition(":")
    if module not in sys.modules:
        raise ValueError(f"the {kind} {name} is somebody's own: import {module} first, if you trust it")
    thing = vars(sys.modules[module]).get(attribute)  # a module's __getattr__ may import
    if getattr(thing, "registered_as", None) != kind or not isinstance(thing, type):
        raise ValueError(f"{name} is no {kind}: a class that inherits from nasbook.Method is needed")
    return Entry(name, _sentence(thing), name, OWN, thing=thing)


def _sentence(thing: object) -> str:
    """The first line of its docstring."""
    return (thing.__doc__ or "").strip().partition("\n")[0].rstrip(".")


def register(
    thing: object = None, *, kind: str | None = None, name: str | None = None, summary: str = "", paper: str = "–"
) -> Any:
    """Let a class be used by its name, as the built-in ones are: @nasbook.register above it.

    kind: "method", "task", "space", "estimator" or "lab"; a class that inherits from Method, OneShot, Task, … says it
    itself. name: by default the class's `name`. summary: by default the first line of its docstring. A class of the
    same name that was registered before gives way, as when a cell is run again; a built-in one does not.

    Raises ValueError for a name that cannot be used and for what is nothing of these."""
    if thing is None:
        return lambda thing: register(thing, kind=kind, name=name, summary=summary, paper=paper)
    kind = kind or getattr(thing, "registered_as", None)
    if kind not in TABLES:
        raise ValueError(
            f"register: kind is one of {', '.join(TABLES)}, not {kind!r}; or inherit from nasbook.Method …"
        )
    if not callable(thing):
        raise ValueError(f"register: a class (or a function that makes one) is needed, not {thing!r:.60}")
    name = name or getattr(thing, "name", "")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9_.-]*", name):
        raise ValueError(
            f"register: a name of small letters, digits and hyphens is needed, e.g. 'my-{kind}', not {name!r}"
        )
    table = TABLES[kind]
    if any(e.name == name and e.family != OWN for e in table):
        raise ValueError(f"register: {name!r} is a {kind} of nasbook; take another name")
    table[:] = [e for e in table if e.name != name]
    target = f"{thing.__module__}:{getattr(thing, '__qualname__', name)}"
    table.append(Entry(name, summary or _sentence(thing), target, OWN, paper, thing=thing))
    return thing


def make(kind: str, name: str, /, *args: Any, **kwargs: Any) -> Any:
    """Import and call an entry: make("task", "branin", shift=True). ValueError for arguments that it does not take."""
    entry = find(kind, name)
    thing, fixed = entry.load(), dict(entry.settings)
    if clash := next((k for k in kwargs if k in fixed), None):
        raise ValueError(f"{kind} {name}: its name fixes {clash}, so it takes no other {clash}")
    try:
        if "self" in kwargs:
            raise TypeError("got an unexpected keyword argument 'self'")
        signature(thing).bind(*args, **fixed, **kwargs)
    except TypeError as error:
        raise ValueError(f"{kind} {name}: {error}") from None
    try:
        made = thing(*args, **fixed, **kwargs)
    except TypeError as error:  # of what it calls in turn
        if "unexpected keyword argument" not in str(error):
            raise
        raise ValueError(f"{kind} {name}: {str(error).rpartition('() ')[2]}") from None
    if kind == "task":
        made.name, made.arguments = name, kwargs
    elif kind == "method":
        made.name = name
    return made


__all__ = [
    "ESTIMATORS",
    "LABS",
    "METHODS",
    "OWN",
    "SPACES",
    "TABLES",
    "TASKS",
    "Entry",
    "entries",
    "find",
    "load",
    "make",
    "register",
    "remember",
    "supernet",
]
