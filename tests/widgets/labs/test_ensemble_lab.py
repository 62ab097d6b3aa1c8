"""The ensemble lab: its pools are searches, its numbers those of the library, its settings do what they say."""

import re
import warnings

import numpy as np
import pytest

import nasbook
from nasbook.automl.ensemble import Trained, numbers
from nasbook.automl.predictions import collect
from nasbook.kit.ensemble import error, greedy
from nasbook.plots.labs.ensemble import PoolsPicture, PoolsState
from nasbook.task import trial_seed
from nasbook.widgets.labs.ensemble import EnsembleLab


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


@pytest.fixture(scope="module")
def lab():
    made = EnsembleLab(seeds=4, pool=20, members=5, seed=7)
    made.run()
    return made


def test_a_pool_is_a_random_search_and_its_numbers_are_the_librarys(lab):
    task, pool = nasbook.task("digits-pool"), lab.steps[-1]
    trace = nasbook.search("random", task, space=pool.trace.space, trials=20, seed=10)
    assert pool.trace.digest == trace.digest and len(trace.space.parameters["cell"].options) == 30
    said = [task.predict(t.config, seed=trial_seed(10, t.id), parts=("val", "test")) for t in trace.trials]
    P, P_test = (np.array([p[part] for p in said]) for part in ("val", "test"))
    found = greedy(P, task.labels("val"), error, 5)
    assert pool.sizes.order == found.order and np.allclose(pool.sizes.own, found.losses)
    together = P_test[list(found.order)].mean(0)
    assert pool.sizes.test[-1] == pytest.approx(error(together, task.labels("test")))
    assert pool.wrong[-1].mean() == pytest.approx(pool.sizes.test[-1])


def test_the_gap_is_test_minus_own_with_an_interval(lab):
    gaps = [p.sizes.test[4] - p.sizes.own[4] for p in lab.steps]
    mean, low, high = lab.gap(5)
    assert mean == pytest.approx(np.mean(gaps)) and min(gaps) - 1e-12 <= low < mean < high <= max(gaps) + 1e-12
    for n in range(5):
        lab.scrub(n)
        assert lab.error is None and len(words(lab._sentence)) > 60
    assert "One pool may be luck" not in words(lab._sentence)


def test_fewer_images_promise_more_and_one_cell_is_a_deep_ensemble():
    few, many = (EnsembleLab(seeds=6, pool=20, images=n, members=5) for n in (25, 500))
    few.run(), many.run()
    assert few.gap(5)[0] > many.gap(5)[0] + 0.02
    one = EnsembleLab(seeds=2, cells=1, pool=5, members=4, again=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # that a pool is larger than its space is no mistake here
        one.run()
    assert one.taken == 4 and len({t.config["cell"] for t in one.steps[0].trace.trials}) == 1
    one.set(pool=2)
    assert one.taken == 2  # without replacement the pool ends
    one.step()
    assert len(one.steps[0].sizes.own) == 2


def test_what_it_saves_can_be_chosen_from(lab, tmp_path):
    """The walk: a lab's file, read back, predicted again, chosen from, told in three numbers."""
    path = tmp_path / "pool.jsonl"
    lab.files.save_trace(path)
    trace, task = nasbook.Trace.load(path), Trained(nasbook.task("digits-pool"))
    kept = collect(trace, task)
    own, nested, test = numbers(trace, kept, task, "greedy", size=5)
    best = lab.steps[-1].sizes.own.min()
    assert own == pytest.approx(best) and own <= nested and own < test


def test_the_picture_of_nothing_of_one_and_of_nll():
    none = np.empty((0, 3))
    fig = PoolsPicture(3).render_static(PoolsState(none, none, none, np.zeros((0, 0), bool)))
    assert "no pool" in fig.alt
    row = np.array([[0.3, 0.2, 0.25]])
    state = PoolsState(row, row, row, np.eye(2, dtype=bool), ("314113",), None)
    fig = PoolsPicture(3, "NLL (nats)", percent=False).render_static(state)
    assert "0.250" in fig.alt and fig.sentence == "1 pool, 3 members: chosen at 0.250, test 0.250"
    with pytest.raises(ValueError, match="cells must lie in"):
        EnsembleLab(cells=46)
