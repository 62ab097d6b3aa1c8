"""The notebooks: clean, complete, and their exercises pass with the solution and fail with the stub, in a real kernel.

That every notebook runs from top to bottom is nbval's part (`make notebooks`)."""

import copy
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from nasbook.course.lessons import LESSONS, load

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, 4)


def test_every_lesson_with_exercises_has_its_notebook_and_the_other_way_round():
    assert sorted(LESSONS) == [p.name[:2] for p in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_nothing_but_source_is_committed(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert "widgets" not in notebook.metadata
    for cell in notebook.cells:
        assert cell.cell_type == "markdown" or (cell.outputs == [] and cell.execution_count is None)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_lesson_has_all_its_parts(path):
    notebook = read(path)
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    code = "\n".join(c.source for c in notebook.cells if c.cell_type == "code")
    for part in ("After this lesson", "Time:", "You need:", "Read on:", "isconception"):
        assert part in text, f"{path.name} lacks {part!r}"
    for heading in ("## Exercises", "full scale", "## What this did not show"):
        assert heading in text, f"{path.name} lacks {heading!r}"
    assert "nasbook.predict(" in code and ".reveal(" in code and "nasbook.progress()" in code
    assert "export(" in code
    asked = re.findall(r'nasbook\.predict\(\s*"([^"]+)"', code)
    assert all(name.startswith(path.name[:2] + ".q") for name in asked) and len(set(asked)) == len(asked)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_links_between_lessons_and_files_resolve(path):
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\(([^)#]+?)\)", cell.source):
                assert target.startswith("http") or (path.parent / target).exists(), f"{path.name}: {target}"


def exercise_cells(notebook: nbformat.NotebookNode) -> dict[str, tuple[int, int]]:
    """Name of an exercise -> places of its stub and of its check."""
    places: dict[str, dict[str, int]] = {}
    for i, cell in enumerate(notebook.cells):
        for kind, name in cell.metadata.get("nasbook", {}).items():
            places.setdefault(name, {})[kind] = i
    return {name: (at["exercise"], at["check"]) for name, at in places.items()}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_solutions_pass_and_stubs_fail(path, tmp_path, monkeypatch):
    monkeypatch.setenv("NASBOOK_PROGRESS", str(tmp_path / "progress.json"))
    notebook = read(path)
    cells = exercise_cells(notebook)
    exercises = {e.name: e for e in load(path.name[:2])}
    assert list(cells) == list(exercises), "the notebook shows each exercise of its lesson, in order"

    small = copy.deepcopy(notebook)  # the exercises only: they stand on their own
    small.cells = [nbformat.v4.new_code_cell("import nasbook")]
    expected = []
    for solved in (False, True):
        for name, (stub, check) in cells.items():
            assert notebook.cells[stub].source == exercises[name].stub
            shown, answer = notebook.cells[stub - 1], copy.deepcopy(notebook.cells[stub])
            if solved:
                answer.source = exercises[name].solution
            small.cells += [copy.deepcopy(shown), answer, copy.deepcopy(notebook.cells[check])]
            expected.append((name, solved))
    NotebookClient(small, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    checks = [c for c in small.cells if "check" in c.metadata.get("nasbook", {})]
    for (name, solved), cell in zip(expected, checks, strict=True):
        said = cell.outputs[-1].data["text/plain"]
        assert said.startswith("✓" if solved else "✗"), f"{name}, {'solution' if solved else 'stub'}: {said}"
        assert solved or "still" in said
