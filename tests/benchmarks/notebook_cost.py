"""What each notebook costs from top to bottom, on one core and without a page.

    python tests/benchmarks/notebook_cost.py [NOTEBOOK ...]

Goals: at most 60 s and 1 GB each. Printed: wall and CPU seconds, and the largest memory of the kernel together with the
processes that it starts (lesson 21 runs a study with two workers).
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import nbformat  # noqa: E402
import psutil  # noqa: E402

from nasbook.course.running import client  # noqa: E402

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


class Meter(threading.Thread):
    """Watches everything that this process has started."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak, self.cpu, self.running = 0, {}, True

    def run(self) -> None:
        me = psutil.Process()
        while self.running:
            memory = 0
            for process in me.children(recursive=True):
                try:
                    full = process.memory_full_info()
                    memory += getattr(full, "pss", full.rss)  # on Linux a page that several share counts once
                    self.cpu[process.pid] = sum(process.cpu_times()[:2])
                except psutil.Error:
                    continue
            self.peak = max(self.peak, memory)
            time.sleep(0.1)


def cost(path: Path) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds, peak memory in MB."""
    notebook, meter = nbformat.read(path, 4), Meter()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NASBOOK_PROGRESS"] = str(Path(folder) / "progress.json")
        meter.start()
        begin = time.perf_counter()
        with client(notebook, folder) as kernel:
            kernel.execute()
        seconds = time.perf_counter() - begin
    meter.running = False
    meter.join()
    return seconds, sum(meter.cpu.values()), meter.peak / 1e6


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(f"{'notebook':26}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}")
    for path in map(Path, sys.argv[1:]) if sys.argv[1:] else sorted(NOTEBOOKS.glob("*.ipynb")):
        wall, cpu, memory = cost(path)
        missed = " misses 60 s" * (wall > 60) + " misses 1 GB" * (memory > 1000)
        print(f"{path.stem:26}{wall:8.1f}{cpu:8.1f}{memory:9.0f}{missed}", flush=True)
