"""Partial channels: the shuffle and a place, by hand."""

import torch
from torch import nn

from nasbook.nas.spaces.gates import Gate
from nasbook.nas.spaces.networks import SuperNet
from nasbook.nas.spaces.partial import PartialPlace, shuffle


def channels(n):
    return torch.arange(float(n)).view(1, n, 1, 1)


def test_the_shuffle_deals_channels_out_and_back():
    assert shuffle(channels(8), 4).flatten().tolist() == [0, 2, 4, 6, 1, 3, 5, 7]
    for c, k in ((8, 4), (8, 2), (12, 3), (6, 6), (4, 1)):
        assert torch.equal(shuffle(shuffle(channels(c), k), c // k), channels(c))
    assert not torch.equal(shuffle(shuffle(channels(8), 4), 4), channels(8))


class Times(nn.Module):
    def __init__(self, by):
        super().__init__()
        self.by = by

    def forward(self, x):
        return self.by * x


def test_a_place_by_hand():
    here = PartialPlace({"none": None, "two": Times(2.0), "three": Times(3.0)}, partial=4)
    w = torch.tensor([0.1, 0.2, 0.3], requires_grad=True)
    (out,) = here(channels(8), [Gate(op, w[op]) for op in range(3)])
    mixed_ = [1.3 * x for x in (0, 1)]  # 2 · 0.2 + 3 · 0.3
    expected = shuffle(torch.tensor([*mixed_, *(0.6 * x for x in range(2, 8))]).view(1, 8, 1, 1), 4)
    torch.testing.assert_close(out, expected)
    (plain,) = here(channels(8), [Gate(1)])
    assert torch.equal(plain, shuffle(torch.tensor([0.0, 2, 2, 3, 4, 5, 6, 7]).view(1, 8, 1, 1), 4))
    (nothing,) = here(channels(8), [Gate(0)])
    assert torch.equal(nothing, shuffle(torch.tensor([0.0, 0, 2, 3, 4, 5, 6, 7]).view(1, 8, 1, 1), 4))
    assert here(channels(8), []) == []


def test_a_place_that_halves_the_image_pools_the_rest():
    here = PartialPlace({"pool": nn.AvgPool2d(2)}, partial=2, stride=2)
    x = torch.arange(32.0).view(1, 2, 4, 4)
    (out,) = here(x, [Gate(0)])
    assert torch.equal(out[0, 0], nn.functional.avg_pool2d(x[:, :1], 2)[0, 0])
    assert torch.equal(out[0, 1], nn.functional.max_pool2d(x[:, 1:], 2)[0, 0])


def test_only_a_part_of_the_channels_has_weights():
    whole, part = (sum(p.numel() for p in SuperNet(8, partial=k).cell1.parameters()) for k in (1, 4))
    assert whole == 16 * part
