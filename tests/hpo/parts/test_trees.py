"""A forest's mean and variance by the law of total variance."""

import numpy as np
import pytest

from nasbook.hpo.parts.trees import Forest


def test_a_forest_is_the_mean_of_its_trees_and_as_sure_as_they_agree():
    rng = np.random.default_rng(0)
    X, Z = rng.random((40, 3)), rng.random((7, 3))
    y = X[:, 0] + 0.1 * rng.standard_normal(40)
    forest = Forest(X, y, rng, trees=6, leaf=5)
    means, variances = [], []
    for tree, drawn in zip(forest.trees, forest.drawn, strict=True):
        home, at = tree.apply(X[drawn].astype(np.float32)), tree.apply(Z.astype(np.float32))
        leaves = [y[drawn][home == leaf] for leaf in at]
        means.append([leaf.mean() for leaf in leaves])
        variances.append([leaf.var() for leaf in leaves])
        assert min(map(len, leaves)) >= 5
    mean, std = forest.predict(Z)
    assert forest.each(Z) == pytest.approx(np.array(means))
    assert mean == pytest.approx(np.mean(means, 0))
    assert std**2 == pytest.approx(np.mean(variances, 0) + np.var(means, 0))
    assert forest.predict(Z, 3 * y)[0] == pytest.approx(3 * mean)


def test_unseen_points_are_those_that_were_not_drawn():
    rng = np.random.default_rng(1)
    forest = Forest(rng.random((30, 2)), rng.random(30), rng, trees=50)
    unseen = forest.unseen()
    assert all(set(np.flatnonzero(row)) == set(range(30)) - set(d) for row, d in zip(unseen, forest.drawn, strict=True))
    assert unseen.mean() == pytest.approx(np.exp(-1), abs=0.05)
