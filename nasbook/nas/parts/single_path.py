"""What a single path of a supernet is worth with the weights as they are, on images that it has not learned from.

What its batch norms have to expect is not what the supernet's running statistics say, which are those of a mixture of
all paths; so they are taken anew, from some training images: the plain average over those, not the moving one, in which
the start would remain.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from nasbook.kit import learner
from nasbook.kit.checks import one_of
from nasbook.kit.start import Images as Batch
from nasbook.nas.spaces.gates import Gates, Path, single

STATISTICS = ("recalibrated", "running", "batch")
IMAGES = 100  # 50 and 300 give the same order of paths


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


def evaluate_path(
    net: nn.Module, path: Path, val: Batch, train: Batch | None = None, how: str = "recalibrated"
) -> tuple[float, float]:
    """(loss, error) on the images of `val`. Nothing of the net is changed, so what was judged before does not matter.

    train: of its first 100 images the batch norms take their statistics, where they are recalibrated."""
    gates = single(path)
    with statistics(net, gates, None if train is None else train[0][:IMAGES], how):
        return learner.measure(lambda x: net(x, gates), *val, chunk=len(val[1]) if how == "batch" else 300)
