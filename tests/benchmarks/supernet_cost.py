"""What a step on a supernet costs: a single path beside a mixture, and DARTS beside a plain reference.

    python tests/benchmarks/supernet_cost.py

The reference is DARTS' first-order step as one would write it from the paper, with the same supernet: no copies of
buffers, no hooks. All are timed in one process, on one thread, the least of five rounds of CPU time. Bars: a path at
most a third of a mixture; DARTS at least as fast as the reference.
"""

import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

import nasbook
from nasbook.nas.darts import Darts, architecture_gradient
from nasbook.nas.spos import Spos


def least(step: Callable[[int], None], n: int, rounds: int = 5) -> float:
    """Seconds of a step."""
    step(0)
    found = []
    for _ in range(rounds):
        begin = time.process_time()
        for k in range(n):
            step(k)
        found.append((time.process_time() - begin) / n)
    return min(found)


def main() -> None:
    torch.set_num_threads(1)
    task = nasbook.task("digits-cells", device="cpu")
    darts, spos = Darts(task.space, device="cpu"), Spos(task.space, device="cpu")
    train, _ = darts.start(task)
    spos.start(task)
    darts.net.train(), spos.net.train()
    batches = darts.batches(train)
    at = lambda k: batches[k % len(batches)]  # noqa: E731

    def mixture(k: int) -> None:
        darts.step_w(at(k), darts.gates(darts.alpha.detach()))

    def path(k: int) -> None:
        spos.step_paths(at(k), [spos.places.draw(spos.rng)])

    def ours(k: int) -> None:
        darts.alpha.grad = architecture_gradient(darts.loss, darts.w, darts.alpha, at(k), at(k + 1))
        darts.alpha_optimiser.step()
        mixture(k)

    net = darts.places.net(8, 10, 1)
    net.load_state_dict(darts.net.state_dict())
    net.train()
    alpha = darts.alpha.detach().clone().requires_grad_()
    sgd = torch.optim.SGD(net.parameters(), 0.025, momentum=0.9, weight_decay=3e-4)
    adam = torch.optim.Adam([alpha], 0.02, betas=(0.5, 0.999), weight_decay=1e-3)

    def reference(k: int) -> None:
        for (x, y), optimiser in ((at(k + 1), adam), (at(k), sgd)):
            adam.zero_grad(), sgd.zero_grad()
            F.cross_entropy(net(x, torch.softmax(alpha, 1)), y).backward()
            if optimiser is sgd:
                torch.nn.utils.clip_grad_norm_(net.parameters(), 5)
            optimiser.step()

    mix, one, own, plain = least(mixture, 12), least(path, 30), least(ours, 6), least(reference, 6)
    print(f"mixture {1e3 * mix:.1f} ms, single path {1e3 * one:.1f} ms: ratio {one / mix:.2f}")
    print(f"darts {1e3 * own:.1f} ms, plain reference {1e3 * plain:.1f} ms: ratio {own / plain:.2f}")


if __name__ == "__main__":
    main()
