"""A pipeline as a graph whose nodes are on or off, and what a search over it promises beside what it keeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import MaxNLocator

from nasbook.plots import style
from nasbook.plots.picture import Picture
from nasbook.plots.style import Figure, plural

NODES = ("rows", "fill", "scale", "features", "model", "score")
WIDE, HIGH, APART = 0.82, 0.46, 1.0  # of a box, and from one to the next
EARLY, LATE = 0.5, 3.5  # where the rows are split: before all that learns, or after the choice of features


@dataclass(frozen=True)
class PipelineState:
    """off: nodes that pass the rows through. model: the words in its box. leak: the split comes late. errors and
    tests (n,): of each trial, in per cent, cross-validated and on untouched rows."""

    off: frozenset[str]
    model: str
    leak: bool
    errors: np.ndarray
    tests: np.ndarray


class PipelinePicture(Picture[PipelineState]):
    """Top: the pipeline from left to right, and the split, which may stand in the wrong place. Bottom: the trials, the
    best of them so far, and what that one is worth on rows that no trial has seen.

    guess: the error of who looks at no column, in per cent. Clicks on nodes are found by `node`.
    """

    figsize = (style.WIDTH, 4.7)

    def __init__(self, trials: int, guess: float) -> None:
        super().__init__()
        self.trials, self.guess = trials, guess
        self.high = min(100.0, 1.35 * guess)

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        _, h = style.size(fig)
        self.graph = style.bare(style.axes(fig, 0.15, h - 1.75, 0.15, 0.45))
        self.graph.set(xlim=(-0.55, len(NODES) - 0.45), ylim=(-0.75, 0.75))
        self.boxes, self.words = {}, {}
        for x, name in enumerate(NODES):
            box = FancyBboxPatch((x - WIDE / 2, -HIGH / 2), WIDE, HIGH, boxstyle="round,pad=0,rounding_size=0.06")
            self.boxes[name] = self.live(self.graph.add_patch(box))
            self.words[name] = self.live(
                self.graph.text(x, 0, "", ha="center", va="center", fontsize=style.SMALL, zorder=4)
            )
            if x:
                arrow = {"arrowstyle": "-|>", "color": style.GREY, "lw": 1.4}
                self.graph.annotate("", (x - WIDE / 2, 0), (x - 1 + WIDE / 2, 0), arrowprops=arrow)
        self.split = self.live(self.graph.plot([], [], lw=2.4, zorder=5)[0])
        self.said = self.live(
            self.graph.text(0, 0.68, "", ha="center", va="top", fontsize=style.SMALL, weight="bold", zorder=6)
        )

        self.ax = style.axes(fig, 0.62, 0.5, 0.15, 2.3)
        self.ax.set(
            xlim=(0.5, self.trials + 0.5), ylim=(-0.04 * self.high, self.high), xlabel="trial", ylabel="% wrong"
        )
        self.ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
        self.ax.axhline(self.guess, color=style.LIGHT, lw=1.2, zorder=1)
        entries = [
            ("cross-validated trial", style.dot(style.TRIAL)),
            ("best so far", style.line(style.INCUMBENT)),
            ("it on untouched rows", style.line(style.HIDDEN, style.DASH)),
            ("a guess", style.line(style.LIGHT)),
        ]
        style.key(fig, entries, left=0.62, top=2.02)
        self.dots = self.live(self.ax.plot([], [], ls="none", marker="o", ms=5, color=style.TRIAL, zorder=3)[0])
        steps: dict[str, object] = {"drawstyle": "steps-post", "lw": 2.2, "zorder": 4}
        self.best = self.live(self.ax.plot([], [], color=style.INCUMBENT, **steps)[0])  # type: ignore[arg-type]
        self.true = self.live(self.ax.plot([], [], color=style.HIDDEN, ls=style.DASH, **steps)[0])  # type: ignore[arg-type]

    def update(self, state: PipelineState) -> bool:
        self.state = state
        texts = {**{name: name for name in NODES}, "fill": "fill holes", "features": "choose\ncolumns"}
        texts["model"] = state.model
        for name, box in self.boxes.items():
            gone = name in state.off
            changes = name in ("scale", "features", "model")
            box.set(
                facecolor="white" if gone else style.PALE if changes else style.GRID,
                edgecolor=style.GREY if gone or not changes else style.BLUE,
                linestyle="--" if gone else "-",
                linewidth=1.2 if gone else 1.8,
            )
            self.words[name].set(
                text=texts[name] + ("\n(off)" if gone else ""), color=style.FAINT if gone else style.INK
            )
        x, colour = (LATE, style.RED) if state.leak else (EARLY, style.GREEN)
        self.split.set(color=colour, linestyle=":" if state.leak else "-")
        self.split.set_data([x, x], [-0.45, 0.45])
        self.said.set(x=x, text="split here: leaks" if state.leak else "split here", color=colour)
        n, (best, true) = len(state.errors), promised(state.errors, state.tests)
        at = np.arange(1, n + 1)
        self.dots.set_data(at, np.minimum(state.errors, self.high))
        self.best.set_data(at, np.minimum(best, self.high))
        self.true.set_data(at, np.minimum(true, self.high))
        if n and np.isfinite(best[-1]):
            told = f"{best[-1]:.1f} % wrong, says the search; {true[-1]:.1f} % on untouched rows"
            self.say(f"After {plural(n, 'trial')}: {told}")
        else:
            self.say("Click a node to switch it, the model to change it, the split to move it")
        return False

    def alt(self) -> str:
        s = self.state
        where = "after the columns were chosen, which leaks" if s.leak else "before anything learns"
        words = f"A pipeline that splits its rows {where}; {', '.join(sorted(s.off)) or 'nothing'} is off. "
        words += f"Its model: {s.model}."
        best, true = promised(s.errors, s.tests)
        if len(best) and np.isfinite(best[-1]):
            words += f" After {plural(len(best), 'trial')} the best has {best[-1]:.1f} % wrong in cross-validation and "
            words += f"{true[-1]:.1f} % on untouched rows; a guess has {self.guess:.1f} %."
        return words

    @staticmethod
    def node(x: float, y: float) -> str | None:
        """What was clicked in the graph: a node, "split", or None."""
        for place in (EARLY, LATE):
            if abs(x - place) < (0.09 if abs(y) < 0.5 else 0.45) and abs(y) < 0.75:
                return "split"
        at = round(x)
        inside = 0 <= at < len(NODES) and abs(x - at) <= WIDE / 2 and abs(y) <= HIGH / 2
        return NODES[at] if inside else None


def promised(errors: np.ndarray, tests: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n,) the lowest error so far, and the test of the trial that has it; NaN before the first success."""
    at = [int(np.nanargmin(errors[: i + 1])) if np.isfinite(errors[: i + 1]).any() else 0 for i in range(len(errors))]
    return errors[at], tests[at]
