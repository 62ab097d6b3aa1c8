"""Train the networks with which the lab `prior` begins: one for each prior of one variable, minutes each on one core.

    python -m nasbook.data.make.priors_1d OUT.safetensors [--steps 4000] [--batch 64] [--seed 0] [--prior smooth ...]

Prints -log q on problems kept aside as it falls, beside the least that is possible where that is known. The weights are
kept in half precision, all networks in one file: name of the prior, slash, name of the tensor.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from nasbook.hpo.parts.learned_prior import learn
from nasbook.hpo.parts.priors_1d import PRIORS
from nasbook.kit.safetensors import read_weights, write_weights


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--prior", nargs="+", choices=list(PRIORS), default=list(PRIORS))
    args = parser.parse_args()
    kept = dict(read_weights(args.out)) if Path(args.out).exists() else {}
    for name in args.prior:
        for state in learn(PRIORS[name], args.steps, args.steps // 20, args.seed, args.batch):
            least = "" if state.exact is None else f"   exact {state.exact:.4f}"
            print(f"{name:8} {state.step:>6} steps   -log q {state.nll:.4f}{least}", flush=True)
        exactly = ("edges", "units")
        weights = state.learned.weights().items()
        kept |= {f"{name}/{k}": w if k in exactly else w.half() for k, w in weights}
        write_weights(args.out, kept)


if __name__ == "__main__":
    main()
