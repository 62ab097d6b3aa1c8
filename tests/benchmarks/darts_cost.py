"""Seconds and memory of a DARTS search of 20 epochs on digits, on one core, and how good its cells really are.

    python tests/benchmarks/darts_cost.py [--epochs 20] [--seed 0] [--alpha-lr 0.02]

Each order runs in a process of its own, so that its peak memory is its own. Limits: 60 s and 1 GB.
"""

import argparse
import os
import resource
import subprocess
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"


def one(order: int, args: argparse.Namespace) -> None:
    import torch

    import nasbook
    from nasbook.nas.spaces.nb201.cell import nb201_string

    torch.set_num_threads(1)
    begin, cpu = time.perf_counter(), time.process_time()
    options = {} if args.alpha_lr is None else {"alpha_lr": args.alpha_lr}
    steps = list(
        nasbook.steps("darts", "digits-cells", seed=args.seed, order=order, epochs=args.epochs, device="cpu", **options)
    )
    wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    view = steps[-1].view
    print(f"order {order}: {wall:5.1f} s ({cpu:5.1f} s of CPU, import and data included), peak {peak:4.0f} MB")
    errors = ", ".join(f"{step.trial.value:.2f}" for step in steps[:: max(1, args.epochs // 5)])
    print(f"  supernet's validation error {errors} … {steps[-1].trial.value:.3f}")
    table = nasbook.task("digits201-digits")
    true = [table.test_accuracy(step.trial.config) for step in steps]
    print(f"  derived cell trained alone: test accuracy {' '.join(f'{a:.3f}'[1:] for a in true)}")
    print(f"  largest softmax(α) on each edge {[round(max(row), 2) for row in view.weights]}")
    print(f"  cell {nb201_string(view.cell)}, {view.skips} skips", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--alpha-lr", type=float, default=None)
    parser.add_argument("--order", type=int, choices=(1, 2), help="only this one, in this process")
    args = parser.parse_args()
    if args.order:
        one(args.order, args)
        return
    for order in (1, 2):
        subprocess.run([sys.executable, __file__, *sys.argv[1:], "--order", str(order)], check=True)


if __name__ == "__main__":
    main()
