"""The GP lab: points that are dragged by hand, and what a Gaussian process makes of them.

    lab = nasbook.lab("gp", points=[(0.2, 1.0), (0.6, -0.5)])
    lab.add(0.8, 1.2); lab.move(0, 0.3, 1.5); lab.remove(1); lab.set(lengthscale=0.5); lab.belief

There is no search here. A point is put where the picture is clicked; Step measures a hidden function where the band is
widest, which is the one place where a measurement is worth most if only the band counts. Save writes the points as a
trace of trials that were chosen by hand, so the Bayesian lab's pictures and `nasbook.replay` take them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nasbook.hpo.bayesian import BayesianOptimisation
from nasbook.hpo.parts.belief import BOUNDS, Belief
from nasbook.plots.labs.gp import HIGH, KERNEL_NAMES, LOW, GPPicture, GPState, X
from nasbook.plots.style import number, plural
from nasbook.prepare import as_task
from nasbook.space import Float, Space
from nasbook.widgets.dragged import MOST, DraggedPoints, Point
from nasbook.widgets.hidden_functions import TRUTHS
from nasbook.widgets.shell import LIVE, Setting, choose, count, slide, tick

FITS = {"none": (), "lengthscale": ("lengthscale",), "all": ("lengthscale", "signal", "noise")}


class GPLab(DraggedPoints[Point]):
    """Points on one axis, and the belief of a Gaussian process with the settings that the learner gives it.

    points: (x, y) pairs to begin with. The other arguments are settings: kernel ('matern52', 'matern32', 'rbf'),
    lengthscale, noise, signal (standard deviations), fit ('none', 'lengthscale', 'all'), truth ('smooth', 'rough',
    'forrester', 'jump'), reveal, points, seed. From Python: `add`, `move`, `remove`, `belief`, `points`.
    """

    name = "gp"
    telling = ("lengthscale", (0.05, 0.1, 0.2, 0.5, 1.0))
    unit = "point"
    anew = "the points are taken away"

    low, high = LOW, HIGH
    picture: GPPicture

    def __init__(self, points: Sequence[tuple[float, float]] = (), **values: object) -> None:
        self._asked: list[Point] = []  # points that the learner has put, on their way into the steps
        super().__init__(points, **values)

    # ---- settings ----------------------------------------------------------------------------------------

    def settings(self) -> list[Setting]:
        kernels = [(label, name) for name, label in KERNEL_NAMES.items()]
        return [
            choose("kernel", "Kernel", kernels, "rbf",
                   "How smooth the function is believed to be: RBF smoothest, Matérn 3/2 roughest.", **LIVE),
            slide("lengthscale", "Length scale", 0.2, *BOUNDS["lengthscale"], 0.02,
                  "How far apart two points may be and still have like values, as a share of the axis.", log=True,
                  **LIVE),
            slide("noise", "Noise (sd)", 0.05, *BOUNDS["noise"], 0.05,
                  "The standard deviation of the error that every value is believed to have.", log=True, **LIVE),
            slide("signal", "Signal (sd)", 1.0, *BOUNDS["signal"], 0.02,
                  "The standard deviation of the function around 0, before any point.", log=True, **LIVE),
            choose("fit", "Fit to the points",
                   [("nothing: I set them", "none"), ("the length scale", "lengthscale"), ("all three", "all")], "none",
                   "Take the values under which the points are likeliest: the highest marginal likelihood.", **LIVE),
            tick("reveal", "reveal the truth", False,
                 "Draw the hidden function that Step measures, which the process never sees.", **LIVE),
            choose("truth", "Hidden function", [(label, name) for name, (label, _) in TRUTHS.items()], "smooth",
                   "The function that Step measures, exactly, where the band is widest.", more=True),
            slide("points", "Points", 12, 1, MOST, 1, "How many points Play may make.", more=True, **LIVE),
            count("seed", "Seed", 0, 0, 9999, "Another seed draws another hidden function and other samples.",
                  more=True),
        ]  # fmt: skip

    @property
    def total(self) -> int | None:
        return None  # a learner may put as many as the picture holds

    def prepare(self) -> None:
        self._asked.clear()
        self._held = self._chosen = None
        self._news = ""
        v = self.values
        self.truth = TRUTHS[v["truth"]][1](v["seed"])
        space = Space(x=Float(0.0, 1.0))
        self.task = as_task(lambda config: float(self.truth(np.array([config["x"]]))[0]), space)
        self.task.name = f"gp-{v['truth']}"
        self.picture = GPPicture(seed=v["seed"])
        self.use(self.picture)
        self.clickable(self.hint, self.picture.ax)
        self.image.draggable = True
        self._choosers()
        self._relabel()

    # ---- points ------------------------------------------------------------------------------------------

    @property
    def kept(self) -> list[Point]:
        return self.runner.steps

    @property
    def drawn(self) -> np.ndarray:
        return self.points[: self.at]

    @property
    def belief(self) -> Belief:
        """What is believed now, with the fitted values where something is fitted."""
        return self._believe(len(self.steps))

    def placed(self, point: Point) -> None:
        with self.changing():
            self._asked.append(point)
            self._seen = None
        self._chosen = len(self.steps)
        self.runner.reopen()
        self.step()

    def grabbed(self) -> None:
        self.pause()

    def remove(self, i: int) -> None:
        self.pause()
        super().remove(i)

    def touched(self, gone: bool = False) -> None:
        self._seen = None
        if gone:
            self.runner.reopen()

    def by(self) -> BayesianOptimisation:
        v = self.values
        ell = None if "lengthscale" in FITS[v["fit"]] else v["lengthscale"]
        return BayesianOptimisation(self.task.space, v["seed"], kernel=v["kernel"], lengthscale=ell)

    def make_search(self) -> Iterator[Point]:
        while True:
            if self._asked:
                point = self._asked.pop(0)
                self._news = f"You put a point at x = {number(point.x)}, y = {number(point.y)}."
            elif len(self.steps) < self.values["points"]:
                std = self._believe(len(self.steps)).predict(X)[1]
                ties = np.flatnonzero(std >= std.max() * (1 - 1e-9))
                x = float(X[ties[len(ties) // 2]])
                point = Point(x, float(np.clip(self.truth(np.array([x]))[0], LOW, HIGH)))
                self._news = (
                    f"Measured y = {number(point.y)} at x = {number(x)}, where the band was widest "
                    f"(± {number(2 * float(std.max()), 2)})."
                )
                self._chosen = None
            else:
                return
            yield point

    # ---- the belief --------------------------------------------------------------------------------------------

    def _believe(self, n: int) -> Belief:
        v, points = self.values, self.points[:n]
        hand = {name: v[name] for name in BOUNDS}
        belief = Belief(points[:, 0], points[:, 1], v["kernel"], **hand)
        return belief.fitted(*FITS[v["fit"]])

    def frame(self, n: int) -> GPState:
        belief = self._believe(n)
        with self._silently():
            for name in FITS[self.values["fit"]] if n > 1 else ():
                self._settings[name].show(getattr(belief, name))
        self._follow_points(n)
        self._state_shown = GPState(belief, self.truth if self.values["reveal"] else None, self._chosen)
        return self._state_shown

    def changed(self, name: str) -> None:
        if name == "points":
            if len(self.steps) < self.values["points"]:
                self.runner.reopen()
            return
        if name == "fit":
            self._relabel()
        label = self._settings[name].label
        self.tell("" if name == "reveal" else f"{label} changed.")

    def _relabel(self) -> None:
        for name in BOUNDS:
            fitted = name in FITS[self.values["fit"]]
            label = self._settings["fit"].label
            self._settings[name].enable(
                f"It is fitted; choose “nothing” under “{label}” to set it." if fitted else None
            )

    # ---- words ---------------------------------------------------------------------------------------------------

    def begin(self) -> str:
        state = self._state_shown
        return (
            "No point yet: the three thin lines are functions drawn from the prior. Click in the picture to put a "
            f"point, or press Step.{self._coverage(state)}"
        )

    def sentence(self, n: int) -> str:
        state, news = self._state_shown, self._news if n == len(self.steps) else f"After {plural(n, 'point')}."
        if not state.says:
            told = "One point says nothing about a length scale."
        else:
            now, best = float(state.belief.evidence()[0]), state.best
            top = float(best.evidence()[0])
            told = f"At length scale {number(state.belief.lengthscale, 2)} the log marginal likelihood is {number(now)}"
            if top - now < 0.005:
                told += ", the highest there is with this noise and signal."
            else:
                told += f"; the highest, {number(top)}, is at {number(best.lengthscale, 2)}."
            ends = [e for e in BOUNDS["lengthscale"] if np.isclose(best.lengthscale, e, rtol=1e-3)]
            if ends:
                told += f" That is the {'shortest' if ends[0] < 1 else 'longest'} that may be set."
        return f"{news} {told}{self._coverage(state)}".strip()

    def _coverage(self, state: GPState) -> str:
        if state.covered is None:
            return ""
        return f" The truth lies inside the band on {100 * state.covered:.0f} % of the axis."
