"""Lesson 13: wrong answers are told what is wrong with them; its recorded searches are whole, and its rules are DARTS'."""

from types import SimpleNamespace

import numpy as np
import pytest

from nasbook.course.lessons.lesson_13 import FIRST, KINDS, judge_most, judge_partial, searches, stopped
from nasbook.data.make.relaxation_seeds import SEARCHES
from nasbook.nas.darts import BACK, WINDOW, Darts, DartsSettings

SOFT = "import numpy as np\ndef gumbel_softmax(l, t, r):\n    "
HARD = "import numpy as np\ndef hard_gradient(z, k, s, tau):\n    d = np.eye(len(z))[k]\n    return "
STOP = "def kept_epoch(free, limit, first):\n    for n in range(first + 1, len(free) + 1):\n        if free[n - 1] "
WRONG = [
    ("13.gumbel", SOFT + "e = np.exp(l / t + r.gumbel(size=len(l)))\n    return e / e.sum()", "one-hot|uniform"),
    ("13.gumbel", SOFT + "e = np.exp((np.exp(l) / np.exp(l).sum() + r.gumbel(size=len(l))) / t)\n    return e / e.sum()", "shares"),
    ("13.gumbel", SOFT + "return (l + r.gumbel(size=len(l))) / t", "must sum to 1"),
    ("13.gumbel", SOFT + "l -= l.max()\n    e = np.exp((l + r.gumbel(size=len(l))) / t)\n    return e / e.sum()", "have been changed"),
    ("13.gumbel", SOFT + "e = np.exp((l + r.gumbel()) / t)\n    return e / e.sum()", "shares"),
    ("13.hvp", "def hessian_vector(g, w, v, e):\n    return (g(w + e * v) - g(w)) / e", "one-sided"),
    ("13.hvp", "def hessian_vector(g, w, v, e):\n    return (g(w + e * v) - g(w - e * v)) / e", "is 2ε"),
    ("13.hvp", "def hessian_vector(g, w, v, e):\n    return (g(w - e * v) - g(w + e * v)) / (2 * e)", "forwards minus backwards"),
    ("13.hvp", "def hessian_vector(g, w, v, e):\n    return g(v)", "the direction"),
    ("13.hard", HARD + "z[k] * (d - z) * s", "factor 1/τ"),
    ("13.hard", HARD + "z[k] * (d - z) * s * tau", "factor 1/τ"),
    ("13.hard", HARD + "d * s", "did not run stands in z_k"),
    ("13.hard", HARD + "z[k] * (1 - z[k]) * d * s / tau", "did not run stands in z_k"),
    ("13.hard", HARD + "z * (1 - z) * s / tau", "is z_k alone"),
    ("13.hard", HARD + "(d - z) * s / tau", "has z_k as a factor"),
    ("13.hard", HARD + "z[k] * (z - d) * s / tau", "its negative"),
    ("13.hard", HARD + "z[k] * (1 - z[k]) * s / tau", "must have shape"),
    ("13.stop", STOP + ">= limit:\n            return n\n    return len(free)", "the epoch in which it stops"),
    ("13.stop", STOP + "> limit:\n            return n - 1\n    return len(free)", "not only above"),
    ("13.stop", STOP + ">= limit:\n            return n - 2\n    return len(free) - 1", "is number 1"),
    ("13.stop", "def kept_epoch(free, limit, first):\n    for n, k in enumerate(free, 1):\n        if k >= limit:\n"
     "            return n - 1\n    return len(free)", "No cell before epoch"),
    ("13.stop", STOP + ">= limit:\n            return n - 1", "a whole number"),
]  # fmt: skip


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)


EPOCHS = {"snas": 40, "gdas": 60, "p-darts": 24}


@pytest.mark.parametrize("name", SEARCHES)
def test_ten_whole_searches_of_each_kind_are_kept(name):
    runs = searches("digits", name)
    assert len(runs) == 10
    for run in runs:
        assert all(len(column) == EPOCHS.get(name, 20) for column in run.values())
        assert set(run["free"]) <= set(range(7)) and 0.5 < run["derived"].min() <= run["derived"].max() < 0.97
        assert ((run["rank"] >= 1) & (run["rank"] <= 5044)).all()
        assert np.isfinite(run["eigenvalue"]).all() == (name == "darts, eigenvalue")


def test_the_rules_stop_a_recorded_search_where_darts_stops():
    """The same eigenvalues and edges without weights, shown to DARTS epoch by epoch."""
    assert DartsSettings().stop_from == FIRST
    runs = searches("digits", "darts, eigenvalue")
    for free, growth in ((5, 0.0), (4, 0.0), (0, 1.3), (0, 1.05)):
        ends = []
        for run in runs:
            method = SimpleNamespace(cells=[], eigenvalues=[], settings=DartsSettings())
            kept = len(run["free"])
            for n, sharp in enumerate(run["eigenvalue"], 1):
                method.eigenvalues.append(sharp)
                method.settings = SimpleNamespace(stop_eigenvalue=growth or 1e9)
                back = BACK if Darts.sharper(method) else int(0 < free <= run["free"][n - 1])
                if back and n - back >= FIRST:
                    kept = n - back
                    break
            ends.append(kept)
        assert [len(run["free"]) for run in stopped(runs, free=free, growth=growth)] == ends
        assert min(ends) < 20, "the rule never stopped: nothing was tried"
    assert WINDOW == 5


def test_outcomes_follow_what_was_measured():
    many, few = ([{"free": np.array([3, n])}] * 10 for n in (6, 2))
    assert [judge_partial(x)[0] for x in (few, few[:5] + many[:5], many)] == [0, 1, 2]
    for i, name in enumerate(KINDS):
        assert judge_most({**dict.fromkeys(KINDS, few), name: many})[0] == i
    with pytest.raises(ValueError, match="no searches 'enas' on 'digits' have been kept"):
        searches("digits", "enas")
