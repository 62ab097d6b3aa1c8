"""Lesson 18: wrong answers are told what is wrong, other right ones pass, and the outcomes are those of the measurements."""

import numpy as np
import pytest

import nasbook
from nasbook.course.exercises import run_cell
from nasbook.course.lessons.lesson_18 import judge_flips, judge_protocols

FLIPS = (
    "import numpy as np\nfrom itertools import combinations\ndef flips(a, b):\n    n = len(a)\n"
    "    p = [(np.sign(a[i] - a[j]), np.sign(b[i] - b[j])) for i, j in combinations(range(n), 2)]\n    return "
)
VERDICT = (
    "import numpy as np\ndef verdict(joint, sequential):\n    gap = sequential - joint\n    n = len(gap)\n"
    "    said = lambda error: 'unclear' if abs(gap.mean()) <= error else 'joint' if gap.mean() > 0 else 'sequential'\n"
    "    return "
)
WRONG = [
    ("18.flips", FLIPS + "sum(x * y > 0 for x, y in p) / sum(x * y != 0 for x, y in p)", "keep their order"),
    ("18.flips", FLIPS + "float(sum(x * y < 0 for x, y in p))", "divide by the number"),
    ("18.flips", FLIPS + "sum(x * y < 0 for x, y in p) / len(p)", "neither above nor below"),
    ("18.flips", FLIPS + "np.mean([x != y for x, y in p])", "leave it out"),
    ("18.flips", FLIPS + "sum(x * y < 0 for x, y in p) / n ** 2", "not n²"),
    ("18.flips", FLIPS + "np.corrcoef(a, b)[0, 1]", "correlation"),
    ("18.flips", FLIPS + "0.2", "it is"),
    ("18.flips", FLIPS + "None", "a number is needed"),
    ("18.verdict", VERDICT + "said(0)", "two of its standard errors"),
    ("18.verdict", VERDICT + "said(2 * np.hypot(joint.std(ddof=1), sequential.std(ddof=1)) / n ** .5)", "seed by seed"),
    ("18.verdict", VERDICT + "said(gap.std(ddof=1))", "divided by √n|seed by seed"),
    (
        "18.verdict",
        VERDICT + "{'joint': 'sequential', 'sequential': 'joint'}.get(v := said(2 * gap.std(ddof=1) / n ** .5), v)",
        "lower error is the better",
    ),
    ("18.verdict", VERDICT + "'joint'", "the answer is"),
    ("18.verdict", VERDICT + "'unclear'", "the answer is"),
    ("18.verdict", VERDICT + "gap.mean()", "is needed"),
]


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)


RIGHT = [
    ("18.flips", FLIPS + "np.mean([x != y for x, y in p if x and y])"),
    ("18.verdict", VERDICT + "said(2 * np.std(gap, ddof=1) / np.sqrt(n))"),
    ("18.verdict", VERDICT + "said(1.96 * np.sqrt(gap.var(ddof=1) / n))"),
]


@pytest.mark.parametrize("name, source", RIGHT, ids=[f"{n}-{i}" for i, (n, _) in enumerate(RIGHT)])
def test_other_right_answers_pass(name, source, tmp_path, monkeypatch):
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))
    exercise = nasbook.exercise(name)
    for _ in range(20):
        told = exercise.check(run_cell(source)[exercise.answer])
        assert told.passed, told.message


@pytest.mark.parametrize(("share", "option"), [(0.03, 0), (0.1, 1), (0.21, 2), (0.4, 3)])
def test_flips_are_judged_by_their_share(share, option):
    said = judge_flips({"rates": share, "seeds": 0.11})
    assert said[0] == option and f"{100 * share:.0f} %" in said[1] and "11 %" in said[1]


@pytest.mark.parametrize(("gap", "option"), [(0.5, 0), (0.01, 1), (-0.5, 2)])
def test_protocols_are_judged_by_two_standard_errors(gap, option):
    joint = np.random.default_rng(0).normal(12, 1, 50)
    noise = np.random.default_rng(1).normal(0, 0.5, 50)
    found = {"joint": joint, "architecture first": joint + gap + noise - noise.mean()}
    said = judge_protocols(found)
    assert said[0] == option and f"{gap:.2f}" in said[1]
