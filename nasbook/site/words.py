"""Docstrings and a lesson's text as the site's Markdown, and where the links in them lead."""

from __future__ import annotations

import inspect
import posixpath
import re
from collections.abc import Callable
from urllib.parse import unquote

SPECIAL = re.compile(r"([\\*_<>$\[\]{}#|~`])")
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")


def escape(text: str) -> str:
    """Plain words that Markdown leaves as they are."""
    return SPECIAL.sub(r"\\\1", text)


def from_docstring(docstring: str | None) -> str:
    """A docstring as Markdown: `names` stay code, indented lines stay as they are laid out, all else is plain text."""
    lines: list[str] = []
    laid_out = False  # within indented lines, which begin after an empty one
    for line in inspect.cleandoc(docstring or "").splitlines():
        indented = line.startswith("    ")
        laid_out = indented and (laid_out or not lines or not lines[-1].strip()) or (laid_out and not line.strip())
        lines.append(line if laid_out else _prose(line))
    return "\n".join(lines)


def _prose(line: str) -> str:
    parts = re.split(r"(`[^`]+`)", line.strip())
    text = "".join(part if part.startswith("`") else escape(part) for part in parts)
    return re.sub(r"^(\d+)([.)])(?=\s)|^([-+])(?=\s)", lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", text)


def docstring_to_rst(lines: list[str]) -> None:
    """A docstring's lines as reStructuredText, in place: indented ones are laid out by hand, all else is plain text."""
    made: list[str] = []
    laid_out = False
    for line in lines:
        if not line.strip():
            made.append("")
            continue
        indented = line.startswith("    ")
        if indented and not laid_out and (not made or not made[-1]):
            made += ["::", ""]
            laid_out = True
        elif not indented:
            laid_out = False
        made.append(line if laid_out else _rst(line.strip()))
    lines[:] = made


def _rst(line: str) -> str:
    parts = re.split(r"(`[^`]+`)", line)
    text = "".join(f"`{p}`\\ " if p.startswith("`") else re.sub(r"([\\*|`]|(?<=\w)_(?!\w))", r"\\\1", p) for p in parts)
    return re.sub(r"^([-+•]|\d+[.)])(?=\s)", r"\\\1", text)


def relink(markdown: str, folder: str, leads: Callable[[str], str | None]) -> str:
    """Let each link of a text that stands in `folder` of the repository lead where `leads(path in the repository)`
    says; None: the words stay and the link goes. Links to places outside and within the page are left alone."""

    def link(found: re.Match[str]) -> str:
        words, target = found[1], found[2]
        if re.match(r"[a-z]+:|#|//", target):
            return found[0]
        path, _, anchor = target.partition("#")
        to = leads(posixpath.normpath(posixpath.join(folder, unquote(path))))
        return words if to is None else f"[{words}]({to}{'#' + anchor if anchor else ''})"

    return LINK.sub(link, markdown)
