"""Protocols of joint search: what each turn may change, what it starts from, and that conditions are settled."""

import numpy as np
import pytest

import nasbook
from nasbook import Choice, Constant, Float, Int, Space
from nasbook.nas.staged import ORDERS, Staged, frozen
from nasbook.tasks.digits_jahs import CELLS, DEFAULT, RECIPE

JAHS = nasbook.join(CELLS, RECIPE)


def searched(order, trials=18, **settings):
    settings = {"turn": 6, "inner": "random", "default": DEFAULT, **settings}
    return nasbook.search("staged", "digits-jahs", trials=trials, order=order, seed=3, **settings)


def parts(trial):
    return tuple(tuple(trial.config[n] for n in part.parameters) for part in (CELLS, RECIPE))


def test_architecture_first():
    first, second = (lambda ts: (ts[:6], ts[6:]))(searched("architecture first").trials)
    assert {parts(t)[1] for t in first} == {tuple(DEFAULT.values())} and len({parts(t)[0] for t in first}) > 3
    best = min(first, key=lambda t: t.value)
    assert {parts(t)[0] for t in second} == {parts(best)[0]} and len({parts(t)[1] for t in second}) > 5
    assert [t.info["free"] for t in first + second] == ["architecture"] * 6 + ["recipe"] * 12


def test_recipe_first():
    default = {**CELLS.sample(np.random.default_rng(1)), **DEFAULT}
    trials = searched("recipe first", default=default).trials
    assert {parts(t)[0] for t in trials[:6]} == {tuple(default[n] for n in CELLS.parameters)}
    best = min(trials[:6], key=lambda t: t.value)
    assert {parts(t)[1] for t in trials[6:]} == {parts(best)[1]}


def test_in_turns_each_starts_from_the_best_so_far():
    trials = searched("in turns", trials=24).trials
    assert [t.info["turn"] for t in trials] == [k for k in range(4) for _ in range(6)]
    for turn in (1, 2, 3):
        best = min(trials[: 6 * turn], key=lambda t: t.value)
        held = 1 if turn % 2 == 0 else 0
        assert {parts(t)[held] for t in trials[6 * turn : 6 * turn + 6]} == {parts(best)[held]}


def test_joint_and_fixed():
    inner = nasbook.search("random", "digits-jahs", trials=18, seed=3)
    assert [t.config for t in searched("joint").trials] == [t.config for t in inner.trials], "it is that search"
    assert {parts(t)[1] for t in searched("recipe fixed").trials} == {tuple(DEFAULT.values())}


def test_a_later_turn_knows_what_was_found_of_its_space():
    """The best so far is in the smaller space, so its value need not be asked for again."""
    trace = searched("architecture first", inner="forest", trials=14)
    keys = [JAHS.key(t.config) for t in trace.trials]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("order", ORDERS)
def test_workers_and_failures(order):
    method, rng = Staged(JAHS, 0, order=order, turn=3, inner="regularized-evolution"), np.random.default_rng(0)
    for k in range(12):
        flying = [t for t in (method.ask() for _ in range(3)) if t is not None]
        assert flying
        for t in rng.permutation(len(flying)):
            how = ("failed", None) if k % 4 == 0 else ("done", float(rng.random()))
            trial = flying[t]
            method.tell(nasbook.Trial(trial.id, trial.config, status=how[0], value=how[1], info=trial.info))
    assert method.view().turn >= (0 if order in ("joint", "recipe fixed") else 1)


def test_conditions_are_settled():
    space = Space(
        kind=Choice(["a", "b"]), n=Int(1, 3, when={"kind": "a"}), x=Float(0, 1, when={"n": [2, 3]}), y=Float(0, 1)
    )
    assert list(frozen(space, ["kind"], {"kind": "b"}).parameters) == ["kind", "y"]
    a = frozen(space, ["kind"], {"kind": "a"})
    assert a.conditions == {"kind": {}, "n": {}, "x": {"n": (2, 3)}, "y": {}}
    assert frozen(space, ["kind", "n"], {"kind": "a", "n": 2}).parameters["x"].when is None
    rest = frozen(space, ["x"], {"x": 0.25})
    assert rest.parameters["x"] == Constant(0.25, when={"n": [2, 3]})
    for smaller in (a, rest):
        for seed in range(20):
            space.validate(smaller.sample(np.random.default_rng(seed)))


@pytest.mark.parametrize("kind", [Choice(["off", "on"], when={"arm": "a"}), Constant("on", when={"arm": "a"})])
def test_what_depends_on_a_constant_that_may_not_exist_depends_on_it_still(kind):
    space = Space(arm=Choice(["a", "b"]), kind=kind, x=Float(0, 1, when={"kind": "on"}))
    for held in (["kind"], ["kind", "x"], ["x"], []):
        smaller = frozen(space, held, {"kind": "on", "x": 0.25})
        found = [space.validate(smaller.sample(np.random.default_rng(seed))) for seed in range(20)]
        assert {"x" in c for c in found} == {True, False}
    assert list(frozen(space, ["arm"], {"arm": "b"}).parameters) == ["arm"]


def test_conditions_between_architecture_and_recipe():
    space = nasbook.join("conv-chain", lr=Float(0.01, 1, log=True), warmup=Int(1, 3, when={"depth": [4, 5]}, log=False))
    trace = nasbook.search(
        "staged",
        lambda c: c["lr"] + c["depth"] + c.get("warmup", 0),
        space=space,
        trials=20,
        order="in turns",
        turn=4,
        inner="random",
    )
    assert all(("warmup" in t.config) == (t.config["depth"] >= 4) for t in trace.trials)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("inner", ["tpe", "local-search"])
def test_a_turn_with_nothing_to_choose_goes_on_with_the_other_part(order, inner):
    """The recipe exists only with cells that are bad, so there is none to tune for the best."""
    space = nasbook.join("nb201-cell", warmup=Int(1, 3, when={"edge_0_3": "conv3x3"}))
    value = lambda c: c.get("warmup", 0) + sum(v == "conv3x3" for v in c.values())  # noqa: E731
    default = {"edge_0_3": "skip"} if order == "recipe first" else None
    trace = nasbook.search(
        "staged", value, space=space, trials=24, order=order, turn=8, inner=inner, default=default, seed=1
    )
    assert len(trace) == 24 and {t.status for t in trace.trials} == {"done"}
    if order == "recipe first":
        assert {t.info["free"] for t in trace.trials[:8]} == {"architecture"}
    for name in ("lr", "edge_0_3"):  # what has one value is no part
        one = nasbook.join({**nasbook.architectures("nb201-cell").space.parameters}, lr=Choice([0.1]))
        if name == "edge_0_3":
            one = Space({n: Choice(["skip"]) for n in one.parameters if n != "lr"} | {"lr": Float(0, 1)})
        assert {
            t.info["free"]
            for t in nasbook.search(
                "staged", lambda c: c["lr"], space=one, trials=4, turn=2, order=order, inner=inner
            ).trials
        } == {"both"}


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"order": "backwards"}, "order"),
        ({"turn": 0}, "turn"),
        ({"inner": "darts"}, "inner"),
        ({"default": {"lr": 7}}, "default: lr must be one of"),
        ({"default": {"rate": 1}}, "unknown parameter 'rate'"),
        ({"default": 3}, "default must map"),
    ],
)
def test_settings_that_cannot_be(settings, words):
    with pytest.raises(ValueError, match=words) as caught:
        Staged(JAHS, 0, **settings)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_divided_is_searched_whole():
    for space in (CELLS, Space(x=Float(0, 1), y=Float(0, 1)), nasbook.architectures("nb201-cell").space):
        value = lambda c: float(len(str(c)))  # noqa: E731
        a = nasbook.search("staged", value, space=space, trials=8, turn=3, inner="tpe")
        b = nasbook.search("tpe", value, space=space, trials=8)
        assert [t.config for t in a.trials] == [t.config for t in b.trials]


def test_a_part_of_two_options_is_searched_and_a_part_of_one_is_not():
    two = nasbook.join("nb201-cell", nesterov=Choice([True, False]))
    assert Staged(two, 0, order="recipe first").view().free == "recipe"
    one = nasbook.join("nb201-cell", warmup=Int(1, 2, when={"edge_0_3": "conv3x3"}))
    assert Staged(one, 0, order="recipe first", default={"edge_0_3": "conv3x3"}).view().free == "recipe"
    assert Staged(one, 0, order="recipe first", default={"edge_0_3": "skip"}).view().free == "architecture"


def test_a_turn_is_over_only_when_all_of_it_have_ended():
    method = Staged(JAHS, 0, order="architecture first", turn=3, inner="random")
    first, *flying = [method.ask() for _ in range(3)]
    method.tell(nasbook.Trial(first.id, first.config, status="done", value=0.5, info=first.info))
    assert method.ask() is None, "the best may still be in flight"
    for trial in flying:
        method.tell(nasbook.Trial(trial.id, trial.config, status="done", value=0.4, info=trial.info))
    assert method.ask().info["turn"] == 1
    method.enqueue(first.config)
    outside = method.ask()
    method.tell(nasbook.Trial(outside.id, outside.config, status="done", value=0.9))
    assert method.view().turn == 1, "what comes from outside is of no turn"
