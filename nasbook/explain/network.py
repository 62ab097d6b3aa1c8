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
Convolutional Networks, 2014; Ribeiro, Singh & Guestrin, "Why Should I Trust You?", 2016 (LIME: lime.py). Read first:
`gradient`, in asking.py.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from nasbook.explain.asking import Network, TensorLike, asked, baseline_of, gradient, hiding, logits
from nasbook.explain.lime import Lime, lime, squares
from nasbook.explain.two_networks import Disagreement, difference, disagreement
from nasbook.kit.threads import one_thread
from nasbook.space import Config
from nasbook.task import Task, TrainsToTheEnd


@one_thread()
def saliency(net: Network, x: TensorLike, target: int | None = None) -> np.ndarray:
    """(H, W) the size of the gradient of a class's logit, the largest over the channels. target: by default the class
    that the network chooses."""
    x, target = asked(net, x, target)
    return _flat(gradient(net, x[None], target)[0].abs())


@one_thread()
def smooth_grad(
    net: Network, x: TensorLike, target: int | None = None, noise: float = 0.15, draws: int = 32, seed: int = 0
) -> np.ndarray:
    """(H, W) the mean of the saliency over copies with normal noise of `noise` times the range of the image."""
    x, target = asked(net, x, target)
    rng = torch.Generator().manual_seed(seed)
    span = float(x.max() - x.min())
    copies = x + noise * span * torch.randn((draws, *x.shape), generator=rng, dtype=x.dtype).to(x.device)
    return _flat(gradient(net, copies, target).abs().mean(0))


@one_thread()
def integrated(
    net: Network, x: TensorLike, target: int | None = None, baseline: TensorLike = 0.0, steps: int = 64
) -> np.ndarray:
    """(H, W) integrated gradients, summed over the channels, by the midpoint rule: their sum is f(x) - f(b), nearly."""
    x, target = asked(net, x, target)
    b = baseline_of(x, baseline)
    t = (torch.arange(steps, dtype=x.dtype, device=x.device) + 0.5) / steps
    along = b + t.reshape(-1, *[1] * x.ndim) * (x - b)
    found = (x - b) * gradient(net, along, target).mean(0)
    return found.reshape(-1, *x.shape[-2:]).sum(0).cpu().numpy()


@one_thread()
def occlusion(
    net: Network, x: TensorLike, target: int | None = None, size: int = 3, baseline: TensorLike = 0.0
) -> np.ndarray:
    """(H, W) how much the logit falls when a patch of size × size shows the baseline: at each pixel the mean over the
    patches that cover it. Below 0: without it the network is surer."""
    x, target = asked(net, x, target)
    H, W = x.shape[-2:]
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= min(H, W):
        raise ValueError(f"occlusion: size is a whole number from 1 to {min(H, W)}, not {size!r}")
    b = baseline_of(x, baseline)
    corners = [(i, j) for i in range(H - size + 1) for j in range(W - size + 1)]
    hidden = torch.zeros((len(corners), H, W), dtype=torch.bool, device=x.device)
    for k, (i, j) in enumerate(corners):
        hidden[k, i : i + size, j : j + size] = True
    lost = logits(net, x[None])[0, target] - hiding(net, x, b, hidden)[:, target]
    covers = hidden.to(lost.dtype)
    return ((covers * lost[:, None, None]).sum(0) / covers.sum(0)).cpu().numpy()


def trained(task: Task, config: Config, seed: int = 0, epochs: int | None = None) -> nn.Module:
    """The network of a found configuration, trained by its task (one that trains networks, such as digits-cells) for
    `epochs`, by default the task's. ValueError for a task that trains none."""
    if not isinstance(task, TrainsToTheEnd):
        raise ValueError(f"the task {getattr(task, 'name', task)} trains no network that could be looked at")
    learner = task.training(task.space.validate(config), seed)
    assert task.fidelity is not None  # what learns in epochs says how many
    learner.learn(int(task.fidelity.max) if epochs is None else epochs)
    return learner.net


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

__all__ = [
    "MAPS",
    "Disagreement",
    "Lime",
    "asked",
    "difference",
    "disagreement",
    "gradient",
    "integrated",
    "lime",
    "logits",
    "occlusion",
    "saliency",
    "smooth_grad",
    "squares",
    "trained",
]
