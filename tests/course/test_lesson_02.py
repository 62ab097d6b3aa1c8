"""Wrong answers to the exercises of lesson 02 are told what is wrong with them."""

import pytest

HEAD = "import numpy as np\ndef posterior(K, k, prior, y, noise):\n    A = K + noise * np.eye(len(y))\n    "
BAND = "import numpy as np\ndef coverage(mean, std, truth):\n    return "
WRONG = [
    ("02.posterior", HEAD + "A = K + 1e-12 * np.eye(6); return k @ np.linalg.solve(A, y), prior", "noise is missing"),
    ("02.posterior", HEAD + "A = K + noise; return k @ np.linalg.inv(A) @ y, prior", "diagonal alone"),
    ("02.posterior", HEAD + "A = K + noise**2 * np.eye(6); return k @ np.linalg.inv(A) @ y, prior", "squared again"),
    ("02.posterior", HEAD + "return k @ np.linalg.solve(A, y), prior", "That is the prior"),
    ("02.posterior", HEAD + "return k @ np.linalg.solve(A, y), prior - k @ np.linalg.solve(A, k.T)", "every pair"),
    (
        "02.posterior",
        HEAD + "return k @ np.linalg.solve(A, y), np.sqrt(prior - np.sum(k * np.linalg.solve(A, k.T).T, 1))",
        "its root",
    ),
    ("02.posterior", HEAD + "return k @ np.linalg.solve(A, y), np.sum(k * np.linalg.solve(A, k.T).T, 1)", "take away"),
    (
        "02.posterior",
        HEAD + "return k @ np.linalg.solve(A, y), noise + prior - np.sum(k * np.linalg.solve(A, k.T).T, 1)",
        "with its noise",
    ),
    ("02.posterior", HEAD + "return k @ y, prior", "in scikit-learn, yours is"),
    ("02.posterior", HEAD + "return k @ np.linalg.solve(A, y)", "two things"),
    ("02.posterior", HEAD + "K += 1; return y, y", "has been changed"),
    ("02.posterior", "posterior = 3", "must be a function"),
    ("02.coverage", BAND + "np.abs(truth - mean) <= 2 * std", "one number"),
    ("02.coverage", BAND + "np.sum(np.abs(truth - mean) <= 2 * std)", "a count"),
    ("02.coverage", BAND + "100 * np.mean(np.abs(truth - mean) <= 2 * std)", "between 0 and 1"),
    ("02.coverage", BAND + "np.mean(truth - mean <= 2 * std)", "absolute value"),
    ("02.coverage", BAND + "np.mean(np.abs(truth - mean) <= std)", "one standard deviation"),
    ("02.coverage", BAND + "np.mean(np.abs(truth - mean) <= 2)", "not with 2"),
    ("02.coverage", "coverage = 0.6", "must be a function"),
]


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)
