"""What networks look at: an image and its maps side by side; of two networks, and their difference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import SubFigure
from numpy.typing import ArrayLike

from nasbook.plots import style
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

TITLES = {
    "saliency": "saliency",
    "smooth": "SmoothGrad",
    "integrated": "integrated grad.",
    "occlusion": "occlusion",
    "lime": "LIME",
}
SIGNED = ("integrated", "occlusion", "lime")
DIVERGING = "PuOr_r"  # neutral at 0: orange speaks for the class, purple against it


class LooksPicture(Picture):
    """A row for each network (two at most, then a row of differences), a column for each map.

    State: (image (H, W), {network: {map: (H, W)}}, a sentence)."""

    def __init__(self, networks: int, maps: tuple[str, ...]) -> None:
        super().__init__()
        self.maps, self.rows = maps, networks + (networks == 2)
        self.figsize = (style.WIDTH, 0.75 + 1.42 * self.rows)

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        w, h = style.size(fig)
        columns = len(self.maps) + 1
        wide = (w - 0.2 - 0.12 * (columns - 1)) / columns
        side = min(wide, 1.15)
        self.panels = []
        for row in range(self.rows):
            line = []
            for column in range(columns):
                x, top = 0.1 + column * (wide + 0.12), 0.72 + 1.42 * row
                ax = style.bare(style.axes(fig, x + (wide - side) / 2, h - top - side, w - x - (wide + side) / 2, top))
                line.append(ax)
                if row == 0 and column:
                    style.add_words(
                        fig,
                        (x + wide / 2) / w,
                        1 - 0.62 / h,
                        TITLES[self.maps[column - 1]],
                        ha="center",
                        fontsize=style.SMALL,
                    )
            self.panels.append(line)
        self.names = [
            self.live(style.add_words(fig, 0.1 / w, 1 - (0.68 + 1.42 * row) / h, fontsize=style.SMALL, va="bottom"))
            for row in range(self.rows)
        ]

    def update(self, state: tuple[np.ndarray, Mapping[str, Mapping[str, np.ndarray]], str]) -> bool:
        image, found, self.words = state
        self.found = found
        rows: list[tuple[str, np.ndarray | None, Mapping[str, np.ndarray]]] = [
            (name, image, maps) for name, maps in found.items()
        ]
        if len(rows) == 2:
            from nasbook.explain.network import difference

            one, two = found.values()
            rows.append(("difference", None, {m: difference(one[m], two[m]) for m in self.maps}))
        for (name, shown, maps), line, label in zip(rows, self.panels, self.names, strict=True):
            for ax in line:
                for drawn in [*ax.images]:
                    drawn.remove()
            label.set_text(style.shorten(style.named(name), 1.15))
            if shown is not None:
                line[0].imshow(shown, cmap="gray_r", interpolation="nearest")
            for ax, kind in zip(line[1:], self.maps, strict=True):
                far = float(np.abs(maps[kind]).max()) or 1.0
                if shown is None or kind in SIGNED:
                    norm = TwoSlopeNorm(0.0, -far, far)
                    ax.imshow(maps[kind], cmap=DIVERGING, norm=norm, interpolation="nearest")
                else:
                    ax.imshow(maps[kind], cmap=style.SEQUENTIAL, vmin=0, vmax=far, interpolation="nearest")
        self.say(self.words)
        return True

    def alt(self) -> str:
        parts = []
        for name, maps in self.found.items():
            peaks = []
            for kind, values in maps.items():
                i, j = np.unravel_index(int(np.abs(values).argmax()), values.shape)
                peaks.append(f"{TITLES[kind]} is largest in row {i + 1}, column {j + 1}")
            parts.append(f"{style.named(name)}: {', '.join(peaks)}")
        return f"{self.words}. {'; '.join(parts)}."


def looks(
    networks: Module | Mapping[str, Module],
    image: ArrayLike | Tensor,
    target: int | None = None,
    *,
    maps: Iterable[str] | None = None,
    truth: int | None = None,
) -> Figure:
    """What networks look at when they name a class. networks: one, or {name: network}, two at most; image (…, H, W);
    target: the class, by default the one that each chooses; maps: some of nasbook.explain.network.MAPS; truth: what the
    image is. ValueError for anything else."""
    from nasbook.explain.network import MAPS, asked

    named = networks if isinstance(networks, Mapping) else {"network": networks}
    kinds = tuple(maps or MAPS)
    if wrong := [k for k in kinds if k not in MAPS]:
        raise ValueError(f"looks: there is no map {wrong[0]!r}; there are {', '.join(MAPS)}")
    if not 1 <= len(named) <= 2:
        raise ValueError(f"looks: it draws one or two networks, not {len(named)}")
    found, chosen = {}, []
    for name, net in named.items():
        x, answer = asked(net, image, target)
        chosen.append((name, answer))
        found[str(name)] = {kind: np.asarray(MAPS[kind](net, x, answer), float) for kind in kinds}
    pixels = x.reshape(-1, *x.shape[-2:]).mean(0).cpu().numpy()
    said = " and ".join(f"{style.named(name, 16)} for {answer}" for name, answer in chosen)
    is_ = "" if truth is None else f" (it is {truth})"
    return LooksPicture(len(named), kinds).render_static((pixels, found, f"What speaks in {said}{is_}"))
