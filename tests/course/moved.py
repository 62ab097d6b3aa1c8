"""An nbval plugin: whatever a learner does to the labs, a notebook runs and says what it says when nobody touches them.

    python -m pytest -p warm -p course.moved --nbval-lax notebooks/*.ipynb     with tests/ on PYTHONPATH

Each notebook runs once, cell by cell. After a cell that shows a lab every control of every lab is moved, after one that
asks a question its answer is locked (the first question of a lesson is left open, as by somebody in a hurry), and at
the end what came out is compared with tests/course/outcomes.json. Where NASBOOK_EXECUTED names a folder, the notebook is
left there as it was run, with a few frames of each lab: the site is built from these (tests/site). So is a translation,
with nothing moved: what it says is what its lesson says (tests/course/test_translations.py).
"""

import copy
import json
import os
import re
import tempfile
from pathlib import Path

import nbformat
import pytest
from course.controls import KEPT, LOCK, MOVE, OUTCOMES, run, shows_lab, without_clock
from course.prompts import asked, prompts
from nbval.plugin import IPyNbCell

FOLDER = tempfile.TemporaryDirectory(prefix="nasbook-progress-")
EXECUTED = os.environ.get("NASBOOK_EXECUTED")
FRAMES = "2"  # of each lab, in what is kept: they cost time
OPEN = re.compile(r"You said: nothing\. It was: (.*?)\. You locked no answer this time\.")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    cells = list(items)
    items.clear()
    for cell, after in zip(cells, [*cells[1:], None], strict=True):
        items.append(cell)
        if not isinstance(cell, IPyNbCell):
            continue
        translated = language(cell.path)
        if ".q" in (asked(cell.cell) or "") and not translated:
            left_open = min(name for name in prompts(cell.path.name[:2]) if ".q" in name)
            items.append(more(cell, "locked", LOCK.replace("()", f"({left_open!r})")))
        if shows_lab(cell.cell.source) and not translated:
            items.append(more(cell, "moved", MOVE))
        if after is None or after.path != cell.path:
            items.append(
                Outcomes.from_parent(cell.parent, name="outcomes", cells=[c for c in cells if c.path == cell.path])
            )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    os.environ["NASBOOK_PROGRESS"] = progress(item.path)  # for the kernel, which begins with its first cell
    if EXECUTED:
        os.environ["NASBOOK_FRAMES"] = FRAMES


def keep(cells, folder):
    """Leave a notebook as it was run: its own cells, with what they have shown."""
    notebook = copy.deepcopy(cells[0].parent.nb)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for count, (made, cell) in enumerate(zip(code, cells, strict=True), 1):
        made.outputs, made.execution_count = list(cell.test_outputs or ()), count
    path = folder / language(cells[0].path) / cells[0].path.name
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def language(path):
    """The folder of a translation: "de" for notebooks/de/01_sei_der_optimierer.ipynb; "" for a lesson."""
    return path.parent.name if path.parent.parent.name == "notebooks" else ""


def progress(path):
    return os.path.join(FOLDER.name, f"{path.stem}.json")


def more(cell, what, source):
    """A cell that no notebook has, run after one of its own."""
    node = nbformat.v4.new_code_cell(source)
    return IPyNbCell.from_parent(
        cell.parent, name=f"{cell.name}, {what}", cell_num=cell.cell_num, cell=node, options=cell.options
    )


class Outcomes(pytest.Item):
    """What came out of a lesson's questions in this run is what comes out when no lab is touched."""

    def __init__(self, cells, **kwargs):
        super().__init__(**kwargs)
        self.cells = cells

    def runtest(self):
        if EXECUTED:
            keep(self.cells, Path(EXECUTED))
        if language(self.path):
            return
        number = self.path.name[:2]
        questions = {name for name in prompts(number) if ".q" in name}
        untouched = {name: outcome for name, outcome in KEPT.items() if name[:2] == number}
        assert set(untouched) == questions, f"run tests/course/controls.py: it keeps {OUTCOMES.name}"
        if not questions:
            return
        kept = Path(progress(self.path))  # not there where nothing was locked
        entries = json.loads(kept.read_text(encoding="utf-8"))["entries"] if kept.exists() else {}
        found = {name: entry["outcome"] for name, entry in entries.items() if "answer" in entry}
        outputs = [out for cell in self.cells for out in cell.test_outputs or ()]
        said = [OPEN.search(out.get("data", {}).get("text/plain", "")) for out in outputs]
        left = [match[1] for match in said if match]
        assert len(left) == len(questions - set(found)) == 1, (left, found)
        found |= dict(zip(questions - set(found), left, strict=True))
        if without_clock(found) != without_clock(untouched):
            untouched = run(self.path)  # another processor may round otherwise, but it does so whoever moves a control
        assert without_clock(found) == without_clock(untouched)
