"""The joint lab: its lines are the table's, its curves are searches by 'staged', and its words follow the numbers."""

import re

import numpy as np
import pytest

import nasbook
from nasbook.tasks.digits_jahs import DEFAULT
from nasbook.widgets.labs.joint import BEST, ORDERS, JointLab, errors


@pytest.fixture(scope="module")
def lab():
    made = JointLab(trials=20, seeds=2)
    made.run()
    return made


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


def test_each_curve_is_a_search_by_that_protocol(lab):
    task = nasbook.task("digits-jahs")
    for order in ORDERS:
        turn = 5 if order == "in turns" else 10
        default = {**DEFAULT, "lr": 0.1}
        options = {"order": order, "turn": turn, "inner": "regularized-evolution", "default": default}
        trace = nasbook.search("staged", task, trials=20, seed=1, **options)
        assert lab.steps[1][order][0].digest == trace.digest
        assert lab.steps[1][order][1][-1] == pytest.approx(100 * (1 - task.test_accuracy(trace.best.config)))
    assert lab.found()["joint"] == pytest.approx(np.mean([step["joint"][1][-1] for step in lab.steps]))


def test_what_is_saved_is_the_chosen_protocol(lab, tmp_path):
    lab.set(kept="in turns")
    lab.files.save_trace(tmp_path / "t.jsonl")
    assert nasbook.Trace.load(tmp_path / "t.jsonl").header.settings["order"] == "in turns"
    assert "in turns" in lab.keeps()
    lab.set(kept="joint")


def test_the_lines_are_the_tables(lab):
    task = nasbook.task("digits-jahs")
    lab.set(other=BEST, cells=40)
    state = lab.frame(2)
    assert state.pairs.shape == (40, 2) and (state.pairs[:, 1] <= state.pairs[:, 0]).all()
    lab.set(other="0.1")
    same = lab.frame(2)
    assert (same.pairs[:, 0] == same.pairs[:, 1]).all() and same.flips == 0
    lab.set(other="1")
    config = next(c for c in task.space.grid() if c["lr"] == 1.0 and c["weight_decay"] == 5e-4)
    assert 100 * (1 - task.test_accuracy(config)) in [pytest.approx(v) for v in errors()[:, 3, 1]]
    assert "of all pairs" in lab.begin() and lab.error is None
    lab.set(other=BEST)


def test_its_words_say_how_sure_they_are(lab):
    for n in (0, 1, 2):
        lab.scrub(n)
        assert lab.error is None and len(words(lab._sentence)) > 40
    assert "may be luck" in words(lab._sentence)
    assert "Test errors of" in lab.picture.alt() and "mean of 2 seeds" in lab.picture.alt()
