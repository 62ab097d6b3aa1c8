"""A lab on the first page keeps its words and finds its pictures."""

import base64
import io

import nbformat
from PIL import Image

from nasbook.site import front, run
from nasbook.site.pictures import Pictures, moved_up


def png():
    out = io.BytesIO()
    Image.new("P", (40, 20)).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def ran(*outputs, source="x", metadata=None, error=""):
    cell = nbformat.v4.new_code_cell(source, outputs=list(outputs), execution_count=1, metadata=metadata or {})
    first = nbformat.v4.new_markdown_cell("# 03 · Title\n\n**After this lesson** you can.")
    return run.Lesson("03_title", None, nbformat.v4.new_notebook(cells=[first, cell]), error)


def shown(made):
    return [out for cell in made.cells for out in cell.get("outputs", ())]


def test_a_lab_on_the_first_page_keeps_its_words_and_finds_its_pictures(tmp_path):
    shown = Pictures(tmp_path).out_of(
        f'<img src="data:image/png;base64,{png()}" alt="see ../pictures/ and ../x">', "../"
    )
    (file,) = (tmp_path / "pictures").iterdir()
    moved = moved_up(shown, "../")
    assert f'src="pictures/{file.name}"' in moved and 'alt="see ../pictures/ and ../x"' in moved
    first = run.Lesson("03_title", None, ran().notebook)
    assert moved in front.first([first], "", {"03": {"bayesian": shown}})
