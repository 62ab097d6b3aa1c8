"""RGPE's picture: the weights and losses are those of the views, and every model has a line."""

import numpy as np
import pytest
from plots.legible import assert_legible

import nasbook
from nasbook.plots.views.sources import SHOWN, SourcesPicture

TABLE = "nb201-cifar10"


def source(name, seed=9):
    return nasbook.search("random", name, trials=25, seed=seed)


def test_weights_and_losses_are_those_of_the_steps(tmp_path):
    known = source("nb201-cifar100")
    down = {"task": "upside down", "trials": [[t.config, -t.value] for t in known.trials if t.value is not None]}
    trace = nasbook.search("rgpe", TABLE, trials=16, seed=0, sources=[known, down])
    views = [step.view for step in nasbook.replay(trace)]
    picture = SourcesPicture(views[0].names, len(trace))
    fig = picture.render_static(views)
    weighed = [(k, v) for k, v in enumerate(views, 1) if v.weights]
    assert [k for k, _ in weighed] == list(range(11, 17))
    for i, (above, below) in enumerate(picture.lines):
        np.testing.assert_allclose(above.get_ydata(), [v.weights[i] for _, v in weighed])
        np.testing.assert_allclose(below.get_ydata(), [100 * v.loss[i] for _, v in weighed])
    assert sum(picture.weights.values()) == pytest.approx(1)
    assert "upside down weighs 0 " in fig.alt
    assert_legible(fig)
    assert trace.plot().alt == fig.alt == nasbook.Trace.load(trace.save(tmp_path / "t.jsonl")).plot("rgpe").alt


def test_many_sources_are_gathered_and_none_is_said_to_be_none():
    known = [source("nb201-cifar100"), source("digits201-digits")]
    trace = nasbook.search("rgpe", TABLE, trials=12, seed=0, sources=[*known * 4])
    views = [step.view for step in nasbook.replay(trace)]
    picture = SourcesPicture(views[0].names, 12)
    fig = picture.render_static(views)
    labels = [label for label, _ in picture.groups]
    assert len(labels) == SHOWN + 1 and labels[-2:] == ["3 other sources", "target"]
    assert labels[0] == "nb201-cifar100 (1)" and sum(picture.weights.values()) == pytest.approx(1)
    assert_legible(fig)
    alone = nasbook.search("rgpe", "branin", trials=3)
    assert "there is no source" in alone.plot().sentence
    with pytest.raises(ValueError, match="rgpe draws the view of 'rgpe'"):
        nasbook.search("random", "branin", trials=2).plot("rgpe")
