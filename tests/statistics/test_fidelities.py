"""Rank correlation between fidelities is scipy's, over what has both, from curves and from rungs."""

import numpy as np
import pytest
from scipy import stats

import nasbook
from nasbook.statistics import budget_correlation, spearman
from nasbook.trace import Trial


def test_it_is_scipys_spearman_over_what_has_both():
    task = nasbook.task("digits-hpo-messy", run=0)
    trials = nasbook.search("random", task, trials=40, seed=1).trials
    found = budget_correlation(trials)
    assert found.levels[0] == 1 and found.levels[-1] == 27 and len(found.levels) == 6
    done = [t for t in trials if t.status == "done"]
    rows = [task.row(t.config) for t in done]
    first, last = (1 - task.val[rows, 0, e] for e in (0, 26))
    assert found.n[0, -1] == len(done)
    assert found.rho[0, -1] == pytest.approx(stats.spearmanr(first, last).statistic)


def test_promoted_trials_without_curves_meet_by_their_configuration():
    trials = [Trial(i, {"x": i}, f, "done", v) for i in range(5) for f, v in ((1.0, float(i)), (9.0, float(-i)))]
    found = budget_correlation(trials)
    assert found.levels == [1.0, 9.0] and found.rho[1, 0] == pytest.approx(-1) and found.n[1, 0] == 5


def test_too_few_or_what_does_not_vary_has_no_correlation():
    two = [Trial(i, {"x": i}, f, "done", float(i)) for i in range(2) for f in (1.0, 9.0)]
    assert budget_correlation(two).levels == [] and budget_correlation([]).levels == []
    assert np.isnan(spearman(np.ones(4), np.arange(4.0)))
    lost = [Trial(i, {"x": i}, 1.0, "failed") for i in range(9)]
    assert budget_correlation(lost).levels == []
