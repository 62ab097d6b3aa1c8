"""What a module's source says of one of its functions or classes, read and not run.

    outline("objective:learn", folder).takes      ["pause"], the arguments besides the configuration

What cannot be read off the text (a class that inherits its arguments, a name that is computed) is None: not known.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from nasbook.scale.trust import locate
from nasbook.task import CONTEXT

MOST_BYTES = 2_000_000  # of a source file that is worth reading


@dataclass(frozen=True)
class Outline:
    """Arguments of a function or a class."""

    takes: list[str] | None  # besides the configuration and what a search gives; None: not known
    context: tuple[str, ...] = ()  # of fidelity, seed, report and checkpoint, those that it takes


def outline(name: str, folder: Path) -> Outline:
    """Of `package.module:function` in this folder. ValueError if the file is there and does not define the name."""
    module, _, attribute = name.partition(":")
    file = locate(module, folder)
    tree = _parsed(file) if file else None
    if tree is None:
        return Outline(None)
    defined = _defined(tree)
    first, _, rest = attribute.partition(".")
    if defined is not None and first not in defined:
        close = get_close_matches(first, defined, 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"the module {module} has no {first!r}{hint}")
    node = None if rest or defined is None else defined[first]
    if getattr(node, "decorator_list", None):  # which may give it other arguments
        return Outline(None)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return _of_function(node.args, method=False)
    if isinstance(node, ast.ClassDef):
        init = next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
        return _of_function(init.args, method=True) if init else Outline(None)
    return Outline(None)


def _parsed(file: Path) -> ast.Module | None:
    """None for what is no readable source: an extension module, a file that is cut off, one that is absurdly nested."""
    try:
        if file.suffix != ".py" or file.stat().st_size > MOST_BYTES:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _defined(tree: ast.Module) -> dict[str, ast.AST] | None:
    """The names that a module has when it is imported, as far as its text tells; None if it may have any."""
    found: dict[str, ast.AST] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.setdefault(node.name, node) if node in tree.body else found.setdefault(node.name, ast.Pass())
            if node.name == "__getattr__":
                return None
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                if alias.name == "*":
                    return None
                found[alias.asname or alias.name.partition(".")[0]] = node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("globals", "exec"):
            return None
    return found


def _of_function(arguments: ast.arguments, method: bool) -> Outline:
    plain = [*arguments.posonlyargs, *arguments.args]
    names = [a.arg for a in plain]
    names = names[1:] if method or len(plain) > len(arguments.defaults) else names
    names += [a.arg for a in arguments.kwonlyargs]
    takes = None if arguments.kwarg else [n for n in names if n not in CONTEXT]
    return Outline(takes, CONTEXT if arguments.kwarg else tuple(n for n in names if n in CONTEXT))
