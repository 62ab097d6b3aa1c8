"""Every method, task, search space of architectures, estimator and lab by name.

The tables hold text only, so that listing them imports nothing; a module is imported when its entry is made.
An entry is one line: its name, what it is, where it comes from and where its code stands.

What others write stands beside it:

    @nasbook.register                       a class of a notebook or a module, from now on, under its `name`
    package.module:Class                    wherever a method's name goes, once that module is imported or trusted
    [project.entry-points."nasbook.methods"]    a package's own, which its installation makes known
    hill-climbing = "mypackage.hill:HillClimbing"
"""

from __future__ import annotations

import importlib
import re
import sys
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Any


@dataclass(frozen=True)
class Entry:
    name: str
    summary: str
    target: str  # "package.module:attribute"
    family: str = ""
    paper: str = ""
    settings: tuple[tuple[str, Any], ...] = ()  # fixed arguments of this entry, e.g. a table's data set
    thing: Any = field(default=None, compare=False, repr=False)  # what was registered by hand

    @property
    def module(self) -> str:
        return self.target.partition(":")[0]

    def load(self) -> Any:
        """The class or function behind the entry."""
        if self.thing is not None:
            return self.thing
        module, _, attribute = self.target.partition(":")
        return getattr(importlib.import_module(module), attribute)

    def describe(self) -> dict[str, str]:
        row = {k: getattr(self, k) for k in ("name", "family", "paper", "summary") if getattr(self, k)}
        return {**row, "module": self.module}


METHODS = [
    Entry("random", "independent uniform draws", "nasbook.hpo.random:RandomSearch",
          "model-free", "Bergstra & Bengio 2012"),
    Entry("grid", "every point of a regular grid", "nasbook.hpo.grid:GridSearch",
          "model-free", "–"),
    Entry("sobol", "a scrambled Sobol sequence", "nasbook.hpo.qmc:SobolSearch",
          "model-free", "Sobol' 1967"),
    Entry("halton", "a scrambled Halton sequence", "nasbook.hpo.qmc:HaltonSearch",
          "model-free", "Halton 1960"),
    Entry("latin-hypercube", "n points, one in each of n strata of every axis", "nasbook.hpo.qmc:LatinHypercubeSearch",
          "model-free", "McKay et al. 1979"),
    Entry("bayesian", "a Gaussian process and an acquisition function", "nasbook.hpo.bayesian:BayesianOptimisation",
          "Bayesian", "Snoek et al. 2012"),
    Entry("forest", "a random forest and expected improvement", "nasbook.hpo.forest:ForestOptimisation",
          "Bayesian", "Hutter et al. 2011"),
    Entry("tpe", "two densities, of good trials and of the others", "nasbook.hpo.tpe:TPE",
          "Bayesian", "Bergstra et al. 2011"),
    Entry("genetic", "children mix two parents and mutate", "nasbook.hpo.genetic:GeneticAlgorithm",
          "evolutionary", "Holland 1975"),
    Entry("differential-evolution", "steps are differences of members", "nasbook.hpo.differential_evolution:DifferentialEvolution",
          "evolutionary", "Storn & Price 1997"),
    Entry("cma-es", "a normal distribution that learns the shape of the valley", "nasbook.hpo.cma_es:CMAES",
          "evolutionary", "Hansen 2016"),
    Entry("particle-swarm", "particles drawn to their own best place and the swarm's", "nasbook.hpo.particle_swarm:ParticleSwarm",
          "evolutionary", "Kennedy & Eberhart 1995"),
    Entry("regularized-evolution", "a queue in which the oldest dies", "nasbook.nas.regularized_evolution:RegularizedEvolution",
          "evolutionary", "Real et al. 2019"),
    Entry("cnn-differential-evolution", "differences of networks of different lengths, layer by layer",
          "nasbook.nas.cnn_differential_evolution:CNNDifferentialEvolution", "evolutionary", "Ghosh et al. 2022"),
    Entry("local-search", "look at all neighbours, move to the best", "nasbook.nas.local_search:LocalSearch",
          "evolutionary", "White et al. 2021"),
    Entry("bananas", "an ensemble of networks predicts from paths; Thompson sampling", "nasbook.nas.bananas:Bananas",
          "Bayesian", "White et al. 2021"),
    Entry("rgpe", "Gaussian processes of earlier tasks, weighed by how well they rank this one", "nasbook.nas.rgpe:RGPE",
          "Bayesian", "Feurer et al. 2018"),
    Entry("reinforce", "an LSTM writes architectures, and rewards teach it", "nasbook.nas.reinforce:Reinforce",
          "reinforcement learning", "Zoph & Le 2017"),
    Entry("ppo", "the same controller, taught by several clipped steps a batch", "nasbook.nas.ppo:PPO",
          "reinforcement learning", "Schulman et al. 2017"),
    Entry("nsga2", "evolution towards the whole Pareto front", "nasbook.hpo.nsga2:NSGA2",
          "multi-objective", "Deb et al. 2002"),
    Entry("parego", "Bayesian optimisation of one random weighting of the objectives after the other", "nasbook.hpo.parego:ParEGO",
          "multi-objective", "Knowles 2006"),
    Entry("hypergradient", "gradients of the validation loss through the training", "nasbook.hpo.hypergradient:Hypergradient",
          "one-shot", "Maclaurin et al. 2015"),
    Entry("median-stopping", "random trials, stopped where they are worse than most", "nasbook.hpo.median_stopping:MedianStopping",
          "multi-fidelity", "Golovin et al. 2017"),
    Entry("successive-halving", "many short trainings, of which the best go on", "nasbook.hpo.successive_halving:SuccessiveHalving",
          "multi-fidelity", "Jamieson & Talwalkar 2016"),
    Entry("hyperband", "successive halving, from many short to few long trainings", "nasbook.hpo.hyperband:Hyperband",
          "multi-fidelity", "Li et al. 2018"),
    Entry("asha", "successive halving that never waits", "nasbook.hpo.asha:ASHA",
          "multi-fidelity", "Li et al. 2020"),
    Entry("bohb", "Hyperband with densities of good and bad trials", "nasbook.hpo.bohb:BOHB",
          "multi-fidelity", "Falkner et al. 2018"),
    Entry("dehb", "Hyperband with differential evolution", "nasbook.hpo.dehb:DEHB",
          "multi-fidelity", "Awad et al. 2021"),
    Entry("pbt", "many trainings side by side; the worst become changed copies of the best", "nasbook.hpo.pbt:PBT",
          "one-shot", "Jaderberg et al. 2017"),
    Entry("network-morphism", "networks that grow while they learn; children begin with what their parent knows",
          "nasbook.nas.network_morphism:NetworkMorphism", "one-shot", "Elsken et al. 2017"),
    Entry("reptile", "weights from which a new small task is learned in a few steps", "nasbook.nas.reptile:Reptile",
          "one-shot", "Nichol et al. 2018"),
    Entry("darts", "architecture weights by gradient descent on a supernet", "nasbook.nas.darts:Darts",
          "one-shot", "Liu et al. 2019"),
]  # fmt: skip

TASKS = [
    Entry("forrester", "1-D, one local and one global minimum", "nasbook.tasks.functions:forrester", "function", "Forrester et al. 2008"),
    Entry("branin", "2-D, three global minima", "nasbook.tasks.functions:branin", "function", "Dixon & Szegö 1978"),
    Entry("hartmann6", "6-D, six local minima", "nasbook.tasks.functions:hartmann6", "function", "Dixon & Szegö 1978"),
    Entry("ackley", "many local minima around one hole", "nasbook.tasks.functions:ackley", "function", "Ackley 1987"),
    Entry("rosenbrock", "a long curved valley", "nasbook.tasks.functions:rosenbrock", "function", "Rosenbrock 1960"),
    Entry("ellipsoid", "a long straight valley", "nasbook.tasks.functions:ellipsoid", "function", "Hansen & Ostermeier 2001"),
    Entry("uneven-axes", "2-D, of which one axis may hardly matter", "nasbook.tasks.uneven:uneven_axes", "function", "Bergstra & Bengio 2012"),
    Entry("digits-mlp", "a multilayer perceptron on 8×8 digits", "nasbook.tasks.training:DigitsMLP", "training", "scikit-learn"),
    Entry("digits-cnn", "a small convolutional net on 8×8 digits", "nasbook.tasks.training:DigitsCNN", "training", "scikit-learn"),
    Entry("digits-cells", "NAS-Bench-201 cells trained on 8×8 digits", "nasbook.tasks.cells:DigitsCells", "training", "Dong & Yang 2020"),
    Entry("digits-mlp-chain", "chains of linear layers trained on 8×8 digits", "nasbook.tasks.architectures:Networks", "training", "scikit-learn",
          (("space", "mlp-chain"),)),
    Entry("digits-conv-chain", "chains of convolutions trained on 8×8 digits", "nasbook.tasks.architectures:Networks", "training", "scikit-learn",
          (("space", "conv-chain"),)),
    Entry("digits-darts", "pairs of DARTS' cells trained on 8×8 digits", "nasbook.tasks.architectures:Networks", "training", "Liu et al. 2019",
          (("space", "darts-cells"),)),
    Entry("digits-s2", "cells of skips and separable convolutions trained on 8×8 digits", "nasbook.tasks.architectures:Networks", "training",
          "Zela et al. 2020", (("space", "robustdarts-s2"),)),
    Entry("digits-s4", "cells of noise and separable convolutions trained on 8×8 digits", "nasbook.tasks.architectures:Networks", "training",
          "Zela et al. 2020", (("space", "robustdarts-s4"),)),
    Entry("digits-macro", "networks of three stages trained on 8×8 digits", "nasbook.tasks.architectures:Networks", "training", "Tan et al. 2019",
          (("space", "macro"),)),
    Entry("characters", "recurrent cells that predict the next character of a small text", "nasbook.tasks.characters:Characters", "training",
          "Pham et al. 2018"),
    Entry("digits-few-shot", "many small tasks of three digits and five images each", "nasbook.tasks.few_shot:FewShot", "training", "scikit-learn"),
    Entry("ridge-digits", "ridge regression by gradient descent, differentiable", "nasbook.tasks.differentiable:RidgeDigits", "training", "scikit-learn"),
    Entry("logistic-cancer", "logistic regression with three decays, differentiable", "nasbook.tasks.differentiable:LogisticCancer", "training",
          "scikit-learn"),
    Entry("mlp-decays", "a small MLP with a decay for each layer, differentiable", "nasbook.tasks.differentiable:MLPDecays", "training", "scikit-learn"),
    Entry("cancer-svm", "a support vector machine, cross-validated", "nasbook.tasks.tabular:CancerSVM", "training", "scikit-learn"),
    Entry("cancer-boosting", "gradient boosting, cross-validated", "nasbook.tasks.tabular:CancerBoosting", "training", "scikit-learn"),
    Entry("nb201-cifar10", "15,625 cells trained on CIFAR-10, as a table", "nasbook.tasks.nb201:NB201", "table", "Dong & Yang 2020",
          (("dataset", "cifar10"),)),
    Entry("nb201-cifar100", "15,625 cells trained on CIFAR-100, as a table", "nasbook.tasks.nb201:NB201", "table", "Dong & Yang 2020",
          (("dataset", "cifar100"),)),
    Entry("nb201-imagenet16", "15,625 cells trained on ImageNet16-120, as a table", "nasbook.tasks.nb201:NB201", "table", "Dong & Yang 2020",
          (("dataset", "imagenet16"),)),
    Entry("digits201-digits", "the same cells trained on 8×8 digits, as a table", "nasbook.tasks.digits201:Digits201", "table", "nasbook",
          (("dataset", "digits"),)),
    Entry("digits201-messy", "the same cells trained on messy digits, as a table", "nasbook.tasks.digits201:Digits201", "table", "nasbook",
          (("dataset", "messy"),)),
    Entry("digits201-textures", "the same cells trained on textures, as a table", "nasbook.tasks.digits201:Digits201", "table", "nasbook",
          (("dataset", "textures"),)),
    Entry("digits-hpo-digits", "9,720 small networks on 8×8 digits with their curves, as a table", "nasbook.tasks.digits_hpo:DigitsHPO", "table", "nasbook",
          (("dataset", "digits"),)),
    Entry("digits-hpo-messy", "the same networks on messy digits, as a table", "nasbook.tasks.digits_hpo:DigitsHPO", "table", "nasbook",
          (("dataset", "messy"),)),
    Entry("digits-hpo-textures", "the same networks on textures, as a table", "nasbook.tasks.digits_hpo:DigitsHPO", "table", "nasbook",
          (("dataset", "textures"),)),
    Entry("nb201-cifar10-latency", "the cells of NAS-Bench-201: error and latency", "nasbook.tasks.nb201:NB201", "multi-objective", "Dong & Yang 2020",
          (("dataset", "cifar10"), ("objectives", ("error", "latency")))),
    Entry("nb201-cifar10-costs", "the same with four objectives: error, parameters, FLOPs and latency", "nasbook.tasks.nb201:NB201", "multi-objective",
          "Dong & Yang 2020", (("dataset", "cifar10"), ("objectives", ("error", "parameters", "flops", "latency")))),
    Entry("digits201-messy-parameters", "cells on messy digits: error and parameters", "nasbook.tasks.digits201:Digits201", "multi-objective", "nasbook",
          (("dataset", "messy"), ("objectives", ("error", "parameters")))),
    Entry("digits-hpo-messy-seconds", "small networks on messy digits: error and seconds of training", "nasbook.tasks.digits_hpo:DigitsHPO",
          "multi-objective", "nasbook", (("dataset", "messy"), ("objectives", ("error", "seconds")))),
    Entry("digits-mlp-parameters", "a multilayer perceptron trained on 8×8 digits: error and parameters", "nasbook.tasks.training:DigitsMLP",
          "multi-objective", "scikit-learn", (("objectives", ("error", "parameters")),)),
]  # fmt: skip

SPACES = [
    Entry("mlp-chain", "1 to 4 linear layers: widths and activations", "nasbook.nas.spaces.mlp_chain:MLPChain", "chain", "–"),
    Entry("conv-chain", "1 to 5 convolutions and poolings, with skips", "nasbook.nas.spaces.conv_chain:ConvChain", "chain", "Ghosh et al. 2022"),
    Entry("nb201-cell", "a cell of four nodes and six edges, five operations", "nasbook.nas.spaces.nb201.space:NB201Cells", "cell", "Dong & Yang 2020"),
    Entry("darts-cells", "a normal and a reduction cell of four nodes, seven operations", "nasbook.nas.spaces.darts_cells:DartsCells", "cell",
          "Liu et al. 2019"),
    Entry("robustdarts-s2", "the same cells with two operations: skip and separable convolution", "nasbook.nas.spaces.darts_cells:RobustDartsS2", "cell",
          "Zela et al. 2020"),
    Entry("robustdarts-s4", "the same cells with two operations: noise and separable convolution", "nasbook.nas.spaces.darts_cells:RobustDartsS4", "cell",
          "Zela et al. 2020"),
    Entry("recurrent-cell", "four nodes of a recurrent network: what each reads, and its activation", "nasbook.nas.spaces.recurrent_cell:RecurrentCells",
          "cell", "Pham et al. 2018"),
    Entry("macro", "three stages of equal blocks: which block, kernel, channels, depth, and one width", "nasbook.nas.spaces.macro:Macro", "macro",
          "Tan et al. 2019"),
]  # fmt: skip

ESTIMATORS = [
    Entry("low-fidelity", "fewer epochs, less data, smaller images or narrower nets", "nasbook.estimate.low_fidelity:LowFidelity",
          "training", "Zhou et al. 2020"),
    Entry("learning-curve", "some epochs, and where the curve will end", "nasbook.estimate.curve:LearningCurve", "training", "Domhan et al. 2015"),
    Entry("parameters", "how many weights: the baseline", "nasbook.estimate.proxy:ZeroCost", "count", "–", (("proxy", "parameters"),)),
    Entry("flops", "multiply-adds for one input", "nasbook.estimate.proxy:ZeroCost", "count", "–", (("proxy", "flops"),)),
    Entry("grad_norm", "length of the first gradient", "nasbook.estimate.proxy:ZeroCost", "zero-cost", "Abdelfattah et al. 2021", (("proxy", "grad_norm"),)),
    Entry("snip", "what cutting out each weight would change", "nasbook.estimate.proxy:ZeroCost", "zero-cost", "Lee et al. 2019", (("proxy", "snip"),)),
    Entry("grasp", "what it would change in the gradient's length", "nasbook.estimate.proxy:ZeroCost", "zero-cost", "Wang et al. 2020", (("proxy", "grasp"),)),
    Entry("synflow", "what flows through the weights, without data", "nasbook.estimate.proxy:ZeroCost", "zero-cost", "Tanaka et al. 2020",
          (("proxy", "synflow"),)),
    Entry("fisher", "what cutting out each channel would change", "nasbook.estimate.proxy:ZeroCost", "zero-cost", "Turner et al. 2020",
          (("proxy", "fisher"),)),
    Entry("jacov", "how differently the images move the output", "nasbook.estimate.proxy:ZeroCost", "zero-cost", "Mellor et al. 2020",
          (("proxy", "jacov"),)),
    Entry("naswot", "how differently the images switch the ReLUs", "nasbook.estimate.proxy:ZeroCost", "zero-cost", "Mellor et al. 2021",
          (("proxy", "naswot"),)),
    Entry("mlp-predictor", "a network with Monte-Carlo dropout, fitted to some trainings", "nasbook.estimate.predictor:Predictor", "predictor",
          "Gal & Ghahramani 2016", (("model", "mlp"),)),
    Entry("gp-predictor", "a Gaussian process, fitted to some trainings", "nasbook.estimate.predictor:Predictor", "predictor", "White et al. 2021",
          (("model", "gp"),)),
    Entry("forest-predictor", "a random forest, fitted to some trainings", "nasbook.estimate.predictor:Predictor", "predictor", "White et al. 2021",
          (("model", "forest"),)),
    Entry("knn-predictor", "the nearest of some trained architectures", "nasbook.estimate.predictor:Predictor", "predictor", "White et al. 2021",
          (("model", "knn"),)),
]  # fmt: skip

LABS = [
    Entry("game", "you against an algorithm on a hidden surface, with the same number of trials", "nasbook.widgets.labs.game:GameLab"),
    Entry("gp", "points that you drag, and what a Gaussian process makes of them", "nasbook.widgets.labs.gp:GPLab"),
    Entry("bayesian", "what a Gaussian process believes and where it looks next", "nasbook.widgets.labs.bayesian:BayesianLab"),
    Entry("tpe", "where good trials lie, where the others do, and the ratio that chooses the next", "nasbook.widgets.labs.tpe:TPELab"),
    Entry("spaces", "an architecture to edit, its graph, its costs, its neighbours and its code", "nasbook.widgets.labs.spaces:SpacesLab"),
    Entry("evolution", "a population of cells, its family tree, its best member and its walk over all cells", "nasbook.widgets.labs.evolution:EvolutionLab"),
    Entry("controller", "a policy that learns to write cells, its baseline and PPO's clip", "nasbook.widgets.labs.controller:ControllerLab"),
    Entry("darts", "architecture weights that move while a supernet trains", "nasbook.widgets.labs.darts:DartsLab"),
    Entry("strategies", "CMA-ES, differential evolution, a GA or a swarm in a valley that can be turned", "nasbook.widgets.labs.strategies:StrategiesLab"),
    Entry("halving", "learning curves cut at rungs, what the stopped would have reached, and idle workers", "nasbook.widgets.labs.halving:HalvingLab"),
    Entry("hypergradient", "unroll length, the error and memory of a hypergradient, and the walk along it", "nasbook.widgets.labs.hypergradient:HypergradientLab"),
    Entry("pbt", "trainings side by side, who copied whom, and the schedule of the winner", "nasbook.widgets.labs.pbt:PBTLab"),
    Entry("pareto", "two objectives, the front that a search finds, and the true front of a table", "nasbook.widgets.labs.pareto:ParetoLab"),
    Entry("transfer", "a search that knows another task, beside one that knows nothing", "nasbook.widgets.labs.transfer:TransferLab"),
    Entry("estimators", "what each estimator costs, how well it ranks, and what it finds in so much time", "nasbook.widgets.labs.estimators:EstimatorsLab"),
    Entry("race", "several methods, several seeds, one task", "nasbook.widgets.labs.race:RaceLab"),
]  # fmt: skip

TABLES = {"method": METHODS, "task": TASKS, "space": SPACES, "estimator": ESTIMATORS, "lab": LABS}
OWN = "own"  # the family of what users register


def entries(kind: str) -> list[Entry]:
    """All entries of a kind: built in, registered by hand, and those of installed packages."""
    known = {entry.name for entry in TABLES[kind]}
    return [*TABLES[kind], *(entry for entry in _installed(kind) if entry.name not in known)]


@cache
def _installed(kind: str) -> tuple[Entry, ...]:
    """What installed packages offer as entry points; nothing of theirs is imported before it is used."""
    from importlib.metadata import entry_points

    found = entry_points(group=f"nasbook.{kind}s")
    return tuple(Entry(e.name, f"of the package {e.value.partition('.')[0]}", e.value, OWN) for e in found)


def find(kind: str, name: str) -> Entry:
    """The entry of a name; ValueError names the nearest one that exists.

    `package.module:Class` is found where its module has been imported: to look a name up imports nothing."""
    if kind == "method" and ":" in str(name):
        return _imported(kind, name)
    table = {entry.name: entry for entry in TABLES[kind]}
    if name not in table:
        table = _used[kind] | {entry.name: entry for entry in entries(kind)}
    if name not in table:
        close = get_close_matches(str(name), table, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(table)}"
        raise ValueError(f"there is no {kind} {name!r}; {hint}")
    return table[name]


_used: dict[str, dict[str, Entry]] = {kind: {} for kind in TABLES}


def remember(thing: type) -> None:
    """A class that was handed to a search can be found by its name from then on, so that its trace can be replayed and
    drawn; it is in no list, as a registered one is."""
    kind, name = getattr(thing, "registered_as", ""), str(getattr(thing, "name", ""))
    if name and all(e.name != name for e in TABLES[kind]):
        _used[kind][name] = Entry(name, _sentence(thing), f"{thing.__module__}:{thing.__qualname__}", OWN, thing=thing)


def _imported(kind: str, name: str) -> Entry:
    module, _, attribute = name.partition(":")
    if module not in sys.modules:
        raise ValueError(f"the {kind} {name} is somebody's own: import {module} first, if you trust it")
    thing = getattr(sys.modules[module], attribute, None)
    if getattr(thing, "registered_as", None) != kind or not isinstance(thing, type):
        raise ValueError(f"{name} is no {kind}: a class that inherits from nasbook.Method is needed")
    return Entry(name, _sentence(thing), name, OWN, thing=thing)


def _sentence(thing: Any) -> str:
    """The first line of its docstring."""
    return (thing.__doc__ or "").strip().partition("\n")[0].rstrip(".")


def register(
    thing: Any = None, *, kind: str | None = None, name: str | None = None, summary: str = "", paper: str = "–"
) -> Any:
    """Let a class be used by its name, as the built-in ones are: @nasbook.register above it.

    kind: "method", "task", "space", "estimator" or "lab"; a class that inherits from Method, OneShot, Task, … says it
    itself. name: by default the class's `name`. summary: by default the first line of its docstring. A class of the
    same name that was registered before gives way, as when a cell is run again; a built-in one does not.

    Raises ValueError for a name that cannot be used and for what is nothing of these."""
    if thing is None:
        return lambda thing: register(thing, kind=kind, name=name, summary=summary, paper=paper)
    kind = kind or getattr(thing, "registered_as", None)
    if kind not in TABLES:
        raise ValueError(
            f"register: kind is one of {', '.join(TABLES)}, not {kind!r}; or inherit from nasbook.Method …"
        )
    if not callable(thing):
        raise ValueError(f"register: a class (or a function that makes one) is needed, not {thing!r:.60}")
    name = name or getattr(thing, "name", "")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9_.-]*", name):
        raise ValueError(
            f"register: a name of small letters, digits and hyphens is needed, e.g. 'my-{kind}', not {name!r}"
        )
    table = TABLES[kind]
    if any(e.name == name and e.family != OWN for e in table):
        raise ValueError(f"register: {name!r} is a {kind} of nasbook; take another name")
    table[:] = [e for e in table if e.name != name]
    target = f"{thing.__module__}:{getattr(thing, '__qualname__', name)}"
    table.append(Entry(name, summary or _sentence(thing), target, OWN, paper, thing=thing))
    return thing


def make(kind: str, name: str, *args: Any, **kwargs: Any) -> Any:
    """Import and call an entry: make("task", "branin", shift=True)."""
    entry = find(kind, name)
    try:
        made = entry.load()(*args, **dict(entry.settings), **kwargs)
    except TypeError as error:
        if "multiple values for keyword argument" in str(error):
            fixed = next(k for k in kwargs if k in dict(entry.settings))
            raise ValueError(f"{kind} {name}: its name fixes {fixed}, so it takes no other {fixed}") from None
        if "unexpected keyword argument" not in str(error):
            raise
        raise ValueError(f"{kind} {name}: {str(error).rpartition('() ')[2]}") from None
    if kind == "task":
        made.name, made.arguments = name, kwargs
    elif kind == "method":
        made.name = name
    return made
