"""Differential evolution over chains: the formula layer by layer, the lengths, and that no target gets worse."""

from dataclasses import replace

import numpy as np
import pytest

import nasbook
from nasbook import Float, Int, Space, registry
from nasbook.hpo.differential_evolution import DifferentialEvolution
from nasbook.nas.cnn_differential_evolution import CNNDifferentialEvolution
from nasbook.search import search

CONV = registry.make("space", "conv-chain").space
LINES = Space({"depth": Int(1, 4), **{f"x_{i}": Float(0, 1, when={"depth": list(range(i, 5))}) for i in range(1, 5)}})


def tell(method, trial, value):
    method.tell(replace(trial, status="failed" if value is None else "done", value=value))


def test_the_donor_is_the_formula_layer_by_layer():
    method = CNNDifferentialEvolution(LINES, F=0.5)
    x1, x2, x3 = (np.array(x)[:, None] for x in ([0.5, 0.4], [0.3, 0.6, 0.9], [0.1, 0.2, 0.3]))
    donors = [method.donor(x1, x2, x3) for _ in range(200)]  # length 2 + (3 - 3)/2 = 2
    assert {len(v) for v in donors} == {2}
    assert np.allclose(donors[0][:, 0], [0.5 + 0.5 * (0.3 - 0.1), 0.4 + 0.5 * (0.6 - 0.2)])
    shorter = x3[:1]
    lengths = [len(method.donor(x1, x2, shorter)) for _ in range(200)]  # 2 + (3 - 1)/2 = 3
    assert set(lengths) == {3}
    v = method.donor(x1, x2, shorter)
    assert np.allclose(v[:, 0], [0.6, 0.4, 0.9]), "a difference, x1's layer, then x2's"
    halves = [len(method.donor(x1, x2, x3[:2])) for _ in range(4000)]  # 2.5: as often 2 as 3
    assert set(halves) == {2, 3} and abs(np.mean(halves) - 2.5) < 0.04
    out = [method.donor(np.array([[0.9]]), np.array([[0.9]]), np.array([[0.1]]))[0, 0] for _ in range(500)]
    assert 0 <= min(out) < 0.1 and 0.9 < max(out) <= 1, "a gene that leaves [0, 1] is drawn anew"


@pytest.mark.parametrize("CR", [0.0, 0.5, 1.0])
def test_the_crossover_takes_whole_layers(CR):
    method = CNNDifferentialEvolution(CONV, CR=CR)
    x, v = np.full((4, 5), 0.25), np.full((2, 5), 0.75)
    trials = [method.cross(x, v) for _ in range(2000)]
    for u, mask in trials:
        assert len(u) == len(mask) and len(u) in (2, 4) and mask.any()
        assert np.array_equal(u, np.where(mask[:, None], 0.75, 0.25) * np.ones(5))
        assert not mask[2:].any(), "the donor has no layer there"
    share = np.mean([len(u) == 2 for u, _ in trials])
    assert abs(share - CR) < 0.05
    first = np.mean([mask[0] for _, mask in trials])
    assert abs(first - (0.5 + 0.5 * CR)) < 0.05, "one of two layers always, the other with probability CR"
    for u, mask in (method.cross(v, x) for _ in range(200)):
        assert np.array_equal(u, np.where(mask[:, None], 0.25, 0.75) * np.ones(5)) and mask[2:].all()


def test_chains_of_one_length_are_ordinary_differential_evolution():
    """With a fixed depth and one gene a layer, donors follow the same distribution as in the plain method."""
    longer = {"when": {"depth": 4}}
    space = Space({"depth": Int(3, 4), **{f"x_{i}": Float(0, 1, **(longer if i == 4 else {})) for i in (1, 2, 3, 4)}})
    ours, plain = (
        CNNDifferentialEvolution(space, F=0.7, population=6),
        DifferentialEvolution(Space({f"x_{i}": Float(0, 1) for i in (1, 2, 3)}), F=0.7, CR=1.0, population=6),
    )
    rng = np.random.default_rng(0)
    population = rng.random((6, 3))
    plain.vectors = population
    drawn = np.array([plain.mutate(0, np.arange(6)).donor for _ in range(4000)])
    mine = []
    for _ in range(4000):
        r = ours.rng.choice(np.arange(1, 6), 3, replace=False)
        mine.append(ours.donor(*(population[i][:, None] for i in r))[:, 0])
    assert np.allclose(np.mean(mine, 0), drawn.mean(0), atol=0.03) and np.allclose(
        np.std(mine, 0), drawn.std(0), atol=0.03
    )


@pytest.mark.parametrize("workers", [1, 6, 40])
def test_no_target_ever_gets_worse_and_every_network_is_valid(workers):
    method, rng, flying = CNNDifferentialEvolution(CONV, seed=1), np.random.default_rng(workers), []
    values = np.array(method.view().values)
    for _ in range(200):
        while len(flying) < workers and (trial := method.ask()) is not None:
            assert CONV.validate(trial.config) == trial.config
            flying.append(trial)
        trial = flying.pop(int(rng.integers(len(flying))))
        tell(method, trial, None if rng.random() < 0.2 else abs(trial.config["depth"] - 3) + rng.random())
        now = method.view()
        assert np.all(np.array(now.values) <= values)
        values = np.array(now.values)
        for config, value, id_ in zip(now.configs, now.values, now.ids, strict=True):
            if id_ is not None:
                (owner,) = [t for t in method.trials if t.id == id_]
                assert owner.value == value and owner.config == config


def test_genomes_survive_a_round_trip():
    method, rng = CNNDifferentialEvolution(CONV), np.random.default_rng(0)
    for _ in range(50):
        config = CONV.sample(rng)
        assert method.decode(method.encode(config)) == config


def test_it_finds_the_length_and_the_layers():
    wanted = [0.2, 0.8, 0.4]
    layers = lambda c: [c[f"x_{i}"] for i in range(1, c["depth"] + 1)]  # noqa: E731
    loss = lambda c: abs(c["depth"] - 3) + sum(abs(a - b) for a, b in zip(layers(c), wanted, strict=False))  # noqa: E731
    found = [search("cnn-differential-evolution", loss, space=LINES, trials=300, seed=s).best for s in range(5)]
    blind = [search("random", loss, space=LINES, trials=300, seed=s).best for s in range(5)]
    assert all(t.config["depth"] == 3 for t in found)
    assert np.mean([t.value for t in found]) < 0.3 * np.mean([t.value for t in blind])


def test_only_chains_are_served():
    for space in (nasbook.task("branin").space, Space(depth=Int(1, 3), x=Float(0, 1)), Space(depth=Float(0, 1))):
        with pytest.raises(ValueError, match="needs a chain, .*; use 'genetic', 'regularized-evolution'"):
            CNNDifferentialEvolution(space)
    with pytest.raises(ValueError, match="population must be a whole number of at least 4, not 3"):
        CNNDifferentialEvolution(CONV, population=3)
