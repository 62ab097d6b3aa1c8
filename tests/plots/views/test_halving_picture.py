"""The picture of the rungs: who is stopped, what is hidden, and which decision was wrong, on curves made by hand."""

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.hpo.hyperband import brackets
from nasbook.hpo.parts.brackets import Rung
from nasbook.hpo.successive_halving import HalvingView
from nasbook.plots.data import Quantity
from nasbook.plots.views.halving import HalvingPicture, HalvingState
from nasbook.trace import Trial

CURVES = {0: [0.5, 0.4, 0.3], 1: [0.6, 0.3, 0.1], 2: [0.9, 0.9, 0.9]}  # network 1 is overtaken only at epoch 1


def trial(number, of, epochs, status="done"):
    value = CURVES[of][epochs - 1] if status == "done" else None
    info = {"continues": of} if of != number else {}
    curve = tuple(enumerate(CURVES[of][:epochs], 1))
    return Trial(number, {}, epochs, status=status, value=value, info=info, curve=curve, start=0.0, end=1.0)


def state(last="done"):
    trials = (trial(0, 0, 1), trial(1, 1, 1), trial(2, 2, 1, last), trial(3, 0, 3))
    third = 0.9 if last == "done" else np.inf
    rungs = (
        Rung(1, 3, (0, 1, 2), (0.5, 0.6, third), (0,), (1, 2)),
        Rung(3, 1, (3,), (0.3,), (), (3,)),
    )
    table = ((3, 1), (1, 3))
    bracket = nasbook.hpo.parts.brackets.BracketView(0, table, rungs)
    return HalvingState(trials, (), HalvingView((table,), (bracket,)))


def picture(**options):
    return HalvingPicture(
        (1, 3),
        [((3, 1), (1, 3))],
        lambda t: np.array(CURVES[t.info.get("continues", t.id)]),
        Quantity("validation error"),
        **options,
    )


def test_the_wrong_decision_is_found_and_drawn():
    p = picture()
    fig = p.render_static(state())
    assert (p.stopped, p.wrong, p.failed) == ([1, 2], [1], [])
    (lost,) = p.lost.get_segments()
    np.testing.assert_allclose(lost, [[1, 40], [2, 70], [3, 90]])
    (unseen,) = p.unseen.get_segments()
    np.testing.assert_allclose(unseen[:, 1], 10)
    np.testing.assert_allclose(p.star.get_data(), [[3], [70]])
    assert p.sentence() == "2 of 3 networks stopped, best 70.0 %; 1 of the stopped would have beaten it"
    assert "network 1, ends at 70.0 %" in fig.alt
    assert {cell: t.get_text() for cell, t in p.counts.items()} == {(0, 0): "3/3", (0, 1): "1/1"}
    assert_legible(fig)


def test_a_failure_is_not_a_decision_and_what_is_hidden_can_be_left_out():
    p = picture(show_hidden=False)
    p.render_static(state("failed"))
    assert (p.stopped, p.failed, p.wrong) == ([1], [2], [1])
    assert not len(p.lost.get_segments()) and not len(p.unseen.get_segments())


@pytest.mark.parametrize("eta", [2, 3, 4])
def test_every_table_is_legible_before_and_after(eta):
    tables = brackets(27, eta)
    levels = [r for _, r in tables[0]]
    assert_legible(HalvingPicture(levels, tables, None, Quantity("validation error")).render_static(HalvingState()))


def test_trainings_that_wait_for_a_decision_are_seen():
    view = HalvingView((((3, 1), (1, 3)),), ())
    p = picture()
    p.render_static(HalvingState((trial(0, 0, 1), trial(1, 1, 1)), (), view))
    np.testing.assert_allclose(np.array(p.waiting.get_data()).T, [[1, 50], [1, 40]])
    assert p.sentence() == "0 of 2 networks stopped, none trained for 3 epochs yet"
