"""Paths through a supernet: how they are drawn, and what one of them is worth with the weights as they are.

    uniform     every architecture of the space is equally likely: equal counts of the operations in the mean only
    fair        m paths at once, a permutation of the m operations at every place: equal counts after every step
    likely      each operation with its own probability

All draws are NumPy's, from the search's own generator, so that a search is the same on every device and can go on after
a stop.

A path is judged on images that it has not learned from. What its batch norms have to expect is not what the supernet's
running statistics say, which are those of a mixture of all paths; so they are taken anew, from some training images:
the plain average over those, not the moving one, in which the start would remain.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from nasbook.kit import learner
from nasbook.kit.checks import one_of
from nasbook.kit.start import Images as Batch
from nasbook.nas.spaces.gates import Gates, Path, Places, single

STATISTICS = ("recalibrated", "running", "batch")
IMAGES = 100  # 50 and 300 give the same order of paths


def uniform(places: Places, rng: np.random.Generator) -> Path:
    """One path of the space."""
    return places.path(places.space.sample(rng))


def fair(places: Places, rng: np.random.Generator) -> list[Path]:
    """m paths in which each of the m operations stands once at every place; what else a configuration says, such as
    which nodes are read, is the same in all of them.

    ValueError where the operations of different places differ in number."""
    base, choices = places.space.sample(rng), places.choices
    if len({len(options) for options in choices.values()}) > 1:
        raise ValueError("strictly fair sampling needs places with equally many operations")
    orders = {name: [options[k] for k in rng.permutation(len(options))] for name, options in choices.items()}
    columns = zip(*orders.values(), strict=True)
    return [places.path({**base, **dict(zip(orders, ops, strict=True))}) for ops in columns]


def likely(probabilities: np.ndarray, rng: np.random.Generator) -> Path:
    """One path; probabilities (places, ops), of which each row sums to 1."""
    u = rng.random(len(probabilities))
    below = np.cumsum(probabilities, axis=1) <= u[:, None]
    last = [int(np.flatnonzero(row)[-1]) for row in probabilities]  # the sum may miss 1 by a rounding
    return tuple(min(int(k), end) for k, end in zip(below.sum(1), last, strict=True))


@contextmanager
def statistics(net: nn.Module, gates: Gates, x: Tensor | None, how: str = "recalibrated") -> Iterator[None]:
    """The batch norms as a child is judged with them; afterwards, all is as it was.

    how: "recalibrated": the plain average over the images x; "running": those of the training; "batch": of the images
    at hand. ValueError for another."""
    one_of("statistics", how, STATISTICS)
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    before, momenta, training = [b.clone() for b in net.buffers()], [m.momentum for m in norms], net.training
    try:
        net.train(how != "running")
        if how == "recalibrated":
            for m in norms:
                m.reset_running_stats()
                m.momentum = None  # a cumulative average
            with torch.no_grad():
                net(x, gates)
            net.eval()
        yield
    finally:
        net.train(training)
        for m, momentum in zip(norms, momenta, strict=True):
            m.momentum = momentum
        for buffer, value in zip(net.buffers(), before, strict=True):
            buffer.copy_(value)


def evaluate_gates(
    net: nn.Module, gates: Gates, val: Batch, train: Batch | None = None, how: str = "recalibrated"
) -> tuple[float, float]:
    """(loss, error) on the images of `val`, with the supernet's weights. Nothing of the net is changed.

    train: of its first 100 images the batch norms take their statistics, where they are recalibrated."""
    with statistics(net, gates, None if train is None else train[0][:IMAGES], how):
        return learner.measure(lambda x: net(x, gates), *val, chunk=len(val[1]) if how == "batch" else 300)


def evaluate_path(
    net: nn.Module, path: Path, val: Batch, train: Batch | None = None, how: str = "recalibrated"
) -> tuple[float, float]:
    """The same for a path, one operation for each place. It is the same whichever path was looked at before."""
    return evaluate_gates(net, single(path), val, train, how)
