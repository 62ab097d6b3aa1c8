"""Of many lessons the handout has only the titles."""

import html
from pathlib import Path

from nasbook.course.lessons import LESSONS
from nasbook.course.teach import sheets
from nasbook.course.teach.lesson import read
from nasbook.course.teach.plan import workshop

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"


def test_of_many_lessons_the_handout_has_only_the_titles():
    """So that it stays one page, which was counted in a browser for 1, 6, 7, 13 and all lessons."""
    lessons = [read(NOTEBOOKS, n) for n in LESSONS]
    few, many = (sheets.handout(workshop(lessons[:n], 24 * 60), "", "class") for n in (6, 13))
    assert few.count("After it") == 6 and lessons[12].title not in few
    assert "After it" not in many and all(html.escape(one.title) in many for one in lessons[:13])
