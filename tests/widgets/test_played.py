"""A lab as frames: what is played is what the lab itself shows."""

import io
import json
import re

import numpy as np
import pytest
from PIL import Image
from widgets.simple_lab import DotsLab, pixels

from nasbook import registry
from nasbook.widgets.played import capture, places


class ToldLab(DotsLab):
    telling = ("width", (0.05, 0.2))


def decoded(frame):
    return np.asarray(Image.open(io.BytesIO(frame.image)).convert("RGB"))


def test_each_frame_is_the_picture_the_words_and_the_sentence_of_the_lab_itself():
    frames = capture(ToldLab(trials=7, seed=3), 4)
    assert frames.control == "Width" and frames.labels == ("0.05", "0.1", "0.2") and frames.start == 1
    for row, width in zip(frames.rows, (0.05, 0.1, 0.2), strict=True):
        lab = DotsLab(trials=7, seed=3, width=width)
        lab.run()
        assert [f.step for f in row] == ([0, 2, 5, 7] if width == 0.1 else [0, 7])
        for frame in row:
            lab.scrub(frame.step)
            assert np.array_equal(decoded(frame), pixels(lab))
            assert (frame.alt, frame.sentence) == (lab.image.alt, lab.said)


def test_the_lab_that_is_captured_stays_as_it_is_and_the_same_lab_gives_the_same_bytes():
    lab = ToldLab(trials=5)
    one = capture(lab, 3)
    assert not lab.steps and lab.runner.state == "ready"
    lab.step(2)
    assert capture(lab, 3).html() == one.html() and len(lab.steps) == 2


def test_what_was_set_since_counts():
    lab = DotsLab(trials=5)
    lab.set(seed=4)
    assert [f.alt for f in capture(lab, 2).rows[0]] == ["0 trials over x", "5 trials over x"]
    again = DotsLab(trials=5, seed=4)
    assert capture(lab, 2).last == capture(again, 2).last != capture(DotsLab(trials=5), 2).last


def test_the_page_holds_the_words_and_nothing_in_them_ends_its_script(tmp_path):
    class Hostile(ToldLab):
        def sentence(self, n):
            return f'</script><!--<script><b>{n}</b> & "so"'

    frames = capture(Hostile(trials=5), 3)
    text = frames.html()
    inside = re.search(r'class="nb-data">(.*?)</script>', text, re.S).group(1)
    data = json.loads(inside)
    assert (
        data["rows"][1][-1][3] == '</script><!--<script><b>5</b> & "so"'
        and "&lt;/script&gt;" in text
        and "<" not in inside
    )
    assert len(data["images"]) == len({f.image for row in frames.rows for f in row})
    page = frames.write(tmp_path / "a" / "b").read_text(encoding="utf-8")
    assert inside in page and "http" not in page.replace(inside, "")


def test_a_value_that_does_not_go_with_the_other_settings_is_left_out():
    class Narrow(DotsLab):
        telling = ("task", ("forrester", "nothing"))

    frames = capture(Narrow(trials=5), 2)
    assert frames.labels == ("forrester",) and len(frames.rows) == 1
    (said,) = frames.left_out
    assert said.startswith("nothing: ") and "'nothing'" in said and frames.html()


def test_what_goes_wrong_in_the_search_of_another_value_is_raised():
    class Broken(DotsLab):
        telling = ("width", (0.05, 0.2))

        def make_search(self):
            if self.values["width"] == 0.2:
                raise ValueError("the search broke")
            return super().make_search()

    with pytest.raises(ValueError, match="the search broke"):
        capture(Broken(trials=5, width=0.05), 2)


def test_fewer_than_two_frames_are_none():
    with pytest.raises(ValueError, match="at least two frames"):
        capture(DotsLab(), 1)


def test_places():
    assert places(0, 5) == [0] and places(4, 5) == [0, 1, 2, 3, 4] and places(100, 5) == [0, 25, 50, 75, 100]


@pytest.mark.parametrize("entry", registry.LABS, ids=lambda e: e.name)
def test_each_lab_says_which_control_tells_most(entry):
    name, values = entry.load().telling
    assert 2 <= len(values) <= 7 and len(set(values)) == len(values), name


def test_a_setting_that_only_draws_needs_no_other_search_and_a_short_look_no_other_value():
    class Banded(DotsLab):
        telling = ("band", (True, False))
        made = 0

        def make_search(self):
            Banded.made += 1
            return super().make_search()

    frames = capture(Banded(trials=8), 4)
    assert Banded.made == 1 and frames.labels == ("yes", "no") and [len(row) for row in frames.rows] == [4, 2]
    short = capture(Banded(trials=8), 3, short=True)
    assert [f.step for f in short.rows[0]] == [0, 1, 2] and short.control == ""
    assert short.rows[0][0] == frames.rows[0][0]
