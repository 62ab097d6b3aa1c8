"""A network that moves to another task: test error by the number of target images, for each way of going on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import NullLocator
from matplotlib.typing import LineStyleType

from nasbook.plots import style
from nasbook.plots.data import bootstrap
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, Limits, plural

LOOKS: dict[str, tuple[str, str, LineStyleType, str]] = {  # of a way: its name in words, colour, dash, marker
    "scratch": ("from scratch", style.BASELINE, style.DASH, "o"),
    "searched": ("searched anew", style.INK, (0, (1, 1.2)), "D"),
    "frozen": ("the head alone", style.BLUE, "-", "s"),
    "partly": ("the second half", style.GREEN, (0, (5, 2)), "^"),
    "all": ("all of it", style.RED, (0, (3, 1, 1, 1)), "v"),
}

Errors = Mapping[str, np.ndarray]  # way -> (seeds, numbers of images) test errors in %


class FineTuningPicture(Picture[Mapping[str, Errors]]):
    """One panel a source, mean over the seeds with its 95 % bootstrap band. State: {source: {way: errors}}."""

    figsize = (style.WIDTH, 3.6)

    def __init__(self, images: Sequence[int], sources: Sequence[str]) -> None:
        super().__init__()
        self.images, self.sources = list(images), list(sources)

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        style.key(fig, [(words, style.line(c, ls, marker=m, ms=4)) for words, c, ls, m in LOOKS.values()])
        w, _ = style.size(fig)
        each = (w - 0.8) / len(self.sources)
        self.panels = {}
        for k, source in enumerate(self.sources):
            left = 0.68 + k * each
            ax = style.axes(fig, left, 0.5, w - left - each + 0.2, 1.08)
            ax.set(xscale="log", xlabel="images of the target", xlim=(self.images[0] / 1.15, self.images[-1] * 1.15))
            ax.set_xticks(self.images, [str(n) for n in self.images])
            ax.xaxis.set_minor_locator(NullLocator())
            ax.tick_params(labelleft=k == 0)
            style.add_words(
                ax, 0, 1.03, f"learned before on {source}", axes_fraction=True, va="bottom", fontsize=style.SMALL
            )
            self.panels[source] = ax
        next(iter(self.panels.values())).set_ylabel("test error (%)")

    def update(self, state: Mapping[str, Errors]) -> bool:
        self.state, limits = state, Limits(low=0.0, high=1.0)
        for source, ax in self.panels.items():
            for way, errors in state[source].items():
                _, colour, ls, marker = LOOKS[way]
                low, high = bootstrap(errors, 400)
                style.set_band(style.polygon(ax, colour, 0.15), np.array(self.images, float), low, high)
                ax.plot(self.images, errors.mean(0), color=colour, ls=ls, marker=marker, ms=4, zorder=3)
                limits.include(high)
        for ax in self.panels.values():
            ax.set_ylim(0, limits.high)
        source, of = self.sources[0], state[self.sources[0]]
        few = {way: float(errors[:, 0].mean()) for way, errors in of.items()}
        best = min(few, key=lambda way: few[way])
        seeds = plural(len(of[best]), "seed")
        self.say(
            f"{self.images[0]} images after {source}: {LOOKS[best][0]} {few[best]:.0f} % wrong, "
            f"from scratch {few['scratch']:.0f} % ({seeds})"
        )
        return True

    def alt(self) -> str:
        told = []
        for source in self.sources:
            few = ", ".join(f"{LOOKS[w][0]} {e[:, 0].mean():.1f} %" for w, e in self.state[source].items())
            many = ", ".join(f"{LOOKS[w][0]} {e[:, -1].mean():.1f} %" for w, e in self.state[source].items())
            told.append(f"Learned before on {source}, {self.images[0]} images: {few}; {self.images[-1]}: {many}.")
        return "Test errors of a network that moves to digits. " + " ".join(told)


def fine_tuning(state: Mapping[str, Errors], images: Sequence[int]) -> Figure:
    """A still picture: {source: {way: (seeds, numbers of images) errors in %}}."""
    return FineTuningPicture(images, list(state)).render_static(state)
