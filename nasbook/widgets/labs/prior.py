"""The prior lab: a network that learns to do Bayesian inference while you watch, and the prior that it believes.

    lab = nasbook.lab("prior", prior="steps", points=[(0.2, 1.0), (0.6, -0.5)])
    lab.set(prior="smooth"); lab.run(); lab.move(0, 0.3, 1.5); lab.learned.predict(...)
    nasbook.lab("prior", draw=lambda rng, x: rng.normal() + rng.normal() * x)       # a prior of your own

At first the network is one that learned the chosen prior for minutes and came with the package; with a prior of your
own it is one that has learned nothing. Play trains a new one from its first step. Points are dragged as in the GP lab,
also while it trains; Save writes them as a trace of trials that were chosen by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

import numpy as np
import torch
from numpy.typing import ArrayLike

from nasbook.hpo.parts.learned_prior import Learned, Progress, kept_aside, learn, shipped, untrained
from nasbook.hpo.parts.priors_1d import PRIORS, Mixture, Prior, own
from nasbook.hpo.pfn import Pfn
from nasbook.plots.labs.prior import PriorPicture, PriorState, Shown, X
from nasbook.plots.style import number, plural
from nasbook.prepare import as_task
from nasbook.space import Float, Space
from nasbook.widgets.dragged import DraggedPoints, Point
from nasbook.widgets.shell import Setting, choose, count, slide, tick

LABELS = {
    "smooth": "GP, length scale 0.2",
    "any": "GP, any length scale",
    "steps": "steps",
    "network": "small networks",
    "own": "your own",
}
FIRST = ((0.15, 0.9), (0.35, -0.7), (0.5, -0.4), (0.8, 0.8))  # the points with which it begins
EVERY = 10  # steps of training between two pictures
REACH = 3.5  # standard deviations of the prior to both sides


class PriorLab(DraggedPoints[Progress]):
    """A prior, a network that learned it, and points of your own.

    points: (x, y) pairs in place of the first four. draw: a prior of your own, a function draw(rng, x) -> y that draws
    one function and tells its values at x (m,). The other arguments are settings: prior ('smooth', 'any', 'steps',
    'network', and 'own' with a draw), at (where the density is drawn), gp, draws, steps, seed. From Python: `add`,
    `move`, `remove`, `points`, `learned`.
    """

    name = "prior"
    telling = ("prior", ("smooth", "any", "steps", "network"))
    unit = "round"
    lines = 4
    anew = "another network is asked"
    shown_with = {"steps": 200}
    picture: PriorPicture

    def __init__(
        self,
        points: Sequence[tuple[float, float]] = FIRST,
        draw: Callable[[np.random.Generator, np.ndarray], ArrayLike] | None = None,
        **values: object,
    ) -> None:
        self.priors = PRIORS if draw is None else {"own": own(draw), **PRIORS}
        self._points: list[Point] = []
        self.low, self.high = -REACH, REACH
        super().__init__(points, **values)
        self._news, self._chosen = "", None
        self.redraw()

    # ---- settings ----------------------------------------------------------------------------------------

    def settings(self) -> list[Setting]:
        priors = [(LABELS[name], name) for name in self.priors]
        return [
            choose("prior", "Prior", priors, "own" if "own" in self.priors else "any",
                   "What the network was shown: functions of this kind, drawn anew for each step of its training."),
            slide("at", "Look at x", 0.65, 0.0, 1.0, 0.01, "Where the belief is drawn as a density, at the right.",
                  effect="live"),
            tick("gp", "Gaussian process too", True,
                 "The posterior computed by a formula: exact where the prior is a Gaussian process; otherwise what one "
                 "of any length scale believes.", effect="live"),
            tick("draws", "draws of the prior", False,
                 "Three functions of the kind that the network was trained on; without points they are always drawn.",
                 effect="live"),
            slide("steps", "Steps", 400, 100, 2000, 100, "How many steps Play trains, 32 drawn problems each.",
                  more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed begins with other weights and draws other problems.",
                  more=True),
        ]  # fmt: skip

    @property
    def total(self) -> int | None:
        return 1 + -(-int(self.values["steps"]) // EVERY)

    def prepare(self) -> None:
        v = self.values
        self.prior: Prior = self.priors[v["prior"]]
        self.before = shipped(v["prior"]) or untrained(self.prior, v["seed"])
        self.came_trained = shipped(v["prior"]) is not None
        test = kept_aside(self.prior)
        self.least = -float(self.prior.log_p(*test).mean()) if self.prior.ells is not None else None
        self.kept_nll = float(self.before.nll(test).mean()) if self.came_trained else None
        self._range()
        space = Space(x=Float(0.0, 1.0))
        self.functions = self._drawn()
        self.task = as_task(lambda config: float(np.interp(config["x"], X, self.functions[0])), space)
        self.task.name = f"prior-{v['prior']}"
        self.picture = PriorPicture(self.low, self.high, v["steps"])
        self._held = None
        self.use(self.picture)
        self.clickable(self.hint, self.picture.ax)
        self.image.draggable = True
        self._choosers()

    def _range(self) -> None:
        """The values that the picture holds; points are kept where they are in it."""
        learned = self.before
        shift, scale = (0.0, 1.0) if self.came_trained else (learned.shift, learned.scale)
        low, high = shift - REACH * scale, shift + REACH * scale
        if (low, high) == (self.low, self.high):
            return
        ratio = (high - low) / (self.high - self.low)
        self._points[:] = [Point(p.x, float(np.clip(low + (p.y - self.low) * ratio, low, high))) for p in self._points]
        self.low, self.high = low, high

    def _drawn(self) -> np.ndarray:
        """Three functions drawn from the prior, at X."""
        rng = torch.Generator().manual_seed(self.values["seed"])
        _, _, x, f = self.prior.draw(3, 0, 400, rng)
        order = x.argsort(1)
        pairs = zip(x.gather(1, order).numpy(), f.gather(1, order).numpy(), strict=True)
        return np.array([np.interp(X, at, values) for at, values in pairs])

    # ---- training ----------------------------------------------------------------------------------------

    def make_search(self) -> Iterator[Progress]:
        return learn(self.prior, int(self.values["steps"]), EVERY, int(self.values["seed"]))

    @property
    def learned(self) -> Learned:
        """The network whose belief is shown."""
        return self.steps[self.at - 1].learned if self.at else self.before

    # ---- points ------------------------------------------------------------------------------------------

    @property
    def kept(self) -> list[Point]:
        return self._points

    def holding(self) -> AbstractContextManager[None]:
        return self.exchanging()  # the training knows nothing of the points

    def placed(self, point: Point) -> None:
        with self.holding():
            self._points.append(point)
            self._chosen = len(self._points) - 1
        self.tell(f"You put a point at x = {number(point.x)}, y = {number(point.y)}.")
        self._state()

    def by(self) -> Pfn:
        return Pfn(self.task.space, self.values["seed"])

    def _tell_state(self) -> None:
        super()._tell_state()
        self.files.enable(None if self._points else "There is nothing to keep yet: put a point first.")

    def keeps(self) -> str:
        return plural(len(self._points), "point")

    # ---- the belief --------------------------------------------------------------------------------------

    def frame(self, n: int) -> PriorState:
        v, points = self.values, self.points
        learned = self.steps[n - 1].learned if n else self.before
        self._follow_points(len(points))
        values = self.picture.values
        bars, p = learned.bars, learned.p(points[:, 0], points[:, 1], np.r_[X, v["at"]])
        low, high = (bars.quantile(p[:-1], q) for q in (0.025, 0.975))
        network = Shown(bars.mean(p[:-1]), low, high, bars.density(p[-1:], values)[0])
        other = self._process(points, learned) if v["gp"] else None
        self._state_shown = PriorState(
            LABELS[v["prior"]], points, v["at"], network, other, self.prior.ells is not None, self._chosen,
            self.functions if v["draws"] or not len(points) else self.functions[:0],
            tuple(s.step for s in self.steps[:n]), tuple(s.nll for s in self.steps[:n]), self.least, self.kept_nll,
        )  # fmt: skip
        return self._state_shown

    def _process(self, points: np.ndarray, learned: Learned) -> Shown:
        """What a Gaussian process believes: the prior's own, or one of any length scale, in the units of the values."""
        exact = self.prior.ells is not None
        shift, scale = (0.0, 1.0) if exact else (learned.shift, learned.scale)
        x, y = points[:, 0], (points[:, 1] - shift) / scale
        belief = (self.prior if exact else PRIORS["any"]).posterior(x, y, np.r_[X, self.values["at"]])
        of = Mixture(belief.weights, belief.means[:, :-1], belief.stds[:, :-1])
        there = Mixture(belief.weights, belief.means[:, -1:], belief.stds[:, -1:])
        mean, low, high = (shift + scale * line for line in (of.mean, of.quantile(0.025), of.quantile(0.975)))
        return Shown(mean, low, high, there.density((self.picture.values - shift) / scale)[0] / scale)

    def changed(self, name: str) -> None:
        self.tell("")

    # ---- words -------------------------------------------------------------------------------------------

    def begin(self) -> str:
        if self.came_trained:
            who = "This network learned the prior for minutes, beforehand. Play trains a new one from its first step."
        else:
            who = "This network has learned nothing yet: press Play, and watch it learn what your function draws."
        return f"{self._news} {who} {self._apart(self._state_shown)}".strip()

    def sentence(self, n: int) -> str:
        step, state = self.steps[n - 1], self._state_shown
        seen = f"After {step.step:,} steps, {32 * step.step:,} drawn problems, −log q is {number(step.nll)}"
        if not step.step:
            seen = f"The network before its first step: −log q is {number(step.nll)}"
        if step.exact is not None:
            seen += f", {number(step.nll - step.exact, 2)} above the least that is possible"
        news = self._news if n == len(self.steps) else ""
        return f"{news} {seen}. {self._apart(state)}".strip()

    def _apart(self, state: PriorState) -> str:
        if state.apart is None:
            return ""
        share = state.apart / (1.0 if self.came_trained else self.before.scale)
        whose = "the exact posterior" if state.exact else "a Gaussian process that knows nothing of this prior"
        return f"Its mean is {number(share, 2)} standard deviations from that of {whose}, on average over the axis."
