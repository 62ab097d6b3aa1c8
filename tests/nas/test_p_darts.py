"""P-DARTS: what a stage keeps, what becomes of the rest, the dropout of skips, and the limit on them."""

import math

import numpy as np
import pytest
import torch
from nas.mixture_cases import SHORT
from nas.pictures import Pictures, history

import nasbook
from nasbook.nas.p_darts import Dropped, PDarts
from nasbook.nas.spaces.nb201.cell import cell_space

STAGES = {**SHORT, "epochs": 6, "warmup": 0}


def begun(**settings):
    method = PDarts(cell_space(), seed=1, **{**STAGES, **settings})
    train, val = method.start(Pictures())
    method.alpha, method.alpha_optimiser = method.begin()
    method.net.train()
    return method, train, val


def table(seed=0):
    return torch.randn(6, 5, generator=torch.Generator().manual_seed(seed))


def test_a_stage_keeps_exactly_the_strongest():
    method, *_ = begun()
    alpha = table()
    method.alpha.detach().copy_(alpha)
    method.next_stage()
    assert [set(np.flatnonzero(row)) for row in method.alive] == [set(row.argsort()[-3:].tolist()) for row in alpha]
    before, alpha = method.alive.clone(), table(1)
    method.alpha.detach().copy_(alpha)
    method.next_stage()
    for p, row in enumerate(method.alive):
        left = [op for op in alpha[p].argsort(descending=True).tolist() if before[p, op] and op != 0]
        assert set(np.flatnonzero(row)) == set(left[:2])  # of those that were left, and `none` goes first


def test_all_starts_anew_in_a_stage():
    method, train, val = begun()
    method.epoch(train, val, 0.025)
    weights, alpha = [p.detach().clone() for p in method.w], method.alpha.detach().clone()
    assert method.w_optimiser.state and method.alpha_optimiser.state
    method.next_stage()
    assert not method.w_optimiser.state and not method.alpha_optimiser.state
    convolutions = [(p, old) for p, old in zip(method.w, weights, strict=True) if p.dim() == 4]
    assert all((p != old).all() for p, old in convolutions) and (method.alpha != alpha).all()
    assert method.alpha.abs().max() < 0.01


def test_what_is_pruned_gets_no_gradient_and_does_not_move():
    method, train, val = begun()
    for stage in (1, 2):
        method.next_stage()
        before = {name: p.detach().clone() for name, p in method.net.named_parameters()}
        method.done_epochs = method.starts(stage)
        method.epoch(train, val, 0.025)
        seen = 0
        for p, (i, j) in enumerate(method.places.edges):
            for op, name in enumerate(method.places.ops):
                for cell in ("cell1", "cell2"):
                    at = f"{cell}.edges.{i}{j}.{name}.1.weight"
                    if at in before:
                        w = method.net.get_parameter(at)
                        assert (w.grad is not None) == bool(method.alive[p, op]) == (not torch.equal(w, before[at]))
                        seen += 1
        assert seen == 24
        batch = (train[0][:50], train[1][:50])
        (g,) = torch.autograd.grad(method.loss(method.w, method.alpha, batch), method.alpha)
        assert g[~method.alive].abs().max() == 0 < g[method.alive].abs().max()
        assert (method.believe()[~method.alive] == 0).all()
        torch.testing.assert_close(method.believe().sum(1), torch.ones(6))


@pytest.mark.parametrize("p", [0.1, 0.7])
def test_dropout_of_a_skip_keeps_its_mean(p):
    skip, x = Dropped(np.random.default_rng(0)), torch.full((200_000,), 3.0)
    skip.p = p
    out = skip(x)
    kept = out != 0
    assert torch.allclose(out[kept], torch.tensor(3 / (1 - p)))
    spread = 3 * math.sqrt(p / (1 - p) / len(x))
    assert float(out.mean()) == pytest.approx(3, abs=4 * spread) and float(kept.float().mean()) < 1 - p / 2
    assert torch.equal(skip.eval()(x), x)
    skip.p = 0.0
    assert torch.equal(skip.train()(x), x)


def test_the_rate_of_dropout_rises_by_stage_and_falls_within():
    method, train, val = begun(epochs=12, warmup=1, dropout=0.7, decay=0.5)
    rates = []
    for epoch in range(12):
        method.done_epochs = epoch
        method.epoch(train, val, 0.0)
        rates += [{m.p for m in method.net.modules() if isinstance(m, Dropped)}]
    assert all(len(r) == 1 for r in rates)
    falls = [1, 1, math.exp(-0.5), math.exp(-1)]
    assert [r.pop() for r in rates] == pytest.approx([s * f for s in (0.1, 0.4, 0.7) for f in falls])


def test_the_first_stage_without_dropout_is_darts():
    plain = history(nasbook.steps("darts", Pictures(), seed=3, lr_min=0.025, **SHORT))
    options = {**SHORT, "epochs": 9, "warmup": 0, "dropout": 0.0, "skips": 6, "lr_min": 0.025}
    first = history(nasbook.steps("p-darts", Pictures(), seed=3, **options))[:3]
    assert [(c, v, w.weights) for c, v, w in first] == [(c, v, w.weights) for c, v, w in plain]


def test_rates_begin_anew_in_each_stage():
    method, *_ = begun()
    rates = []
    for epoch, xi in enumerate(method.epochs()):
        rates.append(xi)
        method.done_epochs = epoch + 1
    assert len(rates) == 6 and rates[0] == 0.025 and rates[:2] * 3 == rates and rates[0] > rates[1]


@pytest.mark.parametrize("epochs", [1, 2, 4, 5])
def test_any_number_of_epochs(epochs):
    stages = [s.view.stage for s in nasbook.steps("p-darts", Pictures(), **{**STAGES, "epochs": epochs})]
    assert len(stages) == epochs and stages[-1].startswith(
        f"stage {min(epochs, 3)} of 3: {[5, 3, 2][min(epochs, 3) - 1]}"
    )


def test_the_weakest_skips_give_way():
    method, *_ = begun(skips=2)
    alpha = torch.tensor([[0.0, 2.0 + 0.1 * p, 0.0, 1.0, 0.5] for p in range(6)])
    assert method.derive(alpha) == (3, 3, 3, 3, 1, 1)
    assert begun(skips=0)[0].derive(alpha) == (3,) * 6
    assert begun(skips=6)[0].derive(alpha) == (1,) * 6


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"dropout": 1.0}, r"dropout must lie in \[0, 0.99\]"),
        ({"decay": -1}, "decay must be at least 0"),
        ({"skips": 1.5}, "skips must be a whole number"),
    ],
)
def test_settings_are_checked(settings, says):
    with pytest.raises(ValueError, match=says):
        PDarts(cell_space(), **settings)
