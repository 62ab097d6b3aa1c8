"""The task of a study by its name: a function in a module, a task, or what makes one."""

import sys

import pytest

import nasbook
from nasbook.scale import load_study, run
from nasbook.task import Task


def test_a_function_of_the_notebook_cannot_be_exported_and_is_told_how(tmp_path):
    space = nasbook.Space(x=nasbook.Float(0, 1))
    trace = nasbook.search("random", lambda config: config["x"], space=space, trials=3)
    with pytest.raises(ValueError, match='defined in a notebook.* put the function into a module.*task="objective:f"'):
        trace.export(tmp_path / "s.yaml")
    assert not (tmp_path / "s.yaml").exists()


def test_a_notebook_function_that_borrows_the_name_of_a_task_is_not_taken_for_it(tmp_path):
    space = nasbook.task("branin").space
    task = nasbook.FunctionTask(lambda config: config["x1"], space, name="branin")
    trace = nasbook.search("random", task, trials=3)
    with pytest.raises(ValueError, match="the task 'branin' was defined in a notebook"):
        trace.export(tmp_path / "s.yaml")


def test_a_function_in_a_module_is_exported_and_runs(tmp_path, study, monkeypatch):
    study("square")  # writes objective.py
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    from objective import square

    space = nasbook.Space(x=nasbook.Float(0, 1))
    trace = nasbook.search("random", square, space=space, trials=6, seed=1)
    path = trace.export(tmp_path / "exported.yaml", trials=7, workers=2)
    assert load_study(path).task.name == "objective:square"
    assert len(run(path, tmp_path / "out")) == 7

    local = nasbook.search("random", lambda config: config["x"], space=space, trials=3)
    path = local.export(tmp_path / "named.yaml", task="objective:square")
    assert load_study(path).task.name == "objective:square"


def test_a_module_may_hold_a_task_or_make_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mytasks.py").write_text(
        "import nasbook\n"
        "space = nasbook.Space(x=nasbook.Float(0, 1))\n"
        "ready = nasbook.FunctionTask(lambda c: c['x'], space)\n"
        "def make(power=2):\n    return nasbook.FunctionTask(lambda c: c['x'] ** power, space)\n"
        "def objective(config, power):\n    return config['x'] ** power\n"
        "def wrong():\n    return 3\n"
    )
    from nasbook.scale.target import importable, make_task

    space = nasbook.Space(x=nasbook.Float(0, 1))
    with importable():
        assert make_task("mytasks:ready").evaluate({"x": 0.5}) == 0.5
        assert make_task("mytasks:make", {"power": 3}).evaluate({"x": 0.5}) == 0.125
        assert make_task("mytasks:objective", {"power": 3}, space).evaluate({"x": 0.5}) == 0.125
        for name, arguments, says in [
            ("mytasks:ready", {"a": 1}, "is a task already, so it takes no arguments"),
            ("mytasks:wrong", {}, "should make a Task, but it made 3"),
            ("mytasks:objective", {"pwer": 3}, "cannot be called with a configuration and these arguments"),
            ("mytasks:space", {}, "must be a function or a Task"),
        ]:
            with pytest.raises(ValueError, match=says):
                make_task(name, arguments, space)
        with pytest.raises(ValueError, match="a space is needed"):
            make_task("mytasks:objective", {"power": 1})
    sys.modules.pop("mytasks")


def test_a_task_of_ones_own_with_epochs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owntask.py").write_text(
        "import nasbook\nfrom nasbook.task import Fidelity, Task\n"
        "class Own(Task):\n"
        "    name = 'own'\n    space = nasbook.Space(x=nasbook.Float(0, 1))\n"
        "    fidelity = Fidelity('step', 10, 100)\n"
        "    def evaluate(self, config, *, fidelity=None, **_):\n"
        "        return config['x'] + (1000 if fidelity is None else fidelity)\n"
    )
    from nasbook.scale.target import importable

    with importable():
        from owntask import Own

        task = Own()
        task.name = "owntask:Own"
        assert isinstance(task, Task)
        trace = nasbook.search("random", task, trials=3, seed=1)
        path = trace.export(tmp_path / "s.yaml", epochs=400, trials=2)
        assert load_study(path).fidelity.model_dump() == {"unit": "step", "min": 10, "max": 400, "levels": []}
        again = run(path, tmp_path / "out")
    assert all(t.value == t.config["x"] + 400 and t.fidelity is None for t in again.trials)
    assert again.header.provenance["fidelity"]["max"] == 400
    sys.modules.pop("owntask")
