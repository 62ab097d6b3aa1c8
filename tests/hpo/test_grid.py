"""Grid search: every combination once, and no other."""

from dataclasses import replace
from itertools import product

import pytest

import nasbook
from nasbook import Choice, Constant, Float, Int, Space
from nasbook.hpo.grid import GridSearch

SPACE = Space(x=Float(0, 1), rate=Float(1e-3, 1e1, log=True), n=Int(1, 3), op=Choice(["a", "b"]), fixed=Constant(4))


def walk(space, **settings):
    method = GridSearch(space, **settings)
    found = []
    while (trial := method.ask()) is not None:
        found.append(trial.config)
    return found


def test_a_grid_is_the_product_of_its_levels():
    found = walk(SPACE, resolution=5, shuffle=False)
    expected = product([0, 0.25, 0.5, 0.75, 1], [1e-3, 1e-2, 1e-1, 1.0, 1e1], [1, 2, 3], ["a", "b"], [4])
    for config, values in zip(found, expected, strict=True):
        x, rate, *rest = config.values()
        assert (x, rate) == pytest.approx(values[:2]) and tuple(rest) == values[2:]
    assert len(found) == 5 * 5 * 3 * 2


def test_shuffled_it_is_the_same_set_in_another_order():
    plain, one, two = walk(SPACE, shuffle=False), walk(SPACE, seed=1), walk(SPACE, seed=2)
    key = lambda c: SPACE.key(c)  # noqa: E731
    assert sorted(map(key, one)) == sorted(map(key, plain)) == sorted(map(key, two))
    assert one != plain and one != two
    assert one == walk(SPACE, seed=1)


def test_conditions_are_kept_and_nothing_comes_twice():
    space = Space(
        kernel=Choice(["linear", "rbf", "poly"]),
        gamma=Float(1e-3, 1e1, log=True, when={"kernel": ["rbf", "poly"]}),
        degree=Int(2, 5, when={"kernel": "poly"}),
    )
    found = walk(space, resolution=3)
    assert (
        len(found) == len({space.key(c) for c in found}) == 1 + 3 + 3 * 3
    )  # linear; rbf; poly with degrees 2, 3 or 4, 5
    assert all(space.validate(c) == c for c in found)
    assert sum(c["kernel"] == "linear" for c in found) == 1


def test_a_grid_that_is_too_large_is_refused_before_it_is_walked():
    big = Space({f"x{i}": Float(0, 1) for i in range(9)})
    with pytest.raises(
        ValueError, match=r"grid: 5 × 5 .* are more than 1,000,000; lower the resolution \(5\), or use 'random'"
    ):
        GridSearch(big)
    assert GridSearch(big, resolution=2).ask() is not None


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match="grid: resolution must be a whole number of at least 2, not 1"):
        GridSearch(SPACE, resolution=1)
    with pytest.raises(ValueError, match="grid: limit must be a whole number of at least 1, not 0"):
        GridSearch(SPACE, limit=0)


def test_it_repeats_nothing_so_no_budget_is_too_large_for_it():
    assert GridSearch(SPACE).new_configurations(1000) == 0


def test_the_seed_is_0_where_none_is_named():
    assert [p["x"] for p in GridSearch(SPACE).points] == [p["x"] for p in GridSearch(SPACE, seed=0).points]


def test_the_refusal_names_six_levels_and_counts_the_rest():
    for d, n in ((9, 5), (7, 10)):
        many = Space({f"x{i}": Float(0, 1) for i in range(d)})
        six = " × ".join([str(n)] * 6)
        with pytest.raises(ValueError, match=rf"^grid: {six} × … \({d} parameters\) points"):
            GridSearch(many, resolution=n)
    with pytest.raises(ValueError, match=r"grid: 12 × 12 × 12 × 12 × 12 × 12 points are more"):
        GridSearch(Space({f"x{i}": Float(0, 1) for i in range(6)}), resolution=12)


def test_it_learns_nothing_so_several_objectives_will_do():
    space = Space(x=Float(0, 1))
    trace = nasbook.search("grid", lambda c: (c["x"], 1 - c["x"]), space=space, trials=9, resolution=3, shuffle=False)
    assert [t.values for t in trace.trials] == [(0, 1), (0.5, 0.5), (1, 0)]


def test_its_choices_wait_for_no_result():
    """So several may train at once."""
    alone, told = GridSearch(SPACE), GridSearch(SPACE)
    assert GridSearch.independent  # what `packed=` asks before there is a method
    for left in range(len(walk(SPACE)), 0, -1):
        assert alone.settled() == told.settled() == left
        trial = told.ask()
        assert alone.ask().config == trial.config
        told.tell(replace(trial, status="done", value=float(trial.id)))
