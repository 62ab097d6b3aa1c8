"""Wrong answers to the exercises of lesson 20 are told what is wrong with them, and its outcomes follow the numbers."""

import numpy as np
import pytest

from nasbook.course.lessons.lesson_20 import judge_curse, judge_overtuned, judge_seeds, judge_winner

CV = "import numpy as np\ndef nested(error, candidates, n, k):\n    def cv(c, indices):\n        return np.mean([error(c, np.setdiff1d(indices, t), t) for t in np.array_split(indices, k)])\n    every = np.arange(n)\n"
LOOP = "    found = []\n    for test in np.array_split(every, k):\n        train = np.setdiff1d(every, test)\n"
SIGNS = "import numpy as np\nfrom itertools import product\nfrom scipy.stats import rankdata, mannwhitneyu, ttest_rel\ndef signed_rank(a, b):\n    d = a - b\n"
SUMS = "    W = r[d > 0].sum()\n    s = np.array([r @ np.array(x) for x in product((0, 1), repeat=len(d))])\n"
BOTH = "    return min(1, 2 * min((s <= W + 1e-9).mean(), (s >= W - 1e-9).mean()))"
HOLM = "import numpy as np\ndef correct(p):\n    m, order = len(p), np.argsort(p)\n"
WRONG = [
    ("20.nested", CV + "    return min(cv(c, every) for c in candidates)", "chosen and measured on the same folds"),
    ("20.nested", CV + LOOP + "        found.append(min(error(c, train, test) for c in candidates))\n    return np.mean(found)", "must choose nothing"),
    ("20.nested", CV + LOOP + "        found.append(min(cv(c, train) for c in candidates))\n    return np.mean(found)", "mean inner error"),
    ("20.nested", CV + LOOP + "        chosen = min(candidates, key=lambda c: cv(c, train))\n        found.append(error(chosen, every, test))\n    return np.mean(found)", "share points"),
    ("20.nested", CV + LOOP + "        found.append(min(candidates, key=lambda c: cv(c, train)))\n    return found", "must return a number"),
    ("20.paired", SIGNS + "    d = d[d != 0]\n    r = rankdata(np.abs(d))\n" + SUMS + "    return (s <= W + 1e-9).mean()", "one side"),
    ("20.paired", SIGNS + "    r = rankdata(np.abs(d))\n" + SUMS + BOTH, "leave them out before ranking"),
    ("20.paired", SIGNS + "    d = d[d != 0]\n    r = rankdata(d)\n" + SUMS + BOTH, "Rank the sizes"),
    ("20.paired", SIGNS + "    return mannwhitneyu(a, b).pvalue", "a seed makes a pair"),
    ("20.paired", SIGNS + "    return ttest_rel(a, b).pvalue", "the t-test"),
    ("20.holm", HOLM + "    return np.minimum(1, m * p)", "Bonferroni"),
    ("20.holm", HOLM + "    out = np.empty(m)\n    out[order] = np.minimum(1, (m - np.arange(m)) * p[order])\n    return out", "running maximum"),
    ("20.holm", HOLM + "    return np.minimum(1, np.maximum.accumulate((m - np.arange(m)) * p[order]))", "in rising order"),
    ("20.holm", HOLM + "    out = np.empty(m)\n    out[order] = np.maximum.accumulate((m - np.arange(m)) * p[order])\n    return out", "at most 1"),
]  # fmt: skip


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)


def test_ties_for_the_first_place_are_shared():
    a, b = np.array([1.0, 1.0, 1.0, 1.0]), np.array([1.0, 2.0, 2.0, 0.9])
    which, why = judge_winner({"a": a, "b": b})  # b has one seed, and half of another
    assert which == 2 and why.startswith("38 %")
    assert judge_winner({"a": a, "b": a + 1})[0] == 0


def test_outcomes_follow_the_numbers():
    assert [judge_seeds(n)[0] for n in (6, 10, 30, 40, None)] == [0, 1, 1, 2, 2]
    assert [judge_overtuned(x)[0] for x in (0.04, 0.3, 0.6)] == [0, 1, 2]
    assert [judge_curse({10: 2.0, 200: x})[0] for x in (1.0, 2.2, 4.0)] == [0, 1, 2]
