"""Every task of the registry says before the first trial what it cannot serve: arguments, and other spaces."""

import inspect
import math

import numpy as np
import pytest

import nasbook
from nasbook import Choice, Constant, Float, Int, Space, registry
from nasbook.tasks.architectures import Networks
from nasbook.tasks.training import DigitsMLP

NAMES = [entry.name for entry in registry.TASKS]
KINDS = list({entry.target: entry for entry in registry.TASKS}.values())  # one entry of each class or function
ANYTHING = (object(), 1 + 2j, {"a": object()}, [None, None, None, None, None, None, None], "no such thing")


def refused(what, **options):
    """The sentence with which a search ends before its first trial."""
    with pytest.raises(ValueError) as caught:
        next(nasbook.steps("random", what, trials=3, **options))
    sentence = str(caught.value)
    assert sentence and "\n" not in sentence and "Error" not in sentence
    return sentence


@pytest.mark.parametrize("entry", KINDS, ids=lambda e: e.name)
def test_no_argument_takes_just_anything(entry):
    made, fixed = entry.load(), dict(entry.settings)
    for name, p in inspect.signature(made).parameters.items():
        if p.kind is p.VAR_KEYWORD:
            continue
        for value in ANYTHING:
            with pytest.raises(ValueError) as caught:
                made(**{**fixed, name: value})
            assert "\n" not in str(caught.value), (name, value)
    with pytest.raises(ValueError, match="nonsense"):
        registry.make("task", entry.name, nonsense=3)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("forrester", {"noise": 10**400}),
        ("branin", {"noise": math.nan}),
        ("forrester", {"slow": math.inf}),
        ("ellipsoid", {"condition": True}),
        ("digits-mlp", {"epochs": 10**12}),
        ("digits-mlp", {"device": ["cpu"]}),
        ("digits-cells", {"data": ["digits"]}),
        ("digits-cells", {"channels": "8"}),
        ("digits-cells", {"channels": 1.5}),
        ("digits-conv-chain", {"lr": math.inf}),
        ("mlp-decays", {"steps": 10**12}),
        ("nb201-cifar10", {"run": True}),
        ("digits201-digits", {"run": 1.0}),
        ("digits-hpo-digits", {"run": np.array([0, 1])}),
    ],
)
def test_values_that_look_right_and_are_not(name, arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        nasbook.task(name, **arguments)


@pytest.mark.parametrize("name", NAMES)
def test_a_space_of_its_own_must_fit_every_task(name):
    task = nasbook.task(name)
    own = task.space.parameters
    first = task.space.free[0]
    if left := _without(own, first):
        assert f"{task.name}: {first} is missing" in refused(task, space=Space(left))
    assert f"{task.name}: {first}x is unknown: did you mean {first!r}?" in refused(
        task, space=Space({**own, first + "x": Float(0, 1)})
    )
    for parameter, p in own.items():
        foreign = Choice(["foreign", "other"], when=p.when)
        if any(parameter in (q.when or {}) for q in own.values()):
            continue
        sentence = refused(task, space=Space({**own, parameter: foreign}))
        assert sentence.startswith(f"{task.name}: {parameter} must be") and "'foreign'" in sentence
        for value in p.levels(3):
            assert repr(value) in sentence or not isinstance(p, Choice)


def _without(parameters, name):
    """The parameters without one, and without those that depend on it."""
    left = {}
    for k, p in parameters.items():
        if k != name and all(parent in left for parent in p.when or {}):
            left[k] = p
    return left


MLP = nasbook.task("digits-mlp", epochs=1, train=50)


@pytest.mark.parametrize(
    ("task", "changes", "sentence"),
    [
        (MLP, {"activation": Choice(["relu", "swishh"])}, "activation must be one of 'relu', 'tanh', not 'swishh'"),
        (MLP, {"activation": Constant("swishh")}, "activation must be one of 'relu', 'tanh', not 'swishh'"),
        (MLP, {"depth": Float(1, 4)}, "depth takes whole numbers, as in Int(1, 4), not every number from 1 to 4"),
        (MLP, {"depth": Choice([1, 2.5])}, "depth must be a whole number in"),
        (MLP, {"width": Int(0, 128)}, "width must be at least 1, not 0"),
        (MLP, {"lr": Choice(["small", "large"])}, "lr must be a number in"),
        (MLP, {"lr": Constant(0)}, "lr must be above 0, not 0"),
        (MLP, {"dropout": Float(0, 1)}, "dropout must be at least 0 and at most 0.99, not 1"),
        (MLP, {"momentum": Float(0, 0.9)}, "momentum does not exist where optimizer is 'adamw'; give it when="),
        (MLP, {"momentum": Float(0, 0.9, when={"optimizer": "sgd", "activation": "relu"})}, "momentum is missing"),
        ("digits-hpo-digits", {"width": Int(8, 16)}, "width must be one of 8, 16, 32, 64, 128, not 9"),
        ("digits-hpo-digits", {"lr": Float(0.001, 0.1)}, "lr takes only"),
        ("cancer-svm", {"C": Float(-1, 1)}, "C must be above 0, not -1"),
        ("branin", {"x1": Choice(["a"])}, "x1 must be a number in"),
    ],
)
def test_what_does_not_fit_is_named(task, changes, sentence):
    task = nasbook.task(task) if isinstance(task, str) else task
    parameters = {**task.space.parameters, **changes}
    if changes.get("momentum") and "activation" in (changes["momentum"].when or {}):
        parameters = {"activation": task.space.parameters["activation"], **parameters}
    parameters = {k: parameters[k] for k in sorted(parameters, key=lambda k: bool(parameters[k].when))}
    assert f"{task.name}: {sentence}" in refused(task, space=Space(parameters))


@pytest.mark.parametrize(
    ("task", "space"),
    [
        ("cancer-svm", Space(kernel=Constant("linear"), C=Float(1e-6, 1e6, log=True))),
        ("branin", Space(x1=Int(-20, 20), x2=Choice([0, 7.5, 15]))),
        ("digits-hpo-digits", Space({**nasbook.task("digits-hpo-digits").space.parameters, "depth": Int(1, 3)})),
        ("ridge-digits", Space(lr=Float(0.01, 30, log=True), weight_decay=Constant(0.1))),
    ],
)
def test_parts_and_wider_numbers_are_searched(task, space):
    assert [t.status for t in nasbook.search("random", task, space=space, trials=3).trials] == ["done"] * 3


def test_configurations_given_by_hand_are_checked_too():
    config = {**MLP.space.sample(np.random.default_rng(0)), "activation": "swishh"}
    for ask in (lambda: MLP.evaluate(config), lambda: DigitsMLP(epochs=1, train=50).test(config)):
        with pytest.raises(ValueError, match="activation must be one of 'relu', 'tanh', not 'swishh'"):
            ask()
    with pytest.raises(ValueError, match="x1 must be a number"):
        nasbook.task("branin").evaluate({"x1": "a", "x2": 0.0})
    with pytest.raises(ValueError, match="x3 is unknown"):
        nasbook.task("branin").evaluate({"x1": 0.0, "x2": 0.0, "x3": 0.0})
    cells = Networks("nb201-cell", epochs=1)
    with pytest.raises(ValueError, match="edge_0_1 must be one of"):
        cells.evaluate({**cells.space.sample(np.random.default_rng(0)), "edge_0_1": "conv7x7"})


class Own(nasbook.Task):
    """Somebody's own, which checks nothing itself."""

    name, space = "own", Space(lr=Float(0.1, 1), n=Int(1, 3))

    def evaluate(self, config, **context):
        return config["lr"] * config.get("n", 1)


@pytest.mark.parametrize(
    ("space", "sentence"),
    [
        (Space(lrr=Float(0.1, 1)), "own: in this space lrr is unknown: did you mean 'lr'?"),
        (Space(lr=Float(0.1, 1)), "own: in this space n is missing; it takes "),
    ],
)
def test_names_that_an_own_task_does_not_know_are_warned_of_before_the_first_trial(space, sentence):
    with pytest.warns(UserWarning) as told:
        next(nasbook.steps("random", Own(), trials=3, space=space))
    assert str(told[0].message).startswith(sentence) and told[0].filename == __file__


def test_an_own_task_takes_wider_numbers_without_a_word(recwarn):
    nasbook.search("random", Own(), trials=3, space=Space(lr=Float(0.001, 30), n=Constant(9)))
    nasbook.search("random", lambda c: c["z"], trials=3, space=Space(z=Float(0, 1)))
    assert not recwarn


def test_an_estimator_knows_what_its_task_knows():
    cheap = registry.make("estimator", "low-fidelity", "digits-cells", epochs=1)
    assert "is missing" in refused(cheap, space=Space(edge_0_1=Choice(["none", "skip"])))
