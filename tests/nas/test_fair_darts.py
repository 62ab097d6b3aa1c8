"""FairDARTS: the gradient of its zero-one loss, its sigmoids, and what the threshold keeps."""

import numpy as np
import pytest
import torch
from nas.mixture_cases import SHORT
from nas.pictures import Pictures

import nasbook
from nasbook.nas.fair_darts import FairDarts, zero_one_loss
from nasbook.nas.spaces.nb201.cell import cell_space


def begun(**settings):
    method = FairDarts(cell_space(), seed=1, **{**SHORT, **settings})
    train, _ = method.start(Pictures())
    method.alpha, method.alpha_optimiser = method.begin()
    return method, method.batches(train)[0]


def test_the_gradient_of_the_zero_one_loss():
    alpha = torch.randn(6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    sigma = torch.sigmoid(alpha)
    (gradient,) = torch.autograd.grad(zero_one_loss(sigma), alpha)
    formula = -(2 / alpha.numel()) * (sigma - 0.5) * sigma * (1 - sigma)
    assert (gradient - formula).abs().max() < 1e-17
    assert gradient.abs().min() > 1e-5  # so that a gradient of nothing fails
    zero = torch.zeros(6, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.grad(zero_one_loss(torch.sigmoid(zero)), zero)[0].abs().max() == 0
    form = zero_one_loss(torch.tensor([1.0, 0.5, 0.25, 0.0]), "absolute")
    assert float(form) == pytest.approx(-(0.5 + 0 + 0.25 + 0.5) / 4)


def test_it_is_added_with_its_weight_over_what_may_be_kept():
    alpha = torch.linspace(-2, 2, 30).view(6, 5)
    plain, batch = begun(zero_one=0)
    loss = plain.loss(plain.w, alpha, batch)
    pulled, batch = begun(zero_one=10)
    sigma = torch.sigmoid(alpha)[:, 1:]  # `none` is not among the operations
    torch.testing.assert_close(pulled.loss(pulled.w, alpha, batch), loss + 10 * zero_one_loss(sigma))


def test_alpha_starts_at_exactly_zero_and_sigmas_do_not_compete():
    method, _ = begun()
    assert method.alpha.abs().max() == 0 and method.alpha_optimiser.defaults["betas"] == (0.9, 0.999)
    gates = method.gates(method.alpha)
    assert [[g.op for g in row] for row in gates] == [[1, 2, 3, 4]] * 6 and gates[0][0].by == 0.5
    more = method.alpha.detach().clone()
    more[0, 1] = 3.0
    assert method.gates(more)[0][1].by == 0.5  # another operation's is as it was


def test_a_view_shows_sigmas():
    steps = list(nasbook.steps("fair-darts", Pictures(), seed=0, **SHORT))
    weights = np.array(steps[-1].view.weights)
    assert (weights[:, 0] == 0).all() and (abs(weights[:, 1:].sum(1) - 1) > 0.2).all()
    assert weights[:, 1:].min() > 0.3 and weights[:, 1:].std() > 0


def test_the_zero_one_loss_drives_sigma_apart():
    """Adam makes a step of every gradient, however small: what loss and decay leave undecided, L₀₁ decides."""
    apart = []
    for zero_one in (0.0, 1000.0):
        steps = nasbook.steps(
            "fair-darts", Pictures(), seed=0, zero_one=zero_one, **{**SHORT, "epochs": 10, "channels": 2}
        )
        *_, last = steps
        apart.append(np.abs(np.array(last.view.weights)[:, 1:] - 0.5).mean())
    assert apart[1] > 1.1 * apart[0]


def test_the_threshold_drops_edges_but_leaves_each_node_one():
    method, _ = begun()
    logit = lambda s: float(np.log(s / (1 - s)))  # noqa: E731
    alpha = torch.full((6, 5), logit(0.2))
    strongest = {(0, 1): 0.3, (0, 2): 0.9, (1, 2): 0.6, (0, 3): 0.5, (1, 3): 0.7, (2, 3): 0.6}
    for p, edge in enumerate(method.places.edges):
        alpha[p, 3] = logit(strongest[edge])
    kept = {edge for p, edge in enumerate(method.places.edges) if method.derive(alpha)[p] == 3}
    assert kept == {(0, 1), (0, 2), (1, 3)}
    assert set(method.derive(alpha)) == {0, 3}
    low, _ = begun(threshold=0.0)
    assert low.derive(alpha) == (3,) * 6


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"zero_one": -1}, "zero_one must be at least 0"),
        ({"form": "cubic"}, "form must be one of square, absolute"),
        ({"threshold": 2}, r"threshold must lie in \[0, 1\]"),
    ],
)
def test_settings_are_checked(settings, says):
    with pytest.raises(ValueError, match=says):
        FairDarts(cell_space(), **settings)
