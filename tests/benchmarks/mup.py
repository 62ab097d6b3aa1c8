"""Where the best learning rate lies at each width, with and without the maximal update parametrisation.

    python tests/benchmarks/mup.py [--nets mlp conv] [--optimizers sgd adam] [--seeds 5] [--csv FILE] [--read]

    mlp     two hidden layers of 32, 128 and 512 units, 80 steps
    conv    two convolutions of 4, 16 and 64 (and twice as many) channels, 60 steps

Batches of 64 of 1,000 digits; loss: cross-entropy on these 1,000 at the end (10 where it is larger or not finite, as
no network that diverged should carry an average). The base is the narrowest width, where both parametrisations are one
network. Printed: the rate, a power of 2, with the lowest mean loss over the seeds at each width; and for the widest, at
16 times the width, what three ways find, on average over the seeds:

    rescaled    the best rate of the base width, taken as it is: the whole search there, and one wide training
    fresh       a random search among the same rates at the wide network, for as many CPU seconds (its expected best)
    best        the best of all the rates, which costs a whole search of wide networks

mup.csv beside it holds what was measured, one row a training, and what stands in it is not trained again. --read
prints the tables from it and trains nothing.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from statistics import fmean, median

import torch
from torch import nn

from nasbook.kit import learner
from nasbook.tasks import bundled, mup

WIDTHS = {"mlp": (32, 128, 512), "conv": (4, 16, 64)}
STEPS = {"mlp": 80, "conv": 60}
RATES = {  # log2
    ("mlp", "sgd"): range(-6, 3), ("mlp", "adam"): range(-11, -2),
    ("conv", "sgd"): range(-7, 3), ("conv", "adam"): range(-8, 0),
}  # fmt: skip
WAYS, BATCH, WORST = ("standard", "mup"), 64, 10.0
FIELDS = ("net", "optimizer", "parametrisation", "width", "log2_rate", "seed", "loss", "seconds")


def network(kind: str, width: int) -> nn.Module:
    if kind == "mlp":
        return nn.Sequential(
            nn.Flatten(), nn.Linear(64, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10)
        )
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(width, 2 * width, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(2 * width, 10),
    )  # fmt: skip


def images() -> tuple[torch.Tensor, torch.Tensor]:
    x, y = bundled.digits()
    rows = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))[:1000]
    x = torch.tensor(x, dtype=torch.float32)[rows, None]
    return (x - x.mean()) / x.std(), torch.tensor(y)[rows]


def train(kind: str, optimizer: str, way: str, width: int, rate: float, seed: int, x, y) -> float:
    """The loss at the end."""
    draws = torch.Generator().manual_seed(seed)
    net = network(kind, width)
    for layer in net:
        if isinstance(layer, nn.Linear | nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=draws)
            nn.init.zeros_(layer.bias)
    base = network(kind, width if way == "standard" else WIDTHS[kind][0])
    groups = mup.parametrise(net, base, rate, optimizer)
    descent = torch.optim.SGD(groups, rate, 0.9) if optimizer == "sgd" else torch.optim.Adam(groups, rate)
    batches = [torch.randint(0, len(y), (BATCH,), generator=draws) for _ in range(STEPS[kind])]
    learner.epoch(net, descent, x, y, batches)
    loss, _ = learner.measure(net, x, y, chunk=1000)
    return min(loss, WORST) if math.isfinite(loss) else WORST


def measured(nets: list[str], optimizers: list[str], seeds: int, known: set[tuple]) -> Iterator[dict]:
    x, y = images()
    for kind, optimizer in product(nets, optimizers):
        for width, power, seed in product(WIDTHS[kind], RATES[kind, optimizer], range(seeds)):
            for way in WAYS[: 1 if width == WIDTHS[kind][0] else 2]:  # at the base width they are one
                if (kind, optimizer, way, str(width), str(power), str(seed)) in known:
                    continue
                begin = time.process_time()
                loss = train(kind, optimizer, way, width, 2.0**power, seed, x, y)
                spent = time.process_time() - begin
                row = (kind, optimizer, way, width, power, seed, round(loss, 6), round(spent, 4))
                yield dict(zip(FIELDS, row, strict=True))


def expected_best(losses: list[float], k: int) -> float:
    """The mean of the lowest of k of these, drawn without replacement."""
    ordered, n = sorted(losses), len(losses)
    return sum(v * math.comb(n - 1 - i, k - 1) for i, v in enumerate(ordered)) / math.comb(n, k)


def report(rows: list[dict]) -> None:
    cells, seconds = defaultdict(dict), defaultdict(list)
    for r in rows:
        kind, optimizer, width = r["net"], r["optimizer"], int(r["width"])
        ways = WAYS if width == WIDTHS[kind][0] else (r["parametrisation"],)
        for way in ways:
            cells[kind, optimizer, way, width][int(r["log2_rate"]), int(r["seed"])] = float(r["loss"])
        seconds[kind, optimizer, width].append(float(r["seconds"]))
    for kind, optimizer in dict.fromkeys((k, o) for k, o, *_ in cells):
        widths, powers = WIDTHS[kind], list(RATES[kind, optimizer])
        print(f"\n{kind}, {optimizer}: log2 of the best rate (its mean loss) at widths {', '.join(map(str, widths))}")
        for way in WAYS:
            told, seeds = [], 0
            for width in widths:
                found = cells[kind, optimizer, way, width]
                seeds = len({seed for _, seed in found})
                means = {p: fmean(found[p, s] for s in range(seeds)) for p in powers}
                best = min(means, key=means.__getitem__)
                told.append(f"{best:4d} ({means[best]:.3f}{', edge' if best in (powers[0], powers[-1]) else ''})")
            print(f"  {way:9} {'  '.join(told)}   over {seeds} seeds")
        small, large = widths[0], widths[-1]
        narrow, wide = (median(seconds[kind, optimizer, w]) for w in (small, large))
        k = max(1, min(len(powers), round(1 + len(powers) * narrow / wide)))
        print(f"  at {large}, for {len(powers) * narrow + wide:.2f} CPU s ({narrow:.3f} s narrow, {wide:.3f} s wide):")
        for way in WAYS:
            base, there = cells[kind, optimizer, way, small], cells[kind, optimizer, way, large]
            taken = fmean(there[min(powers, key=lambda p: base[p, s]), s] for s in range(seeds))  # noqa: B023
            fresh = fmean(expected_best([there[p, s] for p in powers], k) for s in range(seeds))
            best = fmean(min(there[p, s] for p in powers) for s in range(seeds))
            print(f"  {way:9} rescaled {taken:.3f}   fresh, {k} wide trainings {fresh:.3f}   best {best:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nets", nargs="+", choices=list(WIDTHS), default=list(WIDTHS))
    parser.add_argument("--optimizers", nargs="+", choices=["sgd", "adam"], default=["sgd", "adam"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--csv", type=Path, default=Path(__file__).with_suffix(".csv"))
    parser.add_argument("--read", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows: list[dict] = []
    if options.csv.exists():
        with open(options.csv, newline="") as file:
            rows = list(csv.DictReader(file))
    if not options.read:
        known = {tuple(row[name] for name in FIELDS[:6]) for row in rows}
        with open(options.csv, "a", newline="") as file:
            writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
            if not rows:
                writer.writeheader()
            for row in measured(options.nets, options.optimizers, options.seeds, known):
                writer.writerow(row)
                file.flush()
                rows.append(row)
    report(rows)


if __name__ == "__main__":
    main()
