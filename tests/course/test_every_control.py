"""Whatever a learner does to the labs, the rest of a notebook runs and says what it says when nobody touches them."""

import json

import nbformat
import pytest
from course.controls import FOLDER, OUTCOMES, run, shows_lab
from course.prompts import prompts

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
CLOCK = {"21.q1"}  # hours on this machine: another day, another answer
KEPT = json.loads(OUTCOMES.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_control_is_moved_and_the_notebook_says_the_same(path):
    asked = {name for name in prompts(path.name[:2]) if ".q" in name}
    untouched = {name: outcome for name, outcome in KEPT.items() if name[:2] == path.name[:2]}
    assert set(untouched) == asked, "run tests/course/controls.py: it keeps the outcomes of an untouched run"
    found = run(path, moved=True)
    assert set(found) == asked
    if unlike(found, untouched):  # another processor may round otherwise, but it does so whoever moves a control
        untouched = run(path, moved=False)
    assert not unlike(found, untouched)


def unlike(one, other):
    return {name: (one[name], other[name]) for name in one if one[name] != other[name] and name not in CLOCK}


def test_most_notebooks_have_a_lab_to_move():
    with_labs = [
        p for p in NOTEBOOKS if any(shows_lab(c.source) for c in nbformat.read(p, 4).cells if c.cell_type == "code")
    ]
    assert len(with_labs) >= len(NOTEBOOKS) - 1
