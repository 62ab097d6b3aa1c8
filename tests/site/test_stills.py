"""A method's page has its picture, of a search that costs nothing: the same bytes each time."""

import pytest

from nasbook import registry
from nasbook.site import stills
from nasbook.site.pictures import Pictures


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
