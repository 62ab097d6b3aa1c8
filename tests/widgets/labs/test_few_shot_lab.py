"""The few-shot lab: epochs of Reptile, and sentences that say what its views hold."""

import pytest
from plots.legible import assert_legible

from nasbook.widgets.labs.few_shot import FewShotLab

SMALL = {"epochs": 2, "meta_steps": 1, "tasks": 1, "inner_steps": 2}


def test_every_epoch_is_told_as_it_was():
    lab = FewShotLab(**SMALL, shots=3, seed=1)
    assert "learned for 2 steps" in lab.begin() and lab.task.shots == 3 and lab.total == 2
    lab.run()
    assert lab.trace.header.method == "reptile" and len(lab.steps) == 2
    for n, step in enumerate(lab.steps, 1):
        v, told = step.view, lab.sentence(n)
        assert f"{100 * v.error:.1f} % of its other images" in told
        assert f"{100 * abs(v.scratch - v.error):.1f} points {'better' if v.scratch >= v.error else 'worse'}" in told
        assert f"without a step {100 * v.unadapted:.1f} %" in told
    assert lab.episodes.last is lab.steps[-1].view and lab.error is None
    assert_legible(lab.live.picture.fig)
    lab.scrub(1)
    assert lab.episodes.last is lab.steps[0].view
    lab.set(inner_steps=1)
    assert lab.steps == [] and lab.method.settings.inner_steps == 1


def test_bad_arguments_get_a_sentence():
    with pytest.raises(ValueError, match="shots must lie in"):
        FewShotLab(shots=0)
    with pytest.raises(ValueError, match="has no setting 'epoch'; did you mean 'epochs'"):
        FewShotLab(epoch=3)
