"""Network morphisms: another architecture, the same function. A trained network goes on learning with more in it.

    deepen   h = ReLU(BN(I ∗ h))              wherever h ≥ 0; I is the kernel with a 1 in its middle
    branch   h ≈ h + ReLU(BN(V ∗ h))          V is drawn at random, and BN gives 10⁻⁶
    widen    W h = Σ_j s_j W_g(j) h_g(j)      copy j is of channel g(j) and has the share s_j; Σ_{g(j)=i} s_j = 1
    enlarge  V ∗ h = [0 V 0] ∗ h              a larger kernel with zeros around the old one

Batch norm must pass on what it gets. So a new one has γ = √(σ² + ε) and β = μ, the mean μ and the variance σ² of h over
the training images. Then γ (h − μ) / √(σ² + ε) + β = h exactly with running statistics, and nearly with a batch's own.

Two copies of a channel with equal shares would learn the same and stay copies. Net2Net adds noise, which changes the
function a little; here each reader draws its shares between the copies at random, which keeps the function.
A branch that gives 0 would never learn, because a ReLU at 0 has no gradient. So it begins with γ = 0 and β = 10⁻⁶, and
the function changes by about that much.

Where a skip has the input as it is and a width changes, the skip becomes a 1×1 convolution that begins as the identity.

Papers: Chen, Goodfellow & Shlens, Net2Net, ICLR 2016; Wei et al., Network Morphism, ICML 2016; Elsken, Metzen & Hutter,
Simple and Efficient Architecture Search for Convolutional Neural Networks, 2017. Read first: `apply`. Which changes
a chain allows is in chain_growth.py. Left out: joining branches by concatenation, smaller networks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasbook.kit.start import init_weights
from nasbook.nas.parts.chain_growth import Chain, Growth, grow, growths
from nasbook.space import Config

if TYPE_CHECKING:
    from nasbook.nas.spaces.conv_chain import ConvChain
    from nasbook.nas.spaces.program import Program

SPARK = 1e-6  # what a new branch adds at first


@torch.no_grad()
def apply(
    spaces: ConvChain, config: Config, net: Program, m: Growth, x: Tensor, rng: np.random.Generator
) -> tuple[Config, Program]:
    """The changed configuration, and a new network of it that computes what `net` does; `net` stays as it is.

    x: training images (n, *shape), over which the statistics of new batch norms are taken. ValueError for a change that
    is not among `growths(spaces, config)`."""
    if m not in growths(spaces, config):
        raise ValueError(f"this chain cannot {m.kind} at layer {m.layer} to {m.to} and compute the same: {config}")
    new = grow(spaces, config, m)
    child = spaces.build(new).to(x.device)
    init_weights(child, rng)
    norms = [m for m in (*net.modules(), *child.modules()) if isinstance(m, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = norms[0].momentum
    chain, h = Chain(spaces, config), _features(net, x)
    for line in net.lines:
        if line.layer is not None:
            _inherit(_layer(net, line.name), _layer(child, _renamed(line.name, m)))
    if m.kind == "deepen":
        conv, norm, _ = _layer(child, f"conv{m.layer + 1}")
        conv.weight.copy_(_padded(_eye(chain.c[m.layer]), m.to))
        _fill(norm, _identity(h[chain.output(m.layer)]))
    elif m.kind == "branch":
        norm = _layer(child, f"conv{m.layer + 1}")[1]
        norm.weight.zero_()
        norm.bias.fill_(SPARK)
    elif m.kind == "enlarge":
        name = f"conv{m.layer}"
        _layer(child, name)[0].weight.copy_(_padded(_layer(net, name)[0].weight, m.to))
    else:
        _widen(chain, net, child, m, h, rng)
    return new, child


def _widen(
    chain: Chain, net: Program, child: Program, m: Growth, h: dict[str, Tensor], rng: np.random.Generator
) -> None:
    """Copy channels of layer i, and share between the copies the weights of layer j, which reads them."""
    i, j, c = m.layer, chain.reader(m.layer), chain.c[m.layer]
    g = torch.from_numpy(np.concatenate([np.arange(c), rng.integers(c, size=m.to - c)])).to(h["x"].device)

    def before(name: str, layer: int) -> tuple[Tensor, list[Tensor]]:  # weight and norm; of a plain skip, the identity
        if hasattr(net, name):
            old = _layer(net, name)
            return old[0].weight, _tensors(old[1])
        return _eye(c).to(g.device), _identity(h[chain.output(layer - 1)])

    for part in ("conv", "project"):
        if hasattr(child, f"{part}{i}"):
            weight, norm = before(f"{part}{i}", i)
            _layer(child, f"{part}{i}")[0].weight.copy_(weight[g])
            _fill(_layer(child, f"{part}{i}")[1], [t[g] for t in norm])
        if hasattr(child, f"{part}{j}"):
            weight, norm = before(f"{part}{j}", j or 0)
            _layer(child, f"{part}{j}")[0].weight.copy_(_shared(weight, g, rng))
            _fill(_layer(child, f"{part}{j}")[1], norm)
    if j is None:
        _layer(child, "head").weight.copy_(_shared(_layer(net, "head").weight, g, rng))


def _shared(weight: Tensor, g: Tensor, rng: np.random.Generator) -> Tensor:
    """(o, i, …) -> (o, len(g), …): what read channel i reads its copies, in shares that sum to 1."""
    share = torch.from_numpy(rng.uniform(0.5, 1.5, (len(weight), len(g)))).float().to(weight.device)
    total = share.new_zeros(weight.shape[:2]).index_add_(1, g, share)
    share = share / total[:, g]
    return weight[:, g] * share.reshape(*share.shape, *[1] * (weight.ndim - 2))


def _padded(weight: Tensor, k: int) -> Tensor:
    """(o, i, k', k') -> (o, i, k, k), with zeros around."""
    return F.pad(weight, [(k - weight.shape[-1]) // 2] * 4)


def _eye(c: int) -> Tensor:
    """The 1×1 convolution that does nothing, (c, c, 1, 1)."""
    return torch.eye(c)[:, :, None, None]


def _identity(h: Tensor) -> list[Tensor]:
    """γ, β, μ, σ² of the batch norm that passes on features like these, (n, c, height, width)."""
    mean, var = h.mean((0, 2, 3)), h.var((0, 2, 3), correction=0)
    return [(var + nn.BatchNorm2d(1).eps).sqrt(), mean, mean, var]


def _tensors(norm: nn.Module) -> list[Tensor]:
    return [norm.weight, norm.bias, norm.running_mean, norm.running_var]  # type: ignore[list-item]


def _fill(norm: nn.Module, tensors: list[Tensor]) -> None:
    for ours, value in zip(_tensors(norm), tensors, strict=True):
        ours.copy_(value)


def _features(net: Program, x: Tensor) -> dict[str, Tensor]:
    """What every line of the network gives for these images, with running statistics."""
    mode = net.training
    h = net.eval().values(x)
    net.train(mode)
    return h


def _layer(net: Program, name: str) -> Any:
    return getattr(net, name)


def _inherit(old: nn.Module, new: nn.Module) -> None:
    """Copy every tensor that has kept its shape."""
    known = new.state_dict()
    for name, value in old.state_dict().items():
        if known[name].shape == value.shape:
            known[name].copy_(value)


def _renamed(name: str, m: Growth) -> str:
    """The name of a layer once a new one stands before it."""
    part = name.rstrip("0123456789")
    i = int(name[len(part) :] or 0)
    return f"{part}{i + 1}" if m.adds_layer and i > m.layer else name
