"""NSGA-II: how far it covers a known front, who survives, what a child inherits."""

import ast
from dataclasses import replace

import numpy as np
import pytest

import nasbook
from nasbook import Choice, Float, FunctionTask, Int, Space
from nasbook.hpo.nsga2 import NSGA2, survivors
from nasbook.hpo.parts.pareto import front, hypervolume

D = 6
CUBE = Space({f"x{i}": Float(0, 1) for i in range(D)})
REF = (1.1, 1.1)


def zdt1(config):
    """Zitzler, Deb & Thiele 2000: the front is f2 = 1 - √f1, where all but the first variable are 0."""
    x = np.array([config[f"x{i}"] for i in range(D)])
    g = 1 + 9 * x[1:].mean()
    return x[0], g * (1 - np.sqrt(x[0] / g))


def zdt2(config):
    """The same with a hollow front: f2 = 1 - f1²."""
    x = np.array([config[f"x{i}"] for i in range(D)])
    g = 1 + 9 * x[1:].mean()
    return x[0], g * (1 - (x[0] / g) ** 2)


EXACT = {zdt1: 0.1 * 1.1 + 1 * 0.1 + 2 / 3, zdt2: 0.1 * 1.1 + 1 * 0.1 + 1 / 3}  # ∫ √x = 2/3, ∫ x² = 1/3


def covered(trace):
    return hypervolume([t.values for t in trace.trials], REF)


@pytest.mark.parametrize(("problem", "share"), [(zdt1, 0.88), (zdt2, 0.7)])
def test_it_approaches_the_exact_front_and_random_does_not(problem, share):
    task = FunctionTask(problem, CUBE)
    for seed in range(5):
        evolved = nasbook.search("nsga2", task, trials=800, seed=seed)
        random = nasbook.search("random", task, trials=800, seed=seed)
        assert share * EXACT[problem] < covered(evolved) < EXACT[problem]
        assert covered(random) < 0.25 * EXACT[problem]


def test_the_exact_hypervolume_above_is_that_of_a_fine_front():
    x = np.linspace(0, 1, 1001)
    assert hypervolume(np.c_[x, 1 - np.sqrt(x)], REF) == pytest.approx(EXACT[zdt1], abs=2e-3)
    assert hypervolume(np.c_[x, 1 - x**2], REF) == pytest.approx(EXACT[zdt2], abs=2e-3)


def test_survivors_by_hand():
    """Front 0 has two points, front 1 four: its ends go first, then the loneliest of the others."""
    Y = np.array([(5, 5), (0, 1), (1, 0), (1, 7), (2, 4), (2.5, 3.5), (7, 1), (8, 8)], float)
    # Front 1: (1,7) (2,4) (2.5,3.5) (7,1); (2,4) beats (5,5). Crowding: (2,4) 1.5/6 + 3.5/6, (2.5,3.5) 5/6 + 3/6.
    assert survivors(Y, 2).tolist() == [1, 2]
    assert set(survivors(Y, 4).tolist()) == {1, 2, 3, 6}
    assert set(survivors(Y, 5).tolist()) == {1, 2, 3, 6, 5}


def test_the_first_front_is_never_lost():
    """What dominates all is kept for good, and the first front of all trials lives while it fits."""
    method, seen = NSGA2(CUBE, seed=2, population=30), []
    for _ in range(300):
        trial = method.ask()
        method.tell(replace(trial, status="done", value=(v := zdt1(trial.config))[0], values=v))
        seen.append(v)
        if not method.children and method.generation:
            best = {tuple(v) for v in np.array(seen)[front(seen)]}
            alive = {t.values for t in method.population}
            assert len(alive & best) == min(30, len(best))


def test_a_tournament_prefers_rank_and_then_room():
    method = NSGA2(CUBE, seed=0, population=4)
    for v in [(0, 2), (1, 1), (2, 0), (3, 3)]:
        method.tell(replace(method.ask(), status="done", value=v[0], values=v))
    wins = np.bincount([method.select().id for _ in range(8000)], minlength=4) / 8000
    # ∞ at both ends: each beats (1,1) and (3,3), meets itself, and wins half of its meetings with the other end: 6/16.
    assert wins == pytest.approx([6 / 16, 3 / 16, 6 / 16, 1 / 16], abs=0.03)


def test_who_is_in_flight_counts_while_the_first_generation_is_filled():
    method = NSGA2(CUBE, seed=0, population=4)
    first = [method.ask() for _ in range(4)]
    for t in first[:2]:
        method.tell(replace(t, status="done", value=0.0, values=(float(t.id), -float(t.id))))
    assert all("parents" not in t.info for t in first) and "parents" in method.ask().info


def test_sbx_keeps_the_mean_and_has_its_spread():
    """β ≤ 1 half of the time: children lie between the parents as often as outside."""
    method = NSGA2(CUBE, seed=0, eta=2.0)
    a, b = np.full(D, 0.49), np.full(D, 0.51)
    c = np.array([method.crossover(a, b) for _ in range(3000)])
    assert c.mean() == pytest.approx(0.5, abs=3e-4)
    assert (np.abs(c - 0.5) <= 0.01).mean() == pytest.approx(0.5, abs=0.02)
    β = np.abs(c - 0.5) / 0.01
    assert (β < 0.5).mean() == pytest.approx(0.5 * 0.5**3, abs=0.01)  # P(β < t) = t^(η+1) / 2 for t ≤ 1
    assert (β > 2).mean() == pytest.approx(0.5 / 2**3, abs=0.01)  # P(β > t) = t^-(η+1) / 2 for t ≥ 1


def test_choices_come_from_a_parent_and_live_conditions_are_kept():
    space = Space(a=Choice(["p", "q", "r"]), n=Int(1, 9), z=Float(0, 1, when={"a": "q"}))
    method = NSGA2(space, seed=1)
    one, two = {"a": "p", "n": 3}, {"a": "q", "n": 3, "z": 0.25}
    children = [space.decode(method.crossover(space.encode(one), space.encode(two))) for _ in range(60)]
    assert {c["a"] for c in children} == {"p", "q"} and {c["n"] for c in children} == {3}
    assert {c["z"] for c in children if c["a"] == "q"} == {0.25}


def test_one_value_is_refused_and_failures_are_not():
    space = Space(x=Float(0, 1))
    with pytest.raises(ValueError, match="branin has one objective: nsga2 weighs several"):
        nasbook.search("nsga2", "branin", trials=5)
    with pytest.raises(ValueError, match="make the task with them, e.g. objectives=") as told:
        nasbook.search("nsga2", "nb201-cifar10", trials=5)
    way = str(told.value).partition("objectives=")[2]
    task = nasbook.task("nb201-cifar10", objectives=ast.literal_eval(way))  # what it says works
    assert len(nasbook.search("nsga2", task, trials=5)) == 5
    method = NSGA2(space, population=4)
    trials = [method.ask() for _ in range(12)]  # more in flight than live
    for i, trial in enumerate(trials):
        done = {"status": "done", "value": 0.1, "values": (0.1, i)} if i % 2 else {"status": "failed"}
        method.tell(replace(trial, **done))
    assert {t.status for t in method.population} == {"done"} and len(method.population) == 4
    assert method.ask().info["parents"] and len(method.view().rank) == 4


def told(method, values):
    trial = method.ask()
    method.tell(replace(trial, status="done", value=values[0], values=values))
    return trial


def test_a_generation_ends_with_its_last_child():
    method, seen = NSGA2(CUBE, seed=0, population=4), []
    for i in range(13):
        told(method, (float(i), -float(i)))
        view = method.view()
        seen.append((view.generation, len(view.population), len(view.children)))
    assert seen[:4] == [(0, n, 0) for n in (1, 2, 3, 4)]
    assert seen[4:8] == [(0, 4, 1), (0, 4, 2), (0, 4, 3), (1, 4, 0)]
    assert seen[8:] == [(1, 4, 1), (1, 4, 2), (1, 4, 3), (2, 4, 0), (2, 4, 1)]


def test_a_child_has_two_parents_as_often_as_is_set():
    method = NSGA2(CUBE, seed=0, population=4, crossover_rate=0.3)
    trials = [told(method, (float(i), -float(i))) for i in range(304)]
    counts = [len(t.info["parents"]) for t in trials[4:]]
    assert set(counts) == {1, 2} and np.mean([n == 2 for n in counts]) == pytest.approx(0.3, abs=0.08)


def test_a_choice_comes_from_either_parent_by_a_fair_coin_and_numbers_stay_in_the_cube():
    space = Space(a=Choice(["p", "q"]), x=Float(0, 1))
    method = NSGA2(space, seed=1)
    one, two = space.encode({"a": "p", "x": 0.02}), space.encode({"a": "q", "x": 0.98})
    children = np.array([method.crossover(one, two) for _ in range(1000)])
    assert np.mean(children[:, 0] == one[0]) == pytest.approx(0.5, abs=0.05)
    assert children.min() == 0 and children[:, 1].max() == 1


def test_no_child_lives_already_while_there_is_another(monkeypatch):
    monkeypatch.setattr("nasbook.hpo.nsga2.TRIES", 1)
    space = Space(a=Choice(list(range(5))))
    method = NSGA2(space, seed=0, population=2)
    for i in range(300):
        alive = {t.config["a"] for t in [*method.population, *method.children]}
        trial = told(method, (float(i), -float(i)))
        assert i < 2 or trial.config["a"] not in alive
