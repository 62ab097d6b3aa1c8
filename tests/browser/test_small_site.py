"""A course of one lesson in two languages, run and built as a site, then read without a network.

`make test-site` does so with the whole course (tests/site/test_site.py)."""

import json
import re

import nbformat
import pytest

pytest.importorskip("furo")
from site_pages import check_links, pages_of, play, windows

from nasbook import registry, site
from nasbook.site import reference

CELLS = """\
import numpy as np, nasbook; guess = nasbook.predict("{}01.q1"); guess
nasbook.lab("bayesian", trials=2, seed=1)
guess.reveal(np.array([0.3, 0.4]), np.array([0.1, 0.1]))
nasbook.exercise("{}01.enough")
nasbook.progress()"""
ENGLISH = re.compile(r"\b(your|you|the|answer|Choose|locked|right|of|Play|Step|Download|Hint|Lesson)\b", re.I)


def lesson(path, heading, text, language=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [nbformat.v4.new_markdown_cell(f"# {heading}\n\n{text}")]
    cells += [nbformat.v4.new_code_cell(source) for source in CELLS.format(language, language).splitlines()]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    link = "The [Sobol](../nasbook/hpo/sobol.py) sequence, and [what follows](#next)."
    lesson(folder / "notebooks/01_small.ipynb", "01 · Small", link.partition(", and")[0])
    lesson(folder / "notebooks/de/01_klein.ipynb", "01 · Klein", "Mehr [auf Englisch](../01_small.ipynb).", "de/")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "METHODS", [e for e in registry.METHODS if e.name == "random"])
        patch.setattr(reference, "ROOMS", {"nasbook.testing": "Checks for a method of your own"})
        report = site.build(folder / "site", folder / "notebooks", repository="someone/nasbook", frames=3)
    assert not report.errors and not report.warnings
    return report.out


def test_every_page_opens_every_link_leads_somewhere_and_the_lab_plays(context, out):
    pages = pages_of(out)
    check_links(out, pages)
    played = {}
    with windows(context.browser, out) as opened:
        page, go = opened(360)
        for name in pages:
            go(name)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
            played[name], still = play(page)
            assert not still
    assert [n for n, labs in played.items() if labs] == ["lessons/01_small.html", "lessons/de-01_klein.html"]


def test_an_answer_given_in_one_language_is_locked_in_the_other(context, out):
    with windows(context.browser, out) as opened:
        page, go = opened(900)
        go("lessons/de-01_klein.html")
        german, outcome = page.locator(".nb-predict"), page.locator(".nb-outcome")
        assert "der der Zufallssuche" not in outcome.inner_text()
        german.locator("input").nth(0).check()
        german.get_by_role("button", name="Antwort festlegen").click()
        assert re.search(r"Du hast gesagt\s+der des Gitters\s", outcome.inner_text())
        assert re.search(r"Es war\s+der der Zufallssuche\s", outcome.inner_text())
        assert page.locator(".nb-play").inner_text().endswith("Weiter")  # motion is unwanted in this window
        assert page.locator(".nb-count").inner_text() == "Versuch 2 von 2"
        for part in (
            ".nb-predict",
            ".nb-outcome",
            ".nb-exercise",
            ".nb-open",
            ".nb-bar",
            ".nb-progress > :not(table, script)",
            ".nb-progress thead",
        ):
            for found in page.locator(part).all():
                assert not ENGLISH.search(found.inner_text()), found.inner_text()
        kept = json.loads(page.evaluate("localStorage.getItem('nasbook/progress@1')"))["01.q1"]
        assert (kept["answer"], kept["outcome"]) == ("the grid's", "random search's")
        go("lessons/01_small.html")
        assert page.locator(".nb-predict input").first.is_disabled()
        assert re.search(r"You said\s+the grid's\s", page.locator(".nb-outcome").inner_text())
        assert page.locator(".nb-count").inner_text() == "trial 2 of 2"
