"""How soon Pause is answered in each of the runner's drivers, and what playing costs.

Each lab plays as fast as it goes, as on a page, and Pause is pressed at random moments: from another thread (as a
notebook's kernel does), and from another task of the loop (as a kernel without threads does). The answer is there when
the state is 'paused' and no further step is made: it includes the step that was being made and its frame, and no frame
that was being drawn when Pause was pressed, which follows. The bar is 200 ms;
labs whose single step takes longer cannot meet it in a loop. `inline` is whoever waits, who presses nothing meanwhile:
of it only the cost is measured.
"""

import argparse
import asyncio
import os
import threading
import time

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402

import nasbook  # noqa: E402
from nasbook.widgets import runner as module  # noqa: E402

LABS = ["bayesian", "tpe", "evolution", "controller", "halving", "strategies"]


async def pressed(lab, driver, presses, rng):
    """Seconds to the answer, of each press."""
    answers = []
    while len(answers) < presses:
        if lab.runner.state in ("done", "ready"):
            lab.reset()
        lab.play()
        await asyncio.sleep(rng.uniform(0.02, 0.3))
        if lab.runner.state != "playing":
            continue
        begin = time.perf_counter()
        lab._pause.click()
        while lab.runner.state == "playing":
            await asyncio.sleep(0.0005) if driver == "asyncio" else time.sleep(0.0005)
        answers.append(time.perf_counter() - begin)
    return answers


async def played(lab, driver):
    """CPU seconds, wall seconds, steps, frames of one play from the first step to the last."""
    frames, draw = [], lab.live.draw
    lab.live.draw = lambda state: (frames.append(1), draw(state))
    lab.reset()
    frames.clear()
    cpu, wall = time.process_time(), time.perf_counter()
    lab.play()
    if driver == "inline":
        lab.wait()
    while lab.runner.state == "playing" or not lab.steps:
        await asyncio.sleep(0.001)
    lab.live.draw = draw
    return time.process_time() - cpu, time.perf_counter() - wall, len(lab.steps), len(frames)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presses", type=int, default=20)
    parser.add_argument("labs", nargs="*", default=LABS)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    print(f"load {os.getloadavg()[0]:.1f}; Pause in ms: median, worst of {args.presses}")
    for name in args.labs:
        for driver in getattr(module, "DRIVERS", ("thread",)):
            module.DRIVER = driver
            lab = nasbook.lab(name)
            lab._speed.value = float("inf")
            told = f"{name:12} {driver:8}"
            if driver != "inline":
                ms = 1000 * np.array(asyncio.run(pressed(lab, driver, args.presses, rng)))
                told += f" pause {np.median(ms):6.1f} {ms.max():7.1f}"
            else:
                told += " " * 21
            cpu, wall, steps, frames = asyncio.run(played(lab, driver))
            print(f"{told}   {steps:4} steps, {frames:3} frames: {cpu:6.2f} CPU-s, {wall:6.2f} s", flush=True)
            left = [t for t in threading.enumerate() if t.name == module.THREAD]
            assert driver == "thread" or not left, left
            lab.close()
            for thread in left:
                thread.join(20)


if __name__ == "__main__":
    main()
