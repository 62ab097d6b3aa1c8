"""The GAN lab: a controller writes a generator of digits cell by cell, and its reward is measured again and again.

    lab = nasbook.lab("gan", images=50, epochs=12, seed=0)
    lab.step(); lab.steps[0].view.score, lab.scores(1, 50)      # 20 evaluations of the same generator, 50 images each

A step is one round of AutoGAN: the shared GAN learns, then the controller. At the right stands the generator of this
round, scored again and again from other images: with few images the score is too low, and no two scores agree. That is
the reward from which the controller learns; "Images of a reward" says from how many.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import numpy as np
from matplotlib.figure import SubFigure

import nasbook
from nasbook.nas.parts.gan import inception_score
from nasbook.nas.parts.gan_view import AutoGANView
from nasbook.plots import style
from nasbook.plots.picture import Picture, Stack
from nasbook.plots.style import Figure, number, plural
from nasbook.plots.views.gan import REAL, DigitsPicture, ScorePicture, StagesPicture
from nasbook.trace import Step
from nasbook.widgets.shell import Lab, Setting, Values, choose, count, slide

if TYPE_CHECKING:
    from torch import Tensor

SIZES, AGAIN, POOL = (10, 50, 200, 500, 1000), 20, 4000  # images of a score; scores of each size; images drawn a round

Scored: TypeAlias = tuple[dict[int, list[float]], int]  # scores by how many images, and the images of a reward


class GANLab(Lab[Step]):
    """AutoGAN on 8×8 digits, round by round.

    Arguments are settings: images, epochs, entropy, steps, ctrl_lr, seed.
    """

    name = "gan"
    telling = ("images", (10, 500))
    shown_with: ClassVar[Values] = {"epochs": 6}
    lines = 4
    unit = "epoch"
    _epochs: int | None = None  # that the axes are set for

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self._speed.value = float("inf")

    def settings(self) -> list[Setting]:
        return [
            choose("images", "Images of a reward", [(f"{n:,}", n) for n in SIZES], 500,
                   "How many images of a generator are scored when the controller has written it. Few are quick, too "
                   "low and noisy."),
            slide("epochs", "Rounds", 12, 2, 40, 1,
                  "The first half searches cell 1 at 4×4 pixels, the second half cell 2 at 8×8; a step is one round."),
            slide("entropy", "Entropy bonus", 0.1, 0.0, 1.0, 0.01,
                  "A larger one keeps the controller undecided for longer.", format=".2f"),
            slide("steps", "Steps of the GAN", 60, 10, 200, 10,
                  "How many batches the shared generator and the discriminator learn from in a round.", more=True),
            slide("ctrl_lr", "Rate of the controller", 0.005, 0.0005, 0.1, 0.0005, "Of Adam.", log=True, more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed begins with other weights and other images.", more=True),
        ]  # fmt: skip

    @property
    def total(self) -> int | None:
        return self.values["epochs"]

    def prepare(self) -> None:
        v = self.values
        self.task = nasbook.task("digits-gan")
        chosen = {name: v[name] for name in ("images", "epochs", "entropy", "steps", "ctrl_lr")}
        self.method = nasbook.method("autogan", self.task.space, seed=v["seed"], **chosen)
        self.after: list[Tensor] = []  # what the classifier says of 4,000 images of each generator (4000, 10)
        if not hasattr(self, "digits"):
            self.digits, self.score, self.again, self.policy = (
                DigitsPicture(),
                ScorePicture(),
                Again(),
                StagesPicture(2),
            )
            beside = Stack([self.score, self.again], [4.3, 2.9], beside=True)
            self.use(Stack([self.digits, beside, self.policy], [2.05, 2.6, 3.05]))
        if v["epochs"] != self._epochs:
            self.score.aim(v["epochs"])
            self.live.picture.invalidate()
            self._epochs = v["epochs"]

    def make_search(self) -> Iterator[Step]:
        for step in self.search(self.method, self.task):
            if step.view is not None and step.trial.status == "done":
                rng = np.random.default_rng([self.values["seed"], step.view.epoch])
                images = self.method.gan.images(POOL, self.method.lines(step.view.cell), rng)
                self.after.append(self.task.predictions(images))
            yield step

    def scores(self, n: int, images: int) -> list[float]:
        """Inception Scores of round n's generator, each of so many other images: 20, or as many as 4,000 give."""
        p = self.after[n - 1]
        return [inception_score(part) for part in p.split(images)[: min(AGAIN, POOL // images)]]

    def frame(self, n: int) -> tuple[list[AutoGANView], tuple[list[AutoGANView], Scored], list[AutoGANView]]:
        views = [step.view for step in self.steps[:n]]
        known = min(n, len(self.after))
        again = {size: self.scores(known, size) for size in SIZES} if known else {}
        return views, (views, (again, self.values["images"])), views

    # ---- words ---------------------------------------------------------------------------------------------

    def begin(self) -> str:
        return (
            "The controller finds all options about equally likely, and the shared generator draws noise. Play makes "
            f"{plural(self.total or 0, 'round')}: first cell 1 at 4×4 pixels, then cell 2 at 8×8. Real digits score "
            f"{REAL}."
        )

    def sentence(self, n: int) -> str:
        step = self.steps[n - 1]
        v: AutoGANView = step.view
        if step.trial.status == "failed":
            return f"Round {n} failed: {step.trial.reason}."
        told = f"Round {n}: the controller's draws for cell {v.stage} scored {np.mean(v.rewards):.2f} on average"
        told += f"; of {plural(10, 'candidate')} the best one scores {style.plus_minus(v.score, v.error)}."
        few, many = self.scores(n, 10), self.scores(n, 1000)
        told += (
            f" The same generator scores {np.mean(few):.1f} ± {np.std(few):.1f} from 10 images and {np.mean(many):.1f} "
        )
        told += f"± {np.std(many):.2f} from 1,000."
        if n > 1 and self.steps[n - 2].view.stage < v.stage:
            told += f" The images have grown: {plural(len(v.prefixes), 'first cell')} went on, and they are kept."
        if n > 1 and v.resets > self.steps[n - 2].view.resets:
            told += " The losses had stood still, so the GAN has started anew; the controller stays."
        return told


class Again(Picture[Scored]):
    """Scores of one generator from other images, by how many images."""

    def build(self, fig: Figure | SubFigure) -> None:
        self.title(fig)
        self.ax = style.axes(fig, 0.55, 0.48, 0.15, 0.62)
        self.ax.set(ylim=(1, 10), xlim=(-0.6, len(SIZES) - 0.4), yticks=[1, 4, 7, 10], xlabel="images of a score")
        self.ax.set_xticks(range(len(SIZES)), [f"{n:,}" for n in SIZES])
        self.mark = self.live(style.polygon(self.ax, style.SKY, 0.25, zorder=1.2))
        self.dots = self.live(self.ax.plot([], [], "o", color=style.TRIAL, ms=3, alpha=0.6, zorder=2)[0])
        self.means = self.live(self.ax.plot([], [], color=style.ORANGE, marker="D", ms=4, lw=1.2, zorder=2.1)[0])
        self.ax.text(0, 1.04, "◆ mean   ● one evaluation", transform=self.ax.transAxes, fontsize=style.SMALL)

    def update(self, state: Scored) -> bool:
        self.scores, self.used = state
        k = SIZES.index(self.used)
        style.set_band(self.mark, np.array([k - 0.45, k + 0.45]), np.full(2, 1.0), np.full(2, 10.0))
        beside = np.linspace(-0.3, 0.3, AGAIN)
        self.dots.set_data(
            [i + beside[j] for i, n in enumerate(self.scores) for j in range(len(self.scores[n]))],
            [x for n in self.scores for x in self.scores[n]],
        )
        self.means.set_data(range(len(self.scores)), [np.mean(s) for s in self.scores.values()])
        self.say("One generator, again" if self.scores else "Nothing to score yet")
        return False

    def alt(self) -> str:
        if not self.scores:
            return "Scores of one generator: none yet."
        parts = [
            f"{n:,} images {number(float(np.mean(s)))} ± {number(float(np.std(s)), 2)}" for n, s in self.scores.items()
        ]
        return f"The same generator scored again and again: {', '.join(parts)}; a reward has {self.used:,} images."
