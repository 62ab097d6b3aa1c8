"""What lesson 12 claims of weight sharing, over seeds: how a trained supernet ranks, what is found with it, and when it
would pay.

    python tests/benchmarks/weight_sharing.py [--seeds 10] [--tasks messy,digits] [--epochs 3,12,36] [--out FILE]

A supernet is trained with uniform and with strictly fair draws, at several lengths; 150 random cells are judged
with recalibrated and with running statistics, and Kendall's τ with the truth of Digits-201 is printed, by loss and by
accuracy, beside that of the plain number of 3×3 convolutions. At the usual length SPOS' evolution goes on on it; beside
what that finds stand 100 random paths through the same supernet, and random search that trains cells alone for as many
steps. What ENAS' controller does stands in one_shot.py.

Costs are counted in steps of 50 images, forward and backward; an image forward is a third of that. With --out, each row
is a line of a file, and the script goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402
from scipy.stats import kendalltau  # noqa: E402

import nasbook  # noqa: E402
from nasbook.kit.threads import one_thread  # noqa: E402
from nasbook.nas.parts.single_path import evaluate_path  # noqa: E402

CELLS, USUAL = 150, 12  # cells judged; epochs an operation: what a cell that trains alone has


def task_of(data: str) -> Any:
    return nasbook.task("digits-cells", **({} if data == "digits" else {"data": data}))


def tau(scores: Any, truth: Any) -> float:
    return float(kendalltau(scores, truth).statistic)


def judged(method: Any, cells: list[Any], truth: np.ndarray) -> dict[str, float]:
    (train, val), found = method.images, {}
    for how in ("recalibrated", "running"):
        with one_thread():
            rows = [evaluate_path(method.net, method.places.path(c), val, train, how) for c in cells]
        loss, error = np.array(rows).T
        found |= {f"{how} loss": tau(-loss, truth), f"{how} accuracy": tau(-error, truth)}
        found |= {f"{how} level": 1 - float(error.mean())}
    return found


def ranked(data: str, sampling: str, epochs: int, seed: int) -> dict[str, Any]:
    """One supernet, the cells judged with it, and what SPOS' evolution finds on it."""
    task, table = task_of(data), nasbook.task(f"digits201-{data}")
    rng = np.random.default_rng(0)  # the same cells for all
    cells = [task.space.sample(rng) for _ in range(CELLS)]
    truth = np.array([table.test_accuracy(c) for c in cells])
    name, each = ("fairnas", 1) if sampling == "fair" else ("spos", 5)
    rounds = 5 if sampling == "uniform" and epochs == USUAL else 0
    method = nasbook.method(name, task.space, seed=seed, epochs=each * epochs, rounds=rounds, looks=1)
    row: dict[str, Any] = {"task": data, "sampling": sampling, "epochs": epochs, "seed": seed}
    run, trial, view = method.run(task), None, None
    for trial, view in run:
        if trial.status != "done":
            return {**row, "failed": trial.reason}
        if view.epoch == each * epochs:
            counts = method.counts.numpy()
            row |= judged(method, cells, truth) | {"counts": [int(counts.min()), int(counts.max())]}
            row["updates"] = int(counts.sum() / len(counts))
            row["conv3x3"] = tau([list(c.values()).count("conv3x3") for c in cells], truth)
    if rounds:
        rng = np.random.default_rng([1, seed])
        some = [task.space.sample(rng) for _ in range(len(view.scatter))]
        train, val = method.images
        with one_thread():
            losses = [evaluate_path(method.net, method.places.path(c), val, train)[0] for c in some]
        row |= {
            "found": table.test_accuracy(trial.config),
            "rank": table.rank(trial.config),
            "random path": table.test_accuracy(some[int(np.argmin(losses))]),
            "judged": len(view.scatter),
            "best judged": max(table.test_accuracy(list(ops)) for ops, _ in view.scatter),
        }
    return row


def work(options: argparse.Namespace) -> Iterator[tuple[Any, ...]]:
    for seed in range(options.seeds):
        for data in options.tasks.split(","):
            yield from ((data, s, int(e), seed) for e in options.epochs.split(",") for s in ("uniform", "fair"))


def key(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[k] for k in ("task", "sampling", "epochs", "seed"))


def plus_minus(x: Any, scale: float = 1.0, digits: int = 2) -> str:
    x = scale * np.asarray(x, float)
    return f"{x.mean():.{digits}f} ± {x.std(ddof=1) / len(x) ** 0.5:.{digits}f}" if len(x) > 1 else f"{x[0]:.{digits}f}"


def report(rows: list[dict[str, Any]]) -> None:
    from nasbook.widgets.random_on_table import found_by_random

    steps = {"messy": 240, "digits": 72, "textures": 144}  # of a cell alone
    look = {"messy": 4.0, "digits": 8 / 3, "textures": 4.0}  # steps of a judged path: (100 + validation images) / 150
    for data in dict.fromkeys(r["task"] for r in rows):
        here = [r for r in rows if r["task"] == data and "failed" not in r]
        for sampling, epochs in dict.fromkeys((r["sampling"], r["epochs"]) for r in here):
            some = [r for r in here if (r["sampling"], r["epochs"]) == (sampling, epochs)]
            print(f"{data}, {sampling}, {epochs} epochs an operation, {len(some)} seeds; τ:", end=" ")
            print(f"number of 3×3 convolutions {some[0]['conv3x3']:.2f};", end=" ")
            for how in ("recalibrated", "running"):
                print(f"{how}: loss {plus_minus([r[f'{how} loss'] for r in some])},", end=" ")
                print(f"accuracy {plus_minus([r[f'{how} accuracy'] for r in some])},", end=" ")
                print(f"level {plus_minus([r[f'{how} level'] for r in some], 100, 1)} %;", end=" ")
            low, high = np.array([r["counts"] for r in some]).T
            gain = [r["recalibrated loss"] - r["running loss"] for r in some]
            print(f"recalibrated − running {plus_minus(gain)}; counts {low.min()} … {high.max()}")
            if "found" in some[0]:
                cost = some[0]["updates"] + np.mean([r["judged"] for r in some]) * look[data]
                n = cost / steps[data]
                curve = found_by_random(f"digits201-{data}", 60)[0]
                found = np.mean([r["found"] for r in some])
                print(f"  evolution finds {plus_minus([r['found'] for r in some], 100, 1)} %,", end=" ")
                print(f"rank {plus_minus([r['rank'] for r in some], 1, 0)};", end=" ")
                print(f"as many random paths {plus_minus([r['random path'] for r in some], 100, 1)} %;", end=" ")
                print(f"the best cell it judged {plus_minus([r['best judged'] for r in some], 100, 1)} %;", end=" ")
                print(f"its cost is {n:.1f} cells alone, with which random search has", end=" ")
                print(f"{100 * curve[round(n) - 1]:.1f} %; it is worth {1 + int((curve < found).sum())} or", end=" ")
                print(f"less; alone : path = {steps[data] / look[data]:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--tasks", default="messy,digits")
    parser.add_argument("--epochs", default="3,12,36", help="lengths: epochs an operation")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = [json.loads(x) for x in options.out.read_text().splitlines()] if options.out and options.out.exists() else []
    known = {key(r) for r in rows}
    for one in work(options):
        if one in known:
            continue
        rows.append(ranked(*one))
        if options.out:
            with options.out.open("a") as file:
                file.write(json.dumps(rows[-1]) + "\n")
        print({k: round(v, 3) if isinstance(v, float) else v for k, v in rows[-1].items()}, flush=True)
    report(rows)


if __name__ == "__main__":
    main()
