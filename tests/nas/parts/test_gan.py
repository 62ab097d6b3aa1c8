"""The generators of AutoGAN, what they share, and the score by which they are compared."""

import numpy as np
import pytest
import torch
from torch import nn

import nasbook
from nasbook.nas.parts.gan import GAN, Discriminator, Generator, SpectralConv, draw_weights, inception_score
from nasbook.nas.spaces.generator.decisions import complete, depth, generator_space, skips
from nasbook.nas.spaces.generator.layers import layers
from nasbook.nas.spaces.generator.space import Generators


def some(cells, n, seed=0):
    rng = np.random.default_rng(seed)
    return [generator_space(cells).sample(rng) for _ in range(n)]


# ---- the space -------------------------------------------------------------------------------------------------


def test_sizes_are_those_of_the_paper():
    assert [Generators(n).space.size for n in (1, 2, 3)] == [36, 36 * 72, 36 * 72 * 144]


def test_the_token_of_the_skips_is_read_in_binary_with_the_oldest_cell_first():
    options = generator_space(3).parameters["skips_3"].options
    read = [skips({"skips_3": option}, 3) for option in options]
    assert read == [[j for j in (1, 2) if code >> (2 - j) & 1] for code in range(4)]


@pytest.mark.parametrize("cells", [1, 2, 3])
def test_every_generator_draws_images_of_its_side(cells):
    G = Generator(Generators(cells).every_layer())
    draw_weights(G, np.random.default_rng(0))
    for config in some(cells, 15):
        assert depth(config) == cells
        assert G(torch.randn(3, 16), layers(config)).shape == (3, 1, 2 ** (cells + 1), 2 ** (cells + 1))


def test_what_is_undecided_is_written_as_the_last_cell_without_skips():
    first = some(1, 1)[0]
    whole = complete(first, 3)
    assert generator_space(3).validate(whole) == whole
    assert whole["skips_2"] == whole["skips_3"] == "none" and whole["up_3"] == first["up_1"]
    assert complete(whole, 3) == whole


@pytest.mark.parametrize("arguments", [{"cells": 4}, {"cells": 0}, {"channels": True}, {"latent": 1.5}])
def test_a_number_that_is_none_is_refused(arguments):
    with pytest.raises(ValueError, match=f"generator: {next(iter(arguments))} must be a whole number from 1"):
        nasbook.registry.make("space", "generator", **arguments)


# ---- learning --------------------------------------------------------------------------------------------------


def test_layers_off_the_path_do_not_move():
    gan = GAN(Generators(2).every_layer(), 16, 8, 2e-3, np.random.default_rng(0))
    rng, (a, b) = np.random.default_rng(1), some(2, 2, seed=3)
    real = torch.rand(8, 1, 8, 8) * 2 - 1
    for config in (a, a, b):
        before = {k: v.clone() for k, v in gan.G.state_dict().items()}
        gan.step_D(real, layers(config), rng)
        assert all(torch.equal(v, before[k]) for k, v in gan.G.state_dict().items())  # D's step leaves G alone
        gan.step_G(8, layers(config), rng)
        on = {line.name for line in layers(config)}
        moved = {k for k, v in gan.G.state_dict().items() if not torch.equal(v, before[k])}
        assert moved and {k.partition(".")[0] for k in moved} <= on


def test_the_hinge_losses_are_those_of_the_formula():
    gan, rng = GAN(Generators(1).every_layer(), 16, 8, 1e-9, np.random.default_rng(0)), np.random.default_rng(1)
    lines, real = layers(some(1, 1)[0]), torch.rand(8, 1, 4, 4)
    gan.D.eval()  # the power method rests, so that D is the same function twice
    state = rng.bit_generator.state
    with torch.no_grad():
        D_real, D_fake = gan.D(real), gan.D(gan.images(8, lines, rng))
    rng.bit_generator.state = state
    expected = np.maximum(0, 1 - D_real.numpy()).mean() + np.maximum(0, 1 + D_fake.numpy()).mean()
    assert gan.step_D(real, lines, rng) == pytest.approx(expected, rel=1e-5)
    rng.bit_generator.state = state
    assert gan.step_G(8, lines, rng) == pytest.approx(-D_fake.numpy().mean(), rel=1e-3)


def test_spectral_norm_divides_by_the_largest_singular_value():
    torch.manual_seed(0)  # weights whose two largest singular values are far enough apart for 60 steps of the iteration
    conv = SpectralConv(3, 5, 3)
    for _ in range(60):
        conv(torch.zeros(1, 3, 4, 4))
    x = torch.randn(2, 3, 6, 6)
    sigma = torch.linalg.svdvals(conv.weight.flatten(1))[0]
    expected = nn.functional.conv2d(x, conv.weight / sigma, conv.bias, padding=1)
    assert torch.allclose(conv(x), expected, atol=1e-5)
    u = conv.u.clone()
    conv.eval()(x)
    assert torch.equal(conv.u, u)  # to look does not move it


def test_torchs_own_generator_is_neither_read_nor_moved():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    one = GAN(Generators(2).every_layer(), 16, 8, 1e-3, np.random.default_rng(0))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(1)
    same = GAN(Generators(2).every_layer(), 16, 8, 1e-3, np.random.default_rng(0))
    for a, b in ((one.G, same.G), (one.D, same.D)):
        assert all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))
    assert all(bool(v.isfinite().all()) for v in one.G.state_dict().values())


def test_the_discriminator_serves_both_sizes():
    D = Discriminator(4)
    draw_weights(D, np.random.default_rng(0))
    assert [D(torch.zeros(3, 1, side, side)).shape for side in (4, 8)] == [(3,), (3,)]


# ---- the score -------------------------------------------------------------------------------------------------


ONE_HOT = torch.eye(10).repeat(100, 1)


@pytest.mark.parametrize(
    ("p", "score"),
    [
        (ONE_HOT, 10.0),
        (torch.full((1000, 10), 0.1), 1.0),
        (torch.eye(10)[[3] * 100], 1.0),
        (torch.eye(10)[[0, 1, 2, 3, 4] * 20], 5.0),
        (torch.eye(10)[[0] * 90 + [1] * 10], 1.384),
    ],
    ids=["all classes", "uniform", "one class", "five classes", "90/10"],
)
def test_the_score_of_known_predictions(p, score):
    assert inception_score(p) == pytest.approx(score, abs=6e-4)


def test_the_score_knows_no_order_and_no_more_than_the_classes():
    rng = np.random.default_rng(0)
    for n in (1, 7, 200):
        p = torch.from_numpy(rng.dirichlet(np.full(10, 0.2), n))
        score = inception_score(p)
        assert inception_score(p[torch.from_numpy(rng.permutation(n))]) == pytest.approx(score, rel=1e-12)
        assert 1 - 1e-12 <= score <= min(n, 10) + 1e-9


@pytest.mark.parametrize(
    ("n", "mean", "sd"), [(10, 6.01, 1.06), (30, 8.53, 0.69), (100, 9.58, 0.19), (500, 9.91, 0.04)]
)
def test_the_score_of_few_images_is_too_low(n, mean, sd):
    rng = np.random.default_rng(0)
    scores = [inception_score(torch.eye(10)[torch.from_numpy(rng.integers(10, size=n))]) for _ in range(400)]
    assert np.mean(scores) == pytest.approx(mean, abs=4 * sd / 20 + 0.005)
    assert np.std(scores, ddof=1) == pytest.approx(sd, rel=0.2)
