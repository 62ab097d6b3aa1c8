"""What the evolution lab, the DARTS lab and the race cost the kernel; see lab_cost.py.

    python tests/benchmarks/lab_cost_more.py

A slider here starts the search again, so its change is: prepare anew and draw the empty picture. Prints CPU
milliseconds.
"""

import time

from lab_cost import measure, np

import nasbook


def made(name, **values):
    begin = time.process_time()
    lab = nasbook.lab(name, **values)
    spent = 1e3 * (time.process_time() - begin)
    begin = time.perf_counter()
    lab.run()
    ran = time.perf_counter() - begin
    print(f"{name} {values or ''} (made in {spent:.0f} ms, ran {ran:.1f} s, PNG {len(lab.image.png) / 1024:.0f} KiB)")
    return lab


def evolution(trials):
    lab = made("evolution", trials=trials)
    views = [lab.frame(n) for n in range(trials - 20, trials)]
    measure("frame: picture and PNG, data changed", lab.live.draw, views)
    measure("scrub to a step", lab.scrub, list(range(trials - 20, trials)))
    measure("random search shown or not", lambda v: lab.set(band=v), [True, False] * 5)
    lab.set(show="landscape")
    measure("landscape: picture and PNG", lab.live.draw, [lab.frame(n) for n in range(trials - 20, trials)])
    measure("landscape shown or not", lambda v: lab.set(show=v), ["families", "landscape"] * 5)
    lab.set(show="families")
    measure("slider: tournament", lambda v: lab.set(sample=v), list(range(2, 17)))
    measure("slider: population", lambda v: lab.set(population=v), list(range(5, 20)))
    measure("slider: trials", lambda v: lab.set(trials=v), list(range(50, 200, 10)))
    measure("table", lambda v: lab.set(task=v), ["nb201-cifar100", "nb201-imagenet16", "nb201-cifar10"] * 4)


def darts():
    lab = made("darts", epochs=20, channels=2)
    measure("frame: picture and PNG, data changed", lab.live.draw, [lab.frame(n) for n in range(5, 20)])
    measure("scrub to an epoch", lab.scrub, list(range(5, 20)))
    measure("slider: learning rate of α", lambda v: lab.set(alpha_lr=v), list(np.geomspace(0.001, 0.1, 15)))
    measure("slider: epochs", lambda v: lab.set(epochs=v), list(range(10, 25)))


def race(**values):
    lab = made("race", **values)
    n = len(lab.steps)
    measure("frame: picture and PNG, data changed", lab.live.draw, [lab.frame(k) for k in range(n // 2, n)])
    measure("scrub to a round", lab.scrub, list(range(n // 2, n)))
    measure("budget in trials or time", lambda v: lab.set(x=v), ["time", "trials"] * 5)
    measure("distance to the optimum", lambda v: lab.set(regret=v), [False, True] * 5)
    measure("slider: seeds", lambda v: lab.set(seeds=v), list(range(5, 20)))


if __name__ == "__main__":
    evolution(150)
    evolution(300)
    race(seeds=20, trials=100)
    race(seeds=20, trials=60, grow="trial")
    darts()
