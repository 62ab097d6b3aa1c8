"""Regularized evolution: who has children, who dies, and the paper's toy problem."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

import nasbook
from nasbook import Choice, Float, Int, Space
from nasbook.nas.regularized_evolution import RegularizedEvolution
from nasbook.nas.spaces.nb201.cell import cell_space

BITS = Space({f"bit_{i}": Choice([0, 1]) for i in range(100)})
MIXED = Space(
    kernel=Choice(["rbf", "poly"]),
    C=Float(1e-3, 1e3, log=True),
    degree=Int(2, 5, when={"kernel": "poly"}),
)


def told(method, value=None, status="done"):
    """Ask once and tell the value at once."""
    trial = method.ask()
    method.tell(replace(trial, status=status, value=value, reason=None if status == "done" else "broke"))
    return trial


def ids(method):
    return [t.id for t in method.population]


def test_the_oldest_dies_and_not_the_worst():
    m = RegularizedEvolution(cell_space(), population=4, sample=2)
    for value in (0.1, 0.4, 0.3, 0.2):
        told(m, value)
    assert ids(m) == [0, 1, 2, 3]
    told(m, 0.9)  # the worst of all comes; the best, which is the oldest, goes
    assert ids(m) == [1, 2, 3, 4]
    m.ask()
    assert m.view().died == 0


def test_without_ageing_the_worst_dies_even_if_it_was_just_born():
    m = RegularizedEvolution(cell_space(), population=4, sample=2, ageing=False)
    for value in (0.1, 0.4, 0.3, 0.2):
        told(m, value)
    told(m, 0.9)
    assert ids(m) == [0, 1, 2, 3]
    told(m, 0.15)
    assert ids(m) == [0, 2, 3, 5]
    m.ask()
    assert m.view().died == 1


@pytest.mark.parametrize("S", [1, 3, 10])
def test_probability_of_becoming_a_parent(S):
    """P(rank r) = ((P-r+1)^S - (P-r)^S) / P^S: the best of S uniform draws with replacement."""
    P, draws = 8, 20_000
    m = RegularizedEvolution(cell_space(), seed=1, population=P, sample=S)
    values = [0.5, 0.1, 0.8, 0.3, 0.7, 0.2, 0.6, 0.4]
    for v in values:
        told(m, v)
    rank = {i: sorted(values).index(v) + 1 for i, v in enumerate(values)}
    counts = np.zeros(P)
    for _ in range(draws):
        counts[rank[m.ask().info["parent"]] - 1] += 1
    r = np.arange(1, P + 1)
    expected = draws * ((P - r + 1.0) ** S - (P - r) ** S) / P**S
    likely = expected > 5
    assert counts[~likely].sum() < 30
    assert chisquare(counts[likely], expected[likely] * counts[likely].sum() / expected[likely].sum()).pvalue > 1e-3


def test_view_says_how_the_parent_was_chosen():
    m = RegularizedEvolution(cell_space(), population=3, sample=2, seed=3)
    for value in (0.3, 0.1, 0.2):
        told(m, value)
        assert m.view().tournament == () and m.view().parent is None  # still filling
    for _ in range(20):
        child = m.ask()
        view = m.view()
        values = {t.id: t.value for t in view.population}
        assert len(view.tournament) == 2 and set(view.tournament) <= set(values)
        assert view.parent == min(view.tournament, key=values.get) == child.info["parent"]
        m.tell(replace(child, status="done", value=float(np.sin(child.id)) + 2))
        assert [t.id for t in view.population] == sorted(values)  # oldest first, and the view did not change


@given(st.integers(0, 10_000))
@settings(max_examples=15)
def test_a_child_differs_from_its_parent_in_one_parameter(seed):
    m = RegularizedEvolution(cell_space(), seed, population=4, sample=2)
    rng = np.random.default_rng(seed)
    config = {}
    for _ in range(30):
        t = told(m, float(rng.random()))
        config[t.id] = t.config
        if t.info:
            parent = config[t.info["parent"]]
            assert sum(t.config[k] != parent[k] for k in parent) == 1


def test_any_space_and_conditions():
    trace = nasbook.search(
        "regularized-evolution",
        lambda c: abs(np.log10(c["C"]) - 1) + (0 if c.get("degree") == 3 else 1),
        space=MIXED,
        trials=300,
        seed=1,
    )
    for t in trace.trials:
        assert MIXED.validate(t.config) == t.config
    assert trace.best.config["degree"] == 3 and abs(np.log10(trace.best.config["C"]) - 1) < 0.2


def test_failed_and_pruned_trials_do_not_enter_but_count():
    m = RegularizedEvolution(cell_space(), population=3, sample=2)
    told(m, 0.5)
    told(m, None, "failed")
    told(m, 0.01, "pruned")
    assert ids(m) == [0] and len(m.trials) == 3
    told(m, 0.4)
    t = told(m, 0.3)
    assert t.info == {}  # drawn at random, because the population was not full
    child = told(m, None, "failed")
    assert "parent" in child.info and ids(m) == [0, 3, 4]  # nobody dies for a child that failed
    m.ask()
    assert m.view().died is None


def test_many_asks_in_flight():
    """More asks than the population holds, told in another order: nothing waits, and the size is kept."""
    m = RegularizedEvolution(cell_space(), population=5, sample=3)
    first = [m.ask() for _ in range(12)]
    assert all(t.info == {} for t in first)  # nobody has ended, so nobody can be a parent
    rng = np.random.default_rng(0)
    flying = list(first)
    for k in range(60):
        t = flying.pop(int(rng.integers(len(flying))))
        m.tell(replace(t, status="done", value=float(rng.random())))
        flying.append(m.ask())
        assert len(m.population) == min(5, k + 1)
        assert len(m.pending) == 12
        if m.population:
            assert flying[-1].info["parent"] in ids(m)
    assert ids(m) == [t.id for t in m.trials[-5:]]  # age is counted from the end of an evaluation


def test_exactly_the_population_is_drawn_at_random_at_first():
    m = RegularizedEvolution(cell_space(), population=6, sample=2)
    infos = [told(m, 0.5).info for _ in range(10)]
    assert infos[:6] == [{}] * 6 and all("parent" in i for i in infos[6:])


@pytest.mark.parametrize("workers", [1, 4])
def test_same_seed_same_search_and_a_replay_with_views(workers):
    run = lambda: list(  # noqa: E731
        nasbook.steps("regularized-evolution", "nb201-cifar10", trials=40, seed=7, workers=workers, population=8)
    )
    a, b = run(), run()
    assert [s.trial.config for s in a] == [s.trial.config for s in b]
    assert [s.view for s in a] == [s.view for s in b]
    assert a[-1].view.population and a[-1].view.parent is not None


def test_a_saved_search_goes_on_as_if_never_stopped(tmp_path):
    options = {"trials": 30, "seed": 2, "workers": 3, "population": 5}
    whole = nasbook.search("regularized-evolution", "nb201-cifar10", **options)
    file = tmp_path / "t.jsonl"
    going = nasbook.steps("regularized-evolution", "nb201-cifar10", out=file, **options)
    for _ in range(13):
        next(going)
    going.close()
    again = nasbook.search("regularized-evolution", "nb201-cifar10", out=file, resume=True, **options)
    assert [(t.id, t.config) for t in again.trials] == [(t.id, t.config) for t in whole.trials]
    views = [s.view for s in nasbook.replay(nasbook.Trace.load(file))]
    straight = [s.view for s in nasbook.steps("regularized-evolution", "nb201-cifar10", **options)]
    assert [(v.tournament, v.parent, v.died) for v in views] == [(v.tournament, v.parent, v.died) for v in straight]


def bit_sum(ageing, seed):
    """The best true mean of 1,000 architectures of 100 bits whose evaluation adds noise of 0.05."""
    m = RegularizedEvolution(BITS, seed, population=100, sample=10, ageing=ageing)
    noise = np.random.default_rng(seed + 1_000_000)
    true = []
    for _ in range(1000):
        trial = m.ask()
        true.append(sum(trial.config.values()) / 100)
        m.tell(replace(trial, status="done", value=1 - true[-1] + 0.05 * noise.standard_normal()))
    return max(true)


@pytest.mark.slow
def test_ageing_beats_killing_the_worst_under_noise():
    """Another implementation finds .746 with ageing and .702 without (means over many seeds; one seed spreads by
    .03)."""
    ageing, worst = (np.array([bit_sum(a, seed) for seed in range(20)]) for a in (True, False))
    assert ageing.mean() == pytest.approx(0.746, abs=0.02)
    assert worst.mean() == pytest.approx(0.702, abs=0.02)
    gap = ageing - worst
    assert gap.mean() - 2 * gap.std(ddof=1) / np.sqrt(len(gap)) > 0.015


@pytest.mark.parametrize(
    ("settings_", "says"),
    [
        ({"population": 1}, "population must be a whole number of at least 2"),
        ({"sample": 0}, "sample must be a whole number of at least 1"),
        ({"population": 2.5}, "population must be a whole number"),
        ({"scale": 0.0}, r"scale must lie in \(0, 1\], not 0"),
        ({"ageing": "yes"}, "ageing must be True or False"),
        ({"tournament": 3}, "has no setting 'tournament'"),
    ],
)
def test_settings_are_checked(settings_, says):
    with pytest.raises(ValueError, match=says):
        nasbook.method("regularized-evolution", cell_space(), **settings_)


def test_a_space_without_a_choice_is_refused():
    with pytest.raises(ValueError, match="a single configuration.*random"):
        RegularizedEvolution(Space(a=Choice([1])))


def test_with_workers_a_child_is_bred_from_those_that_have_ended():
    m = RegularizedEvolution(cell_space(), population=3, sample=2)
    flying = [m.ask() for _ in range(3)]
    assert m.view().tournament == () and m.view().parent is None
    m.tell(replace(flying[0], status="done", value=0.5))
    child = m.ask()  # one has ended and two are in flight: with them the population is full
    assert m.view().tournament == (flying[0].id,) * 2 and m.view().parent == flying[0].id
    assert child.info["parent"] == flying[0].id
    assert sum(child.config[k] != flying[0].config[k] for k in child.config) == 1
