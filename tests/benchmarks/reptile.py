"""Reptile on held-out digits: error after five steps on five images a class, from φ and from random weights.

python tests/benchmarks/reptile.py [--seeds 3] [--epochs 10]
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402

import nasbook  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    args = parser.parse_args()
    for label, settings in (("w and α", {}), ("w alone", {"alpha_lr": 0.0})):
        runs = []
        for seed in range(args.seeds):
            made = nasbook.steps("reptile", "digits-few-shot", seed=seed, epochs=args.epochs, **settings)
            runs.append([(s.view.error, s.view.unadapted, s.view.scratch) for s in made])
        mean = 100 * np.array(runs).mean(0)
        print(f"{label}, mean of {args.seeds} seeds; held-out error (%): after 5 steps | without a step | from scratch")
        for epoch, (error, unadapted, scratch) in enumerate(mean, 1):
            print(f"  epoch {epoch:3}   {error:5.1f} | {unadapted:5.1f} | {scratch:5.1f}", flush=True)


if __name__ == "__main__":
    main()
