"""The supernets of DARTS' cells and of chains: which spaces have one, what is derived, and searches on them."""

import numpy as np
import pytest
import torch

import nasbook
from nasbook import Choice, Space, registry
from nasbook.kit.start import init_weights
from nasbook.nas.fairnas import fair
from nasbook.nas.parts.single_path import evaluate_path
from nasbook.nas.spaces.block_chain import BlockChain, MBConvChain
from nasbook.nas.spaces.darts_cells import DartsCells, RobustDartsS2, RobustDartsS4

SPACES = {
    "darts": DartsCells(nodes=2),
    "darts of four nodes": DartsCells(),
    "s2": RobustDartsS2(nodes=2),
    "s4": RobustDartsS4(nodes=2),
    "chain": BlockChain(),
    "mbconv": MBConvChain(blocks=3),
}
SMALL = {"epochs": 1, "channels": 2, "batch": 100, "device": "cpu"}


@pytest.mark.parametrize("kind", SPACES)
def test_a_configuration_and_its_path_are_the_same_architecture(kind):
    spaces = SPACES[kind]
    places, rng = registry.supernet("darts", spaces.space), np.random.default_rng(0)
    assert len(places.edges) == len(places.allowed) == len(places.kept)
    for _ in range(20):
        config = spaces.space.sample(rng)
        path = places.path(config)
        assert places.config(path) == config
        used = sorted(op for op in places.names(path) if op != "none")
        named = (v for k, v in config.items() if not k.endswith("_inputs"))
        assert used == sorted(named)


@pytest.mark.parametrize("kind", SPACES)
def test_samplers_draw_from_the_space(kind):
    places, rng = registry.supernet("darts", SPACES[kind].space), np.random.default_rng(0)
    for _ in range(10):
        assert places.space.validate(places.config(places.draw(rng)))
        paths = fair(places, rng)
        configs = [places.config(path) for path in paths]
        for name, options in places.choices.items():
            assert sorted(c[name] for c in configs) == sorted(options)
        inputs = [{k: v for k, v in c.items() if k.endswith("_inputs")} for c in configs]
        assert all(i == inputs[0] for i in inputs)


@pytest.mark.parametrize("kind", ["darts", "s4", "chain", "mbconv"])
def test_a_judgement_changes_nothing_and_repeats(kind):
    """Also where an operation keeps a buffer of its own, the seed of its noise."""
    places = registry.supernet("darts", SPACES[kind].space)
    net = places.net(2, 3, 1)
    init_weights(net, np.random.default_rng(0))
    g = torch.Generator().manual_seed(0)
    train, val = ((torch.randn(40, 1, 8, 8, generator=g), torch.randint(0, 3, (40,), generator=g)) for _ in range(2))
    net.train()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    paths = [places.draw(np.random.default_rng(k)) for k in range(3)]
    for how in ("recalibrated", "batch", "running"):
        first = [evaluate_path(net, path, val, train, how) for path in paths]
        assert first[::-1] == [evaluate_path(net, path, val, train, how) for path in paths[::-1]]
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())


def test_making_a_supernet_leaves_torchs_random_numbers_alone():
    torch.manual_seed(0)
    expected = torch.rand(2)
    for kind in ("s4", "mbconv"):
        torch.manual_seed(0)
        registry.supernet("darts", SPACES[kind].space).net(2, 3, 1)
        assert torch.equal(torch.rand(2), expected)


def test_spaces_without_a_supernet_are_refused_in_a_sentence():
    almost = {**BlockChain().space.parameters, "block_1": Choice(["skip", "conv7x7"])}
    others = [Space(almost), Space(block_1=Choice(["skip", "conv3x3"])), nasbook.task("branin").space]
    for space in others:
        with pytest.raises(ValueError, match="for another space use 'random'") as caught:
            nasbook.method("spos", space)
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="equally many"):
        places = registry.supernet("fairnas", BlockChain().space)
        places.choices = {**places.choices, "block_1": ("skip",)}
        fair(places, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("method", "space", "options"),
    [
        ("darts", "darts-cells", {"nodes": 2}),
        ("darts", "robustdarts-s4", {"nodes": 2}),
        ("darts", "block-chain", {}),
        ("spos", "robustdarts-s4", {"nodes": 2}),
        ("fairnas", "robustdarts-s2", {"nodes": 2}),
        ("enas", "darts-cells", {"nodes": 2}),
        ("enas", "mbconv-chain", {}),
        ("fairnas", "block-chain", {}),
    ],
)
def test_strategies_search_it_and_go_on_after_a_stop(method, space, options, tmp_path):
    from nasbook.tasks.architectures import Networks

    few = {"spos": {"rounds": 1, "population": 3}, "enas": {"steps": 1, "samples": 2, "looks": 1}}
    few["fairnas"] = few["spos"]
    task = lambda: Networks(space, train=100, device="cpu", **options)  # noqa: E731
    settings = {**SMALL, **few.get(method, {}), "epochs": 2}
    whole = nasbook.search(method, task(), seed=1, views=True, **settings)
    assert all(t.status == "done" for t in whole.trials)
    view = whole[-1].view
    assert len(view.weights) == len(view.edges) == len(view.cell)
    nasbook.search(method, task(), seed=1, trials=1, out=tmp_path / "t.jsonl", **settings)
    again = nasbook.search(method, task(), seed=1, out=tmp_path / "t.jsonl", resume=True, **settings)
    assert again.digest == whole.digest
    assert [s.view for s in nasbook.replay(again)] == [s.view for s in whole.steps]
