"""A picture of plots/ in a notebook, many times a second.

The picture copies its background and draws only what moved (see nasbook.plots.picture); the pixels become a PNG with a
palette, which is small and quick to make; the page gets the PNG and the picture's description. One lock per picture,
because callbacks and the search's thread may draw at the same time.
"""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from nasbook.plots.picture import Picture
from nasbook.widgets.pick import ClickImage

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = 256


def to_png(pixels: np.ndarray, colours: int = COLOURS) -> bytes:
    """Pixels (height, width, 4) uint8, opaque -> PNG with a palette of so many colours."""
    size = pixels.shape[1], pixels.shape[0]
    image = Image.frombuffer("RGBA", size, np.ascontiguousarray(pixels), "raw", "RGBA", 0, 1).convert("RGB")
    image = image.quantize(colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette = np.array(image.getpalette())
    palette[palette == 254] = 255  # the octree's white is a shade too dark
    image.putpalette(palette.tolist())
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


class Live:
    """Draws a `Picture` into a `ClickImage`. `use` exchanges the picture; the frame on the page keeps its size until
    the next `draw`. All methods may be called from any thread."""

    def __init__(self, image: ClickImage, picture: Picture | None = None) -> None:
        self.image = image
        self.lock = threading.RLock()
        self.drawn = False
        self.picture: Picture
        if picture is not None:
            self.use(picture)

    def use(self, picture: Picture) -> None:
        with self.lock:
            self.picture, self.drawn = picture, False
            fig = picture.make_figure()
            self.image.width, self.image.height = fig.canvas.get_width_height()

    def draw(self, state: object) -> None:
        """Show a state of the picture, with its alt text."""
        with self.lock:
            png = to_png(self.picture.frame(state))
            self.image.put(png, self.picture.alt())
            self.drawn = True

    def locate(self, x: float, y: float) -> tuple[Axes, float, float] | None:
        """Fractions of the picture -> (axes, x, y) in the units of the axes; None outside, and where the picture has
        not been drawn: what was clicked is an earlier one."""
        with self.lock:
            return self.picture.locate(x, y) if self.drawn else None

    def areas(self, *axes: Axes) -> list[tuple[float, float, float, float]]:
        """Where these axes are: (left, top, width, height) in fractions, for `ClickImage.areas`."""
        with self.lock:
            w, h = self.picture.make_figure().canvas.get_width_height()
            boxes = [ax.bbox for ax in axes]  # pixels: positions would be those in a part of the figure
        return [(b.x0 / w, 1 - b.y1 / h, b.width / w, b.height / h) for b in boxes]
