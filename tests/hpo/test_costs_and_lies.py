"""EI per second learns what trials cost; the kriging believer believes in trials in flight."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hpo.test_every_method import SPACES, Noisy, shape
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from nasbook import Float, Space, Trial
from nasbook.hpo.bayesian import BayesianOptimisation
from nasbook.search import replay, search, steps
from nasbook.trace import Trace

LINE = Space(x=Float(0, 1))
GRID = np.linspace(0, 1, 201)[:, None]


def two_wells(x):
    """Two equal minima, 0.25 and 0.75."""
    return math.cos(4 * math.pi * x)


def run(cost, n=12, f=two_wells, **settings):
    method = BayesianOptimisation(LINE, **{"acquisition": "ei_per_second", "startup": 4, **settings})
    for _ in range(n):
        trial = method.ask()
        x = trial.config["x"]
        method.tell(Trial(trial.id, trial.config, status="done", value=f(x), cost=cost(x)))
    return method


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


# ---- trials in flight ----------------------------------------------------------------------------------------


def test_a_believed_trial_changes_the_doubt_and_not_the_mean():
    method = run(lambda x: 1.0, 6, acquisition="log_ei", lie="believer", f=lambda x: math.sin(8 * x))
    alone, _ = method.ask(), method.ask()
    method.ask()
    view = method.view()
    assert len(view.pending) == 2 and view.pending[0] == pytest.approx(LINE.encode(alone.config))
    y, (mean, std) = view.y, view.predict(GRID)
    fixed = {"optimizer": None, "alpha": view.gp.noise}
    kernel = ConstantKernel(view.gp.signal) * Matern(view.gp.lengthscales[0], nu=2.5)
    told = GaussianProcessRegressor(kernel, **fixed).fit(view.U, (y - y.mean()) / y.std())
    believed = np.r_[(y - y.mean()) / y.std(), told.predict(view.pending)]
    peer = GaussianProcessRegressor(kernel, **fixed).fit(np.r_[view.U, view.pending], believed)
    expected, doubt = peer.predict(GRID, return_std=True)
    assert mean == pytest.approx(y.mean() + y.std() * expected, abs=1e-7)
    assert std == pytest.approx(y.std() * doubt, abs=1e-6)
    assert mean == pytest.approx(y.mean() + y.std() * told.predict(GRID), abs=1e-7)
    assert std[np.abs(GRID[:, 0] - alone.config["x"]).argmin()] < 0.1 * std.max()


def test_a_believer_spreads_parallel_asks():
    method = run(lambda x: 1.0, 6, acquisition="log_ei", lie="believer")
    asked = [method.ask().config["x"] for _ in range(5)]
    assert min(abs(a - b) for i, a in enumerate(asked) for b in asked[:i]) > 1e-3


# ---- what every method must do, under the settings that have more to remember ----------------------------------


class One(Noisy):
    """Noisy with its first objective only."""

    def evaluate(self, config, **options):
        return replace(super().evaluate(config, **options), values=None)


PRIORS = {
    "floats": {"x": [2.0, 0.2]},
    "tree": {"kernel": [0.2, 0.5, 0.3], "C": [1.0, 0.2]},
    "choices": {"b": [0.7, 0.3]},
}
CASES = [
    pytest.param(settings, kind, id=f"{'-'.join(map(str, settings.values()))}-{kind}")
    for kind in ("floats", "tree", "choices")
    for settings in ({"acquisition": "knowledge_gradient"}, {"acquisition": "ei_per_second"}, {"lie": "believer"}, {})
]


@pytest.mark.parametrize(("settings", "kind"), CASES)
def test_a_killed_search_goes_on_as_if_nothing_had_happened(settings, kind, tmp_path):
    task, n = One(SPACES[kind], kind, failures=0.1), 14
    settings = settings or {"prior": PRIORS[kind]}
    path = tmp_path / "t.jsonl"
    live = list(steps("bayesian", task, trials=n, seed=5, workers=3, out=path, **settings))
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[: n + 3]))  # some trials are in flight here
    again = search("bayesian", task, trials=n, seed=5, workers=3, out=path, resume=True, **settings)
    assert [(t.id, t.config, t.value) for t in again.trials] == [
        (s.trial.id, s.trial.config, s.trial.value) for s in live
    ]
    replayed = list(replay(Trace.load(path)))
    assert [shape(s.view) for s in replayed] == [shape(s.view) for s in live]
