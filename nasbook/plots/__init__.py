"""Pictures: from a Trace, a Step or a view to a Figure that shows itself in a notebook; `fig.alt` describes it.

    plot(trace, "history")      trace.plot("history")      history(trace, baseline=None)
    plot(trace)                 trace.plot()               the method's own: densities, rungs, an ellipse, a belief …

Functions make still pictures. The classes behind them (picture.py) draw the frames of a lab with the same code.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from nasbook import registry
from nasbook.about import PARTS, Parts
from nasbook.plots.cell import CellPicture, SupernetPicture, cell, supernet
from nasbook.plots.data import Baseline, Quantity, baseline_for, one_objective, random_baseline
from nasbook.plots.picture import Picture, Stack
from nasbook.plots.style import Figure
from nasbook.plots.traces.attribution import AblationPicture, AttributionPicture, ablation, attribution
from nasbook.plots.traces.budgets import BudgetCorrelationPicture, budget_correlation_picture
from nasbook.plots.traces.cell_attribution import CellAttributionPicture, cell_attribution
from nasbook.plots.traces.comparison import (
    BeatsPicture,
    ProfilesPicture,
    RanksPicture,
    beats,
    compare,
    critical_difference,
    profiles,
)
from nasbook.plots.traces.contour import ContourPicture, contour
from nasbook.plots.traces.cost import CostPicture, cost_picture
from nasbook.plots.traces.cube import CubePicture, cube
from nasbook.plots.traces.dependence import DependencePicture, dependence
from nasbook.plots.traces.distribution import EdfPicture, RankPicture, edf, rank
from nasbook.plots.traces.footprint import FootprintPicture, footprint
from nasbook.plots.traces.history import HistoryPicture, history
from nasbook.plots.traces.importance import ImportancePicture, importance
from nasbook.plots.traces.interactions import InteractionsPicture, interactions
from nasbook.plots.traces.landscape import LandscapePicture, landscape
from nasbook.plots.traces.learning_curves import CurvesPicture, learning_curves
from nasbook.plots.traces.overtuning import OvertuningPicture, overtuning_picture
from nasbook.plots.traces.parameters import ParallelPicture, SlicePicture, parallel, slice_plot
from nasbook.plots.traces.pareto_front import HypervolumePicture, ParetoPicture, hypervolume_history, pareto
from nasbook.plots.traces.race import RacePicture, race
from nasbook.plots.traces.timeline import TimelinePicture, timeline
from nasbook.plots.traces.tree import tree
from nasbook.plots.traces.turns import TurnsPicture, turns
from nasbook.plots.viewed import (
    BELIEF,
    COMPOUND,
    DENSITIES,
    ENSEMBLE,
    EPISODES,
    FOREST,
    FREEZING,
    GAN,
    NES,
    PFN,
    POLICY,
    RGPE,
    RUNGS,
    STOPPING,
    STRATEGY,
    SUPERNET,
    WALK,
    WEIGHTS,
    Views,
    check_state,
)
from nasbook.plots.views.acquisition import Acquisition1D, acquisition, acquisition_picture
from nasbook.plots.views.acquisition_maps import Acquisition2D
from nasbook.plots.views.chains import chains
from nasbook.plots.views.compound import compound
from nasbook.plots.views.controller import PolicyPicture, policy
from nasbook.plots.views.ensemble import ensemble
from nasbook.plots.views.episodes import episodes
from nasbook.plots.views.forest import forest
from nasbook.plots.views.freezing import freezing
from nasbook.plots.views.gan import gan
from nasbook.plots.views.halving import rungs
from nasbook.plots.views.hypergradient import walk
from nasbook.plots.views.lineage import LanesPicture, SchedulePicture, lineage
from nasbook.plots.views.objectives import layers
from nasbook.plots.views.paths import paths
from nasbook.plots.views.pfn import pfn
from nasbook.plots.views.population import PopulationPicture, TreePicture, family_tree, population
from nasbook.plots.views.predictions import predictions
from nasbook.plots.views.progress import ProgressPicture, progress
from nasbook.plots.views.side_by_side import SideBySide1D, SideBySide2D, acquisitions, side_by_side_picture
from nasbook.plots.views.sources import sources
from nasbook.plots.views.stopping import stopping
from nasbook.plots.views.strategies import strategy
from nasbook.plots.views.tpe import tpe
from nasbook.plots.views.weights import TrainingPicture, WeightsPicture, training, weights
from nasbook.trace import Trace

KINDS: dict[str, Callable[..., Figure]] = {
    "history": history,
    "learning-curves": learning_curves,
    "race": race,
    "compare": compare,
    "critical-difference": critical_difference,
    "beats": beats,
    "profiles": profiles,
    "budget-correlation": budget_correlation_picture,
    "footprint": footprint,
    "cube": cube,
    "overtuning": overtuning_picture,
    "slice": slice_plot,
    "parallel": parallel,
    "contour": contour,
    "rank": rank,
    "edf": edf,
    "importance": importance,
    "attribution": attribution,
    "ablation": ablation,
    "interactions": interactions,
    "dependence": dependence,
    "cell-attribution": cell_attribution,
    "timeline": timeline,
    "cost": cost_picture,
    "pareto": pareto,
    "hypervolume": hypervolume_history,
    "front": layers,
    "tree": tree,
    "acquisition": acquisition,
    "acquisitions": acquisitions,
    "population": population,
    "family-tree": family_tree,
    "landscape": landscape,
    "lineage": lineage,
    "turns": turns,
    "cell": cell,
    "supernet": supernet,
    "weights": weights,
    "paths": paths,
    "policy": policy,
    "training": training,
    "progress": progress,
    "tpe": tpe,
    "rungs": rungs,
    "walk": walk,
    "strategy": strategy,
    "forest": forest,
    "pfn": pfn,
    "bananas": predictions,
    "episodes": episodes,
    "stopping": stopping,
    "freezing": freezing,
    "chains": chains,
    "rgpe": sources,
    "gan": gan,
    "compound": compound,
    "ensemble": ensemble,
}


VIEWS: dict[str, Views] = {  # the view of a method that a kind draws; the others draw trials, whoever chose them
    "acquisition": BELIEF,
    "acquisitions": BELIEF,
    "supernet": WEIGHTS,
    "weights": WEIGHTS,
    "paths": SUPERNET,
    "policy": POLICY,
    "training": SUPERNET,
    "progress": SUPERNET,
    "tpe": DENSITIES,
    "rungs": RUNGS,
    "walk": WALK,
    "strategy": STRATEGY,
    "forest": FOREST,
    "pfn": PFN,
    "bananas": ENSEMBLE,
    "episodes": EPISODES,
    "stopping": STOPPING,
    "freezing": FREEZING,
    "rgpe": RGPE,
    "gan": GAN,
    "compound": COMPOUND,
    "ensemble": NES,
}

OF_ONE = {  # what a kind draws of the trials of one method, and what these tell
    "lineage": ("pbt", "their member"),
    "turns": ("staged", "their turn"),
}


def check_kind(kind: str, method: str | None = None) -> None:
    """ValueError unless there is a picture of this name, and one that a trace of this method can give."""
    if kind not in KINDS:
        close = get_close_matches(str(kind), KINDS, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(KINDS)}"
        raise ValueError(f"there is no picture {kind!r}; {hint}")
    if method not in {entry.name for entry in registry.METHODS}:
        return  # somebody's own: its steps will tell
    if kind in VIEWS:
        VIEWS[kind].check_method(str(method), kind)
    if kind in OF_ONE and method != OF_ONE[kind][0]:
        right, what = OF_ONE[kind]
        raise ValueError(f"{kind} draws a trace of {right!r}, whose trials tell {what}; these are from {method!r}")


def own_kind(trace: object) -> str:
    """The kind that draws what the method of a trace believes or does; "history" where there is none."""
    if not isinstance(trace, Trace):
        return "history"
    kind = PARTS.get(trace.header.method, Parts()).picture or "history"
    return "paths" if kind == "weights" and "edge_0_1" not in trace.space.parameters else kind


def plot(trace: object, kind: str | None = None, **options: object) -> Figure:
    """A picture by its name, one of KINDS; options: those of the function of that name. ValueError if it cannot be.

    Without a name: the method's own picture, or, where this trace cannot be drawn so (a single objective for a front,
    one parameter for a plane, options of another picture), its history.

    objective: of a trace with several, which one is drawn (from 0; by default the first)."""
    if kind is None:
        if (own := own_kind(trace)) != "history":
            try:
                return plot(trace, own, **options)
            except ValueError:
                pass
        return plot(trace, "history", **options)
    check_kind(kind)
    check_state(kind, trace)
    if (k := options.pop("objective", None)) is not None:
        trace = one_objective(trace, k)
    try:
        return KINDS[kind](trace, **options)
    except TypeError as error:
        if "unexpected keyword argument" not in str(error):
            raise
        raise ValueError(f"plot {kind}: {str(error).rpartition('() ')[2]}") from None


__all__ = [
    "AblationPicture", "Acquisition1D", "Acquisition2D", "AttributionPicture", "Baseline", "BeatsPicture",
    "CellAttributionPicture", "CellPicture", "ContourPicture", "CostPicture", "CurvesPicture", "DependencePicture",
    "EdfPicture", "Figure", "HistoryPicture", "HypervolumePicture", "ImportancePicture", "InteractionsPicture", "KINDS",
    "LandscapePicture", "LanesPicture", "ParallelPicture", "ParetoPicture", "Picture", "PolicyPicture",
    "PopulationPicture", "ProfilesPicture", "ProgressPicture", "Quantity", "RacePicture", "RankPicture",
    "RanksPicture", "SchedulePicture", "SideBySide1D", "SideBySide2D", "SlicePicture", "Stack", "SupernetPicture",
    "TimelinePicture", "TrainingPicture", "TreePicture", "TurnsPicture", "WeightsPicture", "ablation", "acquisition",
    "acquisition_picture", "acquisitions", "attribution", "baseline_for", "beats", "cell", "cell_attribution",
    "chains", "compare", "compound", "contour", "cost_picture", "critical_difference", "dependence", "edf", "ensemble",
    "episodes", "freezing",
    "family_tree", "forest", "gan", "history", "hypervolume_history", "importance", "interactions", "landscape",
    "layers", "learning_curves", "lineage", "own_kind", "parallel", "pareto", "paths", "plot", "policy",
    "population", "predictions", "profiles", "progress", "race", "random_baseline", "rank", "rungs",
    "side_by_side_picture", "slice_plot", "sources", "stopping", "strategy", "supernet", "timeline", "tpe",
    "training", "tree", "turns", "walk", "weights",
    "BudgetCorrelationPicture", "CubePicture", "FootprintPicture", "OvertuningPicture",
    "budget_correlation_picture", "cube", "footprint",
    "overtuning_picture",
]  # fmt: skip
