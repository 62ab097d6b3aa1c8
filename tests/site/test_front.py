"""A lab on the first page keeps its words and finds its pictures."""

from site_lessons import png, ran

from nasbook.site import front, run
from nasbook.site.pictures import Pictures, moved_up


def test_a_lab_on_the_first_page_keeps_its_words_and_finds_its_pictures(tmp_path):
    shown = Pictures(tmp_path).out_of(
        f'<img src="data:image/png;base64,{png()}" alt="see ../pictures/ and ../x">', "../"
    )
    (file,) = (tmp_path / "pictures").iterdir()
    moved = moved_up(shown, "../")
    assert f'src="pictures/{file.name}"' in moved and 'alt="see ../pictures/ and ../x"' in moved
    first = run.Lesson("03_title", None, ran().notebook)
    assert moved in front.first([first], "", {"03": {"bayesian": shown}})
