"""From the name of a task, as a study or the command line gives it, to the task.

A name without a colon is in the registry. `package.module:function` is imported, and may be an objective (a function of
a configuration), a Task, or a function or class that makes a Task.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from functools import partial, reduce
from pathlib import Path
from typing import Any

from nasbook import registry
from nasbook.space import Space
from nasbook.task import FunctionTask, Task

IMPORT_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def make_task(name: str, arguments: Mapping[str, Any] | None = None, space: Space | None = None) -> Task:
    """The task of a name; ValueError says in one sentence why there is none."""
    arguments = dict(arguments or {})
    try:
        if ":" not in name:
            return registry.make("task", name, **arguments)
        return _from_import_path(name, arguments, space)
    except ValueError:
        raise
    except Exception as error:  # whatever a task of the user raises while it is made
        raise ValueError(f"the task {name} cannot be made: {type(error).__name__}: {error}") from error


def takes(name: str) -> list[str]:
    """The names of the arguments that a task is made with; for an objective, those besides its configuration."""
    target = registry.find("task", name).load() if ":" not in name else imported(name)
    if isinstance(target, Task):
        return []
    fixed = dict(registry.find("task", name).settings) if ":" not in name else {}
    parameters = inspect.signature(target).parameters.values()
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name not in fixed]
    if named and ":" in name and named[0].default is named[0].empty:
        named = named[1:]
    return [p.name for p in named if p.name not in ("fidelity", "seed", "report", "checkpoint")]


def imported(name: str) -> Any:
    """The object behind `package.module:function`."""
    if not IMPORT_PATH.fullmatch(name):
        raise ValueError(f"an import path looks like package.module:function, not {name!r}")
    module_name, _, attribute = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name + ".").startswith(error.name + "."):
            raise ValueError(
                f"there is no module {error.name!r}; it must be installed, or lie in this folder or beside the study"
            ) from None
        raise ValueError(f"importing {module_name} fails: {error}") from error
    except (Exception, SystemExit) as error:
        raise ValueError(f"importing {module_name} fails: {type(error).__name__}: {error}") from error
    try:
        return reduce(getattr, attribute.split("."), module)
    except AttributeError:
        close = get_close_matches(attribute, dir(module), 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"the module {module_name} has no {attribute!r}{hint}") from None


def _from_import_path(name: str, arguments: dict[str, Any], space: Space | None) -> Task:
    target = imported(name)
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
        try:
            inspect.signature(target).bind({}, **arguments)
        except TypeError as error:
            raise ValueError(f"{name} cannot be called with a configuration and these arguments: {error}") from None
        if space is None:
            raise ValueError(f"{name} is a function of a configuration, so a space is needed to search it in")
        task = FunctionTask(partial(target, **arguments), space, name)
    task.name, task.arguments = name, arguments
    return task


def _makes_a_task(target: Any, arguments: dict[str, Any]) -> bool:
    """A Task class, or a function that can be called with these arguments and no configuration."""
    if isinstance(target, type):
        return True
    try:
        inspect.signature(target).bind(**arguments)
    except TypeError:
        return False
    return True


@contextmanager
def importable(*folders: Path) -> Iterator[None]:
    """Modules in this folder and beside the study can be imported."""
    added = [p for p in map(str, (*folders, Path.cwd())) if p not in sys.path]
    sys.path += added
    try:
        yield
    finally:
        for p in added:
            with suppress(ValueError):
                sys.path.remove(p)
