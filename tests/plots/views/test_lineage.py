"""The picture of the lineages: descent, who has died out, the winner's way and its schedule, on trials made by hand."""

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook import Choice, Float, Space
from nasbook.plots.data import Quantity
from nasbook.plots.views.lineage import LanesPicture, Lineages, SchedulePicture, lineage
from nasbook.trace import Header, Trace, Trial

SPACE = Space(lr=Float(1e-4, 1.0, log=True), act=Choice(["relu", "tanh"]))


def trial(i, member, epoch, value, lr, parent=None, copied=None):
    info = {"member": member, "parent": parent, "copied_from": copied}
    info = {k: v for k, v in info.items() if v is not None}
    status = "done" if value is not None else "failed"
    return Trial(i, {"lr": lr, "act": "relu"}, float(epoch), status=status, value=value, info=info, cost=0.1)


TRIALS = [  # three members; after epoch 1 member 2 copies 0, after epoch 2 member 1 copies 2
    trial(0, 0, 1, 0.2, 0.1),
    trial(1, 1, 1, 0.4, 0.01),
    trial(2, 2, 1, None, 1.0),
    trial(3, 0, 2, 0.3, 0.1, parent=0),
    trial(4, 1, 2, 0.4, 0.01, parent=1),
    trial(5, 2, 2, 0.1, 0.08, parent=0, copied=0),
    trial(6, 0, 3, 0.25, 0.1, parent=3),
    trial(7, 1, 3, 0.05, 0.096, parent=5, copied=2),
    trial(8, 2, 3, 0.09, 0.08, parent=5),
]


def test_descent_is_followed_through_the_copies():
    d = Lineages.of(TRIALS)
    assert d.line == [0, 5, 7] and d.best is TRIALS[7]
    assert d.alive == {0, 3, 6, 5, 7, 8}  # member 1's first network and the diverged one have died out
    assert d.founders(1) == {0, 1, 2} and d.founders(2) == {0, 1} and d.founders(3) == {0}
    assert d.start[7] == 2.0 and d.founder[7] == 0


def test_lanes_draw_copies_and_the_way_of_the_best():
    p = LanesPicture(SPACE, 3, 3, Quantity("validation error"))
    fig = p.render_static((TRIALS, "value"))
    ends = [(seg[0][1], round(seg[1][1])) for seg in p.copies.get_segments()]
    assert ends == [(0, 2), (2, 1)]  # from the donor's lane to the receiver's
    (way,) = p.path.get_segments()
    assert list(way[:, 1]) == [0, 0, 2, 2, 1, 1] and list(np.round(way[[0, -1], 0])) == [0, 3]
    heights = {t.id: np.ptp(path.vertices[:, 1]) for t, path in zip(TRIALS, p.bars.get_paths(), strict=True)}
    thin, thick = {heights[i] for i in (1, 2, 4)}, {heights[i] for i in (0, 3, 5, 6, 7, 8)}
    assert max(thin) < 0.5 * min(thick)
    assert [t.get_text() for t in p.counts if t.get_text()] == ["3", "2", "1"]
    assert [t.get_text() for t in p.ends] == ["75.0 %", "95.0 %", "91.0 %"]
    assert p.sentence() == "Epoch 3: best 95.0 %; all 3 members descend from member 1"
    assert "came by member 1, 3, 2" in fig.alt and "2 copies" in fig.alt
    assert_legible(fig)


def test_colours_say_accuracy_founder_or_hyperparameter():
    p = LanesPicture(SPACE, 3, 3, Quantity("validation error"))
    p.render_static((TRIALS, "founder"))
    faces = p.bars.get_facecolors()
    assert np.array_equal(faces[0], faces[7]) and not np.array_equal(faces[0], faces[1]) and not p.bar.get_visible()
    p.update((TRIALS, "parameter"))
    faces = p.bars.get_facecolors()
    assert np.array_equal(faces[0], faces[3]) and not np.array_equal(faces[0], faces[5])
    assert p.update((TRIALS, "value")) and not p.update((TRIALS, "value"))  # another scale is drawn once
    bright = p.bars.get_facecolors()[:, :3] @ [0.2, 0.7, 0.1]
    assert bright[7] > bright[5] > bright[0] > bright[1]
    with pytest.raises(ValueError, match="colour must be one of value, founder, parameter, not 'red'"):
        p.update((TRIALS, "red"))


def test_the_schedule_is_the_way_of_the_best_through_the_learning_rates():
    p = SchedulePicture(SPACE, 3, "lr")
    fig = p.render_static(TRIALS)
    assert p.values == [(1.0, 0.1), (2.0, 0.08), (3.0, 0.096)]
    (way,) = p.path.get_segments()
    lr = SPACE.parameters["lr"]
    np.testing.assert_allclose(way[-1], [3, lr.encode(0.096)])
    np.testing.assert_allclose(way[:2], [[0, lr.encode(0.1)], [1, lr.encode(0.1)]])
    assert len(p.dead.get_segments()) == 3 and len(p.alive.get_segments()) == 3
    assert p.sentence() == "lr of the best: 0.1 → 0.08 → 0.096"
    assert_legible(fig)
    p.aim("act")
    assert p.update(TRIALS) and p.sentence() == "act of the best: relu all the time"


@pytest.mark.parametrize("n, epochs", [(2, 5), (10, 20), (16, 40)])
def test_empty_and_crowded_lanes_are_legible(n, epochs):
    trials = [
        trial(e * n + i, i, e + 1, 0.5, 0.1, (e - 1) * n + i if e else None) for e in range(epochs) for i in range(n)
    ]
    for rows in ([], trials):
        assert_legible(LanesPicture(SPACE, n, epochs, Quantity("validation error")).render_static((rows, "value")))


def test_any_pbt_trace_can_be_drawn_and_another_is_refused(tmp_path):
    trace = Trace(Header("pbt", "digits-mlp", SPACE))
    for t in TRIALS:
        trace.started(t)
        trace.ended(t)
    fig = trace.plot("lineage", colour="founder")
    assert "all 3 members descend from member 1" in fig.alt and "0.1 → 0.08 → 0.096" in fig.alt
    with pytest.raises(ValueError, match="the space has no parameter 'momentum'; it has lr, act"):
        lineage(trace, parameter="momentum")
    with pytest.raises(ValueError, match="lineage draws a trace of 'pbt'"):
        nasbook.search("random", "branin", trials=2).plot("lineage")
