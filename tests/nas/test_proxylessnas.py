"""ProxylessNAS: the gradient of binary gates, what a step leaves alone, its two losses, and stopping and going on."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from nas.pictures import Pictures, stopped_and_gone_on
from scipy.stats import chisquare

import nasbook
from nasbook.kit.start import init_weights
from nasbook.nas.proxylessnas import ProxylessNAS, two
from nasbook.nas.spaces.nb201.cell import cell_space
from nasbook.testing import check_method

SHORT = {"epochs": 4, "channels": 2, "batch": 50, "warm_up": 2, "every": 1, "device": "cpu"}


def begun(beta1=0.0, decay=0.0, spread=1.0, **settings):
    """In float64, with α spread out, and an optimiser of the method's own kind unless told otherwise."""
    method = ProxylessNAS(cell_space(), **{**SHORT, **settings})
    run = method.run(Pictures())
    next(run)  # in the warm-up: nothing has moved α
    method.net.double().train()
    rate, (before, second) = (method.alpha_optimiser.param_groups[0][k] for k in ("lr", "betas"))
    assert before == 0 and method.alpha_optimiser.param_groups[0]["weight_decay"] == 0
    start = spread * torch.randn(6, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    method.alpha = start.requires_grad_()
    method.alpha_optimiser = torch.optim.Adam([method.alpha], rate, betas=(beta1, second), weight_decay=decay)
    x, y = method.images[1]
    return method, (x[:50].double(), y[:50])


def probabilities(method):
    return torch.softmax(method.alpha.detach(), 1)


def outside(pair):
    return torch.ones(6, 5, dtype=torch.bool).scatter(1, pair, False)


def moves(steps=6, **options):
    """How far the probabilities of what was not drawn move in a step, at most."""
    method, batch = begun(**options)
    worst = 0.0
    for _ in range(steps):
        pair, before = method.pair(), probabilities(method)
        method.step_pair(batch, pair)
        moved = (probabilities(method) - before).abs()
        worst = max(worst, float(moved[outside(pair)].max()))
        assert moved[~outside(pair)].max() > 1e-4
    return worst


@pytest.mark.parametrize("settings", [{}, {"price": 3.0}, {"objective": "multiply"}])
def test_what_was_not_drawn_keeps_its_probability(settings):
    assert moves(**settings) < 1e-12


@pytest.mark.parametrize("options", [{"beta1": 0.5}, {"beta1": 0.9}, {"decay": 1e-3}])
def test_an_optimiser_that_remembers_or_decays_would_move_it(options):
    assert moves(**options) > 1e-4


@pytest.mark.parametrize("settings", [{"price": 0.0}, {"price": 0.7}, {"objective": "multiply", "power": 1.5}])
def test_the_gradient_is_that_of_the_gates(settings):
    """∂L/∂α_i = Σ_j ∂L/∂g_j q_j (δ_ij − q_i), where L also depends on E[LAT] = … + (p_a + p_b) Σ_j q_j t_j."""
    method, batch = begun(**settings)
    p, pair, state = probabilities(method), method.pair(), method.rng.bit_generator.state
    alpha = method.alpha.detach().clone()
    method.step_pair(batch, pair)
    found = method.alpha.grad

    method.rng.bit_generator.state = state
    q = torch.softmax(alpha.gather(1, pair), 1)
    second = torch.from_numpy(method.rng.random(6) >= q[:, 0].numpy()).long()
    rows = torch.arange(6)
    active, other = pair[rows, second], pair[rows, 1 - second]
    g = torch.zeros(6, 5, dtype=torch.float64)
    g[rows, active] = 1
    g.requires_grad_()
    ce = method.look(method.w, two(g, tuple(active.tolist()), tuple(other.tolist())), batch)
    latency = method.latency(p).detach().requires_grad_()
    dg, dE = torch.autograd.grad(method.charged(ce, latency), (g, latency), allow_unused=True)
    t, mass = method.latency.times[pair], p.gather(1, pair).sum(1, keepdim=True)
    dq = dg.gather(1, pair) + dE * mass * t
    expected = torch.zeros_like(p).scatter(1, pair, q * (dq - (q * dq).sum(1, keepdim=True)))
    torch.testing.assert_close(found, expected, atol=1e-13, rtol=1e-9)
    assert found.abs().max() > 1e-4 and (found[outside(pair)] == 0).all()


def test_gate_gradients_are_inner_products():
    """∂L/∂g_j = ⟨∂L/∂y, o_j(x)⟩, for the active operation and for the one that has no graph."""
    net = ProxylessNAS(cell_space(), **SHORT).places.net(3, 2, 1)
    init_weights(net, np.random.default_rng(0))
    place = net.double().cell1.edges["01"]
    x = torch.randn(4, 3, 6, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    g = torch.tensor([0.0, 0.0, 1.0, 0.0, 0.0], dtype=torch.float64).requires_grad_()
    y = sum(place(x, two(g[None], (2,), (3,))[0]))
    L = F.mse_loss(torch.tanh(y), torch.ones_like(y))
    dg, dy = torch.autograd.grad(L, (g, y))
    for op in (2, 3):
        torch.testing.assert_close(dg[op], (dy * place[place.names[op]](x)).sum(), atol=1e-12, rtol=0)
    w = place[place.names[3]][1].weight
    assert torch.autograd.grad(sum(place(x, two(g[None], (2,), (3,))[0])).sum(), w, allow_unused=True)[0] is None


def test_a_step_of_alpha_leaves_the_net_alone():
    method, batch = begun()
    before = {name: value.clone() for name, value in method.net.state_dict().items()}
    for p in method.w:
        p.grad = None
    method.step_pair(batch, method.pair())
    assert all(torch.equal(value, before[name]) for name, value in method.net.state_dict().items())
    assert all(p.grad is None for p in method.w)


def test_a_weight_step_leaves_alpha_and_what_is_off_the_path_alone():
    method, batch = begun()
    method.step_paths(batch, [(3,) * 6])
    before, alpha = {k: v.clone() for k, v in method.net.state_dict().items()}, method.alpha.detach().clone()
    method.step_paths(batch, [(3, 2, 1, 4, 0, 3)])
    moved = {".".join(k.split(".")[:4]) for k, v in method.net.state_dict().items() if not torch.equal(v, before[k])}
    on = ("01.conv3x3", "02.conv1x1", "23.conv3x3")
    assert {k for k in moved if k.startswith("cell")} == {f"cell{c}.edges.{at}" for c in (1, 2) for at in on}
    assert torch.equal(method.alpha, alpha)


def test_two_are_drawn_without_replacement():
    """The first two of a draw: P(a, then b) = p_a p_b / (1 − p_a)."""
    method, _ = begun()
    alpha = torch.tensor([1.0, 0.0, -1.0, 0.5, -0.5], dtype=torch.float64)
    n = 40_000
    method.alpha, method.places.allowed = alpha.expand(n, 5).contiguous(), np.ones((n, 5), bool)
    drawn = np.bincount((method.pair() @ torch.tensor([5, 1])).numpy(), minlength=25)
    p = torch.softmax(alpha, 0).numpy()
    likely = np.array([[0 if a == b else p[a] * p[b] / (1 - p[a]) for b in range(5)] for a in range(5)]).ravel()
    assert drawn[likely == 0].sum() == 0
    assert chisquare(drawn[likely > 0], n * likely[likely > 0]).pvalue > 0.01


def test_views(tmp_path):
    steps = list(nasbook.steps("proxylessnas", Pictures(), seed=1, out=tmp_path / "t.jsonl", **SHORT))
    views = [s.view for s in steps]
    assert [v.stage for v in views] == ["warm-up", "warm-up", "search", "search"]
    assert views[0].weights == views[1].weights != views[2].weights != views[3].weights
    assert [np.array(v.counts).sum(1).tolist() for v in views] == [[2 * n] * 6 for n in (1, 2, 3, 4)]
    for view in views:
        p = np.array(view.weights)
        assert view.expected_cost == pytest.approx(69.8 + (p @ [0.0, 6.9, 41.0, 49.7, 15.8]).sum(), rel=1e-5)
        assert view.temperature is None
    assert [s.view for s in nasbook.replay(nasbook.Trace.load(tmp_path / "t.jsonl"))] == views


def test_the_price_of_latency_moves_the_choice():
    found = []
    for price in (0.0, 5.0):
        options = {"epochs": 8, "warm_up": 2, "channels": 2, "every": 1, "price": price}
        *_, last = nasbook.steps("proxylessnas", "digits-cells", seed=0, **options)
        found.append(last.view.expected_cost)
    assert found[1] < found[0] - 20


def test_below_one_the_logarithms_turn_round():
    """Why they are refused: with all latencies below 1, the faster network costs more."""
    method = ProxylessNAS(cell_space(), objective="multiply")
    method.reference = 0.2
    fast, slow = (method.charged(torch.tensor(1.0), torch.tensor(t)).item() for t in (0.1, 0.3))
    assert (fast, slow) == (pytest.approx(1.113, abs=1e-3), pytest.approx(0.917, abs=1e-3))
    method.reference = 200.0
    fast, slow = (method.charged(torch.tensor(1.0), torch.tensor(t)).item() for t in (100.0, 300.0))
    assert fast < 1 < slow


def test_a_stopped_search_goes_on_bit_for_bit(tmp_path):
    stops = (1, 2)  # in the warm-up, and in the search
    gone_on, whole = stopped_and_gone_on("proxylessnas", Pictures(), tmp_path, stops, seed=3, **SHORT)
    assert gone_on == whole


def test_it_keeps_what_a_search_relies_on():
    check_method("proxylessnas", task=Pictures(), settings={**SHORT, "latencies": (70, 0, 7, 41, 50, 16)})


def test_divergence_ends_the_search_and_is_told():
    options = {**SHORT, "epochs": 6, "lr": 1e30, "clip": 1e30, "lr_min": 0.0}
    steps = list(nasbook.steps("proxylessnas", Pictures(), **options))
    assert len(steps) < 6 and steps[-1].trial.status == "failed" and "diverged" in steps[-1].trial.reason


def test_a_rate_of_alpha_beyond_all_reason_raises_nothing():
    steps = list(nasbook.steps("proxylessnas", Pictures(), **{**SHORT, "alpha_lr": 1e38, "warm_up": 0}))
    assert {s.trial.status for s in steps} <= {"done", "failed"}


def test_latencies_of_which_none_takes_any_time_are_refused():
    with pytest.raises(ValueError, match="no operation takes any time"):
        nasbook.method("proxylessnas", cell_space(), latencies=(0.0,) * 6)
