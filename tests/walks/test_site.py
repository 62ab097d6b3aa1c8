"""Lessons of a teacher's own, one of them translated, become a site by one command, and the same site once more."""

import re
import shutil

import nbformat
import pytest

pytest.importorskip("furo")
from nasbook import registry
from nasbook.cli import main
from nasbook.site import reference, run

LAB = 'nasbook.lab("bayesian", trials=2, seed=1)'
ASKS = 'guess = nasbook.predict("03.q1")\nguess'


def lesson(folder, name, heading, *code):
    folder.mkdir(exist_ok=True)
    cells = [nbformat.v4.new_markdown_cell(f"# {heading}"), *map(nbformat.v4.new_code_cell, code)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / name)


@pytest.fixture
def few(monkeypatch):
    """Pages of two methods and of one module: the others are made likewise."""
    monkeypatch.setattr(registry, "METHODS", [e for e in registry.METHODS if e.name in ("random", "bayesian")])
    monkeypatch.setattr(reference, "ROOMS", {"nasbook.testing": "Checks for a method of your own"})


def test_lessons_are_run_and_shown_in_their_languages_the_same_bytes_twice(tmp_path, few, capsys):
    notebooks, ran, out = tmp_path / "notebooks", tmp_path / "ran", tmp_path / "out"
    lesson(notebooks, "03_small.ipynb", "03 · Small", "import nasbook", ASKS, LAB)
    ran.mkdir()
    (each,) = run.lessons(notebooks, None, 3, print)
    nbformat.write(each.notebook, ran / each.file)
    lesson(notebooks / "de", "03_klein.ipynb", "03 · Klein", "print('Hallo')")
    shutil.copytree(notebooks / "de", ran / "de")
    made = []
    for _ in range(2):
        assert main(["site", str(out), "--notebooks", str(notebooks), "--executed", str(ran)]) == 0
        assert f"Wrote {out}" in capsys.readouterr().out
        made.append({p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()})
    assert made[0] == made[1]

    page, translated = ((out / "lessons" / name).read_text() for name in ("03_small.html", "de-03_klein.html"))
    assert 'data-lab="bayesian"' in page and 'class="nb-data"' in page
    assert re.search(r'<form[^>]*nb-|class="nb-question', page) and "Traceback" not in page + translated
    for src in re.findall(r'src="\.\./(pictures/[^"]+)"', page):
        assert (out / src).is_file()
    assert '<div lang="de">' in translated and "Hallo" in translated and "Notebook herunterladen" in translated
    assert 'href="03_small.html" lang="en"' in translated and 'href="de-03_klein.html" lang="de"' in page
    assert (out / "notebooks/de/03_klein.ipynb").read_bytes() == (notebooks / "de/03_klein.ipynb").read_bytes()
    assert "<div lang=" not in page and "Klein" in (out / "lessons/index.html").read_text()


def test_a_lesson_that_stops_is_said_and_what_is_not_there_is_one_sentence(tmp_path, few, capsys):
    notebooks, ran = tmp_path / "notebooks", tmp_path / "ran"
    lesson(notebooks, "03_small.ipynb", "03 · Small", "1 / 0")
    lesson(notebooks / "de", "03_klein.ipynb", "03 · Klein", "1 / 0")
    command = ["site", str(tmp_path / "out"), "--notebooks", str(notebooks), "--executed", str(ran)]
    assert main(command) == 2 and "is no folder of notebooks that were run" in capsys.readouterr().err
    ran.mkdir()
    stopped = nbformat.read(notebooks / "03_small.ipynb", 4)
    stopped.cells[1].outputs = [nbformat.v4.new_output("error", ename="ZeroDivisionError", evalue="no", traceback=[])]
    nbformat.write(stopped, ran / "03_small.ipynb")
    assert main(command) == 1
    said = "".join(capsys.readouterr())
    assert "03_small.ipynb: cell 1: ZeroDivisionError: no" in said and "de/03_klein.ipynb is not in" in said
    assert "This page ends early" in (tmp_path / "out/lessons/03_small.html").read_text()
    assert not (tmp_path / "out/lessons/de-03_klein.html").exists()
