"""The report on a class: who has done what, what was predicted, and which exercises fail.

    report = nasbook.course.report("progress")     # a folder, or files
    report                                         # in a notebook: vote by vote, the outcome at a press
    report.to_csv("grades.csv")                    # a line a learner
    report.write("out")                            # a page with pictures, and the table

Learners have pseudonyms, which stay the same for the same folder of files. No picture has a name in it.
"""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from nasbook.course.teach import results
from nasbook.course.teach.collect import Collected, Learner, collect, is_question, one_line
from nasbook.course.teach.pages import page
from nasbook.course.teach.results import Tally, Votes, people
from nasbook.files import write_text
from nasbook.plots.labs.votes import votes as picture
from nasbook.plots.style import Figure, plural

if TYPE_CHECKING:
    from ipywidgets import VBox

CAUSES = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula at the beginning of a cell
SHOWN = 3  # wrong answers of an exercise


def report(*paths: str | Path) -> Report:
    """Read the progress files of a class, or folders of them. ValueError where there is no file at all; a file that
    cannot be used is in `problems`."""
    return Report(collect(paths))


class Report:
    """learners, problems (file, sentence), votes, exercises; shows itself in a notebook."""

    def __init__(self, collected: Collected) -> None:
        self.learners: list[Learner] = collected.learners
        self.problems: list[tuple[str, str]] = collected.problems

    @cached_property
    def votes(self) -> list[Votes]:
        return results.votes(self.learners)

    @cached_property
    def exercises(self) -> list[Tally]:
        return results.exercises(self.learners)

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """The report in words."""
        asked, set_ = plural(len(self.votes), "question"), plural(len(self.exercises), "exercise")
        lines = [f"{people(len(self.learners))}, {asked}, {set_}"]
        if self.votes:
            lines += ["", "Predictions, made before the run:"]
        for vote in self.votes:
            lines.append(f"  {vote.name}  {vote.text}".rstrip())
            wide = max(vote.counts, default=0)
            for option, count in zip(vote.options, vote.counts, strict=True):
                bar = "█" * (count if wide <= 40 else round(40 * count / wide))
                lines.append(f"    {count:4} {bar} {option}{'  ← it came out' if option == vote.outcome else ''}")
            lines.append(f"    {vote.sentence}")
        if self.exercises:
            lines += ["", "Exercises, those that most have tried and not passed first:"]
        for one in self.hardest:
            lines.append(f"  {one.name}: {one.passed} of {one.tried} passed, {_tries(one.tries)}")
            lines += [f"    {count} × {sentence}" for sentence, count in one.wrong[:SHOWN]]
        return lines

    @property
    def hardest(self) -> list[Tally]:
        """The exercises, those first in which most have failed or needed most tries."""
        return sorted(self.exercises, key=lambda e: (-e.failing, -e.tries / max(1, e.tried)))

    # ---- a line a learner ----------------------------------------------------------------------------------

    def rows(self, names: bool = False) -> list[list[str]]:
        """The gradebook: a head, and a line a learner; an exercise is 1 (passed), 0 (tried) or empty."""
        exercises = results.names(self.learners, wants_question=False)
        head = ["learner", *(["name"] if names else []), "files", "passed", "tried", "predictions", "right"]
        rows = [[*head, "solutions seen", *exercises]]
        for learner in self.learners:
            done = [learner.entries.get(name, {}) for name in exercises]
            asked = [e for n, e in learner.entries.items() if is_question(e) and results.NAME.fullmatch(n)]
            marks = ["1" if e.get("passed") else "0" if e.get("tries") else "" for e in done]
            said = [results.said_before(e) for e in asked]
            right = sum(bool(s) and s == e.get("outcome") for s, e in zip(said, asked, strict=True))
            counts = (len(learner.files), marks.count("1"), len(marks) - marks.count(""), sum(map(bool, said)), right)
            seen = sum(bool(e.get("solution_seen")) for e in done)
            rows.append([learner.code, *([learner.name] if names else []), *map(str, (*counts, seen)), *marks])
        return rows

    def to_csv(self, path: str | Path, names: bool = False, overwrite: bool = False) -> Path:
        """Write the gradebook. With `names` it has what the files are called; else only pseudonyms.

        A cell that a spreadsheet would take for a formula begins with an apostrophe."""
        return _new(Path(path), table(self.rows(names)), overwrite)

    def write_key(self, path: str | Path, overwrite: bool = False) -> Path:
        """Write whose pseudonym is whose, by the names of the files."""
        rows = [["learner", "name", "files"], *([x.code, x.name, "; ".join(x.files)] for x in self.learners)]
        return _new(Path(path), table(rows), overwrite)

    # ---- pictures and a page -------------------------------------------------------------------------------

    def picture(self, vote: Votes, outcome: bool = True) -> Figure:
        """The votes on a question; without its outcome until the class has discussed it."""
        return picture(vote.text or vote.name, vote.options, vote.counts, vote.outcome if outcome else None)

    def write(self, folder: str | Path, names: bool = False, overwrite: bool = False) -> Path:
        """Write report.html, a picture of each question, and gradebook.csv; with `names` also names.csv, the key."""
        folder = Path(folder)
        if folder.exists() and not folder.is_dir():
            raise ValueError(f"{folder} is a file; a report needs a folder")
        if folder.exists() and any(folder.iterdir()) and not overwrite:
            raise ValueError(f"{folder} exists; --overwrite (overwrite=True) writes the report anew there")
        (folder / "pictures").mkdir(parents=True, exist_ok=True)
        figures = {vote.name: self.picture(vote) for vote in self.votes}
        for name, figure in figures.items():
            (folder / "pictures" / f"{name}.png").write_bytes(figure.png())
        write_text(folder / "gradebook.csv", table(self.rows(names)))
        if names:
            self.write_key(folder / "names.csv", overwrite=True)
        write_text(folder / "report.html", page("A class", self._html(figures), "report"))
        return folder

    def _html(self, figures: dict[str, Figure]) -> str:
        parts = [f"<main><h1>A class of {people(len(self.learners))}</h1>{self._problems()}"]
        if self.votes:
            parts.append("<h2>Predicted before the run</h2>")
        for vote in self.votes:
            figure = figures[vote.name]
            alt = html.escape(figure.alt)
            parts.append(f"<p><b>{vote.name}</b> {html.escape(vote.sentence)}</p>")
            parts.append(f'<p><img src="pictures/{vote.name}.png" alt="{alt}"></p>')
        parts.append(f"<h2>Exercises</h2>{self._exercises()}<h2>Learners</h2>{self._learners()}</main>")
        return "\n".join(parts)

    def _problems(self) -> str:
        """How many, and not which: a file's name may be a person's, and this is seen by the class."""
        n = len(self.problems)
        files = "1 file has" if n == 1 else f"{n} files have"
        return f"<p>{files} a note, which <code>nasbook course report</code> prints.</p>" if n else ""

    def _exercises(self) -> str:
        rows = [["exercise", "passed", "tried", "tries", "the most frequent wrong answers"]]
        for one in self.hardest:
            wrong = "; ".join(f"{count} × {sentence}" for sentence, count in one.wrong[:SHOWN])
            rows.append([one.name, str(one.passed), str(one.tried), str(one.tries), wrong])
        return _html_table(rows)

    def _learners(self) -> str:
        return _html_table(self.rows())

    # ---- in a notebook -------------------------------------------------------------------------------------

    def show(self) -> VBox:
        """A widget: one question after the other, its outcome at a press; below it exercises and learners."""
        import ipywidgets as w

        choice = w.Dropdown(
            description="Question",
            options=[(self._label(v), i) for i, v in enumerate(self.votes)],
            layout=w.Layout(width="auto", max_width="100%"),
        )
        reveal = w.ToggleButton(description="Show what came out", icon="eye", layout=w.Layout(width="auto"))
        reveal.tooltip = "Let the class say why first"
        image, said = w.HTML(), w.HTML()
        for widget, kind in ((choice, "question"), (reveal, "reveal"), (image, "votes"), (said, "said")):
            widget.add_class(f"nb-{kind}")

        def draw(_: object = None) -> None:
            vote = self.votes[choice.value]
            reveal.disabled = vote.outcome is None
            open_ = reveal.value and not reveal.disabled
            image.value = self.picture(vote, outcome=open_)._repr_mimebundle_()["text/html"]
            said.value = html.escape(vote.sentence if open_ else f"{people(vote.people)} predicted.")

        def other(_: object) -> None:
            reveal.value = False
            draw()

        choice.observe(other, "value")
        reveal.observe(draw, "value")
        tables = w.Accordion([w.HTML(self._exercises()), w.HTML(self._learners())], titles=("Exercises", "Learners"))
        head = w.HTML(f"<b>A class of {people(len(self.learners))}</b>{self._problems()}")
        if not self.votes:
            return w.VBox([head, w.HTML("Nobody has locked a prediction yet."), tables])
        draw()
        return w.VBox([head, w.HBox([choice, reveal], layout=w.Layout(flex_flow="row wrap")), image, said, tables])

    def _label(self, vote: Votes) -> str:
        text = vote.text if len(vote.text) <= 60 else vote.text[:60].rsplit(" ", 1)[0] + " …"
        return f"{vote.name} {text}".strip()

    def _repr_mimebundle_(self, **options: object) -> dict[str, object]:
        return {**self.show()._repr_mimebundle_(**options), "text/plain": repr(self)}


def _tries(n: int) -> str:
    return "1 try" if n == 1 else f"{n} tries"


def table(rows: Sequence[Sequence[str]]) -> str:
    """The text of a CSV file in which no cell is a formula."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([_harmless(cell) for cell in row] for row in rows)
    return "\ufeff" + out.getvalue()  # the mark by which spreadsheets know UTF-8


def _harmless(cell: str) -> str:
    cell = one_line(cell)
    return f"'{cell}" if cell.lstrip().startswith(CAUSES) else cell


def _new(path: Path, text: str, overwrite: bool) -> Path:
    if path.is_dir():
        raise ValueError(f"{path} is a folder, not a file")
    if path.exists() and not overwrite:
        raise ValueError(f"{path} exists; --overwrite (overwrite=True) replaces it")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)
    return path


def _html_table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows]
    head = head.replace("td>", "th>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(f'<tr>{row}</tr>' for row in body)}</tbody></table>"
