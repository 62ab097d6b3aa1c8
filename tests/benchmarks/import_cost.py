"""What `import nasbook` costs in CPU seconds: median and range of fresh processes. Goal: at most 0.2 s.

python tests/benchmarks/import_cost.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys

RUNS = 9


def cpu_seconds(statement: str) -> list[float]:
    code = f"import time; {statement}; print(time.process_time())"
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(RUNS)
    ]
    return sorted(float(r.stdout) for r in runs)


if __name__ == "__main__":
    for statement in ("pass", "import numpy", "import nasbook"):
        s = cpu_seconds(statement)
        print(f"{statement:16} {statistics.median(s):.3f} s  ({s[0]:.3f} … {s[-1]:.3f}, {RUNS} processes)")
