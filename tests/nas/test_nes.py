"""Neural ensemble search: what it selects, who has children, who dies, and what a killed one goes on with."""

from itertools import combinations

import numpy as np
import pytest

import nasbook
from nasbook.kit.ensemble import error, nll
from nasbook.nas.nes import NES, NESView
from nasbook.task import trial_seed

SMALL = {"pool": 14, "members": 3, "population": 5, "parents": 2}


@pytest.fixture(scope="module")
def task():
    return nasbook.task("digits-pool")


@pytest.fixture(scope="module")
def trace(task):
    return nasbook.search("nes", task, seed=2, **SMALL)


def predictions(trace, task):
    seed = trace.header.seed
    return np.array([task.predict(t.config, seed=trial_seed(seed, t.id))["val"] for t in trace.trials])


def test_a_trial_is_one_training_and_tells_of_itself_and_of_the_ensemble(trace, task):
    P, y = predictions(trace, task), task.labels("val")
    assert len(trace) == 14 and trace.best.value == min(error(p, y) for p in P)
    for trial, p in zip(trace.trials, P, strict=True):
        assert trial.value == error(p, y) and trial.metrics["nll"] == pytest.approx(nll(p, y))
        assert trial.metrics["accuracy"] == 1 - trial.value and 0 < trial.cost < 10
    last = trace[-1].view
    together = P[list(last.ensemble)].mean(0)
    assert trace.trials[-1].metrics["ensemble_nll"] == pytest.approx(nll(together, y)) == pytest.approx(last.nll[-1])
    assert trace.trials[-1].metrics["ensemble_error"] == error(together, y)
    assert last.nll[-1] <= np.mean(last.alone)  # Jensen
    assert last.nll[0] == pytest.approx(min(nll(p, y) for p in P)) == last.alone[0]


def test_each_member_is_the_best_to_add_and_the_parents_are_selected_so_too(trace, task):
    P, y = predictions(trace, task), task.labels("val")

    def select(ids, size):
        chosen = []
        for _ in range(min(size, len(ids))):
            left = [i for i in ids if i not in chosen]
            chosen.append(min(left, key=lambda i: nll(P[[*chosen, i]].mean(0), y)))
        return tuple(chosen)

    assert len(set(trace[-1].view.ensemble)) == 3
    for k, step in enumerate(trace.steps):
        assert step.view.ensemble == select(range(k + 1), 3)
        assert step.view.alive == tuple(range(max(0, k - 4), k + 1))  # the oldest has died
        before = trace.steps[k - 1].view.alive
        assert step.view.parents == (select(before, 2) if k >= 5 else ())
        assert (step.view.parent in step.view.parents) == (k >= 5)
        assert step.trial.info.get("parent") == step.view.parent
    two = {pair: nll(P[list(pair)].mean(0), y) for pair in combinations(range(14), 2)}
    assert trace[-1].view.nll[1] >= min(two.values())  # greedy is never below the best pair


def test_children_differ_in_one_decision():
    table = nasbook.task("digits-pool")
    cells = nasbook.task("digits-cells")

    class Pretended(type(cells)):  # cells that are not trained: predictions of the pool, drawn by the cell
        name = "pretended"

        def predict(self, config, *, seed=0, parts=("val",)):
            row = sum(map(ord, str(config))) % 45
            return {part: table.members([(row, seed % 5)], part)[0] for part in parts}

        def labels(self, part):
            return table.labels(part)

    trace = nasbook.search("nes", Pretended(), seed=0, **SMALL)
    for trial in trace.trials[5:]:
        parent = trace.trials[trial.info["parent"]].config
        assert sum(parent[k] != v for k, v in trial.config.items()) == 1


def test_at_random_it_is_a_random_search(task):
    found = nasbook.search("nes", task, seed=4, evolve=False, **SMALL)
    method = NES(task.space, seed=4)
    assert [t.config for t in found.trials] == [task.space.sample(method.rng) for _ in range(14)]
    assert all(not s.view.parents and s.view.parent is None for s in found.steps)


def test_killed_anywhere_it_goes_on_to_the_same_end(trace, task, tmp_path):
    for trials in (2, 7):
        out = tmp_path / f"{trials}.jsonl"
        nasbook.search("nes", task, seed=2, trials=trials, out=out, **SMALL)
        again = nasbook.search("nes", task, seed=2, out=out, resume=True, views=True, **SMALL)
        assert again.digest == trace.digest
        assert [s.view for s in nasbook.replay(again)] == [s.view for s in trace.steps]


def test_a_network_that_diverges_costs_its_training_and_is_in_no_ensemble(task):
    class Diverges(type(task)):
        count = 0

        def predict(self, config, **options):
            self.count += 1
            p = super().predict(config, **options)
            return {part: np.full_like(q, np.nan) for part, q in p.items()} if self.count in (1, 4) else p

    trace = nasbook.search("nes", Diverges(), seed=2, **SMALL)
    assert [t.id for t in trace.trials if t.status == "failed"] == [0, 3] and len(trace) == 14
    assert trace[0].view == NESView((), (), None, (), (), (), ())
    assert not {0, 3} & {i for s in trace.steps for i in (*s.view.ensemble, *s.view.alive, *s.view.parents)}
    assert trace.plot().alt and nasbook.plots.plot(trace.steps[:1], "ensemble").alt
    assert "predictions are not finite" in trace.trials[0].reason


def test_networks_are_trained_for_real():
    task = nasbook.task("digits-cells", train=60, epochs=1, device="cpu")
    trace = nasbook.search("nes", task, seed=0, pool=2, members=2)
    again = task.predict(trace.trials[1].config, seed=trial_seed(0, 1), parts=("val", "test"))
    assert error(again["val"], task.labels("val")) == trace.trials[1].value
    assert again["test"].shape == (len(task.labels("test")), 10) and again["test"].sum(1) == pytest.approx(1)
    assert trace.trials[1].value == task.evaluate(trace.trials[1].config, seed=trial_seed(0, 1)).value


def test_a_task_that_tells_no_predictions_gets_a_sentence():
    with pytest.raises(ValueError, match="nes needs the predictions of trained networks, and branin tells none"):
        nasbook.search("nes", "branin", trials=1)
    with pytest.raises(ValueError, match="population must be a whole number of at least 2"):
        NES(nasbook.task("digits-pool").space, population=1)
    with pytest.raises(ValueError, match="alike must be square"):
        NESView((0,), (), None, (0,), (1.0,), (1.0,), ((1.0, 2.0),))
