"""A notebook whose Python has no torch, in a browser say: a cell that needs it fails in one sentence and without a
traceback, and so does a later one that uses what it was to make."""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Callable
from importlib.util import find_spec
from types import TracebackType
from typing import Any

ON = "; what does without it goes on in the next cell"


def listen(sentence: Callable[[str], str]) -> None:
    """From now on, say it in IPython's place, if there is no torch. sentence(what): the words for what needs it."""
    shell = getattr(sys.modules["IPython"], "get_ipython", lambda: None)()  # it may be half imported
    if shell is None or has_torch():
        return
    unmade: dict[str, object] = {}  # what cells that failed were to make, and what the name stood for when they did

    def told(shell: Any, kind: type[Exception], error: Exception, tb: TracebackType, tb_offset: object = None) -> None:
        rest, whole = sources(shell, tb)
        used = sorted(n for n in read(whole) if n in unmade and shell.user_ns.get(n) is unmade[n])
        words = None
        if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == "torch":
            words = str(error) if "needs torch" in str(error) else sentence("this cell")
        elif isinstance(error, NameError) and error.name in unmade:
            words = sentence(f"the cell that makes {error.name}")
        elif used:
            why = sentence(f"the cell that makes {' and '.join(used)}")
            words = f"{kind.__name__}: {error}, perhaps because {why}"
        if words:
            unmade.update({n: shell.user_ns.get(n) for n in made(rest)})
            if isinstance(error, ImportError):
                error.msg = words + ON
            error.args = (words + ON,)
            error._render_traceback_ = lambda: [words + ON]  # type: ignore[attr-defined]
        shell.showtraceback((kind, error, tb), tb_offset=tb_offset)

    shell.set_custom_exc((Exception,), told)


def has_torch() -> bool:
    try:
        return find_spec("torch") is not None
    except (ImportError, ValueError):
        return False


def sources(shell: Any, tb: TracebackType | None) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """Of the cell that failed, the statements from the one that did on, and all."""
    while tb is not None and tb.tb_frame.f_globals is not shell.user_ns:
        tb = tb.tb_next
    if tb is None:
        return [], []
    try:
        whole = ast.parse("".join(linecache.getlines(tb.tb_frame.f_code.co_filename))).body
    except SyntaxError:  # a magic command
        return [], []
    return [s for s in whole if (s.end_lineno or 0) >= tb.tb_lineno], whole


def read(code: list[ast.stmt]) -> set[str]:
    """The names that it reads."""
    return {n.id for s in code for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def made(code: list[ast.stmt]) -> set[str]:
    """The names that it assigns, or assigns a part of."""
    found: set[str] = set()
    for node in (n for s in code for n in ast.walk(s)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(getattr(node, "ctx", None), ast.Store):
            while isinstance(node, ast.Subscript | ast.Attribute):
                node = node.value
            if isinstance(node, ast.Name):
                found.add(node.id)
    return found
