"""Ablation paths: the order by hand, the best of all orders by brute force, and the figures of a table."""

from itertools import permutations

import numpy as np
import pytest

import nasbook
from nasbook import Float, Space
from nasbook.explain.path import best, path


@pytest.fixture(scope="module")
def trace():
    return nasbook.search("random", "digits-hpo-messy", trials=60, seed=0)


def test_the_figures_of_the_table(trace):
    task = nasbook.task("digits-hpo-messy", run=0)
    config = list(task.space.grid(10))[int(np.nanargmin(task.outcomes()[:, 0]))]
    found = path(trace, config, "first", task=task)
    gains = dict(zip(found.names, 100 * found.gains, strict=True))
    assert gains == pytest.approx({"width": -33.4, "lr": -23.0, "depth": -2.2, "weight_decay": -0.4}, abs=0.05)
    assert found.names[:2] == ("width", "lr")
    assert abs(gains["depth"] - 100 * found.found.phi[found.found.names.index("depth")]) > 2  # order matters


def test_every_step_changes_one_parameter_and_greed_takes_the_lowest(trace):
    found = path(trace, default="first")
    now = dict.fromkeys(trace.space.parameters)
    now = trace.space.decode(np.zeros(trace.space.d))
    best_config = found.found.config
    value = lambda c: found.found.source.values(trace.space.encode(c)[None])[0]  # noqa: E731
    left = set(found.names)
    for name, v in zip(found.names, found.values[1:], strict=True):
        tried = {n: value({**now, n: best_config[n]}) for n in left}
        assert v == pytest.approx(min(tried.values())) == pytest.approx(tried[name])
        now[name] = best_config[name]
        left.remove(name)
    assert now == best_config and found.values[-1] == pytest.approx(found.found.total)


def test_the_best_order_is_the_best_of_all():
    space = Space({f"x{i}": Float(0, 1) for i in range(5)})
    rng = np.random.default_rng(3)
    table = rng.normal(size=32)
    value = lambda c: float(table[sum(1 << i for i, x in enumerate(c.values()) if x > 0.5)])  # noqa: E731
    trace = nasbook.search("random", value, space=space, trials=6, seed=0)
    one, zero = (dict.fromkeys(space.parameters, x) for x in (1.0, 0.0))
    found = path(trace, one, zero, "best", task=value)
    along = lambda order: table[np.cumsum([0, *(1 << np.array(order))])].sum()  # noqa: E731
    lowest = min(along(order) for order in permutations(range(5)))
    assert found.values.sum() == pytest.approx(lowest) == pytest.approx(along(best(found.found.played)[0]))
    greedy = path(trace, one, zero, task=value)
    assert greedy.values.sum() > lowest + 1e-9, "this game was drawn so that greed is not the best"


def test_where_there_is_no_path(trace):
    with pytest.raises(ValueError, match="order is one of greedy, best, not 'random'"):
        path(trace, order="random")
    assert path(trace, "best", trace.best.config).names == ()


def test_names_and_values_are_printed_as_they_are_written():
    """A name that is typed in again must be the same: its hyphen is no minus."""
    space = nasbook.Space({"weight-decay": nasbook.Float(1e-6, 1e-2, log=True), "x": nasbook.Float(0, 1)})
    trace = nasbook.search("random", lambda c: c["x"] - c["weight-decay"], space=space, trials=12, seed=0)
    way = path(trace, default="first", trees=4)
    for found in (way, way.found):
        assert "weight-decay  1e-06 → " in str(found)
