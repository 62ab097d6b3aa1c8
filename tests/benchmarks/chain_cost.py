"""What thirty real trainings cost: regularized evolution over chains of convolutions on 8×8 digits, on one core.

    python tests/benchmarks/chain_cost.py [--task digits-conv-chain] [--trials 30] [--seeds 3]

Prints for each seed the seconds of the processor and of the clock for the whole search, imports apart, the best
validation error, and its error on the test images, which no search has seen. Other programs on the machine stretch the
clock, and hardly the processor's seconds.
"""

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

import nasbook


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", default="digits-conv-chain")
    parser.add_argument("--method", default="regularized-evolution")
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    task = nasbook.task(args.task)
    inputs = len(task.splits["train"][1])
    print(f"{args.method} on {args.task}: {args.trials} trials of {task.epochs} epochs, {inputs} inputs to learn from")
    processor, clock = [], []
    for seed in range(args.seeds):
        begin = time.process_time(), time.perf_counter()
        trace = nasbook.search(args.method, task, trials=args.trials, seed=seed)
        processor.append(time.process_time() - begin[0])
        clock.append(time.perf_counter() - begin[1])
        error = task.test(trace.best.config, seed=seed)
        print(
            f"seed {seed}: {processor[-1]:5.1f} s of the processor, {clock[-1]:5.1f} s of the clock; best validation "
            f"error {trace.best.value:.3f}, on test images {error:.3f}",
            flush=True,
        )
    print(f"mean {np.mean(processor):.1f} s of the processor, worst {max(processor):.1f} s; the limit is 60 s")


if __name__ == "__main__":
    main()
