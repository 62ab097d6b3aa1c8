"""Make hardware_chains.csv, hardware_compound.csv and hardware_prices.csv: what networks of two spaces reach and cost,
and what a price of latency does. The hardware lab and lesson 14 read them.

    python nasbook/data/make/hardware.py chains [FILE]       # about fifteen minutes of one core; resumable
    python nasbook/data/make/hardware.py compound [FILE]     # about a minute
    python nasbook/data/make/hardware.py prices [FILE]       # about three minutes; resumable

Chains: each of the 625 networks of mbconv-chain, trained alone on digits with seed 0. Compound: the networks of two
rules, φ = 0 … 3, with the mean of three seeds. Its latency is measured for 50 images and brought to the unit of the
table of operations (nas/spaces/chain_supernet.py) by chains that are measured in between. Prices: searches by
proxylessnas over ten seeds, one row an epoch: the latency that it expects, and the chain that it would give.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from nasbook.space import Arguments, Config

if TYPE_CHECKING:
    from nasbook.nas.spaces.architecture import Architectures
    from nasbook.tasks.architectures import Networks

DATA = Path(__file__).parents[1]
RULES = {"width alone": (1.0, 1.4, 1.0), "all three": (1.2, 1.1, 1.2)}
COSTS = ("parameters", "flops")
SEEDS = 3
PRICES = (0.0, 1.0, 3.0)
SEARCH: Arguments = {"epochs": 24, "warm_up": 8}


def trained(task: Networks, config: Config, seed: int) -> tuple[float, float, int, int]:
    """Errors on validation and test images, parameters, FLOPs."""
    from nasbook.kit.threads import one_thread
    from nasbook.nas.spaces.cost import flops, parameters
    from nasbook.tasks.architectures import Training

    with one_thread():
        training = Training(task, config, seed)
        training.learn(task.epochs, None, None)
        test = training.measure("test")[1]
    images = task.tensors["train"][0][:1]
    return training.rows[-1]["error"], test, parameters(training.net), flops(training.net, images)


def chains(path: Path) -> None:
    from nasbook.nas.spaces.block_chain import MBCONV
    from nasbook.tasks.architectures import Networks

    task = Networks("mbconv-chain", device="cpu")
    names = list(task.space.parameters)
    done = set()
    if path.exists():
        with path.open(newline="") as file:
            done = {tuple(row[name] for name in names) for row in csv.DictReader(file)}
    else:
        path.write_text(",".join((*names, "error", "test", *COSTS)) + "\n")
    for ops in product(MBCONV, repeat=len(names)):
        if ops not in done:
            error, test, *costs = trained(task, dict(zip(names, ops, strict=True)), 0)
            with path.open("a", newline="") as file:
                csv.writer(file, lineterminator="\n").writerow((*ops, f"{error:.5f}", f"{test:.5f}", *costs))


def compound(path: Path) -> None:
    from nasbook.tasks.architectures import Networks

    task = Networks("compound", device="cpu")
    rows = []
    for rule, (alpha, beta, gamma) in RULES.items():
        for phi in range(4):
            config = {"alpha": alpha, "beta": beta, "gamma": gamma, "phi": phi}
            runs = [trained(task, config, seed) for seed in range(SEEDS)]
            error, test = (sum(run[k] for run in runs) / SEEDS for k in (0, 1))
            time = microseconds(task.architectures, config)
            rows.append((rule, alpha, beta, gamma, phi, f"{error:.5f}", f"{test:.5f}", *runs[0][2:], round(time)))
            print(rows[-1], flush=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("rule", "alpha", "beta", "gamma", "phi", "error", "test", *COSTS, "latency"))
        writer.writerows(rows)


def prices(path: Path) -> None:
    from nasbook.search import search

    columns = ("price", "seed", "epoch", "expected", "network")
    done = set()
    if path.exists():
        with path.open(newline="") as file:
            done = {(float(row["price"]), int(row["seed"])) for row in csv.DictReader(file)}
    else:
        path.write_text(",".join(columns) + "\n")
    for seed, price in product(range(10), PRICES):
        if (price, seed) in done:
            continue
        trace = search("proxylessnas", "digits-mbconv-chain", seed=seed, price=price, views=True, **SEARCH)
        rows = [
            (price, seed, n, f"{step.view.expected_cost:.1f}", " ".join(step.trial.config.values()))
            for n, step in enumerate(trace.steps, 1)
        ]
        with path.open("a", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


def known() -> Iterator[tuple[Architectures, Config, float]]:
    """(spaces, configuration, latency by the table) of some chains to measure by."""
    from nasbook.nas.spaces.block_chain import BlockChain, MBConvChain
    from nasbook.nas.spaces.chain_supernet import LATENCIES, REST

    for spaces, ops in ((MBConvChain(), ("mb3e2", "mb5e2")), (BlockChain(), ("conv3x3", "conv5x5"))):
        for op in ops:
            yield spaces, dict.fromkeys(spaces.space.parameters, op), REST + 4 * LATENCIES[op]


def microseconds(spaces: Architectures, config: Config) -> float:
    """Latency of 50 images in the unit of the table: measured, times what chains have there for what they take here."""
    import numpy as np

    from nasbook.nas.spaces.cost import latency

    def here(spaces: Architectures, config: Config) -> float:
        return 1e6 * latency(spaces.build(config), spaces.example(50), repeats=15)

    unit = np.median([table / here(chain, its) for chain, its, table in known()])
    return float(unit * here(spaces, config))


if __name__ == "__main__":
    make = {"chains": chains, "compound": compound, "prices": prices}[sys.argv[1]]
    make(Path(sys.argv[2]) if len(sys.argv) > 2 else DATA / f"hardware_{sys.argv[1]}.csv")
