"""Every word of the glossary stands in the lesson that it names."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from nasbook.site import glossary, run

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture(scope="module")
def texts():
    found = {}
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        found[path.name[:2]] = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown").lower()
    return found


@pytest.mark.parametrize("term", glossary.TERMS)
def test_a_word_stands_in_its_lesson(term, texts):
    number, meaning = glossary.TERMS[term]
    assert meaning[0].isupper() and meaning.endswith(".") and "\n" not in meaning
    word = re.compile(rf"\b{re.escape(term.lower())}")
    assert word.search(texts[number])


def test_the_page_has_all_words_in_their_order_and_leads_to_lessons_that_are_there():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# 02 · Surrogates")])
    text = glossary.page([run.Lesson("02_x", None, notebook), run.Lesson("02_y", None, notebook, language="de")])
    terms = re.findall(r"^(\S.*)\n  ", text, re.M)
    assert terms == sorted(glossary.TERMS, key=str.lower) and len(terms) > 50
    assert text.count("[02 · Surrogates](lessons/02_x.ipynb)") > 3 and "02_y" not in text
