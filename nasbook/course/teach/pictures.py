"""The pictures of a lesson for its slides: those that its cells draw, and of each lab the end of its search."""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

WIDEST = 1200  # pixels: more no projector shows
LAB = re.compile(
    r'class="nb-frames".*?<img src="data:image/\w+;base64,([^"]*)" alt="([^"]*)".*?nb-said">(.*?)</p>', re.S
)
ALT = re.compile(r'<img[^>]* alt="([^"]*)"')


@dataclass(frozen=True)
class Picture:
    """An image, WebP without loss, what it shows, and what a lab says of it."""

    image: bytes
    alt: str
    width: int
    height: int
    said: str = ""

    @property
    def html(self) -> str:
        data = base64.b64encode(self.image).decode()
        caption = f"<figcaption>{html.escape(self.said)}</figcaption>" if self.said else ""
        alt = html.escape(self.alt)
        tall = ' class="tall"' if self.said and self.height > 0.8 * self.width else ""
        return f'<figure{tall}><img src="data:image/webp;base64,{data}" alt="{alt}">{caption}</figure>'


def pictures(notebook: NotebookNode) -> dict[int, list[Picture]]:
    """Number of a cell -> the pictures in its outputs; the notebook has been run."""
    found = {i: list(_of_cell(cell)) for i, cell in enumerate(notebook["cells"])}
    return {i: shown for i, shown in found.items() if shown}


def _of_cell(cell: NotebookNode) -> Iterator[Picture]:
    for out in cell.get("outputs", ()):
        data = out.get("data", {})
        text = "".join(data.get("text/html", ""))
        if lab := LAB.search(text):
            yield _light(lab[1], html.unescape(lab[2]), html.unescape(lab[3]))
        elif png := "".join(data.get("image/png", "")):
            alt = ALT.search(text)
            yield _light(png, html.unescape(alt[1]) if alt else "".join(data.get("text/plain", "")))


def _light(base: str, alt: str, said: str = "") -> Picture:
    """A picture in base 64, made smaller."""
    from PIL import Image

    out = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(base))) as image:
        shown = image.convert("RGB")
        shown.thumbnail((WIDEST, WIDEST))
        shown.save(out, "WEBP", lossless=True, quality=50, method=3)
    return Picture(out.getvalue(), alt, *shown.size, said)
