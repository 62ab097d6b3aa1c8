"""Learning curves show what the trials have reported."""

import numpy as np
from plots.legible import assert_legible

import nasbook
from nasbook.plots import learning_curves


def curves():
    def trial(i, status, points):
        return nasbook.Trial(i, {}, status=status, value=points[-1][1], curve=tuple(points))

    return [
        trial(0, "done", [(1, 0.5), (2, 0.3), (3, 0.25)]),
        trial(1, "done", [(1, 0.6), (2, 0.2), (3, 0.125)]),
        trial(2, "pruned", [(1, 0.9), (2, 0.85)]),
    ]


def test_learning_curves_show_every_report():
    fig = learning_curves(curves(), label="validation error")
    ax = fig.axes[0]
    segments = ax.collections[0].get_segments()
    np.testing.assert_allclose(segments[0], [(1, 50), (2, 70), (3, 75)])
    assert len(segments) == 3
    assert "The best, trial 2, ends at epoch 3 with validation accuracy 87.5 %" in fig.alt
    assert "1 failed or stopped early" in fig.alt
    assert_legible(fig)
