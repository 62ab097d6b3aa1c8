"""Wrong answers to the exercises of lesson 19 are told what is wrong with them."""

import pytest

HEAD = "import numpy as np\nfrom nasbook.course.lessons.lesson_19 import best_columns, centroid\ndef accuracy(x, y, fold, k):\n"
LOOP = "    for f in range(5):\n        t, o = fold != f, fold == f\n"
NESTED = "import numpy as np\ndef nested(wrong, fold):\n"
GREEDY = (
    "import numpy as np\ndef greedy_weights(P, y, size):\n    total, counts = np.zeros(P.shape[1:]), np.zeros(len(P))\n"
    "    for k in range(size):\n        nll = [-np.log(((total + p) / (k + 1))[np.arange(len(y)), y]).mean() for p in P]\n"
    "        best = int(np.argmin(nll))\n        total, counts[best] = total + P[best], counts[best] + 1\n"
)
ALONE = (
    "import numpy as np\ndef greedy_weights(P, y, size):\n"
    "    order = np.argsort([-np.log(p[np.arange(len(y)), y]).mean() for p in P])\n"
)
WRONG = [
    ("19.folds", HEAD + "    c, r = best_columns(x, y, k), []\n" + LOOP
     + "        r.append(centroid(x[t][:, c], y[t], x[o][:, c]) == y[o])\n    return np.concatenate(r).mean()", "what a leak gives"),
    ("19.folds", HEAD + "    c = best_columns(x, y, k)\n    return np.mean(centroid(x[:, c], y, x[:, c]) == y)", "those that were learnt from"),
    ("19.folds", HEAD + "    r = []\n" + LOOP + "        c = best_columns(x[t], y[t], k)\n"
     "        r.append(centroid(x[t][:, c], y[t], x[o][:, c]) != y[o])\n    return np.concatenate(r).mean()", "the share of errors"),
    ("19.folds", HEAD + "    r = []\n" + LOOP + "        r.append(centroid(x[t], y[t], x[o]) == y[o])\n    return np.concatenate(r).mean()",
     "with .* columns of 500"),
    ("19.folds", HEAD + "    return [0.5]", "one number"),
    ("19.nested", NESTED + "    return wrong.mean(1).min()", "the search's own number"),
    ("19.nested", NESTED + "    return np.mean([wrong[:, fold == f].mean(1).min() for f in range(5)])", "on the fold that scores it"),
    ("19.nested", NESTED + "    return np.mean([wrong[:, fold != f].mean(1).min() for f in range(5)])", "must come from the fifth"),
    ("19.nested", NESTED + "    return 1 - np.concatenate([wrong[wrong[:, fold != f].mean(1).argmin()][fold == f] for f in range(5)]).mean()",
     "return the error"),
    ("19.nested", NESTED + "    return wrong[0].mean()", "the nested error is"),
    ("19.greedy", GREEDY + "    return counts", "divide them by the"),
    ("19.greedy", ALONE + "    w = np.zeros(len(P)); w[order[:size]] = 1 / min(size, len(P))\n    return w", "best ones by themselves"),
    ("19.greedy", ALONE + "    return np.eye(len(P))[order[0]]", "has all the weight"),
    ("19.greedy", GREEDY.replace("for p in P]", "if not counts[i] else 9e9 for i, p in enumerate(P)]").replace("range(size)", "range(min(size, len(P)))")
     + "    return counts / counts.sum()", "may be taken again"),
    ("19.greedy", GREEDY.replace("-np.log(((total + p) / (k + 1))[np.arange(len(y)), y])", "((total + p).argmax(1) != y)") + "    return counts / size",
     "make the NLL least"),
    ("19.greedy", GREEDY.replace("-np.log(((total + p) / (k + 1))[np.arange(len(y)), y])", "-(total + np.log(p))[np.arange(len(y)), y]")
     .replace("total + P[best]", "total + np.log(P[best])") + "    return counts / size", "mean of the probabilities"),
    ("19.greedy", "import numpy as np\ndef greedy_weights(P, y, size):\n    return np.full(len(P), 1 / len(P))", "same weight|by themselves|taken again"),
    ("19.greedy", "def greedy_weights(P, y, size):\n    return 3", "a weight for each"),
    ("19.greedy", "import numpy as np\ndef greedy_weights(P, y, size):\n    return np.arange(len(P))", "add up to 1"),
]  # fmt: skip


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)
