"""A picture is a file with its words, its size and its turn."""

import nbformat
from site_lessons import png, ran, shown

from nasbook.site import lesson
from nasbook.site.pictures import Pictures


def test_a_picture_is_a_file_with_its_alt_its_size_and_its_turn(tmp_path):
    html = f'<img alt="a line &amp; a dot" width="20" src="data:image/png;base64,{png()}">'
    result = nbformat.v4.new_output("execute_result", {"text/html": html, "image/png": png()}, execution_count=1)
    each = ran(result, result)
    made = lesson.page(each, Pictures(tmp_path), "bar", lambda path: None)
    first, second = shown(made)
    (file,) = (tmp_path / "pictures").iterdir()  # the same picture is there once
    assert first.data["text/html"] == second.data["text/html"]
    assert f'src="../pictures/{file.name}"' in first.data["text/html"] and "base64" not in str(made)
    assert 'height="10"' in first.data["text/html"] and 'loading="lazy"' in first.data["text/html"]
    (picture, _) = lesson.gallery(each, made)
    assert (picture.alt, picture.src) == ("a line &amp; a dot", f"pictures/{file.name}")
