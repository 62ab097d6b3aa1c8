"""A site from notebooks and the package: see __init__.py."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nasbook import registry
from nasbook.site import book, folder, front, glossary, labs, lesson, methods, reference, run, stills
from nasbook.site.pictures import Pictures
from nasbook.site.sources import Sources

FRAMES = 12  # of a lab, at most


@dataclass(frozen=True)
class Report:
    """What was built: where, how large, and what went wrong."""

    out: Path
    pages: int
    bytes: int
    largest: str  # the page that is the largest with its pictures
    errors: tuple[str, ...]  # lessons that stopped: "03_acquisition.ipynb: cell 4: …"
    warnings: tuple[str, ...]  # of Sphinx


def build(
    out: str | Path,
    notebooks: str | Path,
    *,
    executed: str | Path | None = None,
    repository: str = "",
    frames: int = FRAMES,
    say: Callable[[str], None] = lambda sentence: None,
) -> Report:
    """Build the site into the folder `out`, from the lessons in `notebooks`.

    executed: a folder with the same lessons, run already; without one they are run first, which takes minutes.
    repository: OWNER/NAME or OWNER/NAME@BRANCH, so that each lesson can be opened on Binder.
    frames: how many a lab has at most. say: is told how it goes.

    A lesson that stops is in the report's errors; the rest is built. ValueError, in one sentence, for a folder that is
    not the site's own, for notebooks that are none, and where Sphinx is missing.
    """
    out, root = Path(out), Path(__file__).parents[2]
    folder.check(out)
    if lacking := book.missing():
        raise ValueError(lacking)
    ran = run.lessons(Path(notebooks), Path(executed) if executed else None, frames, say)
    with tempfile.TemporaryDirectory(prefix="nasbook-site-") as scratch:
        pages, site = Path(scratch, "pages"), Path(scratch, "site")
        _write(pages, site, ran, root, repository, frames)
        say(f"{sum(1 for p in pages.rglob('*') if p.is_file())} pages to lay out")
        warned = book.render(pages, site, Path(scratch, "doctrees"))
        (site / ".nojekyll").touch()  # GitHub Pages leaves folders such as _static out otherwise
        report = _report(out, site, ran, warned)
        folder.publish(site, out)
    return report


def _write(pages: Path, site: Path, ran: list[run.Lesson], root: Path, repository: str, frames: int) -> None:
    """All pages as Sphinx reads them, and the files that it does not make: pictures and notebooks."""
    import nbformat

    pictures, sources = Pictures(site), Sources(root, {lesson.page for lesson in ran})
    titles = {r.page: r.title for r in ran}
    drawn: list[lesson.Picture] = []
    played: dict[str, dict[str, str]] = {}  # by the number of the lesson, and the lab
    texts = {
        "lessons/index": front.lessons(ran),
        "methods/index": methods.index(),
    }
    for name in ("lessons", "methods", "reference", "sources"):
        (pages / name).mkdir(parents=True)
    (site / "notebooks").mkdir()
    for each in ran:
        made = lesson.page(each, pictures, front.bar(each, ran, repository), sources.leads)
        if not each.language:  # a translation draws and plays the same
            drawn += lesson.gallery(each, made)
            played[each.number] = lesson.frames(made)
        nbformat.write(made, pages / "lessons" / f"{each.page}.ipynb")
        (site / "notebooks" / each.file).parent.mkdir(exist_ok=True)
        shutil.copyfile(each.source, site / "notebooks" / each.file)
    for entry in registry.METHODS:
        shown = labs.of_method(entry.name, played, pictures, lesson.UP, frames)
        still = stills.of_method(entry, pictures, lesson.UP)
        texts[f"methods/{entry.name}"] = methods.page(entry.name, sources, titles, shown, still)
    texts["index"] = front.first(ran, repository, played)
    texts["glossary"] = glossary.page(ran)
    texts["gallery"] = front.gallery(drawn, titles)
    texts |= reference.pages() | sources.pages()
    for name, text in texts.items():
        (pages / f"{name}.md").write_text(text, encoding="utf-8")


def _report(out: Path, site: Path, ran: list[run.Lesson], warned: list[str]) -> Report:
    sizes = {page: _weight(page, site) for page in sorted(site.rglob("*.html"))}
    largest = max(sizes, key=lambda page: sizes[page])
    return Report(
        out,
        len(sizes),
        sum((site / name).stat().st_size for name in folder.files(site)),
        f"{largest.relative_to(site).as_posix()} ({sizes[largest] / 1e6:.1f} MB)",
        tuple(f"{r.file}: {r.error}" for r in ran if r.error),
        tuple(warned),
    )


def _weight(page: Path, site: Path) -> int:
    """The bytes of a page with its own pictures."""
    import re

    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"pictures/[0-9a-f]{16}\.\w+", text))
    return len(text.encode()) + sum((site / name).stat().st_size for name in named)
