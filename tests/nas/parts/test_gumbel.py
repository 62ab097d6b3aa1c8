"""Gumbel samples: whom they choose and how often, what they are in the mean, and how they cool."""

import numpy as np
import pytest
import torch
from nas.pictures import Pictures
from scipy.stats import chisquare

from nasbook.nas.gdas import Gdas
from nasbook.nas.snas import Snas
from nasbook.nas.spaces.nb201.cell import cell_space

SHORT = {"epochs": 2, "channels": 2, "batch": 50, "device": "cpu"}
ALPHA = (1.0, 0.0, -1.0, 0.5, -0.5)
P = np.exp(ALPHA) / np.exp(ALPHA).sum()


class Many(Gdas):
    """Draws of one place, many at once."""

    def __init__(self, alpha, tau, n, seed=0):
        super().__init__(cell_space(), seed=seed, tau=tau, tau_min=min(tau, 0.1), **SHORT)
        self.alpha = torch.tensor(alpha, dtype=torch.float64).expand(n, 5).contiguous().requires_grad_()
        self.places.allowed, self.done_epochs = np.ones((n, 5), bool), 0


def fits(z):
    return chisquare(np.bincount(z.argmax(1).numpy(), minlength=5), P * len(z)).pvalue


@pytest.mark.parametrize("tau", [10.0, 1.0, 0.1])
def test_the_largest_is_chosen_as_often_as_it_is_likely(tau):
    assert fits(Many(ALPHA, tau, 200_000).sample()) > 0.01


def test_probabilities_in_the_place_of_their_logarithms_are_found_out():
    wrong = Many(torch.softmax(torch.tensor(ALPHA), 0).tolist(), 1.0, 200_000).sample()
    assert fits(wrong) < 1e-12
    shares = np.bincount(wrong.argmax(1).numpy(), minlength=5) / len(wrong)
    np.testing.assert_allclose(shares, [0.249, 0.190, 0.173, 0.210, 0.178], atol=0.005)


@pytest.mark.parametrize(
    ("tau", "mean", "largest"),
    [
        (10.0, (0.220, 0.200, 0.181, 0.210, 0.190), 0.239),
        (1.0, (0.359, 0.178, 0.086, 0.254, 0.124), 0.591),
        (0.1, (0.428, 0.158, 0.059, 0.260, 0.096), 0.951),
    ],
)
def test_the_mean_of_the_samples_is_not_softmax(tau, mean, largest):
    z = Many(ALPHA, tau, 100_000).sample().detach()
    np.testing.assert_allclose(z.mean(0).numpy(), mean, atol=0.004)
    assert float(z.max(1).values.mean()) == pytest.approx(largest, abs=0.01)
    assert (abs(z.mean(0).numpy() - P).max() > 0.05) == (tau >= 1)


def test_a_number_added_to_a_place_changes_no_sample():
    a, b = (Many(np.add(ALPHA, shift), 0.7, 50).sample() for shift in (0.0, 3.0))
    torch.testing.assert_close(a, b, atol=1e-12, rtol=0)


def test_what_may_not_stand_somewhere_is_never_drawn():
    method = Gdas(cell_space(), **SHORT)
    method.start(Pictures())
    method.places.allowed = method.places.allowed.copy()
    method.places.allowed[2, 3] = False
    for _ in range(50):
        k, _ = method.draw()
        assert k[2] != 3
    z = method.sample()
    z[2, 1].backward()
    assert z[2, 3] == 0 and torch.isfinite(method.alpha.grad).all() and method.alpha.grad[2, 3] == 0


@pytest.mark.parametrize("Strategy", [Gdas, Snas])
def test_the_temperature_falls_by_equal_differences(Strategy):
    method = Strategy(cell_space(), **{**SHORT, "epochs": 5})
    s = method.settings
    taus = [method.temperature(epoch) for epoch in range(5)]
    assert taus[0] == s.tau and taus[-1] == pytest.approx(s.tau_min) and np.ptp(np.diff(taus)) < 1e-12
    assert Strategy(cell_space(), **{**SHORT, "epochs": 1}).temperature(0) == s.tau
    seen = [view.temperature for _, view in Strategy(cell_space(), **SHORT).run(Pictures())]
    assert seen == [pytest.approx(s.tau), pytest.approx(s.tau_min)]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"tau": 0}, "tau must be above 0, not 0"),
        ({"tau": float("inf")}, "tau must be above 0, not inf"),
        ({"tau_min": 0}, "tau_min must be at least 0.001, not 0"),
        ({"tau_min": -1}, "tau_min must be at least 0.001"),
        ({"tau": 0.5, "tau_min": 1.0}, "tau_min must not be above tau = 0.5"),
        ({"tau": "hot"}, "tau must be above 0, not 'hot'"),
        ({"alpha_lr": 0}, "alpha_lr must be above 0"),
        ({"alpha_lr": -0.1}, "alpha_lr must be above 0"),
        ({"alpha_weight_decay": -1}, "alpha_weight_decay must be at least 0"),
        ({"lr": 0}, "lr must be above 0"),
        ({"tau_max": 5}, "has no setting 'tau_max'"),
    ],
)
@pytest.mark.parametrize("Strategy", [Gdas, Snas])
def test_settings_are_checked(Strategy, settings, says):
    with pytest.raises(ValueError, match=f"^{Strategy.name}.*{says}") as caught:
        Strategy(cell_space(), **settings)
    assert "\n" not in str(caught.value)
