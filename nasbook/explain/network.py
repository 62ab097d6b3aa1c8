"""What does a network look at? Five maps of one image (…, H, W), each for the logit f of one class.

    saliency       |∂f/∂x|                                               where would a small change matter?
    smooth_grad    mean of |∂f/∂x| at x + noise                          the same with less noise of its own
    integrated     (x - b) ∫₀¹ ∂f/∂x(b + t (x - b)) dt                   shares of f(x) - f(b): they add up to it
    occlusion      f(x) - f(x with a patch of b), mean over the patches  what is lost when it cannot be seen?
    lime           the coefficients of a linear model of f over segments that are switched to b, near x

b, the baseline, is what counts as nothing: 0, the mean grey of standardised images. A network is any function of
images (n, …, H, W) that gives logits (n, classes); a module is asked as it stands after training, in eval mode, and
left in the mode it was in. A map says what the logit depends on, not why; two methods may disagree.

Papers: Simonyan, Vedaldi & Zisserman, Deep Inside Convolutional Networks, 2014; Smilkov et al., SmoothGrad, 2017;
Sundararajan, Taly & Yan, Axiomatic Attribution for Deep Networks, 2017; Zeiler & Fergus, Visualizing and Understanding
Convolutional Networks, 2014; Ribeiro, Singh & Guestrin, "Why Should I Trust You?", 2016 (LIME). Read first: `gradient`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from nasbook.kit.threads import one_thread
from nasbook.task import Task, TrainsToTheEnd

Network = Callable[[Tensor], Tensor]
CHUNK = 256  # images that are asked for at once


@one_thread()
def saliency(net: Network, x: Any, target: int | None = None) -> np.ndarray:
    """(H, W) the size of the gradient of a class's logit, the largest over the channels. target: by default the class
    that the network chooses."""
    x, target = asked(net, x, target)
    return _flat(gradient(net, x[None], target)[0].abs())


@one_thread()
def smooth_grad(
    net: Network, x: Any, target: int | None = None, noise: float = 0.15, draws: int = 32, seed: int = 0
) -> np.ndarray:
    """(H, W) the mean of the saliency over copies with normal noise of `noise` times the range of the image."""
    x, target = asked(net, x, target)
    rng = torch.Generator().manual_seed(seed)
    span = float(x.max() - x.min())
    copies = x + noise * span * torch.randn((draws, *x.shape), generator=rng, dtype=x.dtype).to(x.device)
    return _flat(gradient(net, copies, target).abs().mean(0))


@one_thread()
def integrated(net: Network, x: Any, target: int | None = None, baseline: Any = 0.0, steps: int = 64) -> np.ndarray:
    """(H, W) integrated gradients, summed over the channels, by the midpoint rule: their sum is f(x) - f(b), nearly."""
    x, target = asked(net, x, target)
    b = _baseline(x, baseline)
    t = (torch.arange(steps, dtype=x.dtype, device=x.device) + 0.5) / steps
    along = b + t.reshape(-1, *[1] * x.ndim) * (x - b)
    found = (x - b) * gradient(net, along, target).mean(0)
    return found.reshape(-1, *x.shape[-2:]).sum(0).cpu().numpy()


@one_thread()
def occlusion(net: Network, x: Any, target: int | None = None, size: int = 3, baseline: Any = 0.0) -> np.ndarray:
    """(H, W) how much the logit falls when a patch of size × size shows the baseline: at each pixel the mean over the
    patches that cover it. Below 0: without it the network is surer."""
    x, target = asked(net, x, target)
    H, W = x.shape[-2:]
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= min(H, W):
        raise ValueError(f"occlusion: size is a whole number from 1 to {min(H, W)}, not {size!r}")
    b = _baseline(x, baseline)
    corners = [(i, j) for i in range(H - size + 1) for j in range(W - size + 1)]
    hidden = torch.zeros((len(corners), H, W), dtype=torch.bool, device=x.device)
    for k, (i, j) in enumerate(corners):
        hidden[k, i : i + size, j : j + size] = True
    lost = logits(net, x[None])[0, target] - _hiding(net, x, b, hidden)[:, target]
    covers = hidden.to(lost.dtype)
    return ((covers * lost[:, None, None]).sum(0) / covers.sum(0)).cpu().numpy()


@dataclass(frozen=True, eq=False)
class Lime:
    """coefficients (S,), of the segments; image (H, W), the same at their pixels; fit: the R² of the linear model on
    the samples it was made from, weighted by their nearness: where it is low, the map says little."""

    coefficients: np.ndarray
    image: np.ndarray
    fit: float


@one_thread()
def lime(
    net: Network,
    x: Any,
    target: int | None = None,
    segments: Any = None,
    baseline: Any = 0.0,
    samples: int = 500,
    width: float = 0.25,
    ridge: float = 1e-6,
    seed: int = 0,
) -> Lime:
    """A linear model of the logit over segments that are there (1) or show the baseline (0).

    min over β of Σ_z π(z) (f(z) - β₀ - β·z)² + ridge |β|²,   π(z) = exp(-d(z)² / width²),   d = 1 - cosine(z, all 1)

    segments (H, W): whole numbers from 0, by default squares of 2 × 2. ValueError for too few samples."""
    x, target = asked(net, x, target)
    S = squares(*x.shape[-2:]) if segments is None else np.asarray(segments)
    if S.shape != tuple(x.shape[-2:]) or not np.issubdtype(S.dtype, np.integer) or S.min() < 0:
        raise ValueError(f"lime: segments are whole numbers from 0 of the image's shape {tuple(x.shape[-2:])}")
    n = int(S.max()) + 1
    if samples < n + 2:
        raise ValueError(f"lime: {n} segments need at least {n + 2} samples, not {samples}")
    rng = np.random.default_rng(seed)
    Z = rng.random((samples, n)) < 0.5
    Z[0] = True
    hidden = torch.from_numpy(~Z[:, S]).to(x.device)
    f = _hiding(net, x, _baseline(x, baseline), hidden)[:, target].double().cpu().numpy()
    cosine = np.sqrt(Z.sum(1) / n)  # of z with all 1
    pi = np.exp(-((1 - cosine) ** 2) / width**2)
    A = np.c_[np.ones(samples), Z.astype(float)]
    penalty = np.diag([0.0, *np.full(n, ridge)])
    beta = np.linalg.solve(A.T @ (pi[:, None] * A) + penalty, A.T @ (pi * f))
    residual, spread = f - A @ beta, f - np.average(f, weights=pi)
    total = float(pi @ spread**2)
    fit = 1.0 if total < 1e-12 else 1 - float(pi @ residual**2) / total
    return Lime(beta[1:], beta[1:][S], fit)


def squares(H: int, W: int, size: int = 2) -> np.ndarray:
    """(H, W) the numbers of squares of size × size; those at the lower and right edge may be smaller."""
    across = -(-W // size)
    return (np.arange(H) // size)[:, None] * across + np.arange(W) // size


def trained(task: Task, config: dict[str, Any], seed: int = 0, epochs: int | None = None) -> nn.Module:
    """The network of a found configuration, trained by its task (one that trains networks, such as digits-cells) for
    `epochs`, by default the task's. ValueError for a task that trains none."""
    if not isinstance(task, TrainsToTheEnd):
        raise ValueError(f"the task {getattr(task, 'name', task)} trains no network that could be looked at")
    learner = task.training(task.space.validate(config), seed)
    assert task.fidelity is not None  # what learns in epochs says how many
    learner.learn(int(task.fidelity.max) if epochs is None else epochs)
    return learner.net


# ---- two networks -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Disagreement:
    """Of n images: which (k,) the networks name differently, surest first, and how many of these a, b or neither names
    right. apart: k / n; errors: the fraction that a and b name wrong, of all n."""

    rows: np.ndarray
    right: tuple[int, int, int]
    apart: float
    errors: tuple[float, float]


@one_thread()
def disagreement(a: Network, b: Network, x: Any, y: Any) -> Disagreement:
    """Where two networks name images x (n, …, H, W) with labels y (n,) differently."""
    x, y = _tensor(x), np.asarray(torch.as_tensor(y).cpu())
    if len(x) != len(y) or not len(y):
        raise ValueError(f"disagreement: as many labels as images are needed, not {len(y)} for {len(x)}")
    P, Q = (logits(net, x).softmax(1).cpu().numpy() for net in (a, b))
    p, q = P.argmax(1), Q.argmax(1)
    rows = np.flatnonzero(p != q)
    sure = np.minimum(P[rows, p[rows]], Q[rows, q[rows]])  # both are sure of different things
    rows = rows[np.argsort(-sure, kind="stable")]
    right = (int((p == y)[rows].sum()), int((q == y)[rows].sum()), int(((p != y) & (q != y))[rows].sum()))
    return Disagreement(rows, right, len(rows) / len(y), (float((p != y).mean()), float((q != y).mean())))


def difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(H, W) what a looks at and b does not: the maps as shares of all that each looks at, one minus the other."""
    shares = [np.abs(m) / (np.abs(m).sum() or 1.0) for m in (a, b)]
    return shares[0] - shares[1]


# ---- what all of them share -----------------------------------------------------------------------------------------


def gradient(net: Network, X: Tensor, target: int) -> Tensor:
    """(n, …, H, W) the gradient of the logit of one class at each image."""
    found = []
    with _as_trained(net):
        for part in X.split(CHUNK):
            part = part.detach().clone().requires_grad_(True)
            with torch.enable_grad():
                (slope,) = torch.autograd.grad(net(part)[:, target].sum(), part)
            found.append(slope)
    return torch.cat(found)


@torch.no_grad()
def logits(net: Network, X: Tensor) -> Tensor:
    """(n, classes)."""
    with _as_trained(net):
        return torch.cat([net(part) for part in X.split(CHUNK)])


def _hiding(net: Network, x: Tensor, b: Tensor, hidden: Tensor) -> Tensor:
    """(n, classes) logits of the image with the baseline where `hidden` (n, H, W)."""
    over = hidden.reshape(len(hidden), *[1] * (x.ndim - 2), *x.shape[-2:])
    return logits(net, torch.where(over, b, x))


@contextmanager
def _as_trained(net: Network) -> Iterator[None]:
    """Modules in eval mode, each left as it was."""
    modes = [(m, m.training) for m in net.modules()] if isinstance(net, nn.Module) else []
    for module, _ in modes:
        module.training = False
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def _tensor(x: Any) -> Tensor:
    x = torch.as_tensor(x)
    return x if x.is_floating_point() else x.float()


def asked(net: Network, x: Any, target: int | None) -> tuple[Tensor, int]:
    """The image as a tensor, and the class; ValueError for what is no image and for a class that there is not."""
    x = _tensor(x).detach()
    if x.ndim < 2 or not x.numel() or not bool(torch.isfinite(x).all()):
        raise ValueError(f"an image is numbers (…, H, W), all finite, not {tuple(x.shape)}")
    answer = logits(net, x[None])
    if answer.ndim != 2:
        raise ValueError(f"a network gives logits (n, classes), not {tuple(answer.shape)}")
    classes = answer.shape[1]
    if target is None:
        return x, int(answer[0].argmax())
    if isinstance(target, bool) or not isinstance(target, int | np.integer) or not 0 <= target < classes:
        raise ValueError(f"target is a class from 0 to {classes - 1}, not {target!r}")
    return x, int(target)


def _baseline(x: Tensor, baseline: Any) -> Tensor:
    b = torch.as_tensor(baseline, dtype=x.dtype, device=x.device)
    try:
        return b.expand(x.shape)
    except RuntimeError:
        raise ValueError(f"a baseline is a number or an image {tuple(x.shape)}, not {tuple(b.shape)}") from None


def _flat(gradients: Tensor) -> np.ndarray:
    """(H, W) the largest over the channels."""
    return gradients.reshape(-1, *gradients.shape[-2:]).amax(0).cpu().numpy()


MAPS: dict[str, Callable[..., np.ndarray]] = {
    "saliency": saliency,
    "smooth": smooth_grad,
    "integrated": integrated,
    "occlusion": occlusion,
    "lime": lambda *args, **options: lime(*args, **options).image,
}
