"""The race: several methods, several seeds, one task, and how sure one can be of who is ahead.

    lab = nasbook.lab("race", task="nb201-cifar10", methods=["random", "regularized-evolution"], seeds=20)
    lab.run(); lab.picture.result

One method that beats another once says little. So every method runs with several seeds, the curve is the mean over
them, and the band is the 95 % bootstrap interval of that mean. A round is either one more seed of every method, which
narrows the bands, or one more trial of every run, which makes the curves longer.

The curve shows what the search has found so far. On a table with several runs of every cell, a search sees one of
them, and the distance to the optimum is measured with the mean over the runs, which no search sees: what its choice
would be worth if it were trained again.

Save and Export take the best run of the method that is ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import FixedFormatter, FixedLocator

import nasbook
from nasbook import registry
from nasbook.kit.checks import needs_options
from nasbook.loop import Run
from nasbook.method import Method
from nasbook.plots.data import Baseline, Quantity
from nasbook.plots.scales import tick_label
from nasbook.plots.style import Limits, number, plural
from nasbook.plots.traces.race import RacePicture
from nasbook.prepare import as_task, header_of
from nasbook.search import search
from nasbook.space import Space
from nasbook.task import FunctionTask, HasRuns, KnowsAccuracy, KnowsRegret, OfNumbers, Task
from nasbook.trace import Trace
from nasbook.widgets.shell import Lab, Setting, choose, count, slide, tick

LEARN = ("reinforce", "ppo")  # their modules load torch; what they ask of a space is known without
FIRST = ("random", "tpe", "regularized-evolution")  # ticked at first: they answer at once
VISIBLE = (*FIRST, "bayesian")  # the others stand under "More", unless a race is made with them
SECONDS = {"bananas": 1.3, "bayesian": 3.5, "forest": 1.6, "ppo": 0.4, "reinforce": 0.2}  # of 100 trials of a cell
PATIENCE = 15.0  # seconds of one method, from which on the lab suggests fewer seeds
FLOOR = 1e-6  # the smallest distance to the optimum that is drawn: a logarithm has no zero


class RaceLab(Lab):
    """A race of ask/tell methods on a cheap task.

    task: a table or function of nasbook.tasks(), a Task, or a function of a configuration together with `space`.
    methods: names of nasbook.methods(). The other arguments are settings: seeds, trials, x ('trials' or 'time'),
    regret, grow ('seed' or 'trial'), seed (the first one).
    """

    name = "race"
    telling = ("x", ("trials", "time"))
    drawn_only = ("x",)
    lines = 4
    unit = "round"
    anew = "the race starts again"

    def __init__(
        self,
        task: str | Task | Callable[..., Any] = "nb201-cifar10",
        space: Space | None = None,
        methods: Sequence[str] | None = None,
        **values: Any,
    ) -> None:
        # no trials to ask for; more than one value to compare; trials of one epoch, which count like others here
        others = ("one-shot", "multi-objective", "multi-fidelity")
        counted = [e for e in registry.entries("method") if e.family not in others]
        self._entries = [e for e in counted if e.family != registry.OWN or issubclass(e.load(), Method)]
        self._cheap = {e.name: e.summary for e in registry.entries("task") if e.family in ("table", "function")}
        known = isinstance(task, str) and task in self._cheap
        if isinstance(task, str) and not known:
            registry.find("task", task)
            raise ValueError(f"{task} trains for real, which is too slow for a race; take {', '.join(self._cheap)}")
        self._own = task if known else as_task(task, space)
        self._pools: dict[Any, tuple[float, float]] = {}  # by task: what random search told about its scales
        self._refusals: dict[Any, dict[str, str | None]] = {}  # by task: why a method cannot serve its space
        self._in_sight = set(VISIBLE) if methods is None else {"random", *methods}
        if methods is not None:
            for name in methods:
                if name not in {e.name for e in self._entries}:
                    registry.find("method", name)
                    raise ValueError(f"{name} cannot race: its trials cannot be counted like those of the others")
            ticks = {_key(e.name): e.name in methods for e in self._entries if e.name != "random"}
            values = {**ticks, **values}
        super().__init__(task=self._own, **values)
        self._speed.value = float("inf")

    # ---- settings -------------------------------------------------------------------------------------

    def settings(self) -> list[Setting]:
        tasks: list[tuple[str, Any]] = [(name, name) for name in self._cheap]
        if isinstance(self._own, Task):
            tasks.append((self._own.name or "my objective", self._own))
        racers = [
            tick(
                _key(e.name),
                e.name,
                e.name in FIRST,
                f"{e.summary[0].upper()}{e.summary[1:]} ({e.paper}).{_slow(e.name)}",
                effect="search",
                more=e.name not in self._in_sight,
            )
            for e in self._entries
        ]
        return [
            choose("task", "Task", tasks, "nb201-cifar10", "What every method minimises: a table or a test function."),
            *racers,
            slide("seeds", "Seeds", 20, 2, 50, 1,
                  "How often each method runs; more seeds make the mean surer and the bands narrower."),
            slide("trials", "Trials", 100, 10, 300, 10, "How many configurations each run may try."),
            choose("x", "Budget in", [("trials", "trials"), ("time", "time")], "trials",
                   "What the methods pay with: trials, or the time that their trainings took.",
                   effect="live", more=True),
            tick("regret", "distance to the optimum", True,
                 "Regret: how far the best so far is from the best there is, on a logarithmic scale.",
                 effect="live", more=True),
            choose("grow", "A round adds", [("a seed of every method", "seed"), ("a trial of every run", "trial")],
                   "seed", "Seeds: whole runs, and the bands narrow. Trials: all runs go on together.", more=True),
            count("seed", "First seed", 0, 0, 9999, "The seeds are this one and those that follow it.", more=True),
        ]  # fmt: skip

    @property
    def total(self) -> int | None:
        return self.values["seeds"] if self.values["grow"] == "seed" else self.values["trials"]

    # ---- the search ------------------------------------------------------------------------------------

    def prepare(self) -> None:
        name = self.values["task"]
        self.task = name if isinstance(name, Task) else nasbook.task(name)
        self.distance = distance(self.task)
        self.names = self._racers()
        self.runs: dict[str, list[Racer]] = {name: [] for name in self.names}
        known = self.distance is not None
        self._settings["regret"].enable(None if known else "The best value of this task is not known.")
        self.timed = self.task.knows_cost or isinstance(self.task, FunctionTask)
        self._settings["x"].enable(None if self.timed else "Nobody knows how long a trial of this task would take.")
        self.edge, self.end = self._scales()
        same = (self._name(), self.values["trials"], *self.names)
        if getattr(self, "_drawn", None) != same:
            self.pictures: dict[tuple[str, bool], Curves] = {}
        for picture in self.pictures.values():
            picture.renew()
        self._drawn = same
        self._picture()

    def _name(self) -> Any:
        """What tells the tasks of this lab apart."""
        chosen = self.values["task"]
        return id(chosen) if isinstance(chosen, Task) else chosen

    def _scales(self) -> tuple[float | None, float | None]:
        """The worst value that is drawn (the mean of the best of two random trials), and the seconds of a run."""
        if isinstance(self.task, FunctionTask):  # it may be dear: nothing is tried in advance
            return None, None
        if (name := self._name()) not in self._pools:
            pool = [search("random", self.task, trials=100, seed=1000 + k) for k in range(3)]
            edge = Baseline(np.concatenate([t.values for t in pool])).expected(2)[-1]
            self._pools[name] = float(edge), max(t.times[-1] for t in pool) / 100
        edge, seconds = self._pools[name]
        return edge, 1.1 * seconds * self.values["trials"] if self.task.knows_cost else None

    def _racers(self) -> list[str]:
        """The methods that are ticked and can serve the space; the ticks of the others say why they cannot."""
        names = []
        refusals = self._refusals.setdefault(self._name(), {})
        for entry in self._entries:
            setting = self._settings[_key(entry.name)]
            if entry.name not in refusals:
                refusals[entry.name] = refusal(entry, self.task.space)
            why = refusals[entry.name]
            if entry.name == "random" and why is None:
                setting.enable("Random search is always in the race: what does not beat it is not worth its trouble.")
            else:
                setting.enable(why)
            if why is None and (entry.name == "random" or self.values[_key(entry.name)]):
                names.append(entry.name)
        return names

    def make_search(self) -> Iterator[int]:
        runs, v, task = self.runs, self.values, self.task
        make = lambda name, k: Racer(name, task, v["seed"] + k, self.distance)  # noqa: E731
        for n in range(1, v[f"{v['grow']}s"] + 1):
            for name in self.names:
                if v["grow"] == "seed":
                    racer = make(name, n - 1)
                    while racer.go(v["trials"]) and not self.runner.outdated:
                        pass
                    runs[name].append(racer)
                else:
                    runs[name] = runs[name] or [make(name, k) for k in range(v["seeds"])]
                    for racer in runs[name]:
                        racer.go(v["trials"])
                if self.runner.outdated:
                    return
            self.trace = self._best_run().trace
            yield n

    def _best_run(self) -> Racer:
        """Of the method with the lowest mean at the end, the run with the lowest value."""
        ended = {name: np.array([r.value[-1] for r in racers if r.value]) for name, racers in self.runs.items()}
        found = {name: values.mean() for name, values in ended.items() if len(values) and np.isfinite(values).all()}
        ahead = min(found, key=found.__getitem__) if found else self.names[0]
        return min(self.runs[ahead], key=lambda r: r.value[-1] if r.value and np.isfinite(r.value[-1]) else np.inf)

    def keeps(self) -> str:
        racer = self._best_run()
        return f"{plural(len(racer.trace), 'trial')}: the best run of {racer.name}, which is ahead (seed {racer.seed})"

    # ---- picture and words -------------------------------------------------------------------------------

    @property
    def regret(self) -> bool:
        """Is the distance to the optimum drawn?"""
        return self.values["regret"] and self.distance is not None

    def changed(self, name: str) -> None:
        with self.exchanging():
            self._picture()
        self.redraw()

    def _picture(self) -> None:
        look = (self.values["x"] if self.timed else "trials", self.regret)
        if look not in self.pictures:
            label, trials = self.task.value_label, self.values["trials"]
            if self.regret:
                known = label != "value"
                quantity = Quantity(
                    label if known else "distance to the optimum",
                    accuracy=False,
                    above=" above the optimum" if known else "",
                )
                edge = None if self.edge is None else self.edge - best_value(self.task)
            else:
                quantity, edge = Quantity(label), self.edge
            end = trials if look[0] == "trials" else self.end
            self.pictures[look] = Curves(self.names, end, self.task.knows_cost, quantity, edge, *look)
        self.picture = self.pictures[look]
        self.use(self.picture)

    def frame(self, n: int) -> dict[str, list[tuple[list[float], list[float]]]]:
        """For each method, for each seed: (value or regret, seconds) after every trial."""
        whole = self.values["grow"] == "seed"
        return {
            name: [
                (r.regret if self.regret else r.value, r.seconds)
                if whole
                else ((r.regret if self.regret else r.value)[:n], r.seconds[:n])
                for r in (racers[:n] if whole else racers if n else [])
            ]
            for name, racers in list(self.runs.items())
        }

    def begin(self) -> str:
        what = "seed of every method" if self.values["grow"] == "seed" else "trial of every run"
        text = f"Nobody has started yet. A round is one {what}; Play makes all of them."
        v = self.values
        cost = {name: SECONDS[name] * v["trials"] / 100 * v["seeds"] for name in self.names if name in SECONDS}
        slow = [f"{name} takes about {seconds:.0f} s" for name, seconds in cost.items() if seconds >= PATIENCE]
        return f"{text} Of {v['seeds']} seeds {' and '.join(slow)}: fewer seeds take less." if slow else text

    def sentence(self, n: int) -> str:
        return self.picture.verdict()


class Racer:
    """One run of one method: its trace, and after every trial the best value so far, its regret and the seconds."""

    def __init__(self, name: str, task: Task, seed: int, distance: Callable[[dict[str, Any], float], float] | None):
        self.name, self.task, self.seed, self.distance = name, task, seed, distance
        self.method: Method = nasbook.method(name, task.space, seed=seed)
        self.run = Run(self.method, task, Trace(header_of(self.method, task)))
        self.trace = self.run.trace
        self.value: list[float] = []
        self.regret: list[float] = []
        self.seconds: list[float] = []

    def go(self, trials: int) -> bool:
        """One trial; False when so many are made or the method has nothing left to ask."""
        step = self.run.step(trials)
        if step is None:
            return False
        best = step.incumbent
        self.seconds.append(self.run.now)
        self.value.append(np.nan if best is None or best.value is None else best.value)
        if best is not step.trial and self.regret:
            self.regret.append(self.regret[-1])
        else:
            known = best is not None and best.value is not None and self.distance is not None
            self.regret.append(self.distance(best.config, best.value) if known else np.nan)  # type: ignore
        return True


class Curves(RacePicture):
    """The race's picture. State: {method: [(best so far, seconds), T numbers each, of each seed]}.

    simulated: is time that of a table? edge: nothing worse than this value is drawn, so that bad beginnings do not
    press the rest against the edge."""

    def __init__(
        self,
        names: Sequence[str],
        end: float | None,
        simulated: bool,
        quantity: Quantity,
        edge: float | None,
        x: str,
        regret: bool,
    ) -> None:
        super().__init__(names, end, x, quantity, 0.0 if regret else None, resamples=400)
        self.simulated, self.edge, self.end = simulated, edge, self.x_end
        self.kept: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._begin()

    def _begin(self) -> None:
        """The axes before the first value."""
        self.x_end, self.y = self.end, Limits()
        if self.edge is not None:
            worst = float(self._show(np.array(self.edge)))
            self.y = Bounded(worst, self.quantity.higher and not self.regret)
            if self.regret:  # a decade, so that the axis means something before the first value
                self.y.include(np.array([worst - 1, worst]))

    def renew(self) -> None:
        """For another race of the same methods: the axes as they were at first."""
        self._begin()
        if self.fig is not None:  # else it has not been drawn yet
            self._limits()
            self.invalidate()

    def build(self, fig: Any) -> None:
        super().build(fig)
        if self.regret:
            self.ax.set_ylabel(self.quantity.axis)
        if self.unit == "trials":
            self.ax.set_xlabel("trial")

    def _limits(self) -> None:
        super()._limits()
        if self.unit == "time":
            word = self.ax.get_xlabel().split()[0]  # hours, minutes or seconds
            self.ax.set_xlabel(
                f"{word} of training, as the table tells" if self.simulated else f"{word} on this computer"
            )
        if self.regret:  # the axis holds logarithms; the ticks are what they stand for
            low, high = self.y.pair
            unit = 2.0 if self.quantity.percent else 0.0  # log10 of 100 %
            span = high - low
            digits = (1, 1.5, 2, 3, 4, 5, 6, 8) if span < 1.1 else (1, 2, 5) if span < 2.5 else (1,)
            decades = range(int(np.floor(low)) - 1, int(np.ceil(high)) + 3)
            every = max(1, round(span / 7))
            values = [m * 10.0**k for k in decades for m in digits if k % every == 0 or len(digits) > 1]
            ticks = [(np.log10(v) - unit, tick_label(float(f"{v:.3g}"))) for v in values]
            ticks = [(at, text) for at, text in ticks if low <= at <= high]
            self.ax.yaxis.set_major_locator(FixedLocator([at for at, _ in ticks]))
            self.ax.yaxis.set_major_formatter(FixedFormatter([text for _, text in ticks]))

    def _show(self, value: np.ndarray) -> np.ndarray:
        return np.log10(np.maximum(value, FLOOR)) if self.regret else self.quantity.show(value)

    def update(self, state: Any) -> bool:
        self.kept = {}
        self._name = iter(self.names)
        changed = super().update(state)
        good = [low for _, _, _, low, _ in self.result.values() if np.isfinite(low)]
        if good and self.y.include(self._show(np.array(good))):  # the bands lie inside as well
            self._limits()
            self._name = iter(self.names)
            return super().update(state) or True
        return changed

    def _curves(self, runs: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
        name, runs = next(self._name), [(y, t) for y, t in runs if len(y)]
        T = min((len(y) for y, _ in runs), default=0)
        if not T:
            return np.zeros(0), np.zeros((0, 0))
        if self.unit == "trials":
            x, curves = np.arange(1.0, T + 1), np.array([y[:T] for y, _ in runs], float)
        else:
            x = np.linspace(0, min(t[-1] for _, t in runs), 200)
            curves = np.full((len(runs), len(x)), np.nan)
            for k, (y, t) in enumerate(runs):
                i = np.searchsorted(t, x, side="right") - 1
                curves[k, i >= 0] = np.array(y, float)[i[i >= 0]]
        self.kept[name] = x, curves
        return x, curves

    # ---- words -------------------------------------------------------------------------------------------

    def _value(self, value: float) -> str:
        q = self.quantity
        if self.regret and value < FLOOR:
            return "0" + " %" * q.percent
        return f"{number(float(q.show(value)), 2 if self.regret else 4)}{' %' * q.percent}"

    def _band(self, name: str) -> str:
        _, _, _, low, high = self.result[name]
        a, b = (high, low) if self.quantity.higher else (low, high)
        return f"{self._value(a)} to {self._value(b)}"

    def standing(self) -> tuple[str, str | None, bool]:
        """Who is ahead at the end, the next best, and whether their bands overlap."""
        order = sorted(self.result, key=lambda m: self.result[m][2])
        if len(order) < 2:
            return order[0], None, False
        (_, _, _, low, high), (_, _, _, low2, high2) = self.result[order[0]], self.result[order[1]]
        return order[0], order[1], not (high < low2 or high2 < low)

    def since(self, ahead: str) -> tuple[float, str | None]:
        """From which budget on this method has led without a break, and who led before."""
        x, curves = self.kept[ahead]
        own, before, first = curves.mean(0), None, float(x[0])
        for name, (other_x, other) in self.kept.items():
            if name == ahead or not len(other_x):
                continue
            mean = np.interp(x, other_x, other.mean(0), left=np.nan, right=np.nan)
            behind = np.flatnonzero(mean < own)
            if len(behind) and behind[-1] + 1 < len(x) and x[behind[-1] + 1] > first:
                first, before = float(x[behind[-1] + 1]), name
        return first, before

    def verdict(self) -> str:
        """Who leads at which budget, and whether the bands overlap."""
        if not self.result:
            return "No method has a value for every seed yet."
        ahead, second, overlap = self.standing()
        n, x, mean, *_ = self.result[ahead]
        text = f"After {self._when(x)} {ahead} is ahead: {self.quantity.name} {self._value(mean)}"
        if n < 2:
            return f"{text}, with one seed. One seed may be luck: let more of them run."
        text += f" (mean of {n} seeds, 95 % band {self._band(ahead)})."
        if second is None:
            return f"{text} It runs alone: tick another method to race against."
        later = self.result[second][1]
        theirs = f"that of {second} ({self._band(second)}{'' if later == x else f' after {self._when(later)}'})"
        text += f" Its band {'overlaps' if overlap else 'lies apart from'} {theirs}"
        text += ", so this may be luck." if overlap else "."
        first, before = self.since(ahead)
        if before is not None:
            when = f"trial {first:.0f}" if self.unit == "trials" else self._when(first)
            text += f" It leads from {when} on; before that, {before} was ahead at times."
        return text

    def _sentence(self) -> str:
        if not self.result:
            return "No method has a value for every seed yet"
        ahead, second, overlap = self.standing()
        n, x, *_ = self.result[ahead]
        text = f"After {self._when(x)} {ahead} is ahead"
        if n < 2:
            return f"{text}, but one seed may be luck"
        if second is None:
            return f"{text}: it runs alone"
        return f"{text}; its band {'overlaps' if overlap else 'is clear of'} that of {second}"

    def alt(self) -> str:
        if not self.result:
            return "Race: no method has a value yet."
        parts = []
        for name, (n, x, mean, *_) in sorted(self.result.items(), key=lambda r: r[1][2]):
            spread = f", 95 % band {self._band(name)}, {n} seeds" if n > 1 else ", one seed"
            parts.append(f"{name} {self._value(mean)} after {self._when(x)}{spread}")
        return f"Race, {self.quantity.name}, best so far, mean over seeds: {'; '.join(parts)}."


class Bounded(Limits):
    """Limits that are fixed on the bad side and grow on the good one."""

    def __init__(self, edge: float, higher: bool) -> None:
        super().__init__()
        self.edge, self.higher = edge, higher

    def include(self, values: Any, pad: float = 0.06) -> bool:
        inside = np.maximum(values, self.edge) if self.higher else np.minimum(values, self.edge)
        return super().include(np.r_[inside[np.isfinite(inside)], self.edge], pad)


def refusal(entry: registry.Entry, space: Space) -> str | None:
    """Why a method cannot serve a space; None if it can."""
    try:
        if entry.name in LEARN:
            needs_options(entry.name, space)
            return None
        if entry.family != registry.OWN:
            return entry.load().refusal(space)
        entry.load()(space, seed=0)  # somebody's own may check anywhere
    except ValueError as error:
        return str(error)
    return None


def distance(task: Task) -> Callable[[dict[str, Any], float], float] | None:
    """(configuration, value) -> its regret; None where the optimum is not known.

    A table with several runs of a cell compares their means, and a noisy function its value without noise."""
    if isinstance(task, KnowsRegret) and task.optimum is not None:
        return lambda config, value: float(task.regret(config))
    if task.optimum is None and not _knows_all(task):
        return None
    best = best_value(task)
    if _knows_all(task):
        return lambda config, value: 1.0 - float(task.accuracy(config)) - best  # type: ignore[attr-defined]
    if isinstance(task, OfNumbers) and task.noise:
        return lambda config, value: float(task([[config[n] for n in task.space.parameters]])[0]) - best
    return lambda config, value: value - best


def _knows_all(task: Task) -> bool:
    """Is it a table of accuracies that has several runs of every configuration?"""
    return isinstance(task, KnowsAccuracy) and task.value_label == "validation error"


def best_value(task: Task) -> float:
    """The value at the optimum; of a table of accuracies the lowest error, mean over the runs. 0 if it is not known."""
    if task.optimum is None and _knows_all(task):
        whole: Any = registry.make("task", task.name) if isinstance(task, HasRuns) and task.run is not None else task
        return float(whole.outcomes(("error",))[:, 0].min())
    return float(task.optimum or 0.0)


def _slow(method: str) -> str:
    return f" 100 trials take about {SECONDS[method]:g} s." if method in SECONDS else ""


def _key(method: str) -> str:
    """The name of a method's tick: a keyword argument has no hyphen."""
    return method.replace("-", "_")


__all__ = ["Curves", "RaceLab", "Racer", "distance"]
