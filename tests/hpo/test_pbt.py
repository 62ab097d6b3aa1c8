"""Population based training: who is copied, what a copy is, how it changes, and the winner's schedule."""

import numpy as np
import pytest
import torch
from scipy import stats

import nasbook
from nasbook import Choice, Constant, Float, Int, Space
from nasbook.hpo.parts.schedules import follow, schedule
from nasbook.hpo.pbt import PBT, PBTView, quantile_size
from nasbook.task import Fidelity, Task, trial_seed
from nasbook.tasks.training import DigitsMLP

SPACE = Space(
    optimizer=Constant("sgd"),
    lr=Float(1e-4, 1.0, log=True),
    momentum=Float(0.0, 0.99),
    weight_decay=Float(1e-6, 1e-1, log=True),
    batch=Int(16, 256, log=True),
    width=Int(8, 32, log=True),
    depth=Int(1, 2),
    dropout=Float(0.0, 0.6),
    activation=Choice(["relu", "tanh"]),
)
CONFIG = {
    "optimizer": "adamw",
    "lr": 0.01,
    "weight_decay": 1e-3,
    "batch": 64,
    "width": 16,
    "depth": 2,
    "dropout": 0.2,
    "activation": "relu",
}


def small(epochs=4):
    return DigitsMLP(epochs=epochs, train=120, device="cpu")


def same(a, b):
    """Are two states equal, bit for bit?"""
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


@pytest.mark.parametrize(("n", "k"), [(1, 0), (2, 1), (3, 1), (4, 1), (5, 2), (8, 2), (10, 3), (100, 25)])
def test_quantiles_have_ray_sizes(n, k):
    assert quantile_size(n, 0.25) == k
    assert quantile_size(n, 0.5) <= n / 2


# ---- a member --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_a_copy_goes_on_bitwise_as_the_original_would(optimizer):
    task, config = small(), {**CONFIG, "optimizer": optimizer} | ({"momentum": 0.9} if optimizer == "sgd" else {})
    config = task.space.validate(config)
    one, other = task.member(config, 3), task.member(config, 8)
    one.epoch()
    other.epoch()
    assert not same(one.state(), other.state())
    kept = one.state()
    other.load(kept)
    assert same(one.state(), other.state())
    one.epoch()
    assert not same(one.state(), kept) and same(other.state(), kept)  # nothing is shared
    other.epoch()
    assert same(one.state(), other.state())


def test_set_reaches_the_optimiser_the_dropout_and_nothing_else():
    task = small()
    member = task.member(CONFIG, 0)
    before = member.state()
    member.set({**CONFIG, "lr": 0.5, "weight_decay": 0.05, "dropout": 0.4, "batch": 100})
    group = member.optimizer.param_groups[0]
    assert (group["lr"], group["weight_decay"]) == (0.5, 0.05)
    assert {m.p for m in member.net.modules() if hasattr(m, "rng")} == {0.4} and member.config["batch"] == 100
    assert same(member.state()["net"], before["net"])
    member.load(before)
    assert member.optimizer.param_groups[0]["lr"] == 0.5  # a state brings weights, not settings
    with pytest.raises(ValueError, match="width cannot change during a training"):
        member.set({**CONFIG, "width": 20})


# ---- exploit and explore ---------------------------------------------------------------------------------


def trained(n=10, seed=0, task=None):
    """A method whose members have trained for an epoch, with errors that we choose: member i has i / 10."""
    method = PBT(SPACE, seed=seed, population=n)
    run = method.run(task or small())
    for _ in range(n):
        next(run)
    method.values = [i / 10 for i in range(n)]
    return method


def test_the_worst_become_copies_of_the_best():
    method = trained()
    before = [m.state() for m in method.members]
    members, last = list(method.members), list(method.last)
    method.exploit()
    for i in range(7):
        assert method.members[i] is members[i] and method.copied[i] is None and method.last[i] == last[i]
        assert same(method.members[i].state(), before[i])
    for i in (7, 8, 9):
        j, copy = method.copied[i], method.members[i]
        assert j in (0, 1, 2) and method.last[i] == last[j] == j
        state = copy.state()
        for part in ("net", "rng", "noise", "curve", "losses"):
            assert same(state[part], before[j][part])
        assert same(state["optimizer"]["state"], before[j]["optimizer"]["state"])
        fixed = ("optimizer", "width", "depth", "activation")
        assert all(copy.config[k] == members[j].config[k] for k in fixed)
        assert copy.config["lr"] != members[j].config["lr"]
        assert copy.optimizer.param_groups[0]["lr"] == copy.config["lr"]


def test_the_copied_are_drawn_evenly_from_the_top():
    method = trained()
    drawn = []
    for _ in range(60):
        method.values = [i / 10 for i in range(10)]
        method.exploit()
        drawn += method.copied[7:]
    assert stats.chisquare(np.bincount(drawn)).pvalue > 1e-4 and len(set(drawn)) == 3


def test_a_member_that_diverged_is_never_copied():
    method = trained(4)
    method.values = [np.inf, np.inf, np.inf, np.inf]
    method.exploit()
    assert method.copied == [None] * 4
    method.values = [np.inf, 0.5, 0.4, 0.3]
    method.exploit()
    assert method.copied == [3, None, None, None]


def test_exploration_has_its_frequencies():
    method, start = trained(2), {"lr": 0.01, "momentum": 0.5, "batch": 100, "dropout": 0.3, "weight_decay": 1e-3}
    config = SPACE.validate({**{k: v for k, v in CONFIG.items() if k != "momentum"}, **start, "optimizer": "sgd"})
    new = [method.explore(config) for _ in range(4000)]
    for name, value in start.items():
        ratio = np.array([c[name] for c in new]) / value
        up, down = np.isclose(ratio, 1.2).mean(), np.isclose(ratio, 0.8).mean()
        assert (up, down) == pytest.approx((0.375, 0.375), abs=0.03)  # (1 - ¼) / 2 each; ¼ is drawn anew
    assert {c["width"] for c in new} == {16} and {c["activation"] for c in new} == {"relu"}
    edge = [method.explore({**config, "lr": 0.95, "batch": 16}) for _ in range(200)]
    assert max(c["lr"] for c in edge) == 1.0 and min(c["batch"] for c in edge) == 16


class Options(Task):
    """A task whose one dynamic parameter is a list."""

    name, dynamic, fidelity = "options", ("size",), Fidelity("epoch", 1, 2)
    space = Space(size=Choice([1, 2, 4, 8, 16], ordered=True))

    def member(self, config, seed):
        return DigitsMLP(epochs=1, train=20, device="cpu").member(CONFIG, seed)


def test_options_move_to_a_neighbour_and_stop_at_the_ends():
    method = PBT(Options.space, population=2, resample=0.0)
    next(method.run(Options()))
    moved = [method.explore({"size": 4})["size"] for _ in range(400)]
    assert set(moved) == {2, 8} and np.mean(np.array(moved) == 2) == pytest.approx(0.5, abs=0.1)
    assert {method.explore({"size": 16})["size"] for _ in range(50)} == {8, 16}


# ---- a whole run -----------------------------------------------------------------------------------------


def test_the_winners_schedule_gives_the_same_weights():
    task, method = small(5), PBT(SPACE, seed=2, population=6)
    trace = nasbook.search(method, task)
    assert len(trace) == 30 and [t.fidelity for t in trace.trials[::6]] == [1, 2, 3, 4, 5]
    for i, member in enumerate(method.members):
        trial = trace.trials[24 + i]
        seed, stages = schedule(trace, trial)
        assert [s.epoch for s in stages] == [1, 2, 3, 4, 5] and stages[-1].config == trial.config
        again = follow(task, seed, stages)
        assert same(again.state(), member.state()) and again.curve[-1] == trial.value
    copied = [t for t in trace.trials if "copied_from" in t.info]
    assert len(copied) == 2 * 4  # ⌈6/4⌉ of six, before each of the last four epochs
    for t in copied:  # a copy goes on with its winner's network of the epoch before
        parent = trace.trials[t.info["parent"]]
        assert parent.info["member"] == t.info["copied_from"] and parent.fidelity == t.fidelity - 1
    seed, stages = schedule(trace)
    root = trace.best
    while "parent" in root.info:
        root = trace.trials[root.info["parent"]]
    assert seed == trial_seed(2, root.id) and follow(task, seed, stages).curve[-1] == trace.best.value


def test_without_copying_members_are_plain_trainings():
    task = small(3)
    trace = nasbook.search("pbt", task, space=SPACE, seed=4, population=3, quantile=0.0, interval=2)
    assert [t.fidelity for t in trace.trials] == [2, 2, 2, 3, 3, 3]
    for i in range(3):
        found = task.evaluate(trace.trials[i].config, seed=trial_seed(4, i))
        assert found.value == trace.trials[3 + i].value


@pytest.mark.parametrize("cut", [2, 4, 6, 9])
def test_a_stopped_run_goes_on_to_the_same_numbers(cut, tmp_path):
    task, settings, path = small(3), {"population": 4, "seed": 1, "space": SPACE}, tmp_path / "t.jsonl"
    whole = list(nasbook.steps("pbt", task, **settings))
    nasbook.search("pbt", task, trials=cut, out=path, views=True, **settings)
    nasbook.search("pbt", task, out=path, resume=True, views=True, **settings)
    trace = nasbook.Trace.load(path)
    row = lambda t: (t.id, t.config, t.value, t.info, t.fidelity)  # noqa: E731
    assert [row(t) for t in trace.trials] == [row(s.trial) for s in whole]
    views = [s.view for s in nasbook.replay(trace)]
    assert views == [s.view for s in whole] and isinstance(views[0], PBTView)
    assert views[0].values[1:] == (None, None, None) and None not in views[-1].values


def test_what_it_cannot_serve_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="pbt copies networks while they learn, and branin has none to lead"):
        nasbook.search("pbt", "branin")
    fixed = Space({k: Constant(v) for k, v in CONFIG.items()})
    with pytest.raises(ValueError, match="none of lr, momentum, .* is free in this space"):
        nasbook.search("pbt", small(), space=fixed)
    with pytest.raises(ValueError, match=r"quantile must lie in \[0, 0.5\]"):
        PBT(SPACE, quantile=0.7)
