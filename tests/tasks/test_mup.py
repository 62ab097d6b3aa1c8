"""The maximal update parametrisation: its table by hand, the plain network at the base width, whether sizes stay."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from nasbook.nas.spaces.networks import CellNet, init_weights
from nasbook.tasks import mup
from nasbook.tasks.architectures import Networks
from nasbook.tasks.cells import DigitsCells
from nasbook.tasks.image_training import ImageTraining
from nasbook.tasks.training import DigitsCNN, DigitsMLP

RATE = 0.1


def mlp(width, depth=2, pixels=64):
    sizes = [pixels] + [width] * depth
    layers = [part for a, b in zip(sizes, sizes[1:], strict=False) for part in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers, nn.Linear(width, 10))


def cnn(width):
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(),
        nn.Conv2d(width, 2 * width, 3, padding=1), nn.ReLU(),
        nn.Conv2d(2 * width, 2 * width, 3, padding=1, groups=2 * width), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2 * width, 10),
    )  # fmt: skip


def cell(width):
    net = CellNet((3, 1, 3, 2, 1, 4), channels=width)
    init_weights(net, np.random.default_rng(0))
    return net


def optimiser(groups, kind, rate=RATE):
    return (
        torch.optim.SGD(groups, rate, 0.9, weight_decay=0.01)
        if kind == "sgd"
        else torch.optim.AdamW(groups, rate, weight_decay=0.01)
    )


def scales(groups, net):
    names = {p: name for name, p in net.named_parameters()}
    return {names[p]: group["scale"] for group in groups for p in group["params"]}


@pytest.mark.parametrize(
    "role, start, sgd, adam",
    [("input", 1, 4, 1), ("vector", 1, 4, 1), ("hidden", 1, 1, 1 / 4), ("output", 1 / 2, 1 / 4, 1 / 4)],
)
def test_the_table_of_the_paper_at_four_times_the_width(role, start, sgd, adam):
    assert mup.init_scale(role, 4) == start
    assert mup.rate_scale(role, 4, "sgd") == sgd
    assert mup.rate_scale(role, 4, "adam") == mup.rate_scale(role, 4, "adamw") == adam
    assert mup.init_scale(role, 1) == mup.rate_scale(role, 1, "sgd") == mup.rate_scale(role, 1, "adam") == 1


def test_roles_are_found_by_shapes_in_a_perceptron_a_convolutional_network_and_a_cell():
    net = mlp(32)
    found = scales(mup.parametrise(net, mlp(8), RATE, "sgd"), net)
    assert found == {
        "0.weight": 4, "0.bias": 4, "2.weight": 1, "2.bias": 4, "4.weight": 1 / 4, "4.bias": 1
    }  # fmt: skip
    net = cnn(16)
    found = scales(mup.parametrise(net, cnn(4), RATE, "adam"), net)
    assert found["0.weight"] == found["1.weight"] == found["0.bias"] == found["9.bias"] == 1
    assert found["3.weight"] == found["9.weight"] == 1 / 4
    assert found["5.weight"] == 1  # each channel has its own kernel: what it sums over does not grow
    net = cell(8)
    found = scales(mup.parametrise(net, cell(4), RATE, "sgd"), net)
    assert found["stem.0.weight"] == 2 and found["reduce.1.weight"] == 1 and found["head.weight"] == 1 / 2


def test_an_embedding_is_an_input_although_its_dimensions_stand_the_other_way_round():
    def net(width):
        return nn.Sequential(nn.Embedding(30, width), nn.Linear(width, 30))

    wide = net(32)
    assert scales(mup.parametrise(wide, net(8), RATE, "sgd"), wide) == {
        "0.weight": 4, "1.weight": 1 / 4, "1.bias": 1
    }  # fmt: skip


def test_first_weights_rates_and_decays_of_the_groups():
    torch.manual_seed(0)
    net = mlp(32)
    before = {name: p.clone() for name, p in net.named_parameters()}
    groups = mup.parametrise(net, {n: tuple(p.shape) for n, p in mlp(8).named_parameters()}, RATE, "adamw", 0.01)
    after = dict(net.named_parameters())
    assert torch.equal(after["0.weight"], before["0.weight"]) and torch.equal(after["2.weight"], before["2.weight"])
    assert torch.equal(after["4.weight"], before["4.weight"] / 2)
    assert torch.equal(after["2.bias"], 2 * before["2.bias"])  # drawn from ±1/√fan_in
    assert all(g["lr"] * g["weight_decay"] == pytest.approx(RATE * 0.01) for g in groups)
    assert {g["lr"] for g in groups} == {RATE, RATE / 4}
    mup.parametrise(net, mlp(32), RATE, "adamw", zeros=["4.weight"])  # at the base width, too
    assert not net[4].weight.any() and net[2].weight.any() and net[0].weight.any()


@pytest.mark.parametrize("make", [mlp, cnn, cell])
@pytest.mark.parametrize("kind", ["sgd", "adamw"])
def test_at_the_base_width_it_is_the_plain_network_bit_for_bit(make, kind):
    x, y = torch.randn(20, 1, 8, 8, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 10
    ends = []
    for own in (False, True):
        torch.manual_seed(0)
        net = make(4)
        descent = optimiser(mup.parametrise(net, make(4), RATE, kind, 0.01) if own else net.parameters(), kind)
        for _ in range(3):
            mup._step(net, descent, x.flatten(1) if make is mlp else x, y)
        ends.append(net.state_dict())
    assert ends[0].keys() == ends[1].keys()
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])
    assert len(mup.parametrise(make(4), make(4), RATE, kind)) == 1


@pytest.mark.parametrize(
    "base, say",
    [
        (lambda: mlp(8, depth=1), "4.bias"),
        (lambda: {"0.weight": (8, 64, 3)}, "only the network has a parameter 0.bias"),
        (lambda: {n: (*p.shape, 3) for n, p in mlp(8).named_parameters()}, "only the first two dimensions"),
    ],
)
def test_two_architectures_are_refused_in_a_sentence(base, say):
    with pytest.raises(ValueError, match=say):
        mup.parametrise(mlp(32), base(), RATE, "sgd")


def test_a_weight_that_is_not_there_cannot_start_at_zero():
    with pytest.raises(ValueError, match="zeros names 'head', and the network's parameters are 0.weight"):
        mup.parametrise(mlp(32), mlp(8), RATE, "sgd", zeros=["head"])


def test_an_unknown_optimiser_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="sgd, adam, adamw, not 'rmsprop'"):
        mup.parametrise(mlp(32), mlp(8), RATE, "rmsprop")


# The power of the width with which each layer's output moves, without μP: input, hidden, output. By SGD the gradient
# at a hidden number is 1/√m, and it counts m times where m numbers come in; by Adam each weight moves by the rate.
# Few images of few pixels: what a layer's own weights learn then counts for more than what they are handed.
GROWS = {"sgd": (-0.5, 0.5, 1.0), "adam": (0.0, 1.0, 1.0)}


@pytest.mark.parametrize("kind, rate", [("sgd", 1e-3), ("adam", 1e-5)])
def test_sizes_and_changes_stay_alike_over_widths_and_move_by_the_known_powers_without(kind, rate):
    x, y = torch.randn(4, 8, generator=torch.Generator().manual_seed(1)).double(), torch.arange(4)
    widths = [32, 128, 512, 1024]

    def build(width, seed, own):
        torch.manual_seed(seed)
        net = mlp(width, pixels=8).double()
        for layer in net[::2]:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        net[-1].weight.data *= 0.3
        groups = mup.parametrise(net, mlp(32, pixels=8), rate, kind) if own else net.parameters()
        return net, torch.optim.SGD(groups, rate) if kind == "sgd" else torch.optim.Adam(groups, rate)

    for own, near in ((True, 0.1), (False, 0.25)):
        found = mup.coordinates(lambda w, s, own=own: build(w, s, own), widths, x, y, steps=3, seeds=[0, 1])
        sizes = [mup.power(widths, [size for size, _ in rows]) for rows in found.values()]
        moves = [mup.power(widths, [moved for _, moved in rows]) for rows in found.values()]
        assert sizes == pytest.approx([0, 0, -0.5 if own else 0], abs=0.1)
        assert moves == pytest.approx([0, 0, 0] if own else GROWS[kind], abs=near)


def test_a_power_of_sizes_that_vanish_or_explode_is_not_a_number():
    assert mup.power([1, 2, 4], [3, 6, 12]) == pytest.approx(1)
    assert math.isnan(mup.power([1, 2], [0, 1])) and math.isnan(mup.power([1, 2], [1, math.inf]))


# ---- tasks with a base width -----------------------------------------------------------------------------

MLP = {
    "optimizer": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 1e-3, "batch": 50, "width": 16, "depth": 2,
    "dropout": 0.1, "activation": "relu",
}  # fmt: skip
CNN = {
    "optimizer": "adamw", "lr": 0.01, "weight_decay": 1e-2, "batch": 50, "channels": 8, "depth": 2, "pooling": "max",
    "batch_norm": True, "dropout": 0.0,
}  # fmt: skip


def a_cell(task):
    return task.space.sample(np.random.default_rng(3))


def tasks():
    small = {"train": 100, "epochs": 3, "device": "cpu"}
    return {
        "mlp": (lambda **base: DigitsMLP(**small, **base), MLP, 16),
        "cnn": (lambda **base: DigitsCNN(**small, **base), CNN, 8),
        "cells": (lambda **base: DigitsCells(**small, channels=4, **base), a_cell, 4),
        "images": (lambda **base: ImageTraining(**small, channels=4, warmup=1, **base), a_cell, 4),
    }


@pytest.mark.parametrize("name", ["mlp", "cnn", "cells", "images"])
def test_a_task_at_its_base_width_is_the_plain_one_and_resumes_bit_for_bit(name, tmp_path):
    make, config, width = tasks()[name]
    plain = make()
    config = config(plain) if callable(config) else config
    for base in (np.int64(width), "1"):
        assert make(base_width=base).evaluate(config, seed=1) == plain.evaluate(config, seed=1)
    task = make(base_width="1/2")
    whole = task.evaluate(config, seed=1)
    assert whole.metrics["train_loss"] != plain.evaluate(config, seed=1).metrics["train_loss"]
    assert whole == make(base_width=width // 2).evaluate(config, seed=1)
    task.evaluate(config, seed=1, fidelity=2, checkpoint=tmp_path / "kept")
    assert task.evaluate(config, seed=1, checkpoint=tmp_path / "kept") == whole
    with pytest.raises(ValueError, match="holds another training"):
        plain.evaluate(config, seed=1, checkpoint=tmp_path / "kept")
    assert task.arguments["base_width"] == "1/2" and "base_width" not in plain.arguments


def test_many_at_once_have_the_rates_of_their_layers_too():
    task = DigitsMLP(epochs=1, train=100, device="cpu", base_width="1/4")
    none = [lambda *_: None] * 2
    both = task.evaluate_many([MLP, MLP], seeds=[0, 1], reports=none, checkpoints=[None, None])
    assert [e.value for e in both] == [task.evaluate(MLP, seed=s).value for s in (0, 1)]


def test_rates_that_change_on_the_way_keep_the_factors_of_their_layers():
    learner = DigitsMLP(epochs=2, train=100, device="cpu", base_width="1/4").member(MLP, 0)
    learner.set({**MLP, "lr": 0.01, "weight_decay": 0.01})
    assert sorted(g["lr"] for g in learner.optimizer.param_groups) == pytest.approx([0.0025, 0.01, 0.04])
    assert all(g["lr"] * g["weight_decay"] == pytest.approx(1e-4) for g in learner.optimizer.param_groups)


@pytest.mark.parametrize("wrong", [0, -8, 2.5, True, "x", "1/0", "0", "-1/8", "nan", "1e9", [8], 10**7])
def test_a_base_width_that_is_none_is_refused_in_a_sentence(wrong):
    with pytest.raises(ValueError, match=r"digits-mlp: base_width is a width, such as 32, or a share .*, not "):
        DigitsMLP(base_width=wrong)


def test_networks_without_one_width_have_no_base_width():
    with pytest.raises(ValueError, match="digits-conv-chain: the networks of conv-chain have no one width"):
        Networks("conv-chain", base_width=8)
