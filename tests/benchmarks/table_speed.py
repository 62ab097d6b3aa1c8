"""How fast and how large the bundled NAS-Bench-201 tables are.

    python tests/benchmarks/table_speed.py

Goals: ≤50 ms to open one table in a fresh process that has imported numpy, ≤20 µs from a configuration to its
value, ≤2 MB for the three files. Nothing is asserted; a goal that is missed is marked.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ONE_PROCESS = """
import json, resource, sys, time
import numpy as np

def seconds(call):
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu

def load_module():
    global tables
    import nasbook.tasks.nb201 as tables

def open_table():
    global task
    task = tables.NB201(sys.argv[1])

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = {"import": seconds(load_module), "open": seconds(open_table), "again": seconds(open_table)}
configs = [task.space.sample(np.random.default_rng(i)) for i in range(2000)]

def query():
    for i, config in enumerate(configs):
        task.evaluate(config, seed=i)

def look_up():
    for config in configs:
        task.accuracy(config)

for name, call in (("query", query), ("mean", look_up)):
    call()
    found[name] = tuple(t / len(configs) for t in min(seconds(call) for _ in range(7)))
found["MiB"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
print(json.dumps(found))
"""
DATASETS = ("cifar10", "cifar100", "imagenet16")
REPEATS = 5


def measure(dataset: str) -> dict[str, list[float]]:
    """The median of some fresh processes: (wall, CPU) seconds of each thing."""
    runs = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", ONE_PROCESS, dataset],
                check=True,
                capture_output=True,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            ).stdout
        )
        for _ in range(REPEATS)
    ]
    middle = REPEATS // 2
    return {
        k: [sorted(r[k][i] for r in runs)[middle] for i in (0, 1)]
        if isinstance(runs[0][k], list)
        else [sorted(r[k] for r in runs)[middle]]
        for k in runs[0]
    }


def main() -> None:
    import nasbook

    print(f"median of {REPEATS} fresh processes, wall / CPU\n")
    print(f"{'table':12}{'import module':>20}{'open':>20}{'one evaluation':>22}{'mean accuracy':>22}{'memory':>10}")
    for dataset in DATASETS:
        found = measure(dataset)
        ms = {k: f"{1e3 * found[k][0]:.1f} / {1e3 * found[k][1]:.1f} ms" for k in ("import", "open")}
        us = {k: f"{1e6 * found[k][0]:.2f} / {1e6 * found[k][1]:.2f} µs" for k in ("query", "mean")}
        row = f"{dataset:12}{ms['import']:>20}{ms['open']:>20}{us['query']:>22}{us['mean']:>22}"
        row += f"{found['MiB'][0]:>6.1f} MiB"
        missed = [k for k, goal in (("open", 50e-3), ("query", 20e-6)) if found[k][0] > goal]
        print(row + (f"   MISSED: {', '.join(missed)}" if missed else ""))

    files = sorted((Path(nasbook.__file__).parent / "data").glob("*.npy"))
    size = sum(file.stat().st_size for file in files)
    print(f"\n{len(files)} files, {size:,} bytes" + ("   MISSED: size" if size > 2_000_000 else ""))


if __name__ == "__main__":
    main()
