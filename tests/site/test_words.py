"""Docstrings and lessons' texts say on the site what they say in their files."""

import pytest

pytest.importorskip("markdown_it")
from markdown_it import MarkdownIt

from nasbook.site.words import docstring_to_rst, escape, from_docstring, relink


@pytest.mark.parametrize(
    "text", ["a*b*c", "x_0 and __init__", "<b>", "$5 and $6", "[a](b)", "# not a heading", "1 | 2", "`"]
)
def test_plain_words_stay_as_they_are(text):
    (line,) = MarkdownIt("commonmark").parseInline(escape(text))
    assert "".join(token.content for token in line.children) == text
    assert {token.type for token in line.children} <= {"text", "text_special", "softbreak"}


def test_a_docstring_keeps_its_layout_and_its_names():
    made = from_docstring(
        """A method.

        It minimises f* over `x`, and
          - not a list

            1. ask
            2. tell   `tell(x)`

        Papers: none <yet>.
        """
    )
    html = MarkdownIt("commonmark").render(made)
    assert "<code>1. ask\n2. tell   `tell(x)`\n</code>" in html
    assert "f* over <code>x</code>" in html and "&lt;yet&gt;" in html and "<li>" not in html


def test_a_docstring_as_restructured_text_has_no_markup_by_chance():
    pytest.importorskip("docutils")
    from docutils.core import publish_string

    lines = ["Give *args and x_ to `f`s, |a|.", "", "    laid   out *by* hand", "", "- one", "2. two"]
    docstring_to_rst(lines)
    said = publish_string("\n".join(lines), writer="html5", settings_overrides={"report_level": 1, "halt_level": 2})
    text = said.decode()
    assert "laid   out *by* hand" in text and "*args and x_ to" in text and "|a|" in text and "<li>" not in text


def test_links_lead_to_the_sites_own_pages_or_are_words():
    leads = {"nasbook/hpo/tpe.py": "../methods/tpe.md", "notebooks/04_tpe.ipynb": "../lessons/04_tpe.ipynb"}.get
    text = "[a](../nasbook/hpo/tpe.py) [b](04_tpe.ipynb#top) [c](../gone.py) [d](https://e.f) [g](#here)"
    assert relink(text, "notebooks", leads) == (
        "[a](../methods/tpe.md) [b](../lessons/04_tpe.ipynb#top) c [d](https://e.f) [g](#here)"
    )
