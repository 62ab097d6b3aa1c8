"""What every search space of architectures can do, checked on NAS-Bench-201's and on graphs drawn by hand."""

import numpy as np
import pytest
import torch
from nas.sampled import some

from nasbook import registry
from nasbook.nas.parts import paths
from nasbook.nas.spaces.nb201 import cell
from nasbook.nas.spaces.nb201.space import NB201Cells
from nasbook.nas.spaces.networks import CellNet, init_weights
from nasbook.search import search
from nasbook.space import Choice, Space

ENTRIES = [entry.name for entry in registry.SPACES]


@pytest.mark.parametrize("name", ENTRIES)
def test_every_network_trains(name):
    spaces = registry.make("space", name)
    for i, config in enumerate(some(spaces, 3, seed=1)):
        torch.manual_seed(i)
        net, x = spaces.build(config).train(), spaces.example(4)
        out = net(x)
        classes = out.shape[-1]  # or, of a generator, pixels
        y = torch.arange(out[..., 0].numel()).reshape(out.shape[:-1]) % classes
        losses = []
        optimiser = torch.optim.SGD(net.parameters(), lr=0.01)
        for _ in range(2):
            for buffer in net.buffers():
                buffer.zero_() if buffer.ndim == 0 else None  # the same noise both times
            out = net(x)
            loss = torch.nn.functional.cross_entropy(out.reshape(-1, classes), y.reshape(-1))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        assert np.isfinite(losses).all() and losses[1] < losses[0]


@pytest.mark.parametrize("name", ENTRIES)
def test_steps_give_valid_neighbours(name):
    spaces, rng = registry.make("space", name), np.random.default_rng(0)
    a, b = some(spaces, 2, seed=2)
    for _ in range(20):
        child, mixed = spaces.mutate(a, rng), spaces.crossover(a, b, rng)
        assert spaces.check(child) == child and child != a
        assert spaces.check(mixed) == mixed
        assert all(mixed[k] in (a.get(k), b.get(k)) for k in mixed if k in a and k in b)
    near = spaces.neighbours(a)
    assert near and all(spaces.check(c) == c and c != a for c in near)
    keys = [spaces.space.key(c) for c in near]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("name", ENTRIES)
def test_equal_architectures_cost_the_same_and_have_a_path(name):
    spaces = registry.make("space", name)
    classes = {}
    for config in some(spaces, 40, seed=3):
        classes.setdefault(spaces.canonical(config), []).append(config)
        assert all(isinstance(op, str) for path in spaces.paths(config) for op in path)
    assert len(classes) > 5
    costs = [(spaces.parameters(group[0]), spaces.flops(group[0])) for group in classes.values()]
    assert len(set(costs)) > 1 and min(min(costs)) > 0


@pytest.mark.parametrize("name", ENTRIES)
@pytest.mark.parametrize("method", ["tpe", "genetic", "regularized-evolution", "reinforce"])
def test_methods_search_it(method, name):
    """Values that depend on the architecture alone, so that nothing is trained."""
    spaces = registry.make("space", name)
    value = lambda config: len(spaces.paths(config)) + len(str(config)) % 7  # noqa: E731
    trace = search(method, value, space=spaces.space, trials=15)
    assert len(trace) == 15 and all(spaces.is_valid(t.config) and t.value == value(t.config) for t in trace.trials)


def test_a_table_of_another_space_is_refused_in_one_sentence():
    with pytest.raises(ValueError, match="nb201-cifar10: width is unknown: it has edge_0_1"):
        search("random", "nb201-cifar10", space=registry.make("space", "macro").space, trials=3)


def test_a_space_finds_its_architectures():
    for name in ENTRIES:
        assert paths.of(registry.make("space", name).space).name == name
    other = Space(x=Choice(["a", "b"]))
    assert paths.of(other) is None
    assert paths.paths(other)({"x": "a"}) == frozenset({("x", "a")})


def test_the_network_is_that_of_the_table():
    """Same weights, same outputs as CellNet, whose training made Digits-201."""
    spaces, rng = NB201Cells(), np.random.default_rng(0)
    for key in ("333333", "134032", "000000", "413021"):
        reference = CellNet(key).eval()
        init_weights(reference, rng)
        net = spaces.build(cell.to_config(key)).eval()
        ours, theirs = list(net.state_dict().values()), list(reference.state_dict().values())
        assert sorted(map(lambda t: tuple(t.shape), ours)) == sorted(map(lambda t: tuple(t.shape), theirs))
        named = {renamed(k): v for k, v in reference.state_dict().items()}
        net.load_state_dict(named, strict=False)
        x = torch.randn(5, 1, 8, 8)
        with torch.no_grad():
            assert torch.allclose(net(x), reference(x), atol=1e-6)
            assert sum(k in net.state_dict() for k in named) == len(named)


def renamed(name):
    part, *rest = name.split(".")
    if part.startswith("cell"):
        return ".".join([f"{part}_{rest[1]}", *rest[2:]])
    return {"stem": "stem", "reduce": "reduce1", "norm": "pooled.norm", "head": "head"}[part] + "." + ".".join(rest)


def test_paths_of_a_cell():
    config = cell.to_config("301000")  # 0→1 conv3x3, 1→2 skip, nothing reaches 3
    assert NB201Cells().paths(config) == frozenset()
    config = cell.to_config(("conv3x3", "none", "skip", "conv1x1", "none", "avgpool"))
    assert NB201Cells().paths(config) == {("conv3x3", "skip", "avgpool"), ("conv1x1",)}


def test_an_unknown_operation_is_refused():
    with pytest.raises(ValueError, match="edge_0_1 must be one of .none., .skip."):
        NB201Cells().build({**cell.to_config("333333"), "edge_0_1": "conv5x5"})
