"""What cannot be searched is refused before the first trial, in one sentence that says what can.

Every method of the registry meets every kind of space and wrong values of every setting: it either works or says why
not. Where it says so, it names a method of the registry (of a setting: the setting), and that is looked up here.
"""

import re
from dataclasses import fields

import numpy as np
import pytest

import nasbook
from nasbook import Choice, Constant, Float, Int, Space, registry
from nasbook.method import Method
from nasbook.search import search, steps
from nasbook.task import Evaluation, Fidelity, Task

NAMES = [e.name for e in registry.METHODS if issubclass(e.load(), Method)]
SPACES = {
    "choices": Space(a=Choice(["p", "q", "r"]), b=Choice([True, False])),
    "conditional": Space(k=Choice(["l", "r"]), g=Float(1e-3, 1, log=True, when={"k": "r"}), n=Int(1, 3)),
    "constants": Space(a=Constant(1), b=Constant("x")),
    "one option": Space(a=Choice(["p"])),
    "one option and a float": Space(a=Choice(["p"]), x=Float(0, 1)),
    "log": Space(x=Float(1e-6, 1, log=True), n=Int(1, 1024, log=True)),
    "1-D": Space(x=Float(-5, 5)),
    "60-D": Space({f"x{i}": Float(0, 1) for i in range(60)}),
    "ints": Space(n=Int(1, 3), k=Int(0, 2)),
    "chain": Space(depth=Int(1, 2), kernel_1=Choice([1, 3]), kernel_2=Choice([1, 3], when={"depth": 2})),
}
RULE = Space(alpha=Float(1, 2), beta=Float(1, 1.5), gamma=Float(1, 1.5), phi=Int(0, 3))  # what compound scales
NUMBERS_ONLY = {"cma-es", "particle-swarm"}
MANY = {e.name for e in registry.METHODS if e.family == "multi-objective"}
RUNGS = ["successive-halving", "hyperband", "asha", "bohb", "dehb"]
WRONG = [None, -1, 0, 1.5, -0.5, 10**9, float("nan"), float("inf"), "wrong", "", [], {}, (1, 2)]


class Distance(Task):
    name, knows_cost = "distance", True

    def __init__(self, space, objectives=1, fidelity=None):
        self.space, self.several, self.fidelity = space, objectives, fidelity
        self.objectives = tuple(f"f{i}" for i in range(objectives)) if objectives > 1 else ()

    def evaluate(self, config, *, fidelity=None, seed=0, **_):
        u = np.nan_to_num(self.space.encode(config), nan=0.5)
        values = tuple(float(((u - 0.2 * i) ** 2).sum()) for i in range(1, self.several + 1))
        return Evaluation(values[0], values if self.several > 1 else None, cost=1.0)


def refusal(name, space, **settings):
    """The sentence with which a method refuses, or None."""
    try:
        nasbook.method(name, space, **settings)
    except ValueError as error:
        return str(error)
    return None


@pytest.mark.filterwarnings("ignore:distance has no fidelity")
@pytest.mark.parametrize("kind", SPACES)
@pytest.mark.parametrize("name", NAMES)
def test_a_space_is_searched_or_refused_with_a_way_out(name, kind):
    space = SPACES[kind]
    said = refusal(name, space)
    if said is None:
        trials = 5 if name in ("reinforce", "ppo", "bananas", "rgpe") else 12
        trace = search(name, Distance(space, 2 if name in MANY else 1), trials=trials, seed=1)
        assert len(trace) == min(trials, len(list(space.grid(5))) if name == "grid" else trials)
        assert {t.status for t in trace.trials} == {"done"}
        for trial in trace.trials:
            assert space.validate(trial.config) == trial.config
        return
    assert said.startswith(name) and "\n" not in said and len(said) < 300
    ways = [n for n in re.findall(r"'([a-z0-9-]+)'", said) if n in {e.name for e in registry.METHODS}]
    assert ways, said
    assert any(refusal(way, space) is None for way in ways), said


def test_who_serves_what():
    """What is promised: only these refuse."""
    refused = {kind: {n for n in NAMES if refusal(n, space)} for kind, space in SPACES.items()}
    chains, controllers, rule = {"cnn-differential-evolution"}, {"reinforce", "ppo"}, {"compound"}
    assert refused["choices"] == NUMBERS_ONLY | chains | rule
    assert refused["conditional"] == NUMBERS_ONLY | chains | controllers | rule
    assert refused["one option"] == refused["constants"] == set(NAMES) - {"random", "grid", "median-stopping"}
    assert refused["1-D"] == chains | controllers | rule and refused["60-D"] == refused["1-D"] | {"grid", "pfn"}
    assert refused["ints"] == chains | rule and refused["chain"] == NUMBERS_ONLY | rule


def cases():
    for entry in registry.METHODS:
        for f in fields(entry.load().Settings):
            yield pytest.param(entry.name, f.name, id=f"{entry.name}-{f.name}")


@pytest.mark.parametrize(("name", "setting"), list(cases()))
def test_a_wrong_setting_is_named_in_one_sentence(name, setting):
    """ValueError and nothing else, whatever stands there; a setting that takes anything of this list is not checked."""
    cls, taken = registry.find("method", name).load(), []
    for value in WRONG:
        try:
            cls.Settings(**{setting: value})
        except ValueError as error:
            assert re.search(rf"\b{setting}\b|source", str(error)) and "\n" not in str(error), error
        else:
            taken.append(value)
    if setting not in ("start", "prior", "sources"):  # dictionaries, which are checked against the space
        assert "wrong" not in taken and -0.5 not in taken, taken
        assert setting == "latencies" or (1, 2) not in taken, taken  # numbers; how many are needed, the space says


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_that_does_not_exist_and_a_wrong_seed(name):
    space = next(s for s in (*SPACES.values(), RULE) if refusal(name, s) is None)
    assert "has no setting 'colour'" in (refusal(name, space, colour="red") or "")
    for seed in (-1, 1.5, "x", None, True):
        with pytest.raises(ValueError, match="seed must be a whole number"):
            nasbook.method(name, space, seed=seed)


@pytest.mark.parametrize(
    ("name", "settings", "says"),
    [
        ("tpe", {"group": True, "multivariate": False}, "group=True .* needs multivariate=True"),
        ("hyperband", {"min_fidelity": 9, "max_fidelity": 3}, "single rung"),
        ("asha", {"eta": 30}, "single rung.*at least 30"),
        ("dehb", {"max_fidelity": 10**9}, "387,420,489 configurations; raise min_fidelity"),
        ("successive-halving", {"configurations": 2}, "configurations must be a whole number of at least 3"),
        ("bayesian", {"prior": {"z": [0.5, 0.1]}}, "z"),
        ("latin-hypercube", {"points": 10**9}, "points must be at most 1,000,000"),
        ("grid", {"resolution": 1001}, "1001 × 1001 points are more than .*'random'"),
    ],
)
def test_settings_that_conflict(name, settings, says):
    assert re.search(says, refusal(name, Space(x=Float(0, 1), y=Float(0, 1)), **settings) or "no error")


def test_a_grid_of_many_parameters_is_refused_briefly():
    assert "5 × 5 × 5 × 5 × 5 × 5 × … (60 parameters)" in (refusal("grid", SPACES["60-D"]) or "")


@pytest.mark.parametrize(("low", "high"), [(0, float("inf")), (float("nan"), 1), (None, 1), (1, 0), (2, 2)])
def test_a_float_without_bounds_never_reaches_a_method(low, high):
    with pytest.raises(ValueError, match="Float"):
        Float(low, high)


EPOCHS = Fidelity("epoch", 1, 27)


@pytest.mark.parametrize("name", RUNGS)
def test_budgets_smaller_than_a_rung_are_refused_and_the_next_larger_one_promotes(name):
    task = Distance(SPACES["1-D"], fidelity=EPOCHS)
    with pytest.raises(
        ValueError, match=rf"{name}: trials=1 is too few.* give (\d+) trials or more.*'random'"
    ) as error:
        search(name, task, trials=1)
    enough = int(re.search(r"give (\d+)", str(error.value)).group(1))
    with pytest.raises(ValueError, match="too few"):
        steps(name, task, trials=enough - 1)  # refused when it is called, not at the first step
    trace = search(name, task, trials=enough)
    assert trace[-1].trial.fidelity > trace[0].trial.fidelity


@pytest.mark.parametrize("name", RUNGS)
def test_epochs_that_the_task_does_not_have_are_refused(name):
    task = Distance(SPACES["1-D"], fidelity=Fidelity("epoch", 2, 27))
    for settings in ({"max_fidelity": 81}, {"min_fidelity": 1}):
        with pytest.raises(ValueError, match=f"{name}: this task can be trained for 2 to 27 epochs, not"):
            search(name, task, trials=200, **settings)
    assert len(search(name, task, trials=30, min_fidelity=3)) == 30


@pytest.mark.filterwarnings("ignore:distance has no fidelity")
@pytest.mark.parametrize("name", NAMES)
def test_more_objectives_than_a_method_handles(name):
    space = next(s for s in (*SPACES.values(), RULE) if refusal(name, s) is None)
    task = Distance(space, objectives=3)
    if registry.find("method", name).load().several:
        assert all(len(t.values) == 3 for t in search(name, task, trials=4).trials)
        return
    with pytest.raises(ValueError, match=f"3 objectives and {name} minimises one; nsga2 and parego weigh several"):
        search(name, task, trials=4)


@pytest.mark.parametrize("name", sorted(MANY))
def test_one_objective_is_too_few_for_those_that_weigh_several(name):
    """A built-in task is refused before the first trial; what answers with one number only fails its trials."""
    with pytest.raises(ValueError, match=f"{name} weighs several objectives.*'genetic'"):
        search(name, "branin", trials=4)
    trace = search(name, Distance(SPACES["1-D"]), trials=4)
    assert {t.status for t in trace.trials} == {"failed"}
    assert all(re.match(f"{name} weighs several objectives.*'genetic'", t.reason) for t in trace.trials)


def test_objectives_whose_weights_fill_the_memory():
    with pytest.raises(ValueError, match="parego: 30 objectives .* lower divisions, or use 'nsga2'"):
        search("parego", Distance(SPACES["1-D"], objectives=30), trials=4)
