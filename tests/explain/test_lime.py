"""LIME says where it does not fit."""

import pytest
import torch
from explain.nets import SHAPE

from nasbook.explain.network import (
    lime,
)


def test_lime_says_where_it_does_not_fit():
    """A product of two halves is no sum of squares."""

    def net(X):
        top, low = X[:, 0, :4].sum((1, 2)), X[:, 0, 4:].sum((1, 2))
        return torch.stack([top * low, top], 1)

    x = torch.ones(SHAPE, dtype=torch.double)
    assert lime(net, x, 1).fit == pytest.approx(1) and lime(net, x, 0).fit < 0.99
