"""The surrogates lab: beliefs that are no Gaussian process: a random forest, a network that has learned on drawn
problems, and an ensemble of networks.

    lab = nasbook.lab("surrogates", model="forest", task="forrester")
    lab.run(); lab.steps[-1].view.predict(...)       # mean and spread of the trees

The forest and the prior-fitted network are drawn as curves: what they expect, how far they may be wrong, and the
acquisition that chooses. The ensemble of BANANAS is judged by its own words: what it predicted of each architecture
before that was evaluated, and what came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import nasbook
from nasbook.hpo.forest import ForestView
from nasbook.hpo.pfn import PfnView
from nasbook.nas.bananas import BananasView
from nasbook.plots.data import Quantity, value_of
from nasbook.plots.scales import value_label
from nasbook.plots.style import number
from nasbook.plots.views.forest import ForestPicture
from nasbook.plots.views.pfn import PfnPicture
from nasbook.plots.views.predictions import PredictionPicture
from nasbook.space import Config
from nasbook.tasks.functions import Function
from nasbook.trace import Step
from nasbook.widgets.shell import Lab, Setting, choose, count, slide, tick

FOREST, PFN, ENSEMBLE = "forest", "pfn", "bananas"
MODELS = [("random forest", FOREST), ("prior-fitted network", PFN), ("ensemble (BANANAS)", ENSEMBLE)]
NUMBERS = {
    "forrester": "Forrester (1-D)",
    "branin": "Branin (2-D), a slice",
    "digits-hpo-messy": "settings of a network",
}
TASKS = {
    FOREST: NUMBERS,
    PFN: NUMBERS,
    ENSEMBLE: {
        "nb201-cifar10": "cells, CIFAR-10",
        "nb201-imagenet16": "cells, ImageNet16-120",
        "digits201-messy": "cells, messy digits",
    },
}
OF = {FOREST: ("trees", "leaf", "log", "random"), PFN: ("acquisition",), ENSEMBLE: ("members", "batch", "epochs")}


class SurrogatesLab(Lab[Step]):
    """Bayesian optimisation with a random forest or a prior-fitted network, or BANANAS, one trial at a time.

    Arguments are settings: model ('forest', 'pfn', 'bananas'), task, axis (the parameter that is drawn), trees, leaf,
    log, random, acquisition ('ei', 'pi'), members, batch, epochs, startup, trials, seed.
    """

    name = "surrogates"
    telling = ("model", ("forest", "pfn", "bananas"))
    chooses = "model"
    lines = 4

    def __init__(self, **values: object) -> None:
        self._asked_for = values.get("task")
        super().__init__(**values)
        self._asked_for = None

    def settings(self) -> list[Setting]:
        tasks = [(label, name) for of in TASKS.values() for name, label in of.items()]
        axes = [("first parameter", ""), *((name, name) for name in nasbook.task("digits-hpo-messy").space.free)]
        return [
            choose("model", "Model", MODELS, FOREST,
                   "Trees that cut the space, and their spread; a network that has learned on drawn problems what such "
                   "points tell; or several networks that have learned the same architectures, and how far they "
                   "agree."),
            choose("task", "Objective", tasks, "forrester", "What is minimised; the method sees only its trials."),
            choose("axis", "Parameter", axes, "", "The parameter that is drawn.", effect="view"),
            slide("trials", "Trials", 40, 5, 100, 5, "How many trials the search may make."),
            slide("trees", "Trees", 10, 2, 40, 1, "Forest: how many trees; the mean of few is ragged.", more=True),
            slide("leaf", "Leaf", 1, 1, 8, 1, "Forest: trials that a leaf must hold; more of them smooth.", more=True),
            tick("log", "learn the logarithm", True, "Forest: open up the differences between good trials.",
                 effect="search", more=True),
            slide("random", "Random share", 0.1, 0.0, 1.0, 0.05, "Forest: share of later trials drawn at random.",
                  more=True),
            choose("acquisition", "Acquisition", [("EI", "ei"), ("PI", "pi")], "ei",
                   "Prior-fitted network: expected improvement, or its probability.", effect="search", more=True),
            slide("members", "Networks", 5, 2, 10, 1, "Ensemble: networks whose spread is the uncertainty.", more=True),
            slide("batch", "Batch", 10, 1, 20, 1, "Ensemble: architectures evaluated between two fits.", more=True),
            slide("epochs", "Epochs", 100, 10, 200, 10, "Ensemble: how long its networks are trained.", more=True),
            slide("startup", "Random first", 10, 3, 30, 1, "Random trials before the first model.", more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed draws other trials.", more=True),
        ]  # fmt: skip

    def prepare(self) -> None:
        v = self.values
        model = v["model"]
        name = self._offer(model, v["task"])
        self.task = nasbook.task(name)
        of = {k: v[k] for k in (*OF[model], "startup")}
        self.method = nasbook.method(model, self.task.space, seed=v["seed"], **of)
        self.quantity = Quantity(self.task.value_label, accuracy=False)
        self.before = self.method.view()
        self.picture: ForestPicture | PfnPicture | PredictionPicture
        self._picture()

    def _offer(self, model: str, task: str) -> str:
        """Enable what the model has; the objective: the one that was chosen, if it is one for this model."""
        for label, other in MODELS:
            for name in OF[other]:
                self._settings[name].enable(None if other == model else f"Only the {label} has it.")
        if task not in TASKS[model]:
            if self._asked_for == task:
                label = next(label for label, name in MODELS if name == model)
                raise ValueError(f"the {label} searches {', '.join(map(repr, TASKS[model]))} here, not {task!r}")
            task = next(iter(TASKS[model]))
        with self._silently():
            dropdown = self.controls["task"]
            dropdown.options = [(label, name) for name, label in TASKS[model].items()]
            dropdown.value = task
        several = model != ENSEMBLE and task == "digits-hpo-messy"
        self._settings["axis"].enable(None if several else "Only of the settings of a network one can be chosen.")
        return task

    def _picture(self) -> None:
        v = self.values
        if v["model"] == ENSEMBLE:
            self.picture = PredictionPicture(self.quantity)
        else:
            axis = v["axis"] if v["axis"] in self.task.space.free else None
            truth = value_of(self.task) if isinstance(self.task, Function) else None
            picture = ForestPicture if v["model"] == FOREST else PfnPicture
            self.picture = picture(self.task.space, axis, truth, v["trials"], self.quantity, samples=0)
        self.drawn = v["axis"]
        self.use(self.picture)

    def make_search(self) -> Iterator[Step]:
        return self.search(self.method, self.task, trials=self.values["trials"])

    def frame(self, n: int) -> list[Step] | ForestView | PfnView:
        if self.values["model"] == ENSEMBLE:
            return self.steps[:n]
        if self.values["axis"] != self.drawn:
            self._picture()
        return self.steps[n - 1].view if n else self.before

    # ---- words ---------------------------------------------------------------------------------------------

    def begin(self) -> str:
        v = self.values
        first, who = {FOREST: ("are random", "trees"), PFN: ("spread over the space", "network")}.get(
            v["model"], ("are random", "ensemble")
        )
        return f"Nothing has been tried yet. The first {v['startup']} trials {first}; then the {who} can say something."

    def sentence(self, n: int) -> str:
        step = self.steps[n - 1]
        trial = step.trial
        found = f"it found {self.quantity.text(trial.value)}" if trial.value is not None else f"failed ({trial.reason})"
        words: dict[str, Callable[..., str]]
        words = {FOREST: self._of_forest, PFN: self._of_network, ENSEMBLE: self._of_ensemble}
        why = words[self.values["model"]](step.view, n)
        best = " That is the best so far." if step.incumbent is trial and n > 1 else ""
        return f"Trial {n}{self._where(trial.config)} {why}; {found}.{best}"

    def _where(self, config: Config) -> str:
        space = self.task.space
        if len(space.free) > 2:
            return ""
        return ", " + ", ".join(f"{k} = {value_label(space.parameters[k], config[k])}" for k in space.free) + ","

    def _of_forest(self, view: ForestView, n: int) -> str:
        if view.forest is None or view.next is None:
            later = "as some later ones are" if n > self.values["startup"] else "as the first ones are"
            return f"was drawn at random, {later}"
        mean, std = (float(x[0]) for x in view.predict(view.next[None]))
        gain = float(view.acquire(view.next[None])[0])
        size = f"{100 * gain:.2f} points" if self.quantity.percent else number(gain, 2)
        return f"was chosen: the trees say {self.quantity.spread(mean, std)}, an expected improvement of {size}"

    def _of_network(self, view: PfnView, n: int) -> str:
        if not view.believes or view.next is None:
            return "is one of the first, which spread over the space"
        mean, std = (float(x[0]) for x in view.predict(view.next[None]))
        gain = float(view.acquire(view.next[None])[0])
        worth = f"a chance of {100 * gain:.0f} % of something better" if view.settings.acquisition == "pi" else ""
        return f"was chosen: the network says {self.quantity.spread(mean, std)}" + (f", {worth}" if worth else "")

    def _of_ensemble(self, view: BananasView, n: int) -> str:
        if view.chosen is None:
            return "was drawn at random"
        k = view.chosen
        told = self.quantity.spread(float(view.mean[k]), float(view.std[k]))
        return (
            f"changes one choice of trial {view.parents[k] + 1}: its draw was number {k + 1} of "
            f"{len(view.candidates)} candidates, and {told} was predicted"
        )
