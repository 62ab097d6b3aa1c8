"""Differential evolution: the formula, the frequencies, and that no target ever gets worse."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import nasbook
from nasbook import Choice, Float, Int, Space
from nasbook.hpo.differential_evolution import DifferentialEvolution

CUBE = Space({f"x{i}": Float(0, 1) for i in range(6)})
MIXED = Space(
    kernel=Choice(["rbf", "poly", "linear"]), C=Float(1e-3, 1e3, log=True), degree=Int(2, 5, when={"kernel": "poly"})
)


def tell(method, trial, value):
    method.tell(replace(trial, status="failed" if value is None else "done", value=value))


def sphere(config):
    return sum((v - 0.3) ** 2 for v in config.values())


def started(space=CUBE, function=sphere, **settings):
    method = DifferentialEvolution(space, **settings)
    for _ in range(method.settings.population):
        trial = method.ask()
        tell(method, trial, function(trial.config))
    return method


def test_the_first_members_are_a_latin_hypercube():
    method = started(population=12)
    for axis in method.view().vectors.T:
        assert sorted(np.floor(axis * 12)) == list(range(12))


def test_a_trial_vector_is_the_formula():
    method = started(F=0.7, CR=0.4, seed=1)
    for _ in range(100):
        before = method.view()
        trial = method.ask()
        m = method.view().mutation
        x, (r2, r3) = before.vectors, m.pair
        assert len({m.target, m.base, r2, r3}) == 4
        v = x[m.base] + 0.7 * (x[r2] - x[r3])
        inside = (v >= 0) & (v <= 1)
        assert np.allclose(m.donor[inside], v[inside]) and np.all((m.donor >= 0) & (m.donor <= 1))
        assert m.mask.any()
        assert np.array_equal(m.trial[m.mask], m.donor[m.mask])
        assert np.array_equal(m.trial[~m.mask], x[m.target][~m.mask])
        assert np.allclose(list(trial.config.values()), m.trial, atol=1e-9)
        tell(method, trial, sphere(trial.config))


@pytest.mark.parametrize("CR", [0.0, 0.5, 1.0])
def test_the_crossover_takes_its_share_from_the_donor(CR):
    """Of d coordinates one always comes from the donor, each other with probability CR."""
    method = started(CR=CR)
    ready = np.arange(20)
    masks = np.array([method.mutate(0, ready).mask for _ in range(3000)])
    share = (1 + 5 * CR) / 6
    assert abs(masks.mean() - share) < 5 * np.sqrt(share * (1 - share) / masks.size) + 1e-12
    assert stats.chisquare(masks.sum(0)).pvalue > 1e-4  # no coordinate is preferred


def test_every_other_member_is_drawn_equally_often():
    method = started(population=8)
    drawn = [method.mutate(3, np.arange(8)) for _ in range(7000)]
    for numbers in ([m.base for m in drawn], [m.pair[0] for m in drawn], [m.pair[1] for m in drawn]):
        counts = np.bincount(numbers, minlength=8)
        assert counts[3] == 0
        assert stats.chisquare(np.delete(counts, 3)).pvalue > 1e-4


@pytest.mark.parametrize("workers", [1, 7, 60])
def test_no_target_ever_gets_worse(workers):
    """With results in any order, with failures and with noise."""
    method, rng, flying = DifferentialEvolution(CUBE, seed=2), np.random.default_rng(workers), []
    values = method.view().values
    for _ in range(300):
        while len(flying) < workers and (trial := method.ask()) is not None:
            flying.append(trial)
        trial = flying.pop(int(rng.integers(len(flying))))
        tell(method, trial, None if rng.random() < 0.2 else sphere(trial.config) + 0.1 * rng.standard_normal())
        now = method.view()
        assert np.all(now.values <= values)
        values = now.values
        for vector, value, id_ in zip(now.vectors, now.values, now.ids, strict=True):
            if id_ is not None:  # the value belongs to the vector
                (owner,) = [t for t in method.trials if t.id == id_]
                assert owner.value == value and np.allclose(list(owner.config.values()), vector, atol=1e-9)
    for trial in flying:
        tell(method, trial, 5.0)
    assert np.isfinite(method.view().values).all()


def test_targets_take_turns():
    method = started(population=5)
    for i in range(12):
        trial = method.ask()
        assert trial.info["target"] == i % 5
        tell(method, trial, 1.0)
    flying = [method.ask().info["target"] for _ in range(5)]
    assert sorted(flying) == list(range(5))


def test_failed_first_members_are_drawn_anew():
    method = DifferentialEvolution(CUBE, population=4)
    flying = [method.ask() for _ in range(4)]
    assert method.ask() is None  # with fewer than four members there is no difference to take
    for i, trial in enumerate(flying):
        tell(method, trial, None if i == 2 else 1.0)
    trial = method.ask()
    assert trial.info["target"] == 2 and method.view().mutation is None
    assert trial.config != flying[2].config


def test_a_configuration_from_outside_takes_part_if_it_is_better():
    method = started(seed=4)
    worst = int(method.values.argmax())
    method.enqueue(dict.fromkeys(CUBE.free, 0.3))
    tell(method, method.ask(), 0.0)
    assert method.values[worst] == 0 and np.allclose(method.vectors[worst], 0.3)
    before = method.view()
    method.enqueue(dict.fromkeys(CUBE.free, 0.9))
    tell(method, method.ask(), 99.0)
    assert np.array_equal(method.view().vectors, before.vectors)


def test_on_a_sphere_it_converges_and_a_valley_is_served_too():
    assert nasbook.search("differential-evolution", sphere, space=CUBE, trials=1200, seed=0).best.value < 1e-4

    def error(config):
        return (np.log10(config["C"]) - 1) ** 2 + (config["kernel"] != "poly") + abs(config.get("degree", 0) - 3)

    best = nasbook.search("differential-evolution", error, space=MIXED, trials=400, seed=0).best
    assert best.config["kernel"] == "poly" and best.config["degree"] == 3 and best.value < 0.01


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"population": 3}, "population must be a whole number of at least 4, not 3"),
        ({"F": 0}, r"F must lie in \(0, 2\], not 0"),
        ({"CR": 1.1}, r"CR must lie in \[0, 1\], not 1.1"),
    ],
)
def test_settings_are_checked(wrong, sentence):
    with pytest.raises(ValueError, match=f"differential-evolution: {sentence}"):
        DifferentialEvolution(CUBE, **wrong)


def told(method, trial, value, status="done"):
    method.tell(replace(trial, status=status, value=value, reason=None if status == "done" else "stopped"))


def filled(population=5):
    method = DifferentialEvolution(Space(x=Float(0, 1), y=Float(0, 1)), seed=2, population=population)
    for i in range(population):
        told(method, method.ask(), 1.0 + i)
    return method


def test_targets_are_visited_upwards():
    method = filled()
    asked = [method.ask() for _ in range(5)]  # none has a result: each has a target of its own
    assert [t.info["target"] for t in asked] == [0, 1, 2, 3, 4]
    assert method.ask().info["target"] == 0  # all are busy: again from the first


def test_a_pruned_trial_loses_however_low_its_last_value():
    method = filled()
    before = method.view()
    told(method, method.ask(), -1.0, status="pruned")
    assert method.view().values.tolist() == before.values.tolist() and method.view().ids == before.ids


def test_one_from_outside_takes_the_last_free_place_and_then_meets_the_worst():
    method = DifferentialEvolution(Space(x=Float(0, 1), y=Float(0, 1)), seed=2, population=5)
    flying = [method.ask(), method.ask()]  # targets 0 and 1
    method.enqueue({"x": 0.25, "y": 0.5})
    outside = method.ask()
    told(method, outside, 0.5)
    assert np.isfinite(method.view().values).tolist() == [False] * 4 + [True] and method.view().ids[4] == outside.id
    for trial in flying:
        told(method, trial, 3.0)
    while np.isinf(method.view().values).any():
        told(method, method.ask(), 2.0)
    method.enqueue({"x": 0.75, "y": 0.5})
    told(method, method.ask(), 0.1)
    assert method.view().values.tolist() == [0.1, 3.0, 2.0, 2.0, 0.5]


def test_four_members_are_enough_for_a_difference():
    method = filled(population=4)
    mutation = (method.ask(), method.view().mutation)[1]
    assert mutation.target == 0 and {mutation.base, *mutation.pair} == {1, 2, 3}


def test_a_trial_as_good_as_its_target_takes_its_place():
    """f(u) ≤ f(x_i)."""
    method = filled()
    trial = method.ask()
    u = method.view().mutation.trial
    told(method, trial, 1.0)  # what target 0 has
    now = method.view()
    assert now.ids[0] == trial.id and np.array_equal(now.vectors[0], u)


def test_one_from_outside_gets_numbers_for_what_it_has_not():
    method = DifferentialEvolution(MIXED, seed=1, population=4)
    method.enqueue({"kernel": "rbf", "C": 10.0})
    told(method, method.ask(), 0.5)
    vector = method.view().vectors[3]
    assert np.allclose(vector[:2], MIXED.encode({"kernel": "rbf", "C": 10.0})[:2]) and 0 <= vector[2] <= 1
