"""Wrong answers to the exercises of lesson 16 are told what is wrong with them."""

import pytest

SCORE = "import numpy as np\nfrom scipy.special import xlogy\ndef inception_score(p):\n    m = p.mean(0)\n"
REPORT = "import numpy as np\ndef report(x):\n    n = len(x)\n"
WRONG = [
    ("16.score", SCORE + "    return (xlogy(p, p) - xlogy(p, m)).sum(1).mean()", "exponential"),
    (
        "16.score",
        SCORE + "    return np.exp((xlogy(p, p) - xlogy(p, m)).sum(1).mean() / np.log(2))",
        "natural logarithm",
    ),
    ("16.score", SCORE + "    return np.exp((xlogy(p, p) - xlogy(p, 0.1)).sum(1).mean())", "not with equal shares"),
    ("16.score", SCORE + "    return np.exp((xlogy(p, p) - xlogy(p, m)).sum())", "mean over the images"),
    (
        "16.score",
        SCORE + "    return np.exp((xlogy(p, p) - xlogy(p, p.mean(1)[:, None])).sum(1).mean())",
        "classes|equal shares",
    ),
    ("16.score", SCORE + "    return np.exp((m * np.log(m / p)).sum(1).mean())", "in this order"),
    ("16.score", SCORE + "    return np.exp((xlogy(p, p) - xlogy(p, m)).sum(1))", "one number"),
    ("16.score", SCORE + "    return np.exp((p * np.log(p / m)).sum(1).mean())", "0 log 0 is 0"),
    ("16.score", SCORE + "    p *= 1.5\n    return 3.0", "has been changed"),
    ("16.score", SCORE + "    return 5.0", "random predictions"),
    ("16.report", REPORT + "    return np.mean(x), np.std(x, ddof=1)", "standard deviation of one score"),
    ("16.report", REPORT + "    return np.mean(x), np.std(x) / n ** 0.5", "ddof=1"),
    ("16.report", REPORT + "    return np.mean(x), np.std(x)", "in its denominator"),
    ("16.report", REPORT + "    return np.mean(x), np.std(x, ddof=1) / n", "root of n, not by n"),
    ("16.report", REPORT + "    return np.mean(x), np.var(x, ddof=1) / n", "take its root"),
    ("16.report", REPORT + "    return np.median(x), np.std(x, ddof=1) / n ** 0.5", "the mean of"),
    ("16.report", REPORT + "    return np.mean(x)", "two numbers"),
]


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)
