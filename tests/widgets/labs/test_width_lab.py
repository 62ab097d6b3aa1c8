import html
import math
import re

import numpy as np
import pytest

import nasbook
from nasbook.plots.labs.width import GUESS, WidthPicture, WidthState
from nasbook.scale import load_study
from nasbook.tasks import widths
from nasbook.widgets.labs.width import EXPONENTS

QUICK = {"width": 64, "steps": 20, "seeds": 2}


def words(widget):
    return html.unescape(re.sub(r"<[^>]*>", "", widget.value))


@pytest.fixture(scope="module")
def lab():
    lab = nasbook.lab("width", **QUICK)
    lab.run()
    yield lab
    lab.close()


def test_what_is_shown_is_what_was_trained(lab):
    state = lab.frame(2)
    assert state.widths == [32, 64] and words(lab._status) == "Done: 2 widths"
    rates = [2.0**e for e in EXPONENTS["adam"]]
    for width, found in state.losses.items():
        apart = [widths.losses(width, rates, [seed], steps=20)[0] for seed in (0, 1)]
        np.testing.assert_array_equal(found, np.hstack(apart))
        assert lab.best[width] == EXPONENTS["adam"][int(found.mean(1).argmin())]
    own, toy = (state.best(width) for width in (64, 32))
    said = words(lab._sentence)
    assert f"{state.mean(64)[own]:.2g}" in said and f"{state.mean(64)[toy]:.2g}" in said


def test_what_is_saved_and_exported_is_the_search_of_the_toys_rate(lab, tmp_path):
    path = lab.files.save_trace(tmp_path / "toy.jsonl")
    kept = nasbook.Trace.load(path)
    assert [t.status for t in kept.trials] == ["done"] * 8
    assert [t.config["lr"] for t in kept.trials] == pytest.approx([2.0**e for e in EXPONENTS["adam"]])
    assert [t.config["width"] for t in kept.trials] == [32] * 8
    study = kept.export(tmp_path / "study.yaml").read_text()
    assert "name: digits-mlp" in study and "train: 1000" in study
    assert "8 trials of the toy's rate on digits-mlp" in words(lab.files.said)
    wide = load_study(kept.export(tmp_path / "wide.yaml", scale={"width": 8}))
    assert wide.first[0]["width"] == 256 and wide.first[0]["lr"] == kept.best.config["lr"]
    assert wide.task.arguments["base_width"]  # so that the toy's rate is meant for the toy's width


def test_the_switch_trains_as_much_again_and_back_again_nothing(lab, monkeypatch):
    before = lab.frame(2).losses
    lab.set(parametrisation="mup")
    lab.wait()
    after = lab.frame(2).losses
    assert words(lab._status).startswith("Done: 2 widths")  # a width that is added is trained, too
    np.testing.assert_array_equal(before[32], after[32])  # the toy is the same in both
    assert not np.array_equal(before[64], after[64]) and "μP" in lab.picture.sentence()
    with monkeypatch.context() as patch:
        patch.setattr(widths, "Pack", None)  # nothing can be trained any more
        lab.set(parametrisation="standard")
        lab.wait()
    np.testing.assert_array_equal(before[64], lab.frame(2).losses[64])
    lab.set(seeds=1)
    lab.wait()
    assert lab.frame(2).losses[64].shape == (8, 1) and "With one seed" in words(lab._sentence)
    lab.set(images="val")
    assert not np.array_equal(before[64][:, :1], lab.frame(2).losses[64]) and len(lab.steps) == 2
    lab.set(images="train")
    for width, trained in ((128, [32, 64, 128]), (64, [32, 64])):
        lab.set(width=width)
        lab.wait()
        assert list(lab.best) == trained, words(lab._status)
    assert lab.error is None


def test_settings_that_follow_each_other_at_once_train_what_was_asked_for(lab):
    lab.run()
    with lab.changing():  # no step is made between the two
        lab.set(parametrisation="mup")
        lab.set(seeds=1)
    lab.wait()
    assert words(lab._status).startswith("Done: 2 widths") and lab.frame(2).losses[64].shape == (8, 1)
    lab.reset()
    with lab.changing():
        lab.runner.step(2)
        lab.set(parametrisation="standard")
        lab.set(seeds=2)
    lab.wait()
    assert list(lab.best) == [32, 64], words(lab._status)
    lab.reset()
    lab.set(seeds=1)
    assert words(lab._status).startswith("Ready")  # nothing was asked for, so nothing is trained
    lab.set(**QUICK)


def state(**losses):
    return WidthState((-3, -2, -1), {int(w[1:]): np.array(rows, float) for w, rows in losses.items()})


def drawn(given, seeds=2):
    picture = WidthPicture([32, 64], (-3, -2, -1), "Standard, SGD", "other images", seeds)
    picture.render_static(given)
    return picture


def test_a_training_that_diverged_is_drawn_at_the_top_and_never_the_best():
    picture = drawn(state(w32=[[1, 1], [0.5, 0.5], [9, 1]], w64=[[0.4, 0.5], [1e-4, np.inf], [np.inf, np.inf]]))
    (x, y), (best, _) = picture.lost[64].get_data(), picture.stars.get_data()
    assert len(x) == 2 and (np.asarray(y) > GUESS).all() and list(best) == [-2, -3]
    assert picture.given.get_data()[1][0] > GUESS  # what the toy's best rate gives the wide one
    assert "2 lost" in picture.alt() and "falls from 2⁻² to 2⁻³" in picture.sentence()
    assert len(picture.lost[32].get_data()[0]) == 1


def test_where_nothing_is_learned_nothing_is_best():
    lost = [[np.inf] * 2] * 3
    picture = drawn(state(w32=lost, w64=lost))
    assert len(picture.stars.get_data()[0]) == 0 and "learns nothing" in picture.alt()
    assert "nothing is learned" in picture.sentence() and not math.isfinite(picture.state.mean(32).min())
    half = drawn(state(w32=lost, w64=[[1, 1], [0.5, 0.5], [1, 1]]))
    assert list(half.stars.get_data()[0]) == [-2] and len(half.toy.get_data()[0]) == 0
    assert "nothing is trained yet" in drawn(state()).sentence()


def test_a_toy_that_learns_nothing_is_said_in_a_sentence(lab):
    few = nasbook.lab("width", width=64, steps=10, seeds=1, optimizer="sgd", seed=3)
    few.run()
    assert few.error is None and "Width 64" in words(few._sentence)
    few.close()
