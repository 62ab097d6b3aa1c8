"""Every kind of picture from every method's trace: drawn, or refused in one sentence that names what would be right."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from matplotlib.figure import Figure
from plots.legible import assert_legible
from supernet_strategies import TASK_OF

import nasbook
from nasbook import Trace, registry
from nasbook.about import PARTS
from nasbook.cli import main
from nasbook.explain.source import known_task
from nasbook.plots import KINDS, OF_ONE, VIEWS, check_kind, own_kind, plot
from nasbook.plots.traces.tree import TreePicture
from nasbook.plots.views.halving import HalvingPicture, HalvingState
from nasbook.plots.views.strategies import StrategyPicture
from nasbook.plots.views.tpe import TPEPicture
from nasbook.space import Choice, Float, Space
from nasbook.statistics import budget_correlation
from nasbook.trace import Step

METHODS = [entry.name for entry in registry.METHODS]
NAMED = {"random": "history"}  # what it believes or does has no picture of its own
BRIEF: dict[str, tuple[str, dict[str, Any]]] = {  # where branin will not do: a task, and options of the search
    "rgpe": ("digits-hpo-messy", {"trials": 12}),
    "regularized-evolution": ("nb201-cifar10", {"trials": 20, "population": 5, "sample": 2}),
    "local-search": ("nb201-cifar10", {"trials": 20}),
    "bananas": ("nb201-cifar10", {"trials": 12}),
    "reinforce": ("nb201-cifar10", {"trials": 25}),
    "ppo": ("nb201-cifar10", {"trials": 25}),
    "cnn-differential-evolution": ("digits-conv-chain", {"trials": 3}),
    "network-morphism": ("digits-conv-chain", {"trials": 3}),
    "compound": ("digits-compound", {"trials": 4}),
    "nsga2": ("nb201-cifar10-latency", {"trials": 24, "population": 8}),
    "parego": ("nb201-cifar10-latency", {"trials": 14}),
    "hypergradient": ("ridge-digits", {"trials": 4}),
    "median-stopping": ("digits-hpo-messy", {"trials": 12}),
    "successive-halving": ("digits-hpo-messy", {"trials": 30}),
    "hyperband": ("digits-hpo-messy", {"trials": 30}),
    "asha": ("digits-hpo-messy", {"trials": 30}),
    "bohb": ("digits-hpo-messy", {"trials": 30}),
    "dehb": ("digits-hpo-messy", {"trials": 30}),
    "freeze-thaw": ("digits-hpo-messy", {"trials": 20}),
    "pbt": ("digits-mlp", {"trials": 8, "population": 4}),
    **{name: (task, {"trials": 2, "channels": 2}) for name, task in TASK_OF.items()},
    "nes": ("digits-pool", {"trials": 8, "population": 4}),
    "reptile": ("digits-few-shot", {"trials": 1, "meta_steps": 2, "judges": 2, "channels": 2}),
    "autogan": (
        "digits-gan",
        {"trials": 2, "epochs": 2, "steps": 2, "ctrl_steps": 2, "images": 50, "candidates": 5, "channels": 4},
    ),
}


QUICK = {"compound": {"epochs": 1, "train": 100}}  # arguments of a task that trains


@cache
def searched(method: str) -> Trace:
    """A small real search, once a session, with its views: a trace from a file has to find them again."""
    task, options = BRIEF.get(method, ("branin", {"trials": 12}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nasbook.search(method, nasbook.task(task, **QUICK.get(method, {})), views=True, **options)


def drawn(trace: Any, kind: str) -> str | None:
    """None where the picture is drawn and described, else the sentence that refuses it."""
    try:
        fig = plot(trace, kind)
    except ValueError as error:
        told = str(error)
        assert told and "\n" not in told and " object at " not in told and len(told) < 400, told
        return told
    assert isinstance(fig, Figure) and fig.alt and fig.sentence, kind
    return None


def unknown(trace: Trace) -> bool:
    """Does neither a table nor a forest know what a configuration is worth?"""
    efforts = [t.effort for t in trace.trials if t.status == "done"]
    return known_task(trace) is None and max(map(efforts.count, efforts), default=0) < 4


def refused(kind: str, trace: Trace) -> bool:
    """Is this a kind that needs another view, other trials, or another space?"""
    method, task = trace.header.method, trace.header.task
    cells = "edge_0_1" in trace.space.parameters
    return {
        "pareto": method not in ("nsga2", "parego"),
        "hypervolume": method not in ("nsga2", "parego"),
        "front": method not in ("nsga2", "parego"),
        "tree": not any(trace.space.conditions.values()),
        "landscape": not (cells and task.startswith("nb201-")),
        **{k: method != of for k, (of, _) in OF_ONE.items()},
        "budget-correlation": len(budget_correlation(trace.trials).levels) < 2,
        "cube": len(trace.space.free) < 2,
        "overtuning": not task.startswith(("digits201-", "digits-hpo-")),
        **dict.fromkeys(("compare", "critical-difference", "beats", "profiles"), True),  # of several methods
        "cell": not cells,
        "chains": "depth" not in trace.space.parameters or not any(n.endswith("_1") for n in trace.space.parameters),
        **dict.fromkeys(("contour", "rank"), len(trace.space.parameters) < 2),
        "importance": sum(t.status == "done" for t in trace.trials) < 4,
        **dict.fromkeys(("attribution", "ablation", "interactions", "dependence"), unknown(trace)),
        "cell-attribution": not cells or unknown(trace),
        **{k: not cells or method not in VIEWS[k].methods for k in ("supernet", "weights", "training")},
    }.get(kind, kind in VIEWS and method not in VIEWS[kind].methods)


def by_space(kind: str, method: str) -> bool:
    """Would it be drawn on another space?"""
    return kind in ("supernet", "weights", "training") and method in VIEWS[kind].methods


def first_on_its_task(method: str) -> bool:
    task, _ = BRIEF.get(method, ("branin", {}))
    return next(m for m in METHODS if BRIEF.get(m, ("branin", {}))[0] == task) == method


@pytest.mark.parametrize("method", METHODS)
def test_every_kind_is_drawn_or_refused_in_a_sentence(method):
    """A picture of any trace, which asks nothing of the method, is drawn once for each task."""
    trace = searched(method)
    for kind in KINDS:
        if kind not in VIEWS and not refused(kind, trace) and not first_on_its_task(method):
            continue
        told = drawn(trace, kind)
        assert (told is not None) == refused(kind, trace), (method, kind, told)
        if kind in VIEWS and method not in VIEWS[kind].methods:
            assert told is not None
            assert repr(method) in told and all(repr(right) in told for right in VIEWS[kind].methods), told


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_picture_and_it_is_the_default(method, tmp_path):
    kind = PARTS[method].picture
    assert kind in KINDS and (kind != "history" or method in NAMED)
    trace = searched(method)
    assert own_kind(trace) == kind
    fig = trace.plot()
    assert_legible(fig)
    loaded = Trace.load(trace.save(tmp_path / "t.jsonl"))
    assert own_kind(loaded) == kind and plot(loaded, kind).alt == fig.alt


@pytest.mark.parametrize("method", METHODS)
def test_a_saved_file_gives_the_same_pictures(method, tmp_path):
    """But for its own kind, which the test above draws from a file."""
    trace = Trace.load(searched(method).save(tmp_path / "t.jsonl"))
    of_any = ["population", "family-tree", "cell", "landscape", *OF_ONE] if first_on_its_task(method) else []
    for kind in [*VIEWS, *of_any]:
        if kind != PARTS[method].picture:
            told = drawn(trace, kind)
            assert (told is not None) == refused(kind, trace), (method, kind, told)


@pytest.mark.parametrize("method", METHODS)
def test_the_command_refuses_before_it_searches(method, tmp_path, capsys):
    """It asks check_kind, which is asked here for every kind, and the command for the first and the last."""
    kinds = [k for k in (*VIEWS, *OF_ONE) if refused(k, searched(method)) and not by_space(k, method)]
    for kind in kinds:
        with pytest.raises(ValueError, match=repr(method)) as told:
            check_kind(kind, method)
        assert "\n" not in str(told.value)
    for kind in (kinds[0], kinds[-1]):
        picture = tmp_path / "x.png"
        command = ["search", method, "branin", "--trials", "1000000", "--plot", str(picture), "--kind", kind]
        assert main(command) == 2
        out, err = capsys.readouterr()
        assert not out and not picture.exists()
        assert err.count("\n") == 1 and "Traceback" not in err and repr(method) in err, err


@pytest.mark.parametrize("kind", [*VIEWS, *OF_ONE])
def test_the_command_draws_the_others(kind, tmp_path, capsys, monkeypatch):
    """On branin it searches as well; what would train networks again is given the search that there is."""
    method = VIEWS[kind].methods[0] if kind in VIEWS else OF_ONE[kind][0]
    task, options = BRIEF.get(method, ("branin", {"trials": 12}))
    if method in BRIEF:
        monkeypatch.setattr("nasbook.cli.search._follow", lambda *_: searched(method))
    picture = tmp_path / "x.png"
    settings = [w for k, v in options.items() if k != "trials" for w in ("--set", f"{k}={v}")]
    command = ["search", method, task, "--trials", str(options["trials"]), *settings, "--plot", str(picture)]
    assert main([*command, "--kind", kind]) == 0, capsys.readouterr().err
    assert picture.stat().st_size > 5000


@pytest.mark.parametrize("method", METHODS)
def test_each_kind_declares_its_view_truly(method):
    """The names in plots/viewed.py are those of real classes, and of the methods whose steps have such views."""
    views = [s.view for s in searched(method)]
    for kind, declared in VIEWS.items():
        assert all(declared.fit(view) for view in views) == (method in declared.methods), (kind, method)
    for declared in VIEWS.values():
        for target in declared.targets:
            assert dataclasses.is_dataclass(registry.Entry("", "", target).load())


PICTURES: dict[str, tuple[Callable[[], Any], Callable[[Step], Any]]] = {
    "tpe": (lambda: TPEPicture(Space(x=Float(0, 1))), lambda s: s),
    "tree": (lambda: TreePicture(Space(a=Choice(["p", "q"]), x=Float(0, 1, when={"a": "p"}))), lambda s: s),
    "strategy": (lambda: StrategyPicture(nasbook.task("branin"), "cma-es"), lambda s: ([s], None)),
    "rungs": (lambda: HalvingPicture((1, 3, 9)), lambda s: HalvingState((), (), s.view)),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_labs_refuse_views_of_other_methods(name):
    make, state = PICTURES[name]
    picture = make()
    declared = picture.depicts
    refusals = 0
    for method in METHODS:
        step = searched(method)[-1]
        if step.view is None or method in declared.methods:
            continue
        assert not declared.fit(step.view)
        with pytest.raises(ValueError, match=rf"draws the view of .*, not a {type(step.view).__name__}$"):
            picture.render_static(state(step if name != "strategy" else dataclasses.replace(step, trial=_on_branin())))
        refusals += 1
    assert refusals >= len(METHODS) - len(declared.methods) - 3  # random and grid search have no view


def _on_branin() -> Any:
    return searched("random")[-1].trial


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_trace_and_what_is_no_trace_get_a_sentence(kind):
    empty = Trace(searched("random").header)
    drawn(empty, kind)
    for wrong in ("search.jsonl", None, 3):
        assert kind in (drawn(wrong, kind) or "")


@pytest.mark.parametrize("kind", ["acquisition", "supernet", "cell"])
@pytest.mark.parametrize("step", [99, -99, "last", 1.5])
def test_a_step_that_is_not_there(kind, step):
    trace = searched({"acquisition": "bayesian", "supernet": "darts", "cell": "local-search"}[kind])
    with pytest.raises(ValueError, match="step must be a whole number from"):
        plot(trace, kind, step=step)
