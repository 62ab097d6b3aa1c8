"""Many networks trained as one: each is what it would be alone, whatever becomes of the others."""

import json
import math
import warnings
from time import sleep

import numpy as np
import pytest
import torch

import nasbook
from nasbook.loop import BEGINNINGS
from nasbook.space import Choice, Constant, Float, Int, Space
from nasbook.task import EvaluatesMany, Evaluation, StopTrial
from nasbook.tasks.packed import Pack, packs
from nasbook.tasks.training import DigitsMLP, Training

MIXED = DigitsMLP.space.parameters | {"lr": Float(1e-4, 0.1, log=True), "width": Int(8, 40, log=True)}
SPACE = Space(MIXED)


@pytest.fixture
def task():
    return DigitsMLP(epochs=3, train=150, device="cpu")


@pytest.fixture
def exact(task):
    """The task in double precision, where another order of sums changes nothing that can be seen."""
    task.__dict__["tensors"] = {k: (x.double(), y) for k, (x, y) in task.tensors.items()}
    torch.set_default_dtype(torch.float64)
    yield task
    torch.set_default_dtype(torch.float32)


def configs(n, seed=0, space=SPACE):
    rng = np.random.default_rng(seed)
    return [space.sample(rng) for _ in range(n)]


def numbers(training):
    return torch.cat([p.detach().flatten() for p in training.net.parameters()])


def test_each_network_is_what_it_is_alone(exact):
    chosen = configs(8)
    for name in ("optimizer", "activation", "depth", "width", "batch"):
        assert len({c[name] for c in chosen}) > 1
    chosen[3] = {**chosen[3], "dropout": 0.0}
    alone = [Training(exact, c, seed) for seed, c in enumerate(chosen)]
    together = [Training(exact, c, seed) for seed, c in enumerate(chosen)]
    for _ in range(2):
        pack = Pack(together)  # anew after an epoch: what the optimisers remember goes on
        for training in alone:
            training.epoch()
        pack.epoch()
        pack.give_back()
    for a, b in zip(alone, together, strict=True):
        assert a.losses == pytest.approx(b.losses, abs=1e-12) and a.curve == b.curve
        torch.testing.assert_close(numbers(a), numbers(b), atol=1e-10, rtol=0)
        a.epoch(), b.epoch()  # and one taken out of the pack goes on as if it had never been in one
        assert a.losses == pytest.approx(b.losses, abs=1e-12)


@pytest.mark.parametrize("data", ["rows", "one image"])
def test_other_images_and_batches_larger_than_all_of_them(tmp_path, exact, data):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 5) if data == "rows" else (60, 2, 3, 4))
    np.savez(tmp_path / "x.npz", x=x, y=rng.integers(3, size=60))
    task = DigitsMLP(epochs=1, train=20 if data == "rows" else 1, data=tmp_path / "x.npz", device="cpu")
    task.__dict__["tensors"] = {k: (x.double(), y) for k, (x, y) in task.tensors.items()}
    alone, together = ([Training(task, c, 1) for c in configs(6)] for _ in range(2))
    Pack(together).epoch()
    for a, b in zip(alone, together, strict=True):
        a.epoch()
        assert (a.losses, a.curve) == (pytest.approx(b.losses, abs=1e-12), b.curve)


METHODS = {
    "random": {"trials": 9},
    "grid": {"trials": 9, "resolution": 2},
    "sobol": {"trials": 8},
    "successive-halving": {"trials": 9},
    "hyperband": {"trials": 9},
    "bohb": {"trials": 9},
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.filterwarnings("ignore:The balance properties of Sobol")
def test_a_search_finds_the_same(exact, method):
    options = {"space": SPACE, "seed": 3, **METHODS[method]}
    alone = nasbook.search(method, exact, **options)
    packed = nasbook.search(method, exact, packed=5, **options)
    assert [(t.config, t.fidelity, t.info) for t in packed.trials] == [
        (t.config, t.fidelity, t.info) for t in alone.trials
    ]
    np.testing.assert_allclose(packed.values, alone.values, atol=1e-12)
    assert all(
        a.curve == b.curve and len(b.curve) == (b.fidelity or 3)
        for a, b in zip(alone.trials, packed.trials, strict=True)
    )
    assert any(t.metrics.get("packed", 0) > 1 for t in packed.trials) == (method != "bohb")
    assert packed.header.provenance["packed"] == 5 and "packed" not in alone.header.provenance


def test_costs_are_shares_and_one_trial_follows_the_other(task):
    trace = nasbook.search("random", task, trials=6, packed=6)
    assert all(t.cost > 0 and t.metrics["packed"] == 6 for t in trace.trials)
    assert sum(t.cost for t in trace.trials) == pytest.approx(trace.cost().seconds, abs=1e-4)
    for before, after in zip(trace.trials, trace.trials[1:], strict=False):
        assert after.start == before.end and after.end >= after.start


def test_one_that_diverges_fails_alone(exact):
    chosen = configs(6)
    wild = {**chosen[2], "optimizer": "sgd", "momentum": 0.9, "lr": 1e300, "activation": "relu"}
    answers = exact.evaluate_many(
        [wild if i == 2 else c for i, c in enumerate(chosen)],
        seeds=range(6),
        fidelity=None,
        reports=[lambda *_: None] * 6,
        checkpoints=[None] * 6,
    )
    assert math.isnan(answers[2].value)
    for i in (0, 1, 3, 4, 5):
        assert answers[i].value == exact.evaluate(chosen[i], seed=i).value
    space = Space(DigitsMLP.space.parameters | {"lr": Choice([0.01, 1e30])})
    alone = nasbook.search("random", exact, space=space, trials=8)
    trace = nasbook.search("random", exact, space=space, trials=8, packed=8)
    assert [(t.status, t.reason, t.value) for t in trace.trials] == [
        (t.status, t.reason, t.value) for t in alone.trials
    ]
    assert {"failed", "done"} == {t.status for t in trace.trials}


def test_one_that_is_stopped_or_cannot_be_built_leaves_the_others(exact, tmp_path):
    chosen = [*configs(4), {**configs(1)[0], "width": -1}]

    def stop(fidelity, value, cost):
        if fidelity == 2:
            raise StopTrial("enough")

    (tmp_path / "3").write_text("no state")
    with pytest.warns(UserWarning, match="the training starts anew"):
        answers = exact.evaluate_many(
            chosen,
            seeds=range(5),
            fidelity=3,
            reports=[stop, *[lambda *_: None] * 4],
            checkpoints=[None, None, None, tmp_path / "3", None],
        )
    assert isinstance(answers[0], StopTrial) and isinstance(answers[4], ValueError)
    for i in (1, 2, 3):
        assert answers[i].value == exact.evaluate(chosen[i], seed=i).value


def test_a_timeout_is_that_of_a_share(task):
    trace = nasbook.search("random", task, trials=4, packed=4, timeout=1e-9)
    assert [t.status for t in trace.trials] == ["failed"] * 4
    assert {t.reason for t in trace.trials} == {"timed out after 1e-09 s"}
    assert all(t.status == "done" for t in nasbook.search("random", task, trials=4, packed=4, timeout=60).trials)


def test_a_killed_pack_is_run_again_as_it_was(task, tmp_path):
    """The kill falls before any trial of the second pack has been told, or between their beginnings."""
    whole = nasbook.search("random", task, trials=10, packed=4, out=tmp_path / "whole.jsonl")
    lines = (tmp_path / "whole.jsonl").read_bytes().splitlines(keepends=True)
    events = [json.loads(line).get("event") for line in lines]
    assert events == [None, *["ask"] * 4, *["tell"] * 4, *["ask"] * 4, *["tell"] * 4, *["ask"] * 2, *["tell"] * 2]
    for left in (3, 5, 7, 11, 13):
        cut = tmp_path / f"{left}.jsonl"
        cut.write_bytes(b"".join(lines[:left]))
        again = nasbook.search("random", task, trials=10, packed=4, out=cut, resume=True)
        assert len(again) == 10 and {t.id for t in again.trials} == set(range(10))
        if left != 7:  # cut within the telling, the rest of the pack is a smaller one
            assert again.digest == whole.digest


def test_a_pack_that_ends_the_process_is_taken_apart(task, tmp_path):
    path = tmp_path / "trace.jsonl"
    nasbook.search("random", task, trials=3, packed=3, out=path)
    header, *asks = path.read_text().splitlines()[:4]
    again = [line.replace('"event": "ask"', '"event": "again"') for line in asks]
    path.write_text("\n".join([header, *asks, *again]) + "\n")
    trace = nasbook.search("random", task, trials=3, packed=3, out=path, resume=True)
    assert [t.status for t in trace.trials] == ["done"] * 3 and not any("packed" in t.metrics for t in trace.trials)
    path.write_text("\n".join([header, *asks, *again * (BEGINNINGS - 1)]) + "\n")
    trace = nasbook.search("random", task, trials=3, packed=3, out=path, resume=True)
    assert [t.status for t in trace.trials] == ["done", "done", "failed"]


def test_what_cannot_be_packed_is_said_before_the_first_trial(task):
    for packed in (0, 1.5, True, "all", 10**9):
        with pytest.raises(ValueError, match="packed, how many trials train at once, must be 1 to 1024"):
            nasbook.search("random", task, trials=3, packed=packed)
    with pytest.raises(ValueError, match="packed=4: branin evaluates one at a time"):
        nasbook.search("random", "branin", trials=3, packed=4)
    with pytest.raises(ValueError, match="packed=4: bayesian chooses after each result"):
        nasbook.search("bayesian", task, trials=3, packed=4)
    assert isinstance(task, EvaluatesMany)


class Hostile(nasbook.Task):
    """Its own `evaluate_many` does what it should not."""

    name = "hostile"
    space = Space(x=Float(0, 1))

    def __init__(self, many):
        self.many = many

    def evaluate(self, config, **_):
        return config["x"]

    def evaluate_many(self, configs, **given):
        return self.many(configs, given)


def boom(*_):
    raise SystemExit("no")


@pytest.mark.parametrize("many", [boom, lambda configs, _: [0.5], lambda configs, _: None])
def test_where_all_fail_each_is_evaluated_alone(many):
    with pytest.warns(UserWarning, match="each is evaluated alone"):
        trace = nasbook.search("random", Hostile(many), trials=4, packed=4)
    assert list(trace.values) == [t.config["x"] for t in trace.trials]


def late(_, given):
    sleep(0.2)
    raise RuntimeError("too large together")


def out_of_time(_, given):
    sleep(0.2)
    raise StopTrial("timed out", "failed")


@pytest.mark.filterwarnings("ignore:.*each is evaluated alone")
@pytest.mark.parametrize("many", [late, out_of_time])
def test_what_a_pack_has_used_in_vain_is_counted(many):
    trace = nasbook.search("random", Hostile(many), trials=4, packed=4)
    assert sum(t.cost for t in trace.trials) > 0.19 and trace.cost().seconds > 0.19
    assert trace.trials[-1].end > 0.19 and trace.cost().measured == 4


def sets_up(configs, given):
    """Sets up for a while, and trains two of them for so long that half of their time each is told."""
    sleep(0.2)
    given["reports"][0](1, 0.5, 0.03)
    return [Evaluation(0.5, cost=0.03), Evaluation(0.5, cost=0.01), KeyError("k"), 0.5]


def test_cost_and_use_are_one_reckoning_with_the_setting_up():
    (a, b, c, d) = nasbook.search("random", Hostile(sets_up), trials=4, packed=4).trials
    for t in (a, b, c, d):
        assert t.cost == pytest.approx(t.used["seconds"], abs=1e-4) and t.cost > 0.039
    assert a.cost - b.cost == pytest.approx(0.02) and b.cost - c.cost == pytest.approx(0.01)
    assert c.cost == pytest.approx(d.cost)


def test_an_answer_that_is_no_number_fails_alone():
    trace = nasbook.search("random", Hostile(lambda c, _: [0.5, "no", KeyError("k"), None]), trials=4, packed=4)
    assert [t.status for t in trace.trials] == ["done", "failed", "failed", "failed"]
    assert trace.trials[2].reason == "KeyError: 'k'"


def test_packs_hold_what_is_alike():
    one = {"batch": 50, "width": 32, "depth": 1, "optimizer": "sgd"}
    assert packs([], 1000, 64) == []
    assert packs([one] * 100, 1000, 64) == [list(range(100))]
    wide = [{**one, "width": 512, "depth": 4}] * 50
    assert sorted(map(sorted, packs([one] * 50 + wide, 1000, 64))) == [list(range(50)), list(range(50, 100))]
    chosen = configs(60)
    assert sorted(i for pack in packs(chosen, 1000, 64) for i in pack) == list(range(60))
    here, there = (packs(chosen, 1000, 64, device) for device in ("cpu", "cuda"))
    assert len(there) < len(here), "on a GPU the calls count, so that fewer packs are faster"


def test_a_space_of_its_own_where_all_is_fixed(task):
    """Few networks of one shape, of which only a rate is searched: what packing is for."""
    fixed = {"optimizer": "sgd", "momentum": 0.9, "weight_decay": 1e-4, "batch": 50, "width": 16, "depth": 1}
    space = Space({k: Constant(v) for k, v in (fixed | {"dropout": 0.0, "activation": "relu"}).items()})
    space = Space(space.parameters | {"lr": Float(1e-3, 1e-1, log=True)})
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        trace = nasbook.search("successive-halving", task, space=space, trials=7, packed=64)
    assert {t.metrics.get("packed", 1) for t in trace.trials} == {1, 3}
    assert any(t.info.get("continues") is not None for t in trace.trials)
