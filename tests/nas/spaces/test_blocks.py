"""A bottleneck adds its input where the shapes agree."""

import torch

from nasbook.nas.spaces.blocks import MBConv


def test_a_bottleneck_adds_its_input_where_the_shapes_agree():
    torch.manual_seed(0)
    x = torch.randn(2, 6, 8, 8)
    same, wider, smaller = MBConv(6, 6, 3, 2).eval(), MBConv(6, 8, 3, 2).eval(), MBConv(6, 6, 3, 2, stride=2).eval()
    with torch.no_grad():
        torch.testing.assert_close(same(x) - x, same.project(same.spatial(same.expand(x))), atol=1e-5, rtol=1e-5)
        assert wider(x).shape == (2, 8, 8, 8) and smaller(x).shape == (2, 6, 4, 4)
    assert not wider.residual and not smaller.residual
