"""AutoGAN: what the controller learns, what grows, what starts anew, and what is said where it cannot be."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from warm import Warm

import nasbook
from nasbook.nas.autogan import AutoGAN, Prefix
from nasbook.nas.parts.controller import Controller
from nasbook.nas.parts.gan_view import AutoGANView
from nasbook.nas.spaces.generator.decisions import cell_space, generator_space
from nasbook.tasks.gan import DigitsGAN
from nasbook.trace import Trace

SMALL = {"epochs": 4, "steps": 4, "ctrl_steps": 2, "images": 30, "candidates": 4, "top": 3, "repeats": 3, "channels": 4}


@pytest.fixture(scope="module")
def task():
    return DigitsGAN()


def begun(task, **settings):
    """A search whose first epoch has ended."""
    method = AutoGAN(task.space, seed=2, **{**SMALL, **settings})
    steps = method.run(task)
    next(steps)
    return method, steps


# ---- the controller --------------------------------------------------------------------------------------------


def test_a_controller_goes_on_from_the_state_of_another():
    controller = Controller(cell_space(2), seed=0)
    u = np.random.default_rng(0).random((6, 5))
    zeros = torch.zeros(6, 32, dtype=torch.float64)
    at_zero, plain = controller.sample(u, (zeros, zeros)), controller.sample(u)
    assert torch.equal(at_zero.log_p, plain.log_p) and torch.equal(at_zero.actions, plain.actions)
    other = controller.sample(u, plain.state)
    assert not torch.allclose(other.log_p, plain.log_p)
    again = controller.read(other.actions, plain.state)
    assert torch.allclose(again.log_p, other.log_p) and torch.allclose(again.state[0], other.state[0])


def test_a_stage_decides_its_own_cell_and_keeps_the_prefix(task):
    method, _ = begun(task)
    assert method.controller.names == list(cell_space(1).parameters)
    method.begin_stage(2, method.grow())
    assert method.controller.names == list(cell_space(2).parameters)
    kept = [p.config for p in method.prefixes]
    for _ in range(3):
        configs, drawn, state = method.draw(20, method.rng)
        assert drawn.actions.shape == (20, 5)
        for config in configs:
            assert generator_space(2).validate(config) == config
            assert {k: v for k, v in config.items() if k.endswith("_1")} in kept
        method.learn(drawn.actions, state, torch.arange(20.0, dtype=torch.float64))
        assert [p.config for p in method.prefixes] == kept
    assert {tuple(c[k] for k in c if k.endswith("_1")) for c in configs} == {tuple(c.values()) for c in kept}


def test_what_grows_is_the_best_of_the_candidates_each_once(task):
    method, _ = begun(task, candidates=30, top=3)
    method.reward = lambda config: (config["norm_1"] == "batch") + 0.1 * (config["up_1"] == "deconv")
    found = method.grow()
    scores = [method.reward(p.config) for p in found]
    assert scores == sorted(scores, reverse=True) and len({tuple(p.config.values()) for p in found}) == len(found) < 30
    for p in found:
        actions = method.controller.actions([p.config])
        h, c = method.controller.read(actions, tuple(torch.zeros(2, 1, 32, dtype=torch.float64))).state
        assert torch.allclose(p.h, h[0]) and torch.allclose(p.c, c[0])


def test_a_step_of_the_controller_is_the_gradient_of_the_mean(task):
    """Not of a (T, T) product: its length would be T times as large."""
    method, _ = begun(task, entropy=0.0)
    configs, drawn, state = method.draw(6, method.rng)
    method.b, R = 2.0, torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], dtype=torch.float64)
    weights = list(method.controller.parameters())
    expected = [torch.zeros_like(w) for w in weights]
    for i in range(6):
        one = method.controller.read(drawn.actions[i : i + 1], (state[0][i : i + 1], state[1][i : i + 1])).log_p[0]
        for e, d in zip(expected, torch.autograd.grad(one, weights, allow_unused=True), strict=True):
            e -= 0 if d is None else (R[i] - 2.0) * d / 6  # downhill
    method.learn(drawn.actions, state, R)
    for w, e in zip(weights, expected, strict=True):
        assert torch.allclose(torch.zeros_like(e) if w.grad is None else w.grad, e, atol=1e-12)
    assert method.b == pytest.approx(0.9 * 2.0 + 0.1 * 3.5)


def test_the_entropy_bonus_raises_the_entropy(task):
    after = {}
    for entropy in (0.0, 0.5):
        method, _ = begun(task, entropy=entropy, ctrl_lr=0.01)
        with torch.no_grad():
            method.controller.heads[1].bias.copy_(torch.tensor([2.0, 0.0, 0.0]))
        before = float(method.draw(200, np.random.default_rng(0))[1].entropy.mean())
        for _ in range(40):
            _, drawn, state = method.draw(4, method.rng)
            method.learn(drawn.actions, state, torch.ones(4, dtype=torch.float64))  # the reward knows nothing
        after[entropy] = float(method.draw(200, np.random.default_rng(0))[1].entropy.mean()) - before
    assert after[0.5] > 0.1 and after[0.5] > abs(after[0.0]) + 0.05


def test_controller_steps_leave_the_shared_weights_alone_and_shared_steps_the_controller(task):
    for settings, moved in (({"ctrl_steps": 1, "steps": 3}, True), ({"ctrl_steps": 3, "steps": 1}, False)):
        method, _ = begun(task, **settings)
        G = {k: v.clone() for k, v in method.gan.G.state_dict().items()}
        D = {k: v.clone() for k, v in method.gan.D.state_dict().items()}
        theta = [p.clone() for p in method.controller.parameters()]
        configs, drawn, state = method.draw(2, method.rng)
        if moved:
            method.gan.step_D(method.x[0][:8], method.lines(configs[0]), method.rng)
            method.gan.step_G(8, method.lines(configs[0]), method.rng)
            assert all(torch.equal(a, b) for a, b in zip(theta, method.controller.parameters(), strict=True))
            assert any(not torch.equal(v, G[k]) for k, v in method.gan.G.state_dict().items())
        else:
            R = torch.tensor([method.reward(c) for c in configs], dtype=torch.float64)
            method.learn(drawn.actions, state, R)
            for kept, net in ((G, method.gan.G), (D, method.gan.D)):
                assert all(torch.equal(v, kept[k]) for k, v in net.state_dict().items())
            assert any(not torch.equal(a, b) for a, b in zip(theta, method.controller.parameters(), strict=True))


def test_a_controller_with_a_clear_reward_finds_it(task):
    method, _ = begun(task, ctrl_lr=0.02, entropy=0.01, ctrl_steps=60, ctrl_batch=4)
    method.gan.images = lambda n, lines, rng: torch.zeros(1)
    method.task = type("Judge", (), {"predictions": staticmethod(lambda images: torch.full((1, 10), 0.1))})
    method.reward = lambda config: 3.0 * (config["norm_1"] == "instance")
    method.gan.step_D = method.gan.step_G = lambda *_: 1.0
    method.epoch()
    drawn = method.draw(200, np.random.default_rng(0))[0]
    assert np.mean([c["norm_1"] == "instance" for c in drawn]) > 0.8


# ---- the dynamic reset -----------------------------------------------------------------------------------------


def test_losses_that_stand_still_start_the_gan_anew_and_the_controller_stays(task):
    method, steps = begun(task, window=4, threshold=1e-3)
    assert method.resets == 0
    method.window = [[1.0, 1.0, 1.0, 1.0], [0.1, 0.5, 0.2, 0.9]]
    before, theta = method.gan, method.controller
    next(steps)
    assert method.resets == 1 and method.gan is not before and method.controller is theta
    method.window = [[1.0, 1.2, 0.7, 1.0], [0.1, 0.5, 0.2, 0.9]]
    before = method.gan
    _, view = next(steps)
    assert method.resets == view.resets == 1 and method.gan is before


def test_a_variance_of_just_the_threshold_does_not_stand_still(task):
    method, steps = begun(task, window=4, threshold=0.25)
    method.window = [[0.0, 1.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]]
    next(steps)
    assert method.resets == 0
    method.window = [[0.0, 1.0, 0.0, 1.0], [0.0, 0.9, 0.9, 0.0]]
    next(steps)
    assert method.resets == 1


def test_an_epoch_tells_the_mean_losses_and_sees_images_of_its_stage(task):
    method, _ = begun(task)
    seen, losses = [], iter(range(1, 100))
    method.gan.step_D = lambda x, a, rng: seen.append(x.shape[-1]) or float(next(losses))
    method.gan.step_G = lambda *_: 3.0
    (D, G), _ = method.epoch()
    assert (D, G) == (2.5, 3.0) and set(seen) == {method.x[0].shape[-1]} == {4}


def test_a_window_that_is_not_full_resets_nothing(task):
    method, steps = begun(task, window=100, threshold=1e9)
    next(steps)
    assert method.resets == 0


def test_an_epoch_is_told_and_stages_have_their_sizes(task):
    trace = nasbook.search("autogan", task, seed=1, views=True, **SMALL)
    assert [s.view.stage for s in trace] == [1, 1, 2, 2]
    assert [t.fidelity for t in trace.trials] == [4, 4, 8, 8] and trace.best.fidelity == 8
    for step in trace:
        v, t = step.view, step.trial
        assert t.status == "done" and t.value == pytest.approx(-v.score) and 1 <= v.score <= 10
        assert task.space.validate(t.config) == t.config and v.cell.items() <= t.config.items()
        assert len(v.scores) == 3 and v.error == pytest.approx(np.std(v.scores, ddof=1) / 3**0.5)
        assert len(v.rewards) == 2 and len(v.pictures) == 16 and min(map(min, v.pictures)) >= 0
        assert max(map(max, v.pictures)) <= 16 and v.side == (4 if v.stage == 1 else 8)
        assert all(sum(row) == pytest.approx(1) for row in v.probabilities)
    assert trace[0].view.prefixes == ({},) and 1 <= len(trace[2].view.prefixes) <= 3
    assert {tuple(p) for p in trace[2].view.prefixes} == {tuple(cell_space(1).parameters)}
    assert AutoGANView.from_dict(trace[3].view.to_dict()) == trace[3].view


def test_the_pictures_of_an_epoch_are_those_of_its_cell_in_seventeen_greys(task):
    method = AutoGAN(task.space, seed=2, **SMALL)
    trial, view = next(method.run(task))
    images = method.gan.images(16, method.lines(view.cell), np.random.default_rng(2))
    assert np.array_equal(view.pictures, np.rint(8 * (images.flatten(1).numpy() + 1))) and 0 < trial.cost < 60


def test_the_generator_learns_after_every_third_step_of_the_critic_and_the_window_keeps_the_last_losses(task):
    method, _ = begun(task, steps=6, critic=3, window=4)
    seen, losses = [], iter(range(1, 100))
    method.gan.step_D = lambda *_: seen.append("D") or float(next(losses))
    method.gan.step_G = lambda *_: seen.append("G") or 0.5
    method.window = [[9.0], [0.5, 0.5]]
    method.epoch()
    assert seen == ["D", "G", "D", "D"] * 2 and method.window == [[3.0, 4.0, 5.0, 6.0], [0.5] * 4]
    assert AutoGAN(generator_space(2), epochs=2).stages == 2  # an epoch for each is enough


def test_a_space_of_one_cell_is_one_stage(task):
    method = AutoGAN(generator_space(1), seed=0, **{**SMALL, "epochs": 1})
    [(trial, view)] = list(method.run(task))
    assert view.stages == view.stage == 1 and trial.config == view.cell


def test_a_loss_that_is_not_finite_fails_the_epoch_and_ends_the_search(task):
    method, steps = begun(task)
    method.gan.step_D = lambda *_: float("nan")
    trial, view = next(steps)
    assert trial.status == "failed" and "not finite" in trial.reason and view.d_loss is None
    with pytest.raises(StopIteration):
        next(steps)


def made(**settings):
    return lambda: nasbook.method("autogan", generator_space(2), **settings)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: nasbook.search("autogan", "digits-cells"), "generators of one to three cells, as in 'digits-gan'"),
        (made(epochs=1), "2 stages need as many epochs, not 1"),
        (made(top=6, candidates=5), "top must be at most candidates = 5"),
        (made(images=5), "images must be a whole number of at least 10"),
        (made(lr=0.0), r"lr must lie in \(0, 1\]"),
        (made(decay=1.5), "decay must lie in"),
        (made(entropy=-1), "entropy must be at least 0"),
        (made(channels=10**6), "channels must be at most 1,024"),
        (lambda: nasbook.search("autogan", len, space=generator_space(2)), "needs real images and a judge"),
        (lambda: nasbook.search("autogan", "digits-gan", space=generator_space(3)), "conv_3 is unknown"),
        (lambda: nasbook.search("autogan", "digits-gan", space=generator_space(1)), "conv_2 is missing"),
    ],
)
def test_what_cannot_be_is_one_sentence(make, says):
    with pytest.raises(ValueError, match=says) as caught:
        make()
    assert "\n" not in str(caught.value)


# ---- stopping and going on -------------------------------------------------------------------------------------


SCRIPT = """
import sys, nasbook
nasbook.search("autogan", "digits-gan", seed=3, out=sys.argv[1], resume=True, views=True, epochs=4, steps=4,
               ctrl_steps=2, images=30, candidates=4, top=3, repeats=3, channels=4, window=8, threshold=0.5)
"""


@pytest.mark.slow
def test_killed_by_the_system_it_ends_like_an_undisturbed_one(tmp_path):
    """SIGKILL after the first epochs, through the growing and a reset: views, images and scores to the last bit."""
    command = [sys.executable, "-c", SCRIPT]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    whole, killed = tmp_path / "whole.jsonl", tmp_path / "killed.jsonl"
    assert Warm([*command, str(whole)], env=environment).wait(300) == 0
    process = Warm([*command, str(killed)], env=environment)
    while process.poll() is None and not (tmp_path / "killed.jsonl.state").exists():  # before, it would begin anew
        time.sleep(0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    told = killed.read_bytes().count(b'"event": "tell"')
    assert 1 <= told < 4, "the test came too late to kill anything"
    subprocess.run([*command, str(killed)], env=environment, check=True, timeout=300)
    a, b = Trace.load(whole), Trace.load(killed)
    assert a.digest == b.digest and len(b) == 4
    assert [s.view for s in nasbook.replay(a)] == [s.view for s in nasbook.replay(b)]
    assert [t.metrics for t in a.trials] == [t.metrics for t in b.trials]
    assert list(nasbook.replay(b))[-1].view.resets >= 1


def test_prefixes_and_baseline_come_back(task, tmp_path):
    method, steps = begun(task)
    for _ in range(2):
        next(steps)
    method.save(tmp_path / "s")
    again = AutoGAN(task.space, seed=2, **SMALL)
    again.restore(tmp_path / "s")
    one, other = next(steps), next(again.run(task))
    assert one[1] == other[1] and again.b == method.b
    assert all(isinstance(p, Prefix) for p in again.prefixes)
