"""A parameter, an argument and a setting at another size."""

import sys

import pytest
from scale.exported import SPACE, a_trace

import nasbook
from nasbook.scale import export, load_study


@pytest.mark.parametrize("name", ["successive-halving", "hyperband", "asha", "bohb", "dehb", "priorband"])
def test_a_longer_training_has_longer_rungs(name, tmp_path, monkeypatch):
    """The range of a method's rungs was the task's in the notebook, and is the study's in the study."""
    (tmp_path / "longer.py").write_text("def learn(config, fidelity):\n    return config['x'] / fidelity\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    learn = __import__("longer").learn
    asked = dict(space=nasbook.Space(x=nasbook.Float(0, 1)), fidelity=nasbook.Fidelity("epoch", 1, 9), trials=13)
    for own, full in (({}, 27), ({"max_fidelity": 3}, 3)):
        trace = nasbook.search(name, learn, **asked, **own)
        study = load_study(trace.export(tmp_path / "study.yaml", epochs=27, trials=50, overwrite=True))
        assert study.make_method().settings.max_fidelity == full
        same = load_study(trace.export(tmp_path / "study.yaml", overwrite=True)).make_method().settings
        assert same == nasbook.method(name, trace.space, **trace.header.settings).settings
    sys.modules.pop("longer")


def test_arguments_of_the_task_are_scaled_and_carried(tmp_path):
    trace = nasbook.search("random", nasbook.task("digits-mlp", train=100, epochs=1), trials=1, seed=1)
    study = load_study(
        trace.export(tmp_path / "s.yaml", trials=50, epochs=30, train=1000, workers=2, gpus=0.5, hours=8)
    )
    assert study.task.arguments == {"train": 1000, "epochs": 30}
    assert study.fidelity.model_dump() == {"unit": "epoch", "min": 1, "max": 30, "levels": []}
    assert (study.budget.trials, study.budget.hours, study.workers, study.resources.gpus) == (50, 8, 2, 0.5)


def test_a_parameter_gets_a_new_range_new_options_or_one_value(tmp_path):
    target = {"width": (64, 512), "activation": ["relu"], "depth": 3, "dropout": nasbook.Float(0, 0.2)}
    study = load_study(export(a_trace(), tmp_path / "s.yaml", **target))
    space = study.search_space.parameters
    assert space["width"] == nasbook.Int(64, 512, log=True)
    assert space["activation"] == nasbook.Choice(["relu"])
    assert space["depth"] == nasbook.Constant(3)
    assert space["dropout"] == nasbook.Float(0, 0.2)
    assert space["momentum"] == SPACE.parameters["momentum"]
    for config in study.first:  # what does not fit the new space is left out
        assert study.search_space.validate(config) == config
