"""What every strategy on a supernet finds, beside random search at the same cost, over seeds.

    python tests/benchmarks/one_shot.py [--seeds 5] [--tasks digits,messy,textures] [--strategies gdas,snas …]
                                        [--cells 60] [--out FILE]

For each search: CPU seconds, the largest memory of its process, the cell that it would derive at its end with its true
test accuracy and rank of 5,044 (Digits-201: every cell trained alone), its edges without weights, and Kendall's τ of
the trained supernet against the truth, by the loss of some random paths, with recalibrated and with running statistics.
Beside it: how many cells could have been trained alone in that time (timed in the same process), what the best of so
many random cells is worth (by the validation images of one training; the mean of 2,000 draws), and the τ of the plain
number of 3×3 convolutions. With --out, each search is a line of a file, and the script goes on where it was stopped.
"""

import argparse
import json
import os
import resource
import time
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

TASKS = ("digits", "messy", "textures")
WEIGHTLESS = ("none", "skip", "avgpool")
ALONE = 3  # cells trained alone, to time one


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


def searched(work: tuple[str, str, int, int]) -> dict[str, Any]:
    """One search, in a process of its own."""
    name, data, seed, n_cells = work
    task, table = nasbook.task("digits-cells", data=data), nasbook.task(f"digits201-{data}")
    method = nasbook.method(name, task.space, seed=seed)
    begin = time.process_time()
    cells = []
    for trial, _ in method.run(task):
        if trial.status != "done":
            return {"strategy": name, "task": data, "seed": seed, "failed": trial.reason}
        cells.append(trial.config)
    seconds = time.process_time() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    rng = np.random.default_rng(0)  # the same cells for all
    some = [task.space.sample(rng) for _ in range(n_cells)]
    begin = time.process_time()
    for config in some[:ALONE]:
        task.evaluate(config, seed=0)
    alone = (time.process_time() - begin) / ALONE
    truth = [table.test_accuracy(config) for config in some]
    (train, val), path = method.images, method.places.path
    tau = {}
    begin = time.process_time()
    for how in ("recalibrated", "running"):
        with one_thread():
            losses = [evaluate_path(method.net, path(config), val, train, how)[0] for config in some]
        tau[how] = float(kendalltau(np.negative(losses), truth)[0])
    judged = (time.process_time() - begin) / (2 * n_cells)
    ops = list(cells[-1].values())
    return {
        "strategy": name,
        "task": data,
        "seed": seed,
        "seconds": seconds,
        "MB": memory,
        "cell": ops,
        "accuracy": table.test_accuracy(cells[-1]),
        "rank": table.rank(cells[-1]),
        "best on the way": max(table.test_accuracy(config) for config in cells),
        "weightless": sum(op in WEIGHTLESS for op in ops),
        "alone": alone,
        "judged": judged,
        **{f"tau {how}": value for how, value in tau.items()},
        "tau conv3x3": float(kendalltau([list(c.values()).count("conv3x3") for c in some], truth)[0]),
    }


def random_search(data: str, n: int, draws: int = 2000) -> float:
    """Mean test accuracy of the best of n random cells, chosen by the validation accuracy of one training."""
    table = nasbook.task(f"digits201-{data}")
    rows = table.index[np.random.default_rng(1).integers(len(table.index), size=(draws, n))]
    best = np.take_along_axis(rows, table.val[:, 0, -1][rows].argmax(1)[:, None], 1)[:, 0]
    return float(table.test[..., -1].mean(1)[best].mean())


def report(rows: list[dict[str, Any]]) -> None:
    mean = lambda key, some: float(np.mean([r[key] for r in some]))  # noqa: E731
    for data in TASKS:
        here = [r for r in rows if r["task"] == data]
        done = [r for r in here if "failed" not in r]
        if not done:
            continue
        print(f"\n{data}: a random cell {100 * random_search(data, 1):.1f} %; a cell trained alone", end=" ")
        print(f"{mean('alone', done):.2f} s, a judged path {mean('judged', done):.3f} s;", end=" ")
        print(f"τ of the number of 3×3 convolutions {mean('tau conv3x3', done):.2f}")
        print(f"{'':14} {'':5} | {'':6} {'':5} | {'found: true %':23} {'':4} {'edges without':13} | ", end="")
        print(f"{'as many cells':13} {'':6} | τ")
        print(
            f"{'strategy':14} seeds | {'s':>6} {'MB':>5} | {'mean (worst, best)':19} {'rank':>8} {'weights':>13} | ",
            end="",
        )
        print(f"{'alone: random':13} {'%':>6} | recalibrated running")
        for name in dict.fromkeys(r["strategy"] for r in here):
            some = [r for r in done if r["strategy"] == name]
            if not some:
                continue
            n = max(1, round(mean("seconds", some) / mean("alone", some)))
            accuracy = [100 * r["accuracy"] for r in some]
            found = f"{np.mean(accuracy):.1f} ({min(accuracy):.1f}, {max(accuracy):.1f})"
            print(
                f"{name:14} {len(some):5} | {mean('seconds', some):6.1f} {max(r['MB'] for r in some):5.0f} | "
                f"{found:19} {mean('rank', some):8.0f} {mean('weightless', some):13.1f} | "
                f"{n:13} {100 * random_search(data, n):6.1f} | "
                f"{mean('tau recalibrated', some):12.2f} {mean('tau running', some):7.2f}"
            )
    for row in rows:
        if "failed" in row:
            print(f"failed: {row}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--cells", type=int, default=60, help="random paths for τ")
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--strategies", default="")
    parser.add_argument("--out", type=Path, help="a file with a line for each search, which is gone on with")
    args = parser.parse_args()
    names = args.strategies.split(",") if args.strategies else strategies()
    rows = [json.loads(line) for line in args.out.read_text().splitlines()] if args.out and args.out.exists() else []
    known = {(r["strategy"], r["task"], r["seed"]) for r in rows}
    work = [(s, t, seed) for seed in range(args.seeds) for t in args.tasks.split(",") for s in names]
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        todo = [(*w, args.cells) for w in work if w not in known]
        for row in pool.imap(searched, todo, chunksize=1):
            rows.append(row)
            if args.out:
                with args.out.open("a") as file:
                    file.write(json.dumps(row) + "\n")
            print({k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()}, flush=True)
    report(rows)


if __name__ == "__main__":
    main()
