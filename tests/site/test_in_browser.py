"""What is different in a lesson where torch cannot be: every change is of something that the lesson has."""

import json
from pathlib import Path

import nbformat
import pytest

from nasbook.site import in_browser, lite

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.mark.parametrize("number", sorted({*in_browser.CHANGES, *in_browser.FEWER, *in_browser.NEEDS, "01"}))
def test_a_lesson_is_changed_as_it_says(number):
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    before = [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]
    assert in_browser.adapted(number, notebook) == []
    nbformat.validate(notebook)
    after = [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]
    said = after.pop(1)[1] if len(after) > len(before) else ""
    assert (after != before) == (number in in_browser.CHANGES or number in in_browser.FEWER)
    assert ("looked up" in said) == (number in in_browser.CHANGES) and ("fewer" in said) == (number in in_browser.FEWER)
    assert ("torch, or what" in said) == (number in in_browser.NEEDS)
    for (kind, source), (_, was) in zip(after, before, strict=True):
        if kind == "code" and source != was:
            compile(source, number, "exec")


def test_lessons_of_somebody_else_are_left_as_they_are():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# 00 · Mine")])
    assert len(in_browser.adapted("10", notebook)) == len(in_browser.CHANGES["10"]) + len(in_browser.FEWER["10"])
    assert in_browser.note("01") == "" and set(in_browser.NEEDS) <= set(lite.LESSONS)
