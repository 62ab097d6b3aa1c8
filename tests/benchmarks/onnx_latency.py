"""Do networks keep their order when they leave PyTorch? One random network a space, in PyTorch and in onnxruntime.

    .venv-scale/bin/python tests/benchmarks/onnx_latency.py > tests/benchmarks/onnx_latency.txt

Microseconds of processor time of one image on one thread, medians; lesson 22 quotes the table.
"""

from __future__ import annotations

import platform
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from nasbook import registry
from nasbook.scale import onnx_file

SPACES = ("mlp-chain", "conv-chain", "nb201-cell", "macro", "darts-cells", "robustdarts-s4")


def main() -> None:
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, {platform.machine()}, one thread; eager and onnxruntime in µs for one image\n")
    print("| space | parameters | multiply-adds | eager | onnxruntime | times as fast | largest difference |")
    print("|---|---|---|---|---|---|---|")
    for name in SPACES:
        space, rng = registry.make("space", name), np.random.default_rng(1)
        config = next(c for c in (space.space.sample(rng) for _ in range(100)) if space.is_valid(c))
        with TemporaryDirectory() as folder:
            facts = onnx_file.write(space.build(config).eval(), space.example(33), Path(folder) / "model.onnx")
        eager, runtime = (1e6 * facts[k] for k in ("eager_seconds", "onnxruntime_seconds"))
        print(
            f"| {name} | {space.parameters(config):,} | {space.flops(config):,} | {eager:,.0f} | {runtime:,.0f} | "
            f"{eager / runtime:.1f} | {facts['largest_difference']:.0e} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
