"""A class, as its teacher goes through it: the folder, the learners' notebook, their files, the report, the table."""

import csv
from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from warm import warm_kernels

import nasbook
from nasbook.cli import main
from nasbook.course.exercises import run_cell
from nasbook.course.notes import notes

ROOT = Path(__file__).parents[2]


def answers(learner):
    """Name of an exercise -> the cell that this learner writes: the solution, a typical mistake, or nothing."""
    right = {e.name: e.solution for e in nasbook.course.lessons.load("01")}
    typical = {m.at: m.answer for m in notes("01").mishaps if m.at in right}
    return {"01.distinct": right["01.distinct"], "01.enough": typical["01.enough"]} if learner % 2 else right


def test_from_the_folder_of_a_class_to_its_gradebook(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert main(["course", "new", "--no-pictures", "--lessons", "01", "--minutes", "60", str(tmp_path / "class")]) == 0
    [path] = (tmp_path / "class" / "student").glob("*.ipynb")
    progress = tmp_path / "progress"
    progress.mkdir()
    for learner in range(4):
        monkeypatch.setenv("NASBOOK_PROGRESS", str(progress / f"learner {learner}.json"))
        names = {"nasbook": nasbook, "by_grid": np.arange(20.0) + 1, "by_chance": np.arange(20.0) / 2}
        for cell in nbformat.read(path, 4).cells:  # the cells that ask, as the learner runs them, one after the other
            kind = cell.metadata.get("nasbook", {})
            if "exercise" in kind:
                names.update(run_cell(answers(learner)[kind["exercise"]]))
            elif cell.cell_type == "code" and ("check" in kind or 'predict("01.q1")' in cell.source):
                exec(cell.source, names)
                if "guess" in names and names["guess"].answer is None:
                    names["guess"].lock(learner % 3)
            elif cell.source.startswith("guess.reveal("):
                exec(cell.source, names)
    capsys.readouterr()
    out = tmp_path / "report"
    assert main(["course", "report", str(progress), "--out", str(out), "--csv", str(tmp_path / "g.csv")]) == 0
    said = capsys.readouterr().out
    assert "1 of 4 predicted what came out: random search's." in said
    assert "01.enough: 2 of 4 passed" in said and "Shares do not add up" in said
    head, *rows = csv.reader((tmp_path / "g.csv").read_text(encoding="utf-8-sig").splitlines())
    assert len(rows) == 4 and head[-2:] == ["01.distinct", "01.enough"]
    assert sorted(row[-1] for row in rows) == ["0", "0", "1", "1"] and all(row[-2] == "1" for row in rows)
    assert (out / "pictures" / "01.q1.png").read_bytes().startswith(b"\x89PNG")
    assert "01.q1.png" in (out / "report.html").read_text()


def test_both_notebooks_run_from_top_to_bottom_and_their_files_are_two_learners(tmp_path, monkeypatch, capsys):
    """The learner locks a right and a wrong answer and passes one of two exercises; the teacher's cells are right."""
    monkeypatch.chdir(ROOT)
    assert main(["course", "new", "--no-pictures", "--lessons", "02", str(tmp_path / "class")]) == 0
    written = {e.name: e.solution for e in nasbook.course.lessons.load("02")}
    written |= {m.at: m.answer for m in notes("02").mishaps if m.at == "02.coverage"}
    locked = {'nasbook.predict("02.q1")': "guess.lock(2)", 'nasbook.predict("02.q2")': "guess2.lock(0)"}
    cells = []
    for who in ("student", "teacher"):
        [path] = (tmp_path / "class" / who).glob("*.ipynb")
        place = f"os.environ['NASBOOK_PROGRESS'] = {str(tmp_path / 'progress' / f'{who}.json')!r}"
        cells.append(new_code_cell(f"%reset -f\nimport os\n{place}"))
        for cell in (c for c in nbformat.read(path, 4).cells if c.cell_type == "code"):
            if who == "student":
                cell.source = written.get(cell.metadata.get("nasbook", {}).get("exercise"), cell.source)
                cell.source += "".join(f"\n{lock}" for question, lock in locked.items() if question in cell.source)
            cells.append(new_code_cell(cell.source))
    (tmp_path / "progress").mkdir()
    where = {"metadata": {"path": tmp_path}}
    with warm_kernels():
        NotebookClient(new_notebook(cells=cells), timeout=120, kernel_name="python3", resources=where).execute()
    capsys.readouterr()
    assert main(["course", "report", str(tmp_path / "progress"), "--names", "--csv", str(tmp_path / "g.csv")]) == 0
    said, noted = capsys.readouterr()
    assert not noted and "02.coverage: 1 of 2 passed, 2 tries" in said and "take the absolute value" in said
    assert "1 of 1 predicted what came out: its width stays" in said and "0 of 1 predicted what came out: about" in said
    head, *rows = csv.reader((tmp_path / "g.csv").read_text(encoding="utf-8-sig").splitlines())
    found = {row[1]: dict(zip(head, row, strict=True)) for row in rows}
    marks = {name: [row["02.posterior"], row["02.coverage"]] for name, row in found.items()}
    assert marks == {"student": ["1", "0"], "teacher": ["1", "1"]}
    assert {name: row["predictions"] for name, row in found.items()} == {"student": "2", "teacher": "0"}
