"""What a function computes, in a few hex digits: so that a search notices when its objective was edited.

The digits stand for the compiled code, not for the text: comments and layout do not count, and functions of a notebook,
lambdas and what came from `exec` have them, too. With the function count its defaults, the numbers and texts that it
closes over, the numbers that it finds in its module, and in the same way the functions of its own module that it names.
"""

from __future__ import annotations

import dis
import functools
import hashlib
import inspect
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType


def digest(thing: object) -> str | None:
    """ "3.11:0f3a…" of a function, a partial, a class, or an object of a class; None where there is no Python code.

    The version stands in front, because another Python compiles to other code: only equal versions can be compared."""
    found = list(_function(thing, set()))
    if not found:
        return None
    version = ".".join(map(str, sys.version_info[:2]))
    return f"{version}:{hashlib.sha256(repr(found).encode(errors='backslashreplace')).hexdigest()[:12]}"


def changed(then: object, now: object) -> bool:
    """Do two digests, as they stand in traces, belong to different code? What cannot be compared counts as the same."""
    if not (isinstance(then, str) and isinstance(now, str)):
        return False
    return then != now and then.partition(":")[0] == now.partition(":")[0]


def _function(thing: object, seen: set[int]) -> Iterator[object]:
    """Everything that counts of a function, an object or a class, as plain values."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, functools.partial):
        yield from _function(thing.func, seen)
        for value in (*thing.args, *sorted(thing.keywords.items())):
            yield from _value(value, seen)
    elif isinstance(thing, MethodType):
        yield from _function(thing.__func__, seen)
        if not isinstance(thing.__self__, type):
            yield from _function(type(thing.__self__), seen)
    elif isinstance(thing, FunctionType):
        yield from _code(thing.__code__)
        for value in (*(thing.__defaults__ or ()), *sorted((thing.__kwdefaults__ or {}).items())):
            yield from _value(value, seen)
        for cell in thing.__closure__ or ():
            try:
                yield from _value(cell.cell_contents, seen)
            except ValueError:  # it is empty
                continue
        for name in sorted(_names(thing.__code__)):
            value = thing.__globals__.get(name)
            if isinstance(value, int | float):
                yield name, repr(value)
            elif isinstance(value, FunctionType | type | functools.partial) and _at_home(value, thing.__module__):
                yield from _function(value, seen)
    elif isinstance(thing, type):
        for name, member in sorted(vars(thing).items()):
            member = getattr(member, "__func__", getattr(member, "fget", member))  # static, class, property
            if isinstance(member, FunctionType):
                yield name
                yield from _function(member, seen)
            elif isinstance(member, int | float | str) and not name.startswith("__"):
                yield name, repr(member)
        for base in thing.__bases__:
            if _at_home(base, thing.__module__):
                yield from _function(base, seen)
    elif type(thing).__module__ != "builtins":
        yield from _function(type(thing), seen)


def _value(value: object, seen: set[int]) -> Iterator[object]:
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        yield repr(value)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _value(part, seen)
    elif isinstance(value, FunctionType | MethodType | functools.partial):
        yield from _function(value, seen)


def _code(code: CodeType) -> Iterator[object]:
    yield code.co_code.hex()
    yield code.co_names
    for value in code.co_consts[_documented(code) :]:
        if isinstance(value, CodeType):
            yield from _code(value)
        else:  # the order of a set differs from process to process
            yield sorted(map(repr, value)) if isinstance(value, frozenset) else repr(value)


def _documented(code: CodeType) -> bool:
    """Is its first constant a docstring, or None in place of one?"""
    if sys.version_info >= (3, 13):
        return bool(code.co_flags & 0x4000000)
    return bool(code.co_flags & inspect.CO_OPTIMIZED) and not code.co_name.startswith("<")


def _names(code: CodeType) -> set[str]:
    """The names that a function looks up outside and does not set, with those of the functions inside it."""
    inner = (_names(c) for c in code.co_consts if isinstance(c, CodeType))
    kept = {i.argval for i in dis.get_instructions(code) if i.opname == "STORE_GLOBAL"}
    return set(code.co_names).union(*inner) - kept


def _at_home(thing: object, module: str) -> bool:
    return getattr(thing, "__module__", None) == module
