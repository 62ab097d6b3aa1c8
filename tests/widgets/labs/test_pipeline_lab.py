"""The pipeline lab: its graph is what is searched, its split is where it says, and its numbers are the task's."""

import numpy as np
import pytest

import nasbook
from nasbook.plots.labs.pipeline import EARLY, LATE, NODES, PipelinePicture, promised
from nasbook.task import trial_seed
from nasbook.widgets.labs.pipeline import PipelineLab


@pytest.fixture(scope="module")
def lab():
    lab = PipelineLab(data="wine", trials=4, model="naive-bayes", seed=2)
    lab.run()
    return lab


def test_its_numbers_are_those_of_the_task(lab):
    task = nasbook.task("pipeline-wine", rows=60, split=2, models=["naive-bayes"])
    best = lab.trace.best
    assert lab.promised == 100 * best.value == 100 * task.evaluate(best.config).value
    assert lab.tested == 100 * task.test(best.config, seed=trial_seed(2, best.id))
    assert f"The best so far promises {lab.promised:.1f} %" in lab._sentence.value and lab.error is None
    assert f"{lab.promised:.1f} % wrong, says the search" in lab.picture.sentence()


def test_clicks_switch_nodes_move_the_split_and_change_the_model(lab):
    graph = lab.picture.graph
    lab.picked(graph, NODES.index("scale"), 0)
    assert lab.values["scale"] is False and lab.task.space != lab.method.space and lab.steps == []
    lab.run()
    assert {t.config["scale"] for t in lab.trace.trials} == {"none"} and "(off)" in lab.picture.words[
        "scale"
    ].get_text()
    lab.picked(lab.picture.graph, NODES.index("features"), 0)
    lab.step()
    assert lab.trace.trials[0].config["features"] == "all" and "share" not in lab.trace.trials[0].config
    for place, leak in ((EARLY, True), (LATE, False)):
        lab.picked(lab.picture.graph, place, 0.6)
        assert lab.values["leak"] is leak and lab.task.leak is leak
    lab.picked(lab.picture.graph, NODES.index("model"), 0)
    assert lab.values["model"] == "knn"
    lab.picked(lab.picture.graph, 0, 0)
    assert "stay as they are" in lab._sentence.value and lab.error is None
    lab.set(scale=True, features=True, model="naive-bayes")


def test_a_split_that_comes_late_promises_much_of_noise():
    lab = PipelineLab(data="noise", leak=True, trials=3, model="logistic")
    lab.run()
    assert lab.promised < 25 and 40 < lab.tested < 60 and "the split comes too late" in lab._sentence.value
    assert "which leaks" in lab.picture.alt()


def test_the_promise_is_of_the_best_so_far():
    best, true = promised(np.array([np.nan, 9.0, 5.0, 7.0]), np.array([np.nan, 1.0, 6.0, 2.0]))
    assert np.isnan(best[0]) and best[1:].tolist() == [9, 5, 5] and true[1:].tolist() == [1, 6, 6]
    assert PipelinePicture.node(0, 0) == "rows" and PipelinePicture.node(EARLY, 0) == "split"
    assert PipelinePicture.node(9, 0) is None and PipelinePicture.node(2, 0.6) is None
