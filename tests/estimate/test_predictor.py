"""Predictors learn a planted function, and train other cells than a search does."""

import numpy as np
import pytest
from estimate.table import TABLE, sample

import nasbook
from nasbook.estimate import compare, estimator
from nasbook.estimate.predictor import MODELS
from nasbook.task import trial_seed


@pytest.mark.parametrize("model", MODELS)
def test_a_predictor_learns_a_planted_function_of_the_paths(model):
    """The value counts 3×3 convolutions; a predictor that only knows 60 cells must order 100 others."""
    task = nasbook.FunctionTask(lambda config: -float(sum(op == "conv3x3" for op in config.values())), TABLE.space, "c")
    made = estimator(f"{model}-predictor", task, train=60)
    configs = sample(100, seed=9)
    mean, std = made.predict(configs)
    truth = np.array([-task.evaluate(c) for c in configs])
    assert compare.correlation(mean, truth) > (0.6 if model == "knn" else 0.8)
    assert (std >= 0).all() and std.max() > 0
    shuffled = np.random.default_rng(0).permutation(truth)
    assert abs(compare.correlation(mean, shuffled)) < 0.35  # the bar above is not cleared by chance


def test_a_predictor_trains_other_cells_than_a_search_with_its_seed_and_the_same_ones_again():
    first, again = (estimator("knn-predictor", TABLE, train=20, seed=0) for _ in range(2))
    first.fit()
    again.fit()
    assert first.configs == again.configs and (first.y == again.y).all()
    searched = {TABLE.space.key(c) for c in sample(20, seed=0)}
    assert len(searched & {TABLE.space.key(c) for c in first.configs}) <= 1
    values = [TABLE.evaluate(c, seed=trial_seed(0, i)).value for i, c in enumerate(first.configs)]
    assert first.y.tolist() == values
