"""Pages of Markdown and notebooks into HTML, by Sphinx with MyST-NB and Furo; an extension of Sphinx, too."""

from __future__ import annotations

import html
import io
import os
import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from nasbook.course.translations import phrases
from nasbook.site.words import docstring_to_rst
from nasbook.version import __version__
from nasbook.widgets.played import embedded

if TYPE_CHECKING:
    from docutils.nodes import Node
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

NEEDED = ("sphinx", "myst_nb", "furo", "latex2mathml", "nbclient")
HERE = Path(__file__).parent
PLAYED = [HERE.parent / "widgets/player.css", HERE.parent / "widgets/player.js", HERE.parent / "course/answers.js"]
SCROLLS = re.compile(r'(<div class="(?:table-wrapper|cell_output|output)[^>]*|<pre)(?=>)')
SAYS = re.compile(r"\bsay\('([^']+)'")  # in these scripts
UNIT = re.compile(r'"unit":"([^"]+)"')  # in a lab's frames
SETTINGS: dict[str, object] = {
    "project": "nasbook",
    "release": __version__,
    "language": "en",
    "extensions": ["myst_nb", "sphinx.ext.autodoc", "nasbook.site.book"],
    "html_theme": "furo",
    "html_title": "nasbook",
    "html_static_path": [str(path) for path in (HERE / "static", *PLAYED)],
    "html_css_files": ["player.css", "site.css"],
    "html_js_files": [("player.js", {"defer": "defer"}), ("answers.js", {"defer": "defer"})],
    "html_copy_source": False,
    "html_show_sourcelink": False,
    "html_show_sphinx": False,
    "html_show_copyright": False,
    "html_show_search_summary": False,  # it would fetch each page that was found, which no file:// can
    "html_math_renderer": "mathml",
    "html_last_updated_fmt": None,
    "html_use_index": True,
    "pygments_style": "a11y-high-contrast-light",
    "myst_enable_extensions": ["dollarmath"],
    "myst_heading_anchors": 3,
    "nb_execution_mode": "off",
    "nb_merge_streams": True,
    "default_role": "code",
    "autodoc_typehints": "signature",
    "autodoc_member_order": "bysource",
    "suppress_warnings": ["myst.header", "mystnb.mime_priority", "ref.python"],
}


def missing() -> str:
    """A sentence that says what is not installed and how it is; "" where all is there."""
    lacking = [name for name in NEEDED if find_spec(name) is None]
    if not lacking:
        return ""
    return f"the site needs {', '.join(lacking)}, not installed here; this installs it: pip install 'nasbook[site]'"


def render(pages: Path, out: Path, scratch: Path) -> list[str]:
    """Let Sphinx write `out` from the folder `pages`; what it warns of, one sentence each."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    said = io.StringIO()
    still = {"SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", "0")}
    with mock.patch.dict(os.environ, still), patch_docutils(str(pages)), docutils_namespace():
        app = Sphinx(
            str(pages), None, str(out), str(scratch), "html", confoverrides=SETTINGS, status=None, warning=said
        )
        app.build()
    for left in (".buildinfo", ".buildinfo.bak", "objects.inv"):
        (out / left).unlink(missing_ok=True)
    for page in out.rglob("*.html"):  # two of Furo's landmarks have no name
        text = page.read_text(encoding="utf-8")
        for part, name in (("sidebar-drawer", "The site"), ("toc-drawer", "This page")):
            text = re.sub(rf'<aside class="({part}[^"]*)">', rf'<aside class="\1" aria-label="{name}">', text)
        page.write_text(text, encoding="utf-8")
    return [line for line in said.getvalue().splitlines() if line.strip()]


# ---- the extension -----------------------------------------------------------------------------------------


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", _dark, priority=100)  # before Furo
    app.add_html_math_renderer("mathml", (_inline, None), (_displayed, None))
    app.connect("autodoc-process-docstring", lambda *args: docstring_to_rst(args[-1]))
    app.connect("html-page-context", _reachable)
    app.connect("html-page-context", _no_tree, priority=400)  # before Furo
    app.connect("html-page-context", _navigation, priority=600)  # after it
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _dark(app: Sphinx) -> None:
    app.config.pygments_dark_style = "a11y-high-contrast-dark"


def _inline(writer: HTML5Translator, node: Node) -> None:
    _write(writer, node, "inline")


def _displayed(writer: HTML5Translator, node: Node) -> None:
    writer.body.append('<div class="nb-formula" tabindex="0">')
    _write(writer, node, "block")
    writer.body.append("</div>")


def _write(writer: HTML5Translator, node: Node, display: str) -> None:
    """A formula as MathML, which browsers draw themselves, with its LaTeX beside it as text for those that do not."""
    from docutils import nodes
    from latex2mathml.converter import convert

    writer.body.append(convert(node.astext(), display=display))
    raise nodes.SkipNode


def _reachable(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Node | None) -> None:
    """What scrolls sideways can be reached, and so be scrolled, by keyboard; a translation says its language."""
    if "body" in context:
        context["body"] = SCROLLS.sub(r'\1 tabindex="0"', context["body"])
        if language := _language(page):
            context["body"] = f'<div lang="{language}">{_words(language, context["body"])}{context["body"]}</div>'


def _words(language: str, body: str) -> str:
    """What the page's scripts say, in its language: player.js looks it up."""
    say, said = phrases(language), {*UNIT.findall(body)}
    for script in PLAYED[1:]:
        said |= {*SAYS.findall(script.read_text(encoding="utf-8"))}
    words = {text: say(text) for text in sorted(said)}
    return f'<script type="application/json" class="nb-words">{embedded(words)}</script>'


def _language(page: str) -> str:
    """The language of a page, "" for that of the site: "de" for lessons/de-01_sei_der_optimierer."""
    found = re.match(r"lessons/([a-z]{2})-\d\d_", page)
    return found[1] if found else ""


def _no_tree(app: Sphinx, page: str, template: str, context: dict[str, object], tree: Node | None) -> None:
    context["toctree"] = lambda **_: ""


def _navigation(app: Sphinx, page: str, template: str, context: dict[str, object], tree: Node | None) -> None:
    """Beside a page stand the rooms of the site, and the pages of the room that it is in. (All pages beside all pages,
    as Furo has it, take most of the time of building.)"""
    below = app.env.toctree_includes
    items = "".join(_item(app, page, room, below.get(room, ())) for room in below.get("index", ()))
    context["furo_navigation_tree"] = f"<ul>{items}</ul>"


def _item(app: Sphinx, page: str, name: str, below: Sequence[str] = ()) -> str:
    inside = f"<ul>{''.join(_item(app, page, each) for each in below)}</ul>" if page in (name, *below) else ""
    here = ' aria-current="page"' if page == name else ""
    link = html.escape(app.builder.get_relative_uri(page, name) or "#")
    text = html.escape(app.env.titles[name].astext())
    level = 1 if below or "/" not in name else 2
    current = " current" if page in (name, *below) else ""
    language = f' lang="{_language(name)}"' if _language(name) else ""
    return (
        f'<li class="toctree-l{level}{current}"{language}>'
        f'<a class="reference internal{current}"{here} href="{link}">{text}</a>{inside}</li>'
    )
