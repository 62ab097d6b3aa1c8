"""What ten trainings cost in CPU seconds, with torch's own choice of threads and with the one that they take.

    python tests/benchmarks/training_threads.py [--rivals 2]

Each case runs in a process of its own; `rivals` processes that only compute stand for other kernels on the machine.
"""

import argparse
import json
import os
import subprocess
import sys

CODE = """
import json, resource, sys, time
import nasbook, numpy as np
task = nasbook.task(sys.argv[1])
rng = np.random.default_rng(0)
configs = [task.space.sample(rng) for _ in range(10)]
task.evaluate(configs[0], fidelity=1)
spent = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
cpu, wall = spent(), time.perf_counter()
for i, config in enumerate(configs):
    task.evaluate(config, seed=i)
print(json.dumps([spent() - cpu, time.perf_counter() - wall]))
"""


def cost(task: str, threads: int | None) -> tuple[float, float]:
    env = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    if threads is not None:
        env["OMP_NUM_THREADS"] = str(threads)
    done = subprocess.run([sys.executable, "-c", CODE, task], capture_output=True, text=True, env=env, check=True)
    cpu, wall = json.loads(done.stdout)
    return cpu, wall


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rivals", type=int, default=2)
    parser.add_argument("--tasks", nargs="*", default=["digits-mlp", "digits-cells"])
    options = parser.parse_args()
    rivals = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(options.rivals)]
    try:
        for task in options.tasks:
            for words, threads in (("by themselves", None), (f"{os.cpu_count()} threads", os.cpu_count())):
                cpu, wall = cost(task, threads)
                print(f"{task:14} {words:14} {cpu:6.1f} CPU-s {wall:6.1f} s", flush=True)
    finally:
        for rival in rivals:
            rival.kill()


if __name__ == "__main__":
    main()
