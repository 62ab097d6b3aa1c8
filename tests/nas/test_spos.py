"""SPOS: what a step trains, what evolution breeds, the supernet as a task, and stopping and going on."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from nas.pictures import Pictures, stopped_and_gone_on

import nasbook
from nasbook import Choice, Float, Space
from nasbook.kit.flops import flops
from nasbook.nas.parts.supernet import SupernetView
from nasbook.nas.spaces.gates import single
from nasbook.nas.spaces.nb201.cell import OPS, cell_space
from nasbook.nas.spaces.networks import CellNet
from nasbook.nas.spos import Spos
from nasbook.tasks.supernet import SupernetTask
from nasbook.testing import check_method

SHORT = {"epochs": 2, "rounds": 2, "channels": 2, "batch": 50, "looks": 2, "population": 6, "top": 3, "device": "cpu"}


def begun(**settings):
    method = Spos(cell_space(), **{**SHORT, **settings})
    train, _ = method.start(Pictures())
    method.train_loss = 1.0
    method.net.train()
    return method, method.batches(train)[0]


def test_a_step_trains_the_path_and_counts_it():
    method, batch = begun()
    method.step_paths(batch, [(3, 3, 3, 3, 3, 3)])
    before = {name: p.detach().clone() for name, p in method.net.named_parameters()}
    method.step_paths(batch, [(3, 2, 1, 4, 0, 3)])
    changed = {name for name, p in method.net.named_parameters() if not torch.equal(p, before[name])}
    inside = {n for n in changed if n.startswith("cell")}
    assert inside == {
        f"cell{c}.edges.{at}.1.weight" for c in (1, 2) for at in ("01.conv3x3", "02.conv1x1", "23.conv3x3")
    }
    assert method.counts.sum() == 12 and method.counts[0].tolist() == [0, 0, 0, 2, 0]


def test_a_step_along_several_paths_is_the_sum_of_their_gradients_at_the_same_weights():
    method, (x, y) = begun(clip=1e9, momentum=0.0, weight_decay=0.0)
    method.net.double()
    paths, x = [(3, 2, 1, 4, 3, 3), (2, 3, 3, 3, 2, 2)], x.double()
    before = [p.detach().clone() for p in method.w]
    total = [torch.zeros_like(p) for p in method.w]
    for path in paths:
        loss = F.cross_entropy(method.net(x, single(path)), y)
        for t, g in zip(total, torch.autograd.grad(loss, method.w, allow_unused=True), strict=True):
            t += 0 if g is None else g
    method.step_paths((x, y), paths)
    for p, old, g in zip(method.w, before, total, strict=True):
        torch.testing.assert_close(p.detach(), old - 0.1 * g, atol=1e-12, rtol=0)


def cost_of(path):
    return flops(CellNet(path, 2, 3), (1, 8, 8))


def test_a_bound_on_flops_holds_for_all_that_is_judged(tmp_path):
    """In the epochs of training and in the rounds; without it, dearer paths are judged and found."""
    costs = {}
    for bound in (0.0, 0.006):
        steps = list(nasbook.steps("spos", Pictures(), seed=1, **SHORT, max_flops=bound))
        costs[bound] = [cost_of(tuple(map(OPS.index, ops))) for s in steps for ops, _ in s.view.scatter]
        assert all(cost_of(tuple(s.trial.config.values())) in costs[bound] for s in steps)
        assert len(costs[bound]) >= 2 + 2 + 6 + 6
    assert max(costs[0.006]) <= 6000 < np.median(costs[0.0])
    gone_on, whole = stopped_and_gone_on("spos", Pictures(), tmp_path, (2,), seed=1, **SHORT, max_flops=0.006)
    assert gone_on == whole


@pytest.mark.parametrize(("bound", "wanted"), [(0.0, []), (0.006, [2])])
def test_with_a_bound_as_many_paths_are_looked_at_and_without_one_none_is_sought(bound, wanted):
    method = Spos(cell_space(), seed=1, **SHORT, max_flops=bound)
    sought, fill = [], method.fill
    method.fill = lambda new, up_to, make: sought.append(up_to) or fill(new, up_to, make)
    _, view = next(method.run(Pictures()))
    assert sought == wanted and len(view.scatter) == 2


def test_half_of_a_round_are_crossed_and_half_mutated():
    method, _ = begun(population=6)
    for _ in range(4):
        method.judge(method.places.draw(method.rng))
    sought, fill = [], method.fill
    method.fill = lambda new, up_to, make: sought.append(up_to) or fill(new, up_to, make)
    assert len(method.population()) == 6 and sought == [3, 6, 6]


def test_a_bound_that_nearly_nothing_meets():
    method, _ = begun(seed=3, max_flops=1e3, tries=1)
    (cheapest,) = method.smallest()
    close = (method.flops(cheapest) + 1) / 1e6
    steps = list(nasbook.steps("spos", Pictures(), seed=3, **SHORT, tries=1, max_flops=close))
    assert [s.trial.status for s in steps] == ["done"] * 4
    assert all(cost_of(tuple(s.trial.config.values())) <= 1e6 * close for s in steps)
    with pytest.raises(ValueError, match=r"max_flops must be at least some 0.00\d+ million here, not 1e-06"):
        nasbook.search("spos", Pictures(), **SHORT, max_flops=1e-6)
    with pytest.raises(ValueError, match="max_flops must be at least 0, not -1"):
        Spos(cell_space(), max_flops=-1)


def test_children_take_every_choice_from_a_parent_and_nothing_is_judged_twice():
    method, _ = begun()
    parents = [{name: op for name in cell_space().parameters} for op in ("conv3x3", "skip")]
    for _ in range(50):
        assert set(method.crossover(parents).values()) <= {"conv3x3", "skip"}
    changed = [sum(v != "skip" for v in method.mutant(parents[1:]).values()) for _ in range(400)]
    assert np.mean(changed) == pytest.approx(6 * 0.1 * 4 / 5, abs=0.12)
    seen = set()
    for _ in range(4):
        new = method.population()
        assert len(new) == len(set(new)) == 6 and not seen & set(new)
        seen |= set(new)
        for path in new:
            method.judged[path] = (float(sum(path)), 0.5)
    assert method.best()[0] == min(seen, key=sum)


def test_a_space_smaller_than_the_population_ends():
    method, _ = begun(population=20)
    tiny = Space(
        {name: Choice(["skip"] if i else ["skip", "conv3x3"]) for i, name in enumerate(cell_space().parameters)}
    )
    method.space = tiny
    assert len(method.population()) == 2


def test_trials_and_views(tmp_path):
    steps = list(nasbook.steps("spos", Pictures(), seed=1, out=tmp_path / "t.jsonl", **SHORT))
    assert [s.trial.id for s in steps] == [0, 1, 2, 3]
    views = [s.view for s in steps]
    assert [v.epoch for v in views] == [1, 2, 3, 4] and views[0].epochs == 4
    assert np.array(views[0].counts).sum(1).tolist() == [2] * 6  # two batches an epoch
    assert views[1].counts == views[3].counts  # no weight learns in the search
    assert [len(v.scatter) for v in views] == [2, 2, 6, 12]
    for step in steps:
        ops, score = min(step.view.scatter, key=lambda one: one[1])
        assert ops == step.view.cell == tuple(step.trial.config.values()) and score == step.view.val_loss
        assert SupernetView.from_dict(json.loads(json.dumps(step.view.to_dict()))) == step.view
    assert [s.view for s in nasbook.replay(nasbook.Trace.load(tmp_path / "t.jsonl"))] == views


def test_a_stopped_search_goes_on_bit_for_bit(tmp_path):
    stops = (0, 2)  # in the training, and in the search
    gone_on, whole = stopped_and_gone_on("spos", Pictures(), tmp_path, stops, seed=3, **SHORT)
    assert gone_on == whole


def test_it_keeps_what_a_search_relies_on():
    check_method("spos", task=Pictures(), settings=SHORT)


def test_old_views_are_still_read():
    old = {
        "epoch": 1,
        "epochs": 2,
        "weights": [[1.0, 0.0]],
        "ops": ["a", "b"],
        "edges": [[0, 1]],
        "cell": ["a"],
        "skips": 0,
    }
    old |= {"train_loss": None, "val_loss": 0.5, "val_accuracy": 0.5}
    view = SupernetView.from_dict(old)
    assert view.counts is None and json.loads(json.dumps(view.to_dict())) == old
    with pytest.raises(ValueError, match="each row of counts must have 2 numbers"):
        SupernetView.from_dict({**old, "counts": [[1]]})


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: SupernetTask(strategy="random"), "strategy must be one that trains a supernet"),
        (lambda: SupernetTask(strategy="spoos"), "did you mean 'spos'"),
        (lambda: SupernetTask(statistics="moving"), "statistics must be one of recalibrated"),
        (lambda: SupernetTask(task="branin"), "branin has none; use 'digits-cells'"),
        (lambda: SupernetTask(steps=3), "has no setting 'steps'"),
        (lambda: Spos(cell_space(), top=0), "top must be a whole number of at least 1"),
        (lambda: Spos(cell_space(), mutation=2), "mutation must lie in"),
        (lambda: Spos(cell_space(), score="f1"), "score must be one of loss, accuracy"),
        (lambda: Spos(Space(x=Float(0, 1))), "for another space use 'random'"),
        (lambda: nasbook.search("spos", Pictures(), batch=200), "batch is 200, but pictures has 100 images"),
    ],
)
def test_bad_input_is_one_sentence(call, says):
    with pytest.raises(ValueError, match=says) as caught:
        call()
    assert "\n" not in str(caught.value)
