"""The GAN lab: it searches for real, and scores the same generator again and again."""

import re

import numpy as np
import pytest

import nasbook
from nasbook.widgets.labs.gan import AGAIN, POOL, SIZES, GANLab

SMALL = {"epochs": 2, "steps": 10, "images": 50, "seed": 1}


def words(widget):
    return re.sub(r"<[^>]*>", "", widget.value)


@pytest.fixture(scope="module")
def trained():
    lab = GANLab(**SMALL)
    assert "Play makes 2 rounds" in words(lab._sentence)
    lab._play.click()
    lab.wait()
    assert lab.error is None
    return lab


def test_the_lab_searches_as_nasbook_does(trained):
    peer = nasbook.search("autogan", "digits-gan", views=True, **SMALL, entropy=0.1, ctrl_lr=trained.values["ctrl_lr"])
    assert trained.trace.digest == peer.digest
    assert [s.view for s in trained.steps] == [s.view for s in peer.steps]


def test_scores_are_those_of_other_images_and_few_are_too_low(trained):
    for n in (1, 2):
        scores = {size: trained.scores(n, size) for size in SIZES}
        assert [len(s) for s in scores.values()] == [min(AGAIN, POOL // size) for size in SIZES]
        assert len(set(scores[10])) == AGAIN and np.std(scores[10]) > np.std(scores[1000])
        assert np.mean(scores[10]) < np.mean(scores[1000]) <= 10
        view = trained.steps[n - 1].view
        assert np.mean(scores[50]) == pytest.approx(view.score, abs=0.5)


def test_the_sentence_and_the_alt_text_say_the_numbers(trained):
    view, few = trained.steps[1].view, trained.scores(2, 10)
    text = trained.sentence(2)
    assert f"cell 2 scored {np.mean(view.rewards):.2f}" in text
    assert f"{np.mean(few):.1f} ± {np.std(few):.1f} from 10 images" in text and "first cell" in text
    alt = trained.live.picture.alt()
    assert "16 generated images" in alt and "a reward has 50 images" in alt and "Policy of cell 2" in alt


def test_scrubbing_back_shows_the_first_stage(trained):
    picture = trained.live.picture
    picture.update(trained.frame(1))
    assert "4×4 pixels" in trained.digits.sentence() and trained.policy.sentence().startswith("Policy of cell 1")
    picture.update(trained.frame(0))
    assert "nothing is drawn" in trained.digits.sentence() and "none yet" in trained.again.alt()
    picture.update(trained.frame(2))
