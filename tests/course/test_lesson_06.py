"""Wrong answers to the exercises of lesson 06 are told what is wrong with them."""

import pytest

WRONG = [
    ("06.rungs", "import math\ndef rungs(R, eta):\n    s = math.floor(math.log(R) / math.log(eta))\n"
     "    return [R // eta ** (s - i) for i in range(s + 1)]", r"rungs\(243, 3\) has 6 rungs.*floating point"),
    ("06.rungs", "def rungs(R, eta):\n    s = 0\n    while eta ** (s + 1) <= R:\n        s += 1\n"
     "    return [R / eta ** (s - i) for i in range(s + 1)]", "whole numbers"),
    ("06.rungs", "def rungs(R, eta):\n    out = [R]\n    while out[-1] // eta >= 1:\n        out.append(out[-1] // eta)\n"
     "    return out", "begin with the lowest"),
    ("06.rungs", "def rungs(R, eta):\n    return [eta ** i for i in range(20) if eta ** i <= R]", r"rungs\(100, 3\) must be"),
    ("06.promote", "def promoted(v, eta):\n    return sorted(v)[: len(v) // eta]", "positions in the list"),
    ("06.promote", "def promoted(v, eta):\n    return sorted(range(len(v)), key=lambda k: v[k])[: len(v) // eta]",
     "promotes 0, but"),
    ("06.promote", "def promoted(v, eta):\n    return sorted(range(len(v)), key=lambda k: -v[k])[: len(v) // eta]",
     "lowest errors"),
    ("06.promote", "def promoted(v, eta):\n    best = sorted(range(len(v)), key=lambda k: v[k])\n"
     "    return sorted(best[: max(1, len(v) // eta)])", "best must come first"),
    ("06.promote", "def promoted(v, eta):\n    return sorted(range(len(v)), key=lambda k: v[k])[: max(1, len(v) // eta)]",
     "never promoted"),
    ("06.promote", "def promoted(v, eta):\n    v.sort()\n    return [0]", "has been changed"),
    ("06.median", "import statistics\ndef too_bad(cs, c):\n    x = len(c)\n"
     "    return c[-1] > statistics.median(sum(o[:x]) / x for o in cs)", "newest error of the running network"),
    ("06.median", "def too_bad(cs, c):\n    x = len(c)\n    return min(c) > sum(sum(o[:x]) / x for o in cs) / len(cs)",
     "mean of the running means was taken"),
    ("06.median", "import statistics\ndef too_bad(cs, c):\n    return min(c) > statistics.median(o[len(c) - 1] for o in cs)",
     "at this epoch were taken, not their means"),
    ("06.median", "import statistics\ndef too_bad(cs, c):\n    return min(c) > statistics.median(sum(o) / len(o) for o in cs)",
     "over their whole curves"),
    ("06.median", "import statistics\ndef too_bad(cs, c):\n    x = len(c)\n"
     "    return min(c) < statistics.median(sum(o[:x]) / x for o in cs)", "sign is turned"),
    ("06.median", "import statistics\ndef too_bad(cs, c):\n    x = len(c)\n"
     "    return min(c) >= statistics.median(sum(o[:x]) / x for o in cs)", "must be False"),
    ("06.median", "def too_bad(cs, c):\n    return 'yes'", "True or False"),
    ("06.median", "def too_bad(cs, c):\n    cs.sort()\n    return True", "have been changed|must be False"),
]  # fmt: skip


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)
