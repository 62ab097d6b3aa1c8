"""Train the network that `pfn` ships with: minutes on a GPU, hours on two cores.

    python -m nasbook.data.make.pfn OUT.safetensors [--seconds 195] [--device cuda] [--batch 256] [--seed 0]

Prints the mean -log q as it falls. The weights are kept in half precision. Those in the package were trained for 195 s
on one H100, in 6,241 steps of 256 problems; each batch of drawn problems is shown six times, with other points.
"""

from __future__ import annotations

import argparse
import time

import torch

from nasbook.hpo.parts import problems
from nasbook.hpo.parts.prior_fitted import PriorFitted
from nasbook.hpo.parts.prior_fitting import edges_of, fit
from nasbook.kit.safetensors import write_weights

BARS, SHOWN, ASKED, REUSE = 100, 100, 64, 6


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--seconds", type=float, default=195)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_float32_matmul_precision("high")
    rng, order = torch.Generator(args.device).manual_seed(args.seed), torch.Generator().manual_seed(args.seed)
    values = [problems.functions(64, n, ASKED, rng)[3] for n in (5, 8, 13, 20, 30, 50, 80) * 4]
    net = PriorFitted(24, edges_of(torch.stack(values), BARS), width=128, layers=5, heads=4, hidden=256).to(args.device)
    print(sum(p.numel() for p in net.parameters()), "weights", flush=True)
    kept: list[tuple[torch.Tensor, ...]] = []

    def draw() -> problems.Batch:
        u = float(torch.rand((), generator=order))
        few = int(3 * (SHOWN / 3) ** u)  # from 3 to 100, as many below 10 as above 30
        n = few if float(torch.rand((), generator=order)) < 0.6 else int(3 + u * (SHOWN - 2))
        if not kept:  # drawing is dear
            batch = problems.problems(args.batch, SHOWN + ASKED, rng)
            for _ in range(REUSE):
                some = torch.randperm(SHOWN + ASKED, generator=order).to(args.device)
                kept.append(tuple(part[:, some] for part in batch))
        X, y, f = (part[:, : n + ASKED] for part in kept.pop())
        return problems.shown(X, y, f, n)

    begun, told = time.perf_counter(), 0.0
    total, count = torch.zeros((), device=args.device), 0

    def done(step: int) -> float:
        return (time.perf_counter() - begun) / args.seconds

    for i, loss in enumerate(fit(net, draw, 10**9, half=args.device != "cpu", done=done), 1):
        total, count = total + loss.detach(), count + 1
        if done(i) - told > 1 / 40:
            print(f"{i:>7} steps {done(i):4.0%}  -log q {float(total) / count:.4f}", flush=True)
            total, count, told = torch.zeros_like(total), 0, done(i)
            keep(net, args.out)
    keep(net, args.out)


def keep(net: PriorFitted, out: str) -> None:
    write_weights(out, {k: v if k == "edges" else v.half() for k, v in net.state_dict().items()})


if __name__ == "__main__":
    main()
