"""The genetic algorithm: who is selected how often, what a child inherits, who survives."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import nasbook
from nasbook import Choice, Float, Int, Space, Trial
from nasbook.hpo.genetic import GeneticAlgorithm, cross

CUBE = Space({f"x{i}": Float(0, 1) for i in range(6)})
MIXED = Space(
    kernel=Choice(["rbf", "poly", "linear"]),
    C=Float(1e-3, 1e3, log=True),
    gamma=Float(1e-4, 1, log=True, when={"kernel": ["rbf", "poly"]}),
    degree=Int(2, 9, when={"kernel": "poly"}),
)


def tell(method, trial, value):
    method.tell(replace(trial, status="failed" if value is None else "done", value=value))


def started(space=CUBE, **settings):
    method = GeneticAlgorithm(space, **settings)
    for i in range(method.settings.population):
        tell(method, method.ask(), float(i))
    return method


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_rank_wins_as_often_as_it_should(k):
    """P(rank r wins) = ((μ-r+1)^k - (μ-r)^k) / μ^k."""
    μ = 6
    method = started(population=μ, tournament=k)
    winners = [min(method.select(), key=lambda t: t.value).id for _ in range(8000)]
    r = np.arange(1, μ + 1)
    expected = ((μ - r + 1) ** k - (μ - r) ** k) / μ**k
    assert stats.chisquare(np.bincount(winners, minlength=μ), 8000 * expected).pvalue > 1e-4


def test_uniform_crossover_is_a_fair_coin_for_each_parameter():
    method = started()
    masks = np.array([method.mask() for _ in range(4000)])
    assert set(masks.ravel()) == {0, 1}
    assert stats.chisquare(masks.sum(0), np.full(6, masks.sum() / 6)).pvalue > 1e-4
    assert abs(masks.mean() - 0.5) < 5 * 0.5 / np.sqrt(masks.size)
    assert abs(np.corrcoef(masks[:, 0], masks[:, 1])[0, 1]) < 0.08


def test_one_point_crossover_cuts_once_anywhere():
    method = started(crossover="one-point")
    masks = np.array([method.mask() for _ in range(4000)])
    assert np.all(np.diff(masks, axis=1) >= 0) and np.all(masks[:, 0] == 0) and np.all(masks[:, -1] == 1)
    assert stats.chisquare(np.bincount(masks.sum(1) - 1)).pvalue > 1e-4


def test_without_mutation_a_child_has_its_parents_values():
    method = started(mutation_rate=0.0, crossover_rate=1.0, seed=1)
    mixed = 0
    for _ in range(40):
        alive = {CUBE.key(t.config) for t in method.population}
        trial, birth = method.ask(), method.view().birth
        parents = [next(t for t in method.trials if t.id == i).config for i in birth.parents]
        child = {name: parents[s][name] for name, s in zip(CUBE.free, birth.source, strict=True)}
        if CUBE.key(child) not in alive:  # a copy of somebody alive is mutated once
            assert trial.config == child and trial.info["parents"] == list(birth.parents)
            mixed += parents[0] != parents[1]
        else:
            assert CUBE.key(trial.config) not in alive
        for drawn, winner in zip(birth.tournaments, birth.parents, strict=True):
            best = min((t for t in method.trials if t.id in drawn), key=lambda t: t.value)
            assert best.id == winner and len(drawn) == 3
        tell(method, trial, None)  # the population stays
    assert mixed > 20


def test_mutation_moves_each_parameter_with_its_probability():
    method = started(mutation_rate=0.3)
    counts = np.zeros(6)
    for _ in range(3000):
        u = np.full(6, 0.5)
        v, names = method.mutate(u.copy())
        assert names == [n for n, a, b in zip(CUBE.free, u, v, strict=True) if a != b]
        counts += u != v
    assert np.all(np.abs(counts / 3000 - 0.3) < 5 * np.sqrt(0.3 * 0.7 / 3000))


def test_a_conditional_parameter_comes_from_the_parent_that_has_it():
    poly = {"kernel": "poly", "C": 1.0, "gamma": 0.01, "degree": 7}
    linear = {"kernel": "linear", "C": 100.0}
    a, b = MIXED.encode(poly), MIXED.encode(linear)
    rng = np.random.default_rng(0)
    child = MIXED.decode(cross(a, b, np.array([0, 1, 1, 1]), rng))  # kernel of poly, all else of linear
    assert child == {"kernel": "poly", "C": 100.0, "gamma": 0.01, "degree": 7}
    child = MIXED.decode(cross(a, b, np.array([1, 0, 0, 0]), rng))
    assert child == {"kernel": "linear", "C": 1.0}
    born = {MIXED.decode(cross(b, b, np.array([0, 0, 0, 0]), rng))["C"] for _ in range(5)}
    assert born == {100.0}


@pytest.mark.parametrize("workers", [1, 4, 25])
def test_the_best_of_parents_and_children_survive(workers):
    method, rng, flying = GeneticAlgorithm(MIXED, population=6, children=4, seed=3), np.random.default_rng(0), []
    told: list[Trial] = []
    for _ in range(150):
        while len(flying) < workers:
            flying.append(method.ask())
        trial = flying.pop(int(rng.integers(len(flying))))
        assert MIXED.validate(trial.config) == trial.config
        tell(method, trial, None if rng.random() < 0.2 else float(rng.random()))
        view = method.view()
        told = [t for t in method.trials if t.status == "done"]
        n = 6 + 4 * view.generation  # results that have been through selection
        assert len(view.children) == max(0, len(told) - n)
        if len(told) >= 6:
            assert sorted(t.value for t in view.population) == sorted(t.value for t in told[:n])[:6]
    assert view.generation == (len(told) - 6) // 4


def test_nobody_lives_twice():
    space = Space(a=Choice(["x", "y", "z"]), b=Int(1, 6))
    method = GeneticAlgorithm(space, seed=0)
    for i in range(60):
        alive = {space.key(t.config) for t in [*method.population, *method.children]}
        trial = method.ask()
        if i >= 10 and len(alive) < 12:
            assert space.key(trial.config) not in alive
        tell(method, trial, float(trial.config["b"]))


def test_it_finds_the_optimum_of_a_conditional_space():
    def error(config):
        return (np.log10(config["C"]) - 1) ** 2 + (config["kernel"] != "poly") + abs(config.get("degree", 0) - 3)

    best = nasbook.search("genetic", error, space=MIXED, trials=400, seed=0).best
    assert best.config["kernel"] == "poly" and best.config["degree"] == 3 and best.value < 0.01


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"population": 1}, "population must be a whole number of at least 2, not 1"),
        ({"crossover": "two-point"}, "crossover must be one of uniform, one-point, not 'two-point'"),
        ({"mutation_rate": 2}, r"mutation_rate must lie in \[0, 1\], not 2"),
        ({"scale": 0}, r"scale must lie in \(0, 1\], not 0"),
    ],
)
def test_settings_are_checked(wrong, sentence):
    with pytest.raises(ValueError, match=f"genetic: {sentence}"):
        GeneticAlgorithm(CUBE, **wrong)


def test_one_point_crossover_in_two_and_three_dimensions():
    for d, masks in ((2, {(0, 1)}), (3, {(0, 1, 1), (0, 0, 1)})):
        method = GeneticAlgorithm(Space({f"x{i}": Float(0, 1) for i in range(d)}), seed=0, crossover="one-point")
        assert {tuple(method.mask().tolist()) for _ in range(60)} == masks


def test_one_child_and_a_tournament_of_one_are_enough():
    method = GeneticAlgorithm(Space(x=Float(0, 1)), children=1, tournament=1, population=2)
    assert (method.settings.children, method.settings.tournament, method.settings.population) == (1, 1, 2)


def test_with_workers_a_child_is_bred_from_those_that_have_ended():
    method = GeneticAlgorithm(CUBE, population=3)
    flying = [method.ask() for _ in range(3)]
    assert method.view().birth is None
    tell(method, flying[0], 1.0)
    method.ask()  # one has ended and two are in flight: with them the population is full
    assert set(method.view().birth.parents) == {flying[0].id}


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_a_child_has_one_parent_or_two(rate):
    method = started(crossover_rate=rate, mutation_rate=0.0)
    for _ in range(10):
        tell(method, method.ask(), None)
        birth = method.view().birth
        assert len(birth.parents) == len(birth.tournaments) == 1 + int(rate) and birth.mutated == ()
        assert rate or birth.source == (0,) * 6


def test_one_parameter_of_d_changes_where_no_rate_is_named():
    method = started()
    changed = sum(len(method.mutate(np.full(6, 0.5))[1]) for _ in range(1000))
    assert abs(changed / 6000 - 1 / 6) < 5 * np.sqrt(1 / 6 * 5 / 6 / 6000)


def test_what_has_one_value_never_changes():
    method = started(Space(a=Choice(["only"]), x=Float(0, 1)), mutation_rate=1.0, population=2)
    for _ in range(20):
        assert method.mutate(np.full(method.space.d, 0.5))[1] == ["x"]
