"""Particle swarm: its recursion by hand, its limits, its best places."""

from dataclasses import replace

import numpy as np
import pytest

import nasbook
from nasbook import Float, Int, Space
from nasbook.hpo.particle_swarm import ParticleSwarm

CUBE = Space({f"x{i}": Float(0, 1) for i in range(3)})


def tell(method, trial, value):
    method.tell(replace(trial, status="failed" if value is None else "done", value=value))


def sphere(config):
    return sum((v - 0.3) ** 2 for v in config.values())


def test_the_recursion_by_hand():
    """One axis; the particle is at .5 with velocity .1, its best place at .4, the swarm's at .2, and r_1 = r_2 = ½."""

    class Half:
        def random(self, d):
            return np.full(d, 0.5)

    method = ParticleSwarm(Space(x=Float(0, 1)), particles=2, w=0.7, c_1=1.0, c_2=2.0)
    method.x[:], method.v[:], method.p[:] = [[0.5], [0.2]], [[0.1], [0.0]], [[0.4], [0.2]]
    method.p_value, method.g, method.g_value = np.array([2.0, 1.0]), np.array([0.2]), 1.0
    method.rng = Half()
    trial, view = method.ask(), method.view()
    # v = .7 · .1 + 1 · ½ · (.4 - .5) + 2 · ½ · (.2 - .5) = .07 - .05 - .30 = -.28,  x = .5 - .28 = .22
    assert np.isclose(view.velocities[0, 0], -0.28) and np.isclose(trial.config["x"], 0.22)
    parts = (view.flight.inertia, view.flight.own, view.flight.swarm)
    assert np.allclose(np.ravel(parts), [0.07, -0.05, -0.30]) and np.isclose(view.flight.start[0], 0.5)
    # The second one is at its own and the swarm's best place, at rest, and stays.
    assert method.ask().config["x"] == 0.2
    # Back to the first, better at .22 than the swarm: p and g move, v = .7 · (-.28) = -.196, x = .024.
    tell(method, trial, 0.5)
    assert np.isclose(method.view().best[0], 0.22)
    assert np.isclose(method.ask().config["x"], 0.024)


def test_without_pull_inertia_decays_as_a_power():
    method = ParticleSwarm(CUBE, particles=1, w=0.5, c_1=0, c_2=0, seed=3)
    steps = []
    for _ in range(8):
        tell(method, method.ask(), 1.0)
        steps.append(method.view().positions[0])
    v = np.diff(steps, axis=0)
    assert np.allclose(v[1:], 0.5 * v[:-1], atol=1e-12)


def test_walls_and_speed_limit():
    method = ParticleSwarm(CUBE, w=1.5, speed=0.2, seed=1)
    before = None
    for i in range(300):
        trial = method.ask()
        view = method.view()
        assert np.all(
            (view.positions[: i + 1] >= 0) & (view.positions[: i + 1] <= 1) | np.isnan(view.positions[: i + 1])
        )
        assert np.all(np.abs(view.velocities) <= 0.2)
        if view.flight is not None:
            k = view.flight.particle
            wanted = (view.flight.inertia + view.flight.own + view.flight.swarm).clip(-0.2, 0.2)
            at_wall = (view.flight.start + wanted < 0) | (view.flight.start + wanted > 1)
            assert np.all(view.velocities[k][at_wall] == 0)
            assert np.allclose(view.positions[k][~at_wall], (view.flight.start + wanted)[~at_wall])
            assert np.allclose(view.flight.start, before[k])
        before = view.positions
        tell(method, trial, sphere(trial.config))


@pytest.mark.parametrize("workers", [1, 4, 30])
def test_best_places_are_the_best_of_each_particle(workers):
    method, rng, flying = ParticleSwarm(CUBE, particles=6, seed=2), np.random.default_rng(0), []
    for _ in range(120):
        while len(flying) < workers and (trial := method.ask()) is not None:
            flying.append(trial)
        assert len(flying) == min(workers, 6)
        assert len({t.info["particle"] for t in flying}) == len(flying)  # nobody flies twice at a time
        trial = flying.pop(int(rng.integers(len(flying))))
        tell(method, trial, None if rng.random() < 0.3 else sphere(trial.config))
        view = method.view()
        for k in range(6):
            own = [t for t in method.trials if t.info["particle"] == k and t.status == "done"]
            if own:
                best = min(own, key=lambda t: t.value)
                assert view.best_values[k] == best.value
                assert np.allclose(view.best_positions[k], list(best.config.values()), atol=1e-9)
            else:
                assert np.isinf(view.best_values[k])
        if np.isfinite(view.best_values).any():
            assert np.array_equal(view.best, view.best_positions[view.best_values.argmin()])


def test_it_converges_also_on_whole_numbers():
    assert nasbook.search("particle-swarm", sphere, space=CUBE, trials=400, seed=0).best.value < 1e-5
    space = Space(n=Int(1, 1000, log=True), x=Float(0, 1))
    trace = nasbook.search("particle-swarm", lambda c: abs(c["n"] - 40) + c["x"], space=space, trials=300, seed=1)
    assert trace.best.config["n"] == 40


def test_whole_numbers_on_which_all_agree_are_drawn_anew_and_others_are_left_alone():
    """All rest in one place, which is p of each and g: no part of v is left, so without craziness nothing moves."""
    space = Space(n=Int(1, 4), x=Float(0, 1), k=Int(1, 3))
    method, seen = ParticleSwarm(space, seed=4), []
    method.x[:], method.v[:] = [0.3, 0.5, 0.5], 0
    method.p[:], method.p_value[:] = method.x, 0.0
    method.g, method.g_value = method.x[0].copy(), 0.0
    for _ in range(400):
        trial = method.ask()
        seen.append(trial.config)
        method.x[trial.info["particle"]] = [0.3, 0.5, 0.5]
        tell(method, trial, 1.0)
    assert {c["n"] for c in seen} == {1, 2, 3, 4} and {c["k"] for c in seen} == {1, 2, 3}
    assert {c["x"] for c in seen} == {0.5}
    # of three coordinates each is drawn with probability ⅓, and three quarters of those of n are another value
    assert 0.18 < np.mean([c["n"] != 2 for c in seen]) < 0.32


def test_a_configuration_from_outside_can_lead_the_swarm():
    method = ParticleSwarm(CUBE)
    method.enqueue(dict.fromkeys(CUBE.free, 0.3))
    tell(method, method.ask(), 0.0)
    for _ in range(10):
        trial = method.ask()
        tell(method, trial, sphere(trial.config))
    assert np.allclose(method.view().best, 0.3)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"particles": 0}, "particles must be a whole number of at least 1, not 0"),
        ({"w": -1}, "w must be at least 0, not -1"),
        ({"speed": float("nan")}, r"speed must lie in \(0, 1\], not nan"),
    ],
)
def test_settings_are_checked(wrong, sentence):
    with pytest.raises(ValueError, match=f"particle-swarm: {sentence}"):
        ParticleSwarm(CUBE, **wrong)


class Drawn:
    """Gives these numbers, one call after the other."""

    def __init__(self, *numbers):
        self.numbers = iter(numbers)

    def random(self, d):
        return np.full(d, next(self.numbers))


@pytest.mark.parametrize(("speed", "v"), [(0.5, -0.4), (0.3, -0.3)])
def test_the_start_of_standard_pso(speed, v):
    """x = u_1, v = (u_2 - x) / 2, no faster than `speed`."""
    method = ParticleSwarm(CUBE, particles=2, speed=speed)
    method.rng = Drawn(0.9, 0.1)
    trial, view = method.ask(), method.view()
    assert list(trial.config.values()) == pytest.approx([0.9] * 3) and view.velocities[0] == pytest.approx([v] * 3)
    assert view.flight is None and np.isnan(view.positions[1]).all() and view.best is None


def test_particles_take_turns_and_one_without_a_best_place_begins_anew():
    method = ParticleSwarm(CUBE, particles=3, seed=1)
    for k in (0, 1, 2):
        trial = method.ask()
        assert trial.info["particle"] == k
        tell(method, trial, None if k == 1 else float(k))
    flights = []
    for k in (0, 1, 2, 0):
        trial = method.ask()
        flights.append(method.view().flight)
        assert trial.info["particle"] == k
        tell(method, trial, 9.0)
    assert [f and f.particle for f in flights] == [0, None, 2, 0]


def test_an_equal_value_is_no_better_place():
    method = ParticleSwarm(CUBE, particles=1, seed=1)
    tell(method, method.ask(), 1.0)
    before = method.view()
    tell(method, method.ask(), 1.0)
    after = method.view()
    assert np.array_equal(after.best, before.best) and np.array_equal(after.best_positions, before.best_positions)


def test_where_a_particle_waits_the_next_one_flies():
    method = ParticleSwarm(CUBE, particles=4, seed=1)
    first, *others = [method.ask() for _ in range(4)]
    for trial in others:
        tell(method, trial, 1.0)
    assert [method.ask().info["particle"] for _ in others] == [1, 2, 3] and method.ask() is None
    tell(method, first, 1.0)
    assert method.ask().info["particle"] == 0


def test_a_pruned_trial_is_no_best_place_though_it_has_a_value():
    method = ParticleSwarm(CUBE, particles=1, seed=1)
    method.tell(replace(method.ask(), status="pruned", value=-1.0))
    assert method.view().best is None and np.isinf(method.view().best_values[0])
