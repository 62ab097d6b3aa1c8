"""A search in a notebook, exported at another size, run, and its trace taken back to the notebook."""

import pytest

import nasbook
from nasbook.scale import load_study, run
from nasbook.task import trial_seed
from nasbook.tasks.training import DigitsMLP


@pytest.mark.filterwarnings("ignore:Starting a Matplotlib GUI")
def test_from_a_small_search_to_a_wide_training_and_back(tmp_path):
    task, path = DigitsMLP(epochs=1, train=100, device="cpu"), tmp_path / "trace.jsonl"
    small = nasbook.search("random", task, trials=3, seed=1, out=path)
    target = {"trials": 1, "scale": {"width": 4, "batch": 0.5, "epochs": 2}}
    study = load_study(nasbook.Trace.load(path).export(tmp_path / "study.yaml", **target))
    best = small.best.config
    assert study.first[0]["width"] == 4 * best["width"] and study.first[0]["batch"] == round(best["batch"] / 2)

    ran = run(tmp_path / "study.yaml", tmp_path / "run")
    again = nasbook.Trace.load(tmp_path / "run" / "trace.jsonl")
    assert [t.config for t in again.trials] == study.first and again.best.metrics["epochs"] == 2
    assert ran.digest == again.digest and again.header.arguments["base_width"] == "1/4"
    wide = DigitsMLP(epochs=2, train=100, device="cpu", base_width="1/4")
    seed = trial_seed(again.header.seed, 0)
    assert wide.evaluate(again.best.config, seed=seed).value == again.best.value
    again.plot("history").savefig(tmp_path / "history.png")
    once_more = load_study(again.export(tmp_path / "more.yaml", scale={"width": 2}))  # 8 times the notebook's width
    assert once_more.task.arguments["base_width"] == "1/8" and once_more.first[0]["width"] == 8 * best["width"]
