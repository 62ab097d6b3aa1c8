"""The maximal update parametrisation (μP): a network of any width learns at the rate that a narrow one was tuned for.

m = width / base width. Against the plain network, each weight W (fan_out, fan_in) of a wide one gets, by its role:

                     grows with m     first weights    rate of SGD     rate of Adam
    input            fan_out          1                m               1
    vector           (biases, norms)  1                m               1
    hidden           both             1                1               1/m
    output           fan_in           1/√m             1/m             1/m

Why: the sum over fan_in numbers in W h is of the size √m where W is random, as at the start, but of the size m where W
has learned to point along h, as every step makes it. By this table each layer's output, and its change in a step, keep
their sizes at every width. At m = 1 all factors are 1 and the network is the plain one, bit for bit.

    groups = parametrise(net, base_net, rate=0.1, optimizer="sgd")      # scales the first weights, too
    optimiser = torch.optim.SGD(groups, momentum=0.9)

Yang & Hu (2021), Feature Learning in Infinite-Width Neural Networks (arXiv:2011.14522); Yang et al. (2022), Tensor
Programs V (arXiv:2203.03466), table 3, relative to a base width. Plain first weights are those with
a deviation of 1/√fan_in (He, Glorot, PyTorch's own); norms and biases start at constants.
Left out: attention (whose products need 1/d for 1/√d), the form with a multiplier behind the output layer (the same
function of the data after every step, but for Adam's ε), and more than two dimensions that grow.

Read first: `rate_scale`, then `parametrise`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from numbers import Integral
from typing import TYPE_CHECKING, Literal, TypeAlias

from nasbook.space import Json

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

Role = Literal["input", "hidden", "output", "vector", "fixed"]
ROLES: dict[Role, tuple[int, int]] = {  # which of (fan_out, fan_in) grow with the width
    "input": (1, 0),
    "vector": (1, 0),
    "hidden": (1, 1),
    "output": (0, 1),
    "fixed": (0, 0),
}
OPTIMIZERS = ("sgd", "adam", "adamw")
Weights: TypeAlias = "Iterator[nn.Parameter] | list[Json]"  # what an optimiser is given: all alike, or groups
BaseWidth = int | str | None  # as a task takes it: 32, or "1/8" of each network's own width


def init_scale(role: Role, m: float) -> float:
    """Factor on the deviation of the plain first weights of a network that is m times as wide."""
    return m**-0.5 if role == "output" else 1.0


def rate_scale(role: Role, m: float, optimizer: str) -> float:
    """Factor on the learning rate of these weights; optimizer: "sgd", "adam" or "adamw", else ValueError."""
    out, into = ROLES[role]
    return _rate(m**out, m**into, optimizer)


def _rate(out: float, into: float, optimizer: str) -> float:
    """The same for fan_out and fan_in that have grown by factors of their own."""
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, not {optimizer!r:.60}")
    return out / into if optimizer == "sgd" else 1 / into  # Adam's step is of the size 1 whatever the gradient's


def growth(shape: Sequence[int], base: Sequence[int]) -> tuple[Role, float, float]:
    """(role, growth of fan_out, growth of fan_in) of a parameter (fan_out, fan_in, …), by its shape in the base.

    ValueError where another dimension differs, such as the side of a kernel."""
    out, into, *rest = (a / b if b else math.nan for a, b in zip((*shape, 1, 1), (*base, 1, 1), strict=False))
    if len(shape) != len(base) or any(r != 1 for r in rest):
        raise ValueError(
            f"shapes {tuple(shape)} and, in the base network, {tuple(base)}: only the first two dimensions of a "
            "parameter may grow with the width"
        )
    grown = (int(out != 1), int(into != 1))
    if grown == (1, 0):
        return ("vector" if len(shape) == 1 else "input"), out, into
    return ("hidden" if grown == (1, 1) else "output" if grown == (0, 1) else "fixed"), out, into


def parametrise(
    net: nn.Module,
    base: nn.Module | Mapping[str, Sequence[int]],
    rate: float,
    optimizer: str,
    decay: float = 0.0,
    *,
    zeros: Sequence[str] = (),
) -> list[Json]:
    """Groups of parameters for the optimiser, each with its rate and decay; scales the first weights of `net` in place.

    base: the same network at the base width, or {name: shape} of its parameters. rate, decay: those of the base width
    (a decay of 0 stands against an optimiser's own default). The decay of a group is divided by the factor of its rate,
    so that η λ, what a weight loses in a step, is the base network's. zeros: weights that start at 0, by name; for the
    output layer's its authors advise it, as it takes away how widths differ at the start.
    A group's "scale" is its factor, for a schedule to multiply with. Call this once, before the first step.

    ValueError if the two are not one architecture at two widths.
    """
    import torch

    shapes = dict(base) if isinstance(base, Mapping) else {n: tuple(p.shape) for n, p in base.named_parameters()}
    groups: dict[float, Json] = {}
    own = {name: p for name, p in net.named_parameters()}
    if unlike := sorted(own.keys() ^ shapes.keys()):
        where = "the network" if unlike[0] in own else "the base network"
        raise ValueError(f"only {where} has a parameter {unlike[0]}: both must be one architecture, at two widths")
    if unknown := set(zeros) - own.keys():
        raise ValueError(f"zeros names {min(unknown)!r}, and the network's parameters are {', '.join(own)}")
    turned, fed = _kinds(net)
    grown: dict[str, tuple[Role, float, float]] = {}
    for name, p in own.items():
        both = [(s[1], s[0], *s[2:]) if name in turned else tuple(s) for s in (p.shape, shapes[name])]
        try:
            grown[name] = growth(*both)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    for name, p in own.items():
        role, out, into = grown[name]
        with torch.no_grad():
            p.mul_(init_scale(role, into))
            if name in fed:  # PyTorch draws a bias from ±1/√fan_in: it must not shrink with the width
                p.mul_(grown[fed[name]][2] ** 0.5)
            if name in zeros:
                p.zero_()
        scale = _rate(out, into, optimizer)
        group = {"params": [], "lr": rate * scale, "weight_decay": decay / scale, "scale": scale}
        groups.setdefault(scale, group)["params"].append(p)
    return list(groups.values())


def _kinds(net: nn.Module) -> tuple[set[str], dict[str, str]]:
    """Names of the weights that stand as (fan_in, fan_out), and {bias: the weight beside it}."""
    from torch.nn import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, Embedding, Linear

    turned, fed = set(), {}
    for name, layer in net.named_modules():
        at = f"{name}." if name else ""
        if isinstance(layer, Embedding | ConvTranspose1d | ConvTranspose2d | ConvTranspose3d):
            turned.add(f"{at}weight")
        if isinstance(layer, Linear | Conv1d | Conv2d | Conv3d) and layer.bias is not None:
            fed[f"{at}bias"] = f"{at}weight"
    return turned, fed


# ---- a task's base width ---------------------------------------------------------------------------------


def check_base(task: str, base: BaseWidth) -> None:
    """ValueError, in a sentence, unless it is None, a width or a share such as "1/8"."""
    if base is None or (isinstance(base, Integral) and not isinstance(base, bool) and 1 <= base <= 1_000_000):
        return
    if isinstance(base, str) and (share := _share(base)) and 0 < share <= 1000:
        return
    raise ValueError(
        f'{task}: base_width is a width, such as 32, or a share of each network\'s own, such as "1/8", not {base!r:.60}'
    )


def base_of(width: int, base: int | str) -> int:
    """The base width of a network that is `width` wide: as it is given, or a share of the width, at least 1."""
    return max(1, round(width * (_share(base) or 1))) if isinstance(base, str) else int(base)


def _share(text: str) -> Fraction | None:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None


# ---- is it right? ----------------------------------------------------------------------------------------


def coordinates(
    build: Callable[[int, int], tuple[nn.Module, Optimizer]],
    widths: Sequence[int],
    x: Tensor,
    y: Tensor,
    steps: int = 3,
    seeds: Sequence[int] = (0, 1, 2),
) -> dict[str, list[tuple[float, float]]]:
    """The coordinate check: of each linear or convolutional layer, at each width, how large the numbers that it puts
    out are at the start, and how far `steps` steps of cross-entropy on (x, y) move them: root mean squares over
    numbers and seeds.

    build(width, seed) -> (network, optimiser). Both stay alike over the widths under μP; `power` says how they grow."""
    found: dict[str, list[tuple[float, float]]] = {}
    for width in widths:
        sums: dict[str, list[float]] = {}
        for seed in seeds:
            net, optimiser = build(width, seed)
            before = dict(_outputs(net, x))
            for _ in range(steps):
                _step(net, optimiser, x, y)
            for name, after in _outputs(net, x):
                size, moved = sums.setdefault(name, [0.0, 0.0])
                size += before[name].square().mean().item()
                moved += (after - before[name]).square().mean().item()
                sums[name] = [size, moved]
        for name, (size, moved) in sums.items():
            found.setdefault(name, []).append(((size / len(seeds)) ** 0.5, (moved / len(seeds)) ** 0.5))
    return found


def power(widths: Sequence[int], sizes: Sequence[float]) -> float:
    """The p of sizes ∝ width^p, by least squares of the logarithms; NaN where a size is 0 or not finite."""
    import numpy as np

    if not all(0 < s < math.inf for s in sizes):
        return math.nan
    return float(np.polyfit(np.log(widths), np.log(sizes), 1)[0])


def _step(net: nn.Module, optimiser: Optimizer, x: Tensor, y: Tensor) -> None:
    from nasbook.kit import learner

    net.train()
    learner.step(optimiser, learner.cross_entropy(net(x), y))


def _outputs(net: nn.Module, x: Tensor) -> Iterator[tuple[str, Tensor]]:
    """(layer, what it puts out for these images), as the layers follow each other."""
    import torch
    from torch.nn import Conv2d, Linear

    heard: list[tuple[str, Tensor]] = []
    hooks = [
        layer.register_forward_hook(lambda _, __, out, name=name: heard.append((name, out.detach().clone())))
        for name, layer in net.named_modules()
        if isinstance(layer, Linear | Conv2d)
    ]
    try:
        with torch.no_grad():
            net(x)
    finally:
        for hook in hooks:
            hook.remove()
    yield from heard
