"""Prior-fitted networks: what they must be by construction, and the exact belief that a small one learns."""

import torch

from nasbook.hpo.parts import problems
from nasbook.hpo.parts.prior_fitted import PriorFitted
from nasbook.hpo.parts.prior_fitting import fit


def small(inputs=1, bars=20, **sizes):
    torch.manual_seed(0)
    return PriorFitted(inputs, torch.linspace(-3, 3, bars + 1), **{"width": 32, "layers": 2, "hidden": 64, **sizes})


def test_the_order_of_the_points_and_the_other_queries_do_not_matter():
    net, rng = small(), torch.Generator().manual_seed(1)
    X, y, query, _ = problems.gp_1d(3, 7, 5, rng)
    whole = net(X, y, query)
    order = torch.tensor([4, 0, 6, 2, 1, 5, 3])
    torch.testing.assert_close(net(X[:, order], y[:, order], query), whole, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(net(X, y, query[:, 2:3]), whole[:, 2:3], atol=1e-5, rtol=1e-5)
    for other in (net(X, y + 1, query), net(X[:, 1:], y[:, 1:], query)):
        assert (other - whole).abs().max() > 1e-3


def test_a_beta_prior_is_learned():
    """Coins: y is 0 or 1 with a chance p ~ Beta(1, 1), so after s of n heads the next is one with (s + 1) / (n + 2)."""
    torch.manual_seed(0)
    net, rng = PriorFitted(1, torch.tensor([-0.5, 0.5, 1.5]), 16, 1, 2, 32), torch.Generator().manual_seed(0)

    def coins():
        n = int(torch.randint(0, 9, (), generator=rng))
        p = torch.rand(64, 1, generator=rng)
        y = (torch.rand(64, n + 4, generator=rng) < p).float()
        x = torch.zeros(64, n + 4, 1)
        return x[:, :n], y[:, :n], x[:, n:], y[:, n:]

    def gap():
        """The largest error over everything that can be seen of up to eight throws."""
        wrong = []
        for n in range(9):
            for s in range(n + 1):
                y = torch.tensor([[1.0] * s + [0.0] * (n - s)])
                p = net(torch.zeros(1, n, 1), y, torch.zeros(1, 1, 1)).softmax(-1)[0, 0, 1]
                wrong.append(abs(float(p.detach()) - (s + 1) / (n + 2)))
        return max(wrong)

    before = gap()
    for _ in fit(net, coins, 300, 3e-3):
        pass
    assert gap() < 0.08 < before
