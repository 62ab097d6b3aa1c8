"""Every change at every place computes what the network computed before, and can learn more."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from nas.chains import AWKWARD, SPACES, chain

import nasbook
from nasbook.nas.parts.chain_growth import Chain, Growth, first_chain, growths
from nasbook.nas.parts.morphisms import SPARK, apply
from nasbook.nas.parts.warm_restart import RestartSettings, learn
from nasbook.nas.spaces.networks import init_weights


@pytest.fixture(scope="module")
def images():
    task = nasbook.task("digits-conv-chain", device="cpu")
    return task.tensors


def network(config, seed, images, rough=True):
    """A network that has learned a little; rough: its norms are far from where they began, some with a negative γ."""
    rng = np.random.default_rng(seed)
    net = SPACES.build(config)
    init_weights(net, rng)
    learn(net, images["train"], images["val"], RestartSettings(epochs=1), rng)
    with torch.no_grad():
        for m in net.modules():
            if rough and isinstance(m, torch.nn.BatchNorm2d):
                m.weight.mul_(torch.from_numpy(rng.uniform(-0.5, 1.5, len(m.weight))))
                m.bias.copy_(torch.from_numpy(rng.normal(size=len(m.bias))))
    return net


@torch.no_grad()
def outputs(net, x):
    return net.eval()(x)


@pytest.mark.parametrize("seed", range(12))
def test_every_change_at_every_place_keeps_the_outputs(seed, images):
    rng = np.random.default_rng(seed)
    config = AWKWARD[seed] if seed < len(AWKWARD) else SPACES.space.sample(rng)
    x, val = images["train"][0], images["val"][0]
    net = network(config, seed, images)
    before, state = outputs(net, val), {k: v.clone() for k, v in net.state_dict().items()}
    assert before.std() > 0.05
    for m in growths(SPACES, config):
        new, child = apply(SPACES, config, net, m, x, rng)
        assert new == SPACES.check(new) != config
        assert (outputs(child, val) - before).abs().max() < 1e-4, m
        fresh = SPACES.build(new)
        assert {k: v.shape for k, v in child.state_dict().items()} == {
            k: v.shape for k, v in fresh.state_dict().items()
        }
        assert sum(p.numel() for p in child.parameters()) > sum(p.numel() for p in net.parameters())
    assert all(torch.equal(v, state[k]) for k, v in net.state_dict().items()), "the parent stays as it is"


def test_many_changes_in_a_row_reach_the_largest_chain_and_keep_the_outputs(images):
    rng, x, val = np.random.default_rng(0), images["train"][0], images["val"][0]
    config = first_chain(SPACES)
    net = network(config, 3, images)
    before, kinds = outputs(net, val), set()
    while possible := growths(SPACES, config):
        m = possible[rng.integers(len(possible))]
        kinds.add(m.kind)
        config, net = apply(SPACES, config, net, m, x, rng)
    assert kinds == {"deepen", "branch", "widen", "enlarge"}
    assert config["depth"] == 5 and config["channels_1"] == 32 and config["kernel_1"] == 5
    assert (outputs(net, val) - before).abs().max() < 1e-3


def test_a_grown_network_has_the_outputs_of_its_source(images):
    rng, x = np.random.default_rng(1), images["train"][0]
    config, net = AWKWARD[0], network(AWKWARD[0], 0, images)
    for m in (Growth("widen", 1, 16), Growth("branch", 2, 5), Growth("deepen", 1, 3), Growth("enlarge", 2, 5)):
        config, net = apply(SPACES, config, net, m, x, rng)
    room = {"__name__": "exported"}
    exec(SPACES.source(config), room)
    copy = room["Network"]()
    copy.load_state_dict(net.state_dict())
    assert torch.equal(outputs(copy, x), outputs(net, x))


@pytest.mark.parametrize("m", [Growth("deepen", 1, 3), Growth("widen", 2, 16)])
def test_training_mode_begins_where_the_parent_was(m, images):
    """With statistics of the batch instead of running ones: nearly the same, for images that the norms have seen."""
    x = images["train"][0]
    net = network(AWKWARD[0], 0, images)
    for norm in (n for n in net.modules() if isinstance(n, torch.nn.BatchNorm2d)):
        norm.momentum = 1.0
    with torch.no_grad():
        before = net.train()(x)
        _, child = apply(SPACES, AWKWARD[0], net, m, x, np.random.default_rng(0))
        assert (child.train()(x) - before).abs().max() < 0.02 * before.std()


def test_an_identity_behind_features_of_both_signs_would_change_the_function(images):
    config = chain((3, 8, True, 1))
    net = network(config, 0, images)
    assert net.eval().values(images["val"][0])["sum1"].min() < 0
    with pytest.raises(ValueError, match="this chain cannot deepen at layer 1 to 3 and compute the same"):
        apply(SPACES, config, net, Growth("deepen", 1, 3), images["train"][0], np.random.default_rng(0))
    assert not Chain(SPACES, config).never_negative(1)


# ---- what a child can learn ------------------------------------------------------------------------------


def gradients(net, images):
    net.train().zero_grad()
    F.cross_entropy(net(images["train"][0]), images["train"][1]).backward()


def test_a_new_branch_gets_a_gradient_because_of_its_spark(images):
    config = first_chain(SPACES)
    net = network(config, 0, images)
    _, child = apply(SPACES, config, net, Growth("branch", 1, 3), images["train"][0], np.random.default_rng(0))
    norm = child.conv2[1]
    assert not norm.weight.any() and bool((norm.bias == SPARK).all())
    gradients(child, images)
    assert (norm.weight.grad != 0).all()
    norm.bias.data.zero_()
    gradients(child, images)
    assert not norm.weight.grad.any()


def test_copies_of_a_channel_part(images):
    config = first_chain(SPACES)
    net = network(config, 0, images, rough=False)
    _, child = apply(SPACES, config, net, Growth("widen", 1, 16), images["train"][0], np.random.default_rng(0))
    weight = child.conv1[0].weight.detach().clone()
    copies = [(a, b) for a in range(16) for b in range(a) if torch.equal(weight[a], weight[b])]
    assert len(copies) >= 8
    learn(child, images["train"], images["val"], RestartSettings(epochs=1), np.random.default_rng(1))
    weight = child.conv1[0].weight.detach()
    assert all((weight[a] - weight[b]).abs().max() > 1e-4 for a, b in copies)
