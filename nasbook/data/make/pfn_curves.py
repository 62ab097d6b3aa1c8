"""Train the network that continues learning curves: for `pfn-curve` and `freeze-thaw`. No GPU is needed.

    python -m nasbook.data.make.pfn_curves OUT.safetensors [--steps 3000] [--seed 0]

Each step draws 48 new trainings from the prior (nasbook/hpo/parts/curve_prior.py). Now and then it prints -log q of the
last of 27 epochs, where 3, 6 and 14 of them were seen, for 1,000 trainings that it does not learn from; the reference
is a normal distribution about the last value seen, with the bias and the spread that this has for these trainings.
"""

from __future__ import annotations

import argparse
import math
import os
import time

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import torch  # noqa: E402
from torch import Generator, Tensor  # noqa: E402

from nasbook.hpo.parts import curve_prior  # noqa: E402
from nasbook.hpo.parts.curve_belief import SHOWN, seen, when  # noqa: E402
from nasbook.hpo.parts.prior_fitted import PriorFitted  # noqa: E402
from nasbook.hpo.parts.prior_fitting import edges_of, fit, nll  # noqa: E402
from nasbook.hpo.parts.problems import Batch, Dice  # noqa: E402
from nasbook.kit.safetensors import write_weights  # noqa: E402

BARS, BATCH, ASKED = 100, 48, 10
EPOCHS, KNOWN = 27, (3, 6, 14)


def held_out() -> tuple[Tensor, list[float]]:
    """Errors (1000, 27) of trainings for judging, and the reference's -log q for each number of known epochs."""
    t, T = torch.arange(1, EPOCHS + 1).expand(1000, -1), torch.full((1000, 1), float(EPOCHS))
    y = curve_prior.errors(t, T, Dice(Generator().manual_seed(12345)))
    spreads = [float((y[:, -1] - y[:, n - 1]).std()) for n in KNOWN]
    return y, [0.5 * math.log(2 * math.pi * math.e * s**2) for s in spreads]


def judge(net: PriorFitted, y: Tensor) -> list[float]:
    """-log q of the last epoch for each number of known epochs."""
    T = torch.full((len(y), EPOCHS), float(EPOCHS))
    t = torch.arange(1.0, EPOCHS + 1).expand(len(y), -1)
    points = when(t, T)
    with torch.inference_mode():
        return [
            float(nll(net(points[:, :n], seen(y[:, :n]), points[:, -1:]), y[:, -1:], net.edges).mean()) for n in KNOWN
        ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--steps", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    rng = Generator().manual_seed(args.seed)
    values = torch.cat([curve_prior.curves(4000, n, 4, rng)[3] for n in (0, 1, 3, 8, 20, 40)])
    net = PriorFitted(3, edges_of(values, BARS), width=64, layers=3, heads=4, hidden=128)
    y, reference = held_out()
    print(sum(p.numel() for p in net.parameters()), "weights; the reference:", _row(reference), flush=True)

    def draw() -> Batch:
        n = int((SHOWN + 1) ** float(torch.rand((), generator=rng))) - (float(torch.rand((), generator=rng)) < 0.1)
        return curve_prior.curves(BATCH, n, ASKED, rng)

    for i, _ in enumerate(fit(net, draw, args.steps, rate=2e-3), 1):
        if i % (args.steps // 20) == 0:
            print(f"{i:>7} steps, {time.process_time():5.0f} CPU s   -log q {_row(judge(net, y))}", flush=True)
            keep(net, args.out)


def keep(net: PriorFitted, out: str) -> None:
    write_weights(out, {k: v if k == "edges" else v.half() for k, v in net.state_dict().items()})


def _row(values: list[float]) -> str:
    return "  ".join(f"{value:.3f} ({n})" for n, value in zip(KNOWN, values, strict=True))


if __name__ == "__main__":
    main()
