"""Every proxy against another way to the same number: masks, finite differences, products of matrices, loops."""

import copy
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from nasbook.estimate.zero_cost import PROXIES, fisher, grad_norm, grasp, jacov, naswot, snip, synflow
from nasbook.nas.spaces.networks import CellNet, init_weights

CELLS = ("333333", "031322", "444124", "000100")


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.standard_normal((12, 1, 8, 8)).astype(np.float32))
    return x, torch.from_numpy(rng.integers(0, 10, 12))


def cell_net(key, seed=0, **options):
    net = CellNet(key, **options)
    init_weights(net, np.random.default_rng(seed))
    return net


def layers(net):
    return [m for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]


@pytest.mark.parametrize("key", CELLS)
def test_snip_is_the_derivative_by_a_mask_on_every_weight(key, batch):
    """Lee et al.: give each weight a factor c = 1 and sum |∂L/∂c|."""
    net, (x, y) = cell_net(key), batch
    masks = {name: torch.ones_like(p, requires_grad=True) for name, p in net.named_parameters() if p.dim() > 1}
    masked = {name: p * masks.get(name, 1.0) for name, p in net.named_parameters()}
    loss = F.cross_entropy(torch.func.functional_call(net, masked, (x,)), y)
    loss.backward()
    expected = sum(c.grad.abs().sum().item() for c in masks.values() if c.grad is not None)
    assert snip(cell_net(key), x, y) == pytest.approx(expected, rel=1e-4)


def test_grad_norm_adds_the_norms_of_the_layers(batch):
    net, (x, y) = cell_net("031322"), batch
    F.cross_entropy(net(x), y).backward()
    grads = [m.weight.grad.numpy().astype(float) for m in layers(net) if m.weight.grad is not None]
    assert len(grads) < len(layers(net))  # one convolution of this cell reads nothing
    expected = sum(math.sqrt((g**2).sum()) for g in grads)
    assert grad_norm(cell_net("031322"), x, y) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("key", CELLS)
def test_grasp_is_the_hessian_along_the_gradient_by_central_differences(key, batch):
    """−Σ w·(Hg), with Hg ≈ (∇L(w + εg) − ∇L(w − εg)) / 2ε, in double precision."""
    net, (x, y) = cell_net(key).double(), batch
    x = x.double()
    w = [m.weight for m in layers(net)]

    def gradient(model):
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        return [torch.zeros_like(m.weight) if m.weight.grad is None else m.weight.grad.clone() for m in layers(model)]

    g = gradient(net)
    eps, sides = 1e-6, []
    for sign in (1, -1):
        moved = copy.deepcopy(net)
        with torch.no_grad():
            for m, g_i in zip(layers(moved), g, strict=True):
                m.weight += sign * eps * g_i
        sides.append(gradient(moved))
    hg = [(up - down) / (2 * eps) for up, down in zip(*sides, strict=True)]
    expected = -sum((w_i * h_i).sum().item() for w_i, h_i in zip(w, hg, strict=True))
    assert grasp(net, x, y) == pytest.approx(expected, rel=1e-5, abs=1e-9)


def test_synflow_of_a_linear_chain_is_its_product_of_absolute_matrices():
    """R = 1ᵀ|W_3||W_2||W_1|1, and Σ over a layer of |w ∂R/∂w| is R itself: three layers give 3 R."""
    torch.manual_seed(0)
    net = nn.Sequential(*(nn.Linear(a, b, bias=False) for a, b in ((5, 7), (7, 4), (4, 3))))
    w1, w2, w3 = (m.weight.detach().double().abs().numpy() for m in net)
    r = (w3 @ w2 @ w1).sum()
    assert synflow(net, torch.randn(9, 5), torch.zeros(9, dtype=torch.long)) == pytest.approx(3 * r, rel=1e-12)


def test_synflow_reads_no_data_and_no_norms(batch):
    x, y = batch
    net = cell_net("031322")
    score = synflow(net, x, y)
    assert synflow(net, 100 * torch.randn_like(x)[:3], y[:3]) == score
    with torch.no_grad():
        for m in net.modules():
            if isinstance(m, nn.BatchNorm2d):
                m.weight.mul_(7)
                m.bias.add_(1)
    assert synflow(net, x, y) == score
    # every path from the input to the outputs is worth the product of its |weights|: twice the stem, twice the flow
    # through it; the sum over each layer is the flow through that layer
    with torch.no_grad():
        net.stem[0].weight.mul_(-2)
    assert synflow(net, x, y) == pytest.approx(2 * score, rel=1e-9)


@pytest.mark.parametrize("key", CELLS[:3])
def test_fisher_by_a_loop_over_images_and_channels(key, batch):
    net, (x, y) = cell_net(key), batch
    outputs = []

    def keep(module, inputs, out):
        out.retain_grad()
        outputs.append(out)

    hooks = [m.register_forward_hook(keep) for m in layers(net)]
    F.cross_entropy(net(x), y).mul(len(x)).backward()
    for hook in hooks:
        hook.remove()
    expected = 0.0
    for out in outputs:
        a, g = out.detach().numpy().astype(float), out.grad.numpy().astype(float)
        for channel in range(a.shape[1]):
            expected += sum((a[n, channel] * g[n, channel]).sum() ** 2 for n in range(len(x))) / len(x) / 2
    assert fisher(cell_net(key), x, y) == pytest.approx(expected, rel=1e-4)


def test_fisher_of_a_linear_layer_is_known(batch):
    """One layer z = Wx: ∂L_n/∂z = softmax(z_n) − onehot(y_n)."""
    torch.manual_seed(0)
    net, x, y = nn.Linear(4, 3, bias=False), torch.randn(6, 4), torch.tensor([0, 1, 2, 0, 1, 2])
    z = net(x).detach()
    g = z.softmax(1) - F.one_hot(y, 3)
    assert fisher(net, x, y) == pytest.approx(0.5 * (z * g).square().mean(0).sum().item(), rel=1e-5)


def test_jacov_by_hand(batch):
    """Rows of gradients, one image at a time (a network without norms), correlated and summed with plain NumPy."""
    torch.manual_seed(0)
    net, (x, y) = nn.Sequential(nn.Flatten(), nn.Linear(64, 30), nn.ReLU(), nn.Linear(30, 10)), batch
    rows = []
    for image in x:
        one = image[None].clone().requires_grad_()
        net(one).sum().backward()
        rows.append(one.grad.numpy().ravel().astype(float))
    rows = [(r - r.mean()) / np.sqrt(((r - r.mean()) ** 2).sum()) for r in rows]
    correlations = np.array([[a @ b for b in rows] for a in rows])
    values = np.linalg.eig(correlations)[0].real
    assert jacov(net, x, y) == pytest.approx(-np.sum(np.log(values + 1e-5) + 1 / (values + 1e-5)), rel=1e-4)


def test_naswot_counts_agreeing_relus():
    """K_mn = number of ReLUs with the same state on images m and n."""
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 12), nn.ReLU(), nn.Linear(12, 3))
    x = torch.randn(7, 5)
    first = net[0](x) > 0
    second = net[2](net[1](net[0](x))) > 0
    codes = [[*map(bool, a), *map(bool, b)] for a, b in zip(first, second, strict=True)]
    k = [[sum(p == q for p, q in zip(a, b, strict=True)) for b in codes] for a in codes]
    expected = np.linalg.slogdet(np.array(k, float))[1]
    assert naswot(net, x, torch.zeros(7)) == pytest.approx(expected, rel=1e-9)


def test_naswot_sees_relus_that_are_functions():
    class Functional(nn.Module):
        def __init__(self, net):
            super().__init__()
            self.a, self.b = net[0], net[2]

        def forward(self, x):
            return self.b(F.relu(self.a(x)))

    torch.manual_seed(0)
    net, x = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 3)), torch.randn(6, 5)
    assert naswot(Functional(net), x, None) == naswot(net, x, None)


@pytest.mark.parametrize("name", PROXIES)
def test_a_proxy_leaves_the_network_as_it_was_and_repeats_itself(name, batch):
    x, y = batch
    net = cell_net("031322")
    net.train()
    net.stem.eval()  # one part in another mode
    net.head.weight.requires_grad_(False)
    net(x).sum().backward()  # gradients and running statistics that belong to the caller
    before = {k: v.clone() for k, v in net.state_dict().items()}
    grads = {k: None if p.grad is None else p.grad.clone() for k, p in net.named_parameters()}
    modes = [m.training for m in net.modules()]
    kept, labels = x.clone(), y.clone()
    first, second = PROXIES[name](net, x, y), PROXIES[name](net, x, y)
    assert first == second and isinstance(first, float) and math.isfinite(first)
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
    for k, p in net.named_parameters():
        assert (p.grad is None) == (grads[k] is None) and (p.grad is None or torch.equal(p.grad, grads[k]))
    assert modes == [m.training for m in net.modules()] and not net.head.weight.requires_grad
    assert torch.equal(x, kept) and torch.equal(y, labels) and not x.requires_grad
    assert not any(m._forward_hooks for m in net.modules())


@pytest.mark.parametrize("name", PROXIES)
def test_dropout_does_not_draw(name, batch):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 20), nn.ReLU(), nn.Dropout(0.5), nn.Linear(20, 10))
    assert PROXIES[name](net, *batch) == PROXIES[name](net, *batch)


def test_more_of_everything_scores_more(batch):
    """A cell of six 3×3 convolutions against one that only pools."""
    x, y = batch
    for name in ("parameters", "flops", "grad_norm", "snip", "synflow", "naswot"):
        assert PROXIES[name](cell_net("333333"), x, y) > PROXIES[name](cell_net("000400"), x, y), name


def test_a_network_that_ignores_its_input_comes_last(batch):
    x, y = batch
    dead = cell_net("000000")
    for name in ("grad_norm", "snip", "synflow", "fisher"):
        assert PROXIES[name](dead, x, y) == 0, name
    assert naswot(dead, x, y) == jacov(dead, x, y) == -math.inf


def test_wrong_inputs_are_refused(batch):
    x, y = batch
    with pytest.raises(ValueError, match="this network has none"):
        naswot(nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.Tanh()), x, y)
    with pytest.raises(ValueError, match=r"must be real numbers, not torch\.int64"):
        jacov(nn.Embedding(5, 3), torch.zeros(4, 2, dtype=torch.long), y)
