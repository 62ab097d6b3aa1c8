"""Compound scaling: the grid satisfies its constraint, the best point is scaled, and what cannot be is refused."""

from itertools import product

import numpy as np
import pytest

import nasbook
from nasbook import Constant, Float, Int, Space
from nasbook.nas.compound import CompoundScaling
from nasbook.search import search, steps
from nasbook.task import Evaluation, Task
from nasbook.testing import check_method

RULE = Space(alpha=Float(1, 2), beta=Float(1, 1.5), gamma=Float(1, 1.5), phi=Int(0, 3))
BEST = (1.4, 1.0, 1.2)


class Valley(Task):
    """Lowest at BEST, lower with φ; what `fails` names does not end."""

    name, space = "valley", RULE

    def __init__(self, fails=lambda config: False):
        self.fails = fails

    def evaluate(self, config, *, seed=0, **_):
        if self.fails(config):
            raise RuntimeError("out of memory")
        point = np.array([config[name] for name in ("alpha", "beta", "gamma")])
        return Evaluation(float(((point - BEST) ** 2).sum()) - config["phi"])


def triples(trace, phi):
    return [tuple(t.config[n] for n in ("alpha", "beta", "gamma")) for t in trace.trials if t.config["phi"] == phi]


def test_the_grid_is_all_that_satisfies_the_constraint():
    for settings in [{}, {"tolerance": 0.3}, {"flops": 1.5, "beta_step": 0.05}, {"alpha_step": 0.1, "gamma_step": 0.1}]:
        s = CompoundScaling.Settings(**settings)
        axes = [
            [round(1 + k * step, 9) for k in range(200) if 1 + k * step <= high + 1e-9]
            for step, high in ((s.alpha_step, 2), (s.beta_step, 1.5), (s.gamma_step, 1.5))
        ]
        right = {p for p in product(*axes) if abs(p[0] * p[1] ** 2 * p[2] ** 2 - s.flops) <= s.tolerance + 1e-9}
        grid = CompoundScaling(RULE, **settings).grid
        assert set(grid) == right and len(grid) == len(right) > 2


def test_base_then_grid_then_the_best_point_grows():
    trace = search("compound", Valley(), trials=99)
    assert [t.config["phi"] for t in trace.trials] == [0] + [1] * 9 + [2, 3]
    assert sorted(triples(trace, 1)) == sorted(CompoundScaling(RULE).grid)
    assert triples(trace, 2) == triples(trace, 3) == [BEST]
    assert trace.best.config == dict(zip(("alpha", "beta", "gamma", "phi"), (*BEST, 3), strict=True))


def test_the_papers_ratio_is_on_a_finer_grid():
    grid = CompoundScaling(RULE, alpha_step=0.1, beta_step=0.05, gamma_step=0.05).grid
    assert (1.2, 1.1, 1.15) in grid


def test_a_grid_between_the_steps_of_the_space_is_refused():
    space = nasbook.task("digits-compound").space
    with pytest.raises(ValueError, match="alpha has steps of 0.05 from 1 here, and alpha_step = 0.03 asks for 1.03"):
        CompoundScaling(space, alpha_step=0.03)
    assert all(
        space.validate({**dict(zip(("alpha", "beta", "gamma"), p, strict=True)), "phi": 1})
        for p in CompoundScaling(space, alpha_step=0.1, beta_step=0.05, gamma_step=0.05).grid
    )


def test_views_say_what_was_known_when_it_chose():
    seen = [s.view for s in steps("compound", Valley(), trials=99)]
    assert [v.phi for v in seen] == [0] + [1] * 9 + [2, 3]
    assert [sum(e is not None for e in v.errors) for v in seen] == [0, *range(9), 9, 9]
    assert [v.best for v in seen] == [None] * 10 + [BEST] * 2
    assert seen[-1].errors[seen[-1].grid.index(BEST)] == -1.0


def test_repeats_are_taken_by_their_mean():
    class Noisy(Valley):
        def evaluate(self, config, *, seed=0, **_):
            return Evaluation(super().evaluate(config).value + np.random.default_rng(seed).normal(0, 0.01))

    trace = search("compound", Noisy(), trials=99, repeats=4)
    assert len(trace) == 1 + 36 + 2
    at_one = {}
    for trial in trace.trials[1:37]:
        at_one.setdefault(tuple(trial.config[n] for n in ("alpha", "beta", "gamma")), []).append(trial.value)
    assert triples(trace, 2) == [min(at_one, key=lambda p: np.mean(at_one[p]))]
    last = list(steps("compound", Noisy(), trials=99, repeats=4))[-1].view
    assert last.errors == pytest.approx([np.mean(at_one[point]) for point in last.grid])


def test_workers_wait_for_the_whole_grid():
    trace = search("compound", Valley(lambda c: False), trials=99, workers=1)
    method = CompoundScaling(RULE)
    asked = [method.ask() for _ in range(11)]
    assert asked[-1] is None and all(asked[:10])  # base and grid are in flight
    for trial, told in zip(asked, trace.trials, strict=False):
        if trial is not None:
            method.tell(nasbook.trace.Trial(trial.id, trial.config, value=told.value, status="done"))
    assert method.ask().config["phi"] == 2


def test_failures_are_passed_over():
    part = search("compound", Valley(lambda c: c["gamma"] == 1.2 and c["phi"] == 1), trials=99)
    assert triples(part, 2) and triples(part, 2)[0][2] != 1.2
    none = search("compound", Valley(lambda c: c["phi"] == 1), trials=99)
    assert len(none) == 10 and not triples(none, 2)


def test_it_keeps_the_promises_of_every_method():
    assert len(check_method("compound", trials=20, spaces={"rule": RULE})) == 8


@pytest.mark.parametrize(
    "space",
    [
        Space(x=Float(0, 1)),
        Space(alpha=Float(1, 2), beta=Float(1, 2), phi=Int(0, 3)),
        Space(alpha=Float(1, 2), beta=Float(1, 2), gamma=Float(1, 2), phi=Int(2, 5)),
        Space(alpha=Float(1, 2), beta=Float(1, 2), gamma=Int(1, 2), phi=Int(0, 3)),
        Space(alpha=Float(1, 2), beta=Float(1, 2), gamma=Constant(1), phi=Int(0, 3)),
        Space(phi=Int(0, 3), alpha=Float(1, 2), beta=Float(1, 2), gamma=Float(1, 2, when={"phi": 1})),
        Space(alpha=Float(1, 2), beta=Float(1, 2), gamma=Float(1, 2), phi=Int(0, 3), lr=Float(0, 1)),
    ],
)
def test_another_space_is_refused(space):
    with pytest.raises(ValueError, match=r"^compound scales .* 'digits-compound'.* use 'random' or 'grid'$"):
        CompoundScaling(space)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"tolerance": 0.0, "alpha_step": 0.3}, r"no α, β, γ of the grid has α·β²·γ² = 2 ± 0; take smaller steps"),
        ({"flops": 50.0}, r"= 50 ± 0.1"),
        ({"alpha_step": 1e-9}, "alpha_step = 1e-09 makes a grid of more than 1,000,000 points"),
        ({"alpha_step": 1e-3, "beta_step": 1e-3, "gamma_step": 1e-3}, "take larger steps"),
        ({"flops": 1.0}, "flops must be above 1"),
        ({"repeats": 0}, "repeats must be a whole number of at least 1"),
        ({"beta_step": float("nan")}, "beta_step must be above 0"),
    ],
)
def test_settings_without_a_grid_are_refused(settings, says):
    with pytest.raises(ValueError, match=says) as refused:
        CompoundScaling(RULE, **settings)
    assert "\n" not in str(refused.value)


def test_spaces_within_one_that_begins_higher_or_ends_lower():
    narrow = Space(alpha=Float(1.2, 2), beta=Float(1, 1.2), gamma=Float(1, 1.5), phi=Int(1, 2))
    trace = search("compound", Valley(), space=narrow, trials=99)
    assert [t.config["phi"] for t in trace.trials] == [1] * (len(trace) - 1) + [2] and len(trace) > 3
    assert all(t.config["alpha"] >= 1.2 and t.config["beta"] <= 1.2 for t in trace.trials)


def test_a_real_search_trains():
    trace = search("compound", nasbook.task("digits-compound", epochs=1, train=50, phi=1), trials=2)
    assert [t.status for t in trace.trials] == ["done"] * 2
    assert [t.metrics["flops"] for t in trace.trials] == [119_850, 234_810]


def test_a_thousand_steps_of_phi_are_the_most_and_nothing_else_is_drawn():
    space = Space(alpha=Float(1, 2), beta=Float(1, 1.5), gamma=Float(1, 1.5), phi=Int(0, 5000))
    method = CompoundScaling(space)
    assert method.larger == list(range(2, 1001)) and method.new_configurations(50) == 0


def test_the_points_of_the_grid_are_bounded(monkeypatch):
    """Six α, five β and three γ, before the constraint."""
    monkeypatch.setattr("nasbook.nas.compound.LIMIT", 90)
    assert CompoundScaling(RULE).grid
    monkeypatch.setattr("nasbook.nas.compound.LIMIT", 89)
    with pytest.raises(ValueError, match="a grid of 90 points is more than 89"):
        CompoundScaling(RULE)
