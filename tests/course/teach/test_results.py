"""Votes before the run, other words, and the hardest exercise first."""

from course.handed_in import Q, file_of, vote

import nasbook
from nasbook.course import Record, report
from nasbook.course.teach.results import told


def test_votes_are_those_before_the_run(tmp_path, monkeypatch):
    def one(name, *steps):
        monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / f"{name}.json"))
        for step in steps:
            guess = nasbook.predict("03.q1")
            if step == "again":
                guess.again()
            elif step == "reveal":
                guess.reveal({"EI": 0.6, "PI": 0.66, "UCB, κ = 0": 0.665, "UCB, κ = 5": 0.2}, 0.665)
            else:
                guess.lock(step)

    one("right", Q[0], "reveal")
    one("wrong", Q[1], "reveal")
    one("changed", Q[1], "reveal", "again", Q[0], "reveal")
    one("waits", Q[1])
    one("nothing", "reveal")
    (tmp_path / "older.json").write_text(file_of(vote(Q[0], again=1)))  # of a version that did not keep the first
    [found] = report(tmp_path).votes
    counts = dict(zip(found.options, found.counts, strict=True))
    assert counts[Q[0]] == 1 and counts[Q[1]] == 3 and found.again == 1 and found.outcome == Q[0]
    assert "1 of 4 predicted what came out" in found.sentence and "not counted" in found.sentence


def test_an_answer_in_other_words_and_a_question_of_the_teachers_own_are_shown(folder):
    (folder / "zoe.json").write_text(file_of({**vote("eine Schranke"), "mine.q": {"answer": "yes", "outcome": "no"}}))
    of = {v.name: v for v in report(folder).votes}
    assert "eine Schranke" in of["03.q1"].options and of["03.q1"].people == 3
    assert of["mine.q"].options == ("no", "yes") and of["mine.q"].right == 0


def test_the_hardest_exercise_and_its_wrong_answers_come_first(tmp_path, monkeypatch):
    for k in range(3):
        monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / f"p{k}.json"))
        enough = nasbook.exercise("01.enough")
        enough.check(lambda share, confidence: confidence / share + 0.5)
        enough.check(lambda share, confidence: int(f"{share}"))
        nasbook.exercise("10.pressure").check(lambda P, S: S / P)
        enough.check(...)
    found = report(tmp_path)
    assert found.hardest[0].name == "01.enough" and found.hardest[0].failing == 3 and found.hardest[0].tries == 6
    assert dict(found.hardest[0].wrong)["your answer raised ValueError"] == 3
    assert len(found.hardest[0].wrong) == 2 and all(n == 3 for _, n in found.hardest[0].wrong)
    assert "01.enough: 0 of 3 passed, 6 tries" in repr(found)
    Record(tmp_path / "p9.json").update("03.ei", tries=1, passed=True)
    assert "03.ei: 1 of 1 passed, 1 try\n" in repr(report(tmp_path)) + "\n"
    assert told("at 0.25 yours is -1.5e-3") == told("at 0.5 yours is 7")
