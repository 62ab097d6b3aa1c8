"""Methods side by side with their matched peers, in one run: same functions, budgets, starts and seeds.

    python tests/benchmarks/hpo_suite.py --smac smac-venv/bin/python --keep suite.jsonl

Who meets whom stands in peers.py; how to make a Python with SMAC3 in smac_peer.py. Each function is moved by the seed
(nasbook.tasks.functions), the last eight also turned, so a seed is one problem, the same for all. On the table
Digits-HPO, the methods of several fidelities meet random search at equal total epochs (hpo_fidelity.py).

Regret is the best value so far minus the optimum, at least 1e-9. Printed: the anytime area (mean of log10 regret over
all trials; lower is better), the median final regret, the mean rank of the final regret among all; for each pair a
Wilcoxon signed-rank test of the area over the seeds, function by function and on their mean ("all"), with Holm's
correction over all tests, and mean ranks over the functions with Nemenyi's critical difference; the CPU that an ask
costs when n trials are known; and what misses the bar: not worse than the peer beyond noise, for TPE a faster ask than
Optuna's, and for the Gaussian process one at half of its price.

With --keep, each run is written to a file as it ends, and a later call goes on from there. --minutes is for a machine
that is busy: when they are over, what is complete is reported. One BLAS thread. This is a measurement, not a test.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from functools import partial
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[name] = "1"

import hpo_fidelity  # noqa: E402
import numpy as np  # noqa: E402
import peers  # noqa: E402

import nasbook  # noqa: E402
from nasbook.statistics import average_ranks, bootstrap_mean, critical_difference, holm, wilcoxon  # noqa: E402
from nasbook.tasks.functions import Function  # noqa: E402

TASKS: dict[str, Callable[[int], Function]] = {  # seed -> function
    "branin": lambda seed: nasbook.task("branin", shift=seed),
    "hartmann6": lambda seed: nasbook.task("hartmann6", shift=seed),
    "rosenbrock": lambda seed: nasbook.task("rosenbrock", d=4, shift=seed),
    "ackley": lambda seed: nasbook.task("ackley", d=5, shift=seed),
}
CURVED = ("rosenbrock", "ellipsoid", "ackley")
TURNED = {  # the same, but no axis is a direction of theirs
    f"turned {name} {d}": lambda seed, f=f, d=d: f(d=d, shift=seed, rotation=seed)
    for name, f in [("ridge", peers.sharp_ridge), *((n, partial(nasbook.task, n)) for n in CURVED)]
    for d in (5, 10)
}
TASKS |= TURNED
COUNTS = (10, 50, 100, 200)
FLOOR = 1e-9
Key = tuple[str, str, int]  # name, task, seed; or name, "cost", n


def measure(key: Key, trials: int, smac: str) -> list[float]:
    """The values of one search, or the milliseconds of asks."""
    warnings.filterwarnings("ignore")
    peers.Smac.python = smac
    name, task, number = key
    if task == "cost":
        return peers.milliseconds(name, number)
    return peers.values_of(name, TASKS[task](number), number, trials).tolist()


def run_all(keys: list[Key], known: dict[Key, list[float]], args: argparse.Namespace) -> Iterator[tuple[Key, list]]:
    """Measure what is not known yet, in the order of the keys, until the minutes are over."""
    end = time.monotonic() + 60 * args.minutes
    todo = iter([key for key in keys if key not in known])
    with ProcessPoolExecutor(args.jobs) as pool:
        start = lambda n: {pool.submit(measure, key, args.trials, args.smac): key for key in islice(todo, n)}  # noqa: E731
        running = start(args.jobs) if args.minutes > 0 else {}
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
                if time.monotonic() < end:
                    running |= start(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--names", nargs="*", default=peers.NAMES, choices=peers.NAMES)
    parser.add_argument("--tasks", nargs="*", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--smac", default="", help="a Python that has SMAC3 (smac_peer.py says how to make it)")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="report what is complete after so many")
    parser.add_argument("--keep", type=Path, help="a file for what has been measured, from which a later call goes on")
    parser.add_argument("--epochs", type=int, default=600, help="of each search on Digits-HPO; 0 leaves it out")
    args = parser.parse_args()
    names = [n for n in args.names if (n != "SMAC3" or args.smac) and (n != "BoTorch" or find_spec("botorch"))]
    if "SMAC3" in args.names and not args.smac:
        print("SMAC3 is left out: --smac must name a Python that has it (smac_peer.py says how to make one)\n")
    if "BoTorch" in args.names and "BoTorch" not in names:
        print("BoTorch is left out: it is not installed\n")

    known: dict[Key, list[float]] = {}
    if args.keep and args.keep.exists():
        lines = [json.loads(line) for line in args.keep.read_text().splitlines()]
        known = {tuple(key): found for key, trials, found in lines if trials == args.trials}
    keys = [(name, "cost", n) for n in COUNTS for name in names]
    keys += [(name, task, seed) for name in names for task in args.tasks for seed in range(args.seeds)]
    for key, found in run_all(keys, known, args):
        known[key] = found
        if args.keep:
            with args.keep.open("a") as file:
                file.write(json.dumps([key, args.trials, found]) + "\n")

    whole = {(n, t) for n in names for t in args.tasks if all((n, t, s) in known for s in range(args.seeds))}
    missed = report_regret(known, names, whole, args)
    if all((n, "cost", c) in known for n in names for c in COUNTS):
        missed += report_cost(known, names)
    if args.epochs:
        print("\nDigits-HPO\n")
        hpo_fidelity.report(max(args.seeds, 20), args.epochs)
    whole_suite = len(whole) == len(names) * len(args.tasks)
    print("\nMissed:", "; ".join(missed) or ("nothing" if whole_suite else "nothing of what is complete"), end=".\n")


def report_regret(known: dict, names: list[str], whole: set, args: argparse.Namespace) -> list[str]:
    """Print regrets, ranks and tests of the (name, task) that are whole; what is worse than its peer beyond noise."""
    area, final, ranks = {}, {}, {}  # (name, task) -> (seeds,)
    for t in args.tasks:
        optimum = [TASKS[t](s).optimum for s in range(args.seeds)]
        there = [n for n in names if (n, t) in whole]
        for n in there:
            best = np.minimum.accumulate([known[n, t, s] for s in range(args.seeds)], axis=1) - np.c_[optimum]
            curves = np.log10(np.maximum(best, FLOOR))  # (seeds, trials)
            area[n, t], final[n, t] = curves.mean(1), curves[:, -1]
        if there:
            mean = average_ranks(np.column_stack([final[n, t] for n in there])) if there[1:] else [1.0]
            ranks |= {(n, t): f"{rank:.1f}/{len(there)}" for n, rank in zip(there, mean, strict=True)}
    print(
        f"{args.trials} trials, {args.seeds} seeds: mean area of log10 regret, median final regret, mean final rank\n"
    )
    print(f"{'':24}" + "".join(f"{t:>26}" for t in args.tasks))
    for n in names:
        cells = [
            f"{area[n, t].mean():.2f}  {10 ** np.median(final[n, t]):.2g}  {ranks[n, t]}" if (n, t) in whole else "–"
            for t in args.tasks
        ]
        print(f"{n:24}" + "".join(f"{c:>26}" for c in cells))
    blocks = [t for t in args.tasks if all((n, t) in whole for n in names)]
    if len(blocks) > 1 and len(names) > 1:  # a function is a block: its seeds are no independent problems
        overall = average_ranks([[area[n, t].mean() for n in names] for t in blocks])
        order = sorted(zip(names, overall, strict=True), key=lambda pair: pair[1])
        print(f"\nMean ranks of the area over {len(blocks)} functions: " + ", ".join(f"{n} {r:.1f}" for n, r in order))
        print(f"critical difference (Nemenyi, 0.05) {critical_difference(len(names), len(blocks)):.1f}")
    left_out = [f"{n} on {t}" for n in names for t in args.tasks if (n, t) not in whole]
    if left_out:
        print(f"\nNot complete when the time was over: {', '.join(left_out)}.")

    tests: list[tuple[str, str, str]] = []
    for ours, peer in peers.PAIRS:
        both = [t for t in args.tasks if {(ours, t), (peer, t)} <= whole]
        tests += [(ours, peer, t) for t in both]
        if len(both) > 1:
            tests.append((ours, peer, f"all {len(both)}"))
            for n in (ours, peer):
                area[n, f"all {len(both)}"] = np.mean([area[n, t] for t in both], axis=0)
    p_values = [wilcoxon(area[o, t], area[p, t]) for o, p, t in tests]
    missed = []
    print(f"\n{'ours against its peer':62}{'difference of the area':>30}{'p':>9}{'Holm':>9}")
    for (ours, peer, t), p, corrected in zip(tests, p_values, holm(p_values), strict=True):
        difference, low, high = bootstrap_mean(area[ours, t] - area[peer, t])
        band = f"{difference:.3f} [{low:.3f}, {high:.3f}]"
        print(f"{f'{ours} – {peer}, {t}':62}{band:>30}{p:9.3f}{corrected:9.3f}")
        if corrected < 0.05 and difference > 0:
            missed.append(f"{ours} is worse than {peer} on {t}")
    return missed


def report_cost(known: dict, names: list[str]) -> list[str]:
    """Print what an ask costs; where a method that should be faster than its peers is not."""
    print(f"\nCPU of an ask in milliseconds, p50 / p95\n{'':24}" + "".join(f"{f'n={n}':>18}" for n in COUNTS))
    half = {}
    for name in names:
        cells = [np.percentile(known[name, "cost", n], [50, 95]) for n in COUNTS]
        half |= {(name, n): cell[0] for n, cell in zip(COUNTS, cells, strict=True)}
        print(f"{name:24}" + "".join(f"{f'{a:.2f} / {b:.2f}':>18}" for a, b in cells))
    return [
        f"an ask of {ours} takes {half[ours, n]:.2f} ms at n={n}, one of {peer} {half[peer, n]:.2f}"
        for ours, peer in peers.PAIRS
        if (ours, peer) in peers.FASTER and {ours, peer} <= set(names)
        for n in COUNTS
        if half[ours, n] > peers.FASTER[ours, peer] * half[peer, n]
    ]


if __name__ == "__main__":
    main()
