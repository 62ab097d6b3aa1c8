"""Whose code a file may run: what a study or a trace names is data until somebody says otherwise.

    Trust(folder)                        the modules that lie in the study's own folder
    Trust(folder, ("mypackage",))        and those of a module or package that the user has named (--trust mypackage)

To look at a file (check, export, estimate, draw, replay) imports nothing that it names. To run it imports
`package.module:function` if `admit` lets it: first the module is looked for on disk, folder by folder, because asking
Python where a module lies already runs the packages around it; then it is imported; then the object must have been
made in such a module, and not only have been imported into one (`objective:os.system`).
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from importlib.machinery import all_suffixes
from pathlib import Path
from types import ModuleType
from typing import Any

from nasbook.space import Json
from nasbook.task import Task

IMPORT_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
UNKNOWN = "a place that Python does not tell"
OWN = "nasbook.tasks"  # the tasks of nasbook itself
ESTIMATOR = "nasbook.estimate:estimator"  # makes a task from the name of another


@dataclass(frozen=True)
class Trust:
    """Modules that lie in `folder`, and modules and packages that the user has named, may be imported."""

    folder: Path
    modules: tuple[str, ...] = ()

    @property
    def path(self) -> list[Path]:
        """Where modules are looked for besides where Python looks: named ones may lie in the working folder."""
        return [self.folder, *([Path.cwd()] if self.modules else [])]

    def names(self, module: str) -> bool:
        return any((module + ".").startswith(known + ".") for known in self.modules)

    def to_dict(self) -> Json:
        return {"folder": str(self.folder), "modules": list(self.modules)}

    @classmethod
    def from_dict(cls, row: Json) -> Trust:
        return cls(Path(row["folder"]), tuple(row["modules"]))


def typed(name: str, modules: Sequence[str] = ()) -> Trust:
    """For a task that the user has typed: of this folder, or of the module that was named by typing it, unless that is
    Python's own."""
    module = name.partition(":")[0]
    top = module.partition(".")[0]
    here = Path.cwd()
    named = () if top in sys.stdlib_module_names or locate(module, here) else (top,)
    return Trust(here, (*modules, *named))


def check_form(name: str) -> None:
    """ValueError for what is no import path, and for what no study may name whoever is trusted."""
    if not IMPORT_PATH.fullmatch(name):
        raise ValueError(f"an import path looks like package.module:function, not {name!r:.80}")
    if hidden := next((p for p in re.split("[.:]", name) if p.startswith("__")), None):
        raise ValueError(f"{name} goes through {hidden}, which is Python's own; name a function or a Task")


def check_origin(name: str, trust: Trust) -> None:
    """ValueError if `admit` would refuse this module without asking anybody: there is none, or it is Python's own."""
    check_form(name)
    module = name.partition(":")[0]
    top = module.partition(".")[0]
    if trust.names(module) or is_own(name):
        return
    if top in sys.stdlib_module_names:
        raise ValueError(
            f"{top} is Python's own module, and a study runs nothing of it: name a function of a module in the study's "
            f"folder (a file {top}.py there needs another name)"
        )
    if top == "nasbook":
        raise ValueError(f"of nasbook's own code a study may only name the tasks in {OWN}")
    if locate(module, trust.folder) is None and _elsewhere(top) is None:
        raise ValueError(
            f"there is no module {module!r}; it must lie beside the study, or be installed and trusted (--trust {top})"
        )


def is_own(name: str) -> bool:
    """Is it a module of nasbook's tasks, or what makes an estimator of one?"""
    return name == ESTIMATOR or (name.partition(":")[0] + ".").startswith(OWN + ".")


def outside(name: str, trust: Trust) -> str | None:
    """Why this module is not imported as things are: it lies elsewhere, and nobody has named it. None: it is."""
    module = name.partition(":")[0]
    if locate(module, trust.folder) or trust.names(module) or is_own(name):
        return None
    top = module.partition(".")[0]
    return (
        f"{name} lies outside the study's folder ({_place(top)}), so it is not run; if you trust it, say --trust {top} "
        f'(in Python: trust=["{top}"])'
    )


def admit(name: str, trust: Trust) -> Any:
    """The object behind `package.module:function`, imported if `trust` covers it; ValueError says why not."""
    check_origin(name, trust)
    module_name, _, attribute = name.partition(":")
    if name == ESTIMATOR:
        return getattr(_import(module_name), attribute)
    where = locate(module_name, trust.folder)
    if refusal := outside(name, trust):
        raise ValueError(refusal)
    if where and not trust.names(module_name):
        _make_way(module_name, trust.folder)
    with importable(*trust.path):
        module = _import(module_name)
    if where and not trust.names(module_name) and not _same(getattr(module, "__file__", None), where):
        raise ValueError(
            f"{module_name} was meant to be {where}, but another module of that name comes first "
            f"({_place(module_name)}); rename the file"
        )
    found: object = module
    for part in attribute.split("."):
        if isinstance(found, ModuleType) and found is not module:
            raise ValueError(_foreign(name, found.__name__))
        holder, found = found, getattr(found, part, found)
        if found is holder:
            close = get_close_matches(part, dir(holder), 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise ValueError(f"the module {module_name} has no {attribute!r}{hint}")
        if isinstance(holder, type) and not _is_ours(holder, trust):
            raise ValueError(_foreign(name, holder.__module__))
    if is_own(name) and not _is_task(found):
        raise ValueError(f"of nasbook's own code a study may only name tasks, and {name} is none")
    if callable(found) and not _is_ours(found, trust):
        raise ValueError(_foreign(name, str(getattr(_inner(found), "__module__", None) or type(found).__name__)))
    return found


# ---- where a module lies ---------------------------------------------------------------------------------


def locate(module: str, folder: Path) -> Path | None:
    """The file of a module in this folder, found without importing the packages around it; None if it is not there.

    A link that leads out of the folder is not in it."""
    folder = place = folder.resolve()
    found: Path | None = None
    for part in module.split("."):  # the packages around it are imported before it
        inits = (place / part / f"__init__{suffix}" for suffix in all_suffixes())
        files = (place / f"{part}{suffix}" for suffix in all_suffixes())
        found = next((f for f in (*inits, *files) if f.is_file()), None)
        if found and not found.resolve().is_relative_to(folder):
            return None
        place = place / part
    return found and found.resolve()


def _elsewhere(top: str) -> str | None:
    """Where Python would find a top-level module, which it can say without running anything; None if nowhere."""
    with suppress(ValueError, ImportError, AttributeError):
        if loaded := sys.modules.get(top):
            return getattr(loaded, "__file__", None) or UNKNOWN
        if spec := importlib.util.find_spec(top):
            return spec.origin or next(iter(spec.submodule_search_locations or ()), None) or UNKNOWN
    here = locate(top, Path.cwd())
    return str(here) if here else None


def _place(module: str) -> str:
    return _elsewhere(module.partition(".")[0]) or "it cannot be found"


def _same(file: str | None, where: Path) -> bool:
    return file is not None and Path(file).resolve() == where


_imported: set[str] = set()  # top-level modules that came from a study's folder


def _make_way(module: str, folder: Path) -> None:
    """Another study's module of the same name makes way; anything else of that name is in the way, in a ValueError."""
    top = module.partition(".")[0]
    here = {locate(top, folder), folder.resolve() / top}  # a package without __init__.py is a folder
    loaded = sys.modules.get(top)
    if loaded is not None and top in _imported:
        file = getattr(loaded, "__file__", None) or next(iter(getattr(loaded, "__path__", ())), "")
        if Path(file).resolve() not in here:
            for name in [n for n in sys.modules if (n + ".").startswith(top + ".")]:
                del sys.modules[name]
    origin = _elsewhere(top)
    if origin not in (None, UNKNOWN) and Path(str(origin)).resolve() not in here:
        raise ValueError(
            f"{top} in the study's folder has the name of another module ({origin}), which comes first; rename it"
        )
    _imported.add(top)


# ---- importing -------------------------------------------------------------------------------------------


def _import(name: str) -> ModuleType:
    try:
        importlib.invalidate_caches()  # the file may be new
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name + ".").startswith(error.name + "."):
            raise ValueError(
                f"there is no module {error.name!r}; it must lie beside the study, or be installed and trusted"
            ) from None
        raise ValueError(f"importing {name} fails: {error}") from error
    except (Exception, SystemExit) as error:
        raise ValueError(f"importing {name} fails: {type(error).__name__}: {error}") from error


@contextmanager
def importable(*folders: Path) -> Iterator[None]:
    """Modules in these folders, by default the working folder, can be imported; what is installed comes first."""
    added = [p for p in map(str, folders or (Path.cwd(),)) if p not in sys.path]
    sys.path += added
    try:
        yield
    finally:
        for p in added:
            with suppress(ValueError):
                sys.path.remove(p)


# ---- whose an object is ----------------------------------------------------------------------------------


def _inner(found: object) -> object:
    """The function inside a partial."""
    while isinstance(found, partial):
        found = found.func
    return found


def _is_task(found: object) -> bool:
    """A Task, a class of Tasks, or a method of such a class that makes one."""
    if isinstance(found, Task) or (isinstance(found, type) and issubclass(found, Task)):
        return True
    maker = getattr(found, "__self__", None)
    return isinstance(maker, type) and issubclass(maker, Task)


def _is_ours(found: object, trust: Trust) -> bool:
    """Was it made in a module that may be imported? Tasks may come from anywhere."""
    found = _inner(found)
    if _is_task(found):
        return True
    owner = getattr(found, "__module__", None)
    if not isinstance(owner, str):
        return False
    if trust.names(owner):
        return True
    if (owner + ".").startswith("nasbook."):  # a checkout may be the study's folder
        return False
    file = getattr(sys.modules.get(owner), "__file__", None)
    where = locate(owner, trust.folder)
    return where is not None and _same(file, where)


def _foreign(name: str, owner: str) -> str:
    return (
        f"{name} was not made in that module, but comes from {owner}, so it is not run: name a function that the "
        f"module defines itself, or trust {owner.partition('.')[0]} (--trust {owner.partition('.')[0]})"
    )
