"""Pictures: from a Trace, a Step or a view to a Figure that shows itself in a notebook; `fig.alt` describes it.

    plot(trace, "history")      trace.plot("history")      history(trace, baseline=None)

Functions make still pictures. The classes behind them (picture.py) draw the frames of a lab with the same code.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from nasbook import registry
from nasbook.plots.cell import CellPicture, SupernetPicture, cell, supernet
from nasbook.plots.data import Baseline, Quantity, baseline_for, one_objective, random_baseline
from nasbook.plots.picture import Picture, Stack
from nasbook.plots.style import Figure
from nasbook.plots.traces.contour import ContourPicture, contour
from nasbook.plots.traces.distribution import EdfPicture, RankPicture, edf, rank
from nasbook.plots.traces.history import CurvesPicture, HistoryPicture, RacePicture, history, learning_curves, race
from nasbook.plots.traces.importance import ImportancePicture, importance
from nasbook.plots.traces.landscape import LandscapePicture, landscape
from nasbook.plots.traces.parameters import ParallelPicture, SlicePicture, parallel, slice_plot
from nasbook.plots.traces.pareto_front import HypervolumePicture, ParetoPicture, hypervolume_history, pareto
from nasbook.plots.traces.timeline import TimelinePicture, timeline
from nasbook.plots.viewed import BELIEF, POLICY, SUPERNET, WEIGHTS, Views, check_state
from nasbook.plots.views.acquisition import Acquisition1D, acquisition, acquisition_picture
from nasbook.plots.views.acquisition_maps import Acquisition2D
from nasbook.plots.views.controller import PolicyPicture, policy
from nasbook.plots.views.lineage import LanesPicture, SchedulePicture, lineage
from nasbook.plots.views.population import PopulationPicture, TreePicture, family_tree, population
from nasbook.plots.views.side_by_side import SideBySide1D, SideBySide2D, acquisitions, side_by_side_picture
from nasbook.plots.views.weights import TrainingPicture, WeightsPicture, training, weights

KINDS: dict[str, Callable[..., Figure]] = {
    "history": history,
    "learning-curves": learning_curves,
    "race": race,
    "slice": slice_plot,
    "parallel": parallel,
    "contour": contour,
    "rank": rank,
    "edf": edf,
    "importance": importance,
    "timeline": timeline,
    "pareto": pareto,
    "hypervolume": hypervolume_history,
    "acquisition": acquisition,
    "acquisitions": acquisitions,
    "population": population,
    "family-tree": family_tree,
    "landscape": landscape,
    "lineage": lineage,
    "cell": cell,
    "supernet": supernet,
    "weights": weights,
    "policy": policy,
    "training": training,
}


VIEWS: dict[str, Views] = {  # the view of a method that a kind draws; the others draw trials, whoever chose them
    "acquisition": BELIEF,
    "acquisitions": BELIEF,
    "supernet": WEIGHTS,
    "weights": WEIGHTS,
    "policy": POLICY,
    "training": SUPERNET,
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
    if kind == "lineage" and method != "pbt":
        raise ValueError(f"lineage draws a trace of 'pbt', whose trials tell their member; these are from {method!r}")


def plot(trace: Any, kind: str = "history", **options: Any) -> Figure:
    """A picture by its name, one of KINDS; options: those of the function of that name. ValueError if it cannot be.

    objective: of a trace with several, which one is drawn (from 0; by default the first)."""
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
    "Acquisition1D", "Acquisition2D", "Baseline", "CellPicture", "ContourPicture", "CurvesPicture", "EdfPicture",
    "Figure", "HistoryPicture", "HypervolumePicture", "ImportancePicture", "KINDS", "LandscapePicture", "LanesPicture",
    "ParallelPicture", "ParetoPicture", "Picture", "PolicyPicture", "PopulationPicture", "Quantity", "RacePicture",
    "RankPicture", "SchedulePicture", "SideBySide1D", "SideBySide2D", "SlicePicture", "Stack", "SupernetPicture",
    "TimelinePicture", "TrainingPicture", "TreePicture", "WeightsPicture", "acquisition", "acquisition_picture",
    "acquisitions", "baseline_for", "cell", "contour", "edf", "family_tree", "history", "hypervolume_history",
    "importance", "landscape", "learning_curves", "lineage", "parallel", "pareto", "plot", "policy", "population",
    "race", "random_baseline", "rank", "side_by_side_picture", "slice_plot", "supernet", "timeline", "training",
    "weights",
]  # fmt: skip
