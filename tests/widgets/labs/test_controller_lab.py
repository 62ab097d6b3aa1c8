"""The controller lab: real clicks, real methods, and sentences that are checked against the views."""

import re

import numpy as np
import pytest

import nasbook
from nasbook.widgets.labs.controller import ControllerLab


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


@pytest.mark.parametrize("method", ["reinforce", "ppo"])
def test_the_run_is_the_search_with_the_same_settings(method):
    extra = {"clip": 0.1, "epochs": 3} if method == "ppo" else {}
    lab = ControllerLab(method=method, trials=50, seed=3, batch=8, lr=0.03, entropy=0.02, decay=0.5, **extra)
    lab.run()
    chosen = {"batch": 8, "lr": 0.03, "entropy": 0.02, "decay": 0.5, "reward": "accuracy", **extra}
    assert lab.trace.digest == nasbook.search(method, "nb201-cifar10", trials=50, seed=3, **chosen).digest
    for n in range(51):
        lab.scrub(n)
        assert lab.error is None and len(words(lab._sentence)) > 20


def test_the_picture_after_a_trial_shows_the_policy_that_learned_from_it():
    lab = ControllerLab(trials=50, batch=10)
    lab.run()
    assert [v.updates for v in lab.after] == [n // 10 for n in range(1, 51)]
    assert all(step.view == view for step, view in zip(lab.steps, [lab.start, *lab.after], strict=False))
    lab.scrub(10)
    assert "Update 1" in words(lab._sentence) and "its own mean" in words(lab._sentence)
    lab.scrub(12)
    assert "The policy learns after 8 more." in words(lab._sentence)
    lab.scrub(20)
    told, u = words(lab._sentence), lab.after[19].last
    rewards = [1 - s.trial.value for s in lab.steps[10:20]]
    assert f"this batch had {np.mean(rewards):.1%} on average, b was {u.baseline:.1%}" in told
    assert u.baseline == pytest.approx(np.mean([1 - s.trial.value for s in lab.steps[:10]]))


def test_the_baseline_shrinks_the_variance_and_can_be_switched_off():
    lab = ControllerLab(trials=100, seed=1)
    lab.run()
    ratio = [v.last.variance_without / v.last.variance for v in lab.after if v.last]
    assert np.median(ratio) > 50
    lab.controls["baseline"].value = False
    assert lab.steps == [] and "starts again" in words(lab._status)
    assert lab.controls["decay"].disabled and "nothing decays" in lab.controls["decay"].tooltip
    lab.run()
    assert all(v.last.variance == v.last.variance_without for v in lab.after if v.last)
    assert "not used" in lab.reward.words.get_text() and "without b the variance is" in words(lab._sentence)


def test_the_clip_belongs_to_ppo_and_keeps_the_policy_close():
    lab = ControllerLab(trials=60)
    assert lab.controls["clip"].disabled and lab.controls["epochs"].disabled
    moved = {}
    for clip in (0.06, 0.9):
        lab.set(method="ppo")
        lab.set(clip=clip, epochs=10)
        lab.run()
        assert lab.clip.eps == clip
        moved[clip] = np.mean([np.abs(np.log(v.last.ratios)).mean() for v in lab.after if v.last])
        assert "The clip silenced" in words(lab._sentence)
    assert moved[0.06] < 0.7 * moved[0.9]


def test_buttons_settings_and_scrubber():
    lab = ControllerLab(trials=50)
    before, size = bytes(lab.image.png), (lab.image.width, lab.image.height)
    lab._step.click()
    lab.wait()
    assert len(lab.steps) == 1 and bytes(lab.image.png) != before
    lab._play.click()
    lab.wait()
    assert "Done: 50 trials" in words(lab._status)
    lab._scrub.value = 20
    assert "Update 2" in words(lab._sentence) and "shown: 20" in words(lab._status)
    lab.controls["task"].value = "digits201-messy"
    assert lab.task.name == "digits201-messy" and lab.steps == []
    lab.controls["method"].value = "ppo"
    assert lab.method.name == "ppo" and (lab.image.width, lab.image.height) == size
    lab._step.click()
    lab.wait()
    assert "times as likely as in random search" in words(lab._sentence)


def test_export_gives_a_study_with_the_same_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = ControllerLab(method="ppo", clip=0.3, trials=50)
    lab.step(12)
    text = lab.trace.export("study.yaml", trials=400).read_text()
    assert "ppo" in text and "clip: 0.3" in text and "nb201-cifar10" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"method": "random"}, "must be one of"), ({"clip": 2.0}, "must lie in"), ({"eps": 0.1}, "no setting 'eps'")],
)
def test_bad_arguments_get_a_sentence(arguments, message):
    with pytest.raises(ValueError, match=message):
        ControllerLab(**arguments)
