"""What is said of a study that cannot be run, or cannot go on: one sentence, with the place in its file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from pydantic_core import ErrorDetails, PydanticCustomError

Place: TypeAlias = tuple[str | int, ...]


class StudyError(ValueError):
    """A study that cannot be run: one sentence with the file, the line, the path and what would be right.

    `line` is None where the study came from no file; `path` is, for example, ("space", "lr", "low")."""

    def __init__(self, text: str, file: str = "the study", line: int | None = None, path: Place = ()) -> None:
        where = [file, *([f"line {line}"] if line else []), *([".".join(map(str, path))] if path else [])]
        super().__init__(can_be_written(f"{', '.join(where)}: {text}"))
        self.text, self.file, self.line, self.path = text, file, line, path


class RunError(RuntimeError):
    """A run that cannot go on, in one sentence; what was found so far is in the trace."""


class ResourceError(RunError, ValueError):
    """What the study or the command asks for is not here: an engine, a cluster, a GPU. Nothing was run."""


def wrong(text: str, *at: str | int) -> PydanticCustomError:
    """An error of a model, `at` a place inside it."""
    return PydanticCustomError("study", "{text}", {"text": can_be_written(text), "at": at})


def can_be_written(text: str) -> str:
    """Half of a pair of characters, such as "\\ud800" in JSON, has no bytes: it is spelled out."""
    return text.encode(errors="backslashreplace").decode()


def error_at(text: str, file: str, path: Place, lines: Mapping[Place, int]) -> StudyError:
    return StudyError(text, file, line_of(path, lines), path)


def line_of(path: Place, lines: Mapping[Place, int]) -> int | None:
    """The line of the path, or of the nearest thing around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path)


def located(error: ErrorDetails, data: object) -> tuple[str, Place]:
    """One sentence and the path in the file; what pydantic adds to a path (the member of a union) is left out."""
    path: list[str | int] = []
    for part in (*error["loc"], *error.get("ctx", {}).get("at", ())):
        if (isinstance(data, dict) and part in data) or (isinstance(data, list) and isinstance(part, int)):
            path.append(part)
            data = data[part]
    kind, ctx, value = error["type"], error.get("ctx", {}), error.get("input")
    if kind.startswith("union_tag"):
        kinds = "float, int, choice, constant"
        if isinstance(value, dict) and "type" in value:
            return f"must be one of {kinds}, not {show(value['type'])}", (*path, "type")
        if isinstance(value, dict):
            return f"the key 'type' is missing: one of {kinds}", tuple(path)
    says = {
        "study": lambda: ctx["text"],
        "value_error": lambda: str(ctx["error"]),
        "literal_error": lambda: f"must be {ctx['expected']}, not {show(value)}",
        "int_type": lambda: f"must be a whole number, not {show(value)}",
        "int_from_float": lambda: f"must be a whole number, not {show(value)}",
        "float_type": lambda: f"must be a number, not {show(value)}",
        "finite_number": lambda: f"must be a finite number, not {show(value)}",
        "bool_type": lambda: f"must be true or false, not {show(value)}",
        "string_type": lambda: f"must be text, not {show(value)}",
        "list_type": lambda: f"must be a list, not {show(value)}",
        "dict_type": lambda: f"must be a mapping (key: value), not {show(value)}",
        "greater_than": lambda: f"must be above {ctx['gt']:g}, not {show(value)}",
        "greater_than_equal": lambda: f"must be at least {ctx['ge']:g}, not {show(value)}",
        "less_than": lambda: f"must be below {ctx['lt']:g}, not {show(value)}",
        "less_than_equal": lambda: f"must be at most {ctx['le']:g}, not {show(value)}",
        "too_short": lambda: f"must hold at least {ctx['min_length']}",
        "string_too_short": lambda: "must not be empty",
        "string_too_long": lambda: f"must have at most {ctx['max_length']} characters",
    }
    return (says[kind]() if kind in says else f"{error['msg'][:1].lower()}{error['msg'][1:]}"), tuple(path)


def show(value: object) -> str:
    """A value as it stands in YAML, cut short."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    try:
        text = json.dumps(value, ensure_ascii=False)
    except TypeError:
        text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
