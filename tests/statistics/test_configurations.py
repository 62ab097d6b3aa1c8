"""Distances by hand, also with conditions; a plane is mapped exactly; and scikit-learn's classical scaling agrees."""

import numpy as np
import pytest

from nasbook import Choice, Float, Int, Space
from nasbook.statistics import distances, scaled


def test_distances_by_hand():
    space = Space(
        x=Float(0, 10), k=Choice(["p", "q", "r"]), n=Choice([1, 2, 3], ordered=True), d=Int(1, 2, when={"k": "p"})
    )
    configs = [{"x": 0.0, "k": "p", "n": 1, "d": 1}, {"x": 5.0, "k": "q", "n": 1}, {"x": 5.0, "k": "r", "n": 3}]
    D = distances(space, space.encode_all(configs))
    np.testing.assert_allclose(D[0, 1] ** 2, 0.25 + 1 + 0 + 1)  # d exists for the first only
    np.testing.assert_allclose(D[1, 2] ** 2, 0 + 1 + (2 / 3) ** 2 + 0)  # neither has d
    np.testing.assert_array_equal(D, D.T)
    assert (np.diag(D) == 0).all()


def test_points_of_a_plane_keep_their_distances():
    P = np.random.default_rng(0).random((30, 2))
    D = np.linalg.norm(P[:, None] - P[None], axis=2)
    xy, kept = scaled(D)
    np.testing.assert_allclose(np.linalg.norm(xy[:, None] - xy[None], axis=2), D, atol=1e-9)
    assert kept == pytest.approx(1.0)


def test_of_numbers_it_is_principal_components():
    from sklearn.decomposition import PCA

    space = Space(x=Float(0, 1), y=Float(0, 1), z=Float(0, 1))
    U = np.random.default_rng(1).random((40, 3)) * [1, 0.5, 0.2]
    xy, kept = scaled(distances(space, U))
    pca = PCA(2).fit(U)
    np.testing.assert_allclose(np.abs(xy), np.abs(pca.transform(U)), atol=1e-9)
    assert kept == pytest.approx(pca.explained_variance_ratio_.sum())


def test_one_point_and_equal_points():
    assert scaled(np.zeros((1, 1)))[0].shape == (1, 2)
    xy, kept = scaled(np.zeros((4, 4)))
    assert np.isfinite(xy).all() and kept == 1.0
