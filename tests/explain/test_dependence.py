"""Partial dependence and ICE: against scikit-learn's, the mean over a table, and a closed form with a condition."""

import numpy as np
import pytest

import nasbook
from nasbook import Choice, Float, Int, Space
from nasbook.explain.dependence import along, dependences
from nasbook.explain.source import source_of

SPACE = Space(a=Float(0, 1), b=Float(0, 1), k=Choice(["p", "q"]))
NESTED = Space(
    kind=Choice(["tree", "net", "line"]),
    optimiser=Choice(["sgd", "adam"], when={"kind": "net"}),
    momentum=Float(0, 1, when={"kind": "net", "optimiser": "sgd"}),
    depth=Int(1, 9, when={"kind": ["tree", "net"]}),
)


def test_it_is_scikit_learns_partial_dependence():
    from sklearn.inspection import partial_dependence

    trace = nasbook.search("random", lambda c: c["a"] ** 2 + c["a"] * c["b"], space=SPACE, trials=40, seed=0)
    source = source_of(trace)
    U = SPACE.snap(np.random.default_rng(1).random((30, 3)))
    found = along(source, "a", U, np.random.default_rng(0))

    from sklearn.base import BaseEstimator, RegressorMixin

    class Model(RegressorMixin, BaseEstimator):
        def fit(self, X, y):
            self.fitted_ = True
            return self

        def predict(self, X):
            return source.values(X)

    theirs = partial_dependence(Model().fit(U, U[:, 0]), U, [0], custom_values={0: found.at}, kind="both")
    np.testing.assert_allclose(found.mean, theirs["average"][0])
    np.testing.assert_allclose(found.ice, theirs["individual"][0])
    assert found.std.max() > 0


def test_of_a_table_it_is_the_mean_over_all():
    trace = nasbook.search("random", "digits-hpo-messy", trials=10, seed=0)
    first = dependences(trace)[0]
    grid = first.source.grid
    j = trace.space.free.index(first.name)
    np.testing.assert_allclose(first.mean, [np.take(grid, k, j).mean() for k in range(grid.shape[j])])
    assert first.name in ("lr", "width") and not first.std.any()
    assert [d.reach for d in dependences(trace)] == sorted((d.reach for d in dependences(trace)), reverse=True)


def test_a_parameter_counts_only_where_it_exists():
    def value(c):
        if c["kind"] == "net" and c["optimiser"] == "sgd":
            return 5 + c["momentum"]
        return 0.0 if c["kind"] == "line" else 1.0

    trace = nasbook.search("random", value, space=NESTED, trials=8, seed=0)
    (found,) = dependences(trace, "momentum", task=value)
    np.testing.assert_allclose(found.mean, 5 + np.array(found.levels))
    np.testing.assert_allclose(found.ice, np.tile(found.mean, (len(found.ice), 1)))
    (depth,) = dependences(trace, ["depth"], task=value)
    assert len(depth.levels) == 9 and depth.ice.min() >= 1  # never a line


def test_wrong_arguments_get_a_sentence():
    trace = nasbook.search("random", "branin", trials=5)
    with pytest.raises(ValueError, match="no parameter 'y' that varies; there are x1, x2"):
        dependences(trace, ["x1", "y"])
    with pytest.raises(ValueError, match="parameters is a name or a list of names, not 3"):
        dependences(trace, 3)
    with pytest.raises(ValueError, match="configurations must be a whole number of at least 1, not 0"):
        dependences(trace, configurations=0)
