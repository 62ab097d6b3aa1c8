"""Tables and numbers in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence


def rows(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return "".join("| " + " | ".join(line) + " |\n" for line in (head, ["---"] * len(head), *lines))


def by_task(tasks: Sequence[str], lines: dict[str, Callable[[str], str]]) -> str:
    """A line for each label, a column for each task."""
    return rows(("", *tasks), ((label, *map(fact, tasks)) for label, fact in lines.items()))


def percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f}"


def two(*numbers: float) -> str:
    """1.00 / 0.50"""
    return " / ".join(f"{n:.2f}" for n in numbers)
