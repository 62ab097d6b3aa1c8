"""Measure what every distinct cell costs and how it scores before training: the second file of Digits-201.

    python -m nasbook.data.make.digits201.costs score PARTS [PROCESSES]    # resumable: run it again and it goes on
    python -m nasbook.data.make.digits201.costs time PARTS [PROCESSES]     # likewise; best on a quiet machine
    python -m nasbook.data.make.digits201.costs pack PARTS OUT.npz

About a quarter of an hour of one core. Every network stands as the training with seed 0 found it: the same initial
weights, and as the batch the first 50 training images. Parameters, FLOPs and scores come out the same anywhere, up to
rounding. Seconds are those of the machine, and other programs disturb them: what is used is a model of them (`model`).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.linear_model import QuantileRegressor
from torch import Tensor

from nasbook.data.make.digits201.generate import data, distinct
from nasbook.estimate.zero_cost import PROXIES, ReLUs, gradients, log_agreement, log_spread, pairs, total
from nasbook.kit.start import init_weights
from nasbook.nas.spaces.cost import flops, latency, parameters, seconds
from nasbook.nas.spaces.nb201.cell import EDGES, NONE, OPS, Cell
from nasbook.nas.spaces.networks import CellNet
from nasbook.tasks.architectures import BATCH, LR, MOMENTUM, WEIGHT_DECAY
from nasbook.tasks.images import DATA

SEED, BLOCK = 0, 64
IMAGE = (1, 8, 8)
SAME_FOR_ALL = ("parameters", "flops", "synflow")  # these look at no image
SCORES = tuple(name for name in PROXIES if name not in SAME_FOR_ALL)


def order() -> np.ndarray:
    """The rows of the table, shuffled: a machine that slows down for a while must not slow down one kind of cell."""
    return np.random.default_rng(0).permutation(len(distinct()))


def batch(task: str) -> tuple[Tensor, Tensor]:
    x, y = data(task)["train"]
    return torch.from_numpy(x[:BATCH, None]), torch.from_numpy(y[:BATCH])


def network(cell: Cell, seed: int = SEED) -> CellNet:
    net = CellNet(cell)
    init_weights(net, np.random.default_rng([seed, *cell]))  # as nasbook.tasks.cells draws them
    return net


def scores(cell: Cell, task: str) -> dict[str, float]:
    """The proxies that look at images, from one forward pass: about three times as fast as PROXIES one by one, which a
    test compares."""
    net, (x, y) = network(cell), batch(task)
    x.requires_grad_()
    layers = [m for m in net.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
    a: list[Tensor] = []  # their outputs (50, channels, …)
    for layer in layers:
        layer.register_forward_hook(lambda _, inputs, out: a.append(out))
    with ReLUs() as relus:
        outputs = net(x)
    w = [layer.weight for layer in layers]
    loss = F.cross_entropy(outputs, y)
    g = gradients(loss, [*w, *a], create_graph=True)
    g, flow = (
        g[: len(w)],
        [(a_i * len(y) * g_i).flatten(2 if a_i.dim() > 2 else 1) for a_i, g_i in pairs(a, g[len(w) :])],
    )
    jacobian = gradients(outputs.sum(), [x], retain_graph=True)[0]
    hg = gradients(sum((g_i * g_i.detach()).sum() for g_i in g), w)
    with torch.no_grad():
        channels = [f.sum(2) if f.dim() > 2 else f for f in flow]
        return {
            "grad_norm": float(sum(g_i.norm() for g_i in g)),
            "snip": total((w_i * g_i).abs() for w_i, g_i in pairs(w, g)),
            "grasp": -total(w_i * hg_i for w_i, hg_i in pairs(w, hg)),
            "fisher": total(f.square().mean(0) / 2 for f in channels),
            "jacov": log_spread(jacobian),
            "naswot": log_agreement(relus.on),
        }


def score(cell: Cell) -> dict[str, float]:
    net = network(cell)
    out: dict[str, float] = {"parameters": parameters(net), "flops": flops(net, IMAGE)}
    out["synflow"] = PROXIES["synflow"](net, *batch("digits"))
    for task in DATA:
        out |= {f"{task}_{name}": value for name, value in scores(cell, task).items()}
    return out


def clock(cell: Cell) -> dict[str, float]:
    """Median seconds of a forward pass of one image, and of one step of training: 50 images forwards and backwards, and
    the optimiser."""
    net, (x, y) = network(cell), batch("digits")
    optimiser = torch.optim.SGD(net.parameters(), LR, momentum=MOMENTUM, nesterov=True, weight_decay=WEIGHT_DECAY)

    def step() -> None:
        loss = F.cross_entropy(net(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return {"latency": latency(net, IMAGE, repeats=10), "step": seconds(step, repeats=3)}


# ---- blocks of cells, and one file -----------------------------------------------------------------------


def block(work: tuple[Path, Callable[[Cell], dict[str, float]], int]) -> str:
    """Measure one block of cells, if its file is not there yet; the file appears in one move."""
    path, measure, i = work
    if not path.exists():
        torch.set_num_threads(1)
        rows = [measure(distinct()[k]) for k in order()[i * BLOCK : (i + 1) * BLOCK]]
        scratch = path.with_name(f"tmp_{path.name}")
        columns: dict[str, Any] = {key: np.array([r[key] for r in rows]) for key in rows[0]}
        np.savez(scratch, **columns)
        os.replace(scratch, path)
    return path.name


def run(parts: Path, kind: str, processes: int = 1) -> None:
    parts.mkdir(parents=True, exist_ok=True)
    measure, begin = {"score": score, "time": clock}[kind], time.time()
    work = [(path, measure, i) for i, path in enumerate(files(parts, kind))]
    with get_context("spawn").Pool(processes) as pool:
        for k, name in enumerate(pool.imap_unordered(block, work), 1):
            print(f"{k}/{len(work)} {name} {time.time() - begin:.0f} s", flush=True)


def files(parts: Path, kind: str) -> list[Path]:
    return [parts / f"{kind}{i:04d}.npz" for i in range(-(-len(distinct()) // BLOCK))]


def read(parts: Path, kind: str) -> dict[str, np.ndarray]:
    """Columns (5044,), in the order of the table."""
    paths = files(parts, kind)
    if missing := [f.name for f in paths if not f.exists()]:
        raise SystemExit(
            f"{len(missing)} parts are missing, e.g. {missing[0]}; first run `score` and `time` to the end"
        )
    rows, back = [np.load(f) for f in paths], np.argsort(order())
    return {key: np.concatenate([r[key] for r in rows])[back] for key in rows[0].files}


def model(cells: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Seconds as a sum over what runs: a constant, so much for each skip, conv1x1, conv3x3 and avgpool, and so much for
    each addition. Least absolute deviations, so that what disturbed a measurement does not count."""
    runs = np.column_stack([(cells == op).sum(1) for op in range(1, len(OPS))])
    into = [[e for e, (_, j) in enumerate(EDGES) if j == node] for node in (1, 2, 3)]
    additions = sum(np.maximum((cells[:, e] != NONE).sum(1) - 1, 0) for e in into)
    x, unit = np.column_stack([runs, additions]), float(np.median(measured))
    return unit * QuantileRegressor(quantile=0.5, alpha=0).fit(x, measured / unit).predict(x)


def pack(parts: Path, out: Path) -> None:
    found = read(parts, "score")
    for key, measured in read(parts, "time").items():
        found |= {f"{key}_measured": measured, key: model(np.array(distinct()), measured)}
    whole = ("parameters", "flops")
    columns: dict[str, Any] = {k: c.astype(np.uint32 if k in whole else np.float32) for k, c in found.items()}
    np.savez_compressed(out, **columns)
    print(f"{out}: {out.stat().st_size:,} bytes, {len(distinct()):,} cells")


if __name__ == "__main__":
    if len(sys.argv) in (3, 4) and sys.argv[1] in ("score", "time"):
        run(Path(sys.argv[2]), sys.argv[1], *(int(a) for a in sys.argv[3:]))
    elif len(sys.argv) == 4 and sys.argv[1] == "pack":
        pack(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        usage = "score PARTS [PROCESSES] | time PARTS [PROCESSES] | pack PARTS OUT.npz"
        raise SystemExit(f"usage: python -m nasbook.data.make.digits201.costs {usage}")
