"""The course kit: checks that say what is wrong, predictions that lock, progress that survives."""

import json
import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nasbook
from nasbook.course import Exercise, Prediction, Record
from nasbook.course.exercises import run_cell
from nasbook.course.lessons import LESSONS, all_exercises, load
from nasbook.course.overview import progress

EXERCISES = list(all_exercises())


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))


def answer_of(exercise: Exercise, source: str):
    return run_cell(source)[exercise.answer]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_solution_passes_and_stub_fails(exercise):
    solved = exercise.check(answer_of(exercise, exercise.solution))
    assert solved.passed, solved.message
    stub = exercise.check(answer_of(exercise, exercise.stub))
    assert not stub.passed
    assert exercise.answer in stub.message and "still" in stub.message
    assert all(len(hint) > 20 for hint in exercise.hints)


def test_every_lesson_has_at_least_two_exercises_named_after_it():
    for number in LESSONS:
        names = [e.name for e in load(number)]
        assert len(names) >= 2 and all(n.startswith(number + ".") for n in names)
    assert len({e.name for e in EXERCISES}) == len(EXERCISES)


WRONG = [
    ("03.ei", "def expected_improvement(m, s, b):\n    return b - m", "average improvement"),
    ("03.ei", "from scipy.stats import norm\ndef expected_improvement(m, s, b):\n    u = (m - b) / s\n"
     "    return s * (u * norm.cdf(u) + norm.pdf(u))", "average improvement"),
    ("03.ei", "def expected_improvement(m, s, b):\n    return (b - m)[:, None] * s", r"shape \(4,\), not \(4, 4\)"),
    ("03.switch", "def switch(a, b, c, d):\n    return (c - a) / (b - d)", "equal"),
    ("10.age", "def next_population(p, c):\n    return sorted(p, key=lambda m: m[1])[:-1] + [c]", "highest error"),
    ("10.age", "def next_population(p, c):\n    p.append(c)\n    return p[1:]", "has been changed"),
    ("10.age", "def next_population(p, c):\n    return p + [c]", "must have 3 again"),
    ("10.pressure", "def p_best(P, S):\n    return S / P", "without replacement"),
    ("13.gumbel", "import numpy as np\ndef gumbel_softmax(l, t, r):\n    e = np.exp(l / t)\n    return e / e.sum()", "Gumbel noise"),
    ("13.gumbel", "import numpy as np\ndef gumbel_softmax(l, t, r):\n    e = np.exp((l + r.normal(size=3)) / t)\n"
     "    return e / e.sum()", "shares"),
    ("13.gumbel", "import numpy as np\ndef gumbel_softmax(l, t, r):\n    e = np.exp(l + r.gumbel(size=3))\n"
     "    return e / e.sum()", "one-hot"),
    ("13.hvp", "def hessian_vector(g, w, v, e):\n    return (g(w + e * v) - g(w - e * v)) / 2. * e", "stood in well-known code"),
    ("13.hvp", "def hessian_vector(g, w, v, e):\n    w += e * v\n    return g(w)", "has been changed"),
    ("00.best", "def best_of(t):\n    return t.trials[0]", "the best is trial 1"),
    ("00.best", "def best_of(t):\n    return min(t.trials, key=lambda t: t.value)", "TypeError"),
    ("00.best", "def best_of(t):\n    return t.best.value", "must return a trial"),
    ("00.run", "trace = nasbook.search('random', 'branin', trials=10, seed=7)", "has 10 trials"),
    ("00.run", "trace = nasbook.search('random', 'branin', trials=30)", "seed 0"),
    ("00.run", "trace = nasbook.search('random', 'forrester', trials=30, seed=7)", "'forrester'"),
]  # fmt: skip


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says):
    exercise = nasbook.exercise(name)
    result = exercise.check(answer_of(exercise, source))
    assert not result.passed
    assert re.search(says, result.message), result.message


def test_a_passed_exercise_stays_passed_and_tries_are_counted():
    exercise = nasbook.exercise("10.pressure")
    exercise.check(lambda P, S: 0.5)
    exercise.check(answer_of(exercise, exercise.solution))
    before = Record().read()["10.pressure"]
    assert before["passed"] and before["tries"] == 2
    Record().update("10.pressure", when="2026-01-02T03:04:05+00:00")
    kept = Record().read()["10.pressure"]
    for answer in (lambda P, S: 0.5, answer_of(exercise, exercise.solution), ...):
        exercise.check(answer)
    exercise.hint(2)
    exercise.show().children[1].children[1].click()  # the solution, looked at afterwards
    assert Record().read()["10.pressure"] == kept | {"when": Record().read()["10.pressure"]["when"]}
    assert Record().read()["10.pressure"]["tries"] == 2 and "solution_seen" not in Record().read()["10.pressure"]


def test_restart_and_run_all_leaves_the_record_of_what_is_done():
    """What a teacher reads, tries and when, is what happened up to the first pass, to the byte."""
    exercise = nasbook.exercise("10.pressure")
    guess = nasbook.predict("13.q2")
    guess.lock(0)
    for answer in (lambda P, S: 0.5, answer_of(exercise, exercise.solution)):
        exercise.check(answer)
    wins = {0.1: [0.7, 0.2, 0.1]}
    guess.reveal(wins)
    path = Record().path
    old = path.read_text().replace('"when": "20', '"when": "19')  # as of a long time ago
    path.write_text(old)
    for answer in (..., lambda P, S: 0.5, answer_of(exercise, exercise.solution)):
        exercise.check(answer)
    nasbook.predict("13.q2").reveal(wins)
    assert path.read_text() == old


def test_a_check_before_its_stub_says_run_the_cell_above():
    exercise = nasbook.exercise("10.pressure")
    names = {"exercise": exercise}
    said = eval("exercise.check()", names)
    assert not said and "there is no p_best yet: run the cell above" in said.message
    assert Record().read() == {}  # that is no try
    exec(exercise.solution, names)
    assert eval("exercise.check()", names).passed


def test_an_error_that_cannot_say_what_it_is_does_not_escape_a_check():
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError

    def p_best(P, S):
        raise Mute

    assert "your answer raised Mute" in nasbook.exercise("10.pressure").check(p_best).message


def test_unknown_exercise_is_one_sentence():
    with pytest.raises(ValueError, match="there is no exercise '99.x'; there are 00.run"):
        nasbook.exercise("99.x")


def test_hints_and_solution_open_by_button():
    exercise = nasbook.exercise("03.ei")
    box = exercise.show()
    hint, solution = box.children[1].children
    hint.click()
    assert "Hint 1" in box.children[2].value and "Hint 2" not in box.children[2].value
    hint.click()
    assert "Hint 2" in box.children[2].value
    solution.click()
    assert "norm.cdf" in box.children[2].value
    assert Record().read()["03.ei"] == Record().read()["03.ei"] | {"hints": 2, "solution_seen": True}


def test_prediction_locks_before_and_reveals_after():
    p = nasbook.predict("03.q9", "Where next?", ["left", "right"])
    assert "nothing" in repr(p.reveal("left"))  # no answer locked: said, not hidden
    p._pressed()
    assert "Choose one" in p._note.value
    p._radio.value = "right"
    p._button.click()
    assert p.answer == "right" and p._radio.disabled and p._button.disabled
    with pytest.raises(ValueError, match="locked already"):
        p.lock("left")
    again = nasbook.predict("03.q9", "Where next?", ["left", "right"])  # the cell is run again
    assert again.answer == "right" and again._button.disabled
    told = again.reveal("left", "because it was there")
    assert "You said: right. It was: left." in repr(told) and "because it was there" in told._repr_html_()
    assert Record().read()["03.q9"]["outcome"] == "left"
    assert again.again().answer is None
    assert Record().read()["03.q9"]["again"] == 1 and "0 of 0 right" not in progress().children[0].value
    assert "locked" not in progress().children[0].value  # nothing is locked now, and nothing counts as right


def test_prediction_refuses_what_is_no_option():
    with pytest.raises(ValueError, match="at least two different options"):
        Prediction("x.y", "?", ["a", "a"])
    p = Prediction("x.y", "?", ["a", "b"])
    with pytest.raises(ValueError, match="not one of the answers"):
        p.lock("c")
    with pytest.raises(ValueError, match="not one of"):
        p.reveal("c")


def uploaded(name: str, content: bytes) -> dict:
    """What the browser sends for a chosen file."""
    return {
        "name": name,
        "type": "",
        "size": len(content),
        "content": memoryview(content),
        "last_modified": datetime.now(),
    }


def test_progress_table_download_and_restore(tmp_path):
    exercise = nasbook.exercise("10.pressure")
    exercise.check(answer_of(exercise, exercise.solution))
    box = progress()
    table, (link, upload), note = box.children[0], box.children[1].children, box.children[2]
    assert "○ ● ○ ○ 1 of 4" in table.value
    assert 'href="data:application/json;base64,' in link.value
    saved = Record().path.read_bytes()
    Record().path.unlink()
    upload.value = (uploaded("p.json", saved),)
    assert "Restored 1 entries" in note.value and Record().read()["10.pressure"]["passed"]
    upload.value = (uploaded("no.json", b"{}"),)
    assert "no.json: this is no progress file" in note.value


def test_restore_keeps_what_was_passed(tmp_path):
    record = Record(tmp_path / "a.json")
    record.update("10.age", passed=True)
    old = Record(tmp_path / "b.json")
    old.update("10.age", passed=False)
    passed = record.read()["10.age"]
    record.restore(old.path.read_text())
    assert record.read()["10.age"] == passed
    record.restore(json.dumps({"schema": "nasbook/progress@1", "entries": {"10.age": {"passed": True, "tries": 99}}}))
    assert record.read()["10.age"] == passed


def test_a_damaged_progress_file_is_put_aside_not_lost(tmp_path):
    path = tmp_path / "progress.json"
    path.write_text('{"schema": "nasbook/progr')
    record = Record(path)
    record.update("10.age", passed=True)
    assert "put aside" in record.problem
    assert (tmp_path / "progress.json.damaged").read_text() == '{"schema": "nasbook/progr'
    assert record.read()["10.age"]["passed"]


def test_a_read_only_folder_does_not_stop_a_lesson(tmp_path):
    record = Record(tmp_path / "nowhere" / "progress.json")
    record.update("10.age", passed=True)
    assert "progress is not kept" in record.problem


@given(st.text() | st.dictionaries(st.text(), st.integers()).map(json.dumps))
def test_restore_of_anything_else_is_one_sentence(text):
    with pytest.raises(ValueError, match="this is no progress file"):
        Record("never.json").restore(text)
