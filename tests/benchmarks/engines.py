"""How much of k workers' time the engines use, what a short trial costs them, and how a method's asks scale.

    python tests/benchmarks/engines.py [local ray asks] [--workers 1 2 4 8] [--tasks 8]

Throughput: tasks sleep for a second; from each worker's first result on, the share of its time that it slept. Goal:
0.9, at the second attempt at the latest.
Overhead: tasks sleep for 10 ms on one worker; what the rest of a trial takes, by the clock and in CPU time of the
driver and all that it has started (Ray's daemons, too). Goals: 50 ms and 10 ms.
Asks: each ask/tell method with 1,000 trials in flight; a trial is told and another is asked for. Milliseconds for both,
and what share of one core's time they take where the trials of 1,000 workers last a minute (16.7 arrivals a second).
Nothing is asserted; the last line says what was missed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil

import nasbook
from nasbook import registry
from nasbook.method import Method
from nasbook.trace import Trace

STUDY = """
schema: nasbook/study@1
name: throughput
task: {{name: "nap:nap", arguments: {{seconds: {seconds}}}}}
space: {{x: {{type: float, low: 0, high: 1}}}}
method: {{name: random}}
budget: {{trials: {trials}}}
workers: {workers}
"""
NAP = "import time\n\n\ndef nap(config, seconds):\n    time.sleep(seconds)\n    return config['x']\n"
IN_FLIGHT, TOLD = 1000, 200
PATIENCE = 10.0  # seconds for one method
FLOATS = nasbook.Space(
    lr=nasbook.Float(1e-4, 1, log=True),
    x=nasbook.Float(0, 1),
    y=nasbook.Float(0, 1),
    n=nasbook.Int(1, 64),
    kind=nasbook.Choice(["a", "b", "c"]),
)
NUMBERS = nasbook.Space(x=nasbook.Float(0, 1), y=nasbook.Float(0, 1), lr=nasbook.Float(1e-4, 1, log=True))


def cpu_seconds(processes: list[psutil.Process], known: dict[int, float]) -> float:
    """Of a process and its descendants, with those that have ended."""
    for process in processes:
        try:
            for one in [process, *process.children(recursive=True)]:
                t = one.cpu_times()
                known[one.pid] = t.user + t.system
        except psutil.Error:
            pass
    return sum(known.values())


def run(engine: str, workers: int, trials: int, seconds: float) -> tuple[Trace, float]:
    """The trace, and CPU seconds a trial once the workers are up."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "nap.py").write_text(NAP)
        (here / "study.yaml").write_text(STUDY.format(seconds=seconds, trials=trials, workers=workers))
        file = here / "out" / "trace.jsonl"
        command = [sys.executable, "-m", "nasbook.cli", "run", here / "study.yaml", "--out", here / "out"]
        process = subprocess.Popen([*command, "--engine", engine], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        marks, known = [], {}
        while process.poll() is None:
            told = file.read_text().count('"event": "tell"') if file.exists() else 0
            marks.append((told, cpu_seconds([psutil.Process(process.pid)], known)))
            time.sleep(0.05)
        if process.returncode:
            raise RuntimeError(process.stderr.read().decode().splitlines()[-1])
        up = [mark for mark in marks if 2 * workers <= mark[0]]
        spent = (up[-1][1] - up[0][1]) / max(1, up[-1][0] - up[0][0]) if up else float("nan")
        return Trace.load(file), spent


def spans(trace: Trace) -> tuple[int, float]:
    """Trials after each worker's first result, and the seconds that the workers took for them together."""
    ends = defaultdict(list)
    for trial in trace.trials:
        ends[trial.worker].append(trial.end)
    return sum(len(e) - 1 for e in ends.values()), sum(max(e) - min(e) for e in ends.values())


def throughput(engine: str, workers: list[int], tasks: int) -> list[str]:
    missed = []
    for k in workers:
        shares: list[float] = []
        while len(shares) < 2 and max(shares, default=0) < 0.9:  # what else runs here may have come between
            n, seconds = spans(run(engine, k, tasks * k, 1.0)[0])
            shares.append(n / seconds)
        said = ", at first ".join(f"{share:.3f}" for share in reversed(shares))
        print(f"{engine:6} {k} workers, {tasks * k:3} tasks of 1 s: efficiency {said}", flush=True)
        missed += [f"{engine} with {k} workers {max(shares):.2f} of 0.9"] if max(shares) < 0.9 else []
    trace, cpu = run(engine, 1, 300, 0.01)
    n, seconds = spans(trace)
    wall, cpu = 1000 * (seconds / n - 0.01), 1000 * cpu
    print(f"{engine:6} 1 worker, 300 tasks of 10 ms: overhead {wall:.1f} ms wall, {cpu:.1f} ms CPU", flush=True)
    missed += [f"{engine} {wall:.0f} of 50 ms wall"] if wall > 50 else []
    return missed + ([f"{engine} {cpu:.1f} of 10 ms CPU"] if cpu > 10 else [])


def asks() -> list[str]:
    missed = []
    epochs = nasbook.Fidelity("epoch", 1, 27)
    print(f"\n{'method':28} ms an ask and a tell   share of a core at 16.7 arrivals a second")
    for entry in registry.entries("method"):
        cls = entry.load()
        if not issubclass(cls, Method):
            continue
        space = next(
            (s for s in (FLOATS, NUMBERS, nasbook.task("nb201-cifar10").space) if cls.refusal(s) is None), None
        )
        if space is None:
            print(f"{entry.name:28} (asks for another space)")
            continue
        method = cls(space, seed=0, **cls.suited({}, epochs))
        begin, flying, rng = time.process_time(), [], np.random.default_rng(0)
        while len(flying) < IN_FLIGHT and time.process_time() - begin < PATIENCE and (trial := method.ask()):
            flying.append(trial)
        begin, told = time.process_time(), 0
        while flying and told < TOLD and time.process_time() - begin < PATIENCE:
            trial = flying.pop(int(rng.integers(len(flying))))
            values = tuple(rng.normal(size=2).tolist()) if method.several else None
            method.tell(replace(trial, status="done", value=float(rng.normal()), values=values, cost=1.0))
            told += 1
            if asked := method.ask():
                flying.append(asked)
        each = (time.process_time() - begin) / told
        share = each * IN_FLIGHT / 60
        waits = f"   (it waits with {len(flying)} in flight)" if len(flying) < IN_FLIGHT else ""
        print(f"{entry.name:28} {1000 * each:12.2f} {share:28.3f}{waits}", flush=True)
        if share > 1:
            missed.append(f"{entry.name} keeps {60 / each:.0f} of 1,000 workers busy")
    return missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["local", "ray", "asks"])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--tasks", type=int, default=8, help="for each worker")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    missed = []
    for engine in ("local", "ray"):
        if engine in options.what:
            try:
                missed += throughput(engine, options.workers, options.tasks)
            except RuntimeError as error:
                missed.append(f"{engine}: {error}")
    missed += asks() if "asks" in options.what else []
    print("Missed:", "; ".join(missed) or "nothing")


if __name__ == "__main__":
    main()
