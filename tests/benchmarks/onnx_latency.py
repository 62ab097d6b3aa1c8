"""Do networks keep their order when they leave PyTorch? Random networks of each space, in PyTorch and in onnxruntime.

    .venv-scale/bin/python tests/benchmarks/onnx_latency.py [networks] > tests/benchmarks/onnx_latency.txt

Microseconds of processor time of one image on one thread: the median of each network, then mean ± standard deviation
over the networks of a space (default: 5). Below it, for each two spaces: how many pairs of their networks change
places, the faster one in PyTorch being the slower one in onnxruntime. Lesson 22 quotes both.
"""

from __future__ import annotations

import platform
import sys
from itertools import combinations, product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from nasbook import registry
from nasbook.scale import onnx_file

SPACES = ("mlp-chain", "conv-chain", "nb201-cell", "macro", "darts-cells", "robustdarts-s4")


def main(networks: int = 5) -> None:
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, {platform.machine()}, one thread; µs for one image; {networks} networks each\n")
    print("| space | multiply-adds | eager | onnxruntime | times as fast |")
    print("|---|---|---|---|---|")
    found = {}
    for name in SPACES:
        space, rng = registry.make("space", name), np.random.default_rng(1)
        every = (space.space.sample(rng) for _ in range(100 * networks))
        configs = [config for config in every if space.is_valid(config)][:networks]
        times = np.array([one(space, config) for config in configs])  # (networks, 2)
        found[name] = times
        flops = [space.flops(config) for config in configs]
        eager, runtime, ratio = (spread(x) for x in (times[:, 0], times[:, 1], times[:, 0] / times[:, 1]))
        print(f"| {name} | {min(flops):,} to {max(flops):,} | {eager} | {runtime} | {ratio} |", flush=True)
    print()
    for a, b in combinations(SPACES, 2):
        pairs = [(x, y) for x, y in product(found[a], found[b])]
        crossed = sum((x[0] < y[0]) != (x[1] < y[1]) for x, y in pairs)
        print(f"{a} and {b}: {crossed} of {len(pairs)} pairs change places")


def one(space, config) -> tuple[float, float]:
    """Eager and onnxruntime, in µs."""
    with TemporaryDirectory() as folder:
        facts = onnx_file.write(space.build(config).eval(), space.example(33), Path(folder) / "model.onnx")
    return 1e6 * facts["eager_seconds"], 1e6 * facts["onnxruntime_seconds"]


def spread(x: np.ndarray) -> str:
    digits = ",.0f" if x.mean() >= 20 else ".1f"
    return f"{x.mean():{digits}} ± {x.std(ddof=1):{digits}}"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
