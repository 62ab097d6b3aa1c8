"""Explanations of configurations against brute force, closed forms and the numbers of a table."""

from itertools import permutations

import numpy as np
import pytest

import nasbook
from nasbook import Choice, Float, Int, Space
from nasbook.explain import explain
from nasbook.explain.coalitions import shapley
from nasbook.explain.games import within
from nasbook.explain.source import source_of

PLAIN = Space(a=Float(0, 1), b=Float(0, 1), c=Float(0, 1))
SUM = nasbook.FunctionTask(lambda c: 2 * c["a"] - 3 * c["b"], PLAIN)
NESTED = Space(
    kind=Choice(["tree", "net"]),
    depth=Int(1, 9, when={"kind": "tree"}),
    lr=Float(1e-3, 1, log=True, when={"kind": "net"}),
    momentum=Float(0, 1, when={"kind": "net"}),
)


@pytest.fixture(scope="module")
def messy():
    return nasbook.search("random", "digits-hpo-messy", trials=60, seed=0)


def nested(config):
    return 0.1 * config["depth"] if config["kind"] == "tree" else abs(np.log10(config["lr"]) + 2) + config["momentum"]


@pytest.fixture(scope="module")
def branching():
    return nasbook.search("random", nested, space=NESTED, trials=60, seed=0)


def test_the_best_configuration_of_the_table(messy):
    """The figures that were measured for run 0: pipelines of 2026, with 35 divergences counted as .9."""
    task = nasbook.task("digits-hpo-messy", run=0)
    best = list(task.space.grid(10))[int(np.nanargmin(task.outcomes()[:, 0]))]
    found = explain(messy, best, task=task)
    phi = dict(zip(found.names, 100 * found.phi, strict=True))
    expected = {
        "width": -13.3,
        "lr": -12.9,
        "dropout": -7.5,
        "batch": -5.8,
        "weight_decay": -1.5,
        "optimiser": -0.6,
        "activation": 0.9,
        "depth": 1.4,
    }
    assert phi == pytest.approx(expected, abs=0.25)
    assert (100 * found.base, 100 * found.total) == pytest.approx((56.2, 17.0), abs=0.1)
    assert found.source.exact and not found.errors.any() and "exact" in str(found)
    first = explain(messy, best, "first", task=task)
    phi = dict(zip(first.names, 100 * first.phi, strict=True))
    assert phi == pytest.approx({"width": -29.2, "lr": -23.1, "depth": -4.6, "weight_decay": -2.2}, abs=0.1)


def test_the_mean_of_a_table_is_every_configuration_in_turn():
    """The grid's shortcut equals the sum over all 15,625 others, for one coalition and for the whole value."""
    trace = nasbook.search("random", "digits201-messy", trials=10, seed=0)
    found = explain(trace)
    mine = trace.space.encode(found.config)
    everyone = trace.space.encode_all(list(trace.space.grid(5)))
    values = lambda U: found.source.values(U).mean()  # noqa: E731
    assert found.base == pytest.approx(values(everyone))
    phi = np.zeros(6)
    rng = np.random.default_rng(0)
    known = {}
    for order in [rng.permutation(6) for _ in range(3)] + [np.arange(6)]:
        inside = np.zeros(6, bool)
        for i in order:
            inside[i] = True
            key = tuple(inside)
            known[key] = values(np.where(inside, mine, everyone))
    v = found.played.all()[0][0]
    for key, value in known.items():
        assert v[int(np.array(key) @ (1 << np.arange(6)))] == pytest.approx(value)
    assert phi.shape == found.phi.shape


def test_a_sum_is_taken_apart_exactly():
    trace = nasbook.search("random", SUM, trials=5, seed=0)
    found = explain(trace, {"a": 0.9, "b": 0.2, "c": 0.7}, {"a": 0.1, "b": 0.6, "c": 0.7}, task=SUM)
    assert dict(zip(found.names, found.phi, strict=True)) == pytest.approx({"a": 1.6, "b": 1.2})  # c does not differ
    np.testing.assert_allclose(found.interactions, 0, atol=1e-12)
    assert found.total - found.base == pytest.approx(found.phi.sum())


def test_the_mean_of_a_function_lies_within_its_error():
    found = explain(nasbook.search("random", SUM, trials=5, seed=0), {"a": 0.9, "b": 0.2, "c": 0.7}, task=SUM)
    z = (found.phi[:2] - [2 * 0.4, -3 * -0.3]) / found.errors[:2]
    assert np.abs(z).max() < 4 and found.phi[2] == pytest.approx(0) and "sampled" in found.basis


def test_conditions_follow_the_stated_rule(branching):
    """All orders by hand: a parameter that the default lacks starts in the middle of its range, and one that the
    configuration lacks plays no part."""
    config, default = {"kind": "net", "lr": 0.01, "momentum": 0.1}, {"kind": "tree", "depth": 7}
    found = explain(branching, config, default, task=nested)
    assert found.names == ("kind", "lr", "momentum")
    was = {"kind": "tree", "depth": 7, "lr": NESTED.parameters["lr"].decode(0.5), "momentum": 0.5}
    phi = dict.fromkeys(found.names, 0.0)
    for order in permutations(found.names):
        now = dict(was)
        for name in order:
            before = nested(now)
            now[name] = config[name]
            phi[name] += (nested(now) - before) / 6
    assert dict(zip(found.names, found.phi, strict=True)) == pytest.approx(phi)
    back = explain(branching, default, config, task=nested)
    assert back.names == ("kind", "depth") and back.total == pytest.approx(0.7)


def test_a_forest_is_explained_as_it_is(branching):
    found = explain(branching, default="middle")
    assert not found.source.exact and found.errors.max() > 0 and "wrong by" in found.basis
    assert found.base + found.phi.sum() == pytest.approx(found.total)
    mine = branching.space.encode(found.config)
    assert found.total == pytest.approx(found.source.values(mine[None])[0])


def test_beyond_twelve_parameters_it_is_sampled_with_an_error():
    space = Space({f"x{i}": Float(0, 1) for i in range(14)})
    weights = np.linspace(-1, 1, 14)
    value = lambda c: float(weights @ list(c.values())) + 4 * c["x0"] * c["x13"]  # noqa: E731
    trace = nasbook.search("random", value, space=space, trials=20, seed=0)
    one = dict.fromkeys(space.parameters, 1.0)
    zero = dict.fromkeys(space.parameters, 0.0)
    found = explain(trace, one, zero, task=value, orders=60)
    expected = weights + 2 * np.isin(np.arange(14), [0, 13])  # the product is shared by its two
    assert found.interactions is None
    assert np.all(np.abs(found.phi - expected) <= 4 * found.errors + 1e-9)
    assert found.errors[0] > 0 and found.errors[5] < 1e-9
    assert found.phi.sum() == pytest.approx(found.total - found.base)


def test_tunability_and_sensitivity_against_the_grid(messy):
    grid = source_of(messy).grid
    middle = tuple(s // 2 for s in grid.shape)
    tuned = explain(messy, game="tunability")
    assert tuned.base == pytest.approx(grid[middle]) and tuned.total == pytest.approx(grid.min())
    assert (tuned.phi <= 1e-12).all()  # whoever may tune more never loses
    loose = explain(messy, game="sensitivity")
    assert loose.base == 0 and loose.total == pytest.approx(grid.var())
    v = loose.played.all()[0][0]
    axis = [slice(None) if j == 5 else m for j, m in enumerate(middle)]
    assert v[1 << 5] == pytest.approx(grid[tuple(axis)].var())


def test_what_was_drawn_or_searched_is_not_called_exact(branching, messy):
    assert "sampled, from" in explain(branching, game="tunability", task=nested).basis
    assert "sampled, from" in explain(branching, game="sensitivity", task=nested).basis
    assert "exact, from" in explain(branching, default="first", task=nested).basis
    assert "exact, from" in explain(messy, game="tunability").basis


def test_tunability_of_a_sample_never_rises(branching):
    found = explain(branching, game="tunability")
    v = found.played.all()[0].mean(0)
    assert all(v[S | 1 << i] <= v[S] + 1e-12 for S in range(len(v)) for i in range(len(found.names)))


@pytest.mark.parametrize("game", ["tunability", "sensitivity"])
def test_what_a_forest_says_of_a_game_is_as_sure_as_its_trees_agree(branching, game):
    found = explain(branching, game=game)
    each = found.played.all()[0]  # (trees, 2ⁿ)
    apart = np.array([shapley(v) for v in each]).std(0)
    assert (found.errors >= apart - 1e-12).all() and found.errors.max() > 0
    if game == "tunability":  # a minimum over drawn points has no error of its own
        assert found.errors == pytest.approx(apart)


def test_a_drawn_variance_lies_within_its_error():
    trace = nasbook.search("random", SUM, trials=5, seed=0)
    z = []
    for seed in range(12):
        found = explain(trace, game="sensitivity", task=SUM, seed=seed)
        assert found.errors[2] == 0 == found.phi[2] and "sampled" in found.basis  # c changes nothing
        z += list((found.phi[:2] - [4 / 12, 9 / 12]) / found.errors[:2])
    assert np.abs(z).max() < 4 and 0.5 < np.sqrt(np.mean(np.square(z))) < 1.5


def test_what_a_method_misses_is_as_sure_as_its_searches_agree():
    trace = nasbook.search("random", SUM, trials=5, seed=0)
    found = explain(trace, game="optimiser", task=SUM, trials=2, seeds=4, default="middle")
    assert (found.errors[:2] > 0).all()
    sure = explain(trace, game="optimiser", task=SUM, trials=3, seeds=2, default="middle", method="halton")
    assert sure.errors.shape == (3,) and np.isfinite(sure.errors).all()


def test_a_perfect_optimiser_misses_nothing_and_a_short_one_something():
    space = Space(a=Choice([1, 2, 3]), b=Choice([1, 2, 3]))
    rows = list(space.grid())
    columns = {"a": [c["a"] for c in rows], "b": [c["b"] for c in rows], "value": [c["a"] * c["b"] for c in rows]}
    table = nasbook.Table.from_arrays(columns, space=space)
    trace = nasbook.search("random", table, trials=6, seed=0)
    default = {"a": 3, "b": 3}
    whole = explain(trace, default=default, game="optimiser", task=table, method="grid", trials=9)
    np.testing.assert_allclose(whole.phi, 0, atol=1e-12)
    short = explain(trace, default=default, game="optimiser", task=table, method="grid", trials=1, seeds=1)
    assert short.total >= 0 and short.phi.sum() == pytest.approx(short.total)


@pytest.mark.filterwarnings("ignore:this space has")
def test_a_part_of_a_space_keeps_its_conditions():
    tree = NESTED.encode({"kind": "tree", "depth": 3})
    full = np.where(np.isnan(tree), 0.5, tree)
    assert list(within(NESTED, full, {"lr"}).parameters) == ["kind", "depth"]  # lr never exists with this default
    both = within(NESTED, full, {"kind", "lr"})
    assert both.free == ["kind", "lr"] and both.conditions["momentum"] == {"kind": ("net",)}
    assert both.validate({"kind": "tree", "depth": 3}) == {"kind": "tree", "depth": 3}
    trace = nasbook.search("random", nested, space=NESTED, trials=8, seed=0)
    found = explain(trace, game="optimiser", task=nested, trials=3, seeds=1, default={"kind": "tree", "depth": 3})
    assert found.phi.sum() == pytest.approx(found.total) and found.total >= 0


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"game": "chess"}, "game is one of ablation, tunability, sensitivity, optimiser, not 'chess'"),
        ({"default": "Mean"}, "a default is one of mean, middle, first"),
        ({"default": "mean", "game": "tunability"}, "starts from one default"),
        ({"trial": 999}, "no trial 999"),
        ({"trial": True}, "a trial is 'best', its number or a configuration, not True"),
        ({"trial": None}, "a trial is 'best'"),
        ({"trial": {"width": 8}}, "parameter 'depth' is missing"),
        ({"default": [1, 2]}, "a trial is 'best', its number or a configuration"),
        ({"trial": "7"}, "a trial is 'best', its number or a configuration, not '7'"),
        ({"default": {"width": 8.5}}, "must be one of|is missing"),
        ({"orders": 1}, "orders must be a whole number of at least 2, not 1"),
        ({"trees": 0}, "trees must be a whole number of at least 1, not 0"),
        ({"trees": "x"}, "trees must be a whole number"),
        ({"seed": "x"}, "seed must be a whole number"),
        ({"seeds": 0, "game": "optimiser"}, "seeds must be a whole number"),
    ],
)
def test_wrong_arguments_get_a_sentence(messy, wrong, told):
    with pytest.raises(ValueError, match=f"explain: .*{told}"):
        explain(messy, **wrong)


def test_the_table_that_is_printed(messy):
    lines = str(messy.explain(default="first")).splitlines()
    assert "the first value of every parameter" in lines[0] and "→" in lines[1] and "−" in lines[1]
    assert lines[-1] == "exact, from the table digits-hpo-messy"


def test_another_objective_is_explained_by_its_own_column():
    from nasbook.plots import plot
    from nasbook.plots.data import one_objective

    trace = nasbook.search("nsga2", "nb201-cifar10-latency", trials=20, seed=0, population=8)
    error, latency = explain(trace), explain(one_objective(trace, 1))
    outcomes = nasbook.task("nb201-cifar10-latency").outcomes()
    assert (error.base, latency.base) == pytest.approx(tuple(outcomes.mean(0)))
    assert "latency" in plot(trace, "attribution", objective=1).sentence.lower()
