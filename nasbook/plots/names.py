"""Names as they are drawn: plain text, on one line, in letters that a font has, a long one without its middle.

A parameter, an option, a task or a method may be called anything: "$x_{", two lines, 训练, nothing, a thousand letters.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

# What DejaVu Sans lacks is looked for in these, as far as they are installed. Fonts of coloured emoji cannot be drawn.
FALLBACKS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Noto Sans JP", "Noto Sans KR", "Source Han Sans SC",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "Microsoft YaHei", "SimHei", "PingFang SC",
    "Hiragino Sans", "Yu Gothic", "Meiryo", "Malgun Gothic", "Apple SD Gothic Neo", "Noto Sans", "Noto Sans Arabic",
    "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Thai", "Noto Sans Symbols", "Noto Sans Symbols 2",
    "Noto Emoji", "Segoe UI", "Segoe UI Symbol", "Segoe UI Emoji", "Nirmala UI", "Arial Unicode MS", "Symbola",
)  # fmt: skip
UNKNOWN, LINE, TAB = "▯", "⏎", "⇥"
MARKS = 2  # accents that a letter may carry
LONGEST = 28  # letters of a name in a sentence


@cache
def families() -> list[str]:
    """The fonts that are installed, the first one for all that it has."""
    installed = {font.name for font in fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in FALLBACKS if name in installed)]


@lru_cache(maxsize=8192)
def _known(letter: str) -> bool:
    """Has one of the fonts this letter?"""
    code = ord(letter)
    return any(get_font(findfont(FontProperties(family=name))).get_char_index(code) for name in families())


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """The text on one line, without marks that turn its direction or are not seen, ▯ for what no font has."""
    if text.isascii() and text.isprintable():
        return text
    out: list[str] = []
    marks = 0
    for letter in text.replace("\r\n", "\n"):
        kind = unicodedata.category(letter)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if letter in "\n\r\v\f\x85\u2028\u2029":
            out.append(LINE)
        elif letter == "\t":
            out.append(TAB)
        elif kind == "Zs":
            out.append(" ")
        elif kind == "Cf" or "\ufe00" <= letter <= "\ufe0f" or marks > MARKS:
            continue
        else:
            out.append(letter if kind not in ("Cc", "Cs") and _known(letter) else UNKNOWN)
    return "".join(out)


def lines(text: str) -> str:
    """The same for a text whose lines are meant."""
    return "\n".join(map(plain, text.split("\n")))


def named(name: object, longest: int = LONGEST) -> str:
    """A name in a sentence or on an axis: quoted where there is nothing to see, and at most `longest` letters."""
    text = plain(str(name))
    if not text.strip():
        return f"“{text[:longest]}”"
    if len(text) <= longest:
        return text
    head = (longest - 1) // 2
    return f"{text[:head].rstrip()}…{text[head + 1 - longest :].lstrip()}"
