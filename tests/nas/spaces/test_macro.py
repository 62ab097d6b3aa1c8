"""Stages of blocks: counts, costs by hand, and which networks are the same."""

import numpy as np
import pytest

import nasbook
from nasbook.nas.spaces.macro import Macro

SMALL = {"width": 1.0, "block_1": "conv", "kernel_1": 3, "channels_1": 8, "depth_1": 1}
SMALL |= {"block_2": "mbconv", "kernel_2": 5, "expansion_2": 2, "channels_2": 16, "depth_2": 2}


def test_size():
    assert Macro().space.size == (2 * 3 * 3 * (1 + 3)) ** 3 * 3 == 1_119_744


def test_costs_by_hand():
    spaces = Macro(stages=2)
    norm, act = 2, 1
    conv = 9 * 8 * 8 + norm * 8
    first = 8 * 16 + 25 * 16 + 16 * 16 + norm * (16 + 16 + 16)
    second = 16 * 32 + 25 * 32 + 32 * 16 + norm * (32 + 32 + 16)
    assert spaces.parameters(SMALL) == (9 * 8 + norm * 8) + conv + first + second + 16 * 10 + 10
    stem = 64 * (9 * 8 + (norm + act) * 8)
    conv = 64 * (9 * 64 + (norm + act) * 8)
    first = 64 * (8 * 16 + 3 * 16) + 16 * (25 * 16 + 3 * 16 + 16 * 16 + norm * 16)  # stride 2 in the middle
    second = 16 * (16 * 32 + 3 * 32 + 25 * 32 + 3 * 32 + 32 * 16 + norm * 16)
    assert spaces.flops(SMALL) == stem + conv + first + second + 160


def test_the_skeleton():
    """Half the size at each stage; all blocks of a stage alike; skips where nothing changes."""
    spaces = Macro(stages=2)
    assert spaces.blocks(SMALL) == [
        (1, "conv", 8, 8, 3, 1, 1),
        (2, "mbconv", 8, 16, 5, 2, 2),
        (2, "mbconv", 16, 16, 5, 2, 1),
    ]
    graph = spaces.graph(SMALL)
    assert [(a, b, op) for a, b, op in graph.edges(data="op")] == [
        (0, 1, "stem 8"),
        (1, 2, "conv3x3 8"),
        (1, 2, "skip"),
        (2, 3, "mbconv5x5 ×2 16 /2"),
        (3, 4, "mbconv5x5 ×2 16"),
        (3, 4, "skip"),
    ]
    assert len(spaces.paths(SMALL)) == 4


def test_equal_networks_are_those_with_equal_layers():
    """On 2,000 random networks of one stage or two, equal keys if and only if the same layers in the same order."""
    rng, seen, layers = np.random.default_rng(0), {}, {}
    spaces = Macro(stages=1)
    for config in spaces.space.grid():
        shape = tuple(
            (type(m).__name__, tuple(p.shape for p in m.parameters())) for m in spaces.build(config).modules()
        )
        seen.setdefault(spaces.canonical(config), set()).add(shape)
        layers.setdefault(shape, set()).add(spaces.canonical(config))
    assert all(len(v) == 1 for v in [*seen.values(), *layers.values()]) and len(seen) == spaces.space.size
    two = Macro(stages=2)
    for _ in range(20):
        config = two.space.sample(rng)
        assert two.canonical(config) == two.canonical(dict(config))


def test_it_learns_digits():
    task = nasbook.task("digits-macro")
    config = {
        "width": 1.0,
        **{
            f"{k}_{i}": v
            for i in (1, 2, 3)
            for k, v in {"block": "conv", "kernel": 3, "channels": 16, "depth": 1}.items()
        },
    }
    assert task.evaluate(config, seed=0).value < 0.1


def test_bad_input_is_one_sentence():
    with pytest.raises(ValueError, match="block_1 must be one of 'conv', 'mbconv', not 'dense'"):
        Macro(stages=2).build({**SMALL, "block_1": "dense"})
    with pytest.raises(ValueError, match="expansion_1 exists only when block_1 in .'mbconv'."):
        Macro(stages=2).build({**SMALL, "expansion_1": 3})
    with pytest.raises(ValueError, match="stages must be at least 1, not 0"):
        Macro(stages=0)
