"""The page of a method says what shows it, where it cannot itself."""

from pathlib import Path

import pytest

from nasbook.site import methods, stills
from nasbook.site.sources import Sources


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("scarlet", ['`trace.plot("paths")` draws', "No lab plays it. Lesson 12 shows it without one."]),
        ("priorband", ["No lab plays it. Lesson 18 shows"]),
        ("compound", ["Nothing is trained for this page", '`nasbook.lab("hardware")`, in a notebook.']),
    ],
)
def test_a_page_says_what_shows_a_method_that_it_cannot_show(name, words):
    root = Path(stills.__file__).parents[2]
    text = methods.page(name, Sources(root, set()), {}, "")
    assert all(each in text for each in words)
