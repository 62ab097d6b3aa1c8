"""A page for each method, from the registry, its file and what `nasbook about` knows of it."""

from __future__ import annotations

import ast
from itertools import groupby

from nasbook import registry
from nasbook.about import about
from nasbook.site.sources import Sources, block
from nasbook.site.words import escape, from_docstring
from nasbook.widgets.played import turned_to


def page(name: str, sources: Sources, lessons: dict[str, str], lab: str, still: str = "") -> str:
    """The page of a method as Markdown. `lessons` are titles by stem; `lab` is its lab, played, as HTML, `still` its
    picture as Markdown."""
    found = about(name)
    file = found.get("file", "")
    text = (sources.root / file).read_text(encoding="utf-8") if file else ""
    tree = ast.parse(text)
    parts = [
        f"# {name}",
        f"{escape(found['summary'][0].upper() + found['summary'][1:])}.",
        _facts(found, sources, lessons),
        f"## What it does\n\n{from_docstring(ast.get_docstring(tree))}",
        f"## Its picture\n\n{still or _unseen(found)}",
        _lab(name, lab, found),
        _settings(found["settings"]),
        f"## Its file\n\n`{file}`, class `{found['class']}`; the description above stands at its head, marked.\n\n"
        + block(text, emphasised=_head(tree)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(found: dict[str, str], sources: Sources, lessons: dict[str, str]) -> str:
    rows = {
        "Family": escape(found.get("family", "")),
        "Paper": escape(found.get("paper", "")),
        "Lessons": ", ".join(_taught(found, lessons)),
        "In a notebook": f'`nasbook.search("{found["name"]}", …)`',
        "Lab": f"`{found['lab']}`" if "lab" in found else "",
        "Picture": f"`{found['picture']}`" if "picture" in found else "",
        "Test": _file(found.get("test", ""), sources),
        "Benchmark": _file(found.get("benchmark", ""), sources),
    }
    head = f"| fact | {found['name']} |\n|---|---|\n"
    return head + "\n".join(f"| {what} | {said} |" for what, said in rows.items() if said)


def _unseen(found: dict[str, str]) -> str:
    """Why a method's page has no picture, and what draws one."""
    drawn = f" In a notebook `{found['picture']}` draws a search by it." if "picture" in found else ""
    return f"Nothing is trained for this page, so there is no picture of it here.{drawn}"


def _lab(name: str, lab: str, found: dict[str, str]) -> str:
    if not lab:
        shown = f" Lesson {found['lesson']} shows it without one." if "lesson" in found else ""
        return "## Its lab\n\n" + (
            f"`{found['lab']}`, in a notebook." if "lab" in found else f"No lab plays it.{shown}"
        )
    words = "" if turned_to(lab, name) else "As a lesson sets it. "
    raw = f"````{{raw}} html\n{lab}\n````"
    return f"## Its lab\n\n{words}In a notebook every control moves.\n\n{raw}"


def _taught(found: dict[str, str], lessons: dict[str, str]) -> list[str]:
    first = found.get("lesson", "")
    return [f"[{escape(title)}](../lessons/{stem}.ipynb)" for stem, title in lessons.items() if stem[:2] == first]


def _file(path: str, sources: Sources) -> str:
    to = sources.leads(path) if path else None
    return f"[`{path}`]({to})" if to else f"`{path}`" if path else ""


def _settings(settings: dict[str, tuple[object, str]]) -> str:
    if not settings:
        return ""
    rows = (f"| `{name}` | `{default!r}` | {escape(words)} |" for name, (default, words) in settings.items())
    return "## Settings\n\n| setting | default | meaning |\n|---|---|---|\n" + "\n".join(rows)


def _head(tree: ast.Module) -> str:
    """The lines of a file's docstring, as Sphinx counts them: "1-23"."""
    if ast.get_docstring(tree) is None:
        return ""
    return f"{tree.body[0].lineno}-{tree.body[0].end_lineno}"


def index() -> str:
    """All methods by family, as Markdown."""
    parts = ["# Methods", f"{len(registry.METHODS)} methods, each in one file that can be read from top to bottom."]
    families = sorted(registry.METHODS, key=lambda entry: FAMILIES.index(entry.family))
    for family, members in groupby(families, key=lambda entry: entry.family):
        rows = "\n".join(f"| [{e.name}]({e.name}.md) | {escape(e.summary)} | {escape(e.paper)} |" for e in members)
        parts.append(f"## {family[0].upper()}{family[1:]}\n\n| method | what it does | paper |\n|---|---|---|\n{rows}")
    tree = "\n".join(entry.name for entry in families)
    return "\n\n".join(parts) + f"\n\n```{{toctree}}\n:hidden:\n\n{tree}\n```\n"


FAMILIES = list(dict.fromkeys(entry.family for entry in registry.METHODS))
