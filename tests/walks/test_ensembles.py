"""From a search to an ensemble, each step from the file that the step before has written."""

import numpy as np
import pytest

import nasbook
from nasbook.automl.ensemble import Trained, ensemble, numbers
from nasbook.automl.evaluate import Pipelines
from nasbook.automl.predictions import Predictions, collect
from nasbook.cli import main


def told(trace, kept, task):
    """Three numbers of the best and of the greedy ensemble."""
    return [numbers(trace, kept, task, way, size=6) for way in ("best", "greedy")]


@pytest.mark.parametrize("kind", ["pipelines", "networks"])
def test_search_keep_load_choose_tell_and_draw(kind, tmp_path, capsys):
    path = tmp_path / "a search.jsonl"
    if kind == "pipelines":
        task = Pipelines("wine", rows=60, models=["naive-bayes", "knn"])
        nasbook.search("random", task, trials=6, seed=0, out=path)
    else:
        task = Trained(nasbook.task("digits-pool"))
        nasbook.search("nes", "digits-pool", pool=12, population=5, members=3, seed=0, out=path)
    trace = nasbook.Trace.load(path)
    collect(trace, task).save(path)  # beside the trace
    kept = collect(nasbook.Trace.load(path), task, path)
    assert np.array_equal(Predictions.load(path).y, kept.y) and set(kept.of) == {t.id for t in trace.trials}
    (own, _, test), (own_together, nested, test_together) = told(trace, kept, task)
    assert own == trace.best.value and own_together <= own and own_together <= nested + 1e-12
    assert 0 < test < 1 and 0 < test_together < 1
    assert sum(ensemble(kept, task).weights.values()) == pytest.approx(1)
    if kind == "networks":
        assert test_together < test
        picture = tmp_path / "ensemble.png"
        assert main(["search", "nes", "digits-pool", "--trials", "6", "--plot", str(picture)]) == 0
        assert picture.stat().st_size > 5000 and "drew" in capsys.readouterr().err
        assert "together" in trace.plot("ensemble").alt
