"""A trace of trials that trained at once goes where every trace goes: picture, replay, table, study, another search."""

import numpy as np
import pytest

import nasbook
from nasbook.scale import load_study, run
from nasbook.space import Space
from nasbook.tasks.training import DigitsMLP


@pytest.mark.filterwarnings("ignore:Starting a Matplotlib GUI")
def test_from_a_packed_search_to_a_study_and_on(tmp_path):
    task, path = DigitsMLP(epochs=2, train=100, device="cpu"), tmp_path / "trace.jsonl"
    trace = nasbook.search("successive-halving", task, eta=2, trials=6, seed=1, packed=16, out=path)
    assert [t.metrics.get("packed", 1) for t in trace.trials] == [2, 2, 1, 2, 2, 1]

    again = nasbook.Trace.load(path)
    assert again.trials == trace.trials and again.header.provenance["packed"] == 16
    assert [s.trial for s in nasbook.replay(again)] == trace.trials
    trace.to_csv(tmp_path / "trials.csv")
    assert "packed" in (tmp_path / "trials.csv").read_text().splitlines()[0]
    trace.plot("history").savefig(tmp_path / "history.png")

    more = nasbook.search("successive-halving", task, eta=2, trials=9, seed=1, out=path, resume=True)  # one at a time
    assert more.trials[:6] == trace.trials and not any("packed" in t.metrics for t in more.trials[6:])
    study = load_study(trace.export(tmp_path / "study.yaml", trials=8))
    assert study.task.name == "digits-mlp" and study.method.name == "successive-halving"
    assert study.packed == 16
    ran = run(tmp_path / "study.yaml", tmp_path / "run")  # packed in a worker, from the notebook's best on
    assert [t.config for t in ran.trials[:2]] == trace.top(2)
    assert [t.metrics.get("packed", 1) for t in ran.trials] == [2, 2, 1, 2, 2, 1, 2, 2]
    assert {t.status for t in ran.trials} == {"done"}
    warm = nasbook.search("bayesian", task, trials=1, warm_start=trace, space=Space(task.space.parameters))
    np.testing.assert_array_equal(warm.values[:6], trace.values)
