"""The DARTS lab: a supernet trains for real, and the weights of its operations move.

    lab = nasbook.lab("darts", order=1, epochs=20, seed=0)
    lab.step(); lab.steps[0].view.weights        # softmax(α): 6 edges, 5 operations

A step is one epoch. It trains in a thread of its own, so the controls answer meanwhile; Pause acts when the epoch ends.

The lowest part shows two numbers that are easily taken for one another: how well the *supernet* does on the validation
images, from which α learns, and how well the cell that would be derived now does when it is trained *alone*. The second
is no guess: Digits-201 has trained every cell of this space.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from matplotlib.figure import SubFigure

import nasbook
from nasbook.nas.darts import DartsView
from nasbook.nas.spaces.nb201.cell import EDGES, OPS
from nasbook.plots import style
from nasbook.plots.cell import CellPicture, SupernetPicture, count
from nasbook.plots.picture import Stack
from nasbook.plots.style import Figure, Limits, plural
from nasbook.plots.views.weights import TrainingPicture, WeightsPicture
from nasbook.tasks.digits201 import Digits201
from nasbook.trace import Step
from nasbook.widgets.labs.evolution import inset, lift
from nasbook.widgets.shell import Lab, Setting, Values, choose, slide
from nasbook.widgets.shell import count as whole

if TYPE_CHECKING:
    from nasbook.nas.parts.supernet import SupernetView
    from nasbook.nas.reptile import ReptileView

IMAGES = {"digits": "8×8 digits", "messy": "messy digits", "textures": "textures"}
FAMILIES = 5044  # different networks among the 15,625 cells


class DartsLab(Lab[Step]):
    """DARTS on small images, epoch by epoch.

    Arguments are settings: order, epochs, alpha_lr, data ('digits', 'messy', 'textures'), channels, seed.
    """

    name = "darts"
    telling = ("alpha_lr", (0.005, 0.02, 0.1))
    shown_with: ClassVar[Values] = {"epochs": 12}
    lines = 4
    unit = "epoch"
    _aim: tuple[int, str] | None = None  # epochs and images that the axes are set for

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self._speed.value = float("inf")

    def settings(self) -> list[Setting]:
        return [
            choose("order", "Order", [("first", 1), ("second", 2)], 1,
                   "Whether the gradient of α counts how the weights would follow: second order does, and takes about "
                   "twice as long."),
            slide("epochs", "Epochs", 20, 2, 60, 1, "How often the training sees every image; a step is one epoch."),
            slide("alpha_lr", "Learning rate of α", 0.02, 0.0003, 0.3, 0.05,
                  "How far α may move at each step, whose softmax are the weights of the operations.", log=True),
            choose("data", "Images", [(label, name) for name, label in IMAGES.items()], "digits",
                   "What the supernet learns to tell apart.", more=True),
            slide("channels", "Channels", 8, 2, 16, 1,
                  "The width of the supernet: how many feature maps the first cell has.", more=True),
            whole("seed", "Seed", 0, 0, 9999, "Another seed begins with other weights and another order of images.",
                  more=True),
        ]  # fmt: skip

    @property
    def total(self) -> int | None:
        return self.values["epochs"]

    def prepare(self) -> None:
        v = self.values
        self.task = nasbook.task("digits-cells", **({} if v["data"] == "digits" else {"data": v["data"]}))
        self.table = nasbook.task(f"digits201-{v['data']}")
        chosen = {name: v[name] for name in ("order", "epochs", "alpha_lr", "channels")}
        self.method = nasbook.method("darts", self.task.space, seed=v["seed"], **chosen)
        if not hasattr(self, "weights"):
            self._picture()
        aim = v["epochs"], v["data"]
        if aim != self._aim:
            for picture in (self.weights, self.net, self.training):
                picture.epochs = v["epochs"]
            self.weights.aim(v["epochs"])
            self.training.aim(v["epochs"], self.table)
            self.live.picture.invalidate()
            self._aim = aim

    def _picture(self) -> None:
        """One picture for the life of the lab; another number of epochs only gives it other axes."""
        self.weights, self.net, self.derived = Weights(), Net(), Derived()
        self.training = Training(truth=lambda cell: 1 - self.table.test_accuracy(cell))
        graphs = Stack([self.net, self.derived], [3.6, 3.6], beside=True)
        self.use(Stack([self.weights, graphs, self.training], [3.1, 2.3, 2.8]))

    def make_search(self) -> Iterator[Step]:
        return self.search(self.method, self.task)

    def frame(self, n: int) -> tuple[list[DartsView], tuple[DartsView, list[DartsView]], list[DartsView]]:
        views = [step.view for step in self.steps[:n]]
        return views, (views[-1] if views else START, views[-1:]), views

    def begin(self) -> str:
        random = random_cells(self.values["data"])[1]
        return (
            f"All operations share every edge equally. Play trains {plural(self.total or 0, 'epoch')}. A cell drawn at "
            f"random and trained alone reaches {100 * random:.1f} % on the test images, in the median."
        )

    def truth(self, n: int) -> tuple[float, int]:
        """Test accuracy of the cell derived after n epochs, trained alone (mean of three seeds), and its rank."""
        cell = self.steps[n - 1].view.cell
        return self.table.test_accuracy(cell), self.table.rank(cell)

    def sentence(self, n: int) -> str:
        step = self.steps[n - 1]
        view: DartsView = step.view
        if step.trial.status == "failed":
            return f"Epoch {n} failed: {step.trial.reason}. A smaller learning rate of α may help."
        accuracy, rank = self.truth(n)
        changed = "" if n == 1 else self._changed_edges(self.steps[n - 2].view, view)
        return (
            f"Epoch {n}: the supernet gets {100 * view.val_accuracy:.1f} % of the validation images right. The cell "
            f"derived now has {count(view.cell)}{changed}; trained alone it gets {100 * accuracy:.1f} % of the test "
            f"images right (mean of three seeds), rank {rank:,} of {FAMILIES:,}."
        )

    @staticmethod
    def _changed_edges(before: DartsView, now: DartsView) -> str:
        changed = sum(a != b for a, b in zip(before.cell, now.cell, strict=True))
        return (
            f" ({plural(changed, 'edge')} changed its mind)"
            if changed == 1
            else (f" ({changed} edges changed their minds)" if changed else " (as before)")
        )


class Weights(WeightsPicture):
    """softmax(α) over the epochs. State: views."""

    def aim(self, epochs: int) -> None:
        self.x_end, self.y = epochs, Limits(0.0, 0.5, room=0.1)
        self._limits()


class Net(SupernetPicture):
    """The supernet as a graph; the names of the operations stand in the key above. State: a DartsView."""

    def build(self, fig: Figure | SubFigure) -> None:
        super().build(fig)
        for legend in list(fig.legends):
            legend.remove()
        (ax,) = fig.axes
        inset(ax, fig, 0.1, 0.35)

    def update(self, state: Step | SupernetView | ReptileView) -> bool:
        super().update(state)
        for label in self.labels.values():
            label.set_text("")
        self.say("Supernet: thick is heavy" if self.epoch else "Supernet: all weights are equal")
        return False


class Derived(CellPicture):
    """The cell that would be derived now. State: a list with the DartsView, empty before the first."""

    def build(self, fig: Figure | SubFigure) -> None:
        super().build(fig)
        lift(self)

    def update(self, state: list[DartsView]) -> bool:
        super().update(state[0] if state else (0,) * len(EDGES))
        for edge, op in zip(EDGES, self.ops, strict=True):
            self.labels[edge].set_text("" if op == "none" else op)
        self.say(f"Derived: {count(self.ops)}" if state else "No cell is derived yet")
        return False

    def alt(self) -> str:
        return f"The derived cell. {super().alt()}" if self.used else "No cell is derived yet."


class Training(TrainingPicture):
    """Two accuracies and the edges without weights, with the middle half of all cells as a grey band. State: views."""

    def build(self, fig: Figure | SubFigure) -> None:
        super().build(fig)
        _, h = style.size(fig)
        box = self.ax.get_position()
        self.ax.set_position((box.x0, 1.12 / h, box.width, (h - 1.12 - 0.68) / h))
        self.low.set_position((box.x0, 0.48 / h, box.width, 0.5 / h))
        self.low.set_yticks([0, 6])
        self.random = self.live(style.polygon(self.ax, style.BASELINE, 0.22, zorder=1.1))
        self.name = self.live(
            style.add_words(self.ax, 0, 0, "half of all cells, trained alone", fontsize=style.SMALL, va="center",
                            ha="right", color=style.FAINT, zorder=1.2)
        )  # fmt: skip

    def _limits(self) -> None:
        for ax in (self.ax, self.low):
            ax.set_xlim(0, 1.02 * self.x_end)

    def aim(self, epochs: int, table: Digits201) -> None:
        self.x_end, self._known = epochs, {}
        low, self.median, high = (100 * q for q in random_cells(table.dataset))
        style.set_band(self.random, np.array([0, 1.02 * epochs]), np.array([low, low]), np.array([high, high]))
        self.name.set_position((0.99 * epochs, low - 9))
        self.ax.set_ylim(max(0.0, low - 45), 101)
        self._limits()

    def alt(self) -> str:
        return f"{super().alt()} The median of all cells, each trained alone, is {self.median:.1f} %."


START = DartsView(
    0, 0, ((1 / len(OPS),) * len(OPS),) * len(EDGES), OPS, EDGES, (OPS[0],) * len(EDGES), 0, None, None, 0.0
)  # before the first epoch: every operation has the same weight


@lru_cache(maxsize=4)
def random_cells(data: str) -> tuple[float, float, float]:
    """Quartiles of the test accuracy of the 15,625 cells, each trained alone with three seeds."""
    table = nasbook.task(f"digits201-{data}")
    low, median, high = np.quantile(table.test[..., -1].mean(1)[table.index], [0.25, 0.5, 0.75])
    return float(low), float(median), float(high)
