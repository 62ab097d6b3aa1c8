"""What a configuration is worth: the table where it is known, else a forest that says how wrong it is."""

import numpy as np
import pytest

import nasbook
from nasbook import Choice, Float, Int, Space
from nasbook.explain.source import Surrogate, Truth, known_task, point, source_of
from nasbook.task import FunctionTask
from nasbook.tasks.tables import Table


@pytest.mark.parametrize("name", ["digits-hpo-messy", "digits201-digits", "nb201-cifar10"])
def test_a_grid_holds_what_the_table_says(name):
    truth = Truth(nasbook.task(name))
    rng = np.random.default_rng(0)
    configs = [truth.space.sample(rng) for _ in range(30)]
    expected = np.array([1 - truth.task.accuracy(c) if hasattr(truth.task, "accuracy") else np.nan for c in configs])
    if name == "digits-hpo-messy":
        rows = [truth.task.row(c) for c in configs]
        values = 1 - truth.task.val[rows, :, -1].mean(1)
        broken = (truth.task.diverged[rows] > 0).any(1)
        expected = np.where(broken, truth.grid.max(), values)
    np.testing.assert_allclose(truth.values(truth.space.encode_all(configs)), expected)


def test_places_on_uneven_axes():
    """The cells of whole numbers on a logarithmic axis are not equally wide."""
    space = Space(n=Int(1, 8, log=True), k=Choice(["a", "b"]), x=Float(0, 1, step=0.25))
    rows = list(space.grid(10))
    value = lambda c: c["n"] + 10 * (c["k"] == "b") + 100 * c["x"]  # noqa: E731
    columns = {p: [c[p] for c in rows] for p in space.parameters}
    table = Table.from_arrays({**columns, "value": [value(c) for c in rows]}, space=space)
    truth = Truth(table)
    assert truth.grid is not None and truth.grid.shape == (8, 2, 5)
    rng = np.random.default_rng(1)
    U = rng.random((200, 3))
    np.testing.assert_allclose(truth.values(U), [value(space.decode(u)) for u in U])


def test_a_failure_is_the_worst_value_that_is_known():
    def objective(config):
        if config["x"] > 0.8:
            raise RuntimeError("no memory")
        return config["x"]

    truth = Truth(nasbook.FunctionTask(objective, Space(x=Float(0, 1))))
    np.testing.assert_allclose(truth.values(np.array([[0.1], [0.9], [0.5]])), [0.1, 0.5, 0.5])
    nothing = Truth(nasbook.FunctionTask(lambda c: 1 / 0, Space(x=Float(0, 1))))
    with pytest.raises(ValueError, match="no configuration that was asked for has a value"):
        nothing.values(np.array([[0.1]]))


def test_the_forest_says_how_wrong_it_is():
    """Its out-of-bag error is near its error on new points, and far above that on its own."""
    space = Space(x=Float(0, 1), y=Float(0, 1))
    value = lambda c: np.sin(6 * c["x"]) + c["y"] ** 2  # noqa: E731
    trace = nasbook.search("random", value, space=space, trials=120, seed=0)
    forest = Surrogate(trace, trees=64)
    U = np.random.default_rng(1).random((2000, 2))
    new = np.sqrt(np.mean((forest.values(U) - [value(space.decode(u)) for u in U]) ** 2))
    own = np.sqrt(np.mean((forest.values(space.encode_all([t.config for t in trace.trials])) - trace.values) ** 2))
    assert 0.6 < forest.error / new < 1.6 and own < 0.7 * forest.error and not forest.useless
    noise = nasbook.search("random", lambda c: hash(str(c)) % 97, space=space, trials=40, seed=0)
    assert Surrogate(noise).error > 0.8 * noise.values.std()


def test_only_trials_of_the_highest_fidelity_speak():
    trace = nasbook.search("hyperband", "digits-hpo-messy", trials=60, seed=0)
    forest = Surrogate(trace)
    efforts = [t.effort for t in trace.trials if t.status == "done"]
    level = max(e for e in efforts if efforts.count(e) >= 4)
    assert forest.trials == efforts.count(level) < len(trace) and level < max(efforts)
    assert str(forest) == f"a forest on {forest.trials} trials at fidelity {level:g}"


def test_what_cannot_be_explained_is_told_in_a_sentence():
    space = Space(x=Float(0, 1))
    failed = nasbook.search("random", lambda c: 1 / 0, space=space, trials=5)
    with pytest.raises(ValueError, match="explain: an explanation needs at least 4 trials that succeeded, not 0"):
        source_of(failed)
    constant = nasbook.search("random", lambda c: 1.0, space=Space(x=nasbook.Constant(1)), trials=5)
    with pytest.raises(ValueError, match="constants only"):
        source_of(constant)
    with pytest.raises(ValueError, match="another space"):
        source_of(failed, "branin")
    with pytest.raises(ValueError, match="a whole trace, not list"):
        source_of([])


def test_the_truth_is_found_by_the_name_of_the_task():
    trace = nasbook.search("random", "branin", trials=5)
    assert known_task(trace) is not None and source_of(trace).exact
    assert not source_of(trace, truth=False).exact
    own = nasbook.search("random", lambda c: c["x"], space=Space(x=Float(0, 1)), trials=5)
    assert known_task(own) is None and not source_of(own).exact
    assert source_of(own, lambda c: c["x"]).exact


@pytest.mark.parametrize("objective", [0, 1])
def test_the_truth_of_a_function_of_two_objectives_is_that_of_the_one_asked_for(objective):
    space = Space(x=Float(0, 1))
    both = FunctionTask(lambda config: (config["x"], 1 - config["x"]), space)
    truth = Truth(both, objective)
    assert truth.values(np.array([[0.25], [1.0]])).tolist() == [[0.25, 1.0], [0.75, 0.0]][objective]


def test_a_point_is_complete():
    space = Space(kind=Choice(["a", "b"]), depth=Int(1, 4, when={"kind": "b"}))
    np.testing.assert_allclose(point(space, {"kind": "a"}), [0.25, 0.5])
    np.testing.assert_allclose(point(space, {"kind": "a"}, np.array([0.75, 0.9])), [0.25, 0.9])
