"""Spaces that are joined: an architecture and the hyperparameters of its training."""

import numpy as np
import pytest

import nasbook
from nasbook import Choice, Constant, Float, Int, Space
from nasbook.nas.parts.paths import inside, paths

LR = Float(0.01, 3, log=True)
NAMES = [entry.name for entry in nasbook.spaces()]


def test_parts_keep_their_names_order_and_conditions():
    chain = nasbook.architectures("conv-chain").space
    joined = nasbook.join("conv-chain", lr=LR, momentum=Float(0.5, 0.99))
    assert list(joined.parameters) == [*chain.parameters, "lr", "momentum"]
    assert {k: v for k, v in joined.to_dict().items() if k in chain.parameters} == chain.to_dict()
    assert joined.conditions == {**chain.conditions, "lr": {}, "momentum": {}}
    assert Space.from_dict(joined.to_dict()) == joined


def test_the_size_is_the_product():
    decays = Choice([0.0, 1e-3, 1e-2], ordered=True)
    for name in ("nb201-cell", "conv-chain", "darts-cells"):
        assert nasbook.join(name, decay=decays).size == 3 * nasbook.architectures(name).space.size


def test_a_hyperparameter_may_depend_on_the_architecture():
    joined = nasbook.join("nb201-cell", warmup=Int(1, 5, when={"edge_0_3": "conv3x3"}))
    rng = np.random.default_rng(0)
    assert all(("warmup" in c) == (c["edge_0_3"] == "conv3x3") for c in (joined.sample(rng) for _ in range(50)))


def test_a_word_in_front_goes_into_conditions_too():
    head = Space(kind=Choice(["mlp", "linear"]), width=Int(1, 8, when={"kind": "mlp"}))
    joined = nasbook.join(Space(width=Int(1, 4)), head=head)
    assert list(joined.parameters) == ["width", "head_kind", "head_width"]
    assert joined.conditions["head_width"] == {"head_kind": ("mlp",)}


@pytest.mark.parametrize(
    "parts, named, words",
    [
        (("nb201-cell", "nb201-cell"), {}, "both have a parameter 'edge_0_1'"),
        (("nb201-cell",), {"edge_0_1": LR}, "both have a parameter 'edge_0_1'"),
        ((), {"a": Space(b_c=LR), "a_b": Space(c=LR)}, "both have a parameter 'a_b_c'"),
        ((), {}, "at least one part"),
        ((3,), {}, "part 1 must be a Space"),
        ((), {"lr": 0.1}, "lr must be a Space"),
        (("nb201",), {}, "did you mean 'nb201-cell'"),
        ((None,), {}, "part 1 must be"),
        (({},), {}, "at least one parameter"),
        (({"lr": [1, 2]},), {}, "lr must be a Float"),
        ((Space(a=Choice([1, 2])),), {"b": Float(0, 1, when={"c": 1})}, "c is not in the space"),
    ],
)
def test_what_cannot_be_joined_is_said_in_a_sentence(parts, named, words):
    with pytest.raises(ValueError, match=words) as caught:
        nasbook.join(*parts, **named)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_the_architecture_is_found_again(name):
    spaces = nasbook.architectures(name)
    joined = nasbook.join({"batch": Choice([16, 32])}, name, lr=LR)
    assert inside(joined).space.size <= spaces.space.size * 1e9 and set(inside(joined).space.parameters) == set(
        spaces.space.parameters
    )
    rng, see = np.random.default_rng(0), paths(joined)
    config = next(c for c in (joined.sample(rng) for _ in range(1000)) if spaces.is_valid(_part(c, spaces)))
    ways = {("path", *way) for way in inside(joined).paths(_part(config, spaces))}
    assert ways == {value for value in see(config) if value[0] == "path"}
    other = {**config, "lr": 0.01 if config["lr"] > 0.5 else 3.0}
    assert see(config) ^ see(other) and not any(value[0] == "path" for value in see(config) ^ see(other))


def _part(config, spaces):
    return {k: v for k, v in config.items() if k in spaces.space.parameters}


def test_some_of_the_operations_are_still_that_space():
    few = {name: Choice(["skip", "conv3x3"]) for name in nasbook.architectures("nb201-cell").space.parameters}
    assert inside(nasbook.join(few, lr=LR)).name == "nb201-cell"
    assert inside(Space(x=Float(0, 1))) is None and inside(nasbook.join({**few, "edge_0_1": Choice(["new"])})) is None
    assert inside(nasbook.join({**few, "edge_0_1": Constant("skip")}, lr=LR)).name == "nb201-cell"


def test_a_number_is_seen_as_how_far_it_has_come():
    see = paths(Space(lr=LR, kind=Choice(["a", "b"])))
    near, far = see({"lr": 0.011, "kind": "a"}), see({"lr": 3.0, "kind": "a"})
    assert near < far and len(far) - len(near) == 8


@pytest.mark.parametrize("method", [
    "random", "bayesian", "forest", "tpe", "genetic", "differential-evolution", "sobol", "latin-hypercube",
    "regularized-evolution", "local-search", "bananas", "hyperband", "asha", "bohb", "dehb", "median-stopping",
])  # fmt: skip
@pytest.mark.parametrize("name", ["nb201-cell", "conv-chain"])
def test_every_method_of_spaces_searches_a_joined_one(name, method):
    joined = nasbook.join(name, lr=LR, decay=Choice([0.0, 1e-3], ordered=True))

    def objective(config, fidelity=9):
        joined.validate(config)
        return abs(np.log(config["lr"])) + 0.1 * sum(v == "conv3x3" for v in config.values()) + 1 / fidelity

    settings = {"startup": 6, "epochs": 3} if method == "bananas" else {}
    trace = nasbook.search(
        method, objective, space=joined, trials=14, fidelity=nasbook.Fidelity("epoch", 1, 9), **settings
    )
    assert len({t.config["lr"] for t in trace.trials}) >= 3 - 2 * (method == "local-search") and all(
        t.status == "done" for t in trace.trials
    )


@pytest.mark.parametrize(
    "method, words",
    [
        ("darts", "by one recipe, so it cannot search lr"),
        ("spos", "so it cannot search lr"),
        ("enas", "so it cannot search lr"),
        ("reinforce", "lr is a Float; make it a Choice"),
        ("cma-es", "edge_0_1 have no order"),
        ("network-morphism", "needs their whole space"),
        ("scarlet", "a chain of blocks"),
        ("pbt", "copies networks"),
    ],
)
def test_what_cannot_search_it_says_why_in_a_sentence(method, words):
    with pytest.raises(ValueError, match=words) as caught:
        nasbook.search(method, "digits-cells", space=nasbook.join("nb201-cell", lr=LR), trials=3)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "task", ["nb201-cifar10", "digits201-messy", "digits-supernet", "digits-gan", "digits-few-shot"]
)
def test_a_task_of_one_recipe_refuses_another(task):
    task = nasbook.task(task)
    with pytest.raises(ValueError, match="lr is unknown"):
        nasbook.search("random", task, space=nasbook.join(task.space, lr=LR), trials=1)


@pytest.mark.filterwarnings("error")
def test_an_estimator_takes_what_its_task_takes(tmp_path):
    cheap = nasbook.estimate.estimator("low-fidelity", nasbook.task("digits-cells", epochs=2, train=50), epochs=1)
    space = nasbook.join("nb201-cell", lr=LR)
    trace = nasbook.search("random", cheap, space=space, trials=2)
    assert "lr:" in trace.export(tmp_path / "study.yaml").read_text()
    with pytest.raises(ValueError, match="foo is unknown"):
        nasbook.search("random", cheap, space=nasbook.join(space, foo=LR), trials=1)
