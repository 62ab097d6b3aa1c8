"""The folder of a class: what is in it, what fits, and what is never overwritten."""

import base64
import errno
import html
import io
import json
import re
import tempfile
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

import nasbook
from nasbook.cli import main
from nasbook.course import running
from nasbook.course.lessons import LESSONS, load, questions
from nasbook.course.notes import Notes, Part
from nasbook.course.teach import folder
from nasbook.course.teach.lesson import Lesson, read
from nasbook.course.teach.slides import slides
from nasbook.widgets.played import capture

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("made") / "week1"
    folder.new(out, ["01", "03"], 90, NOTEBOOKS, "ada/hpo")
    return out


def cells(path):
    return nbformat.read(path, 4).cells


def test_all_that_a_class_needs_is_there_and_always_the_same(made, tmp_path):
    names = {str(p.relative_to(made)) for p in made.rglob("*") if p.is_file()}
    files = ("01_be_the_optimiser", "03_acquisition")
    assert names == {
        "README.md",
        "syllabus.md",
        "handout.html",
        *(f"slides/{f}.html" for f in files),
        *(f"{who}/{f}.ipynb" for who in ("student", "teacher") for f in files),
    }
    again = tmp_path / "deep" / "week1"
    folder.new(again, ["1", " 03", "01"], 90, NOTEBOOKS, "ada/hpo")
    assert {n: (made / n).read_bytes() for n in names} == {n: (again / n).read_bytes() for n in names}


@pytest.mark.parametrize("number", LESSONS)
def test_no_lesson_shows_its_learners_a_solution_or_a_note(number):
    from nasbook.course.teach.notebooks import student, teacher

    lesson = read(NOTEBOOKS, number)
    theirs, mine = student(lesson, {number: lesson.file}, ""), teacher(lesson, {number: lesson.file}, "")
    text = "\n".join("".join(c["source"]) for c in theirs["cells"])
    for exercise in load(number):
        assert exercise.stub in text and exercise.solution not in text
        assert f'nasbook.exercise("{exercise.name}", solution=False)' in text
        assert exercise.solution in "\n".join("".join(c["source"]) for c in mine["cells"])
    assert not re.search(r'nasbook\.exercise\("[^"]+"\)$', text, re.M), "a button with a solution"
    assert "Teacher" not in text and "teacher-" not in json.dumps(theirs)
    nbformat.validate(nbformat.from_dict(theirs))
    nbformat.validate(nbformat.from_dict(mine))


def test_an_exercise_without_its_solution_has_no_button_for_it():
    assert len(nasbook.exercise("01.enough", solution=False).show().children[1].children) == 1
    assert len(nasbook.exercise("01.enough").show().children[1].children) == 2


def test_the_learners_notebook_runs(made, tmp_path, monkeypatch):
    """What differs from the lesson is run here; the lesson itself is run, from top to bottom, by `make notebooks`."""
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "p.json"))
    theirs = nbformat.read(made / "student/01_be_the_optimiser.ipynb", 4)
    lines = [c.source for c in theirs.cells if c.cell_type == "code"]
    original = [c.source for c in cells(NOTEBOOKS / "01_be_the_optimiser.ipynb") if c.cell_type == "code"]
    changed = [(a, b) for a, b in zip(original, lines, strict=True) if a != b]
    assert changed == [
        (f'nasbook.exercise("{e.name}")', f'nasbook.exercise("{e.name}", solution=False)') for e in load("01")
    ]
    names = {"nasbook": nasbook}
    said = []
    for cell in (c for c in theirs.cells if "nasbook" in c.metadata):
        if "check" in cell.metadata["nasbook"]:
            said.append(eval(cell.source, names))
        else:
            exec(cell.source, names)
    assert len(said) == len(load("01")) and all(not s and "still" in s.message for s in said)


def test_links_lead_where_the_class_has_something(made):
    for path in made.glob("*/*.ipynb"):
        for cell in cells(path):
            if cell.cell_type == "markdown":
                for target in re.findall(r"\]\(([^)#]+?)\)", cell.source):
                    assert target.startswith("http") or (path.parent / target).exists(), f"{path}: {target}"
    text = (made / "student/01_be_the_optimiser.ipynb").read_text()
    assert "https://github.com/ada/hpo/blob/HEAD/nasbook/hpo/grid.py" in text


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.outside = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.outside += [v for k, v in attrs if k in ("src", "srcset") or (tag == "link" and k == "href")]


def test_slides_need_nothing_but_themselves_and_have_every_question_and_exercise(made):
    text = (made / "slides/03_acquisition.html").read_text()
    assert not Page(text).outside and "@import" not in text and "url(" not in text
    assert text.count("<section>") >= len(questions("03")) + len(load("03")) + 3
    for question in questions("03"):
        assert all(option.replace("'", "&#x27;") in text for option in question.options)
    assert "def expected_improvement(mean, std, best):\n    u" not in text


@pytest.mark.parametrize("number", LESSONS)
def test_no_slide_shows_the_source_of_a_formula_or_a_link(number):
    text = slides(read(NOTEBOOKS, number))
    body = text[text.index("<body") : text.index("<script>")]
    assert "$" not in body and "](" not in body and not Page(text).outside
    assert not re.search(r":\s*</p>\s*(<aside|</section)", body), "it announces what is not there"
    text = "".join("".join(c["source"]) for c in read(NOTEBOOKS, number).notebook["cells"])
    assert body.count('display="block"') == text.count("$$") // 2


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Lesson 02 as if it had been run: a picture in a cell, a lab in another."""
    notebook = nbformat.read(NOTEBOOKS / "02_gaussian_processes.ipynb", 4)
    plot = nasbook.search("random", "branin", trials=3, seed=0).plot()
    frames = capture(nasbook.lab("race", trials=10), 2, alone=True)
    i, j = (next(i for i, c in enumerate(notebook.cells) if s in c.source) for s in ("nasbook.plots", "nasbook.lab("))
    notebook.cells[i].outputs = [nbformat.v4.new_output("display_data", plot._repr_mimebundle_())]
    notebook.cells[j].outputs = [nbformat.v4.new_output("display_data", {"text/html": frames.html()})]
    folder = tmp_path_factory.mktemp("ran")
    nbformat.write(notebook, folder / "02_gaussian_processes.ipynb")
    return folder, plot, frames


def test_slides_have_the_pictures_of_a_lesson_that_was_run(ran, tmp_path, monkeypatch, capsys):
    executed, plot, frames = ran
    monkeypatch.chdir(NOTEBOOKS.parent)
    out = tmp_path / "c"
    assert main(["course", "new", "--lessons", "02", "--executed", str(executed), str(out)]) == 0
    text = (out / "slides/02_gaussian_processes.html").read_text()
    shown = re.findall(r'<figure.*?<img src="data:image/webp;base64,(.*?)" alt="(.*?)">', text)
    assert [html.unescape(alt) for _, alt in shown] == [plot.alt, frames.alt]
    drawn = [np.array(Image.open(io.BytesIO(base64.b64decode(data)))) for data, _ in shown]
    last = Image.open(io.BytesIO(frames.last.image)).convert("RGB")
    assert np.array_equal(drawn[1], np.array(last)) and drawn[0].shape[1] <= 1200
    assert text.index("Before Play") < text.index(html.escape(frames.alt)) < text.index(html.escape(frames.sentence))
    assert len(text) < 400_000 and not [x for x in Page(text).outside if not x.startswith("data:image/webp")]
    other = nbformat.read(executed / "02_gaussian_processes.ipynb", 4)
    other.cells[1].source += "\n# changed"
    nbformat.write(other, tmp_path / "02_gaussian_processes.ipynb")
    capsys.readouterr()
    for more, says in (
        (["--executed", str(tmp_path)], "was run from other cells"),
        (["--executed", str(tmp_path / "none")], "is not there"),
        (["--executed", str(tmp_path), "--no-pictures"], "name one of the two"),
    ):
        assert main(["course", "new", "--lessons", "02", *more, str(tmp_path / "d")]) == 2
        told = capsys.readouterr().err
        assert says in told and told.count("\n") == 1 and not (tmp_path / "d").exists()


def test_a_lesson_is_run_for_its_pictures_and_one_that_stops_is_said(tmp_path, monkeypatch):
    said, run = [], []

    def half(source, folder, frames):
        assert folder != NOTEBOOKS and (folder / source.name).exists() and frames == 1
        run.append(source.name)
        return nbformat.read(source, 4), "cell 3: ValueError: no"

    monkeypatch.setattr(running, "run", half)
    folder.new(tmp_path / "c", ["02"], 90, NOTEBOOKS, pictures=True, say=said.append)
    assert run == ["02_gaussian_processes.ipynb"] and (tmp_path / "c/slides/02_gaussian_processes.html").exists()
    assert said[0].startswith("running lesson 02") and said[1].endswith("from there on: cell 3: ValueError: no")


def test_what_stands_around_a_formula_is_with_it_and_nowhere_else():
    from nasbook.course.teach.slides import _formulas, _words

    text = "One. For k it is\n\n$$a$$\n\nwith b. Two $x$.\n\nThe rest is\n\n$$c$$\n\nThree."
    assert list(_formulas(text)) == ["For k it is\n\n$$a$$\n\nwith b.", "The rest is\n\n$$c$$"]
    assert _words(text).split() == ["One.", "Two", "$x$.", "Three."]
    assert list(_formulas("$$a$$")) == ["$$a$$"] and _words("$$a$$") == ""
    assert list(_formulas("$$a$$\n\n$$b$$")) == ["$$a$$", "$$b$$"]


def test_the_teachers_notebook_says_what_to_say(made):
    text = "\n".join(c.source for c in cells(made / "teacher/01_be_the_optimiser.ipynb"))
    for words in ("They believe before", "Ask first", "Listen for", "Usual mishap", "When time is short", "| 8 |"):
        assert words in text


def lesson(number, *parts):
    """A lesson of parts (heading, minutes, skip)."""
    notes = Notes(number, "", "", (), tuple(Part(h, m, skip=s) for h, m, s in parts), ())
    made = Lesson(number, f"{number}_x.ipynb", {"cells": [{"cell_type": "markdown", "source": "**Time:** 9 minutes."}]})
    made.__dict__["notes"] = notes
    return made


def test_what_cannot_be_written_is_said_of_the_folder_and_of_no_hidden_file(tmp_path, monkeypatch):
    (tmp_path / "f").write_text("")
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "x").write_text("")
    for out, at in (("f/new", "f: file exists"), ("there", "there/x: file exists")):
        with pytest.raises(ValueError, match=f"^{tmp_path}/{at}, so no class was written into {tmp_path}/{out}$"):
            folder._write(tmp_path / out, {"x/y.md": "1"})
    folder._write(tmp_path / ("n" * 250), {"y.md": "1"})  # a name that leaves no room for a longer one
    assert (tmp_path / ("n" * 250) / "y.md").read_text() == "1"

    def refused(prefix, dir):
        raise PermissionError(errno.EACCES, "Permission denied", str(dir / f"{prefix}x1"))

    monkeypatch.setattr(tempfile, "mkdtemp", refused)
    with pytest.raises(ValueError, match=f"^{tmp_path}: permission denied, so no class was written"):
        folder._write(tmp_path / "c", {"x/y.md": "1"})


def test_a_folder_is_not_overwritten_without_being_asked(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(NOTEBOOKS.parent)
    out = tmp_path / "class"
    arguments = ["course", "new", "--no-pictures", "--lessons", "00", str(out)]
    out.mkdir()
    (out / "README.md").write_text("mine")
    (out / "names.txt").write_text("mine")
    assert main(arguments) == 2
    assert f"{out} exists; --overwrite" in capsys.readouterr().err and (out / "README.md").read_text() == "mine"
    assert main([*arguments, "--overwrite"]) == 0
    assert (out / "names.txt").read_text() == "mine" and (out / "student/00_start_here.ipynb").exists()
    assert (out / "README.md").read_text() != "mine"
    assert not list(tmp_path.rglob(".*"))


def test_a_folder_that_is_there_is_written_within_itself(tmp_path, monkeypatch):
    """It may be a disk of its own, and the folder above it somebody else's."""
    seen = []
    mkdtemp = tempfile.mkdtemp
    monkeypatch.setattr(tempfile, "mkdtemp", lambda **k: seen.append(Path(k["dir"])) or mkdtemp(**k))
    folder._write(tmp_path / "a" / "new", {"x/y.md": "1"})
    (tmp_path / "there").mkdir()
    folder._write(tmp_path / "there", {"x/y.md": "2"})
    assert seen == [tmp_path / "a", tmp_path / "there"]
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "new", "there", "x", "x", "y.md", "y.md"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--lessons", "99"], "there is no lesson '99'; there are 00 to"),
        (["--lessons", "01,x"], "there is no lesson 'x'"),
        (["--lessons", ","], "name at least one lesson"),
        (["--lessons", "01", "--minutes", "12"], "12 minutes are too few: lesson 01 needs"),
        (["--lessons", "01", "--minutes", "0"], "must be a whole number of at least 1"),
        (["--lessons", "01", "--minutes", "1000000"], "between 1 and 1440 minutes"),
        (["--lessons", "01", "--repository", "https://x.y/a/b"], "a repository is OWNER/NAME"),
        ([], "--lessons"),
    ],
)
def test_a_wrong_word_is_one_sentence_and_nothing_is_written(arguments, says, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(NOTEBOOKS.parent)
    assert main(["course", "new", "--no-pictures", *arguments, str(tmp_path / "c")]) == 2
    told = capsys.readouterr().err
    assert says in told and told.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_place_of_the_folder_and_no_lessons_here(tmp_path, capsys, monkeypatch):
    (tmp_path / "f").write_text("x")
    with pytest.raises(ValueError, match="is a file; a class needs a folder"):
        folder.new(tmp_path / "f", ["01"], 90, NOTEBOOKS)
    with pytest.raises(ValueError, match="there is no notebook of lesson 01"):
        folder.new(tmp_path / "c", ["01"], 90, tmp_path)
    (tmp_path / "01_x.ipynb").write_text("[]")
    with pytest.raises(ValueError, match="is no notebook"):
        folder.new(tmp_path / "c", ["01"], 90, tmp_path)


def test_a_class_in_another_language_has_what_is_translated_and_says_what_is_not(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(NOTEBOOKS.parent)
    out = tmp_path / "c"
    arguments = ["course", "new", "--no-pictures", "--lessons", "01,03", "--minutes", "120", str(out)]
    assert main([*arguments, "--language", "xx"]) == 2 and not out.exists()
    assert "there is no language 'xx'; there are de" in capsys.readouterr().err
    assert main([*arguments, "--language", "de"]) == 0
    told = capsys.readouterr().err
    assert told.count("lesson 03 is not translated into Deutsch, and is taken in English") == 1 and "01" not in told
    names = {p.name for p in (out / "student").iterdir()}
    assert names == {"01_sei_der_optimierer.ipynb", "03_acquisition.ipynb"}
    theirs, mine = (cells(out / who / "01_sei_der_optimierer.ipynb") for who in ("student", "teacher"))
    text = "\n".join(c.source for c in theirs)
    assert (
        text.count(", solution=False)") == len(load("01")) and "Bevor du gehst" in text and "Before you go" not in text
    )
    for exercise in load("01"):
        assert exercise.solution not in text and exercise.solution in "\n".join(c.source for c in mine)
    notes = "\n".join(c.source for c in mine)
    assert all(
        words in notes for words in ("They believe before", "Ask first", "Usual mishap", "| Erst vorhersagen | 7 |")
    )
    assert "](01_sei_der_optimierer.ipynb" in "\n".join(
        c.source for c in cells(out / "student/03_acquisition.ipynb")
    ) or ("](01_be" not in "\n".join(c.source for c in cells(out / "student/03_acquisition.ipynb")))
    page = (out / "slides/01_sei_der_optimierer.html").read_text()
    assert '<html lang="de">' in page and "<h2>Vorhersage</h2>" in page and "Nach dieser Lektion hast du" in page
    shown = re.sub("<aside>.*?</aside>|<script>.*|<style>.*?</style>|<[^>]+>", "", page, flags=re.S)
    assert not re.search(r"\b(the|you|Predict|Exercise|minutes|Before|Notes)\b", shown)
    assert page.count("<section>") == slides(read(NOTEBOOKS, "01")).count("<section>")
    assert '<html lang="en-GB">' in (out / "slides/03_acquisition.html").read_text()
    sheet = (out / "handout.html").read_text()
    assert "Was du heute brauchst" in sheet and "Danach hast du" in sheet and "Sei der Optimierer" in sheet
    assert "| 7 | 01 | Erst vorhersagen |" in (out / "syllabus.md").read_text()
    assert "01_sei_der_optimierer.ipynb" in (out / "README.md").read_text().replace("%2F", "/")


def test_links_of_a_translated_lesson_lead_to_what_the_class_has():
    from nasbook.course.teach.notebooks import _links

    here = read(NOTEBOOKS, "01", "de")
    text = "[a](../03_acquisition.ipynb) [b](01_sei_der_optimierer.ipynb#x) [c](../../nasbook/hpo/grid.py) [d](../04_tpe.ipynb)"
    have = {"01": here.file, "03": "03_acquisition.ipynb"}
    there = "https://github.com/ada/hpo/blob/HEAD"
    assert _links(text, here, have, "ada/hpo").split(") ") == [
        "[a](03_acquisition.ipynb",
        "[b](01_sei_der_optimierer.ipynb#x",
        f"[c]({there}/nasbook/hpo/grid.py",
        f"[d]({there}/notebooks/04_tpe.ipynb)",
    ]
    assert _links(text, here, {}, "") == "a b c d"


def swap(cells, i, j):
    cells[i], cells[j] = cells[j], cells[i]


SLIPS = {  # of whoever translates -> what is said
    "a cell is missing": (lambda c: c.pop(8), "it has 36 cells, and not 37"),
    "two cells have changed places": (lambda c: swap(c, 4, 3), "cell 3 is code, and not markdown"),
    "two prompts have changed places": (lambda c: swap(c, 3, 18), "cell 3 is about 01.q2, and not about 01.q1"),
    "two checks have changed places": (lambda c: swap(c, 28, 32), "cell 28 "),
    "other code": (lambda c: c[10].update(source='lab = nasbook.lab("de/gp")\nlab'), "cell 10 computes something else"),
    "no code": (lambda c: c[10].update(source="lab = ("), "cell 10: it is no Python"),
    "no heading": (lambda c: c[9].update(source="Spiele"), "cell 9 has no heading ##"),
    "no text": (lambda c: c[9].update(source=[3]), "is no notebook"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_translation_that_is_another_lesson_is_one_sentence(slip, tmp_path):
    (tmp_path / "de").mkdir()
    name = "01_be_the_optimiser.ipynb"
    (tmp_path / name).write_bytes((NOTEBOOKS / name).read_bytes())
    notebook = json.loads((NOTEBOOKS / "de/01_sei_der_optimierer.ipynb").read_text())
    for cell in notebook["cells"]:
        cell["id"] = "same"  # what nobody reads may be anything
    path = tmp_path / "de" / "01_x.ipynb"
    path.write_text(json.dumps(notebook))
    assert read(tmp_path, "01", "de").file == "01_x.ipynb"
    spoil, says = SLIPS[slip]
    spoil(notebook["cells"])
    path.write_text(json.dumps(notebook))
    with pytest.raises(ValueError, match=says) as error:
        folder.new(tmp_path / "c", ["01"], 90, tmp_path, language="de")
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value) and not (tmp_path / "c").exists()
