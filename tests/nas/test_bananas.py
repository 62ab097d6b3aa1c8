"""BANANAS: the ensemble against networks trained one by one, and what is chosen."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

import nasbook
from nasbook.nas.bananas import Bananas
from nasbook.nas.parts.ensemble import Ensemble, path_matrix
from nasbook.nas.spaces.nb201.cell import all_cells, cell_space, to_config
from nasbook.search import search, steps


def told(method, task, n):
    for _ in range(n):
        trial = method.ask()
        method.tell(replace(trial, status="done", value=task.evaluate(trial.config, seed=0).value))
    return method


def test_path_matrix_by_hand():
    columns = [("a",), ("a", "b"), ("c",)]
    rows = [frozenset({("a", "b"), ("c",)}), frozenset(), frozenset({("a",), ("unknown",)})]
    assert path_matrix(rows, columns).tolist() == [[0, 1, 1], [0, 0, 0], [1, 0, 0]]


def test_each_member_is_trained_as_if_alone():
    """The batch of matrices against M separate torch modules with the same starts, loss and schedule."""
    rng = np.random.default_rng(0)
    X, y = (rng.random((30, 8)) < 0.5).astype(np.float32), rng.normal(5, 3, 30)
    ensemble = Ensemble(members=3, depth=2, width=6, epochs=40).fit(X, y, seed=7)

    noise = torch.Generator().manual_seed(7)
    starts = [torch.randn(3, a, b, generator=noise) * (2 / a) ** 0.5 for a, b in ((8, 6), (6, 6), (6, 1))]
    x, target = torch.from_numpy(X), torch.from_numpy(((y - y.mean()) / y.std()).astype(np.float32))
    for m in range(3):
        layers = [torch.nn.Linear(8, 6), torch.nn.ReLU(), torch.nn.Linear(6, 6), torch.nn.ReLU(), torch.nn.Linear(6, 1)]
        net = torch.nn.Sequential(*layers)
        with torch.no_grad():
            for layer, start in zip(layers[::2], starts, strict=True):
                layer.weight.copy_(start[m].T)
                layer.bias.zero_()
        optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 40)
        for _ in range(40):
            loss = torch.nn.functional.l1_loss(net(x)[:, 0], target)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            cosine.step()
        alone = y.mean() + y.std() * net(x)[:, 0].detach().double().numpy()
        assert np.allclose(ensemble.predict(X)[m], alone, atol=2e-3)


def test_the_ensemble_ranks_cells_that_it_has_not_seen():
    task, cells = nasbook.task("nb201-cifar10"), list(all_cells())
    method, rng = Bananas(cell_space()), np.random.default_rng(0)
    configs = [to_config(cells[i]) for i in rng.permutation(len(cells))[:500]]
    paths = [method.paths(c) for c in configs]
    columns = sorted(set().union(*paths[:200]))
    X, y = path_matrix(paths, columns), np.array([1 - task.accuracy(c) for c in configs])
    predicted = Ensemble().fit(X[:200], y[:200]).predict(X[200:])
    assert spearmanr(predicted.mean(0), y[200:]).statistic > 0.75
    error, spread = np.abs(predicted.mean(0) - y[200:]), predicted.std(0)
    assert spearmanr(error, spread).statistic > 0.3, "it is less sure where it is more wrong"


def test_thompson_sampling_without_doubt_takes_the_lowest_means(monkeypatch):
    agreed = lambda self, X: np.tile(X @ np.linspace(1, 2, X.shape[1]), (5, 1))  # noqa: E731
    monkeypatch.setattr(Ensemble, "predict", agreed)
    method = told(Bananas(cell_space(), startup=15, batch=4), nasbook.task("nb201-cifar10"), 15)
    asked = [method.ask() for _ in range(4)]
    view = method.view()
    assert view.std.max() < 1e-12 and np.allclose(view.drawn, np.sort(view.mean), atol=1e-9)
    assert [t.config for t in asked] == list(view.candidates[:4])
    mean, _ = view.predict([t.config for t in asked])
    assert np.allclose(mean, np.sort(view.mean)[:4])


def test_candidates_are_untried_mutations_of_the_best():
    method = told(Bananas(cell_space(), startup=30, parents=5), nasbook.task("nb201-cifar10"), 30)
    trial = method.ask()
    view = method.view()
    best = {t.id for t in sorted(method.trials[:30], key=lambda t: t.value)[:5]}
    assert set(view.parents) <= best and view.chosen == 0 and trial.info["parent"] == view.parents[0]
    tried = {method.space.key(t.config) for t in method.trials}
    for config, parent in zip(view.candidates, view.parents, strict=True):
        before = method.trials[parent].config
        assert sum(config[k] != before[k] for k in config) == 1 and method.space.key(config) not in tried
    assert len({method.space.key(c) for c in view.candidates}) == len(view.candidates) == 100


def test_nothing_is_tried_twice_until_the_space_is_exhausted():
    space = nasbook.Space(a=nasbook.Choice(list("abc")), b=nasbook.Choice(list("xyz")))
    value = lambda c: "abc".index(c["a"]) + 3 * "xyz".index(c["b"])  # noqa: E731
    trace = search("bananas", value, space=space, trials=12, startup=3, batch=2, epochs=5)
    keys = [space.key(t.config) for t in trace.trials]
    assert len(set(keys[:9])) == 9 and trace.best.value == 0


def test_the_ensemble_is_fitted_once_a_batch_and_a_view_before_it_is_empty(monkeypatch):
    space = nasbook.Space({f"p{i}": nasbook.Choice(list("abc")) for i in range(5)})
    method, fits, refill = Bananas(space, startup=3, batch=4, epochs=5), [], Bananas._refill
    monkeypatch.setattr(Bananas, "_refill", lambda self: fits.append(len(self.trials)) or refill(self))
    view = method.view()
    assert [len(x) for x in (view.candidates, view.mean, view.std, view.drawn, view.parents)] == [0] * 5
    for i in range(13):
        method.tell(replace(method.ask(), status="done", value=float(i % 5)))
    assert fits == [3, 7, 11]


def test_draws_are_in_the_units_of_the_value_beside_one_that_diverged():
    space = nasbook.Space({f"p{i}": nasbook.Choice(list("abc")) for i in range(4)})
    method = Bananas(space, startup=20, candidates=40)
    for i in range(20):
        method.tell(replace(method.ask(), status="done", value=1e9 if i == 7 else i % 5 / 10 + 3))
    method.ask()
    view = method.view()
    assert (np.diff(view.drawn) >= 0).all()
    near = view.mean < 4
    assert near.sum() > 10 and np.abs(view.drawn - view.mean)[near].max() < 5 * view.std[near].max()


@pytest.mark.parametrize(("last", "shown"), [(187.0, 187.0), (190.0, 17 + 6 * np.log1p(173 / 6))])
def test_a_value_is_drawn_in_beyond_thirty_times_the_distance_of_the_quartiles(monkeypatch, last, shown):
    """Of 0, 1, …, 9 and a last value these are 2 and 8, so that is beyond 188."""
    seen, fit = [], Ensemble.fit
    monkeypatch.setattr(Ensemble, "fit", lambda self, X, y, **more: seen.append(y) or fit(self, X, y, **more))
    method = Bananas(cell_space(), startup=11, epochs=1)
    for value in (*range(10), last):
        method.tell(replace(method.ask(), status="done", value=float(value)))
    method.ask()
    assert max(seen[0]) / sorted(seen[0])[-2] == pytest.approx(shown / 9)


def test_failures_count_as_the_worst_value():
    task = nasbook.task("nb201-cifar10")
    method = Bananas(cell_space(), startup=4, epochs=5)
    for i in range(4):
        trial = method.ask()
        value = task.evaluate(trial.config).value if i else None
        method.tell(replace(trial, status="done" if i else "failed", value=value))
    assert method.ask() is not None and method.fitted == 4
    method = Bananas(cell_space(), startup=2)
    for _ in range(3):
        method.tell(replace(method.ask(), status="failed"))
    assert method.ask() is not None and method.fitted == 0, "without any value there is nothing to learn from"


def test_what_fails_is_predicted_to_be_the_worst():
    space = nasbook.Space(a=nasbook.Choice(["fine", "good", "fails"]), b=nasbook.Choice(list("uvwxyz")))
    worth = {"fine": 1.0, "good": 0.0}
    for seed in range(3):
        method = Bananas(space, seed=seed, startup=14)
        for _ in range(14):
            trial = method.ask()
            value = worth.get(trial.config["a"])
            method.tell(replace(trial, status="failed" if value is None else "done", value=value))
        method.ask()
        mean = {a: method.view().predict([{"a": a, "b": b} for b in "uvwxyz"])[0].mean() for a in (*worth, "fails")}
        assert mean["good"] < 0.4 and mean["fine"] > 0.6 and mean["fails"] > 0.6, seed


def test_the_global_generator_of_torch_is_left_alone():
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    list(steps("bananas", "nb201-cifar10", trials=12, epochs=3))
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(("setting", "value"), [("members", 1), ("batch", 0), ("epochs", 0), ("parents", 2.5)])
def test_bad_settings(setting, value):
    with pytest.raises(ValueError, match=f"bananas: {setting} must be a whole number of at least"):
        Bananas(cell_space(), **{setting: value})
