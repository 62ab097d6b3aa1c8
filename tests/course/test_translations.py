"""A translated lesson is the same lesson: its code, its numbers, its checks and its progress; only the words differ."""

import html
import re
from importlib import import_module
from pathlib import Path

import ipywidgets as w
import nbformat
import numpy as np
import pytest
from course.controls import KEPT, run
from course.prompts import TAG, asked
from course.test_lesson_01 import WRONG
from course.test_wrong_answers import WRONG as SLIPS

import nasbook
from nasbook import widgets
from nasbook.course import translations
from nasbook.course.exercises import run_cell
from nasbook.course.lessons import load, questions
from nasbook.course.record import Record
from nasbook.site import book

FOLDER = Path(__file__).parents[2] / "notebooks"
LESSONS = sorted(FOLDER.glob("??/*.ipynb"))
ENGLISH = re.compile(r"\b(the|of|is|are|not|that|must|your|yours|you|with|for|too|and|only|has|been|than)\b")
OTHER = {
    "01": (WRONG, ["def distinct(p):\n    return 1 / 0", "distinct = None", "def distinct(points):\n    return ..."])
}


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))


def of(path):
    return path.parent.name, path.name[:2]


def pairs(path):
    """The cells of the English lesson beside those of the translated one."""
    (english,) = FOLDER.glob(f"{path.name[:2]}_*.ipynb")
    here, there = (nbformat.read(p, 4).cells for p in (path, english))
    assert [c.cell_type for c in here] == [c.cell_type for c in there]
    return list(zip(here, there, strict=True))


def numbers(text, comma):
    """What stands in code has a point in every language; where links lead does not count."""
    found = []
    for i, piece in enumerate(re.sub(r"\]\(.*?\)", "]", text).split("`")):
        comma_here = "." if i % 2 else comma
        for n in re.findall(r"\d[\d.,]*\d|\d", piece):
            found.append(float(n.replace("," if comma_here == "." else ".", "").replace(comma_here, ".")))
    return sorted(found)


def test_a_lesson_is_translated():
    assert LESSONS and {p.parent.name for p in LESSONS} <= set(translations.LANGUAGES)


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_code_and_numbers_are_those_of_the_lesson(path):
    for here, there in pairs(path):
        if here.cell_type == "code":
            assert translations.same_code(here.source, there.source)
            assert here.outputs == []
        else:
            assert here.source != there.source, "not translated"
            assert not ENGLISH.search(re.sub(r"`.*?`|\[.*?\]\(.*?\)|\*.*?\*|\(.*?\)", "", here.source)), here.source
            assert numbers(here.source, ",") == numbers(there.source, "."), here.source


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_every_prompt_is_translated_and_stands_in_the_text(path):
    language, number = of(path)
    known = translations.prompts(language, questions(number), load(number))
    cells = nbformat.read(path, 4).cells
    assert {c.metadata[TAG]: c.source for c in cells if TAG in c.metadata} == known
    for cell, after in zip(cells, cells[1:], strict=False):
        assert TAG not in cell.metadata or asked(after) == cell.metadata[TAG]
    for question in questions(number):
        words = import_module(f"nasbook.course.translations.{language}.lesson_{number}").QUESTIONS[question.name]
        assert len(set(words.options)) == len(question.options)


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_links_lead_to_files(path):
    for cell in nbformat.read(path, 4).cells:
        for target in re.findall(r"\]\(([^)#]+?)\)", cell.source) if cell.cell_type == "markdown" else ():
            assert target.startswith("http") or (path.parent / target).exists(), target


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_whatever_a_check_says_is_said_in_the_language(path):
    language, number = of(path)
    wrong, odd = OTHER[number]
    answers = [(name, run_cell(source)[nasbook.exercise(name).answer]) for name, source, _ in wrong]
    for e in load(number):
        right = run_cell(e.solution)[e.answer]
        answers += [(e.name, make(right)) for make in SLIPS.values()]
        found = nasbook.exercise(f"{language}/{e.name}").check(right)
        assert found.passed and found.message != e.why
        assert repr(found) == f"✓ {found.message}", "where no HTML is shown"
    answers += [("01.distinct", run_cell(source)["distinct"]) for source in odd]
    said = set()
    for name, answer in answers:
        there, here = nasbook.exercise(name).check(answer), nasbook.exercise(f"{language}/{name}").check(answer)
        assert not here.passed and not there.passed
        words = re.sub(r"'.*?'|\bhas no\b.*|raised.*|ausgelöst.*", "", here.message)
        assert not ENGLISH.search(words), f"{there.message}\n{here.message}"
        said.add(here.message)
    assert len(said) > 10


def test_the_progress_of_a_class_in_two_languages_is_one():
    here = nasbook.predict("de/01.q1")
    here.lock("der der Zufallssuche")
    assert Record().read()["01.q1"]["answer"] == "random search's"
    assert nasbook.predict("01.q1").answer == "random search's"
    again = nasbook.predict("de/01.q1")
    assert again.answer == "der der Zufallssuche"
    outcome = again.reveal(np.array([0.3, 0.4, 0.35]), np.array([0.1, 0.2, 0.16]))
    assert "Du hattest recht." in repr(outcome) and "über dem der Zufallssuche" in outcome._repr_html_()
    assert Record().read()["01.q1"]["outcome"] == "random search's"
    assert again.again().answer is None and Record().read()["01.q1"]["answer"] is None
    nasbook.exercise("de/01.enough").check(lambda share, confidence: 1)
    assert Record().read()["01.enough"]["tries"] == 1


def words_of(widget):
    own = [getattr(widget, t, "") for t in ("description", "tooltip", "value", "options")]
    return [str(x) for x in own if x] + [x for child in getattr(widget, "children", ()) for x in words_of(child)]


def test_buttons_and_notes_are_translated_also_when_they_change():
    shown = nasbook.exercise("de/01.distinct").show()
    for button in shown.children[1].children:
        button.click()
    asked = nasbook.predict("de/01.q2")
    asked._pressed()
    asked.lock(1)
    for widget in (shown, asked.widget):
        for text in words_of(widget):
            text = re.sub("<pre>.*?</pre>|<[^>]+>", "", html.unescape(text), flags=re.S)
            assert not re.search(r"Hint|Solution|Lock|Exercise|Predict|answer", text), text
            assert not ENGLISH.search(text), text
    assert isinstance(shown, w.VBox)


def texts(widget):
    """What a widget and those below it say, options of a list too."""
    own = [getattr(widget, t, "") for t in ("description", "tooltip")]
    own += [widget.value] if isinstance(widget, w.HTML) else []
    own += widget._options_labels if isinstance(widget, w.Dropdown) else []
    return [x for x in own if x] + [x for child in getattr(widget, "children", ()) for x in texts(child)]


def test_a_lab_speaks_the_language_from_its_first_word_to_its_last():
    said, lab = [], nasbook.lab("de/game", opponent="grid", trials=4, seed=1)

    def listen():
        said.extend(texts(lab))

    listen()
    lab.move(x1=0.3, x2=0.7)
    listen()
    lab.step(1)
    lab.wait()
    lab.scrub(1)
    listen()
    lab.run()
    listen()
    lab.reset()
    lab.set(trials=5, opponent="random")
    listen()
    words = re.compile(r"\b(Play|Step|Reset|Speed|Shown|trials?|rounds?|points?|search|score|best|game|make|first)\b")
    for text in {re.sub("<[^>]+>", "", html.unescape(text)) for text in said}:
        assert not ENGLISH.search(text) and not words.search(text.replace("nasbook.Trace.load", "")), text
    assert any("Du hast x1 = 0.3, x2 = 0.7 versucht" in text for text in said)
    assert any("Das Spiel ist zu Ende" in text for text in said)
    assert lab.values["opponent"] == "random" and lab.controls["opponent"].value == "random"
    english = texts(nasbook.lab("game", trials=4))
    assert "Play" in english and not {"Abspielen", "Zufall"} & set(english)


def test_progress_is_shown_in_the_language():
    nasbook.predict("de/01.q1").lock(0)
    shown = nasbook.progress(language="de")
    table, download = shown.children[0].value, shown.children[1].children[0].value
    assert "Sei der Optimierer" in table and "1 festgelegt, 0 von 0 richtig" in table and "0 von 2" in table
    assert "Meinen Fortschritt herunterladen" in download
    row = next(row for row in table.split("<tr>") if "Sei der Optimierer" in row)
    own = table[: table.index("</thead>")] + row + re.sub('href=".*?"', "", download)
    assert not re.search(r"Lesson|Exercises|Predictions|locked| of |Download", own)
    assert "Be the optimiser" in nasbook.progress().children[0].value
    for ask in (lambda: nasbook.progress(language="xx"), lambda: nasbook.lab("xx/game")):
        with pytest.raises(ValueError, match="there is no language 'xx'; there are de"):
            ask()


def test_a_language_is_a_folder_and_what_it_lacks_is_one_sentence(tmp_path, monkeypatch):
    """Whoever adds a language adds a folder; half of it may still be missing."""
    (tmp_path / "qq").mkdir()
    (tmp_path / "qq" / "__init__.py").write_text('NAME = "Quux"\nSENTENCES = [("^Lesson$", "Lumo")]\n')
    (tmp_path / "qq" / "lesson_01.py").write_text(
        'from nasbook.course.translations import Asked\nSENTENCES = []\nQUESTIONS = {"01.q1": Asked("?", ("a", "b"))}\n'
    )
    monkeypatch.setattr(translations, "__path__", [*translations.__path__, str(tmp_path)])
    monkeypatch.setattr(translations, "LANGUAGES", translations.languages())
    assert translations.LANGUAGES == {"de": "Deutsch", "qq": "Quux"}
    assert "Lumo" in nasbook.progress(language="qq").children[0].value
    assert nasbook.lab("qq/race")._play.description == "Play", "it has no words for labs yet"
    for name, ask, says in (
        ("01.q1", nasbook.predict, "question 01.q1 has 2 answers in Quux, and not 3"),
        ("01.q2", nasbook.predict, "01.q2 has no words in Quux: QUESTIONS of qq/lesson_01.py lacks it"),
        ("01.enough", nasbook.exercise, "01.enough has no words in Quux: EXERCISES of qq/lesson_01.py lacks it"),
        ("02.q1", nasbook.predict, "lesson 02 has no translation into Quux"),
    ):
        with pytest.raises(ValueError, match=says):
            ask(f"qq/{name}")


def test_what_a_page_without_a_kernel_shows_is_translated():
    exercise, asked = nasbook.exercise("de/01.enough"), nasbook.predict("de/01.q2")
    shown = [exercise._html(), exercise._plain, asked._html(unlocked=True), asked._plain]
    asked.lock(1)
    shown += [asked._html(), repr(asked.reveal({60: (0.95, 0.96)})), asked.reveal({60: (0.95, 0.96)})._repr_html_()]
    for text in shown:
        bare_text = re.sub("<pre>.*?</pre>|<code>.*?</code>|<[^>]+>", "", html.unescape(text), flags=re.S)
        assert not re.search(r"Hint|Solution|Lock|Exercise|Predict|answer|Choose", bare_text), bare_text
        assert not ENGLISH.search(bare_text), bare_text


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("fr/01.enough", "there is no language 'fr'; there are de"),
        ("de/02.posterior", "no translation into Deutsch"),
        ("de/99.x", "there is no exercise '99.x'"),
        ("de/", "there is no exercise ''"),
    ],
)
def test_what_is_not_translated_is_said(name, sentence):
    with pytest.raises(ValueError, match=sentence):
        nasbook.exercise(name)


@pytest.mark.notebook
@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_it_runs_and_comes_to_the_same_outcomes(path):
    assert run(path) == {name: outcome for name, outcome in KEPT.items() if name[:2] == path.name[:2]}


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_whatever_a_script_of_the_site_says_is_said_in_the_language(language):
    say = translations.phrases(language)
    said = {text for script in book.PLAYED[1:] for text in book.SAYS.findall(script.read_text(encoding="utf-8"))}
    labs = "".join(p.read_text(encoding="utf-8") for p in Path(widgets.__file__).parent.rglob("*.py"))
    said |= {"trial"} | set(re.findall(r'^    unit = "(\w+)"', labs, re.M))
    said |= {"Open on Binder", "Download the notebook"}
    assert len(said) > 35 and "Lock my answer" in said and "Play" in said
    for text in said:
        assert say(text) != text, text
        assert not ENGLISH.search(say(text)), say(text)
        assert sorted(re.findall(r"\{\d\}", say(text))) == sorted(re.findall(r"\{\d\}", text)), text
    assert translations.phrases("xx")("Play") == "Play"
