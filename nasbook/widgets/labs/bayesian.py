"""The Bayesian lab: what a Gaussian process believes, where it looks next, and what happens if you choose instead.

    lab = nasbook.lab("bayesian", task="forrester", seed=0, trials=20)
    lab.step(5); lab.choose(x=0.3); lab.step(); lab.set(acquisition="ucb", kappa=1.0); lab.trace

The picture after n steps shows the belief that n trials lead to, and the trial that comes next; ahead.py says how that
is known, and what happens to the trace when the belief is changed (kernel, length scale, noise, acquisition).
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as W

import nasbook
from nasbook.hpo.bayesian import BayesianOptimisation, BayesianView
from nasbook.hpo.parts.bayesian_settings import NAMES
from nasbook.plots.data import Quantity
from nasbook.plots.scales import value_label
from nasbook.plots.style import number
from nasbook.plots.views.acquisition import Acquisition1D, acquisition_picture
from nasbook.plots.views.side_by_side import MARGIN, side_by_side_picture
from nasbook.prepare import as_task
from nasbook.space import Arguments, Choice, Config, Float, Int, Space
from nasbook.task import Task, TaskLike
from nasbook.tasks.functions import Function
from nasbook.trace import Trial
from nasbook.widgets.lookahead import AheadLab
from nasbook.widgets.parts import exchange
from nasbook.widgets.shell import LIVE, Setting, Values, choose, count, nearest, same, slide, tick

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OBJECTIVES: dict[str, tuple[str, str, Arguments]] = {  # what a user calls it, the task, its arguments
    "forrester": ("Forrester (1-D)", "forrester", {}),
    "forrester-slow": ("Forrester, slower to the right", "forrester", {"slow": 20.0}),
    "ackley": ("Ackley (1-D)", "ackley", {"d": 1}),
    "branin": ("Branin (2-D)", "branin", {}),
    "rosenbrock": ("Rosenbrock (2-D)", "rosenbrock", {}),
}
ACQUISITION_NAMES = {
    "ei": "Expected improvement",
    "log_ei": "Log expected improvement",
    "pi": "Probability of improvement",
    "ucb": "Confidence bound",
    "thompson": "Thompson sampling",
    "knowledge_gradient": "Knowledge gradient",
    "ei_per_second": "Expected improvement per second",
}
KERNEL_NAMES = {"matern52": "Matérn 5/2", "matern32": "Matérn 3/2", "rbf": "RBF (very smooth)"}
PRIOR = ("prior", "prior_x", "prior_y", "prior_width", "beta")
BELIEF = ("kernel", "fit", "lengthscale", "fit_noise", "noise", "acquisition", "xi", "kappa", *PRIOR)


class BayesianLab(AheadLab[BayesianView]):
    """Bayesian optimisation, one trial at a time.

    task: a name of nasbook.tasks(), a Task, or a function of a configuration together with `space`. The other arguments
    are settings: acquisition ('ei', 'log_ei', 'pi', 'ucb', 'thompson', 'knowledge_gradient', 'ei_per_second'), xi,
    kappa, compare (all acquisitions side by side), lengthscale and noise (numbers, or None to fit them), kernel
    ('matern52', 'matern32', 'rbf'), prior (True: the best is believed to lie near prior_x, and prior_y, shares of the
    axes, give or take prior_width; beta), trials, seed, samples, truth.

    PI starts with ξ = 0.05, because with 0 it is greedy.
    """

    name = "bayesian"
    telling = ("acquisition", ("ei", "pi", "ucb", "thompson"))
    method: BayesianOptimisation
    picture: Any  # Acquisition1D or Acquisition2D

    def __init__(self, task: TaskLike = "forrester", space: Space | None = None, **values: object):
        self._own = task if isinstance(task, str) and task in OBJECTIVES else as_task(task, space)
        if values.get("acquisition") == "pi":
            values = {"xi": MARGIN, **values}
        super().__init__(task=self._own, **_fitted_or_not(values))

    # ---- settings -------------------------------------------------------------------------------------

    def settings(self) -> list[Setting]:
        objectives: list[tuple[str, str | Task]] = [(label, name) for name, (label, *_) in OBJECTIVES.items()]
        if isinstance(self._own, Task):
            objectives.append((self._own.name or "my objective", self._own))
        acquisitions = [(ACQUISITION_NAMES.get(a, a), a) for a in sorted(NAMES, key=[*ACQUISITION_NAMES].index)]
        kernels = [(label, name) for name, label in KERNEL_NAMES.items()]
        return [
            choose("task", "Objective", objectives, "forrester", "What is minimised; the method sees only its trials."),
            choose("acquisition", "Acquisition", acquisitions, "ei",
                   "The score that decides where to look next, made of the mean and the spread of the belief.", **LIVE),
            tick("compare", "all acquisitions side by side", False,
                 "Draw every acquisition on this belief, each with the trial that it would choose.", **LIVE),
            slide("xi", "ξ: margin", 0.0, 0.0, 1.0, 0.01,
                  "How much better than the best a trial must promise to be, in standard deviations of the values.",
                  **LIVE),
            slide("kappa", "κ: optimism", 2.576, 0.0, 5.0, 0.1,
                  "How many standard deviations are credited for not knowing: 0 trusts the mean alone.", **LIVE),
            slide("lengthscale", "Length scale", 0.2, 0.01, 10.0, 0.02,
                  "How far apart two points may be and still have like values, as a share of the axis.", log=True,
                  **LIVE),
            tick("fit", "fit the length scale", True,
                 "Choose the length scale under which the trials so far are likely.", **LIVE),
            choose("kernel", "Kernel", kernels, "matern52", "How smooth the function is believed to be.", more=True,
            **LIVE), slide("noise", "Noise", 1e-4, 1e-8, 1.0, 0.1,
                  "The share of the variance of the values that is believed to be noise.", log=True, more=True,
                  format=".1e", **LIVE),
            tick("fit_noise", "fit the noise", True, "Choose the noise under which the trials so far are likely.",
                 more=True, **LIVE),
            tick("prior", "I know where the best may lie", False,
                 "Weight the acquisition by your belief, less and less (πBO).", more=True, **LIVE),
            slide("prior_x", "Best near, across", 0.3, 0.0, 1.0, 0.01,
                  "Where you believe the best lies, as a share of the first axis.", more=True, **LIVE),
            slide("prior_y", "Best near, up", 0.3, 0.0, 1.0, 0.01,
                  "Where you believe the best lies, as a share of the second axis.", more=True, **LIVE),
            slide("prior_width", "Give or take", 0.1, 0.02, 0.5, 0.01,
                  "Standard deviation of your belief, as a share of the axis.", more=True, **LIVE),
            slide("beta", "β: stubbornness", 10.0, 0.0, 20.0, 0.5,
                  "Your belief counts with the power β/n after n trials.", more=True, **LIVE),
            slide("trials", "Trials", 20, 2, 60, 1, "How many trials the search may make; more can be added later.",
                  more=True, **LIVE),
            count("seed", "Seed", 0, 0, 9999, "Another seed draws other first trials.", more=True),
            slide("samples", "Samples of the belief", 3, 0, 5, 1, "Functions drawn from the belief (one parameter).",
                  more=True, **LIVE),
            tick("truth", "show the objective", True, "Draw what the method cannot see (one parameter).",
                 more=True, **LIVE),
        ]  # fmt: skip

    def set(self, **values: object) -> None:
        """Change settings. lengthscale and noise: a number, or None to fit them."""
        super().set(**_fitted_or_not(values))

    def _method(self) -> BayesianOptimisation:
        v = self.values
        return BayesianOptimisation(
            self.task.space,
            v["seed"],
            lengthscale=None if v["fit"] else v["lengthscale"],
            noise=None if v["fit_noise"] else v["noise"],
            prior=self._prior() if v["prior"] else None,
            beta=v["beta"],
            **{name: v[name] for name in ("acquisition", "kernel", "xi", "kappa")},
        )

    def _prior(self) -> dict[str, list[float]]:
        """What is believed of the parameters that are drawn; nothing of a Choice."""
        space, v = self.task.space, self.values
        drawn = zip(space.free[:2], (v["prior_x"], v["prior_y"]), strict=False)
        numbers = [(n, at) for n, at in drawn if not isinstance(space.parameters[n], Choice)]
        return {n: [float(space.parameters[n].decode(at)), v["prior_width"]] for n, at in numbers}  # type: ignore[union-attr, arg-type]

    def changed(self, name: str) -> None:
        if name == "acquisition" and self.values["acquisition"] == "pi" and not self.values["xi"]:
            with self._silently():
                self._settings["xi"].put(MARGIN)
        with self.changing():
            if name in BELIEF:
                self._believe_anew()
            elif name == "trials":
                self._look()
                self.picture.trials = self.total
            else:
                self._picture()
        if name in BELIEF:
            self._relabel()
            label = self._settings[name].label.partition(":")[0]
            kept = " The trials so far are kept as if you had chosen them." if self.steps else ""
            self.note(f"{label[0].upper() if label[1:] else label}{label[1:]} changed: the next step uses it.{kept}")
        if name == "trials" and len(self.steps) < self.values["trials"]:
            self.runner.reopen()
        self.redraw()

    def _relabel(self) -> None:
        """Show the parameter that the acquisition has, and free the sliders that are not fitted."""
        acquisition = self.values["acquisition"]
        self.controls["kappa"].layout.display = "" if acquisition == "ucb" else "none"
        self.controls["xi"].layout.display = "none" if acquisition == "ucb" else ""
        none = f"{ACQUISITION_NAMES[acquisition]} has no parameter."
        self._settings["xi"].enable(none if acquisition in ("thompson", "knowledge_gradient") else None)
        for name in PRIOR[1:]:
            off = f"Tick “{self._settings['prior'].label}” to use it."
            self._settings[name].enable(None if self.values["prior"] else off)
        self.controls["prior_y"].layout.display = "" if self.task.space.d > 1 else "none"
        for slider, box in (("lengthscale", "fit"), ("noise", "fit_noise")):
            label = self._settings[box].label
            self._settings[slider].enable(
                f"It is fitted to the trials; untick “{label}” to set it." if self.values[box] else None
            )

    # ---- the search ------------------------------------------------------------------------------------

    def prepare(self) -> None:
        name = self.values["task"]
        self.task = name if isinstance(name, Task) else nasbook.task(OBJECTIVES[name][1], **OBJECTIVES[name][2])
        self._begin_search()
        self._relabel()
        self._picture()
        self._choosers()
        self._look()

    def _past(self, n: int) -> BayesianView:
        """What the method, with the settings in force, would have believed after n of the trials."""
        method = self._method()
        method.remember(self.trace.trials[:n])
        method.enqueue(self.trace[n].trial.config)
        method.ask()
        return method.view()

    # ---- your own choice -------------------------------------------------------------------------------

    def choose(self, **config: object) -> None:
        """Try this configuration with the next step, e.g. `choose(x=0.3)`; without arguments the method chooses."""
        valid = self.task.space.validate(config) if config else None
        with self.changing():
            self._seen = None
            self.chosen = valid
            self._look()
        self.redraw()

    def picked(self, axes: Axes, x: float, y: float) -> None:
        if len(self.trace) >= self.values["trials"]:
            self.note("All trials are made: allow more of them under “More”, then choose.")
            return
        u = self.picture.context.copy()
        u[self.picture.at] = [min(1.0, max(0.0, v)) for v in (x, y)[: len(self.picture.at)]]
        self.choose(**self.task.space.decode(u))

    def _choosers(self) -> None:
        """A slider for each drawn parameter, that follows the next trial and can be moved: a click without a mouse."""
        self._sliders = {name: _slider(name, self.task.space.parameters[name]) for name in self.picture.names}
        self._at: Config = {}  # where the lab has put them
        for slider in self._sliders.values():
            slider.observe(partial(self._guarded, self._slid), "value")
        self._try = W.Button(description="Try this", icon="check", tooltip="Make the trial that the sliders show.")
        self._leave = W.Button(description="Let it choose", icon="undo", tooltip="Give the choice back to the method.")
        for button, name, press in ((self._try, "try", self._press_step), (self._leave, "leave", self._let)):
            button.add_class(f"nb-{name}")
            button.on_click(partial(self._guarded, press))
        exchange(self.below, [*self._sliders.values(), self._try, self._leave])

    def _slid(self) -> None:
        if all(same(slider.value, self._at.get(name)) for name, slider in self._sliders.items()):
            return  # the page has sent back what it was told to show
        u = self.task.space.decode([0.5 if v != v else v for v in self.picture.context])
        self.choose(**{**u, **{name: slider.value for name, slider in self._sliders.items()}})

    def _let(self) -> None:
        self.choose()

    def _looked(self, view: BayesianView) -> None:
        """Let the sliders show what is fitted and what comes next."""
        over = "All trials are made." if view.next is None else None
        with self._silently():
            if view.next is not None and self.next is not None:
                for name, slider in self._sliders.items():
                    if name in self.next.config:
                        slider.value = self._at[name] = nearest(slider, self.next.config[name])
            if view.gp is not None:
                if self.values["fit"]:
                    self._settings["lengthscale"].show(float(min(view.gp.lengthscales)))
                if self.values["fit_noise"]:
                    self._settings["noise"].show(view.gp.noise)
        for widget in (*self._sliders.values(), self._try):
            widget.disabled = over is not None
        self._leave.disabled = self.chosen is None

    # ---- picture and words -------------------------------------------------------------------------------

    def _picture(self) -> None:
        space, quantity = self.task.space, Quantity(self.task.value_label, accuracy=False)
        truth = None
        if self.values["truth"] and isinstance(self.task, Function) and space.d == 1:
            function, name = self.task, space.free[0]
            truth = lambda config: float(function([[config[name]]])[0])  # noqa: E731
        picture = side_by_side_picture if self.values["compare"] else acquisition_picture
        self.picture = picture(
            space, trials=self.values["trials"], quantity=quantity, truth=truth, samples=self.values["samples"]
        )
        self.use(self.picture)
        axes = self.picture.panels if isinstance(self.picture, Acquisition1D) else self.picture.maps.values()
        self.clickable("Click to choose the next trial yourself. Keys: arrows move a cross, Enter chooses.", *axes)

    def begin(self) -> str:
        return self._coming() or (
            "Nothing has been tried yet. Press Step for one trial or Play for all, or click in the picture to choose "
            "the next trial."
        )

    def sentence(self, n: int) -> str:
        step = self.steps[n - 1]
        trial: Trial = step.trial
        where, q = self._where(trial.config), self.picture.quantity
        found = f"found {q.text(trial.value)}" if trial.value is not None else f"failed ({trial.reason})"
        view: BayesianView | None = step.view
        if "kept" in trial.info:
            told = f"Trial {n}, at {where}, {found}; {trial.info['kept']} chose it before the settings were changed."
        elif trial.info.get("by") == "user":
            told = f"You chose {where}{self._expected(view, ', where ', ' was expected')}: it {found}."
        elif view is None or view.gp is None:
            told = f"Tried {where}, one of {self.method.startup} first trials that spread over the space: it {found}."
        else:
            told = f"Chose {where}: {self._promise(view)}; it {found}."
        best = " That is the best so far." if step.incumbent is trial and n > 1 else ""
        return told + best + (f" {self._coming()}" if n == len(self.steps) else "")

    def _coming(self) -> str:
        """What comes next, where the learner has chosen it."""
        if self.chosen is None:
            return ""
        expected = self._expected(self.views[-1], ": ", " is expected there")
        return f"You choose {self._where(self.chosen)} next{expected}."

    def _where(self, config: Config) -> str:
        space = self.task.space
        values = {n: value_label(space.parameters[n], v) for n, v in config.items() if n in space.free}
        return next(iter(values.values())) if space.d == 1 else ", ".join(f"{n} = {v}" for n, v in values.items())

    def _expected(self, view: BayesianView | None, before: str, after: str) -> str:
        if view is None or view.gp is None or view.next is None:
            return ""
        mean, std = (float(v[0]) for v in view.predict(view.next[None]))
        return f"{before}{self.picture.quantity.spread(mean, std)}{after}"

    def _promise(self, view: BayesianView) -> str:
        """'mean −0.35 ± 0.21 promised 0.17 below the best'."""
        assert view.next is not None and view.best is not None
        mean, std = (float(v[0]) for v in view.predict(view.next[None]))
        q = self.picture.quantity
        belief, gap = q.spread(mean, std), view.best - mean
        if view.acquisition == "thompson":
            return f"the function drawn from the belief is lowest there (mean {belief})"
        if view.acquisition == "knowledge_gradient":
            falls = float(view.by("knowledge_gradient", prior=None).acquire(view.next[None])[0])
            return f"what is learnt there is expected to lower the lowest mean by {_size(q, falls)} (mean {belief})"
        if view.acquisition == "ei_per_second":
            belief += f", for {number(float(view.predict_seconds(view.next[None])[0]), 2)} s,"
        if gap > 0:
            return f"mean {belief} promised {_size(q, gap)} below the best"
        return f"mean {belief} is {_size(q, -gap)} above the best, but the spread leaves room below it"


def _size(q: Quantity, gap: float) -> str:
    return f"{100 * gap:.1f} points" if q.percent else number(gap, 2)


def _fitted_or_not(values: Values) -> Values:
    """lengthscale=None means fit=True, and a number fit=False; noise likewise. The tick goes first: it frees the
    slider."""
    out: Values = {}
    for name, value in values.items():
        box = {"lengthscale": "fit", "noise": "fit_noise"}.get(name)
        if box is not None:
            out[box] = value is None
        if box is None or value is not None:
            out[name] = value
    return out


def _slider(name: str, p: Any) -> W.ValueWidget:
    """A slider over the values of a parameter."""
    # While it moves it must not answer: a page also sends back, late and rounded, what it is told to show.
    options = {
        "description": f"Next {name}",
        "tooltip": f"Choose {name} of the next trial yourself.",
        "continuous_update": False,
    }
    if isinstance(p, Choice):
        made = W.SelectionSlider(options=[(str(o), o) for o in p.options], **options)
    elif isinstance(p, Int):
        made = W.IntSlider(p.low, p.low, p.high, p.step, **options)
    elif isinstance(p, Float) and p.log:
        made = W.FloatLogSlider(
            p.low, min=math.log10(p.low), max=math.log10(p.high), step=0.01, readout_format=".2g", **options
        )
    else:
        made = W.FloatSlider(
            p.low, min=p.low, max=p.high, step=p.step or (p.high - p.low) / 500, readout_format=".3g", **options
        )
    made.add_class(f"nb-choose-{name}")
    made.add_class("nb-choose")
    return made
