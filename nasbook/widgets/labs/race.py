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

from collections.abc import Iterator, Sequence

import numpy as np

import nasbook
from nasbook import registry
from nasbook.method import Method
from nasbook.plots.data import Baseline, Quantity
from nasbook.plots.labs.race import Curves
from nasbook.plots.style import plural
from nasbook.prepare import as_task
from nasbook.search import search
from nasbook.space import Space
from nasbook.task import FunctionTask, Task, TaskLike
from nasbook.widgets.racer import Racer, best_value, distance, refusal
from nasbook.widgets.shell import Lab, Setting, choose, count, slide, tick

FIRST = ("random", "tpe", "regularized-evolution")  # ticked at first: they answer at once
VISIBLE = (*FIRST, "bayesian")  # the others stand under "More", unless a race is made with them
SECONDS = {"bananas": 1.3, "bayesian": 3.5, "forest": 1.6, "ppo": 0.4, "reinforce": 0.2}  # of 100 trials of a cell
PATIENCE = 15.0  # seconds of one method, from which on the lab suggests fewer seeds


class RaceLab(Lab[int]):
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
        task: TaskLike = "nb201-cifar10",
        space: Space | None = None,
        methods: Sequence[str] | None = None,
        **values: object,
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
        self._pools: dict[int | str, tuple[float, float]] = {}  # by task: what random search told about its scales
        self._refusals: dict[int | str, dict[str, str | None]] = {}  # by task: why a method cannot serve its space
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
        tasks: list[tuple[str, str | Task]] = [(name, name) for name in self._cheap]
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

    def _name(self) -> int | str:
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

        def make(name: str, k: int) -> Racer:
            return Racer(name, task, v["seed"] + k, self.distance)

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


def _slow(method: str) -> str:
    return f" 100 trials take about {SECONDS[method]:g} s." if method in SECONDS else ""


def _key(method: str) -> str:
    """The name of a method's tick: a keyword argument has no hyphen."""
    return method.replace("-", "_")
