"""Layers of generators: the shared one has those of all, and a path is the network that stands alone."""

from itertools import product

import numpy as np
import pytest
import torch

from nasbook.nas.parts.gan import Generator, draw_weights
from nasbook.nas.spaces.generator.decisions import generator_space
from nasbook.nas.spaces.generator.layers import layers
from nasbook.nas.spaces.generator.space import Generators


def some(cells, n, seed=0):
    rng = np.random.default_rng(seed)
    return [generator_space(cells).sample(rng) for _ in range(n)]


@pytest.mark.parametrize("cells", [1, 2])
def test_the_shared_generator_has_every_layer_of_all_and_each_means_the_same(cells):
    known = {}
    shared = {line.name: line for lines in Generators(cells).every_layer() for line in lines if line.layer}
    for values in product(*(p.options for p in generator_space(cells).parameters.values())):
        for line in layers(dict(zip(generator_space(cells).parameters, values, strict=True))):
            if line.layer:
                same = (line.layer, line.args, line.options)
                assert known.setdefault(line.name, same) == same
    assert set(known) == set(shared)


def test_a_path_is_the_network_that_stands_alone_with_the_same_weights():
    G, spaces = Generator(Generators(3).every_layer()), Generators(3)
    draw_weights(G, np.random.default_rng(1))
    for config in some(3, 10, seed=1):
        alone = spaces.build(config)
        alone.load_state_dict({name: G.state_dict()[name] for name in alone.state_dict()})
        z = torch.randn(5, 16)
        assert torch.equal(alone(z), G(z, layers(config)))
