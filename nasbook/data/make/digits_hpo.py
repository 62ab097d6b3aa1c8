"""Train every MLP of a grid on three small tasks and keep its learning curves: the table Digits-HPO.

    python -m nasbook.data.make.digits_hpo train PARTS [PROCESSES]    # resumable: run it again and it goes on
    python -m nasbook.data.make.digits_hpo pack PARTS OUT.npz

9,720 configurations × 27 epochs × 2 seeds × 3 tasks, about two hours of two cores. All configurations that share
width, depth, batch, activation and optimiser have equal shapes and equal steps, so they train together: weights
(K, in, out), one batched product a layer. Learning rate, weight decay, dropout and seed differ inside such a pack of
K networks.

SGD is Nesterov with momentum 0.9 and decay coupled to the gradient; Adam is AdamW at a tenth of the learning rate, with
the decay a hundredfold, so that both axes bite at the same marks. The learning rate falls to 0 by a cosine over the 27
epochs: a row after 3 epochs is an interrupted long run, as successive halving sees it, not a short run of its own.
"""

from __future__ import annotations

import itertools
import math
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

from nasbook.data.make.parts import command, complete, every  # noqa: E402
from nasbook.tasks.images import DATA, Splits  # noqa: E402

INNER = {
    "lr": (0.001, 0.00316, 0.01, 0.0316, 0.1, 0.316),
    "weight_decay": (0.0, 1e-3, 1e-2),
    "dropout": (0.0, 0.2, 0.5),
}
OUTER = {
    "width": (8, 16, 32, 64, 128),
    "depth": (1, 2, 3),
    "batch": (16, 64, 256),
    "activation": ("relu", "tanh"),
    "optimiser": ("sgd", "adam"),
}
EPOCHS, RUNGS, SEEDS = 27, (1, 3, 9, 27), (0, 1)
PACKS: list[Any] = list(itertools.product(*OUTER.values()))
INSIDE = list(itertools.product(*INNER.values()))


def train_pack(
    data: Splits,
    width: int,
    depth: int,
    batch: int,
    activation: str,
    optimiser: str,
    inner: Sequence[tuple[float, ...]] = INSIDE,
    seeds: tuple[int, ...] = SEEDS,
) -> dict[str, np.ndarray]:
    """Train len(inner) × len(seeds) networks side by side.

    -> val (configurations, seeds, epochs) and test (…, rungs): numbers of correct images; diverged (…,): the first
    epoch (from 1) with a loss that is not finite, 0 if there is none; seconds (): CPU seconds of one network's share.
    """
    (xt, yt), (xv, yv), (xe, ye) = ((torch.tensor(x).flatten(1), torch.tensor(y)) for x, y in data.values())
    S, K, n = len(seeds), len(inner) * len(seeds), len(yt)
    lr, decay, drop = (torch.tensor(c).float().repeat_interleave(S)[:, None, None] for c in zip(*inner, strict=True))
    draws = [torch.Generator().manual_seed(s) for s in seeds]
    mask_draws = torch.Generator().manual_seed(99)
    sizes = [xt.shape[1], *[width] * depth, int(yt.max()) + 1]
    parameters = []
    for fan_in, fan_out in itertools.pairwise(sizes):  # a seed gives every configuration the same first weights
        gain = 2 if activation == "relu" else 1
        w = torch.stack([torch.randn(fan_in, fan_out, generator=g) for g in draws]) * math.sqrt(gain / fan_in)
        parameters += [w.repeat(len(inner), 1, 1), torch.zeros(K, 1, fan_out)]
    for p in parameters:
        p.requires_grad_()
    m, v = [torch.zeros_like(p) for p in parameters], [torch.zeros_like(p) for p in parameters]
    act = torch.relu if activation == "relu" else torch.tanh

    def forward(x: torch.Tensor, training: bool) -> torch.Tensor:
        """x (K, B, in) -> logits (K, B, classes)"""
        for i in range(0, len(parameters), 2):
            x = torch.baddbmm(parameters[i + 1], x, parameters[i])
            if i + 2 < len(parameters):
                x = act(x)
                if training:
                    x = x * (torch.rand(x.shape, generator=mask_draws) >= drop) / (1 - drop)
        return x

    def correct(x: torch.Tensor, y: torch.Tensor) -> np.ndarray:
        with torch.no_grad():
            logits = forward(x.expand(K, -1, -1), training=False)
            hits = (logits.argmax(2) == y) & logits.isfinite().all(2)
        return hits.sum(1).view(-1, S).numpy()

    steps, step, begin = EPOCHS * math.ceil(n / batch), 0, time.process_time()
    val = np.zeros((len(inner), S, EPOCHS), np.uint16)
    test = np.zeros((len(inner), S, len(RUNGS)), np.uint16)
    diverged = torch.zeros(K, dtype=torch.uint8)
    for epoch in range(1, EPOCHS + 1):
        order = torch.stack([torch.randperm(n, generator=g) for g in draws])
        for i in range(0, n, batch):
            j = order[:, i : i + batch].repeat(len(inner), 1)  # (K, B): each seed has its own order
            losses = F.cross_entropy(forward(xt[j], True).transpose(1, 2), yt[j], reduction="none").mean(1)
            gradients = torch.autograd.grad(losses.sum(), parameters)
            rate = lr * 0.5 * (1 + math.cos(math.pi * step / steps))
            step += 1
            with torch.no_grad():
                diverged[(diverged == 0) & ~losses.isfinite()] = epoch
                for p, g, a, b in zip(parameters, gradients, m, v, strict=True):
                    if optimiser == "sgd":
                        g = g + decay * p
                        a.mul_(0.9).add_(g)
                        p -= rate * (g + 0.9 * a)
                    else:
                        a.mul_(0.9).add_(g, alpha=0.1)
                        b.mul_(0.999).addcmul_(g, g, value=0.001)
                        adam = (a / (1 - 0.9**step)) / ((b / (1 - 0.999**step)).sqrt() + 1e-8)
                        p -= rate / 10 * (adam + 100 * decay * p)
        val[..., epoch - 1] = correct(xv, yv)
        if epoch in RUNGS:
            test[..., RUNGS.index(epoch)] = correct(xe, ye)
    seconds = np.array((time.process_time() - begin) / K, np.float32)
    return {"val": val, "test": test, "diverged": diverged.view(-1, S).numpy(), "seconds": seconds}


def block(work: tuple[Path, str, int]) -> str:
    """Train one pack on one task, if its file is not there yet; the file appears in one move."""
    parts, task, i = work
    path = parts / f"{task}-{i:03d}.npz"
    if not path.exists():
        torch.set_num_threads(1)
        scratch = path.with_suffix(f".{os.getpid()}.tmp")
        with open(scratch, "wb") as file:
            arrays: Any = train_pack(DATA[task](), *PACKS[i])
            np.savez_compressed(file, **arrays)
        os.replace(scratch, path)
    return path.name


def train(parts: Path, processes: int = 2) -> None:
    parts.mkdir(parents=True, exist_ok=True)
    work = [(parts, task, i) for task in DATA for i in range(len(PACKS))]
    every(block, work, processes)


def pack(parts: Path, out: Path) -> None:
    """One file: arrays <task>_val (packs, inside, seeds, epochs), …_test, …_diverged, …_seconds (packs,)."""
    table: dict[str, Any] = {}
    for task in DATA:
        rows = [np.load(f) for f in complete(parts / f"{task}-{i:03d}.npz" for i in range(len(PACKS)))]
        for key in ("val", "test", "diverged", "seconds"):
            table[f"{task}_{key}"] = np.stack([r[key] for r in rows])
    np.savez_compressed(out, **table)
    print(f"{out}: {out.stat().st_size:,} bytes, {len(PACKS) * len(INSIDE):,} configurations")


if __name__ == "__main__":
    command("nasbook.data.make.digits_hpo", train, pack)
