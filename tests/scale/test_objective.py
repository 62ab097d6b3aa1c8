"""An objective for other libraries: which parameters exist, and why it failed."""

import sys

import pytest

from nasbook.scale.objective import Objective, TrialFailed


def test_an_objective_drops_what_does_not_exist_and_says_why_it_failed(tmp_path):
    (tmp_path / "own_task.py").write_text(
        "def f(config, seed=0, report=None):\n"
        "    assert 'momentum' not in config, config\n"
        "    report(1, 2.0)\n"
        "    if config['lr'] > 1: raise OSError('no luck')\n"
        "    return config['lr'] + seed * 1e-20\n"
    )
    when = {"momentum": {"optimizer": ["sgd"]}}
    objective = Objective("own_task:f", when=when, seed=4, folder=tmp_path)
    config = {"optimizer": "adamw", "momentum": 0.9, "lr": 0.5}
    a, b, c = objective(config), objective(config), objective(config, number=3)
    assert a == b.__class__(**{**vars(b), "cost": a.cost}) and a.value != c.value and "momentum" not in a.config
    assert objective(config, report=lambda epoch, value: True).status == "pruned"
    with pytest.raises(TrialFailed, match="OSError: no luck"):
        objective({**config, "lr": 2.0})
    with pytest.raises(ValueError, match="Python's own module"):
        Objective("os:system")({"x": 1})
    sys.modules.pop("own_task", None)


def test_what_exists_does_not_depend_on_the_order_of_the_parameters():
    """W&B hands them over by the alphabet: a child may come before its parent."""
    when = {"momentum": {"optimizer": ["sgd"]}, "aged": {"momentum": [0.5]}}
    objective = Objective("own_task:f", when=when)
    whole = {"optimizer": "sgd", "momentum": 0.5, "aged": 1}
    for config in (whole, dict(sorted(whole.items()))):
        assert objective.active(config) == whole
        assert objective.active({**config, "optimizer": "adam"}) == {"optimizer": "adam"}
        assert objective.active({**config, "momentum": 0.1}) == {"optimizer": "sgd", "momentum": 0.1}
