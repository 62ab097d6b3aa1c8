"""Local search against a descent written out on the whole table."""

from dataclasses import replace

import numpy as np
import pytest

import nasbook
from nasbook.nas.local_search import LocalSearch
from nasbook.nas.spaces.nb201.cell import EDGE_NAMES, cell_space, to_row
from nasbook.search import search, steps


class True201(nasbook.Task):
    """The mean accuracies of the table: every evaluation of a cell has the same value."""

    name, space = "true-201", cell_space()
    table = nasbook.task("nb201-cifar10")

    def evaluate(self, config, **_):
        return 1 - self.table.accuracy(config)


def neighbour_rows(row):
    digits = [row // 5**k % 5 for k in range(5, -1, -1)]
    for k in range(6):
        for op in range(5):
            if op != digits[k]:
                yield row + (op - digits[k]) * 5 ** (5 - k)


@pytest.mark.parametrize("seed", range(4))
def test_the_walk_is_steepest_descent(seed):
    error = 1 - True201.table.mean_accuracy
    found = list(steps(LocalSearch, True201(), trials=150, seed=seed))
    views, trials = [s.view for s in found], {s.trial.id: s.trial for s in found}
    rows = lambda ids: [to_row(trials[i].config) for i in ids]  # noqa: E731
    first = max((v.walk for v in views if not v.minima), key=len)
    row, expected = to_row(found[0].trial.config), []
    while True:
        expected.append(row)
        best = min(neighbour_rows(row), key=lambda r: error[r])
        if error[best] >= error[row]:
            break
        row = best
    assert rows(first) == expected[: len(first)]
    minima = max((v.minima for v in views), key=len)
    if minima:
        assert rows(first) == expected
    for minimum in rows(minima):
        assert all(error[r] >= error[minimum] for r in neighbour_rows(minimum))


def test_no_configuration_is_evaluated_twice():
    trace = search(LocalSearch, True201(), trials=400, seed=1)
    assert len({to_row(t.config) for t in trace.trials}) == 400


def test_the_first_better_neighbour_is_taken_at_once():
    found = list(steps(LocalSearch, True201(), trials=60, seed=0, move="first"))
    for before, after in zip(found, found[1:], strict=False):
        if before.trial.value < before.view.centre.value if before.view.centre else False:
            assert after.view.centre.id == before.trial.id


def test_several_in_flight_wait_for_the_last_neighbour():
    method, task = LocalSearch(cell_space(), seed=0), True201()
    end = lambda t: method.tell(replace(t, status="done", value=task.evaluate(t.config)))  # noqa: E731
    end(method.ask())
    flying = [method.ask() for _ in range(24)]
    assert len({to_row(t.config) for t in flying}) == 24 and method.ask() is None
    for trial in flying[:-1]:
        end(trial)
    assert method.ask() is None, "the last one may be the best"
    end(flying[-1])
    best = min(method.trials, key=lambda t: t.value)
    after = method.ask()
    assert method.centre is best and sum(after.config[k] != best.config[k] for k in EDGE_NAMES) == 1


def test_a_failed_neighbour_is_never_better():
    method, task = LocalSearch(cell_space(), seed=0), True201()
    start = method.ask()
    method.tell(replace(start, status="done", value=task.evaluate(start.config)))
    for _ in range(24):
        method.tell(replace(method.ask(), status="failed"))
    method.ask()
    assert method.minima == [start.id]


def test_known_good_starts_are_taken():
    good = True201.table.best
    trace = search(LocalSearch, True201(), trials=26, first=[good])
    near = {to_row(t.config) for t in trace.trials[1:25]}
    assert near == set(neighbour_rows(to_row(good)))


def test_local_minima_of_the_table():
    """All starts of a small sample end where no single operation can be improved, most of them near the best."""
    error = 1 - True201.table.mean_accuracy
    ends = []
    for row in np.random.default_rng(0).integers(len(error), size=200):
        while (best := min(neighbour_rows(row), key=lambda r: error[r])) and error[best] < error[row]:
            row = best
        ends.append(error[row] - error.min())
    assert np.mean(np.array(ends) < 0.01) > 0.8


def test_bad_settings_and_spaces():
    with pytest.raises(ValueError, match="local-search: move must be one of best, first, not 'worst'"):
        LocalSearch(cell_space(), move="worst")
    with pytest.raises(ValueError, match="a single configuration"):
        LocalSearch(nasbook.Space(a=nasbook.Constant(1)))


SMALL = nasbook.Space(a=nasbook.Choice([0, 1, 2]), b=nasbook.Choice([0, 1, 2]))


@pytest.mark.parametrize("move", ["best", "first"])
def test_an_equal_neighbour_is_no_better_one(move):
    method = LocalSearch(SMALL, seed=0, move=move)
    start = method.ask()
    method.tell(replace(start, status="done", value=0.5))
    for left in (3, 2, 1, 0):
        trial = method.ask()
        view = method.view()
        assert view.centre.id == start.id and view.walk == (start.id,) and view.left == left
        assert len(view.seen) == 3 - left and view.minima == () and trial.info["parent"] == start.id
        method.tell(replace(trial, status="done", value=0.5))
    method.ask()
    assert method.view().minima == (start.id,) and method.view().centre is None and method.view().seen == ()


def test_neighbours_are_seen_in_the_order_of_their_ends():
    method = LocalSearch(SMALL, seed=0)
    method.tell(replace(method.ask(), status="done", value=0.5, end=0.0))
    flying = [method.ask() for _ in range(4)]
    for trial, end in zip(flying, (4.0, 0.5, None, 2.0), strict=True):
        method.tell(replace(trial, status="done", value=0.6, end=end))
    assert [t.end for t in method.view().seen] == [None, 0.5, 2.0, 4.0]


def test_only_a_better_one_from_outside_is_walked_to():
    method = LocalSearch(SMALL, seed=0)
    start = method.ask()
    method.tell(replace(start, status="done", value=0.5))
    others = [c for c in SMALL.grid() if sum(c[k] != start.config[k] for k in "ab") == 2]
    for config, value in zip(others, (0.7, 0.5, 0.4), strict=False):
        method.enqueue(config)
        sent = method.ask()
        method.tell(replace(sent, status="done", value=value))
        assert method.centre.id == (sent.id if value < 0.5 else start.id)
