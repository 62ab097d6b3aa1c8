"""Drawn paths: each is judged once with the same weights, and what is believed are means over what was judged."""

import math

import numpy as np
import pytest
from nas.pictures import Pictures

from nasbook.kit.flops import flops
from nasbook.nas.parts import sampling
from nasbook.nas.parts.sampling import PathTraining
from nasbook.nas.spaces.nb201.cell import cell_space

A, B, C = (3, 3, 3, 3, 3, 3), (3, 2, 1, 4, 3, 3), (1, 1, 1, 1, 1, 1)


class Plain(PathTraining):
    name = "plain"


@pytest.fixture
def method():
    method = Plain(cell_space(), seed=1, channels=2, batch=50, looks=7, epochs=3, device="cpu")
    method.start(Pictures())
    return method


def test_a_path_is_judged_once_until_the_weights_change(method, monkeypatch):
    asked = []

    def evaluate(net, path, val, train, statistics):
        assert val is method.images[1] and train is method.images[0] and statistics == "recalibrated"
        asked.append(path)
        return 1.0 + len(asked), 0.5

    monkeypatch.setattr(sampling, "evaluate_path", evaluate)
    assert method.judge(A) == method.judge(A) == (2.0, 0.5) and asked == [A]
    assert method.judge_some([B, A]) == (B, 3.0, 0.5)  # after an epoch A is judged again
    assert asked == [A, B, A]
    method.judge_some()
    assert len(asked) == 3 + len(method.judged) and 1 < len(method.judged) <= 7


@pytest.mark.parametrize("score, best", [("loss", B), ("accuracy", A)])
def test_the_best_is_the_lowest_and_what_is_no_number_the_worst(score, best):
    method = Plain(cell_space(), score=score)
    method.judged = {C: (math.nan, math.nan), A: (2.0, 0.1), B: (1.0, 0.3)}
    assert method.best() == (best, *method.judged[best]) and method.score(C) == math.inf


def test_what_is_believed_is_the_mean_accuracy_through_each_operation(method):
    method.judged = {A: (2.0, 0.1), B: (1.0, 0.3)}
    expected = np.zeros((6, 5))
    expected[0, 3] = expected[4, 3] = expected[5, 3] = 0.8
    expected[range(1, 4), 3] = 0.9
    expected[1, 2] = expected[2, 1] = expected[3, 4] = 0.7
    np.testing.assert_allclose(method.believe(), expected)


def test_rounds_of_a_search_count_from_0_and_begin_with_no_path_judged(method):
    method.done_epochs, method.judged = 3, {A: (2.0, 0.1)}
    found = []
    for n in method.searching(2):
        found.append((n, dict(method.judged)))
        method.judged[B] = (1.0, 0.3)
        method.done_epochs += 1
    assert found == [(0, {}), (1, {B: (1.0, 0.3)})]


def test_flops_are_those_of_the_network_alone(method):
    net = method.places.net(2, 3, 1).derive(A)
    assert method.flops(A) == flops(net, method.images[0][0][:1]) > method.flops(C)
