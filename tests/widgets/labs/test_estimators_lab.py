"""The estimator lab: its steps are searches with estimators, and the budget decides who is ahead."""

import re

import numpy as np
import pytest

import nasbook
from nasbook.estimate import estimator
from nasbook.widgets.labs.estimators import ESTIMATORS, SETS, EstimatorsLab


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


@pytest.fixture(scope="module")
def lab():
    made = EstimatorsLab(which="proxies", cells=150)
    made.run()
    return made


def test_each_step_is_a_random_search_with_that_estimator(lab):
    task = nasbook.task("digits201-digits")
    assert [j.name for j in lab.steps] == list(SETS["proxies"])
    snip = lab.steps[3]
    trace = nasbook.search("random", estimator("snip", task), trials=150, seed=0)
    assert snip.estimates.tolist() == trace.values.tolist()
    assert snip.costs.sum() == pytest.approx(sum(t.cost for t in trace.trials))
    assert snip.truth.tolist() == [task.test_accuracy(t.config) for t in trace.trials]
    for n in range(len(lab.steps) + 1):
        lab.scrub(n)
        assert lab.error is None and len(words(lab._sentence)) > 40
    assert lab.trace.digest == nasbook.search("random", task, trials=150, seed=0).digest  # of the one that is shown


def test_the_budget_lets_estimators_swap_places(lab):
    lab.set(budget=0.5)
    few = lab.found()
    lab.set(budget=500.0)
    many = lab.found()
    assert few["snip"] > few["full training"] and many["full training"] > many["snip"]
    assert "enough for 150 of 150 cells" in words(lab._sentence)
    last = lab.steps[-1]
    by_hand = [
        last.truth[i[np.argmin(last.estimates[i])]]
        for i in (np.random.default_rng(s).integers(0, 150, 150) for s in range(100))
    ]
    assert many["full training"] == pytest.approx(np.mean(by_hand))
    lab.set(budget=0.3, seeds=20)
    assert len(lab.comparison.ranking()[0][1]) == 20


def test_the_scatter_and_what_is_saved_follow_the_choice(lab, tmp_path):
    lab.set(shown="snip")
    assert lab.comparison.shown == 3 and lab.live.picture.head.get_text().startswith("snip: ρ")
    assert dict(lab.trace.header.arguments) == {"kind": "snip", "task": "digits201-digits"}
    lab.files.save_trace(tmp_path / "snip.jsonl")
    assert "150 cells judged by snip" in lab.keeps()
    again = nasbook.Trace.load(tmp_path / "snip.jsonl")
    assert again.digest == lab.trace.digest
    lab.set(shown="kNN, 50 cells")  # not among the proxies: the last one is shown
    assert lab.comparison.shown == len(lab.steps) - 1


def test_another_task_starts_again_and_a_predictor_without_money_guesses():
    made = EstimatorsLab(which="predictors", cells=100, budget=1.0)
    made.step(2)
    assert made.steps[1].name == "MLP, 20 cells" and "its choice is chance" in words(made._sentence)
    made.set(task="digits201-textures")
    assert not made.steps and made.task.name == "digits201-textures"
    made.step()
    assert made.steps[0].name == "parameters" and made.error is None


def test_bad_input_is_refused_and_every_set_has_the_baseline():
    with pytest.raises(ValueError, match="budget must lie in"):
        EstimatorsLab(budget=0.0)
    with pytest.raises(ValueError, match="has no setting 'bugdet'; did you mean 'budget'"):
        EstimatorsLab(bugdet=1.0)
    for labels in SETS.values():
        assert labels[0] == "parameters" and labels[-1] == "full training" and set(labels) <= set(ESTIMATORS)
