"""The explain lab: whatever is clicked, its words and pictures hold what nasbook.explain says of that trial."""

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.explain import explain
from nasbook.plots.cell import arc
from nasbook.widgets.labs.explain import ExplainLab


def click(lab, axes, x, y):
    """A click at a place of the axes, as the page sends it."""
    fig = lab.live.picture.make_figure()
    px, py = axes.transData.transform((x, y))
    w, h = fig.canvas.get_width_height()
    lab.image.inject(px / w, 1 - py / h)


def test_a_click_explains_that_trial_by_table_and_forest():
    lab = ExplainLab(trials=15, seed=1)
    assert "Nothing has been tried yet" in lab.begin()
    lab.run()
    assert lab.found(3, True) is not None and lab.found(3, False) is None
    click(lab, lab.points.ax, 6, lab.points.ax.get_ylim()[0] + 1)
    assert lab.place(15) == 5 and lab.error is None
    table = explain(lab.trace, lab.trace.trials[5].config)
    np.testing.assert_allclose(lab.found(15, True).phi, table.phi)
    forest = explain(lab.trace, lab.trace.trials[5].config, truth=False, trees=16)
    np.testing.assert_allclose(lab.found(15, False).phi, forest.phi)
    widths = dict(zip(lab.parts.names, (b.get_width() for b in lab.parts.bars), strict=True))
    assert widths == pytest.approx(dict(zip(table.names, 100 * table.phi, strict=True)))
    assert f"off by {100 * forest.source.error:.1f} points" in lab.image.alt
    click(lab, lab.parts.ax, sum(lab.parts.ax.get_xlim()) / 2, lab.parts.names.index("lr"))
    i = table.names.index("lr")
    assert f"lr = {table.new[i]} is worth {100 * table.phi[i]:+.1f}".replace("-", "−") in lab.sentence(15)
    assert_legible(lab.live.picture.fig)
    lab.choose(None)
    assert lab.steps[lab.place(15)].trial.id == lab.trace.best.id


def test_a_click_on_an_edge_of_a_cell():
    lab = ExplainLab(task="digits201-messy", trials=8, seed=0)
    lab.run()
    click(lab, lab.parts.ax, *arc(0, 2)[16])
    found = lab.found(8, True)
    worth = f"{100 * found.phi[1]:+.1f}".replace("-", "−")
    assert lab.part == "edge_0_2" and f"the edge in → 2 = {found.new[1]} is worth {worth}" in lab.sentence(8)
    assert_legible(lab.live.picture.fig)
    lab.set(game="tunability")
    assert lab.parts.part_at(0) == "edge_0_1" and "Tuning" not in lab.sentence(8)
    assert_legible(lab.live.picture.fig)
    lab.set(game="ablation", default="first")
    assert "none" in lab.found(8, True).old
    lab.scrub(0)
    assert "No cell" in lab.image.alt and "explained" in lab.image.alt


def test_the_first_frames_and_the_scrubber():
    lab = ExplainLab(trials=5)
    lab.step()
    assert "by the table." in lab.sentence(1) and "forest on" not in lab.sentence(1)
    lab.run()
    assert "The forest on" in lab.sentence(5)
    lab.choose(5)
    lab.scrub(2)
    assert lab.place(2) is not None and lab.place(2) < 2
    with pytest.raises(ValueError, match="trials are made from 1 to 2 here, not 4"):
        lab.choose(4)
    with pytest.raises(ValueError, match="there is no point in 'depht'"):
        lab.point("depht")


def test_the_forest_can_be_hidden():
    lab = nasbook.lab("explain", trials=8)
    lab.run()
    assert len(lab.parts.marks[0].get_xdata()) == 1
    lab.set(forest=False)
    assert len(lab.parts.marks[0].get_xdata()) == 0 and lab.error is None
