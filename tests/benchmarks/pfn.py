"""Prior-fitted networks: how near a small one comes to the exact belief, and how `pfn` searches against its peers.

    python tests/benchmarks/pfn.py exact [--seconds 20 40 80]     against the exact posterior of the prior
    python tests/benchmarks/pfn.py search [--seeds 20] [--trials 40] [--task branin ...]

`exact`: functions of one variable, Matérn 5/2 with ℓ = 0.25, noise 0.1; KL(exact ‖ bars) at 6 shown points, in nats,
mean over 200 problems of 24 queries each, beside the distance of the means in standard deviations. `search`: median
over seeds of the best value found, its interval, CPU milliseconds an ask.
"""

import argparse
import os
import time

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402
import torch  # noqa: E402

import nasbook  # noqa: E402
from nasbook.hpo.parts import problems  # noqa: E402
from nasbook.hpo.parts.bars import Bars  # noqa: E402
from nasbook.hpo.parts.gp import GP  # noqa: E402
from nasbook.hpo.parts.prior_fitted import PriorFitted  # noqa: E402
from nasbook.hpo.parts.prior_fitting import edges_of, fit, nll  # noqa: E402

ELL, NOISE, SHOWN = 0.25, 0.1, 6


def exact(seconds: list[float]) -> None:
    torch.set_num_threads(1)
    print(f"{'CPU s':>6} {'steps':>6} {'-log q':>8} {'exact':>8} {'KL':>7} {'|mean - exact| / std':>22}")
    for budget in seconds:
        torch.manual_seed(0)
        rng = torch.Generator().manual_seed(0)
        edges = edges_of(torch.cat([problems.gp_1d(200, 0, 20, rng, ELL, NOISE)[3] for _ in range(20)]), 64)
        net = PriorFitted(1, edges)
        start = time.process_time()

        def draw() -> problems.Batch:
            n = int(torch.randint(0, 13, (), generator=rng))  # noqa: B023
            return problems.gp_1d(32, n, 24, rng, ELL, NOISE)  # noqa: B023

        def done(step: int) -> float:
            return (time.process_time() - start) / budget  # noqa: B023

        steps = sum(1 for _ in fit(net, draw, 10**9, done=done))
        print(f"{budget:6.0f} {steps:6d} " + "".join(compare(net)), flush=True)


def compare(net: PriorFitted) -> list[str]:
    X, y, query, f = problems.gp_1d(200, SHOWN, 24, torch.Generator().manual_seed(99), ELL, NOISE)
    with torch.inference_mode():
        logits = net(X, y, query)
        loss = nll(logits, f, net.edges).mean().item()
    p, bars = logits.softmax(-1).numpy().astype(float), Bars(net.edges.numpy())
    kl, apart, best = [], [], []
    for i in range(len(X)):
        gp = GP("matern52", ELL, 1.0, NOISE**2, standardise=False).fit(X[i].numpy(), y[i].numpy())
        mean, std = gp.predict(query[i].numpy())
        t = np.linspace(-5, 5, 4001)
        for m, s, row, value in zip(mean, std, p[i], f[i].numpy(), strict=True):
            density = np.exp(-(((t - m) / s) ** 2) / 2) / (s * np.sqrt(2 * np.pi))
            b = np.clip(np.searchsorted(bars.edges, t, side="right") - 1, 0, len(row) - 1)
            q = np.maximum(row[b] / bars.width[b], 1e-12)
            kl.append(float(np.sum(density * (np.log(np.maximum(density, 1e-300)) - np.log(q))) * (t[1] - t[0])))
            best.append(float((((value - m) / s) ** 2) / 2 + np.log(s * np.sqrt(2 * np.pi))))
        apart.append(np.abs(bars.mean(p[i]) - mean) / std)
    return [f"{loss:8.3f} {np.mean(best):8.3f} {np.mean(kl):7.3f} {np.mean(apart):22.3f}"]


def search(tasks: list[str], seeds: int, trials: int) -> None:
    for task in tasks:
        print(f"\n{task}: best of {trials} trials, mean ± standard error over {seeds} seeds")
        for method in ("pfn", "bayesian", "tpe", "forest", "random"):
            best, spent = [], 0.0
            for seed in range(seeds):
                begun = time.process_time()
                trace = nasbook.search(method, nasbook.task(task), trials=trials, seed=seed)
                spent += time.process_time() - begun
                best.append(trace.best.value)
            error = np.std(best, ddof=1) / np.sqrt(seeds)
            print(
                f"  {method:9} {np.mean(best):10.4f} ± {error:.4f}   median {np.median(best):10.4f}   "
                f"{1000 * spent / seeds / trials:6.1f} CPU ms a trial",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("exact", "search"))
    parser.add_argument("--seconds", type=float, nargs="+", default=[20, 40, 80])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--task", nargs="+", default=["branin", "digits-hpo", "digits-hpo-messy"])
    options = parser.parse_args()
    if options.what == "exact":
        exact(options.seconds)
    else:
        search(options.task, options.seeds, options.trials)
