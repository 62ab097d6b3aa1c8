"""What a search refuses before it begins, in one sentence."""

import math

import numpy as np
import pytest
from searched import SPACE, Descent, square, steadily

import nasbook
from nasbook import registry
from nasbook.hpo.random import RandomSearch
from nasbook.search import search, steps
from nasbook.space import Float, Space
from nasbook.task import FunctionTask


def test_every_kind_of_method_and_task_argument():
    task = FunctionTask(square, SPACE)
    same = [
        search("random", task, trials=5, seed=2),
        search(RandomSearch, square, space=SPACE, trials=5, seed=2),
        search(RandomSearch(SPACE, seed=2), task, trials=5),
        search("random", square, space=SPACE, trials=np.int64(5), seed=np.int64(2)),
    ]
    assert len({t.digest for t in same}) == 1
    assert search("random", "branin", trials=3).header.task == "branin"
    narrow = search("random", "branin", space=Space(x1=Float(0, 1), x2=Float(0, 1)), trials=20)
    assert all(0 <= t.config["x1"] <= 1 for t in narrow.trials)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: search("randon", "branin", trials=1), "there is no method 'randon'; did you mean 'random'?"),
        (lambda: search("xyzzy", "branin", trials=1), "there is no method 'xyzzy'; there are random, grid, "),
        (lambda: search("random", "branim", trials=1), "there is no task 'branim'; did you mean 'branin'?"),
        (lambda: search("random", square, trials=1), r"a function needs a space to be searched in: add space=Space\("),
        (lambda: search("random", 3, trials=1), "a task is a name, a Task or a function of a configuration, not 3"),
        (lambda: search(3, "branin", trials=1), r"a method is a name of nasbook.methods\(\), a Method class or a new"),
        (lambda: search("random", "branin"), r"a search needs a budget: trials=40, or time=60 \(seconds\)"),
        (lambda: search("random", "branin", trials=0), "trials must be a whole number of at least 1, not 0"),
        (lambda: search("random", "branin", trials=2.5), "trials must be a whole number of at least 1, not 2.5"),
        (lambda: search("random", "branin", trials=True), "trials must be a whole number of at least 1, not True"),
        (lambda: search("random", "branin", trials="9"), "trials must be a whole number of at least 1, not '9'"),
        (lambda: search("random", "branin", time=0), "time must be a positive number of seconds, not 0"),
        (lambda: search("random", "branin", time=math.nan), "time must be a positive number of seconds, not nan"),
        (lambda: search("random", "branin", time="9"), "time must be a positive number of seconds, not '9'"),
        (
            lambda: search("random", "branin", trials=1, timeout=-1),
            "timeout must be a positive number of seconds, not -1",
        ),
        (
            lambda: search("random", "branin", trials=1, workers=0),
            "workers must be a whole number of at least 1, not 0",
        ),
        (
            lambda: search("random", "branin", trials=1, workers=2),
            "branin does not know its cost, so 2 workers cannot be",
        ),
        (lambda: search("random", "branin", trials=1, colour=1), "random has no setting 'colour'; it has none"),
        (lambda: search("grid", "branin", trials=1, colour=1), "grid has no setting 'colour'; it has resolution, "),
        (
            lambda: search("grid", "branin", trials=1, resolution=1),
            "grid: resolution must be a whole number of at least 2",
        ),
        (
            lambda: search("random", "branin", trials=1, seed=-1),
            "random: seed must be a whole number of at least 0, not -1",
        ),
        (
            lambda: search("random", "branin", trials=1, seed=None),
            "random: seed must be a whole number of at least 0, not N",
        ),
        (
            lambda: search("random", "branin", trials=1, seed=1.5),
            "random: seed must be a whole number of at least 0, not 1",
        ),
        (
            lambda: search("random", "branin", trials=1, resume=True),
            "resume=True goes on with a file: say which with out=",
        ),
        (
            lambda: search("random", "branin", trials=1, first=[{"x1": 99, "x2": 0}]),
            r"x1 must lie in \[-5, 10\], not 99",
        ),
        (
            lambda: search(RandomSearch(SPACE), square, space=SPACE, trials=1, k=1),
            r"settings \(k\) go to the method where",
        ),
        (
            lambda: search(Descent, square, space=SPACE, first=[{"x": 0}]),
            "descent trains one network .* none can be tried",
        ),
        (lambda: FunctionTask(square, {"x": 1}), r"a function needs a space to be searched in, e\.g\. space="),
        (lambda: nasbook.task("branin", colour=1), "task branin: .*'colour'"),
        (
            lambda: nasbook.method("grid", Space(**{f"x{i}": Float(0, 1) for i in range(9)})),
            "points are more than 1,000,000",
        ),
    ],
)
def test_what_cannot_be_searched_is_refused_in_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence) as error:
        call()
    assert "\n" not in str(error.value)


def test_refusals_come_before_a_file_is_made(tmp_path):
    for bad in ({"first": [{"x": 7}]}, {"trials": 0}, {"workers": 3}):
        with pytest.raises(ValueError):
            steps("random", square, space=SPACE, **{"trials": 1, **bad}, out=tmp_path / "t.jsonl")
    assert not list(tmp_path.iterdir())


def test_a_used_method_is_refused():
    method = RandomSearch(SPACE)
    search(method, square, space=SPACE, trials=1)
    with pytest.raises(ValueError, match="this random has been used; make a new one for a new search"):
        search(method, square, space=SPACE, trials=1)


def test_a_warm_start_refuses_what_means_something_else():
    earlier = search("random", "branin", trials=2)
    with pytest.raises(ValueError, match="another space; only trials of this space"):
        search("random", "forrester", trials=1, warm_start=earlier)
    shifted = registry.make("task", "branin", shift=True)
    with pytest.raises(ValueError, match=r"values of branin, not of branin with .*first=trace.top\(5\)"):
        search("random", shifted, trials=1, warm_start=earlier)
    with pytest.raises(ValueError, match="darts trains one network"):
        search("darts", "digits-cells", trials=1, warm_start=earlier)


def test_a_method_of_one_objective_refuses_several():
    space = Space(x=Float(0, 1))
    pair = lambda config: (config["x"], 1 - config["x"])  # noqa: E731
    failed = search("tpe", pair, space=space, trials=3).trials
    assert {t.status for t in failed} == {"failed"}
    assert failed[0].reason.startswith("it has 2 objectives and tpe minimises one; nsga2 and parego")
    task = FunctionTask(pair, space, "pair")
    task.objectives = ("a", "b")
    with pytest.raises(ValueError, match="pair has 2 objectives and cma-es minimises one"):
        search("cma-es", task, trials=3)
    assert search("random", task, trials=3).trials[0].values is not None


def test_the_warning_about_fidelities_is_true():
    with pytest.warns(UserWarning, match="square has no fidelity, so hyperband evaluates it whole every time"):
        search("hyperband", square, space=SPACE, trials=4)
    with pytest.warns(UserWarning, match=r"steadily takes a fidelity, .* say it with fidelity=nasbook.Fidelity"):
        search("hyperband", steadily, space=SPACE, trials=4)


@pytest.mark.parametrize(
    ("task", "fidelity", "sentence"),
    [
        (square, nasbook.Fidelity("epoch", 1, 9), "square does not take a fidelity"),
        (steadily, 27, r'fidelity says what is counted, e.g. nasbook.Fidelity\("epoch", 1, 27\), not 27'),
        ("branin", nasbook.Fidelity("epoch", 1, 9), "fidelity= is for functions; branin has its own"),
    ],
)
def test_a_wrong_fidelity_is_refused(task, fidelity, sentence):
    space = None if isinstance(task, str) else SPACE
    with pytest.raises(ValueError, match=sentence):
        steps("asha", task, space=space, trials=3, fidelity=fidelity)
    for low, high in ((0, 9), (9, 1), (1, math.inf), ("1", 2), (math.nan, 2)):
        with pytest.raises(ValueError, match="a fidelity goes from"):
            nasbook.Fidelity("epoch", low, high)
