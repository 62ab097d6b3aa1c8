"""A trace without the name of a picture is drawn as its method's lesson draws it, from a file and when short, too."""

from __future__ import annotations

import re

import numpy as np
import pytest
from plots.legible import assert_legible
from plots.test_every_method import BRIEF, METHODS, searched
from supernet_strategies import TASK_OF

import nasbook
from nasbook import Choice, Float, Int, Space, Trace
from nasbook.about import PARTS
from nasbook.cli import main
from nasbook.plots import VIEWS, plot
from nasbook.plots.views.predictions import PredictionPicture
from nasbook.task import trial_seed

TREE = Space(
    {
        "model": Choice(["svm", "$t_{", "mlp"]),
        "C": Float(1e-3, 1e3, log=True, when={"model": "svm"}),
        "lr": Float(1e-4, 1, log=True, when={"model": "mlp"}),
    }
)
WIDE = Space({"$x_{ " + "long" * 12: Float(1e-4, 1, log=True), "学": Int(1, 9), "z": Float(-1, 1)})


def summed(config):
    return float(sum(v for v in config.values() if isinstance(v, int | float)))


@pytest.mark.parametrize("method", [m for m in METHODS if m not in ("pbt", *TASK_OF, "reptile", "network-morphism")])
def test_one_trial_is_enough(method):
    task, options = BRIEF.get(method, ("branin", {}))
    kind = PARTS[method].picture
    if kind in ("rungs", "freezing"):  # their smallest budget is a few trials
        fig = plot(searched(method), kind, step=0)
    else:
        fig = plot(nasbook.search(method, task, **{**options, "trials": 1}), kind)
    assert fig.alt and fig.sentence
    assert_legible(fig)
    assert np.isfinite([[*ax.get_xlim(), *ax.get_ylim()] for ax in fig.axes]).all()


def test_what_cannot_be_drawn_so_gets_its_history():
    front, one = searched("nsga2"), nasbook.search("cma-es", lambda c: c["x"], space=Space(x=Float(0, 1)), trials=5)
    assert front.plot(objective=0).alt == front.plot("history", objective=0).alt
    assert one.plot().alt == one.plot("history").alt  # there is no plane
    with pytest.raises(ValueError, match="two parameters are needed as axes, and the space has x only"):
        one.plot("strategy")
    tpe = searched("tpe")
    assert tpe.plot(baseline=None).alt == tpe.plot("history", baseline=None).alt
    empty = Trace(tpe.header)
    assert empty.plot().alt == empty.plot("history").alt
    assert plot(tpe.steps).alt == plot(tpe.steps, "history").alt
    with pytest.raises(ValueError, match="colour"):
        tpe.plot(colour="red")


@pytest.mark.parametrize("method", VIEWS["strategy"].methods)
@pytest.mark.parametrize("trials", [2, 40])
def test_the_plane_of_two_of_several_parameters(method, trials):
    trace = nasbook.search(method, summed, space=WIDE, trials=trials)
    axes = ("学", "z")
    fig = trace.plot("strategy", axes=axes)
    assert_legible(fig)
    assert fig.axes[0].get_ylabel() == "z" and "lowest" not in fig.alt  # nobody knows this valley
    place = trace.space.encode(trace.trials[-1].config)[1:]
    lines = [line.get_xydata() for line in fig.axes[0].lines]
    assert any(len(points) == 1 and np.allclose(points[0], place) for points in lines)
    for wrong in (("z",), ("z", "z"), ("z", "y"), ("z", "学", "学")):
        with pytest.raises(ValueError, match="two parameters are needed as axes"):
            trace.plot("strategy", axes=wrong)


def test_the_valley_is_drawn_where_it_is_known():
    trace = searched("cma-es")
    assert "above the lowest value" in trace.plot("strategy").alt
    assert "above the lowest value" not in nasbook.search("cma-es", "hartmann6", trials=9).plot("strategy").alt
    assert "plane of x1 and x2" in trace.plot("strategy", axes=("x1", "x2")).alt
    assert trace.plot("strategy", step=3).sentence.startswith("Trial 4 of 12")


def test_rungs_know_the_rest_of_the_stopped_from_a_table_only():
    known = searched("asha").plot("rungs")
    task, trace = nasbook.task("digits-hpo-messy"), searched("asha")
    assert "would have" in known.sentence

    own = nasbook.search("asha", _Curves(), trials=30)
    fig = own.plot("rungs")
    assert "would have" not in fig.sentence and "stopped" in fig.sentence
    assert_legible(fig)
    full = min(t.value for t in trace.trials if t.status == "done" and t.fidelity == 27)
    first = {t.info.get("continues", t.id): t for t in trace.trials}
    ends = [
        1 - task.val[task.row(t.config), trial_seed(trace.header.seed, k) % task.val.shape[1]][-1]
        for k, t in first.items()
        if t.fidelity < 27
    ]
    better = sum(end < full for end in ends)
    assert f"{better or 'none'} of the stopped would have beaten it" in known.sentence


@pytest.mark.parametrize("method", ["tpe", "random", "genetic"])
def test_a_tree_of_any_trace_of_a_conditional_space(method):
    trace = nasbook.search(method, summed, space=TREE, trials=20)
    fig = trace.plot("tree")
    assert_legible(fig)
    counts = [int(n) for n in re.findall(r": (\d+) trials?, \d+ good", fig.alt)]
    assert sum(counts) == (19 if method == "tpe" else 20)  # TPE's is what it saw when it chose the last one
    good = [int(n) for n in re.findall(r"trials?, (\d+) good", fig.alt)]
    assert method == "tpe" or sum(good) == 5
    with pytest.raises(ValueError, match="depends on another"):
        searched("tpe").plot("tree")


def test_a_front_has_the_layers_of_the_two_objectives_that_are_named():
    trace = nasbook.search("nsga2", "nb201-cifar10-costs", trials=24, population=8)
    pair = (0, 3)
    fig = trace.plot("front", objectives=pair)
    Y = np.array([[t.values[k] for k in pair] for t in trace.trials])
    on = sum(not ((y >= Y).all(1) & (y > Y).any(1)).any() for y in Y)
    assert fig.sentence.startswith(f"{on} of 24 trials are on the front") and "true front" in fig.alt
    own = nasbook.search("nsga2", lambda c: (c["z"], -c["学"]), space=WIDE, trials=12, population=6)
    assert "true front" not in own.plot("front").alt
    assert_legible(own.plot("front", labels=("$a_{", "long" * 30)))
    for wrong in ((0, 0), (0, 4), (0,)):
        with pytest.raises(ValueError, match="plot front: objectives are two different numbers from 0 to 3"):
            trace.plot("front", objectives=wrong)


def test_what_an_ensemble_predicted_is_compared_with_what_came():
    trace = nasbook.search("bananas", "nb201-cifar10", trials=25)
    steps = list(nasbook.replay(trace))
    picture = PredictionPicture()
    picture.render_static(steps)
    seen = [(s.view, s.trial.value) for s in steps if s.view.chosen is not None]
    inside = [abs(v.mean[v.chosen] - y) <= 1.96 * v.std[v.chosen] for v, y in seen]
    assert (picture.n, picture.covered) == (len(seen), sum(inside)) and picture.n >= 14
    assert 0 < picture.covered < picture.n


def test_a_random_trial_of_a_forest_says_so():
    trace = nasbook.search("forest", "forrester", trials=6)
    fig = trace.plot("forest")
    assert "drawn at random" in fig.sentence and "drawn at random" in fig.alt
    assert "drawn at random" not in searched("forest").plot("forest", step=11).sentence


def test_the_command_draws_the_picture_of_a_file_that_came_back(tmp_path, capsys):
    picture = tmp_path / "x.png"
    command = ["search", "tpe", "branin", "--trials", "12", "--plot", str(picture), "--kind", "tpe"]
    assert main(command) == 0, capsys.readouterr().err
    assert picture.stat().st_size > 5000


class _Curves(nasbook.Task):
    """Epochs of a function that no table knows."""

    name = "curves"
    space = Space(x=Float(0, 1), y=Float(0, 1))
    fidelity = nasbook.Fidelity("epoch", 1, 27)

    def evaluate(self, config, *, fidelity=None, seed=0, report=None, checkpoint=None):
        for epoch in range(1, int(fidelity or 27) + 1):
            value = config["x"] + config["y"] / epoch
            if report is not None:
                report(epoch, value)
        return value
