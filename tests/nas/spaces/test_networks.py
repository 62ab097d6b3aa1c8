"""Networks: the supernet holds every cell's network, and equal cells are equal functions."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from nasbook.nas.spaces.nb201.cell import EDGES, OPS, all_cells, classes, to_cell
from nasbook.nas.spaces.networks import CellNet, SuperNet, init_weights, pick_device


def images(n=7, seed=0, dtype=torch.float32):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((n, 1, 8, 8))).to(dtype)


def one_hot(cell):
    return F.one_hot(torch.tensor(cell), len(OPS)).float()


def some_cells(n=25):
    every = list(all_cells())
    return [every[i] for i in np.random.default_rng(1).choice(len(every), n, replace=False)]


@pytest.fixture(scope="module")
def supernet():
    net = SuperNet(channels=4)
    init_weights(net, np.random.default_rng(0))
    net.train()
    for seed in range(3):  # running statistics that differ from the start
        net(images(20, seed), torch.softmax(torch.randn(6, 5, generator=torch.Generator().manual_seed(seed)), 1))
    return net


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_supernet_with_one_hot_weights_is_the_cell_network(supernet, mode):
    state = {k: v.clone() for k, v in supernet.state_dict().items()}
    x = images()
    simplest, index = classes()
    for cell in [(0,) * 6, (1,) * 6, (3,) * 6, (0, 0, 3, 1, 2, 4), *some_cells()]:
        if mode == "eval":  # the supernet's running mean of a convolution is not 0, even where `none` feeds it
            cell = simplest[index[cell]]
        net = supernet.derive(cell)
        getattr(net, mode)(), getattr(supernet, mode)()
        with torch.no_grad():
            torch.testing.assert_close(net(x), supernet(x, one_hot(cell)), atol=1e-5, rtol=1e-5)
        supernet.load_state_dict(state)


def test_derived_network_is_a_copy(supernet):
    net = supernet.derive((3, 0, 1, 2, 4, 3))
    before = supernet.state_dict()["cell1.edges.01.conv3x3.1.weight"].clone()
    torch.testing.assert_close(net.state_dict()["cell1.edges.01.1.weight"], before)
    with torch.no_grad():
        for p in net.parameters():
            p.zero_()
    torch.testing.assert_close(supernet.state_dict()["cell1.edges.01.conv3x3.1.weight"], before)


def test_cell_network_by_hand():
    """The sums of a cell written out once with torch's functions, edge by edge."""
    cell = (3, 1, 4, 2, 0, 1)  # 0→1 conv3, 0→2 skip, 1→2 pool, 0→3 conv1, 1→3 none, 2→3 skip
    net = CellNet(cell, channels=4)
    init_weights(net, np.random.default_rng(3))
    net.eval()
    edge = net.cell1.edges
    x = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        one = F.conv2d(x.relu(), edge["01"][1].weight, padding=1) / (1 + 1e-5) ** 0.5
        two = x + F.avg_pool2d(F.pad(one, (1, 1, 1, 1)), 3, 1) / F.avg_pool2d(
            F.pad(torch.ones(8, 8)[None], (1,) * 4), 3, 1
        )
        three = F.conv2d(x.relu(), edge["03"][1].weight) / (1 + 1e-5) ** 0.5 + two
        torch.testing.assert_close(net.cell1(x), three, atol=1e-5, rtol=1e-5)


def test_number_of_parameters():
    """c² per 1×1, 9c² per 3×3, 2c per norm, in two cells of c = 8 and 16, around a stem, a reduction and a head."""
    around = (9 * 8 + 16) + (9 * 8 * 16 + 32) + 32 + (16 * 10 + 10)
    for cell in some_cells(10):
        n1, n3 = cell.count(2), cell.count(3)
        in_cells = sum(n1 * (c * c + 2 * c) + n3 * (9 * c * c + 2 * c) for c in (8, 16))
        assert sum(p.numel() for p in CellNet(cell).parameters()) == around + in_cells


def test_what_reads_only_zero_is_zero():
    """A convolution of nothing must not become a learnable constant by way of its norm's shift."""
    net = CellNet((0, 0, 0, 0, 3, 0))
    init_weights(net, np.random.default_rng(0))
    with torch.no_grad():
        for m in net.cell1.modules():
            if isinstance(m, torch.nn.BatchNorm2d):
                m.bias.fill_(1.0)
    assert net.cell1(torch.ones(1, 8, 8, 8)).abs().max() == 0


def test_equal_keys_are_equal_functions():
    """Two cells of one class, with the weights of one carried over to the other, give the same output: checked on
    cells whose single convolution can be matched without doubt."""
    simplest, index = classes()
    by_class = {}
    for cell in all_cells():
        live = simplest[index[cell]]
        if sum(o in (2, 3) for o in live) == 1 == sum(o in (2, 3) for o in cell):
            by_class.setdefault(index[cell], []).append(cell)
    groups = [g for g in by_class.values() if len(g) > 2][::25]
    assert len(groups) >= 5
    x = torch.randn(2, 8, 8, 8, generator=torch.Generator().manual_seed(1))

    def output(cell):
        net = CellNet(cell)
        init_weights(net, np.random.default_rng(0))  # one convolution in the cell: the same draw
        with torch.no_grad():
            return net.cell1.eval()(x)

    outputs = [[output(cell) for cell in g] for g in groups]
    for same in outputs:
        for other in same[1:]:
            torch.testing.assert_close(same[0], other, atol=1e-5, rtol=1e-4)
    firsts = [o[0] for o in outputs]
    for i in range(len(firsts)):
        for k in range(i):
            assert not torch.allclose(firsts[i], firsts[k], atol=1e-4)


def test_weights_are_the_same_draw_for_every_device_and_dtype():
    nets = [CellNet((3,) * 6), CellNet((3,) * 6)]
    for net in nets:
        init_weights(net, np.random.default_rng(5))
    for a, b in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        assert torch.equal(a, b)
    w = nets[0].reduce[1].weight
    assert abs(float(w.detach().std()) - (2 / (8 * 9)) ** 0.5) < 0.01


def test_device():
    assert pick_device("cpu").type == "cpu"
    assert pick_device("auto").type in ("cpu", "cuda")
    with pytest.raises(ValueError, match="device must be 'auto'"):
        pick_device("gpu")


def test_cells_are_checked():
    with pytest.raises(ValueError, match="six operations"):
        CellNet((9,) * 6)
    assert to_cell(CellNet({f"edge_{i}_{j}": "skip" for i, j in EDGES}).cell) == (1,) * 6
