"""The hypergradient lab: real clicks, real trainings, and numbers that are checked against other ways to them."""

import math
import re

import numpy as np
import pytest
import torch

import nasbook
from nasbook.hpo.parts.unrolling import forward, reverse
from nasbook.space import Float
from nasbook.widgets.labs.hypergradient import STEPS, HypergradientLab


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


@pytest.fixture(scope="module")
def run():
    lab = HypergradientLab(rounds=5, unroll=20)
    lab.run()
    return lab


def test_the_run_is_the_search_with_the_same_settings(run):
    space = nasbook.Space(lr=Float(0.01, 100, log=True), weight_decay=Float(1e-5, 1, log=True))
    start = {"lr": 5.0, "weight_decay": 0.03}
    trace = nasbook.search("hypergradient", "ridge-digits", space=space, epochs=5, steps=20, start=start)
    assert run.trace.digest == trace.digest
    for n in range(6):
        run.scrub(n)
        assert run.error is None and len(words(run._sentence)) > 40


def test_what_it_says_of_a_round_is_so(run):
    task, view = run.task, run.steps[2].view
    h = torch.tensor(view.h, dtype=torch.float64)
    d = forward(task, task.start(0), h, 20)[1]
    assert view.gradient == pytest.approx(d.tolist(), rel=1e-9)
    assert run.checks[2] < 1e-5
    config = {n: math.exp(x) for n, x in zip(view.names, view.h, strict=True)}
    assert run.full[2] == pytest.approx(task.evaluate(config).value) and task.steps == STEPS
    assert f"gives {run.full[2]:.3g}" in run.sentence(3) and f"its loss was {view.val_loss:.3g}" in run.sentence(3)


def test_the_upper_curves_are_the_gradients_of_other_trainings(run):
    d = reverse(run.task, run.first, run.h, 50)[1].numpy()
    exact = run.unroll.exact
    assert run.unroll.error("reverse")[49] == pytest.approx(np.linalg.norm(d - exact) / np.linalg.norm(exact), rel=1e-6)
    held = {mode: dict(points) for mode, points in run.memory.items()}
    assert held["reverse"][100] - held["reverse"][50] == 50 * 640 * 8  # a weight vector for every step
    assert held["implicit"][100] == held["implicit"][1] and held["forward"][100] < held["forward"][1] + 10_000


def test_a_low_rate_agrees_and_a_high_one_explodes():
    cold, hot = HypergradientLab(lr=5.0), HypergradientLab(lr=20.0, unroll=60, rounds=10)
    assert not cold.unroll.explodes and cold.unroll.error("reverse")[-1] < 1e-6
    assert hot.unroll.explodes and "too high a learning rate" in words(hot._sentence)
    hot.step()
    assert hot.steps[0].trial.value > 1e6 and hot.error is None
    hot.run()
    assert hot.steps[-1].view.h[0] < hot.steps[0].view.h[0]  # the gradient still points to lower rates


def test_truncated_differs_from_central_differences_where_the_missing_steps_matter():
    lab = HypergradientLab(mode="truncated", unroll=5, rounds=5)
    lab.step()
    assert 0.05 < lab.checks[0] < 1 and "central differences: off by" in words(lab._sentence)
    assert lab.steps[0].view.stored == 6 * 640


@pytest.mark.parametrize("mode", ["forward", "implicit", "online"])
def test_the_other_modes_walk_too(mode):
    lab = HypergradientLab(mode=mode, rounds=5, unroll=10)
    lab.step(2)
    assert lab.error is None and len(lab.steps) == 2
    assert (lab.steps[1].view.gradient is None) == (mode == "online")
    assert {"forward": "tangents", "implicit": "terms", "online": "changing the rate"}[mode] in words(lab._sentence)


def test_buttons_settings_and_scrubber():
    lab = HypergradientLab(rounds=10)
    before, size = bytes(lab.image.png), (lab.image.width, lab.image.height)
    lab._step.click()
    lab.wait()
    assert len(lab.steps) == 1 and bytes(lab.image.png) != before
    lab._step.click()
    lab.wait()
    seen = bytes(lab.image.png)
    lab._scrub.value = 1
    assert "Round 1 went back" in words(lab._sentence) and bytes(lab.image.png) != seen
    lab.controls["unroll"].value = 40
    assert lab.steps == [] and "starts again" in words(lab._status) and lab.unroll.length == 40
    lab.controls["task"].value = "logistic-cancer"
    assert list(lab.space.parameters) == ["lr", "decay_mean", "decay_error", "decay_worst"]
    assert (lab.image.width, lab.image.height) == size


def test_the_small_network_is_held_against_a_long_training():
    lab = HypergradientLab(task="mlp-decays", lr=1.0)
    long = reverse(lab.task, lab.first, lab.h, 400)[1]
    assert lab.unroll.exact == pytest.approx(long.numpy())
    assert "a training of 400 steps" in words(lab._sentence)
    lab.set(lr=20.0)
    assert lab.unroll.exact is None and lab.unroll.explodes


def test_export_gives_a_study_that_begins_at_the_same_place(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = run.trace.export("study.yaml").read_text()
    assert "hypergradient" in text and "start" in text and "ridge-digits" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"mode": "sideways"}, "must be one of"), ({"unroll": 500}, "must lie in"), ({"length": 3}, "no setting")],
)
def test_bad_arguments_get_a_sentence(arguments, message):
    with pytest.raises(ValueError, match=message):
        HypergradientLab(**arguments)
