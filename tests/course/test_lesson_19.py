"""Wrong answers to the exercises of lesson 19 are told what is wrong with them."""

import pytest

HEAD = "import numpy as np\nfrom nasbook.course.lessons.lesson_19 import best_columns, centroid\ndef accuracy(x, y, fold, k):\n"
LOOP = "    for f in range(5):\n        t, o = fold != f, fold == f\n"
NESTED = "import numpy as np\ndef nested(wrong, fold):\n"
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
]  # fmt: skip


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)
