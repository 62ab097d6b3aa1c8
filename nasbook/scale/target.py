"""From the names of a task and a method, as a study or the command line gives them, to the things themselves.

A name without a colon is in the registry, or "command" for a command line (commands.py). `package.module:function` is
imported where that is trusted (see trust.py), and may be an objective (a function of a configuration), a Task, or a
function or class that makes a Task.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import get_type_hints

from pydantic import TypeAdapter, ValidationError

from nasbook import registry
from nasbook.method import Method, OneShot
from nasbook.other_words import OTHER_WORDS
from nasbook.scale import commands
from nasbook.scale.outline import outline
from nasbook.scale.study_errors import show
from nasbook.scale.trust import ESTIMATOR, Trust, admit, check_origin, importable, is_own
from nasbook.space import Arguments, Space
from nasbook.task import CONTEXT, FunctionTask, Task, context_of

__all__ = ["importable", "is_ours", "make_task", "method_class", "method_settings", "takes"]


def is_ours(name: str) -> bool:
    """Is it one of nasbook's own tasks, which a file may name and anybody may make?"""
    return ":" not in name or is_own(name)


def make_task(
    name: str, arguments: Arguments | None = None, space: Space | None = None, trust: Trust | None = None
) -> Task:
    """The task of a name; ValueError says in one sentence why there is none.

    trust: whose modules may be imported; without it those of the working folder."""
    arguments = dict(arguments or {})
    for key, value in arguments.items():
        if isinstance(value, str) and _is_device(value):
            raise ValueError(f"the task {name} cannot be made: {key} must name a plain file, and {value!r:.80} is none")
        if name == ESTIMATOR and isinstance(value, str) and ":" in value:
            raise ValueError(
                f"an estimator in a file is made of nasbook's own parts, so its {key} cannot be {value!r:.80}"
            )
    try:
        if name == commands.NAME:
            return commands.made(arguments, space, trust or Trust(Path.cwd()))
        if ":" not in name:
            return registry.make("task", name, **arguments)
        return _from_import_path(name, arguments, space, trust or Trust(Path.cwd()))
    except ValueError:
        raise
    except Exception as error:  # whatever a task of the user raises while it is made
        raise ValueError(f"the task {name} cannot be made: {type(error).__name__}: {error}") from error


def _is_device(path: str) -> bool:
    """A pipe or a device, which may never end."""
    try:
        return Path(path).exists() and not (Path(path).is_file() or Path(path).is_dir())
    except (OSError, ValueError):  # no path at all
        return False


def method_class(name: str, trust: Trust) -> type[Method | OneShot]:
    """The class behind a method's name; ValueError where there is none. `package.module:Class` is imported where that
    is trusted, as a task is."""
    if ":" in name:
        admit(name, trust)
    return registry.find("method", name).load()


def method_settings(cls: type, settings: Arguments) -> Arguments:
    """The settings in the types that the method's Settings declare; ValueError names the first that does not fit."""
    known = {f.name: f for f in fields(cls.Settings)}  # type: ignore[attr-defined]
    hints = get_type_hints(cls.Settings)  # type: ignore[attr-defined]
    fitted = dict(settings)
    for key, value in settings.items():
        if key not in known:
            close = get_close_matches(str(key), known, 1)
            has = f"it has {', '.join(known)}" if known else "it has none"
            hint = f"did you mean {close[0]!r}?" if close else has
            if key in OTHER_WORDS:
                hint = OTHER_WORDS[key]
            raise SettingError(key, f"{cls.name} has no such setting; {hint}")  # type: ignore[attr-defined]
        try:
            fitted[key] = TypeAdapter(hints[key]).validate_json(json.dumps(value), strict=True)
        except ValidationError:
            raise SettingError(key, f"must be {_type_words(hints[key])}, not {show(value)}") from None
        except Exception:  # a type that pydantic does not know: the Settings check themselves
            fitted[key] = value
    return fitted


class SettingError(ValueError):
    """A setting that does not fit; `key` says which."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(f"{key}: {text}")
        self.key, self.text = key, text


def _type_words(hint: object) -> str:
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text", type(None): "null"}
    members = getattr(hint, "__args__", None)
    if hint in words:
        return words[hint]
    if members and all(m in words for m in members):
        return " or ".join(words[m] for m in members)
    return str(getattr(hint, "__name__", hint)) if not members else str(hint).replace("typing.", "")


def takes(name: str, folder: Path) -> list[str] | None:
    """The names of the arguments that a task is made with; for an objective, those besides its configuration.

    Nothing is imported but tasks of nasbook: what stands in a module's source in this folder is read. None: not known.
    """
    if name == commands.NAME:
        return ["command"]
    if not is_ours(name):
        check_origin(name, Trust(folder))
        return outline(name, folder).takes
    fixed = dict(registry.find("task", name).settings) if ":" not in name else {}
    target = registry.find("task", name).load() if ":" not in name else admit(name, Trust(folder))
    if isinstance(target, Task):
        return []
    parameters = inspect.signature(target).parameters.values()
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name not in fixed]
    return [p.name for p in named if p.name not in CONTEXT]


def _from_import_path(name: str, arguments: Arguments, space: Space | None, trust: Trust) -> Task:
    target = admit(name, trust)
    if isinstance(target, Task):
        if arguments:
            raise ValueError(f"{name} is a task already, so it takes no arguments ({', '.join(arguments)})")
        task = target
    elif not callable(target):
        raise ValueError(f"{name} must be a function or a Task, not {target!r:.60}")
    elif _makes_a_task(target, arguments):
        task = target(**arguments)
        if not isinstance(task, Task):
            raise ValueError(
                f"{name} can be called without a configuration, so it should make a Task, but it made {task!r:.60}"
            )
    else:
        given = {k: None for k, needed in context_of(target).items() if needed}
        try:
            inspect.signature(target).bind({}, **{**given, **arguments})
        except TypeError as error:
            raise ValueError(f"{name} cannot be called with a configuration and these arguments: {error}") from None
        space = space or _space_beside(target, name)
        task = FunctionTask(partial(target, **arguments), space, name)
    task.name, task.arguments = name, arguments
    return task


def _space_beside(target: object, name: str) -> Space:
    """The SPACE of the module that holds a function: a Space, or the mapping that a study would have."""
    found = getattr(sys.modules[name.partition(":")[0]], "SPACE", None)
    if isinstance(found, Mapping):
        found = Space.from_dict(found) if all(isinstance(v, Mapping) for v in found.values()) else Space(dict(found))
    if isinstance(found, Space):
        return found
    raise ValueError(
        f"{name} is a function of a configuration, so a space is needed to search it in: SPACE = nasbook.Space(…) "
        "in its module, or --space FILE.yaml"
    )


def _makes_a_task(target: Callable[..., object], arguments: Arguments) -> bool:
    """A Task class, or a function that can be called with these arguments and no configuration."""
    if isinstance(target, type):
        return True
    try:
        inspect.signature(target).bind(**arguments)
    except TypeError:
        return False
    return True
