"""The GP lab: points that are dragged by hand, and what a Gaussian process makes of them.

    lab = nasbook.lab("gp", points=[(0.2, 1.0), (0.6, -0.5)])
    lab.add(0.8, 1.2); lab.move(0, 0.3, 1.5); lab.remove(1); lab.set(lengthscale=0.5); lab.belief

There is no search here. A point is put where the picture is clicked; Step measures a hidden function where the band is
widest, which is the one place where a measurement is worth most if only the band counts. Save writes the points as a
trace of trials that were chosen by hand, so the Bayesian lab's pictures and `nasbook.replay` take them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import ipywidgets as W
import numpy as np

from nasbook.hpo.bayesian import BayesianOptimisation
from nasbook.hpo.parts.belief import BOUNDS, Belief
from nasbook.plots.labs.gp import HIGH, KERNEL_NAMES, LOW, GPPicture, GPState, X
from nasbook.plots.style import number, plural
from nasbook.prepare import as_task, header_of
from nasbook.space import Float, Space
from nasbook.trace import Trace, Trial
from nasbook.widgets.hidden_functions import TRUTHS
from nasbook.widgets.shell import Lab, Setting, choose, count, nearest, same, shown, slide, tick

REACH = 14  # pixels from a point within which it is grabbed
MOST = 40  # points
NONE = -1  # no point is chosen
FITS = {"none": (), "lengthscale": ("lengthscale",), "all": ("lengthscale", "signal", "noise")}


@dataclass(frozen=True)
class Point:
    x: float
    y: float


class GPLab(Lab):
    """Points on one axis, and the belief of a Gaussian process with the settings that the learner gives it.

    points: (x, y) pairs to begin with. The other arguments are settings: kernel ('matern52', 'matern32', 'rbf'),
    lengthscale, noise, signal (standard deviations), fit ('none', 'lengthscale', 'all'), truth ('smooth', 'rough',
    'forrester', 'jump'), reveal, points, seed. From Python: `add`, `move`, `remove`, `belief`, `points`.
    """

    name = "gp"
    telling = ("lengthscale", (0.05, 0.1, 0.2, 0.5, 1.0))
    unit = "point"
    anew = "the points are taken away"

    def __init__(self, points: Sequence[tuple[float, float]] = (), **values: Any) -> None:
        self._asked: list[Point] = []  # points that the learner has put, on their way into the steps
        self._held: int | None = None
        self._grip = (0.0, 0.0)  # from where a point was grabbed to its middle
        self._chosen: int | None = None
        self._news = ""
        super().__init__(**values)
        self.files.export.layout.display = "none"  # points that a hand has put are no objective that could be scaled up
        self.image.on_drag = self._dragged
        for x, y in points:
            self.add(x, y)

    # ---- settings ----------------------------------------------------------------------------------------

    def settings(self) -> list[Setting]:
        kernels = [(label, name) for name, label in KERNEL_NAMES.items()]
        live: dict[str, Any] = {"effect": "live"}
        return [
            choose("kernel", "Kernel", kernels, "rbf",
                   "How smooth the function is believed to be: RBF smoothest, Matérn 3/2 roughest.", **live),
            slide("lengthscale", "Length scale", 0.2, *BOUNDS["lengthscale"], 0.02,
                  "How far apart two points may be and still have like values, as a share of the axis.", log=True,
                  **live),
            slide("noise", "Noise (sd)", 0.05, *BOUNDS["noise"], 0.05,
                  "The standard deviation of the error that every value is believed to have.", log=True, **live),
            slide("signal", "Signal (sd)", 1.0, *BOUNDS["signal"], 0.02,
                  "The standard deviation of the function around 0, before any point.", log=True, **live),
            choose("fit", "Fit to the points",
                   [("nothing: I set them", "none"), ("the length scale", "lengthscale"), ("all three", "all")], "none",
                   "Take the values under which the points are likeliest: the highest marginal likelihood.", **live),
            tick("reveal", "reveal the truth", False,
                 "Draw the hidden function that Step measures, which the process never sees.", **live),
            choose("truth", "Hidden function", [(label, name) for name, (label, _) in TRUTHS.items()], "smooth",
                   "The function that Step measures, exactly, where the band is widest.", more=True),
            slide("points", "Points", 12, 1, MOST, 1, "How many points Play may make.", more=True, **live),
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
        self.clickable(
            "Click to add a point, drag to move one, double-click to remove one. Keys: arrows move a cross, Enter "
            "takes or leaves a point, N goes to the next one, Delete removes it.",
            self.picture.ax,
        )
        self.image.draggable = True
        self._choosers()
        self._relabel()

    # ---- points ------------------------------------------------------------------------------------------

    @property
    def points(self) -> np.ndarray:
        """(n, 2): x and y of every point."""
        return np.array([(p.x, p.y) for p in self.steps], float).reshape(-1, 2)

    @property
    def belief(self) -> Belief:
        """What is believed now, with the fitted values where something is fitted."""
        return self._believe(len(self.steps))

    def add(self, x: float, y: float) -> None:
        """Put a point. ValueError outside of the picture, or when it is full."""
        point = _point(x, y)
        if len(self.steps) >= MOST:
            raise ValueError(f"there are {MOST} points already, which is the most; remove one first")
        with self.changing():
            self._asked.append(point)
            self._seen = None
        self._chosen = len(self.steps)
        self.runner.reopen()
        self.step()

    def move(self, i: int, x: float, y: float) -> None:
        """Move point i (0 is the first)."""
        point = _point(x, y)
        with self.changing():
            self._number(i)
            self.runner.steps[i] = point
            self._seen, self._chosen = None, i
        self._tell(f"Point {i + 1} is at x = {number(point.x)}, y = {number(point.y)}.")

    def remove(self, i: int) -> None:
        """Take point i away."""
        self.pause()
        with self.changing():
            self._number(i)
            del self.runner.steps[i]
            self._seen = self._held = self._chosen = None
        self.runner.reopen()
        self._tell(f"Point {i + 1} is gone.")
        self._state()

    def _number(self, i: int) -> None:
        n = len(self.steps)
        if isinstance(i, bool) or not isinstance(i, int) or not 0 <= i < n:
            raise ValueError(
                f"there are {plural(n, 'point')}, so i must be in 0 … {n - 1}, not {i!r}" if n else "there is no point"
            )

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

    # ---- the mouse -----------------------------------------------------------------------------------------

    @shown
    def _dragged(self, kind: str, px: float, py: float) -> None:
        if kind == "grab":
            self.pause()
        with self.changing():  # a reset in the meantime has made another picture, or is making one
            x, y = self.picture.at(px, py)
            i = self._nearest(px, py)
        if kind == "grab":
            if i is None:
                self.add(x, y)
                i = len(self.steps) - 1
            self._grab(i, x, y)
        elif kind == "remove":
            if i is not None:
                self.remove(i)
        else:
            self._carry(x, y, kind == "drop")

    def _grab(self, i: int, x: float, y: float) -> None:
        with self.changing():
            if not 0 <= i < len(self.steps):
                return  # it is gone by now
            point = self.steps[i]
            self._held, self._grip, self._chosen = i, (point.x - x, point.y - y), i
        self.redraw()

    def _carry(self, x: float, y: float, drop: bool) -> None:
        with self.changing():
            if self._held is None:
                return
            i, self._held = self._held, None if drop else self._held
            dx, dy = self._grip
            self.move(i, float(np.clip(x + dx, 0, 1)), float(np.clip(y + dy, LOW, HIGH)))

    def _nearest(self, px: float, py: float) -> int | None:
        """The point within reach of a place in the picture (fractions), the nearest of several."""
        shown_points = self.picture.handles(self.points[: self.at])
        if not len(shown_points):
            return None
        away = np.hypot(*((shown_points - (px, py)) * (self.image.width, self.image.height)).T)
        return int(away.argmin()) if away.min() <= REACH else None

    # ---- the same without a mouse ----------------------------------------------------------------------------

    def _choosers(self) -> None:
        self._which = W.Dropdown(
            options=[("none", NONE)], description="Point", tooltip="The point that the sliders move."
        )
        self._which.layout.width, self._which.style.description_width = "120px", "40px"
        # Steps that binary numbers hold exactly: a page sends others back a little changed, and late.
        self._sliders = [
            W.FloatSlider(0.5, min=0, max=1, step=1 / 128, description="x", tooltip="Where the chosen point is."),
            W.FloatSlider(0.0, min=LOW, max=HIGH, step=1 / 16, description="y", tooltip="The value at that point."),
        ]
        put = W.Button(description="Add", icon="plus", tooltip="Put a new point where the sliders stand.")
        self._take = W.Button(description="Remove", icon="trash", tooltip="Take the chosen point away.")
        self._put_at: list[float] = []
        for widget, name in zip(
            (self._which, *self._sliders, put, self._take),
            ("point", "choose-x", "choose-y", "add", "remove"),
            strict=True,
        ):
            widget.add_class(f"nb-{name}")
        for slider in self._sliders:
            slider.add_class("nb-choose")
            slider.layout.flex = "1 1 180px"
            slider.observe(partial(self._guarded, self._slid), "value")
        self._which.observe(partial(self._guarded, self._picked_one), "value")
        put.on_click(partial(self._guarded, self._add_there))
        self._take.on_click(partial(self._guarded, self._remove_chosen))
        self.below.children = (self._which, *self._sliders, put, self._take)

    def _slid(self) -> None:
        moved = [not same(s.value, put) for s, put in zip(self._sliders, self._put_at, strict=False)]
        with self.changing():
            i = self._chosen
            if i is None or i >= len(self.steps) or self._held is not None or not any(moved):
                return  # no point is chosen, the mouse moves it, or the page has sent back what it was told to show
            point = self.steps[i]
            x, y = (s.value if m else v for s, m, v in zip(self._sliders, moved, (point.x, point.y), strict=True))
            self.move(i, x, y)

    def _picked_one(self) -> None:
        self._chosen = None if self._which.value == NONE else self._which.value
        self.redraw()

    def _add_there(self) -> None:
        self.add(*(float(s.value) for s in self._sliders))

    def _remove_chosen(self) -> None:
        if (i := self._chosen) is not None:
            self.remove(i)

    def _follow_points(self, n: int) -> None:
        """Let the list and the sliders show the chosen point, and the page know where the points are."""
        points = self.points[:n]
        if self._chosen is not None and self._chosen >= n:
            self._chosen = None
        with self._silently():
            options = [("none", NONE), *((str(i + 1), i) for i in range(n))]
            if len(self._which.options) != len(options):
                self._which.options = options
            self._which.value = NONE if self._chosen is None else self._chosen
            if self._chosen is not None:
                self._put_at = [nearest(s, float(v)) for s, v in zip(self._sliders, points[self._chosen], strict=True)]
                for slider, value in zip(self._sliders, self._put_at, strict=True):
                    slider.value = value
        self._take.disabled = self._chosen is None
        self.image.handles = self.picture.handles(points).round(4).tolist()

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
        self._tell("" if name == "reveal" else f"{label} changed.")

    def _relabel(self) -> None:
        for name in BOUNDS:
            fitted = name in FITS[self.values["fit"]]
            label = self._settings["fit"].label
            self._settings[name].enable(
                f"It is fitted; choose “nothing” under “{label}” to set it." if fitted else None
            )

    # ---- words ---------------------------------------------------------------------------------------------------

    def _tell(self, news: str) -> None:
        self._news = news
        self.redraw()

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

    # ---- the trace -----------------------------------------------------------------------------------------------

    @property
    def trace(self) -> Trace | None:
        """The points as trials that were chosen by hand; None while there are none."""
        if not self.steps:
            return None
        v = self.values
        ell = None if "lengthscale" in FITS[v["fit"]] else v["lengthscale"]
        method = BayesianOptimisation(self.task.space, v["seed"], kernel=v["kernel"], lengthscale=ell)
        trace = Trace(header_of(method, self.task))
        for i, point in enumerate(self.steps):
            trial = Trial(i, {"x": float(point.x)}, info={"by": "user"})
            trace.started(trial)
            trace.ended(replace(trial, status="done", value=float(point.y), end=0.0))
        return trace

    @trace.setter
    def trace(self, _: Any) -> None:
        """The points are the trace; the shell's own is not needed."""


def _point(x: float, y: float) -> Point:
    if not (0 <= x <= 1 and LOW <= y <= HIGH):
        raise ValueError(f"a point must have x in [0, 1] and y in [{LOW:g}, {HIGH:g}], not ({x!r}, {y!r})")
    return Point(float(x), float(y))
