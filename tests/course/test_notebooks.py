"""The notebooks: clean, complete, and their exercises pass with the solution and fail with the stub, in a real kernel.

That every notebook runs from top to bottom, whatever is done to its labs, is nbval's part (`make notebooks`)."""

import ast
import copy
import inspect
import re
import textwrap
from pathlib import Path

import nbformat
import pytest
from course.controls import shows_lab
from course.prompts import TAG, asked, prompts, with_prompts
from nbclient import NotebookClient
from warm import warm_kernels

from nasbook.course.lessons import LESSONS, load, questions

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
    named = re.findall(r'nasbook\.predict\(\s*"([^"]+)"', code)
    assert named == [q.name for q in questions(path.name[:2])], "each question of its lesson, in order"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_links_between_lessons_and_files_resolve(path):
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\(([^)#]+?)\)", cell.source):
                assert target.startswith("http") or (path.parent / target).exists(), f"{path.name}: {target}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_prompts_stand_in_the_text_and_agree_with_the_package(path):
    notebook, known = read(path), prompts(path.name[:2])
    shown = {c.metadata[TAG]: c.source for c in notebook.cells if TAG in c.metadata}
    assert shown == known
    for cell, after in zip(notebook.cells, notebook.cells[1:], strict=False):
        assert TAG not in cell.metadata or asked(after) == cell.metadata[TAG]
    again = with_prompts(read(path), known, f"lesson{path.name[:2]}")
    assert again == notebook, "run tests/course/prompts.py"
    for text in known.values():
        assert not re.search("</?[a-z]+>|&[a-z]+;", text)


def imported(tree: ast.AST) -> dict[str, object]:
    """What the imports of a piece of code bind; raises ImportError or AttributeError for a name that is not there."""
    ours = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom) and "nasbook" in ast.unparse(n)]
    bound: dict[str, object] = {}
    exec("\n".join(ast.unparse(node) for node in ours), bound)
    return bound


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_what_a_cell_takes_from_nasbook_is_there_and_what_it_calls_can_be_called(path):
    code = [
        c.source for c in read(path).cells if c.cell_type == "code" and not c.source.lstrip().startswith(("%", "!"))
    ]
    tree = ast.parse("\n".join(code))
    bound, n = imported(tree), 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[0] in bound:
            name = ast.unparse(node.func)
            if re.fullmatch(r"[\w.]+", name):
                assert callable(eval(name, bound)), f"{path.name}: {name} is no function"
                n += 1
    assert n >= 5, f"{path.name}: hardly a call was looked at"


def long_strings(tree: ast.AST, at_least: int = 25) -> set[str]:
    """The sentences of a piece of code, f-strings in their parts."""
    found = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return {s.strip() for s in found if len(s.strip()) >= at_least}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_outcome_can_be_read_before_it_is_measured(path):
    """A notebook names a question and passes what was measured; what came out is said by the package."""
    notebook = read(path)
    text = "\n".join(c.source for c in notebook.cells)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        for call in (n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Call)):
            name = ast.unparse(call.func)
            if name == "nasbook.predict":
                assert [type(a) for a in call.args] == [ast.Constant] and not call.keywords, ast.unparse(call)
            if name.endswith(".reveal"):
                assert call.args and not call.keywords, "what was measured is handed over"
                for argument in call.args:
                    assert not isinstance(argument, ast.Constant | ast.IfExp | ast.JoinedStr | ast.Compare), (
                        ast.unparse(call)
                    )
                    assert not long_strings(argument)
    for question in questions(path.name[:2]):
        tree = ast.parse(textwrap.dedent(inspect.getsource(question.judge)))
        for said in long_strings(ast.Module(tree.body[0].body[1 if ast.get_docstring(tree.body[0]) else 0 :], [])):
            assert said not in text, f"{question.name} is given away: {said}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_cell_asks_a_lab_what_its_player_has_done(path):
    """A lab that is shown is for playing; no other cell may use its name."""
    shown: set[str] = set()
    for cell in (c for c in read(path).cells if c.cell_type == "code"):
        tree = ast.parse(cell.source)
        labs = {
            t.id
            for n in tree.body
            if isinstance(n, ast.Assign) and "nasbook.lab(" in ast.unparse(n.value)
            for t in n.targets
            if isinstance(t, ast.Name)
        }
        used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        assert not (used - labs) & shown, f"{path.name}: {cell.source[:60]!r}"
        last = tree.body[-1]
        if isinstance(last, ast.Expr) and isinstance(last.value, ast.Name) and last.value.id in labs:
            shown.add(last.value.id)


def test_most_notebooks_have_a_lab_to_move():
    with_labs = [p for p in NOTEBOOKS if any(shows_lab(c.source) for c in read(p).cells if c.cell_type == "code")]
    assert len(with_labs) >= len(NOTEBOOKS) - 1


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
    with warm_kernels():
        NotebookClient(small, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    checks = [c for c in small.cells if "check" in c.metadata.get("nasbook", {})]
    for (name, solved), cell in zip(expected, checks, strict=True):
        said = cell.outputs[-1].data["text/plain"]
        assert said.startswith("✓" if solved else "✗"), f"{name}, {'solution' if solved else 'stub'}: {said}"
        assert solved or "still" in said
