"""What every strategy on a supernet finds, beside random search at the same cost, over seeds.

    python tests/benchmarks/one_shot.py [--seeds 5] [--tasks digits,messy,textures] [--cells 60] [--report]
                                        [--strategies gdas,"darts epochs=12",…] [--out tests/benchmarks/one_shot.csv]

Each search is a line of the file, and the script goes on where the file ends; --report only reads it. A line: CPU
seconds, the largest memory of its process (MB), the cell that it would derive at its end, and Kendall's τ between what
the trained supernet says of some random paths and the truth, by their loss and by their accuracy, with recalibrated and
with running statistics. Truth is Digits-201: each of the 5,044 different cells trained alone, its mean test accuracy.

Beside it, in the report:
    as many cells    could have been trained alone in that time: one was, in the same process
    random search    the best of so many random cells by the validation images of one training: the mean of 2,000
                     such searches; "below": the share of them that found less than the strategy did;
                     "s.e. apart": the difference of the means in standard errors over the seeds
    count            the τ of the plain number of 3×3 convolutions
    wins from        the ratio cost(a cell alone) : cost(a judged path) from which the strategy would need less time
                     than the random search that finds as much, if its own time stayed as it is; "now": the ratio here
± is the standard deviation over the seeds.
"""

import argparse
import ast
import csv
import os
import resource
import time
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402
from scipy.stats import kendalltau  # noqa: E402

import nasbook  # noqa: E402
from nasbook import registry  # noqa: E402
from nasbook.kit.threads import one_thread  # noqa: E402
from nasbook.nas.parts.oneshot import SupernetTraining  # noqa: E402
from nasbook.nas.parts.single_path import evaluate_path  # noqa: E402
from nasbook.nas.spaces.nb201.cell import OPS, to_cell  # noqa: E402

Row = dict[str, Any]
FILE = Path(__file__).with_suffix(".csv")
TASKS = ("digits", "messy", "textures")
TAUS = ("tau_loss", "tau_accuracy", "tau_loss_running", "tau_accuracy_running")
CURVES = ("reward", "reward_end", "policy", "policy_end")  # after the first epoch and the last, of a search by a policy
COLUMNS = ("strategy", "task", "seed", "cell", "seconds", "MB", "alone", "path", *TAUS, *CURVES, "failed")
SEARCHES, LONGEST = 2000, 300  # random searches, and the cells of one


def strategies() -> list[str]:
    """Those that train a supernet of these cells."""
    space, found = nasbook.task("digits-cells").space, []
    for entry in registry.METHODS:
        if issubclass(cls := entry.load(), SupernetTraining):
            try:
                cls(space)
            except ValueError:
                continue
            found.append(entry.name)
    return found


def searched(strategy: str, data: str, seed: int, n_cells: int) -> Row:
    """One search, in a process of its own. strategy: a method and, if they are others, its settings."""
    name, *settings = strategy.split()
    task, table = nasbook.task("digits-cells", data=data), nasbook.task(f"digits201-{data}")
    chosen = {k: ast.literal_eval(v) for k, v in (s.split("=") for s in settings)}
    method = nasbook.method(name, task.space, seed=seed, **chosen)
    row: Row = {"strategy": strategy, "task": data, "seed": seed, "seconds": 0.0}
    policy = []
    begin = time.process_time()
    for trial, view in method.run(task):
        row["seconds"] += time.process_time() - begin
        if trial.status != "done":
            return row | {"failed": trial.reason}
        if view.reward is not None:
            policy.append((view.reward, policy_truth(method, table)))
        begin = time.process_time()
    row["MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    row["cell"] = key(trial.config)
    if policy:
        row |= {name: policy[end][k] for name, (k, end) in zip(CURVES, product((0, 1), (0, -1)), strict=True)}

    some = sample(n_cells)
    begin = time.process_time()
    task.evaluate(some[seed % n_cells], seed=0)
    row["alone"] = time.process_time() - begin
    (train, val), path = method.images, method.places.path
    truth = [table.test_accuracy(config) for config in some]
    for how, end in (("running", "_running"), ("recalibrated", "")):
        begin = time.process_time()
        with one_thread():
            losses, errors = np.transpose([evaluate_path(method.net, path(config), val, train, how) for config in some])
        row["path"] = (time.process_time() - begin) / n_cells
        row[f"tau_loss{end}"], row[f"tau_accuracy{end}"] = tau(-losses, truth), tau(-errors, truth)
    return row


def key(cell: Any) -> str:
    """Its six operations as digits."""
    return "".join(map(str, to_cell(cell)))


def tau(score: Any, truth: Any) -> float:
    return float(kendalltau(score, truth)[0])


def sample(n: int) -> list[dict[str, Any]]:
    """The same random cells for all."""
    rng, space = np.random.default_rng(0), nasbook.task("digits-cells").space
    return [space.sample(rng) for _ in range(n)]


def policy_truth(method: Any, table: Any, n: int = 200) -> float:
    """Mean true accuracy of cells drawn from the policy; the search's own random numbers stay where they are."""
    drawn = method.draw(n, np.random.default_rng(0))
    return float(np.mean([table.test_accuracy(method.places.config(path)) for path in drawn]))


# ---- the report ----------------------------------------------------------------------------------------------------


def random_searches(table: Any) -> np.ndarray:
    """(SEARCHES, LONGEST) true accuracy of what each has found after 1, 2 … cells."""
    rows = table.index[np.random.default_rng(1).integers(len(table.index), size=(SEARCHES, LONGEST))]
    val = table.val[:, 0, -1][rows]
    lead = np.maximum.accumulate(val, 1)
    new = np.column_stack([np.ones(SEARCHES, bool), lead[:, 1:] > lead[:, :-1]])
    best = np.maximum.accumulate(np.where(new, np.arange(LONGEST), 0), 1)
    return table.test[..., -1].mean(1)[np.take_along_axis(rows, best, 1)]


def spread(x: Any, digits: int = 2) -> str:
    """Mean ± standard deviation."""
    x = np.asarray(x, float)
    return "" if not len(x) else f"{x.mean():.{digits}f}" + (f" ± {x.std(ddof=1):.{digits}f}" if len(x) > 1 else "")


def report(rows: list[Row], n_cells: int) -> None:
    for data in TASKS:
        here = [r for r in rows if r["task"] == data and not r.get("failed")]
        if here:
            report_task(data, here, n_cells)
    for row in rows:
        if row.get("failed"):
            print(f"failed: {row}")


def report_task(data: str, rows: list[Row], n_cells: int) -> None:
    table = nasbook.task(f"digits201-{data}")
    chance = random_searches(table)
    curve = np.maximum.accumulate(chance.mean(0))
    some, alone, path = sample(n_cells), mean("alone", rows), mean("path", rows)
    every = np.array(list(np.ndindex(*[len(OPS)] * 6)))
    convs, truth = (every == OPS.index("conv3x3")).sum(1), table.test[..., -1].mean(1)[table.index]
    among = tau([key(c).count("3") for c in some], [table.test_accuracy(c) for c in some])
    print(f"\n{data}: a random cell {100 * curve[0]:.1f} %; a cell trained alone {alone:.2f} s, a judged path", end=" ")
    print(f"{1000 * path:.0f} ms: {alone / path:.0f} : 1 now. τ of the count of 3×3 convolutions {among:.2f} on these")
    print(f"{n_cells} cells, {tau(convs, truth):.2f} on all.")
    head = ("strategy", "n", "CPU s", "MB", "found, true %", "worst", "best", "rank", "no weights", "cells alone")
    head += ("random %", "below", "s.e. apart", "τ loss recal.", "running", "τ accuracy recal.", "running", "wins from")
    lines = [head]
    for name in sorted({r["strategy"] for r in rows}):
        mine = [r for r in rows if r["strategy"] == name]
        found = np.array([table.test_accuracy(r["cell"]) for r in mine])
        cost = mean("seconds", mine)
        n = min(LONGEST, max(1, round(cost / alone)))
        enough = int(np.searchsorted(curve, found.mean())) + 1  # cells of a random search that finds as much
        lines.append(
            (
                name,
                str(len(mine)),
                spread([r["seconds"] for r in mine], 1),
                max((f"{r['MB']:.0f}" for r in mine if "MB" in r), default=""),
                spread(100 * found, 1),
                f"{100 * found.min():.1f}",
                f"{100 * found.max():.1f}",
                f"{np.mean([table.rank(r['cell']) for r in mine]):.0f}",
                spread([sum(r["cell"].count(op) for op in "014") for r in mine], 1),
                str(n),
                f"{100 * curve[n - 1]:.1f}",
                f"{(chance[:, n - 1] < found[:, None]).mean():.0%}",
                f"{(found.mean() - curve[n - 1]) / (found.std(ddof=1) / len(mine) ** 0.5):+.1f}"
                if len(mine) > 1
                else "",
                *(spread([r[t] for r in mine if t in r]) for t in np.array(TAUS)[[0, 2, 1, 3]]),
                f"{cost / (path * enough):.0f} : 1" if enough < LONGEST else "",
            )
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())
    differences(rows)


def differences(rows: list[Row]) -> None:
    """What recalibration does to τ, search by search, and how reward and truth of a policy move."""
    for name in sorted({r["strategy"] for r in rows}):
        mine = [r for r in rows if r["strategy"] == name]
        for what in ("loss", "accuracy"):
            gain = [r[f"tau_{what}"] - r[f"tau_{what}_running"] for r in mine if f"tau_{what}" in r]
            if gain:
                up = sum(np.array(gain) > 0)
                print(f"{name}: recalibration lifts τ of the {what} by {spread(gain)}, in {up} of {len(gain)}")
        if told := [r for r in mine if "reward" in r]:
            up = sum(r["reward_end"] > r["reward"] for r in told)
            down = sum(r["policy_end"] < r["policy"] for r in told)
            first, last, before, after = (spread([r[c] for r in told]) for c in CURVES)
            print(f"{name}: reward {first} -> {last}, up in {up} of {len(told)}; true accuracy of its policy", end=" ")
            print(f"{before} -> {after}, down in {down} of {len(told)}")


def mean(name: str, rows: list[Row]) -> float:
    """Of the rows that tell it."""
    return float(np.mean([r[name] for r in rows if name in r]))


# ---- the file ------------------------------------------------------------------------------------------------------


def kept(file: Path) -> list[Row]:
    """The searches that are in the file."""
    if not file.exists():
        return []
    with file.open(newline="") as lines:
        return [{k: number(k, v) for k, v in row.items() if v} for row in csv.DictReader(lines)]


def number(column: str, text: str) -> Any:
    return text if column in ("strategy", "task", "cell", "failed") else int(text) if column == "seed" else float(text)


def keep(file: Path, row: Row) -> None:
    new = not file.exists()
    with file.open("a", newline="") as lines:
        writer = csv.DictWriter(lines, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow({k: f"{v:.4g}" if isinstance(v, float) else v for k, v in row.items()})


def seeds(text: str) -> range:
    """ "5": the first five; "5-9": from 5 to 9."""
    first, dash, last = text.partition("-")
    return range(int(first), int(last) + 1) if dash else range(int(first))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=seeds, default="5", help="5: the first five; 5-9: from 5 to 9")
    parser.add_argument("--cells", type=int, default=60, help="random paths for τ")
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--strategies", default="")
    parser.add_argument(
        "--out", type=Path, default=FILE, help="a file with a line for each search, which is gone on with"
    )
    parser.add_argument("--report", action="store_true", help="search nothing, print what is in the file")
    args = parser.parse_args()
    names = args.strategies.split(",") if args.strategies else strategies()
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for seed, data, name in product(() if args.report else args.seeds, args.tasks.split(","), names):
            if (name, data, seed) not in {(r["strategy"], r["task"], r["seed"]) for r in kept(args.out)}:
                keep(args.out, row := pool.apply(searched, (name, data, seed, args.cells)))
                print(*(f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()), flush=True)
    report(kept(args.out), args.cells)


if __name__ == "__main__":
    main()
