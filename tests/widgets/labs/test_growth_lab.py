"""The growth lab: its rounds, the chains that it draws, and sentences that are counted again from the trials."""

import re

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.plots.views.chains import changed, layers_of, rounds_of
from nasbook.widgets.labs.growth import GrowthLab

SMALL = {"rounds": 2, "networks": 4, "epochs": 1}


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


def test_network_morphism_draws_the_best_of_each_step_and_says_who_came_of_whom():
    lab = GrowthLab(**SMALL, seed=1)
    assert lab.total == 9 and "waits to be trained for 1 epoch" in words(lab._sentence)
    trace = lab.run()
    assert len(trace) == 9 and trace.header.method == "network-morphism"
    rounds = lab.rounds(9)
    assert [len(r.trials) for r in rounds] == [1, 4, 4]
    for r in rounds:
        assert r.best.value == min(t.value for t in r.trials)
    assert lab.picture.shown == rounds and lab.error is None
    for n, trial in enumerate(trace.trials, 1):
        told = lab.sentence(n)
        for change in trial.info["morphisms"]:
            assert change in told
        if "parent" in trial.info:
            assert f"of network {trial.info['parent'] + 1} (" in told or "as it is" in told
        assert f"{100 * (1 - trial.value):.1f} %" in told
    assert_legible(lab.picture.fig)
    lab.set(inherit=False)
    assert lab.steps == [] and "starts again" in words(lab._status)
    lab.step(3)
    assert "with fresh weights" in lab.sentence(3)


def test_differential_evolution_says_which_layers_came_from_the_donor_and_whom_they_met():
    lab = GrowthLab(method="cnn-differential-evolution", **SMALL, seed=2)
    trace = lab.run()
    assert len(trace) == 12 == lab.total
    best = np.minimum.accumulate([t.value for t in trace.trials])[3::4]
    assert [r.best.value for r in lab.rounds(12)] == best.tolist()
    for n in range(5, 13):
        view, trial = lab.steps[n - 1].view, lab.steps[n - 1].trial
        told = lab.sentence(n)
        met = view.values[view.target]
        assert f"is member {view.target + 1} with layer" in told and f"meets {100 * (1 - met):.1f} %" in told
        assert ("takes its place" in told) == (trial.value <= met)
    assert_legible(lab.picture.fig)
    with pytest.raises(ValueError, match="Only network morphism has it"):
        lab.set(morphisms=3)
    lab.scrub(4)
    assert "Generation 1: " in lab.picture.sentence()


def test_what_is_new_in_a_chain_is_what_no_common_part_has():
    a, b, c = {"kernel": 1}, {"kernel": 3}, {"kernel": 5}
    assert changed([a, b, c], [a, c]) == [False, True, False]
    assert changed([a], [a, b]) == [False] and changed([b, a], [a, b]) in ([True, False], [False, True])
    assert changed([], [a]) == [] and changed([a, a], [a]) in ([False, True], [True, False])
    assert layers_of({"depth": 2, "kernel_1": 3, "kernel_2": 5, "skip_2": True}) == [
        {"kernel": 3},
        {"kernel": 5, "skip": True},
    ]


def test_chains_of_any_length_and_kind_are_drawn():
    trace = nasbook.search("random", "digits-mlp-chain", trials=1)
    fig = trace.plot("chains")
    assert "Generation 1: the best chain has" in fig.sentence
    assert_legible(fig)
    many = [trace.trials[0]] * 95
    assert [len(r.trials) for r in rounds_of(many)] == [10] * 9 + [5]
    with pytest.raises(ValueError, match="chains draws chains"):
        nasbook.search("random", "branin", trials=2).plot("chains")
