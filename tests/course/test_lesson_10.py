"""Wrong answers to the exercises on growing networks of lesson 10 are told what is wrong with them."""

import numpy as np
import pytest

from nasbook.course.lessons.lesson_10 import chains_over_seeds

NP = "import numpy as np\n"
WRONG = [
    ("10.widen", "def widen(W1, W2, g):\n    return W1[g], W2[:, g]", "the output grows"),
    ("10.widen", "def widen(W1, W2, g):\n    return W1[g], W2[:, g] / 2", "divide column g"),
    ("10.widen", NP + "def widen(W1, W2, g):\n    return W1[g], W2[:, g] * len(W1) / len(g)", "divide column g"),
    ("10.widen", NP + "def widen(W1, W2, g):\n    n = np.bincount(g, minlength=len(W1))\n"
     "    return (W1 / n[:, None])[g], W2[:, g]", "a copy reads what its original reads"),
    ("10.widen", NP + "def widen(W1, W2, g):\n    V = np.zeros((len(W2), len(g)))\n    for k in range(len(W1)):\n"
     "        V[:, list(g).index(k)] = W2[:, k]\n    return W1[g], V", "share the outgoing weights equally"),
    ("10.widen", NP + "def widen(W1, W2, g):\n    n = np.bincount(g, minlength=len(W1))\n    return W1[g], (W2 / n)[g]",
     "IndexError|shape"),
    ("10.widen", "def widen(W1, W2, g):\n    return W1[g]", "two matrices"),
    ("10.donor", "def donor(a, b, c, F, n):\n    return [[p + F * (q - r) for p, q, r in zip(*t)] for t in zip(a, b, c)]",
     "list of 3 layers"),
    ("10.donor", "def donor(a, b, c, F, n):\n    return [[p + F * (r - q) for p, q, r in zip(a[l], b[l], c[l])]\n"
     "            if l < min(len(a), len(b), len(c)) else list((a if l < len(a) else b)[l]) for l in range(n)]",
     r"layer 1 must be x1 \+ F"),
    ("10.donor", "def donor(a, b, c, F, n):\n    return [[p + F * (q - r) for p, q, r in zip(a[l], b[l], c[l])]\n"
     "            if l < min(len(a), len(b), len(c)) else list((b if l < len(b) else a)[l]) for l in range(n)]",
     "must be x1's"),
    ("10.donor", "def donor(a, b, c, F, n):\n    return [list((a if l < len(a) else b)[l]) for l in range(n)]",
     r"since all three have it"),
    ("10.donor", "def donor(a, b, c, F, n):\n    return a[:n]", "layers"),
]  # fmt: skip


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)


def test_the_searches_over_seeds_are_whole():
    best = chains_over_seeds()
    assert set(best) == {"inherited", "fresh", "evolution", "random"}
    for errors in best.values():
        assert errors.shape == (10, 21) and (np.diff(errors, axis=1) <= 0).all() and errors.min() > 0
