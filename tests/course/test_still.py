"""What a page without a kernel shows of exercises and progress."""

import json
import re

from nasbook.course.record import FIELDS
from nasbook.course.still import exercise_html, progress_html


def test_every_field_of_a_record_has_its_type_in_the_browser():
    data = json.loads(re.search(r'class="nb-data">(.*?)</script>', progress_html({"01": "x"}, {"01": ["01.a"]}))[1])
    assert data["fields"].keys() == FIELDS.keys()
    assert set(data["fields"].values()) <= {"boolean", "number", "string", "object"}


def test_an_exercise_without_a_solution_has_none_to_open():
    assert "Solution" in exercise_html("01.a", ("one", "two"), "def f(): pass")
    without = exercise_html("01.a", ("one", "two"), "")
    assert (
        "olution" not in without and without.count("<details") == 2 and without.count("<div") == without.count("</div")
    )
