"""fANOVA is exact on trees, and agrees with closed forms of functions; permutation finds what does not matter."""

import numpy as np
import optuna
import pytest
from sklearn.tree import DecisionTreeRegressor

import nasbook
from nasbook import Choice, Float, Space
from nasbook.hpo.parts.importance import alike, boxes, fanova, importances, permutation, shares
from nasbook.scale import to_optuna
from nasbook.trace import Header, Trace, Trial


def test_leaves_fill_the_cube_and_hold_what_the_tree_predicts():
    rng = np.random.default_rng(0)
    X = rng.random((60, 3))
    tree = DecisionTreeRegressor(random_state=0).fit(X, rng.random(60))
    low, high, c = boxes(tree.tree_, 3)
    assert np.prod(high - low, axis=1).sum() == pytest.approx(1)
    np.testing.assert_allclose(tree.predict((low + high) / 2), c)


def test_shares_of_a_tree_equal_averages_over_a_fine_grid():
    rng = np.random.default_rng(1)
    X = rng.random((40, 2))
    cuts = np.round(X * 64) / 64  # thresholds then lie on multiples of 1/128: the grid below is exact
    tree = DecisionTreeRegressor(random_state=0).fit(cuts, X[:, 0] * X[:, 1] + rng.random(40))
    u = (np.arange(128) + 0.5) / 128
    f = tree.predict(np.stack(np.meshgrid(u, u, indexing="ij"), -1).reshape(-1, 2)).reshape(128, 128)
    expected = np.array([f.mean(1).var(), f.mean(0).var()]) / f.var()
    np.testing.assert_allclose(shares(tree.tree_, 2), expected, rtol=1e-9)


def test_an_additive_function_has_the_shares_of_its_terms():
    """f = 3 u1 + 2 sin(2π u2) + [u3 > ½]: variances 9/12, 4/2, 1/4; the fourth does nothing."""
    X = np.random.default_rng(2).random((1500, 4))
    y = 3 * X[:, 0] + 2 * np.sin(2 * np.pi * X[:, 1]) + (X[:, 2] > 0.5)
    variances = np.array([9 / 12, 2.0, 1 / 4, 0.0])
    found = fanova(X, y, trees=8).mean(0)
    np.testing.assert_allclose(found, variances / variances.sum(), atol=0.02)
    assert 0.93 < found.sum() <= 1 + 1e-12


def test_a_pure_interaction_belongs_to_nobody():
    X = np.random.default_rng(3).random((1500, 2))
    y = np.sign(X[:, 0] - 0.5) * np.sign(X[:, 1] - 0.5)
    assert (fanova(X, y, trees=8).mean(0) < 0.03).all()
    assert (permutation(X, y, trees=8).mean(0) > 1).all()  # shuffling one destroys all: 2 Var(y) is expected


def test_permutation_of_independent_terms_is_twice_their_variance():
    """E(f(shuffled) - f)² = 2 Var(term j) for a forest that has learnt f."""
    X = np.random.default_rng(4).random((6000, 3))
    y = 3 * X[:, 0] + np.sin(2 * np.pi * X[:, 1])
    expected = 2 * np.array([9 / 12, 1 / 2, 0]) / (9 / 12 + 1 / 2)
    found = permutation(X, y, trees=4, repeats=2).mean(0)
    np.testing.assert_allclose(found, expected, rtol=0.05, atol=0.01)


def test_what_does_not_matter_is_last_and_next_to_nothing():
    space = Space(idle=Float(0, 1), kind=Choice(["a", "b", "c"]), lr=Float(1e-4, 1, log=True))
    trace = nasbook.search(
        "random", lambda c: abs(np.log10(c["lr"]) + 2) + 0.5 * (c["kind"] == "b"), space=space, trials=300, seed=0
    )
    for method in ("fanova", "permutation"):
        found = importances(trace, method)
        assert list(found) == ["lr", "kind", "idle"]
        assert abs(found["idle"][0]) < 0.03
    assert importances(trace) == importances(trace)


def test_branin_has_the_shares_that_optuna_finds():
    trace = nasbook.search("random", "branin", trials=200, seed=0)
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    theirs = optuna.importance.get_param_importances(to_optuna(trace), evaluator=evaluator, normalize=False)
    ours = importances(trace)
    for name, share in theirs.items():
        assert ours[name][0] == pytest.approx(share, abs=0.05)  # about 0.27 and 0.15: most of it is interaction


def test_a_constant_has_no_important_parameter():
    X = np.random.default_rng(5).random((30, 2))
    assert not fanova(X, np.full(30, 7.0), trees=3).any()
    assert not permutation(X, np.full(30, 7.0), trees=3).any()


def test_wrong_requests_get_a_sentence():
    trace = nasbook.search("random", "branin", trials=3)
    with pytest.raises(ValueError, match="at least 4 trials that succeeded, not 3"):
        importances(trace)
    with pytest.raises(ValueError, match="one of fanova, permutation, not 'shap'"):
        importances(trace, "shap")


def test_values_of_different_fidelities_are_not_compared():
    """After one epoch everything is bad: no parameter, but the fidelity, makes that difference."""
    rng = np.random.default_rng(6)
    space, rows = Space(x=Float(0, 1), idle=Float(0, 1)), rng.random((40, 2))
    told = Trace(Header("made", "made", space))
    for i, (x, idle) in enumerate(rows):
        full = i >= 20 or idle > 0.6
        trial = Trial(i, {"x": x, "idle": idle}, fidelity=9 if full else 1, status="done", value=x if full else 50.0)
        told.ended(trial)
    full = [t for t in told.trials if t.fidelity == 9]
    assert alike(told.trials) == full and 20 <= len(full) < 40
    found = importances(told)
    assert found["x"][0] > 0.9 > 10 * found["idle"][0]
    assert f"From {len(full)} trials" in told.plot("importance").sentence
    two = Trace(Header("made", "made", space))
    for t in [*full[:3], *(t for t in told.trials if t.fidelity == 1)][:6]:
        two.ended(t)
    with pytest.raises(ValueError, match="at least 4 trials that succeeded, not 3"):
        importances(two)
