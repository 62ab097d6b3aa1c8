"""Reptile: SGD where it must be SGD, the mean of the ways the tasks have gone, and new tasks learned in a few steps."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import nasbook
from nasbook.nas.reptile import Reptile, ReptileView, adapt, meta_step
from nasbook.nas.spaces.nb201.cell import cell_space
from nasbook.nas.spaces.networks import SuperNet, init_weights
from nasbook.search import search, steps
from nasbook.task import Task
from nasbook.tasks.few_shot import FewShot

SMALL = {"epochs": 3, "meta_steps": 1, "tasks": 2, "inner_steps": 2, "channels": 2, "judges": 2}


class OneTask(Task):
    """Always the same small task."""

    space, name, ways = cell_space(), "one", 3

    def episode(self, seed, held_out=False):
        return FewShot().episode(0)


def test_one_task_and_one_inner_step_is_sgd():
    """Against torch.optim.SGD on a supernet of its own, three outer steps."""
    settings = {"epochs": 3, "meta_steps": 1, "tasks": 1, "inner_steps": 1, "channels": 2, "judges": 1}
    method = Reptile(cell_space(), seed=4, lr=0.2, alpha_lr=0.7, epsilon=0.5, **settings)
    list(method.run(OneTask()))
    net, alpha = SuperNet(2, 3, 1), torch.zeros(6, 5, requires_grad=True)
    init_weights(net, np.random.default_rng(4))
    sgd = torch.optim.SGD([{"params": net.parameters(), "lr": 0.2}, {"params": [alpha], "lr": 0.7}])
    x, y = FewShot().episode(0)["support"]
    for epsilon in (0.5, 0.5 * 2 / 3, 0.5 / 3):  # falls to 0
        for group, lr in zip(sgd.param_groups, (0.2, 0.7), strict=True):
            group["lr"] = epsilon * lr
        sgd.zero_grad()
        F.cross_entropy(net(x, torch.softmax(alpha, 1)), y).backward()
        sgd.step()
    for ours, theirs in zip(method.phi, [*net.parameters(), alpha], strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_the_outer_step_is_the_mean_of_the_differences_on_quadratics():
    """L_τ = a_τ/2 ‖φ - c_τ‖²: k steps of rate lr leave (1 - lr a)^k of the way, in closed form."""
    phi = [torch.tensor([1.0, -2.0], dtype=torch.float64), torch.tensor([0.5], dtype=torch.float64)]
    tasks, k, lr, epsilon = [(0.5, 3.0), (2.0, -1.0)], 4, [0.1, 0.3], 0.25
    quadratic = lambda a, c: lambda p: sum(a / 2 * ((q - c) ** 2).sum() for q in p)  # noqa: E731
    moved = meta_step(phi, [adapt(quadratic(a, c), phi, lr, k) for a, c in tasks], epsilon)
    for p, rate, new in zip(phi, lr, moved, strict=True):
        ends = [c + (1 - rate * a) ** k * (p - c) for a, c in tasks]
        assert torch.allclose(new, p + epsilon * (sum(ends) / 2 - p), atol=1e-12)
    assert phi[0].tolist() == [1.0, -2.0] and not phi[0].requires_grad


def test_more_inner_steps_pull_towards_agreeing_gradients():
    """E[φ_τ] - φ after two steps holds the curvature: it differs from two steps on the mean loss by lr² cov(H, g)."""
    tasks, lr = [(0.5, 3.0), (2.0, -1.0)], 0.1
    phi = [torch.zeros(1, dtype=torch.float64)]
    quadratic = lambda a, c: lambda p: a / 2 * ((p[0] - c) ** 2).sum()  # noqa: E731
    reptile = meta_step(phi, [adapt(quadratic(a, c), phi, [lr], 2) for a, c in tasks], 1.0)[0]
    joint = adapt(lambda p: sum(quadratic(a, c)(p) for a, c in tasks) / 2, phi, [lr], 2)[0]
    g, H = np.array([-a * c for a, c in tasks]), np.array([a for a, _ in tasks])
    assert float(reptile - joint) == pytest.approx(lr**2 * ((H * g).mean() - H.mean() * g.mean()))


def test_held_out_classes_are_learned_better_than_from_scratch():
    """tests/benchmarks/reptile.py prints the whole curve."""
    trace = search("reptile", "digits-few-shot", epochs=3, meta_steps=10, judges=8, views=True)
    view = trace[-1].view
    assert view.error < view.scratch - 0.15 and view.error < view.unadapted - 0.2
    assert trace[-1].trial.value == view.error
    assert [t.id for t in trace.trials] == [0, 1, 2]
    assert trace[-1].trial.metrics["accuracy"] == 1 - view.error


def test_a_view_with_rows_of_two_lengths_is_refused():
    with pytest.raises(ValueError, match="rows of weights must be equally long"):
        ReptileView(1, 1, 0.5, 0.5, 0.5, ((0.5, 0.5), (1.0,)), ("a", "b"))


def test_episodes_have_their_classes_and_share_no_image():
    task = FewShot()
    x, y = nasbook.task("digits-cells").data()["train"]
    for held_out, allowed in ((False, set(range(7))), (True, {7, 8, 9})):
        (a, la), (b, lb) = (task.episode(3, held_out)[part] for part in ("support", "query"))
        assert a.shape == (15, 1, 8, 8) and b.shape == (60, 1, 8, 8)
        assert torch.bincount(la).tolist() == [5] * 3 and torch.bincount(lb).tolist() == [20] * 3
        known = {image.tobytes(): int(label) for image, label in zip(x, y, strict=True)}
        assert {known[image[0].numpy().tobytes()] for image in a} <= allowed
        assert not {i.numpy().tobytes() for i in a} & {i.numpy().tobytes() for i in b}
    assert not torch.equal(task.episode(3)["support"][0], task.episode(4)["support"][0])


def test_every_step_draws_new_tasks(monkeypatch):
    drawn, episode = [], FewShot.episode

    def spy(task, seed, held_out=False):
        drawn.append((seed, held_out))
        return episode(task, seed, held_out)

    monkeypatch.setattr(FewShot, "episode", spy)
    search("reptile", "digits-few-shot", trials=1, seed=0, **SMALL | {"meta_steps": 40, "inner_steps": 1})
    seeds = [seed for seed, held_out in drawn if not held_out]
    assert len(seeds) == len(set(seeds)) >= 40 and max(seeds) > 10**6


def test_a_kill_and_a_resume(tmp_path):
    whole = list(steps("reptile", "digits-few-shot", trials=3, seed=2, **SMALL))
    path = tmp_path / "r.jsonl"
    search("reptile", "digits-few-shot", trials=2, seed=2, out=path, **SMALL)
    again = search("reptile", "digits-few-shot", trials=3, seed=2, out=path, resume=True, **SMALL)
    assert [t.value for t in again.trials] == [s.trial.value for s in whole]
    views = [s.view for s in nasbook.replay(nasbook.Trace.load(path))]
    assert views == [s.view for s in whole]
    assert ReptileView.from_dict(json.loads(json.dumps(views[-1].to_dict()))) == views[-1]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: search("reptile", "digits-cells", trials=1), "use 'digits-few-shot'"),
        (lambda: nasbook.method("reptile", cell_space(), lr=0.0), "lr must be above 0"),
        (lambda: nasbook.method("reptile", nasbook.Space(x=nasbook.Float(0, 1))), "use 'random'"),
        (lambda: FewShot("letters"), "data must be one of"),
        (lambda: FewShot(shots=40), "from 1 to 15"),
    ],
)
def test_bad_input_is_one_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_the_cold_start_of_a_cell_is_a_real_training():
    task = FewShot()
    best = dict.fromkeys(task.space.parameters, "conv3x3")
    value = task.evaluate(best, seed=0).value
    assert value == task.evaluate(best, seed=0).value and value < 0.6
    assert task.evaluate(dict.fromkeys(best, "none")).value == pytest.approx(2 / 3)
