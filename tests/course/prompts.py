"""The prompts of questions and exercises in the notebooks' own text, so that they can be read where no widget runs.

    python tests/course/prompts.py        # writes them into the notebooks from nasbook.course.lessons

The text stands in a Markdown cell of its own above the cell that asks; its metadata say whose prompt it is.
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat

from nasbook.course.lessons import LESSONS, load, questions

FOLDER = Path(__file__).parents[2] / "notebooks"
TAG = "nasbook_prompt"
ASKS = re.compile(r'nasbook\.(?:predict|exercise)\("([^"]+)"\)')


def prompts(number: str) -> dict[str, str]:
    """Name -> Markdown, of all questions and exercises of a lesson."""
    return {x.name: x.markdown for x in (*questions(number), *load(number))}


def asked(cell: nbformat.NotebookNode) -> str | None:
    """The name of the question or exercise that a cell shows."""
    found = ASKS.search(cell.source) if cell.cell_type == "code" and "nasbook" not in cell.metadata else None
    return found and found[1]


def with_prompts(notebook: nbformat.NotebookNode, known: dict[str, str], prefix: str) -> nbformat.NotebookNode:
    """The notebook with its prompts as they should be, and its cells counted anew."""
    cells = []
    for cell in notebook.cells:
        if TAG in cell.metadata:
            continue
        if name := asked(cell):
            cells.append(nbformat.v4.new_markdown_cell(known[name], metadata={TAG: name}))
        cells.append(cell)
    for i, cell in enumerate(cells):
        cell.id = f"{prefix}-{i:02}"
    notebook.cells = cells
    return notebook


def main() -> None:
    for path in sorted(FOLDER.glob("*.ipynb")):
        number = path.name[:2]
        if number in LESSONS:
            nbformat.write(with_prompts(nbformat.read(path, 4), prompts(number), f"lesson{number}"), path)


if __name__ == "__main__":
    main()
