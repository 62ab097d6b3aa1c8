"""Lesson 01: a wrong answer is told what is wrong with it."""

import pytest

import nasbook

WRONG = [
    ("01.distinct", "def distinct(p):\n    return [len(p)] * p.shape[1]", "That counts the points"),
    ("01.distinct", "import numpy as np\ndef distinct(p):\n    return len(np.unique(p))", "2 counts, one a column, not the single"),
    ("01.distinct", "import numpy as np\ndef distinct(p):\n    return [len(np.unique(r)) for r in p]", "2 counts, one a column, not 25"),
    ("01.distinct", "import numpy as np\ndef distinct(p):\n    p.sort(0)\n    return [len(np.unique(c)) for c in p.T]", "has been changed"),
    ("01.distinct", "import numpy as np\ndef distinct(p):\n    return [len(np.unique(c)) for c in p.T[::-1]][:1] + [5] * (p.shape[1] - 1)",
     "yours are"),
    ("01.distinct", "distinct = [5, 5]", "must be a function"),
    ("01.enough", "def trials_needed(s, c):\n    return round(c / s)", "Shares do not add up"),
    ("01.enough", "import math\ndef trials_needed(s, c):\n    return math.log(1 - c) / math.log(1 - s)", "whole number of trials, not 58.4"),
    ("01.enough", "import math\ndef trials_needed(s, c):\n    return int(math.log(1 - c) / math.log(1 - s))", "58 trials are too few"),
    ("01.enough", "import math\ndef trials_needed(s, c):\n    return int(math.log(1 - c) / math.log(1 - s)) + 2", "59 reach 0.95"),
    ("01.enough", "import math\ndef trials_needed(s, c):\n    return math.ceil(math.log(c) / math.log(1 - s))", "too few"),
    ("01.enough", "def trials_needed(s, c):\n    return '59'", "number of trials, not '59'"),
    ("01.enough", "def trials_needed(s, c):\n    return 0", "at least one trial"),
]  # fmt: skip


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)


def test_a_counting_loop_passes_too(tmp_path, monkeypatch):
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))

    def trials_needed(share, confidence):
        n = 1
        while 1 - (1 - share) ** n < confidence - 1e-12:
            n += 1
        return n

    assert nasbook.exercise("01.enough").check(trials_needed).passed
    assert trials_needed(0.05, 0.95) == 59
