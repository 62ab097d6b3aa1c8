"""The recipes that need other packages: each study's task is searched by its method, and what reports is stopped."""

from pathlib import Path
from typing import Any

import pytest

import nasbook
from nasbook.evaluation import evaluate
from nasbook.scale import load_study
from nasbook.trace import Trial

FOLDER = Path(nasbook.__file__).parents[1] / "notebooks" / "recipes"


def test_xgboost_is_pruned_by_round() -> None:
    study = load_study(FOLDER / "xgboost_rounds.yaml")
    trace = nasbook.search(study.make_method(), study.make_task(), trials=12)
    assert {t.status for t in trace.trials} == {"done", "pruned"}, [t.reason for t in trace.trials]
    assert all(len(t.curve) < 27 for t in trace.trials if t.status == "pruned")
    assert all(len(t.curve) == 27 for t in trace.trials if t.status == "done")


def test_lightning_goes_on_from_its_checkpoint(tmp_path: Any) -> None:
    task = load_study(FOLDER / "lightning_module.yaml").make_task()
    ended = [
        evaluate(task, Trial(0, {"lr": 0.01, "width": 16}, fidelity=n), seed=1, checkpoint=tmp_path / "state")
        for n in (1, 3)
    ]
    assert [[e for e, _ in t.curve] for t in ended] == [[1.0], [2.0, 3.0]], [t.reason for t in ended]
    assert ended[1].value < ended[0].value < 0.9


@pytest.mark.parametrize("name", ["hf_trainer.yaml", "keras_mlp.yaml"])
def test_what_reports_its_epochs_is_stopped(name: str) -> None:
    task = load_study(FOLDER / name).make_task()
    config = {"lr": 0.01, "heads": 2} if name.startswith("hf") else {"lr": 0.01, "width": 16, "activation": "relu"}
    stop = evaluate(task, Trial(0, config), seed=1, should_stop=lambda t, curve: "enough" if len(curve) == 2 else None)
    assert (stop.status, stop.reason, [e for e, _ in stop.curve]) == ("pruned", "enough", [1.0, 2.0]), stop.reason


def test_a_trainer_goes_on_from_its_own_checkpoint(tmp_path: Any) -> None:
    task, config = load_study(FOLDER / "hf_trainer.yaml").make_task(), {"lr": 0.01, "heads": 2}
    state = tmp_path / "state"
    straight = evaluate(task, Trial(0, config, fidelity=3), seed=1, checkpoint=tmp_path / "whole")
    first, second = (evaluate(task, Trial(0, config, fidelity=n), seed=1, checkpoint=state) for n in (1, 3))
    assert [[e for e, _ in t.curve] for t in (first, second)] == [[1.0], [2.0, 3.0]], (first.reason, second.reason)
    assert first.curve + second.curve == straight.curve and second.value == straight.value
    assert len(list(state.glob("checkpoint-*"))) == 1
