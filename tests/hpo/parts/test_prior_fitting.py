"""Where the bars of a prior lie."""

import torch

from nasbook.hpo.parts.prior_fitting import edges_of


def test_bars_lie_where_the_values_of_the_prior_lie():
    values = torch.randn(200_000, generator=torch.Generator().manual_seed(0))
    edges = edges_of(values, 10, rare=0.01)
    inside = values[(values > edges[0]) & (values < edges[-1])]
    shares = torch.histogram(inside, edges).hist / len(inside)
    assert len(edges) == 11 and (shares - 0.1).abs().max() < 0.003
