"""Cells of different operations trained as one network of groups: each is what it would be alone."""

import numpy as np
import pytest
import torch

import nasbook
from nasbook.nas.spaces.nb201.cell import to_config
from nasbook.tasks.architectures import Training
from nasbook.tasks.cells import DigitsCells
from nasbook.tasks.packed_cells import Convolution, Groups, live, packs

CUT = (0, 3, 2, 0, 1, 3)  # nothing reaches node 1, so what 1 -> 2 and 1 -> 3 make of it must not be there
UNREAD = (3, 1, 0, 2, 0, 3)  # nothing reads node 1
NOTHING = (3, 3, 3, 0, 0, 0)  # nothing reaches the output


@pytest.fixture
def exact():
    """In double precision, where another order of sums changes nothing that can be seen."""
    task = DigitsCells(train=100, epochs=2, channels=3, device="cpu")
    task.__dict__["tensors"] = {
        k: (x.double()[: 60 if k != "train" else None], y[: 60 if k != "train" else None])
        for k, (x, y) in task.tensors.items()
    }
    torch.set_default_dtype(torch.float64)
    yield task
    torch.set_default_dtype(torch.float32)


def test_each_cell_is_what_it_is_alone(exact):
    rng = np.random.default_rng(2)
    cells = [CUT, UNREAD, *[tuple(map(int, c)) for c in rng.integers(5, size=(60, 6)) if live(c)][:6]]
    alone, together = ([Training(exact, to_config(c), 7 + k) for k, c in enumerate(cells)] for _ in range(2))
    for _ in range(2):
        groups = Groups(together)  # anew after an epoch: momentum and running statistics go on
        groups.epoch()
        groups.give_back()
        for training in alone:
            training.epoch()
    for a, b in zip(alone, together, strict=True):
        for name in ("train_loss", "val_loss", "error"):
            assert [r[name] for r in a.rows] == pytest.approx([r[name] for r in b.rows], abs=1e-11)
        for one, other in zip(a.net.parameters(), b.net.parameters(), strict=True):
            torch.testing.assert_close(one, other, atol=1e-10, rtol=0)
        assert a.measure("test") == pytest.approx(b.measure("test"), abs=1e-11)  # by its running statistics, alone


def test_what_carries_nothing_is_left_out():
    assert live((3, 1, 2, 1, 2, 4)) == [0, 1, 2, 3, 4, 5]
    assert live(CUT) == [1, 5] and live(UNREAD) == [1, 3, 5] and live(NOTHING) == []
    assert packs([CUT, NOTHING, UNREAD, NOTHING]) == [[0, 2], [1], [3]] and packs([NOTHING]) == [[0]]


def test_those_of_one_recipe_train_together(exact):
    space = nasbook.join("nb201-cell", lr=nasbook.Choice([0.05, 0.5], ordered=True))
    alone, packed = (nasbook.search("random", exact, space=space, trials=5, seed=4, packed=k) for k in (1, 5))
    np.testing.assert_allclose(packed.values, alone.values, atol=1e-12)
    configs = [{**to_config(CUT), "lr": lr} for lr in (0.05, 0.5, 0.05)] + [to_config(UNREAD)]
    assert exact._packs(configs) == [[0, 2], [1], [3]]


def test_a_search_finds_the_same(exact):
    alone = nasbook.search("random", exact, trials=5, seed=4)
    packed = nasbook.search("random", exact, trials=5, seed=4, packed=5)
    np.testing.assert_allclose(packed.values, alone.values, atol=1e-12)
    assert [t.curve for t in packed.trials] == [t.curve for t in alone.trials]
    assert {t.metrics["packed"] for t in packed.trials} == {5}


@pytest.mark.parametrize("c, out, k, stride", [(1, 3, 3, 1), (3, 3, 1, 1), (3, 3, 3, 1), (3, 6, 3, 2)])
def test_a_convolution_of_groups_is_a_product_for_each(c, out, k, stride):
    """As a GPU does it, here on a CPU, forwards and backwards."""
    layer = Convolution(5 * c, 5 * out, k, stride, k // 2, groups=5, bias=False).double()
    x = torch.randn(7, 5 * c, 8, 8, dtype=torch.float64, requires_grad=True)
    one, other = layer(x), layer.products(x)
    torch.testing.assert_close(one, other, atol=1e-12, rtol=0)
    weights = torch.randn_like(one)
    for a, b in zip(*[torch.autograd.grad((y * weights).sum(), [x, layer.weight]) for y in (one, other)], strict=True):
        torch.testing.assert_close(a, b, atol=1e-11, rtol=0)
