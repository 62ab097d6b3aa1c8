"""What a class predicted before the run, as bars, and what came out.

votes("Where next?", ["left", "right"], [12, 30], outcome="left")
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.patches import Rectangle

from nasbook.plots import style
from nasbook.plots.style import Figure

LINE, BAR, GAP, MARGIN = 0.21, 0.24, 0.2, 0.2  # inches
MOST_LINES, MOST_OPTIONS, LONGEST = 3, 12, 120  # LONGEST: letters of a line, more than any line has room for


def votes(question: str, options: Sequence[str], counts: Sequence[int], outcome: str | None = None) -> Figure:
    """A bar for each option, with how many chose it; the one that came out is green and says so."""
    width, total = style.WIDTH, sum(counts)
    shown = list(zip(options, counts, strict=True))[:MOST_OPTIONS]
    room = width - 2 * MARGIN
    title = wrap(question, room, style.TITLE, "bold")
    texts = [wrap(option, room - 1.3, style.NORMAL) for option, _ in shown]
    height = 2 * MARGIN + LINE * (len(title) + 1) + sum(LINE * len(t) + BAR + GAP for t in texts)
    fig = style.figure(width, height)
    with style.styled():
        ax = style.bare(fig.add_axes((0, 0, 1, 1)))
        ax.set(xlim=(0, width), ylim=(height, 0))
        y = MARGIN + LINE / 2
        for line in title:
            style.add_words(ax, MARGIN, y, line, fontsize=style.TITLE, fontweight="bold", va="center")
            y += LINE
        style.add_words(ax, MARGIN, y, _who(total, outcome), fontsize=style.SMALL, color=style.NOTE, va="center")
        y += LINE + GAP / 2
        for (option, count), lines in zip(shown, texts, strict=True):
            came = option == outcome
            for i, line in enumerate(lines):
                style.add_words(ax, MARGIN, y, line, fontsize=style.NORMAL, va="center")
                if came and i == 0:
                    style.add_words(ax, width - MARGIN, y, "✓ it came out", fontsize=style.NORMAL, fontweight="bold",
                                    color=style.GREEN, va="center", ha="right")  # fmt: skip
                y += LINE
            long = max(0.02, (room - 0.5) * count / max(1, *counts))
            colour = style.GREEN if came else style.BLUE
            top = y - LINE / 2
            ax.add_patch(Rectangle((MARGIN, top), long, BAR, color=colour, lw=0))
            style.add_words(ax, MARGIN + long + 0.08, top + BAR / 2, str(count), fontsize=style.NORMAL, va="center")
            y += BAR + GAP
    rest = len(options) - len(shown)
    said = "; ".join(f"{option}: {count}" for option, count in shown) + (f"; and {rest} more answers" if rest else "")
    fig.sentence = _who(total, outcome)
    fig.alt = f"What a class predicted. {question} {said}. " + (f"It came out: {outcome}." if outcome else "")
    return fig


def _who(total: int, outcome: str | None) -> str:
    people = "1 learner" if total == 1 else f"{total} learners"
    return f"{people} predicted, before the run" + (", and what came out" if outcome else "")


def wrap(text: str, width: float, size: float, weight: str = "normal") -> list[str]:
    """The text in at most MOST_LINES lines of so many inches; the last ends with an ellipsis where there is more."""
    lines: list[str] = []
    words = [w[:LONGEST] for w in text[: MOST_LINES * LONGEST].split()]
    while words:
        n = 1
        while n < len(words) and style.text_width(" ".join(words[: n + 1]), size, weight) <= width:
            n += 1
        if len(lines) == MOST_LINES - 1:
            return [*lines, style.clipped(" ".join(words), width, size, weight)]
        lines.append(style.clipped(" ".join(words[:n]), width, size, weight))
        words = words[n:]
    return lines or [""]
