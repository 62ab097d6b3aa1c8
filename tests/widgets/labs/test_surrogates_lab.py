"""The surrogates lab: the search is the library's, and the sentences say what the views held."""

import numpy as np
import pytest
from plots.legible import assert_legible

from nasbook.plots.views.forest import ForestPicture
from nasbook.plots.views.pfn import PfnPicture
from nasbook.plots.views.predictions import PredictionPicture
from nasbook.widgets.labs.surrogates import SurrogatesLab


def test_the_forest_says_what_its_trees_said():
    lab = SurrogatesLab(trials=20, seed=1)
    trace = lab.run()
    assert trace.header.method == "forest" and isinstance(lab.picture, ForestPicture) and len(trace) == 20
    chosen = 0
    for n in range(1, 21):
        lab.scrub(n)
        view, told = lab.steps[n - 1].view, lab.sentence(n)
        if view.forest is None:
            assert "was drawn at random" in told
            continue
        mean, std = (float(x[0]) for x in view.predict(view.next[None]))
        assert lab.quantity.spread(mean, std) in told and "expected improvement" in told
        chosen += 1
    assert chosen >= 6 and lab.error is None
    assert_legible(lab.picture.fig)
    lab.set(startup=5)
    assert lab.steps == [] and "The first 5 trials are random" in lab.begin()


def test_the_prior_fitted_network_says_what_its_bars_said():
    lab = SurrogatesLab(model="pfn", trials=12, startup=4)
    trace = lab.run()
    assert (
        trace.header.method == "pfn" and isinstance(lab.picture, PfnPicture) and "spread over the space" in lab.begin()
    )
    for n in (3, 12):
        lab.scrub(n)
        view, told = lab.steps[n - 1].view, lab.sentence(n)
        if n == 3:
            assert "one of the first" in told
            continue
        mean, std = (float(x[0]) for x in view.predict(view.next[None]))
        assert lab.quantity.spread(mean, std) in told and view.believes
    assert_legible(lab.picture.fig)
    lab.set(acquisition="pi")
    lab.run()
    assert "% of something better" in lab.sentence(12) and lab.error is None
    lab.set(model="forest", trees=4)
    with pytest.raises(ValueError, match="Only the prior-fitted network has it"):
        lab.set(acquisition="ei")


def test_one_of_several_parameters_is_drawn_and_only_there_can_it_be_chosen():
    lab = SurrogatesLab(task="digits-hpo-messy", trials=15)
    lab.run()
    before = len(lab.steps)
    assert lab.picture.names == ["width"]
    lab.set(axis="lr")
    assert len(lab.steps) == before and lab.picture.names == ["lr"] and lab.error is None
    lab.set(task="branin")
    with pytest.raises(ValueError, match="Only of the settings of a network"):
        lab.set(axis="depth")
    lab.step(12)
    assert "x1 = " in lab.sentence(12)


def test_the_ensemble_says_what_it_predicted_and_is_judged_by_it():
    lab = SurrogatesLab(model="bananas", trials=30, startup=8, seed=2)
    lab.run()
    assert isinstance(lab.picture, PredictionPicture) and lab.values["task"] == "nb201-cifar10"
    views = [s.view for s in lab.steps]
    inside = [
        abs(v.mean[v.chosen] - s.trial.value) <= 1.96 * v.std[v.chosen]
        for v, s in zip(views, lab.steps, strict=True)
        if v.chosen is not None
    ]
    assert (lab.picture.n, lab.picture.covered) == (len(inside), sum(inside)) and len(inside) == 22
    n = next(i for i, v in enumerate(views, 1) if v.chosen is not None)
    v = views[n - 1]
    spread = lab.quantity.spread(float(v.mean[v.chosen]), float(v.std[v.chosen]))
    assert f"changes one choice of trial {v.parents[v.chosen] + 1}: " in lab.sentence(n) and spread in lab.sentence(n)
    assert np.isfinite(v.mean).all()
    with pytest.raises(ValueError, match="Only the random forest has it"):
        lab.set(trees=4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task": "nb201-cifar10"}, "the random forest searches 'forrester', 'branin', 'digits-hpo-messy' here"),
        ({"model": "bananas", "task": "branin"}, r"the ensemble \(BANANAS\) searches 'nb201-cifar10'"),
        ({"model": "gp"}, "model must be one of"),
    ],
)
def test_bad_arguments_get_a_sentence(arguments, message):
    with pytest.raises(ValueError, match=message):
        SurrogatesLab(**arguments)


def test_another_model_offers_other_objectives():
    lab = SurrogatesLab(trials=10)
    lab.controls["model"].value = "bananas"
    assert lab.values["task"] == "nb201-cifar10" and lab.error is None and lab.steps == []
    lab.step(2)
    lab.controls["model"].value = "forest"
    assert lab.values["task"] == "forrester" and len(lab.run()) == 10
