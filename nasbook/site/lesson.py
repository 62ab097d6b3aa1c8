"""A lesson's page: the executed notebook as MyST-NB reads it, its pictures beside it, nothing that needs a kernel."""

from __future__ import annotations

import base64
import copy
import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nasbook.site.pictures import Pictures
from nasbook.site.run import Lesson
from nasbook.site.words import escape, relink

if TYPE_CHECKING:
    from nbformat import NotebookNode

WIDGET = "application/vnd.jupyter.widget-view+json"
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
UP = "../"  # from a lesson's page to the root of the site
IMG = re.compile(r'<img\b[^>]*?\bsrc="(?P<src>[^"]+)"[^>]*>')
FRAMES = re.compile(r'<div class="nb-frames" data-lab="([^"]+)".*?</script>\s*</div>', re.S)


@dataclass(frozen=True)
class Picture:
    """A picture that a lesson draws, for the gallery."""

    src: str  # from the root of the site
    alt: str
    tag: str  # the whole <img>, as it stands in the lesson
    page: str  # "lessons/03_acquisition"


def page(lesson: Lesson, pictures: Pictures, bar: str, leads: Callable[[str], str | None]) -> NotebookNode:
    """The notebook of a page. `bar` opens or downloads it; `leads` says where the links in its text go."""
    import nbformat

    cells = []
    for i, cell in enumerate(lesson.notebook.cells):
        if "check" in cell.metadata.get("nasbook", {}):
            continue  # what it says of an answer that nobody has given yet
        made = copy.deepcopy(cell)
        made.id = f"cell-{i}"
        made.metadata = nbformat.NotebookNode()
        if cell.cell_type == "markdown":
            made.source = relink(cell.source, f"notebooks/{lesson.language}".rstrip("/"), leads)
        elif cell.cell_type == "code":
            made.outputs = _outputs(cell.outputs, pictures)
        cells.append(made)
    if not lesson.heading:
        cells.insert(0, nbformat.v4.new_markdown_cell(f"# {escape(lesson.title)}", id="heading"))
    cells.insert(1, nbformat.v4.new_markdown_cell(bar, id="bar"))
    if lesson.error:
        words = (
            f"> **This page ends early.** When the site was built, the lesson stopped at {html.escape(lesson.error)}"
        )
        cells.insert(2, nbformat.v4.new_markdown_cell(words, id="error"))
    language = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata={**language, "language_info": {"name": "python"}})


def frames(made: NotebookNode) -> dict[str, str]:
    """The labs on a lesson's page, played from pictures: HTML by the name of the lab, for a page beside it."""
    texts = (out.get("data", {}).get("text/html", "") for cell in made.cells for out in cell.get("outputs", ()))
    return {found[1]: found[0] for text in texts for found in FRAMES.finditer(text)}


def _outputs(outputs: Sequence[NotebookNode], pictures: Pictures) -> list[NotebookNode]:
    """What a reader sees of a cell's outputs: text and pictures. Tracebacks, progress bars and widgets are none."""
    seen = []
    for out in copy.deepcopy(list(outputs)):
        out.metadata = type(out)()
        if out.output_type == "stream":
            if out.name == "stderr" and ("\r" in out.text or not out.text.strip()):
                continue
            out.pop("metadata", None)
            out.text = ANSI.sub("", _overwritten(out.text))
        elif out.output_type == "error":
            said = f"{out.ename}: {out.evalue}"
            out = type(out)(output_type="stream", name="stderr", text=ANSI.sub("", said))
        elif not _shown(out.data, pictures):
            continue
        seen.append(out)
    return seen


def _shown(data: dict[str, str], pictures: Pictures) -> bool:
    """Leave one form of an output, the one that a page shows; False if there is none but a widget's."""
    widget = data.pop(WIDGET, None)
    if "text/html" in data:
        kept = {"text/html": pictures.out_of(data["text/html"], UP)}
    elif widget is not None:
        return False  # buttons of a kernel that is gone; what it asks stands in the text above
    elif "image/png" in data:
        src = UP + pictures.keep(base64.b64decode(data["image/png"]), "png")
        alt = html.escape(str(data.get("text/plain", "")))
        kept = {"text/html": f'<img alt="{alt}" loading="lazy" src="{src}">'}
    else:
        kept = {k: v for k, v in data.items() if k in ("text/markdown", "text/plain")}
    data.clear()
    data.update(kept)
    return bool(kept)


def _overwritten(text: str) -> str:
    """What a terminal would show of lines that begin anew."""
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))


def gallery(lesson: Lesson, made: NotebookNode) -> list[Picture]:
    """The pictures on a lesson's page that describe themselves."""
    found = []
    for cell in made.cells:
        for out in cell.get("outputs", ()):
            text = out.get("data", {}).get("text/html", "")
            if not text.startswith("<img"):
                continue
            tag = IMG.match(text)
            alt = re.search(r'\balt="([^"]*)"', tag[0]) if tag else None
            if tag and alt and alt[1]:
                found.append(Picture(tag["src"].removeprefix(UP), alt[1], tag[0], f"lessons/{lesson.page}"))
    return found
