"""Shapley values equal those of the package shap: its exact explainer, on the same forest and the same background."""

import numpy as np
import pytest

import nasbook
from nasbook.explain import explain
from nasbook.explain.coalitions import interactions, main_effects, members, shapley


@pytest.mark.parametrize("space", ["plain", "table"])
def test_the_exact_explainer_agrees(space):
    shap = pytest.importorskip("shap")
    if space == "table":
        trace = nasbook.search("random", "digits-hpo-messy", trials=60, seed=0)
    else:
        parameters = nasbook.Space({f"x{i}": nasbook.Float(0, 1) for i in range(5)})
        trace = nasbook.search(
            "random", lambda c: c["x0"] * c["x1"] - c["x2"] ** 2, space=parameters, trials=50, seed=0
        )
    found = explain(trace, truth=False)
    played = found.played
    masker = shap.maskers.Independent(trace.space.snap(played.outer), max_samples=len(played.outer))
    theirs = shap.ExactExplainer(found.source.values, masker)(trace.space.encode(found.config)[None])
    np.testing.assert_allclose(found.phi, theirs.values[0][played.axes], atol=1e-9)
    assert found.base == pytest.approx(float(theirs.base_values[0]))
    assert np.abs(found.phi).max() > 0.01


def test_interactions_are_those_of_its_tree_explainer():
    """shap splits the interaction of two features between [i, j] and [j, i], and leaves on the diagonal what is left of
    the Shapley value: our `main_effects`. Its game of a forest: a split on a feature outside S is taken both ways, by
    the shares of the rows that were there when it was fitted."""
    shap = pytest.importorskip("shap")
    from sklearn.ensemble import RandomForestRegressor

    n, rng = 6, np.random.default_rng(0)
    X = rng.random((120, n))
    y = X[:, 0] * X[:, 1] + np.sin(6 * X[:, 2]) * X[:, 3] - X[:, 4]
    forest = RandomForestRegressor(5, random_state=0).fit(X, y)
    x = X[7]

    def worth(tree, node, inside):
        a, b, j = tree.children_left[node], tree.children_right[node], tree.feature[node]
        if a < 0:
            return tree.value[node, 0, 0]
        if inside[j]:  # shap and scikit-learn compare single precision
            return worth(tree, a if np.float32(x[j]) <= tree.threshold[node] else b, inside)
        rows = tree.weighted_n_node_samples
        return sum(rows[c] / rows[node] * worth(tree, c, inside) for c in (a, b))

    v = np.mean([[worth(e.tree_, 0, inside) for inside in members(n)] for e in forest.estimators_], 0)
    explainer = shap.TreeExplainer(forest, feature_perturbation="tree_path_dependent")
    theirs = explainer.shap_interaction_values(x[None])[0]
    pairs, phi = interactions(v), shapley(v)
    apart = ~np.eye(n, dtype=bool)
    np.testing.assert_allclose(phi, explainer.shap_values(x[None])[0], atol=1e-6)
    np.testing.assert_allclose((pairs / 2)[apart], theirs[apart], atol=1e-6)
    np.testing.assert_allclose(main_effects(phi, pairs), np.diag(theirs), atol=1e-6)
    assert np.abs(pairs).max() > 0.01
