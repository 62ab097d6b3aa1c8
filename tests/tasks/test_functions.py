"""The test functions against published numbers, derivatives, a multi-start optimiser and each other."""

import json
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

import nasbook
from nasbook.evaluation import evaluate
from nasbook.tasks.functions import ackley, branin, forrester, hartmann6, rosenbrock
from nasbook.trace import Trial

MAKERS = {
    "forrester": lambda **k: forrester(**k),
    "branin": lambda **k: branin(**k),
    "hartmann6": lambda **k: hartmann6(**k),
    "ackley": lambda **k: ackley(3, **k),
    "rosenbrock": lambda **k: rosenbrock(4, **k),
}
TURNABLE = [n for n in MAKERS if n != "forrester"]


def start_points(f, n=40, seed=0):
    low, high = f.box.T
    return low + (high - low) * np.random.default_rng(seed).random((n, f.d))


@pytest.mark.parametrize(
    ("function", "optimum", "minimisers"),
    [
        # Forrester, Sobester & Keane 2008; the others from the Virtual Library of Simulation Experiments
        (forrester(), -6.02074, [[0.757249]]),
        (branin(), 0.397887, [[-math.pi, 12.275], [math.pi, 2.275], [9.42478, 2.475]]),
        (hartmann6(), -3.32237, [[0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573]]),
        (ackley(5), 0.0, [[0.0] * 5]),
        (rosenbrock(5), 0.0, [[1.0] * 5]),
    ],
    ids=list(MAKERS),
)
def test_published_optimum_and_minimisers(function, optimum, minimisers):
    assert function.optimum == pytest.approx(optimum, abs=1e-5)
    found = sorted(map(tuple, function.minimisers))
    assert np.allclose(found, sorted(map(tuple, minimisers)), atol=1e-5)
    assert np.allclose(function(function.minimisers), function.optimum, atol=1e-12)


@pytest.mark.parametrize(
    ("function", "x", "value"),
    [
        (forrester(), [0.0], 4 * math.sin(-4)),
        (forrester(), [1.0], 16 * math.sin(8)),
        (branin(), [0.0, 0.0], 36 + 20 - 10 / (8 * math.pi)),
        (hartmann6(), [0.5] * 6, -0.5053149917022333),
        (ackley(2), [1.0, 1.0], 20 - 20 * math.exp(-0.2)),  # ripples are highest at whole numbers
        (rosenbrock(4), [-1.0, 0.5, 2.0, -0.3], 25 + 4 + 306.25 + 0.25 + 1849 + 1),
    ],
)
def test_values_away_from_the_minimum(function, x, value):
    assert function([x])[0] == pytest.approx(value, rel=1e-9)


def test_rosenbrock_is_scipys():
    from scipy.optimize import rosen

    x = start_points(rosenbrock(6))
    assert np.allclose(rosenbrock(6)(x), rosen(x.T), rtol=1e-13)


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("moved", [False, True])
def test_gradient_vanishes_at_interior_minimisers(name, moved):
    f = MAKERS[name](**({"shift": 5} if moved else {}), **({"rotation": 2} if moved and name in TURNABLE else {}))
    for m in f.minimisers:
        h = 1e-5
        up, down = (np.array([float(f((m + s * h * e)[None])[0]) for e in np.eye(f.d)]) for s in (1, -1))
        gradient = (up - down) / (2 * h)
        assert np.abs(gradient).max() < 1e-3, m  # curvatures here are up to 1e3
        assert (up > f.optimum + 1e-12).all() and (down > f.optimum + 1e-12).all()


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("seed", [None, 0, 1])
def test_no_descent_finds_anything_lower(name, seed):
    f = MAKERS[name](shift=seed, **({"rotation": seed} if name in TURNABLE else {}))
    best = math.inf
    for x in np.r_[start_points(f, 60, seed=7), f.minimisers + 1e-3]:
        result = minimize(lambda x: float(f(x[None])[0]), x, method="L-BFGS-B", bounds=f.box)
        assert result.fun >= f.optimum - 1e-9
        best = min(best, result.fun)
    assert best == pytest.approx(f.optimum, abs=1e-3)


@pytest.mark.parametrize("name", MAKERS)
@given(data=st.data())
def test_a_shift_is_a_translation(name, data):
    f = MAKERS[name]()
    inside = st.floats(0.3, 0.7)
    u = np.array(data.draw(st.lists(inside, min_size=f.d, max_size=f.d)))
    x = f.box[:, 0] + u * (f.box[:, 1] - f.box[:, 0])
    s = MAKERS[name](shift=data.draw(st.integers(0, 10_000))).shift
    assert (np.abs(s) <= (f.box[:, 1] - f.box[:, 0]) / 4 + 1e-12).all()
    moved = MAKERS[name](shift=s.tolist())
    assert moved((x + s)[None])[0] == pytest.approx(f(x[None])[0], rel=1e-7, abs=1e-8)


@pytest.mark.parametrize("name", TURNABLE)
@pytest.mark.parametrize("seed", range(5))
def test_a_rotation_is_orthogonal_and_turns_about_the_minimiser(name, seed):
    f, g = MAKERS[name](), MAKERS[name](rotation=seed)
    R = g.rotation
    assert np.allclose(R @ R.T, np.eye(f.d), atol=1e-12)
    assert np.linalg.det(R) == pytest.approx(1)
    assert not np.allclose(R, np.eye(f.d), atol=1e-2)
    m = f.minimisers[0]
    assert np.allclose(g.minimisers[0], m)
    v = np.random.default_rng(seed).standard_normal((20, f.d)) * 0.1
    assert np.allclose(g(m + v @ R.T), f(m + v), rtol=1e-9)  # v turned by R sees what v saw


def test_an_angle_turns_anticlockwise():
    f, g = branin(), branin(rotation=math.pi / 2)
    m = f.minimisers[0]
    assert g((m + [0, 0.5])[None])[0] == pytest.approx(f((m + [0.5, 0])[None])[0])
    assert g((m + [-0.5, 0])[None])[0] == pytest.approx(f((m + [0, 0.5])[None])[0])


@pytest.mark.parametrize("name", MAKERS)
def test_seeds_keep_a_minimiser_inside(name):
    for seed in range(200):
        f = MAKERS[name](shift=seed, **({"rotation": seed} if name in TURNABLE else {}))
        side = f.box[:, 1] - f.box[:, 0]
        first = f.minimisers[0]
        assert (first >= f.box[:, 0] + side / 20 - 1e-9).all() and (first <= f.box[:, 1] - side / 20 + 1e-9).all()
        assert np.allclose(f(f.minimisers), f.optimum, atol=1e-9)
    assert not np.allclose(MAKERS[name](shift=0).shift, MAKERS[name](shift=1).shift)


def test_forrester_is_mirrored_where_it_would_fall_without_bound():
    f = forrester()
    assert f([-0.3, 1.2]).tolist() == pytest.approx(f([0.3, 0.8]).tolist())
    g = forrester(shift=-0.5)  # the mirrored peak and a second copy of the minimum come in
    x = np.linspace(0, 1, 20_001)
    assert g(x).min() >= f.optimum
    assert sorted(g.minimisers[:, 0]) == pytest.approx([0.257249, 0.742751], abs=1e-5)


def test_branin_lists_minimisers_that_a_shift_brings_in():
    f = branin(shift=[-6.0, 0.0])
    assert sorted(np.round(f.minimisers[:, 0], 4)) == [round(k * math.pi - 6, 4) for k in (1, 3, 5)]
    assert np.allclose(f(f.minimisers), f.optimum)


def test_shapes():
    f, g = branin(), forrester()
    assert f(np.zeros((7, 2))).shape == (7,)
    assert f([1.0, 2.0]).shape == ()
    assert f(np.zeros((3, 4, 2))).shape == (3, 4)
    assert g(np.zeros(9)).shape == (9,) and g(np.zeros((9, 1))).shape == (9,) and g(0.5).shape == ()
    with pytest.raises(ValueError, match=r"branin: points have shape \(n, 2\), not \(3,\)"):
        f([1.0, 2.0, 3.0])


def test_evaluate_is_the_function_and_names_the_axes():
    assert list(forrester().space.parameters) == ["x"]
    f = hartmann6()
    assert list(f.space.parameters) == ["x1", "x2", "x3", "x4", "x5", "x6"]
    config = f.space.sample(np.random.default_rng(0))
    assert f.evaluate(config).value == f([list(config.values())])[0]
    assert f.value_label == "f(x)" and not f.knows_cost
    low, high = branin().box.T
    assert low.tolist() == [-5, 0] and high.tolist() == [10, 15]


def test_noise_is_drawn_from_the_trials_seed():
    f = branin(noise=0.5)
    config = {"x1": 1.0, "x2": 2.0}
    clean = branin().evaluate(config).value
    assert f([[1.0, 2.0]])[0] == clean  # a call is the truth
    draws = np.array([f.evaluate(config, seed=s).value for s in range(2000)])
    assert f.evaluate(config, seed=3).value == draws[3] and len(set(draws)) == 2000
    assert f.evaluate(config, seed=3).metrics == {"noiseless": clean}
    assert draws.mean() == pytest.approx(clean, abs=4 * 0.5 / math.sqrt(2000))
    assert draws.std() == pytest.approx(0.5, rel=0.08)
    a, b = (evaluate(f, Trial(0, config), seed=9).value for _ in range(2))
    assert a == b


def test_the_registry_makes_the_same_function_from_its_arguments():
    f = branin(shift=np.array([0.5, -1.0]), rotation=0.3, noise=0.1)
    trace = nasbook.search("random", f, trials=3)
    arguments = json.loads(json.dumps(trace.header.to_dict()))["arguments"]
    assert arguments == {"shift": [0.5, -1.0], "rotation": 0.3, "noise": 0.1}
    again = nasbook.task("branin", **arguments)
    assert again.name == f.name == "branin"
    assert np.array_equal(again(start_points(f)), f(start_points(f)))
    assert nasbook.task("ackley", d=4).d == 4 and ackley(4).arguments == {"d": 4}
    assert branin().arguments == {}


def test_pickles():
    f = pickle.loads(pickle.dumps(rosenbrock(3, shift=1, rotation=1)))
    assert f(f.minimisers)[0] == pytest.approx(0, abs=1e-20)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: branin(shift=[1.0]), r"branin: shift is a seed or 2 finite number"),
        (lambda: branin(shift=[math.nan, 0]), r"branin: shift is a seed or 2 finite number"),
        (lambda: branin(shift=[0.0, 200.0]), r"branin: a shift by \[0.0, 200.0\] moves every minimiser out of the box"),
        (lambda: branin(shift=-1), r"branin: a whole number as shift is a seed, so it must be at least 0, not -1"),
        (lambda: branin(rotation=[[1, 1], [0, 1]]), r"branin: rotation is a seed or an orthogonal matrix .*\(2, 2\)"),
        (lambda: hartmann6(rotation=0.5), r"hartmann6: an angle turns two dimensions, not 6"),
        (lambda: ackley(1, rotation=3), r"ackley: a function of one variable cannot be rotated"),
        (lambda: ackley(0), r"ackley: d must be a whole number of at least 1, not 0"),
        (lambda: rosenbrock(1), r"rosenbrock: d must be a whole number of at least 2, not 1"),
        (lambda: rosenbrock(2.5), r"rosenbrock: d must be a whole number of at least 2, not 2.5"),
        (lambda: forrester(noise=-1), r"forrester: noise is a standard deviation of at least 0, not -1"),
        (lambda: forrester(noise=math.nan), r"forrester: noise is a standard deviation"),
        (lambda: nasbook.task("forrester", rotation=1), r"task forrester: .*'rotation'"),
    ],
)
def test_bad_arguments_are_one_sentence(make, sentence):
    with pytest.raises(ValueError, match=sentence) as error:
        make()
    assert "\n" not in str(error.value)


def test_a_search_with_the_same_seed_knows_nothing_of_the_shift():
    """Were both drawn from the same numbers, the first random trial would lie at the minimiser (correlation 1)."""
    first, best = [], []
    for seed in range(60):
        task = nasbook.task("ackley", d=3, shift=seed)
        first.append(task.space.encode(nasbook.search("random", task, trials=1, seed=seed).trials[0].config))
        best.append(task.minimisers[0])
    assert abs(np.corrcoef(np.ravel(first), np.ravel(best))[0, 1]) < 0.25


def test_a_slow_function_pretends_to_take_longer_along_its_first_axis():
    f = nasbook.task("forrester", slow=20.0)
    assert [f.evaluate({"x": x}).cost for x in (0.0, 0.5, 1.0)] == pytest.approx([1, math.sqrt(20), 20])
    assert f.evaluate({"x": 0.3}).value == nasbook.task("forrester").evaluate({"x": 0.3}).value
    trace = nasbook.search("random", f, trials=3, seed=0)  # on a clock that is told, not measured
    assert trace.trials[-1].end == pytest.approx(sum(20 ** t.config["x"] for t in trace.trials))
    assert trace.header.arguments == {"slow": 20.0}
    assert nasbook.task("forrester").evaluate({"x": 0.3}).cost is None
    with pytest.raises(ValueError, match="slow is a number of seconds above 0, not -1"):
        nasbook.task("forrester", slow=-1)
