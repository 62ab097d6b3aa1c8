"""How estimators are compared, by hand."""

import numpy as np
import pytest
from estimate.table import CHEAP, TABLE

from nasbook.estimate import compare, estimator


def test_what_is_found_within_a_budget_by_hand():
    j = compare.Judgement("x", np.array([3.0, 1.0, 2.0, np.inf]), np.full(4, 2.0), 5.0, np.array([0.1, 0.4, 0.9, 0.2]))
    chosen, judged = j.choose(10.9, seeds=50)
    assert set(judged) == {2}  # 5 + 2 + 2
    for seed in range(50):
        seen = np.random.default_rng(seed).integers(0, 4, 4)[:2]
        assert chosen[seed] == max((-j.estimates[i], j.truth[i]) for i in seen)[1]
    assert set(j.choose(5.5)[1]) == {0} and set(j.choose(1e9)[1]) == {4}
    assert j.cost == (5 + 8) / 4
    assert j.correlation() == pytest.approx(0.6)  # ranks 2 4 3 1 against 1 3 4 2: ρ = 1 − 6 · 4 / (4 · 15)
    assert j.correlation("kendall") == pytest.approx(2 / 6)  # 4 of 6 pairs in order, 2 not


def test_all_estimators_see_the_same_architectures():
    seen = []
    for name in ("parameters", "snip", "mlp-predictor"):
        j = compare.judge(estimator(name, TABLE, **CHEAP.get(name, {})), TABLE.test_accuracy, trials=30, seed=2)
        seen.append([t.config for t in j.trace.trials])
        assert j.truth.tolist() == [TABLE.test_accuracy(c) for c in seen[-1]]
        assert j.once + j.costs.sum() == pytest.approx(sum(t.cost for t in j.trace.trials))
    assert seen[0] == seen[1] == seen[2]
    whole = compare.judge(TABLE, TABLE.test_accuracy, trials=30, seed=2)
    low, high = whole.interval(draws=100)
    assert -1 <= low < whole.correlation() < high <= 1
    with pytest.raises(ValueError, match="'spearman' or 'kendall'"):
        whole.correlation("pearson")
