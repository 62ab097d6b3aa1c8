"""Which view a picture draws, and the sentence for a trace, a step or a view of another method.

    acquisition(nasbook.search("tpe", "branin", trials=9))
    ValueError: acquisition draws the view of 'bayesian' or 'parego' (BayesianView); these trials are from 'tpe'

A view is named by its place, as in the registry, so that saying what is drawn imports no method (and no torch).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeGuard, TypeVar

from nasbook import registry
from nasbook.loop import Run
from nasbook.method import Method
from nasbook.search import replay
from nasbook.task import Task
from nasbook.trace import Step, Trace

if TYPE_CHECKING:
    from nasbook.hpo.asha import ASHAView
    from nasbook.hpo.bayesian import BayesianView
    from nasbook.hpo.bohb import BOHBView
    from nasbook.hpo.cma_es import CMAView
    from nasbook.hpo.dehb import DEHBView
    from nasbook.hpo.differential_evolution import DEView
    from nasbook.hpo.forest import ForestView
    from nasbook.hpo.freeze_thaw import FreezeThawView
    from nasbook.hpo.genetic import GeneticView
    from nasbook.hpo.hypergradient import HypergradientView
    from nasbook.hpo.median_stopping import StoppingView
    from nasbook.hpo.particle_swarm import PSOView
    from nasbook.hpo.pfn import PfnView
    from nasbook.hpo.priorband import PriorBandView
    from nasbook.hpo.successive_halving import HalvingView
    from nasbook.hpo.tpe import TPEView
    from nasbook.nas.bananas import BananasView
    from nasbook.nas.compound import CompoundView
    from nasbook.nas.nes import NESView
    from nasbook.nas.parts.gan_view import AutoGANView
    from nasbook.nas.parts.supernet import SupernetView
    from nasbook.nas.reinforce import ControllerView
    from nasbook.nas.reptile import ReptileView
    from nasbook.nas.rgpe import RGPEView

    RungsView: TypeAlias = HalvingView | ASHAView | BOHBView | DEHBView | PriorBandView

T = TypeVar("T")
V = TypeVar("V", covariant=True)  # the dataclasses that `targets` names


@dataclass(frozen=True)
class Views(Generic[V]):
    """What a picture draws. targets: the dataclasses, "package.module:Class"; methods: those whose steps have one."""

    targets: tuple[str, ...]
    methods: tuple[str, ...]

    def fit(self, view: object) -> TypeGuard[V]:
        """Is it one of them, or of a class that was derived from one?"""
        return any(f"{c.__module__}:{c.__qualname__}" in self.targets for c in type(view).__mro__)

    def __str__(self) -> str:
        classes = " or ".join(target.partition(":")[2] for target in self.targets)
        return f"the view of {_listed(self.methods)} ({classes})"

    def of(self, state: object, kind: str) -> V:
        """The view of a Step, or the view itself; ValueError, in one sentence, for anything else."""
        view = state.view if isinstance(state, Step) else state
        if self.fit(view):
            return view
        if view is None or isinstance(view, dict):
            way = "take the steps of nasbook.steps(…) or nasbook.replay(trace)"
            raise ValueError(f"{kind} draws {self}; this step has no view; {way}")
        raise ValueError(f"{kind} draws {self}, not a {type(view).__name__}")

    def replayed(self, trace: Trace, kind: str) -> list[Step]:
        """The steps of a trace with their views, made again where they are not there; ValueError for a trace of another
        method, or one without trials."""
        if not len(trace):
            raise ValueError(f"{kind}: this trace has no trials yet")
        if all(self.fit(s.view) for s in trace.steps):
            return trace.steps
        self.check_method(trace.header.method, kind)
        return list(replay(trace))

    def check_method(self, method: str, kind: str) -> None:
        """ValueError unless the registry's method of this name has such views."""
        if method not in self.methods:
            raise ValueError(f"{kind} draws {self}; these trials are from {method!r}")


def _listed(names: Sequence[str]) -> str:
    quoted = [repr(n) for n in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def step_of(steps: Sequence[T], step: int, kind: str) -> T:
    """One step by its number, −1 the last; ValueError says how many there are."""
    if isinstance(step, bool) or not isinstance(step, int) or not -len(steps) <= step < len(steps):
        raise ValueError(f"{kind}: step must be a whole number from {-len(steps)} to {len(steps) - 1}, not {step!r}")
    return steps[step]


def state_of(views: Views[V], state: object, step: int, kind: str) -> V:
    """The view of a Trace's step, of a Step, or the view itself; ValueError, in one sentence, where there is none."""
    return views.of(step_of(views.replayed(state, kind), step, kind) if isinstance(state, Trace) else state, kind)


def views_of(views: Views[V], state: object, kind: str) -> list[V]:
    """The views of a Trace, of steps, or views themselves; ValueError where they are not those that are drawn."""
    if isinstance(state, Trace):
        state = views.replayed(state, kind)
    return [views.of(s, kind) for s in (state if isinstance(state, Sequence) else [state])]


def method_after(trace: Trace, step: int = -1) -> Method:
    """The method as it was when it had been told this step and all before it; its `view()` is that of the next choice,
    where a step has that of its own. Not for one-shot methods, whose steps know what came of them."""
    h = trace.header
    method = registry.find("method", h.method).load()(trace.space, seed=h.seed, **h.settings)
    run, told = Run(method, Task(), Trace(h)), step % len(trace) if len(trace) else -1
    for kind, trial in trace.events:
        if told < 0:
            break
        if kind == "ask":
            run.repeat(trial)
        else:
            run.hear(trial)
            told -= 1
    return method


def check_state(kind: str, state: object) -> None:
    """ValueError for what is surely no trace, no steps, no view and no architecture: a file's name, None, a number."""
    if hasattr(state, "__fspath__") or (isinstance(state, str) and state.endswith(".jsonl")):
        raise ValueError(f"plot {kind}: this is a file's name; nasbook.Trace.load({str(state)!r}) reads the trace")
    if state is None or isinstance(state, bool | int | float | bytes):
        raise ValueError(f"plot {kind}: it draws a Trace or its steps, not {state!r:.40}")


BELIEF: Views[BayesianView] = Views(("nasbook.hpo.bayesian:BayesianView",), ("bayesian", "parego"))
DENSITIES: Views[TPEView] = Views(("nasbook.hpo.tpe:TPEView",), ("tpe",))
SUPERNET: Views[SupernetView] = Views(
    ("nasbook.nas.parts.supernet:SupernetView",),
    (
        "darts",
        "pc-darts",
        "fair-darts",
        "p-darts",
        "spos",
        "fairnas",
        "scarlet",
        "ofa",
        "enas",
        "gdas",
        "snas",
        "fbnet",
        "proxylessnas",
    ),
)
WEIGHTS: Views[SupernetView | ReptileView] = Views(
    (*SUPERNET.targets, "nasbook.nas.reptile:ReptileView"), (*SUPERNET.methods, "reptile")
)
POLICY: Views[ControllerView] = Views(("nasbook.nas.reinforce:ControllerView",), ("reinforce", "ppo"))
STRATEGY: Views[CMAView | DEView | GeneticView | PSOView] = Views(
    (
        "nasbook.hpo.cma_es:CMAView",
        "nasbook.hpo.differential_evolution:DEView",
        "nasbook.hpo.genetic:GeneticView",
        "nasbook.hpo.particle_swarm:PSOView",
    ),
    ("cma-es", "differential-evolution", "genetic", "particle-swarm"),
)
RUNGS: Views[RungsView] = Views(
    (
        "nasbook.hpo.successive_halving:HalvingView",
        "nasbook.hpo.asha:ASHAView",
        "nasbook.hpo.bohb:BOHBView",
        "nasbook.hpo.dehb:DEHBView",
        "nasbook.hpo.priorband:PriorBandView",
    ),
    ("successive-halving", "hyperband", "asha", "bohb", "dehb", "priorband"),
)
FOREST: Views[ForestView] = Views(("nasbook.hpo.forest:ForestView",), ("forest",))
PFN: Views[PfnView] = Views(("nasbook.hpo.pfn:PfnView",), ("pfn",))
ENSEMBLE: Views[BananasView] = Views(("nasbook.nas.bananas:BananasView",), ("bananas",))
EPISODES: Views[ReptileView] = Views(("nasbook.nas.reptile:ReptileView",), ("reptile",))
WALK: Views[HypergradientView] = Views(("nasbook.hpo.hypergradient:HypergradientView",), ("hypergradient",))
STOPPING: Views[StoppingView] = Views(("nasbook.hpo.median_stopping:StoppingView",), ("median-stopping",))
FREEZING: Views[FreezeThawView] = Views(("nasbook.hpo.freeze_thaw:FreezeThawView",), ("freeze-thaw",))
RGPE: Views[RGPEView] = Views(("nasbook.nas.rgpe:RGPEView",), ("rgpe",))
GAN: Views[AutoGANView] = Views(("nasbook.nas.parts.gan_view:AutoGANView",), ("autogan",))
NES: Views[NESView] = Views(("nasbook.nas.nes:NESView",), ("nes",))
COMPOUND: Views[CompoundView] = Views(("nasbook.nas.compound:CompoundView",), ("compound",))
