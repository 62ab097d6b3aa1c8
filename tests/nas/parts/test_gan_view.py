"""What a search of generators shows of each epoch."""

import numpy as np
import pytest

import nasbook
from nasbook.nas.parts.gan_view import AutoGANView
from nasbook.nas.spaces.generator.decisions import cell_space
from nasbook.tasks.gan import DigitsGAN

SMALL = {"epochs": 4, "steps": 4, "ctrl_steps": 2, "images": 30, "candidates": 4, "top": 3, "repeats": 3, "channels": 4}


@pytest.fixture(scope="module")
def task():
    return DigitsGAN()


def test_an_epoch_is_told_and_stages_have_their_sizes(task):
    trace = nasbook.search("autogan", task, seed=1, views=True, **SMALL)
    assert [s.view.stage for s in trace] == [1, 1, 2, 2]
    assert [t.fidelity for t in trace.trials] == [4, 4, 8, 8] and trace.best.fidelity == 8
    for step in trace:
        v, t = step.view, step.trial
        assert t.status == "done" and t.value == pytest.approx(-v.score) and 1 <= v.score <= 10
        assert task.space.validate(t.config) == t.config and v.cell.items() <= t.config.items()
        assert len(v.scores) == 3 and v.error == pytest.approx(np.std(v.scores, ddof=1) / 3**0.5)
        assert len(v.rewards) == 2 and len(v.pictures) == 16 and min(map(min, v.pictures)) >= 0
        assert max(map(max, v.pictures)) <= 16 and v.side == (4 if v.stage == 1 else 8)
        assert all(sum(row) == pytest.approx(1) for row in v.probabilities)
    assert trace[0].view.prefixes == ({},) and 1 <= len(trace[2].view.prefixes) <= 3
    assert {tuple(p) for p in trace[2].view.prefixes} == {tuple(cell_space(1).parameters)}
    assert AutoGANView.from_dict(trace[3].view.to_dict()) == trace[3].view
