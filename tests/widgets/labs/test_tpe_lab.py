"""The TPE lab: what it promises is what it does, and γ moves the split of the trials that are there."""

import re

import numpy as np
import pytest

import nasbook
from nasbook.widgets.labs.tpe import TPELab


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


@pytest.mark.parametrize("task", ["forrester", "branin", "cancer-svm"])
def test_a_search_in_the_lab_is_the_search(task):
    lab = TPELab(task=task, trials=16, seed=3)
    lab.run()
    assert lab.trace.digest == nasbook.search("tpe", task, trials=16, seed=3).digest


def test_the_picture_promises_what_the_next_step_does():
    lab = TPELab(trials=20, seed=1)
    lab.step(14)
    promised = lab.frame(14).next
    lab.step()
    np.testing.assert_allclose(lab.task.space.encode(lab.trace[14].trial.config), promised)
    assert "24 candidates drawn from l, which 2 good trials made" in words(lab._sentence)


def test_moving_gamma_moves_the_split_and_keeps_the_trials():
    lab = TPELab(trials=30, seed=0)
    lab.step(20)
    kept, before = [t.config for t in lab.trace.trials], lab.image.frame
    assert len(lab.picture.good.get_xdata()) == 2
    threshold = lab.frame(20).threshold
    lab.controls["gamma"].value = 0.5
    view = lab.frame(20)
    assert len(view.below) == 10 and view.threshold > threshold
    assert len(lab.picture.good.get_xdata()) == 10 and lab.image.frame > before
    assert [t.config for t in lab.trace.trials] == kept and "kept" in words(lab._status)
    lab.step()
    assert lab.trace.header.settings["gamma"] == 0.5 and lab.method.settings.gamma == 0.5
    # what was kept can be replayed: the trace is that of a method told these trials
    assert [s.trial.config for s in nasbook.replay(lab.trace)] == [t.config for t in lab.trace.trials]
    lab.scrub(12)
    assert len(lab.frame(12).below) == 6


def test_gamma_during_the_random_trials_repeats_none():
    lab = TPELab(trials=12, seed=0)
    lab.step(5)
    lab.set(gamma=0.3)
    lab.run()
    assert lab.trace.digest == nasbook.search("tpe", "forrester", trials=12, seed=0, gamma=0.3).digest


def test_another_parameter_and_another_task():
    lab = TPELab(task="cancer-svm", axis="gamma", trials=14)
    assert list(lab.controls["axis"].options) == ["kernel", "C", "gamma", "degree"]
    lab.step(12)
    lab.set(axis="kernel")
    assert lab.picture.name == "kernel" and len(lab.steps) == 12
    lab.set(task="branin")
    assert list(lab.controls["axis"].options) == ["x1", "x2"] and lab.picture.name == "x1" and lab.steps == []
    lab.run()
    assert len(lab.trace) == 14 and lab.error is None


def test_the_tree_of_a_conditional_space_and_back():
    lab = TPELab(task="cancer-svm", trials=14, show="tree")
    lab.step(12)
    assert "kernel = " in lab.picture.sentence() and "parameters exist" in lab.picture.sentence()
    config = lab.task.space.decode(lab.frame(12).next)
    assert {n.name for n in lab.picture.lit if n.values is None} == set(config)
    lab.controls["show"].value = "densities"
    assert lab.picture.name == "kernel" and len(lab.steps) == 12
    lab.controls["show"].value = "tree"
    lab.set(task="branin")  # no conditions: densities, and the switch is off
    assert lab.controls["show"].disabled and lab.picture.name == "x1"
    assert lab.error is None and len(lab.run()) == 14


def test_an_objective_of_ones_own_that_fails_is_told():
    def objective(config):
        if config["x"] > 0.6:
            raise RuntimeError("too hot")
        return config["x"]

    lab = TPELab(objective, nasbook.Space(x=nasbook.Float(0, 1)), trials=25, seed=0)
    lab.run()
    failed = [t for t in lab.trace.trials if t.status == "failed"]
    assert failed and lab.error is None
    assert len(lab.picture.lost.get_xdata()) == len(failed)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"gamma": 2.0}, "must lie in"), ({"axis": "y"}, "axis must be one of 'x'"), ({"task": "branen"}, "did you mean")],
)
def test_bad_arguments_get_a_sentence(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        TPELab(**arguments)
