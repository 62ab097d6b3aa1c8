"""The pipeline lab: a pipeline as a graph to click in, and the number that a search over it promises.

    lab = nasbook.lab("pipeline", data="noise", leak=True)
    lab.run(); lab.promised, lab.tested       # % wrong of the best trial: by the search, and on untouched rows

A click on a node switches it off (what is off passes the rows through), on the model takes the next one, and on the
split moves it: after the choice of columns it leaks, because what is held out has helped to choose. The search is
random and the folds are the task's; the untouched rows are seen by the picture only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

import nasbook
from nasbook.automl.evaluate import Pipelines
from nasbook.plots.labs.pipeline import PipelinePicture, PipelineState, promised
from nasbook.plots.style import plural
from nasbook.space import Constant, Float, Space
from nasbook.task import trial_seed
from nasbook.trace import Step
from nasbook.widgets.shell import Lab, Setting, choose, count, slide, tick

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TABLES = {"noise": "pure noise", "wine": "three kinds of wine", "cancer": "tumours", "digits": "8×8 digits"}
ROWS = {"noise": 80, "wine": 60, "cancer": 120, "digits": 150}  # that the search sees; the others are untouched
QUICK = ["logistic", "svm", "naive-bayes", "knn", "tree"]
MODELS = {
    "any": "any model",
    "logistic": "logistic\nregression",
    "svm": "support\nvectors",
    "naive-bayes": "naive\nBayes",
    "knn": "nearest\nrows",
    "tree": "tree",
}
FEW = (0.005, 0.2)  # the share of columns that is chosen, where they are chosen


class PipelineLab(Lab[Step]):
    """Random search over the pipelines that the graph allows, each cross-validated and tested.

    Arguments are settings: data ('noise', 'wine', 'cancer', 'digits'), leak, scale, features, model, trials, seed.
    """

    name = "pipeline"
    telling = ("leak", (False, True))

    def settings(self) -> list[Setting]:
        return [
            choose("data", "Table", [(label, name) for name, label in TABLES.items()], "noise",
                   "What is learnt from. In pure noise there is nothing to learn: half of it is guessed right."),
            tick("leak", "split after the choice", False,
                 "The mistake: scaling and the choice of columns see all rows, those that are held out later too.",
                 effect="search"),
            choose("model", "Model", [(label.replace("\n", " "), name) for name, label in MODELS.items()], "any",
                   "Which model learns; any: the search chooses."),
            tick("scale", "scale", True, "Each column to mean 0 and deviation 1; off: as it is.", effect="search",
                 more=True),
            tick("features", "choose columns", True, "Only the columns that go best with the labels; off: all of them.",
                 effect="search", more=True),
            slide("trials", "Trials", 15, 3, 60, 1, "How many pipelines are tried.", more=True),
            count("seed", "Seed", 0, 0, 9999, "Another seed divides the rows anew and draws anew.", more=True),
        ]  # fmt: skip

    def prepare(self) -> None:
        v = self.values
        models = QUICK if v["model"] == "any" else [v["model"]]
        self.task = nasbook.task(
            f"pipeline-{v['data']}", rows=ROWS[v["data"]], split=v["seed"], leak=v["leak"], models=models
        )
        self.method = nasbook.method("random", allowed(self.task, v["scale"], v["features"]), seed=v["seed"])
        self.tests: list[float] = []
        guess = 100 * self.task.loss(self.task.y_test, self.task.guess())
        self.picture = PipelinePicture(v["trials"], guess)
        self.use(self.picture)
        self.clickable("Click a node to switch it, the model to change it, the split to move it.", self.picture.graph)

    def make_search(self) -> Iterator[Step]:
        for step in self.search(self.method, self.task, trials=self.values["trials"]):
            seed = trial_seed(self.method.seed, step.trial.id)
            failed = step.trial.status != "done"
            self.tests.append(np.nan if failed else 100 * self.task.test(step.trial.config, seed=seed))
            yield step

    def picked(self, axes: Axes, x: float, y: float) -> None:
        node, v = PipelinePicture.node(x, y), self.values
        if node == "split":
            self.set(leak=not v["leak"])
        elif node in ("scale", "features"):
            self.set(**{node: not v[node]})
        elif node == "model":
            names = list(MODELS)
            self.set(model=names[(names.index(v["model"]) + 1) % len(names)])
        else:
            self.say("Rows, holes and score stay as they are: click scale, choose columns, the model, or the split.")

    # ---- what is shown -------------------------------------------------------------------------------------

    def frame(self, n: int) -> PipelineState:
        v = self.values
        off = frozenset(name for name in ("scale", "features") if not v[name])
        errors = [100 * s.trial.loss if s.trial.status == "done" else np.nan for s in self.steps[:n]]
        return PipelineState(off, MODELS[v["model"]], v["leak"], np.array(errors), np.array(self.tests[:n]))

    @property
    def promised(self) -> float:
        """% wrong of the best trial, as the search has it."""
        return float(promised(self._errors(), np.array(self.tests))[0][-1])

    @property
    def tested(self) -> float:
        """% wrong of the same trial on the untouched rows."""
        return float(promised(self._errors(), np.array(self.tests))[1][-1])

    def _errors(self) -> np.ndarray:
        return self.frame(len(self.steps)).errors

    def begin(self) -> str:
        v = self.values
        where = "after scaling and the choice of columns, so it leaks" if v["leak"] else "first, so that nothing leaks"
        return f"The rows are split {where}. Step tries one pipeline, Play {plural(v['trials'], 'pipeline')}."

    def sentence(self, n: int) -> str:
        trial, s = self.steps[n - 1].trial, self.frame(n)
        if trial.status != "done":
            return f"Trial {n} failed: {trial.reason}."
        best, true = promised(s.errors, s.tests)
        gap = true[-1] - best[-1]
        why = "the split comes too late" if s.leak else f"it is the least of {plural(n, 'number')}"
        end = f"Too good by {gap:.1f} points: {why}." if gap > 0.05 else "Here it does not promise too much."
        return (
            f"Trial {n}, {trial.config['model']}: {s.errors[-1]:.1f} % wrong. The best so far promises "
            f"{best[-1]:.1f} %, and {true[-1]:.1f} % are wrong on {len(self.task.y_test)} untouched rows. {end}"
        )


def allowed(task: Pipelines, scale: bool, features: bool) -> Space:
    """The space of a task in which what is switched off is constant."""
    own = dict(task.space.parameters)
    own["scale"] = Constant("standard") if scale else Constant("none")
    if features:
        own["features"] = Constant("best")
        own["share"] = Float(*FEW, log=True, when={"features": "best"})
    else:
        own["features"] = Constant("all")
        del own["share"]
    return Space(own)
