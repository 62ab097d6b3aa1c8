"""DARTS: its gradient against central differences and autograd, its bookkeeping, and stopping and going on."""

import itertools
import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from nas.pictures import Pictures, history, stopped_and_gone_on
from torch.func import functional_call

import nasbook
from nasbook import Float, Space
from nasbook.kit.start import splits_of
from nasbook.nas.darts import Darts, DartsView, architecture_gradient
from nasbook.nas.spaces.nb201.cell import EDGES, OPS, cell_space, to_cell
from nasbook.nas.spaces.networks import SuperNet, init_weights
from nasbook.tasks.cells import DigitsCells

SHORT = {"epochs": 3, "channels": 2, "batch": 100, "device": "cpu"}


# ---- the gradient of α -----------------------------------------------------------------------------------


def small_problem(seed=0):
    """A smooth net with mixed operations, in float64: L, w, α, train, val."""
    rng = torch.Generator().manual_seed(seed)
    draw = lambda *shape: torch.randn(*shape, generator=rng, dtype=torch.float64)  # noqa: E731
    w = [(0.7 * draw(5, 6)).requires_grad_(), (0.7 * draw(6, 6)).requires_grad_(), draw(6, 3).requires_grad_()]
    alpha = draw(2, 4).requires_grad_()
    train, val = ((draw(20, 5), torch.randint(0, 3, (20,), generator=rng)) for _ in range(2))

    def L(w, alpha, batch):
        x, y = batch
        for W, row in zip(w[:2], torch.softmax(alpha, 1), strict=True):
            h = x @ W
            x = row[0] * h + row[1] * torch.tanh(h) + row[2] * F.softplus(h) + row[3] * torch.sin(h)
        return F.cross_entropy(x @ w[2], y)

    return L, w, alpha, train, val


def central_differences(L, w, alpha, train, val, xi, moment, decay, h=1e-5):
    """d/dα of α ↦ L_val(w − ξ(moment + ∇_w L_train(w, α) + decay·w), α), one entry at a time."""

    def value(a):
        g = torch.autograd.grad(L(w, a, train), w)
        ahead = [p - xi * (m + dp + decay * p) for p, m, dp in zip(w, moment, g, strict=True)]
        return L(ahead, a, val).item()

    gradient = torch.zeros_like(alpha)
    for at in itertools.product(*map(range, alpha.shape)):
        step = torch.zeros_like(alpha)
        step[at] = h
        a = alpha.detach()
        gradient[at] = (value((a + step).requires_grad_()) - value((a - step).requires_grad_())) / (2 * h)
    return gradient


def error(a, b):
    return float((a - b).norm() / b.norm())


@pytest.mark.parametrize(("seed", "decay", "momentum"), [(0, 0.0, 0.0), (1, 0.0, 0.0), (2, 0.1, 0.9)])
def test_second_order_is_the_derivative_of_one_step_ahead(seed, decay, momentum):
    L, w, alpha, train, val = small_problem(seed)
    buffers = [torch.randn(p.shape, generator=torch.Generator().manual_seed(9), dtype=p.dtype) for p in w]
    moment, xi = [momentum * b for b in buffers], 0.3
    true = central_differences(L, w, alpha, train, val, xi, moment, decay)
    second = architecture_gradient(L, w, alpha, train, val, xi, moment, decay)
    first = architecture_gradient(L, w, alpha, train, val)
    assert error(second, true) < 1e-4
    assert error(first, true) > 0.03  # first order leaves a term out, and that shows


def test_no_moment_means_a_moment_of_zero():
    L, w, alpha, train, val = small_problem()
    zero = [torch.zeros_like(p) for p in w]
    assert torch.equal(*(architecture_gradient(L, w, alpha, train, val, 0.3, m, 0.1) for m in (None, zero)))


def test_first_order_is_the_gradient_of_the_validation_loss():
    L, w, alpha, train, val = small_problem()
    zero = [torch.zeros_like(p) for p in w]
    true = central_differences(L, w, alpha, train, val, 0.0, zero, 0.0)
    assert error(architecture_gradient(L, w, alpha, train, val), true) < 1e-6


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_on_the_supernet_itself_against_autograd(seed):
    """Autograd differentiates twice through the step ahead. ReLUs have kinks, so the finite difference must be short
    to agree; at the paper's length it crosses them and means something else."""
    net = SuperNet(channels=4, classes=3)
    init_weights(net, np.random.default_rng(seed))
    net.double()
    names, w = zip(*net.named_parameters(), strict=True)
    rng = np.random.default_rng(seed + 10)
    batch = lambda: (torch.from_numpy(rng.standard_normal((50, 1, 8, 8))), torch.from_numpy(rng.integers(0, 3, 50)))  # noqa: E731
    train, val = batch(), batch()
    alpha = torch.from_numpy(rng.standard_normal((6, 5))).requires_grad_()

    def L(w, alpha, batch):
        logits = functional_call(net, dict(zip(names, w, strict=True)), (batch[0], torch.softmax(alpha, 1)))
        return F.cross_entropy(logits, batch[1])

    exact = exact_gradient(L, w, alpha, train, val, 0.1)
    assert error(architecture_gradient(L, w, alpha, train, val, 0.1, length=1e-6), exact) < 1e-6
    assert error(architecture_gradient(L, w, alpha, train, val), exact) > 0.05


def exact_gradient(L, w, alpha, train, val, xi=0.0, moment=None, decay=0.0):
    """The same gradient by differentiating twice."""
    moment = moment or [torch.zeros_like(p) for p in w]
    g = torch.autograd.grad(L(w, alpha, train), w, create_graph=True)
    ahead = [p - xi * (m + dp + decay * p) for p, m, dp in zip(w, moment, g, strict=True)]
    return torch.autograd.grad(L(ahead, alpha, val), alpha)[0]


def test_the_gradient_changes_nothing():
    L, w, alpha, train, val = small_problem()
    before = [p.detach().clone() for p in (*w, alpha)]
    architecture_gradient(L, w, alpha, train, val, 0.3)
    assert all(torch.equal(a, b) for a, b in zip(before, (*w, alpha), strict=True))
    assert all(p.grad is None for p in (*w, alpha))


# ---- the method around it --------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, 2])
def test_the_steps_of_one_epoch_written_out(order, monkeypatch):
    """By hand: α by Adam, looking ahead to where SGD with momentum and decay would really go; then w. The gradient is
    the exact one in both, so that only the bookkeeping is compared (Adam turns the smallest gradient into a full
    step)."""
    monkeypatch.setattr("nasbook.nas.darts.architecture_gradient", exact_gradient)
    method = Darts(cell_space(), seed=5, order=order, **SHORT)
    method.net = SuperNet(2, 3)
    init_weights(method.net, method.rng)
    method.w = list(method.net.parameters())
    method.w_optimiser = torch.optim.SGD(method.w, 0.025, momentum=0.9, weight_decay=3e-4)
    method.alpha, method.alpha_optimiser = method.begin()
    assert 3e-4 < method.alpha.std().item() < 3e-3  # 1e-3 · randn
    train, val = splits_of(Pictures(200), "darts", 100)
    w, L = [p.detach().clone().requires_grad_() for p in method.w], method.loss
    alpha = method.alpha.detach().clone().requires_grad_()
    rng = np.random.default_rng()
    rng.bit_generator.state = method.rng.bit_generator.state
    adam = torch.optim.Adam([alpha], 0.02, betas=(0.5, 0.999), weight_decay=1e-3)
    method.net.train()
    method.epoch(train, val, 0.025)

    orders = [torch.from_numpy(rng.permutation(200)) for _ in range(2)]  # validation first
    buffer = [torch.zeros_like(p) for p in w]
    for step in range(2):
        i = [order[100 * step :][:100] for order in orders]
        va, tr = (val[0][i[0]], val[1][i[0]]), (train[0][i[1]], train[1][i[1]])
        g = torch.autograd.grad(L(w, alpha, tr), w, create_graph=True)
        ahead = [p - 0.025 * (0.9 * b + dp + 3e-4 * p) for p, b, dp in zip(w, buffer, g, strict=True)]
        alpha.grad = torch.autograd.grad(L(ahead if order == 2 else w, alpha, va), alpha)[0]
        adam.step()
        g = torch.autograd.grad(L(w, alpha, tr), w)
        scale = min(1.0, 5 / float(torch.cat([dp.flatten() for dp in g]).norm()))
        buffer = [0.9 * b + scale * dp + 3e-4 * p.detach() for p, b, dp in zip(w, buffer, g, strict=True)]
        w = [(p.detach() - 0.025 * b).requires_grad_() for p, b in zip(w, buffer, strict=True)]
    torch.testing.assert_close(method.alpha, alpha, atol=1e-5, rtol=0)
    for a, b in zip(method.w, w, strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


def test_looking_does_not_touch_running_statistics():
    method = Darts(cell_space(), **SHORT)
    next(method.run(Pictures(200)))
    before = {k: v.clone() for k, v in method.net.state_dict().items()}
    method.net.train()
    batch = (torch.randn(10, 1, 8, 8), torch.zeros(10, dtype=torch.long))
    method.loss(method.w, method.alpha, batch)
    assert all(torch.equal(v, before[k]) for k, v in method.net.state_dict().items())


def test_derivation_by_hand():
    alpha = torch.tensor(
        [
            [9.0, 1.0, 0.0, 0.0, 0.0],  # none is never kept: skip
            [0.0, 0.1, 0.2, 0.3, 0.4],
            [0.0, 0.1, 0.2, 0.4, 0.3],
            [-5.0, -4.0, -3.0, -3.5, -4.0],
            [0.0, 2.0, 1.0, 1.0, 1.0],
            [5.0, 0.0, 0.0, 0.0, 0.1],
        ]
    )
    names = [OPS[op] for op in Darts(cell_space(), **SHORT).derive(alpha)]
    assert names == ["skip", "avgpool", "conv3x3", "conv1x1", "skip", "avgpool"]


def test_trials_and_views_agree():
    steps = list(nasbook.steps("darts", Pictures(200), seed=1, order=2, **SHORT))
    assert [s.trial.id for s in steps] == [0, 1, 2]
    for epoch, step in enumerate(steps, 1):
        view, trial = step.view, step.trial
        assert (view.epoch, view.epochs, view.ops, view.edges) == (epoch, 3, OPS, EDGES)
        np.testing.assert_allclose(np.sum(view.weights, axis=1), 1, rtol=1e-5)
        best = np.array(view.weights)[:, 1:].argmax(1) + 1
        assert to_cell(trial.config) == tuple(best) == to_cell(view.cell)
        assert trial.value == pytest.approx(1 - view.val_accuracy) and view.skips == view.cell.count("skip")
        assert trial.metrics == {
            "accuracy": view.val_accuracy,
            "val_loss": view.val_loss,
            "train_loss": view.train_loss,
            "skips": view.skips,
        }
        assert trial.cost > 0
        assert DartsView.from_dict(json.loads(json.dumps(view.to_dict()))) == view


def test_it_learns_digits_and_moves_alpha():
    steps = list(nasbook.steps("darts", "digits-cells", seed=0, epochs=8, batch=30, channels=4, lr=0.1, device="cpu"))
    assert steps[0].trial.value > 0.5 > 0.4 > steps[-1].trial.value
    start, end = (np.array(s.view.weights) for s in (steps[0], steps[-1]))
    assert start.max() < 0.3 < end.max()


@pytest.mark.parametrize("shape", [(8, 8), (1, 8, 8), (3, 6, 10)])
def test_any_images(shape):
    trace = nasbook.search("darts", Pictures(200, shape, classes=4), **{**SHORT, "epochs": 1})
    assert trace.trials[0].status == "done"


# ---- the same seed, stopping, going on -------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, 2])
def test_a_stopped_search_goes_on_bit_for_bit(order, tmp_path):
    options = {**SHORT, "epochs": 5, "seed": 3, "order": order}
    gone_on, whole = stopped_and_gone_on("darts", Pictures(200), tmp_path, (1, 3), **options)
    assert gone_on == whole


def test_killed_between_the_trace_and_the_state(tmp_path):
    """The state is one epoch behind the trace: that epoch is trained again, and counted once."""
    options = {**SHORT, "epochs": 4, "seed": 3}
    whole = history(nasbook.steps("darts", Pictures(200), **options))
    file, state = tmp_path / "trace.jsonl", tmp_path / "trace.jsonl.state"
    going = nasbook.steps("darts", Pictures(200), out=file, **options)
    next(going)
    behind = state.read_bytes()
    next(going)
    going.close()
    state.write_bytes(behind)
    trace = nasbook.search("darts", Pictures(200), out=file, resume=True, **options)
    assert [t.id for t in trace.trials] == [0, 1, 2, 3]
    assert [(t.config, t.value) for t in trace.trials] == [h[:2] for h in whole]


def test_a_state_that_cannot_be_used(tmp_path):
    file = tmp_path / "state"
    method = Darts(cell_space(), seed=1, **SHORT)
    next(method.run(Pictures(200)))
    method.save(file)
    with pytest.raises(ValueError, match="state of another search"):
        Darts(cell_space(), seed=2, **SHORT).restore(file)
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(ValueError, match="cannot be read .* delete it"):
        Darts(cell_space(), seed=1, **SHORT).restore(file)


def test_seeds():
    a, b, c = (history(nasbook.steps("darts", Pictures(200), seed=s, **{**SHORT, "epochs": 1})) for s in (1, 1, 2))
    assert a == b and a[0][2].weights != c[0][2].weights


def test_the_callers_random_numbers_are_left_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    nasbook.search("darts", Pictures(200), **{**SHORT, "epochs": 1})
    assert torch.equal(torch.rand(3), expected)


def test_divergence_ends_the_search_and_is_told():
    steps = list(nasbook.steps("darts", Pictures(200), lr=1e30, clip=1e30, lr_min=0.0, **{**SHORT, "epochs": 5}))
    assert len(steps) < 5 and steps[-1].trial.status == "failed" and "diverged" in steps[-1].trial.reason
    assert steps[-1].trial.value is None


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"order": 3}, "order must be one of 1, 2"),
        ({"epochs": 0}, "epochs must be a whole number of at least 1"),
        ({"batch": 2.5}, "batch must be a whole number"),
        ({"lr": 0}, "lr must be above 0"),
        ({"lr": float("nan")}, "lr must be above 0, not nan"),
        ({"lr_min": 1.0}, "lr_min must not be above lr"),
        ({"momentum": 1.0}, "momentum must be below 1"),
        ({"alpha_lr": -1}, "alpha_lr must be above 0"),
        ({"alpha_weight_decay": "no"}, "alpha_weight_decay must be at least 0"),
        ({"device": "gpu"}, "device must be 'auto'"),
        ({"steps": 5}, "has no setting 'steps'"),
    ],
)
def test_settings_are_checked(settings, says):
    with pytest.raises(ValueError, match=says):
        Darts(cell_space(), **settings)


def test_what_it_cannot_search():
    with pytest.raises(ValueError, match="for another space use 'random'"):
        Darts(Space(x=Float(0, 1)))
    with pytest.raises(ValueError, match="nb201-cifar10 has none; use 'digits-cells'"):
        nasbook.search("darts", "nb201-cifar10", trials=1)
    with pytest.raises(ValueError, match="batch is 400, but digits-cells has 300 images in 'train'"):
        nasbook.search("darts", DigitsCells(), batch=400)
