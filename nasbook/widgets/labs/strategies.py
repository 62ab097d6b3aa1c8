"""The evolution-strategy lab: turn a valley, and see what a population makes of it.

    lab = nasbook.lab("strategies", method="cma-es", angle=45)
    lab.run(); lab.steps[-1].view.C          # the shape that CMA-ES has learnt

The valley has two variables, so all that a method does can be drawn: the ellipse of CMA-ES, the difference vectors of
differential evolution, the parents of a genetic algorithm, the velocities of a swarm. The grey dashes at the right are
a search axis by axis (`compass`) with the same number of trials: fast in a valley along an axis, slow in a turned one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

import nasbook
from nasbook.hpo.cma_es import CMAView
from nasbook.hpo.differential_evolution import DEView
from nasbook.hpo.genetic import GeneticView
from nasbook.hpo.particle_swarm import PSOView
from nasbook.plots.style import number, plural
from nasbook.plots.views.strategies import METHODS, StrategyPicture, axis_of, corner_of
from nasbook.space import Arguments
from nasbook.trace import Step
from nasbook.widgets.shell import Lab, Setting, choose, count, slide, tick

VALLEYS: dict[str, Arguments] = {  # neither has its lowest point in the middle, where a guess would find it
    "ellipsoid": {"condition": 1000.0, "shift": [1.5, 1.0]},
    "rosenbrock": {},
}
SIZE = {"particle-swarm": "particles"}  # what a method calls its population


def compass(
    f: Callable[[np.ndarray], float], start: np.ndarray, step: float, trials: int
) -> tuple[np.ndarray, np.ndarray]:
    """Search axis by axis: try a step each way along x1, then along x2 …; stay where it is lower; halve a step that
    helps nowhere. Returns the points tried (trials, d) and their values (trials,), the start first."""
    best = np.array(start, float)
    points, values = [best], [float(f(best))]
    lowest = values[0]
    while len(points) < trials:
        helped = False
        for j in range(len(best)):
            for sign in (1, -1):
                x = best.copy()
                x[j] += sign * step
                points.append(x)
                values.append(float(f(x)))
                if values[-1] < lowest:
                    best, lowest, helped = x, values[-1], True
                    break
        if not helped:
            step /= 2
    return np.array(points[:trials]), np.array(values[:trials])


class StrategiesLab(Lab[Step]):
    """Evolution strategies in a valley of two dimensions that can be turned.

    Arguments are settings: method ('cma-es', 'differential-evolution', 'genetic', 'particle-swarm'), angle (degrees),
    valley ('ellipsoid', 'rosenbrock'), axiswise, trials, population, CR, seed.
    """

    name = "strategies"
    telling = ("angle", (0, 15, 30, 45))
    unit = "trial"

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        self._speed.value = 5.0

    def settings(self) -> list[Setting]:
        return [
            choose("method", "Method", METHODS, "cma-es", "Which method searches the valley."),
            slide("angle", "Angle (°)", 0, 0, 90, 5,
                  "How far the valley is turned about its lowest point; at 0 the straight valley lies along x1."),
            choose("valley", "Valley", list(VALLEYS), "ellipsoid",
                   "The function that is minimised: a straight valley, 32 times as long as wide, or a curved one."),
            tick("axiswise", "Axis by axis", True,
                 "Compare with a search that changes one variable at a time, with as many trials."),
            slide("trials", "Trials", 200, 20, 400, 10, "How many points the method may try.", more=True),
            slide("population", "Population", 10, 4, 40, 1,
                  "Points of a generation, members, or particles.", more=True),
            slide("CR", "CR", 0.5, 0.0, 1.0, 0.05,
                  "Differential evolution: the probability that a coordinate comes from the donor. Only with CR = 1 a "
                  "turned valley is as easy as one along an axis.", more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed draws other random numbers.", more=True),
        ]  # fmt: skip

    def prepare(self) -> None:
        v = self.values
        turn = {"rotation": math.radians(v["angle"])} if v["angle"] else {}
        self.task = nasbook.task(v["valley"], **VALLEYS[v["valley"]], **turn)
        of_de = v["method"] == "differential-evolution"
        self._settings["CR"].enable(None if of_de else "Only differential evolution has a CR.")
        chosen = {SIZE.get(v["method"], "population"): v["population"], **({"CR": v["CR"]} if of_de else {})}
        self.method = nasbook.method(v["method"], self.task.space, seed=v["seed"], **chosen)
        low, high = self.task.box.T
        self.others = compass(self.task, (low + high) / 2, float(high[0] - low[0]) / 8, v["trials"])[1]
        self.picture = StrategyPicture(self.task, v["method"], v["trials"])
        self.use(self.picture)

    def make_search(self) -> Iterator[Step]:
        return self.search(self.method, self.task, trials=self.values["trials"])

    def frame(self, n: int) -> tuple[list[Step], np.ndarray | None]:
        return self.steps[:n], self.others[:n] if self.values["axiswise"] else None

    def begin(self) -> str:
        angle, name = self.values["angle"], self.values["method"]
        begins = "CMA-ES begins with a circle in the middle" if name == "cma-es" else f"{name} begins at random"
        return f"The valley is turned by {angle}°; {begins}. Step makes one trial, Play makes all of them."

    # ---- what moved, and why --------------------------------------------------------------------------------

    def sentence(self, n: int) -> str:
        step = self.steps[n - 1]
        told: dict[str, Callable[..., str]]
        told = {"cma-es": self._cma, "differential-evolution": self._de, "genetic": self._genetic}
        return told.get(self.values["method"], self._swarm)(n, step.view, step.trial.loss)

    def _cma(self, n: int, view: CMAView, value: float) -> str:
        drawn = f"Trial {n} was drawn from the ellipse of generation {view.generation + 1}: f = {number(value)}."
        if view.previous_mean is None:
            return f"{drawn} Until {self.method.cma.s.lam} are known nothing moves."
        moved = float(np.linalg.norm(self.picture.side * (view.mean - view.previous_mean)))
        long, angle = axis_of(view.C * np.outer(self.picture.side, self.picture.side))
        moves = (
            f"The mean had moved by {number(moved)} to the weighted mean of the {view.mu} best of {len(view.previous)}"
        )
        shape = f"the ellipse is {number(long, 2)} times as long as wide, its long axis at {number(round(angle))}°"
        return f"{drawn} {moves}; {shape}."

    def _de(self, n: int, view: DEView, value: float) -> str:
        m = view.mutation
        if m is None:
            return f"Trial {n} is a first member of the population, f = {number(value)}."
        names, F, (r2, r3) = np.array(self.task.space.free), self.method.settings.F, m.pair
        x = view.vectors
        sum_ = (
            f"member {m.base + 1} plus {F:g} × (member {r2 + 1} − member {r3 + 1}) gives {' and '.join(names[m.mask])}"
        )
        kept = f", {' and '.join(names[~m.mask])} from the target" if (~m.mask).any() else ""
        out = m.mask & ~np.isclose(m.donor, x[m.base] + F * (x[r2] - x[r3]))
        anew = f" ({' and '.join(names[out])} fell outside and was drawn anew)" if out.any() else ""
        before = float(view.values[m.target])
        result = "not above" if value <= before else "above"
        then = "it takes its place" if value <= before else "the target stays"
        told = f"f = {number(value)}, {result} the target's {number(before)}, so {then}"
        return f"Trial {n}, for target {m.target + 1}: {sum_}{kept}{anew}. {told}."

    def _genetic(self, n: int, view: GeneticView, value: float) -> str:
        b = view.birth
        if b is None:
            return f"Trial {n} was drawn at random, f = {number(value)}: the first population is still filling."
        names, trials = self.task.space.free, {t.id: t for t in view.population}
        if len(set(b.parents)) == 1:
            made = f"has one parent, trial {b.parents[0] + 1}"
        else:
            made = "took " + " and ".join(
                f"{name} of trial {b.parents[which] + 1}" for name, which in zip(names, b.source, strict=True)
            )
        corner = corner_of(np.array([[trials[i].config[name] for name in names] for i in b.parents]), b)
        child = [self.steps[n - 1].trial.config[name] for name in names]
        changed = [name for name, a, c in zip(names, corner, child, strict=True) if not np.isclose(a, c)]
        mutated = f"; {' and '.join(changed)} mutated" if changed else ""
        below, all_ = sum(t.loss > value for t in view.population), plural(len(view.population), "member")
        return f"Trial {n} {made}{mutated}. f = {number(value)}, lower than {below} of the {all_}."

    def _swarm(self, n: int, view: PSOView, value: float) -> str:
        f = view.flight
        if f is None:
            return f"Trial {n}: a particle starts at random, f = {number(value)}."
        inertia, to_own, to_swarm = (
            number(float(np.linalg.norm(part * self.picture.side)), 2) for part in (f.inertia, f.own, f.swarm)
        )
        own, swarm = float(view.best_values[f.particle]), float(view.best_values.min())
        result = (
            "a new best of the swarm" if value < swarm else "a new best of its own" if value < own else "no new best"
        )
        pulls = f"{inertia} by inertia, {to_own} to its own best and {to_swarm} to the swarm's"
        return f"Trial {n}: particle {f.particle + 1} was pulled {pulls}. f = {number(value)}: {result}."
