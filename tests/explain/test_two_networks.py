"""Where two networks disagree."""

import numpy as np
import pytest
import torch
from explain.nets import SHAPE, linear

from nasbook.explain.network import (
    difference,
    disagreement,
    logits,
    saliency,
)


def test_where_two_networks_disagree():
    a, b = linear(0), linear(1)
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(40, *SHAPE)))
    p, q = (logits(n, x).argmax(1).numpy() for n in (a, b))
    found = disagreement(a, b, x, p)
    assert sorted(found.rows) == list(np.flatnonzero(p != q)) and found.apart == pytest.approx((p != q).mean())
    assert found.right == (len(found.rows), 0, 0) and found.errors == (0.0, pytest.approx((p != q).mean()))
    assert not len(disagreement(a, a, x, p).rows)
    one, two = saliency(a, x[0], 3), saliency(b, x[0], 3)
    assert difference(one, two).sum() == pytest.approx(0, abs=1e-12) and not difference(one, 5 * one).any()
