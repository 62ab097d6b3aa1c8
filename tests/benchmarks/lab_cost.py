"""What a lab costs the kernel: a frame where only data changed, and a slider's change with its picture.

    python tests/benchmarks/lab_cost.py

Prints CPU milliseconds of this process, median and worst of many. The aims: 20 ms a frame, 100 ms a change.
"""

import os
import time

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402

import nasbook  # noqa: E402


def measure(label, action, values):
    action(values[0])
    spent = []
    for value in values:
        begin = time.process_time()
        action(value)
        spent.append(1e3 * (time.process_time() - begin))
    print(f"  {label:44s} median {np.median(spent):6.1f} ms   worst {max(spent):6.1f} ms")


def look(task, trials):
    begin = time.process_time()
    lab = nasbook.lab("bayesian", task=task, trials=trials)
    made = 1e3 * (time.process_time() - begin)
    lab.run()
    views = [lab.frame(n) for n in range(trials // 2, trials)]
    print(f"bayesian on {task}, {trials} trials (made in {made:.0f} ms, PNG {len(lab.image.png) / 1024:.0f} KiB)")
    measure("frame: picture and PNG, data changed", lab.live.draw, views)
    measure("scrub to a step", lab.scrub, list(range(trials // 2, trials)))
    lab.scrub(trials)
    measure("slider: xi", lambda v: lab.set(xi=v), list(np.linspace(0.01, 0.5, 15)))
    measure("next trial chosen by hand", lambda v: lab.choose(**v), [t.config for t in lab.trace.trials[-15:]])
    measure("acquisition", lambda v: lab.set(acquisition=v), ["ucb", "pi", "thompson", "log_ei", "ei"])
    measure("kernel (length scale fitted)", lambda v: lab.set(kernel=v), ["rbf", "matern32", "matern52"])
    measure("slider: length scale", lambda v: lab.set(lengthscale=v), list(np.geomspace(0.05, 1.0, 15)))


if __name__ == "__main__":
    for name in ("forrester", "branin"):
        for n in (20, 60):
            look(name, n)
