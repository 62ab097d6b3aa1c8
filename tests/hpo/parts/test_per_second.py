"""Expected improvement per second: the cost that it learns, and the time that it saves."""

import math

import numpy as np
import pytest
from hpo.wells import GRID, LINE, run
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern


@pytest.mark.parametrize("cost", [lambda x: 3.0, lambda x: None, lambda x: 0.0], ids=["equal", "untold", "zero"])
def test_with_equal_costs_it_is_expected_improvement(cost):
    per_second = [t.config["x"] for t in run(cost, seed=2).trials]
    assert per_second == pytest.approx([t.config["x"] for t in run(cost, seed=2, acquisition="ei").trials], abs=1e-6)


def test_it_divides_by_the_cost_that_it_has_learnt():
    step = lambda x: 1.0 if x < 0.5 else 20.0  # noqa: E731
    method = run(step, 14, seed=1)
    method.ask()
    view = method.view()
    seconds = view.predict_seconds(GRID)
    assert view.acquire(GRID) == pytest.approx(view.by("ei").acquire(GRID) / seconds, rel=1e-12)
    for t in method.trials:
        if abs(t.config["x"] - 0.5) > 0.1:
            at = view.predict_seconds(LINE.encode_all([t.config]))[0]
            assert at == pytest.approx(step(t.config["x"]), rel=0.3)


def test_the_predicted_cost_is_a_process_of_the_logarithm():
    method = run(lambda x: math.exp(3 * x), 10)
    method.ask()
    view, gp = method.view(), method.view().judge.clock
    z = np.log([t.cost for t in method.trials])
    peer = GaussianProcessRegressor(Matern(gp.lengthscales[0], nu=2.5), alpha=gp.noise, optimizer=None)
    peer.fit(view.U, (z - z.mean()) / z.std())
    assert view.predict_seconds(GRID) == pytest.approx(np.exp(z.mean() + z.std() * peer.predict(GRID)), rel=1e-6)
    assert view.predict_seconds(GRID) == pytest.approx(np.exp(3 * GRID[:, 0]), rel=0.05)


def test_it_is_done_in_less_time_where_one_of_two_equal_wells_is_cheap():
    step = lambda x: 1.0 if x < 0.5 else 20.0  # noqa: E731

    def seconds(acquisition, seed):
        """Spent after the four first trials, until the best is within 0.05 of the lowest value."""
        spent, best = 0.0, math.inf
        for i, t in enumerate(run(step, 16, seed=seed, acquisition=acquisition).trials):
            best = min(best, t.value)
            spent += t.cost * (i >= 4)
            if best < -0.95:
                break
        return spent

    needed = {name: [seconds(name, seed) for seed in range(12)] for name in ("ei", "ei_per_second")}
    assert np.mean(needed["ei_per_second"]) < np.mean(needed["ei"]) / 2
