"""Pictures that stand in a page as text, moved into files beside it: shared by all pages, loaded when seen."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
from pathlib import Path

DATA = re.compile(r"data:image/(png|webp|jpeg|gif|svg\+xml);base64,([A-Za-z0-9+/=\s]+)")
IMG = re.compile(r"<img\b[^>]*>")


class Pictures:
    """The folder of a site's pictures. Each is named after its bytes, so that the same picture is there once."""

    def __init__(self, site: Path, folder: str = "pictures") -> None:
        self.site, self.folder = site, folder
        (site / folder).mkdir(parents=True, exist_ok=True)

    def keep(self, data: bytes, kind: str) -> str:
        """Put a picture into the folder; its path from the root of the site."""
        ending = {"jpeg": "jpg", "svg+xml": "svg"}.get(kind, kind)
        name = f"{self.folder}/{hashlib.sha256(data).hexdigest()[:16]}.{ending}"
        (self.site / name).write_bytes(data)
        return name

    def out_of(self, html: str, up: str) -> str:
        """The HTML, with each picture in it as a link to its file; `up` leads from its page to the root."""

        def moved(found: re.Match[str]) -> str:
            try:
                data = base64.b64decode(found[2], validate=False)
            except binascii.Error:
                return found[0]
            return up + self.keep(data, found[1])

        return IMG.sub(lambda found: _sized(found[0], up, self.site), DATA.sub(moved, html))


def moved_up(html: str, up: str) -> str:
    """HTML of a page below the root, for one at the root: the links to its pictures, and nothing else."""
    return re.sub(re.escape(up) + r'(?=pictures/[0-9a-f]{16}\.\w+")', "", html)


def _sized(tag: str, up: str, site: Path) -> str:
    """An <img> that keeps its room while it is not there yet, and waits until it is seen."""
    found = re.search(r'\ssrc="([^"]*)"', tag)
    if not found or not found[1].startswith(f"{up}pictures/"):
        return tag
    if " loading=" not in tag:
        tag = tag.replace("<img", '<img loading="lazy"', 1)
    if not re.search(r"\sheight=", tag) and (size := size_of(site / found[1].removeprefix(up))):
        width = re.search(r'\swidth="(\d+)"', tag)
        shown = int(width[1]) if width else size[0]
        more = "" if width else f' width="{shown}"'
        tag = tag.replace("<img", f'<img{more} height="{round(size[1] * shown / size[0])}"', 1)
    return tag


def size_of(path: Path) -> tuple[int, int] | None:
    """(width, height) of a picture in pixels; None for what is no raster image."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            return image.size
    except (UnidentifiedImageError, OSError):
        return None
