"""Wrong answers to the exercises of lesson 12 are told what is wrong with them."""

import numpy as np
import pytest
from scipy.stats import kendalltau

import nasbook
from nasbook.course.exercises import run_cell
from nasbook.course.lessons.lesson_12 import concordant, merged

TAU = "import numpy as np\nfrom scipy.stats import pearsonr, spearmanr\ndef tau(x, y):\n    n = len(x)\n    i, j = np.triu_indices(n, 1)\n"
TAU += "    s = np.sign(x[i] - x[j]) * np.sign(y[i] - y[j])\n"
FAIR = "import numpy as np\ndef fair_paths(places, ops, rng):\n"
MERGE = "import numpy as np\ndef merge(W2, W1):\n"
WRONG = [
    ("12.tau", TAU + "    return -s.mean()", "other sign"),
    ("12.tau", TAU + "    return (s > 0).mean()", "share of pairs in the same order"),
    ("12.tau", TAU + "    return s.sum()", "divide by the number of pairs"),
    ("12.tau", TAU + "    return 2 * s.mean()", "n \\(n − 1\\) / 2 pairs"),
    ("12.tau", TAU + "    return s.mean() / 2", "each pair once"),
    ("12.tau", TAU + "    return 2 * s.sum() / n**2", "with itself"),
    ("12.tau", TAU + "    return np.mean(np.sign(np.diff(x)) * np.sign(np.diff(y)))", "neighbours"),
    ("12.tau", TAU + "    return pearsonr(x, y).statistic", "Pearson"),
    ("12.tau", TAU + "    return spearmanr(x, y).statistic", "Spearman"),
    ("12.tau", TAU + "    return np.where(s > 0, 1, -1).mean()", "counts 0, neither"),
    ("12.tau", TAU + "    return np.where(s >= 0, 1, -1).mean()", "not as the same order"),
    ("12.tau", TAU + "    return s", "one number"),
    ("12.tau", TAU + "    x.sort()\n    return 0.5", "have been changed"),
    ("12.tau", TAU + "    return 1.0", "random scores"),
    ("12.fair", FAIR + "    return rng.integers(ops, size=(ops, places))", "fair on average only"),
    ("12.fair", FAIR + "    return np.array([rng.permutation(ops) for _ in range(places)])", "so the array has shape"),
    ("12.fair", FAIR + "    return np.tile(rng.permutation(ops)[:, None], places)", "same permutation"),
    ("12.fair", FAIR + "    p = rng.permutation(ops)\n    return np.column_stack([np.roll(p, k) for k in range(places)])", "same permutation|shifted"),
    ("12.fair", FAIR + "    return (rng.permutation(ops)[:, None] + np.arange(places)) % ops", "shifted"),
    ("12.fair", FAIR + "    return np.tile(np.arange(ops)[:, None], places)", "all draws are the same"),
    ("12.fair", FAIR + "    rng = np.random.default_rng(0)\n    return np.column_stack([rng.permutation(ops) for _ in range(places)])",
     "all draws are the same"),
    ("12.fair", FAIR + "    return np.column_stack([np.arange(ops)] + [rng.permutation(ops) for _ in range(places - 1)])", "same order"),
    ("12.fair", FAIR + "    return 1 + np.column_stack([rng.permutation(ops) for _ in range(places)])", "whole numbers 0"),
    ("12.fair", FAIR + "    return rng.permutation(ops)", "must have shape"),
    ("12.merge", MERGE + "    return np.einsum('oihw,ci->ochw', W2, W1)", "wrong way round|broadcast|einsum|operand"),
    ("12.merge", MERGE + "    return np.einsum('oihw,ic->ochw', W2, W1) / len(W1)", "they are summed"),
    ("12.merge", MERGE + "    return W2", "has been dropped|have shape"),
    ("12.merge", MERGE + "    return np.einsum('oihw,ic->cohw', W2, W1)", "have shape|another function"),
    ("12.merge", MERGE + "    return np.einsum('oihw,ic->oc', W2, W1)", "have shape"),
    ("12.merge", MERGE + "    W2 *= 2\n    return W2", "have been changed"),
    ("12.merge", MERGE + "    return np.zeros((len(W2), W1.shape[1], *W2.shape[2:]))", "another function"),
]  # fmt: skip


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)


@pytest.mark.parametrize("name", ["12.tau", "12.fair", "12.merge"])
def test_a_right_answer_passes_whatever_sizes_are_drawn(name):
    exercise = nasbook.exercise(name)
    answer = run_cell(exercise.solution)[exercise.answer]
    assert [told for told in (exercise.test(answer) for _ in range(60)) if told] == []


def test_square_weights_tell_a_transposed_matrix_from_a_dropped_one():
    """Where both matrices are square nothing but the numbers shows what is wrong."""
    exercise = nasbook.exercise("12.merge")
    for wrong, says in (
        (lambda W2, W1: np.einsum("oihw,ci->ochw", W2, W1 if W1.shape[0] == W1.shape[1] else W1.T), "wrong way round"),
        (lambda W2, W1: W2, "dropped"),
        (lambda W2, W1: W2 * np.diag(W1)[:, None, None], "diagonal"),
    ):
        answer = lambda W2, W1, wrong=wrong: wrong(W2, W1) if W1.shape[0] == W1.shape[1] else merged(W2, W1)  # noqa: E731
        assert says in exercise.test(answer)


def test_the_lessons_own_sums_are_those_of_the_literature():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 20))
    assert np.isclose(concordant(x, y) / 190, kendalltau(x, y).statistic)
    W2, W1 = rng.normal(size=(3, 4, 3, 3)), rng.normal(size=(4, 2))
    from nasbook.nas.scarlet import merge

    torch = pytest.importorskip("torch")
    assert np.allclose(merged(W2, W1), merge(torch.from_numpy(W2), torch.from_numpy(W1)).numpy())
