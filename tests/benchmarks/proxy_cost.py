"""What a zero-cost proxy costs, in steps of training: `STEPS` of nasbook/estimate/proxy.py.

    python tests/benchmarks/proxy_cost.py [cells]

A step is one batch of 50 digits forwards and backwards and the optimiser's step, of the same network. Processor time of
one thread, each proxy and the step in turn, median over the cells; what a score needs besides (a new network with its
first weights) is counted too.
"""

import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

import nasbook
from nasbook.estimate.zero_cost import PROXIES


def seconds(act) -> float:
    """Processor time, the least of three."""
    took = []
    for _ in range(3):
        begin = time.process_time()
        act()
        took.append(time.process_time() - begin)
    return min(took)


def step_of(net, x, y):
    optimiser = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9, nesterov=True)

    def step() -> None:
        optimiser.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimiser.step()

    return step


def main(cells: int) -> None:
    torch.set_num_threads(1)
    task = nasbook.task("digits-cells", device="cpu")
    x, y = (a[:50] for a in task.tensors["train"])
    rng = np.random.default_rng(0)
    ratios: dict[str, list[float]] = {name: [] for name in PROXIES}
    for _ in range(cells):
        config = task.space.sample(rng)
        step = seconds(step_of(task.network(config, 0), x, y))
        for name, proxy in PROXIES.items():
            ratios[name].append(seconds(lambda p=proxy, c=config: p(task.network(c, 0), x, y)) / step)
    print(f"{cells} random cells; steps of training, median and quartiles")
    for name, found in ratios.items():
        low, middle, high = np.quantile(found, (0.25, 0.5, 0.75))
        print(f"{name:11} {middle:6.2f}   ({low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
