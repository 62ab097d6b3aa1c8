"""Believed results of trials in flight against scikit-learn; killed searches with costs."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hpo.test_every_method import SPACES, Noisy, shape
from hpo.wells import GRID, LINE, run
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from nasbook.search import replay, search, steps
from nasbook.trace import Trace

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
