"""How a network begins: the spread of its first weights, and which images a method is given."""

import numpy as np
import pytest
import torch
from torch import nn

import nasbook
from nasbook.kit.start import blank, images_of, init_weights, pick_device, splits_of
from nasbook.nas.parts.gan import SpectralConv


def net(c_in=16, c_out=64):
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 3), nn.BatchNorm2d(c_out), nn.Linear(200, 300), nn.Embedding(500, 40), nn.ReLU()
    )


def test_weights_have_the_spread_of_he_and_of_the_fan_in():
    made = net()
    init_weights(made, np.random.default_rng(0))
    conv, norm, linear, symbols, _ = made
    for weight, expected in ((conv.weight, 2 / (16 * 9)), (linear.weight, 1 / 200), (symbols.weight, 1 / 40)):
        n = weight.numel()  # the mean of n squares of a normal number varies by √(2/n)
        assert abs(weight.square().mean() / expected - 1) < 4 * (2 / n) ** 0.5
        assert abs(weight.mean()) < 4 * (expected / n) ** 0.5
    assert not linear.bias.any() and (norm.weight == 1).all() and not norm.bias.any()


def test_they_are_numpys_numbers_so_torchs_generator_says_nothing():
    made, again, other = net(), net(), net()
    init_weights(made, np.random.default_rng(3))
    torch.manual_seed(123)
    init_weights(again, np.random.default_rng(3))
    init_weights(other, np.random.default_rng(4))
    for a, b in zip(made.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b) or not (a.ndim > 1)  # a bias of a convolution is torch's own; our networks have none
    assert not torch.equal(made[0].weight, other[0].weight)


@pytest.mark.parametrize(
    ("layer", "args", "options"),
    [
        (nn.Conv2d, (4, 6, 3), {"groups": 2, "bias": False}),
        (nn.LSTMCell, (5, 7), {"dtype": torch.float64}),
        (nn.MultiheadAttention, (8, 2), {}),  # layers inside of a layer
        (SpectralConv, (2, 3, 3), {}),  # a vector that is no weight
    ],
)
def test_a_blank_layer_is_the_same_layer_and_draws_nothing(layer, args, options):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    made = blank(layer, *args, **options)
    assert torch.equal(before, torch.get_rng_state())
    there = layer(*args, **options)
    assert str(made) == str(there)
    assert [(n, p.shape, p.dtype, p.requires_grad) for n, p in made.named_parameters()] == [
        (n, p.shape, p.dtype, p.requires_grad) for n, p in there.named_parameters()
    ]
    made.load_state_dict(there.state_dict())
    assert {x.device.type for x in made.state_dict().values()} == {"cpu"}
    assert all(torch.equal(x, y) for x, y in zip(made.state_dict().values(), there.state_dict().values(), strict=True))


def test_running_statistics_begin_anew():
    made = net()
    made[1](torch.randn(8, 64, 2, 2) + 5)
    init_weights(made, np.random.default_rng(0))
    assert not made[1].running_mean.any() and (made[1].running_var == 1).all()


def test_an_unknown_device_is_one_sentence():
    assert pick_device("cpu").type == "cpu"
    for wrong in ("tpu", "cuda:99", "", 3.5):
        with pytest.raises(ValueError, match="device must be 'auto', 'cpu' or one that torch finds here, not") as told:
            pick_device(wrong)
        assert "\n" not in str(told.value)


def test_images_have_a_channel_and_a_text_stays_as_it_is():
    x, y = images_of(nasbook.task("digits-cells"), "cpu")["train"]
    assert x.shape[1:] == (1, 8, 8) and x.dtype == torch.float32 and len(x) == len(y) and not y.is_floating_point()
    symbols, following = images_of(nasbook.task("characters"), "cpu")["train"]
    assert symbols.ndim == 2 and symbols.shape == following.shape and not symbols.is_floating_point()
    assert torch.equal(symbols[:, 1:], following[:, :-1])  # what follows a symbol is the next


def test_what_a_method_cannot_train_on_is_said_in_a_sentence():
    with pytest.raises(ValueError, match="darts trains a supernet on images, and branin has none; use 'digits-cells'"):
        splits_of(nasbook.task("branin"), "darts", 10)
    with pytest.raises(ValueError, match="on images, and characters has none"):
        splits_of(nasbook.task("characters"), "darts", 10)
    with pytest.raises(ValueError, match="on a text, and digits-cells has none; use 'characters'"):
        splits_of(nasbook.task("digits-cells"), "darts", 10, text=True)
    task = nasbook.task("digits-cells")
    n = len(task.data()["train"][1])
    assert len(splits_of(task, "darts", n, "cpu")[1][1]) == n
    with pytest.raises(ValueError, match=f"darts: batch is {n + 1}, but digits-cells has {n} images in 'train'"):
        splits_of(task, "darts", n + 1)
