"""The transfer lab: its searches are the library's, its numbers are those of the table, and its words follow them."""

import re

import numpy as np
import pytest

import nasbook
from nasbook.nas.spaces.nb201.cell import to_row
from nasbook.search import search
from nasbook.widgets.labs.transfer import TransferLab, accuracies


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


@pytest.fixture(scope="module")
def lab():
    lab = TransferLab(seeds=2, trials=15, known=40)
    lab.run()
    return lab


def test_a_round_is_two_searches_of_the_library(lab):
    source = search("random", "nb201-cifar100", trials=40, seed=1001)
    task = nasbook.task("nb201-imagenet16")
    for sources, regret in (([source], lab.steps[1].warm), ([], lab.steps[1].cold)):
        run = search("rgpe", task, trials=15, seed=1, sources=sources)
        assert [100 * task.regret(s.incumbent.config) for s in run] == pytest.approx(regret.tolist())
    assert lab.trace.best.value == min(r.trace.best.value for r in lab.steps)
    weights = lab.steps[1].weights
    assert np.isnan(weights[:10]).all() and np.isfinite(weights[10:]).all()


def test_the_sentence_has_the_numbers_of_the_picture(lab):
    mean, low, high = lab.picture.difference(5)
    told = words(lab._sentence)
    minus = lambda x: f"{x:.2g}".replace("-", "−")  # noqa: E731
    assert f"difference {minus(mean)}, 95 % band {minus(low)} to {minus(high)}" in told
    kind = "head start" if high < 0 else "negative transfer" if low > 0 else "no clear difference"
    assert kind in told and "After 15 trials" in told
    lab.scrub(1)
    assert "One seed may be luck" in words(lab._sentence)
    lab.scrub(0)
    assert "rank correlation is 0.96" in words(lab._sentence) and lab.error is None
    lab.scrub(2)


def test_another_source_starts_again_and_the_cold_start_stays_the_same(lab):
    other = TransferLab(seeds=2, trials=15, known=40, source="digits201-digits", down=True)
    assert other.picture.rho < -0.3
    other.run()
    assert np.array_equal(other.steps[1].cold, lab.steps[1].cold)
    first = [other.score[to_row(t.config)] for t in other.steps[0].trace.trials[:5]]
    assert min(first) > np.quantile(other.score, 0.8), "cells with a high error on the source come first"
    assert other.trace.header.settings["sources"][0]["task"] == "digits201-digits upside down"
    before = bytes(other.image.png)
    other.controls["way"].value = "first"
    assert other.steps == [] and bytes(other.image.png) != before
    other.step()
    assert other.trace.header.method == "regularized-evolution" and "weight" not in words(other._sentence)


def test_a_search_for_small_networks_is_bad_advice_for_accuracy():
    lab = TransferLab(seeds=2, trials=15, known=40, source="parameters")
    assert lab.picture.rho < -0.5 and "number of parameters calls better also better" in words(lab._sentence)
    lab.run()
    task = nasbook.task("nb201-cifar10")
    size = lambda t: task.parameters[to_row(t.config)]  # noqa: E731
    source = search("random", "nb201-cifar10", trials=40, seed=1000)
    assert [size(t) for t in lab.steps[0].trace.trials[:5]] == sorted(map(size, source.trials))[:5]
    assert lab.picture.difference(5)[1] > 0 and "negative transfer" in words(lab._sentence)
    lab.set(down=True)
    assert lab.picture.rho > 0.5


def test_the_same_task_twice_is_refused_in_words():
    lab = TransferLab(seeds=2, trials=10)
    lab.controls["source"].value = "nb201-imagenet16"
    assert "the same task" in words(lab._sentence)
    lab.controls["source"].value = "nb201-cifar10"
    assert lab.error is None


def test_accuracies_are_in_the_order_of_the_cells():
    task = nasbook.task("digits201-messy")
    config = task.space.sample(np.random.default_rng(0))
    assert accuracies("digits201-messy")[to_row(config)] == pytest.approx(100 * task.accuracy(config))


def test_export_gives_a_study_with_the_source(lab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = lab.trace.export("study.yaml").read_text()
    assert "rgpe" in text and "nb201-cifar100" in text
