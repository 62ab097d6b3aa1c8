"""Ensemble selection: against enumeration, Jensen's inequality, a closed form, and chance."""

from itertools import combinations_with_replacement

import numpy as np
import pytest

from nasbook.kit.ensemble import bagged, combine, correlation, error, greedy, nested, nll, squared


def pool(m=5, n=60, classes=3, seed=0, skill=1.5):
    """Members that know something: (m, n, classes), (n,)."""
    rng = np.random.default_rng(seed)
    y = rng.integers(classes, size=n)
    z = rng.standard_normal((m, n, classes)) * 2
    z[:, np.arange(n), y] += skill * rng.random((m, 1))
    p = np.exp(z)
    return p / p.sum(-1, keepdims=True), y


def numbers(m, n=40, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.standard_normal(n)
    return y + rng.standard_normal((m, n)) * rng.uniform(0.3, 2, (m, 1)) + rng.standard_normal((m, 1)), y


def loss_of(members, P, y, loss):
    return loss(P[list(members)].mean(0), y)


@pytest.mark.parametrize("loss", [nll, error])
def test_each_step_is_the_best_of_all_that_add_one_member(loss):
    P, y = pool()
    for replace in (True, False):
        found = greedy(P, y, loss, size=5, replace=replace)
        for k in range(5):
            before = found.order[:k]
            able = [i for i in range(5) if replace or i not in before]
            each = [loss_of((*before, i), P, y, loss) for i in able]
            assert found.losses[k] == pytest.approx(min(each), abs=1e-12)
            assert found.order[k] == able[int(np.argmin(np.round(each, 12)))]
    assert sorted(greedy(P, y, loss, size=9, replace=False).order) == list(range(5))


def test_of_two_members_it_is_the_best_multiset_of_every_size():
    """Squared error is a parabola in the share of the second member, so the nearest share of each size is one step on
    from the nearest of the size before: greedy equals brute force."""
    for seed in range(60):
        P, y = numbers(2, seed=seed)
        found = greedy(P, y, squared, size=9)
        for k in range(1, 10):
            best = min(loss_of(s, P, y, squared) for s in combinations_with_replacement(range(2), k))
            assert found.losses[k - 1] == pytest.approx(best, rel=1e-10)


def test_of_several_it_is_never_below_the_best_multiset_and_mostly_there():
    reached = []
    for seed in range(40):
        P, y = pool(m=4, seed=seed)
        losses = greedy(P, y, nll, size=4).losses
        for k in range(1, 5):
            best = min(loss_of(s, P, y, nll) for s in combinations_with_replacement(range(4), k))
            assert losses[k - 1] >= best - 1e-12
            if k == 1:
                assert losses[0] == pytest.approx(best)
        reached.append(losses[3] <= best + 1e-12)
    assert np.mean(reached) >= 0.5


def test_the_ensemble_is_never_worse_than_its_members_in_the_mean():
    """Jensen: −log is convex, and so is the square."""
    for seed in range(20):
        P, y = pool(seed=seed, skill=0.5)
        for w in (greedy(P, y, nll, size=6).weights(6), np.random.default_rng(seed).dirichlet(np.ones(5))):
            assert nll(combine(w, P), y) <= w @ [nll(p, y) for p in P] + 1e-12
        Q, t = numbers(5, seed=seed)
        assert squared(combine(w, Q), t) <= w @ [squared(q, t) for q in Q] + 1e-12


def test_weights_stop_where_the_loss_was_lowest_and_the_start_is_sorted():
    P, y = pool(m=6)
    alone = [nll(p, y) for p in P]
    found = greedy(P, y, nll, size=8, start=3)
    assert list(found.order[:3]) == np.argsort(alone)[:3].tolist()
    k = int(np.argmin(found.losses)) + 1
    assert np.array_equal(found.weights(), np.bincount(found.order[:k], minlength=6) / k)
    assert nll(combine(found.weights(), P), y) == pytest.approx(min(found.losses))
    assert min(found.losses[2:]) <= found.losses[2]
    free = greedy(P, y, nll, size=8)
    assert free.losses[0] == min(alone) and min(free.losses) <= min(alone)


def test_bagging_of_the_whole_pool_is_the_selection_itself_and_of_parts_a_mean():
    P, y = pool(m=6)
    assert np.allclose(bagged(P, y, nll, 8, bags=3, part=1.0), greedy(P, y, nll, 8).weights())
    w = bagged(P, y, nll, 8, bags=30, part=0.5, seed=1)
    assert w.sum() == pytest.approx(1) and (w > 0).sum() > (greedy(P, y, nll, 8).weights() > 0).sum()
    assert np.array_equal(w, bagged(P, y, nll, 8, bags=30, part=0.5, seed=1))


def test_what_was_chosen_on_noise_looks_good_and_nested_tells():
    """Members that know nothing: the truth is an error of one half, whoever is chosen."""
    naive, honest = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        P = rng.dirichlet((1, 1), (40, 100))
        y = rng.integers(2, size=100)
        choose = lambda P, y: greedy(P, y, error, size=10).weights()  # noqa: E731
        naive.append(error(combine(choose(P, y), P), y))
        honest.append(nested(P, y, choose, error, seed=seed))
    assert np.mean(naive) < 0.33
    assert abs(np.mean(honest) - 0.5) < 0.04


def test_nested_is_the_loss_itself_where_nothing_is_chosen():
    P, y = pool(n=61)
    assert nested(P, y, lambda P, y: np.full(5, 0.2), nll) == pytest.approx(nll(P.mean(0), y))
    seen = []
    nested(P, y, lambda P, y: seen.append(len(y)) or np.eye(5)[0], nll, folds=4)
    assert sorted(61 - n for n in seen) == [15, 15, 15, 16]


def test_nested_puts_the_folds_together_before_it_judges():
    """A root of a mean is no mean of roots: of folds with errors of 0 and 2 the whole has √2, and not 1."""
    y, fold = np.array([0.0, 0.0, 2.0, 2.0]), np.array([0, 0, 1, 1])
    rmse = lambda p, y: float(np.sqrt(((p - y) ** 2).mean()))  # noqa: E731
    assert nested(np.zeros((1, 4)), y, lambda P, y: np.ones(1), rmse, fold) == pytest.approx(np.sqrt(2))


def test_mistakes_are_correlated_as_numpy_says():
    P, y = pool(n=200)
    wrong = (P.argmax(-1) != y).astype(float)
    assert np.allclose(correlation(P, y), np.corrcoef(wrong))
    Q, t = numbers(4)
    assert np.allclose(correlation(Q, t), np.corrcoef(Q - t))
    right = np.eye(3)[y]
    assert np.array_equal(correlation([right, P[0]], y), np.eye(2))  # never wrong: nothing to be alike in


@pytest.mark.parametrize(
    "P, y, told",
    [
        (np.ones((2, 3)), [0, 1], "labels"),
        (np.ones((0, 3)), [0, 1, 2], "labels"),
        ([[1, 2], [3]], [1.0, 2.0], "as many of each member"),
        ([["a", "b"]], [1.0, 2.0], "must be numbers"),
        (np.full((2, 3, 2), np.nan), [0, 1, 0], "member 0 are not all finite"),
        (np.full((2, 3, 2), 0.5), [0, 1, 2], "from 0 to 1"),
        (np.full((2, 3, 2), 0.5), [0.0, 1.0, 0.5], "whole numbers"),
        (np.full((2, 3, 2), 0.9), [0, 1, 0], "add up to 1"),
        (np.log(np.full((2, 3, 2), 0.5)), [0, 1, 0], "exp of log"),
        (np.ones((2, 2)), [np.nan, 1.0], "finite"),
        (np.ones((2, 2)), ["a", "b"], "finite numbers"),
        (np.ones((2, 0, 2)), [], "labels"),
    ],
)
def test_what_does_not_fit_gets_a_sentence(P, y, told):
    with pytest.raises(ValueError, match=told) as caught:
        greedy(P, y)
    assert "\n" not in str(caught.value)


def test_settings_out_of_range_get_a_sentence():
    P, y = pool()
    for wrong in ({"size": 0}, {"size": 2.5}, {"start": 6}, {"start": -1}, {"replace": 1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            greedy(P, y, **wrong)
    with pytest.raises(ValueError, match="part"):
        bagged(P, y, part=0)
    with pytest.raises(ValueError, match="folds"):
        nested(P, y, lambda P, y: np.ones(5) / 5, folds=1)
    with pytest.raises(ValueError, match="size"):
        greedy(P, y, size=3).weights(4)
