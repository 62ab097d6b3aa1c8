"""Any method searches a trained supernet: its images, its objectives, and what cannot be one."""

import pytest

import nasbook
from nasbook.tasks.supernet import SupernetTask


@pytest.mark.parametrize("name", ["random", "regularized-evolution", "local-search"])
def test_any_method_searches_a_supernet(name):
    task = nasbook.task("digits-supernet", epochs=1, channels=2)
    trace = nasbook.search(name, task, trials=6, seed=1)
    for trial in trace.trials:
        assert task.evaluate(trial.config, seed=99).value == trial.value  # in whichever order they are asked
    again = nasbook.search(name, nasbook.task("digits-supernet", epochs=1, channels=2), trials=6, seed=1)
    assert again.digest == trace.digest


def test_the_images_of_a_supernet_can_be_others():
    task = nasbook.task("digits-supernet", data="messy", epochs=1, channels=2, looks=1)
    trace = nasbook.search("random", task, trials=2)
    assert trace.header.arguments["data"] == "messy" and len(task.supernet.method.images[0][1]) == 1000
    with pytest.raises(ValueError, match="data must be one of digits, messy, textures, not 'clean'"):
        SupernetTask(data="clean")


def test_several_objectives_of_a_path():
    task = nasbook.task("digits-supernet", epochs=1, channels=2, objectives=("error", "parameters", "flops"))
    trace = nasbook.search("nsga2", task, trials=8, population=4)
    alone = nasbook.task("digits-cells").evaluate(trace.trials[0].config, fidelity=1)
    assert trace.trials[0].values[1:] == (alone.metrics["parameters"], alone.metrics["flops"] / 1e6)
