"""A lesson's page holds what a reader sees of its outputs: no widget, no traceback, no picture as text."""

import re
from urllib.parse import unquote

import nbformat
import pytest
from site_lessons import ran, shown

from nasbook.site import front, lesson, run
from nasbook.site.pictures import Pictures
from nasbook.site.sources import Sources
from nasbook.site.words import relink

WIDGET = {"application/vnd.jupyter.widget-view+json": {"model_id": "gone"}, "text/plain": "a lab"}


def test_what_needs_a_kernel_or_is_noise_is_left_out(tmp_path):
    made = lesson.page(
        ran(
            nbformat.v4.new_output("display_data", WIDGET),
            nbformat.v4.new_output("stream", name="stderr", text="\r 10%\r 90%"),
            nbformat.v4.new_output("stream", name="stdout", text="10 %\r90 %\n\x1b[31mred\x1b[0m"),
            nbformat.v4.new_output("error", ename="ValueError", evalue="too small", traceback=["Traceback …"]),
            nbformat.v4.new_output("display_data", {**WIDGET, "text/html": '<div class="nb-frames"></div>'}),
        ),
        Pictures(tmp_path),
        "bar",
        lambda path: None,
    )
    out, error, frames = shown(made)
    assert out.text == "90 %\nred" and error.text == "ValueError: too small" and "Traceback" not in str(made)
    assert dict(frames.data) == {"text/html": '<div class="nb-frames"></div>'}


def test_a_check_that_nobody_has_answered_is_left_out_and_an_early_end_is_said(tmp_path):
    each = ran(
        source="nasbook.exercise('03.a').check()", metadata={"nasbook": {"check": "03.a"}}, error="cell 1: X: <y>"
    )
    made = lesson.page(each, Pictures(tmp_path), "bar", lambda path: None)
    assert not [cell for cell in made.cells if cell.cell_type == "code"]
    assert "the lesson stopped at cell 1: X: &lt;y&gt;" in made.cells[2].source


def test_notebooks_that_were_run_must_be_those_lessons(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    with pytest.raises(ValueError, match="holds no lesson"):
        run.lessons(here, there, 3, print)
    nbformat.write(ran().notebook, here / "03_title.ipynb")
    with pytest.raises(ValueError, match="no folder of notebooks that were run"):
        run.lessons(here, there, 3, print)
    there.mkdir()
    with pytest.raises(ValueError, match="is not there: run the lessons again"):
        run.lessons(here, there, 3, print)
    (there / "03_title.ipynb").write_text("{}")
    with pytest.raises(ValueError, match="is no notebook"):
        run.lessons(here, there, 3, print)
    nbformat.write(ran(source="y").notebook, there / "03_title.ipynb")
    with pytest.raises(ValueError, match="was run from other cells"):
        run.lessons(here, there, 3, print)
    failed = nbformat.v4.new_output("error", ename="ValueError", evalue="too\nsmall", traceback=[])
    nbformat.write(ran(failed).notebook, there / "03_title.ipynb")
    (found,) = run.lessons(here, there, 3, print)
    assert found.error == "cell 1: ValueError: too small" and found.number == "03"


def test_a_lesson_of_any_name_and_without_a_heading_has_a_page_that_links_reach(tmp_path):
    for name in ('03_my lesson, "how" & why' + "y" * 60, "04_überblick"):
        code = nbformat.v4.new_code_cell("# no heading")
        nbformat.write(nbformat.v4.new_notebook(cells=[code]), tmp_path / f"{name}.ipynb")
    first, second = ran_here = run.lessons(tmp_path, tmp_path, 3, print)
    made = lesson.page(second, Pictures(tmp_path / "site"), "bar", lambda path: None)
    nbformat.validate(lesson.page(first, Pictures(tmp_path / "site"), "bar", lambda path: None))
    assert made.cells[0].source == "# 04\\_überblick" and made.cells[1].source == "bar"
    leads = Sources(tmp_path, {each.page for each in ran_here}).leads
    assert all(re.fullmatch(r"[\w-]+", each.page, re.ASCII) for each in ran_here)
    text = relink("[on](04_%C3%BCberblick.ipynb)", "notebooks", leads)
    assert text == f"[on](../lessons/{second.page}.ipynb)"
    assert f"]({second.page}.ipynb)**\n\n```" in front.lessons(ran_here)  # no line's end that stands alone
    taken = re.search(r'href="([^"]*)" download', front.bar(first, ran_here, ""))[1]
    assert (tmp_path / unquote(taken.removeprefix("../notebooks/"))).is_file()
    (tmp_path / "04_überblick.ipynb").rename(tmp_path / "03_my-lesson-how-why.ipynb")
    (tmp_path / "03_my lesson how why.ipynb").write_bytes((tmp_path / "03_my-lesson-how-why.ipynb").read_bytes())
    with pytest.raises(ValueError, match="would be one page: rename one"):
        run.lessons(tmp_path, tmp_path, 3, print)
