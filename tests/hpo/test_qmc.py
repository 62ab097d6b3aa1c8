"""Quasi-random search against scipy's own sequences, and against what defines them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import qmc

import nasbook
from nasbook import Choice, Constant, Float, Int, Space

CUBE = Space(a=Float(0, 1), b=Float(0, 1), c=Float(0, 1))
ENGINES = {"sobol": qmc.Sobol, "halton": qmc.Halton, "latin-hypercube": qmc.LatinHypercube}


def points(name, n, seed=0, space=CUBE, **settings):
    method = nasbook.method(name, space, seed=seed, **settings)
    return np.array([list(method.ask().config.values()) for _ in range(n)])


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("seed", [0, 7])
def test_the_points_are_scipys(name, seed):
    settings = {"points": 16} if name == "latin-hypercube" else {}
    theirs = ENGINES[name](3, scramble=True, rng=np.random.default_rng(seed)).random(16)
    assert np.allclose(points(name, 16, seed, **settings), theirs, rtol=0, atol=1e-9)  # a Float has ten digits


def test_sobol_has_one_point_in_each_box():
    U = points("sobol", 64)
    for cut in [(64, 1, 1), (1, 64, 1), (1, 1, 64), (8, 8, 1)]:  # scipy's first two axes are a (0, 2)-sequence
        cells = {tuple(np.floor(u * cut).astype(int)) for u in U}
        assert len(cells) == 64


def test_a_latin_hypercube_has_one_point_in_each_stratum_and_then_begins_anew():
    U = points("latin-hypercube", 24, points=12)
    for design in (U[:12], U[12:]):
        for axis in design.T:
            assert sorted(np.floor(axis * 12)) == list(range(12))
    assert not np.allclose(U[:12], U[12:])


def test_every_axis_of_an_int_gets_its_share():
    space = Space(n=Int(1, 4), c=Choice(["a", "b", "c", "d"]))
    method = nasbook.method("latin-hypercube", space, points=8)
    configs = [method.ask().config for _ in range(8)]
    assert sorted(c["n"] for c in configs) == [1, 1, 2, 2, 3, 3, 4, 4]
    assert sorted(c["c"] for c in configs) == sorted("aabbccdd")


@pytest.mark.parametrize("name", ENGINES)
def test_the_view_holds_the_design(name):
    method = nasbook.method(name, CUBE)
    for n in range(1, 5):
        config = method.ask().config
        view = method.view()
        assert view.points.shape == (n, 3)
        assert np.allclose(view.points[-1], CUBE.encode(config), atol=1e-9)
    assert (view.strata == 20) == (name == "latin-hypercube")


@pytest.mark.parametrize("name", ENGINES)
def test_a_space_without_a_choice_is_refused(name):
    with pytest.raises(ValueError, match=f"{name}: this space has a single configuration.*'random'"):
        nasbook.method(name, Space(k=Constant(1)))
    with pytest.raises(ValueError, match="points must be a whole number of at least 1, not 0"):
        nasbook.method("latin-hypercube", CUBE, points=0)


@pytest.mark.parametrize("name", ENGINES)
def test_they_learn_nothing_so_several_objectives_will_do(name):
    trace = nasbook.search(name, lambda c: (c["a"], c["b"]), space=CUBE, trials=4)
    assert [t.values for t in trace.trials] == [(t.config["a"], t.config["b"]) for t in trace.trials]


@pytest.mark.parametrize("name", ENGINES)
def test_its_choices_wait_for_no_result(name):
    """So several may train at once."""
    alone, told = nasbook.method(name, CUBE), nasbook.method(name, CUBE)
    for _ in range(6):
        assert alone.settled() and told.settled()
        trial = told.ask()
        assert alone.ask().config == trial.config
        told.tell(replace(trial, status="done", value=float(trial.id)))
