"""What a page without a kernel shows of questions, outcomes, exercises and progress."""

import html
import json
import re

from nasbook.course import exercise, predict
from nasbook.course.lessons import LESSONS, load
from nasbook.course.record import SCHEMA
from nasbook.course.still import exercise_html, outcome_html, progress_html, question_html


def test_all_words_can_be_read_without_a_script_and_none_is_markup():
    asked = question_html('q"1', ["<b>left</b>", "right & more"], "Which <way>?")
    assert "<b>left" not in asked and html.unescape(asked).count("right & more") == 2 and "&lt;way&gt;" in asked
    told = outcome_html("q", '<i>"left"</i>', "because <so>")
    assert 'data-outcome="&lt;i&gt;&quot;left&quot;&lt;/i&gt;"' in told and "because &lt;so&gt;" in told
    shown = exercise_html("03.x", ("one", "two"), "if a < b:\n    pass")
    assert shown.count("<details") == 3 and "if a &lt; b:" in shown


def test_where_a_site_is_built_a_question_an_outcome_and_an_exercise_are_plain_html(monkeypatch, tmp_path):
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setenv("NASBOOK_FRAMES", "3")
    guess = predict("own", "Left or right?", ["left", "right"])
    told = guess.reveal("left", "because")
    assert told._repr_html_() == outcome_html("own", "left", "because") and "You said" not in told._repr_html_()
    monkeypatch.delenv("NASBOOK_FRAMES")
    assert "You said" in told._repr_html_()
    one = exercise("03.ei")
    assert all(hint in exercise_html(one.name, one.hints, one.solution) for hint in one.hints)


def test_progress_names_every_lesson_and_exercise():
    text = progress_html(LESSONS, {n: [e.name for e in load(n)] for n in LESSONS})
    data = json.loads(re.search(r'class="nb-data">(.*?)</script>', text, re.S).group(1))
    assert data["schema"] == SCHEMA and [row[0] for row in data["lessons"]] == list(LESSONS)
    assert data["fields"]["answer"] == data["fields"]["first"] == ["null", "string"] and data["fields"]["when"] == [
        "string"
    ]
    assert data["fields"]["hints"] == ["number"] and data["fields"]["wrong"] == ["array"]
