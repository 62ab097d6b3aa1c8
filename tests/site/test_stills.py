"""A method's page has its picture, of a search that costs nothing: the same bytes each time."""

from pathlib import Path

import pytest

from nasbook import registry
from nasbook.site import methods, stills
from nasbook.site.pictures import Pictures
from nasbook.site.sources import Sources


@pytest.mark.parametrize("name", ["asha", "parego", "rgpe", "staged"])
def test_the_picture_of_a_method_is_a_file_with_its_words(name, tmp_path):
    once, again = (stills.of_method(registry.find("method", name), Pictures(tmp_path), "../") for _ in range(2))
    (file,) = (tmp_path / "pictures").iterdir()
    assert once == again and f'src="../pictures/{file.name}"' in once and 'alt="' in once and 'alt=""' not in once
    assert f'nasbook.search("{name}"' in once


def test_what_trains_has_none(tmp_path):
    trains = [e for e in registry.METHODS if e.family == "one-shot" and e.name != "nes"]
    assert all(stills.of_method(e, Pictures(tmp_path), "../") == "" for e in trains)
    assert {*stills.NONE, *stills.OTHERS, *stills.BEFORE} <= {e.name for e in registry.METHODS}


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
