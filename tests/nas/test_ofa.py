"""Once-for-all: what each stage draws, the teacher, the order of channels, and stopping and going on."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from nas.pictures import Pictures, stopped_and_gone_on
from scipy.stats import kendalltau

import nasbook
from nasbook import Float, Space
from nasbook.nas.ofa import STAGES, Ofa
from nasbook.nas.spaces.elastic import Elastic
from nasbook.nas.spaces.gates import single
from nasbook.nas.spaces.nb201.cell import cell_space

SHORT = {"epochs": 6, "channels": 2, "batch": 50, "looks": 2, "device": "cpu"}


IMAGES = Pictures(space=Elastic().space)


def begun(stage=0, **settings):
    method = Ofa(IMAGES.space, seed=1, **{**SHORT, **settings})
    train, _ = method.start(IMAGES)
    method.stage, method.largest = stage, method.places.path(method.places.largest)
    method.teacher = method.net.derive(method.largest).eval()
    method.net.train()
    return method, method.batches(train)[0]


def test_each_stage_draws_from_what_it_allows():
    method, _ = begun()
    seen = []
    for stage, (*_, n) in enumerate(STAGES):
        method.stage = stage
        steps = [method.networks() for _ in range(60)]
        assert {len(step) for step in steps} == {n}
        configs = [method.places.config(path) for step in steps for path in step]
        found = {
            kind: {v for config in configs for k, v in config.items() if k.startswith(kind)}
            for kind in ("kernel", "depth", "expansion")
        }
        seen.append((found["kernel"], found["depth"], found["expansion"]))
    assert seen == [
        ({5}, {3}, {4}),
        ({3, 5}, {3}, {4}),
        ({3, 5}, {2, 3}, {4}),
        ({3, 5}, {1, 2, 3}, {4}),
        ({3, 5}, {1, 2, 3}, {3, 4}),
        ({3, 5}, {1, 2, 3}, {2, 3, 4}),
    ]


def test_a_step_is_the_sum_of_gradients_with_the_teachers_answers():
    method, (x, y) = begun(stage=5, clip=1e9, momentum=0.0, weight_decay=0.0, distil=0.7)
    method.net.double(), method.teacher.double()
    with torch.no_grad():
        for p in method.teacher.parameters():
            p += 0.1
    paths, x = method.networks(), x.double()
    taught = torch.softmax(method.teacher(x), 1).detach()
    before, total = [p.detach().clone() for p in method.w], [torch.zeros_like(p) for p in method.w]
    for path in paths:
        logits = method.net(x, single(path))
        kl = F.kl_div(torch.log_softmax(logits, 1), taught, reduction="batchmean")
        gradient = torch.autograd.grad(F.cross_entropy(logits, y) + 0.7 * kl, method.w, allow_unused=True)
        for t, g in zip(total, gradient, strict=True):
            t += 0 if g is None else g
    method.step_networks((x, y), paths)
    for p, old, g in zip(method.w, before, total, strict=True):
        torch.testing.assert_close(p.detach(), old - 0.1 * g, atol=1e-10, rtol=0)


def test_the_teacher_is_the_largest_network_at_the_end_of_its_stage():
    method, batch = begun()
    method.step_networks(batch, [method.largest])
    start = {k: v.clone() for k, v in method.teacher.state_dict().items()}
    method.next_stage()
    x = torch.randn(4, 1, 8, 8)
    expected = method.net.eval()(x, single(method.largest)).detach()
    torch.testing.assert_close(method.teacher(x).detach(), expected)
    assert any(not torch.equal(v, start[k]) for k, v in method.teacher.state_dict().items())
    method.net.train()
    method.step_networks(batch, method.networks())
    method.next_stage()
    torch.testing.assert_close(method.teacher(x).detach(), expected)  # and stays


def test_channels_are_sorted_before_they_are_dropped():
    method, batch = begun(stage=3)
    method.step_networks(batch, method.networks())
    assert method.w_optimiser.state
    importance = lambda: [b.project.weight.abs().sum((0, 2, 3)).diff().max() <= 0 for b in method.net.blocks]  # noqa: E731
    assert not any(importance())
    method.next_stage()
    assert all(importance()) and not method.w_optimiser.state


def test_trials_views_and_rates():
    method = Ofa(IMAGES.space, seed=2, **{**SHORT, "epochs": 12, "lr": 0.1, "shrink_lr": 0.3})
    rates, views = [], []
    for _, view in method.run(IMAGES):
        rates.append(method.w_optimiser.param_groups[0]["lr"])
        views.append(view)
    assert rates[0] == 0.1 and rates[2::2] == pytest.approx([0.03] * 5) and rates[1] == pytest.approx(0.05)
    assert [v.stage[:12] for v in views[::2]] == [f"stage {k} of 6" for k in range(1, 7)]
    assert max(len(v.scatter) for v in views) <= 1 + 2  # the largest network, and one for each look
    assert [np.sum(v.counts) for v in views[::2]] == [12, 36, 72, 120, 192, 288]  # paths × places


def test_a_stopped_search_goes_on_bit_for_bit(tmp_path):
    options = {**SHORT, "epochs": 7, "seed": 3}
    gone_on, whole = stopped_and_gone_on("ofa", IMAGES, tmp_path, (0, 1, 4), **options)
    assert gone_on == whole


def test_any_network_can_be_taken_out_by_a_method_that_asks_and_tells():
    task = nasbook.task("digits-supernet", task="digits-elastic", strategy="ofa", epochs=1, channels=2, batch=100)
    trace = nasbook.search("random", task, trials=3)
    assert all(t.status == "done" for t in trace.trials)


def test_a_predictor_of_accuracy_learns_from_some_of_its_networks_and_ranks_others():
    settings = {"epochs": 6, "channels": 4, "looks": 1}
    task = nasbook.task("digits-supernet", task="digits-elastic", strategy="ofa", **settings)
    predictor = nasbook.estimate.estimator("mlp-predictor", task, train=40)
    others = [task.space.sample(np.random.default_rng(seed)) for seed in range(30)]
    errors = [task.evaluate(config).value for config in others]
    assert kendalltau([predictor.evaluate(config).value for config in others], errors)[0] > 0.3
    trace = nasbook.search("regularized-evolution", predictor, trials=60, seed=0)
    assert task.evaluate(trace.best.config).value < np.median(errors)


def test_bad_input_is_one_sentence():
    for call, says in [
        (lambda: Ofa(cell_space()), "elastic depth, kernel and expansion, as in 'digits-elastic'"),
        (lambda: Ofa(Space(x=Float(0, 1))), "for another space use 'random'"),
        (lambda: Ofa(Space(expansion_1_1=Float(0, 1))), "for another space use 'random'"),
        (lambda: Ofa(IMAGES.space, distil=-1), "distil must be at least 0"),
        (lambda: Ofa(IMAGES.space, shrink_lr=0), "shrink_lr must lie in"),
    ]:
        with pytest.raises(ValueError, match=says) as caught:
            call()
        assert "\n" not in str(caught.value)
