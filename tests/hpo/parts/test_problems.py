"""Drawn problems are what they say."""

import torch

from nasbook.hpo.parts import problems


def test_drawn_problems_are_what_they_say():
    rng = torch.Generator().manual_seed(0)
    X, y, query, f = problems.functions(64, 12, 9, rng)
    assert X.shape == (64, 12, 24) and query.shape == (64, 9, 24) and y.shape == (64, 12) and f.shape == (64, 9)
    assert torch.allclose(y.mean(1), torch.zeros(64), atol=1e-4) and torch.isfinite(f).all()
    u, choice, exists = X.split(8, -1)
    assert set(choice.unique().tolist()) == {0, 1} == set(exists.unique().tolist())
    assert (u[exists == 0] == 0).all() and u.abs().max() <= 0.5
    assert (exists.amax(1).sum(-1) >= 1).all()
    assert (exists.amin(1) < exists.amax(1)).any()  # there are conditions
