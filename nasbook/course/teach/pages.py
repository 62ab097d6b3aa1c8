"""The pages of a class folder: HTML that needs nothing but itself. Markdown is turned into HTML by nbconvert."""

from __future__ import annotations

import html
import importlib.resources
from importlib.util import find_spec


def as_html(text: str) -> str:
    """Markdown to HTML, with its formulas. ValueError where nbconvert, which comes with JupyterLab, is missing."""
    if find_spec("nbconvert") is None:
        raise ValueError(
            "pages need nbconvert, which comes with JupyterLab; this installs it: pip install 'nasbook[lab]'"
        )
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        def block_math(self, body: str) -> str:
            return f'<div class="formula">{formula(body, "block")}</div>\n'

        def inline_math(self, body: str) -> str:
            return formula(body, "inline")

    plain = Renderer(escape=False, exclude_anchor_links=True)
    return str(MarkdownWithMath(renderer=plain).render(text))


def formula(latex: str, display: str) -> str:
    """LaTeX as MathML, which a browser sets by itself. ValueError where latex2mathml is missing."""
    if find_spec("latex2mathml") is None:
        raise ValueError("formulas on pages need latex2mathml; this installs it: pip install 'nasbook[lab]'")
    from latex2mathml.converter import convert

    return str(convert(latex, display=display))


def page(title: str, body: str, kind: str, language: str = "") -> str:
    """A whole page, English by default: its looks, and for slides their keys, stand in it."""
    script = f"<script>\n{_file('slides.js')}</script>\n" if kind == "slides" else ""
    return (
        f'<!doctype html>\n<html lang="{language or "en-GB"}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{html.escape(title)}</title>\n'
        f'<style>\n{_file("pages.css")}</style>\n</head>\n<body class="{kind}">\n{body}\n{script}</body>\n</html>\n'
    )


def _file(name: str) -> str:
    return (importlib.resources.files("nasbook.course.teach") / name).read_text(encoding="utf-8")
