"""Bayesian optimisation side by side with its peers, in one run.

    python tests/benchmarks/hpo_peers.py --seeds 20 --trials 60

On Branin and Hartmann-6, shifted by a seed, every peer gets the same functions, the same initial design, the same
number of trials and the same seeds, with its own default settings otherwise. Printed: the median simple regret (best
value so far − optimum) with its quartiles, whether nasbook's median is no worse than each peer's, and what one ask
costs in CPU when it knows n = 10, 50, 100 trials of Rosenbrock's function in 5 dimensions. One BLAS thread.

Peers: uniform random search; `bayesian-optimization` (its defaults: UCB with κ = 2.576, Matérn-5/2 by scikit-learn);
Optuna's GPSampler (LogEI, Matérn-5/2). nasbook and Optuna fit the noise by default, so both are shown a second time,
told that there is none. This is a measurement, not a test: times depend on the machine.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from typing import ClassVar

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402

import nasbook  # noqa: E402
from nasbook.search import Task  # noqa: E402

warnings.filterwarnings("ignore")


class Nasbook:
    name = "nasbook"

    def __init__(self, task: Task, design: np.ndarray, seed: int, **settings: object) -> None:
        self.method = nasbook.method("bayesian", task.space, seed=seed, startup=len(design), **settings)
        for x in design:
            self.method.enqueue(dict(zip(task.space.parameters, map(float, x), strict=True)))

    def ask(self) -> np.ndarray:
        self.trial = self.method.ask()
        return np.array(list(self.trial.config.values()))

    def tell(self, value: float) -> None:
        self.method.tell(nasbook.Trial(self.trial.id, self.trial.config, status="done", value=value))


class Noiseless(Nasbook):
    """Told that the values have no noise, as `bayesian-optimization` assumes and Optuna can be told."""

    name = "nasbook, noise=1e-6"

    def __init__(self, task: Task, design: np.ndarray, seed: int) -> None:
        super().__init__(task, design, seed, noise=1e-6)


class Random:
    name = "random"

    def __init__(self, task: Task, design: np.ndarray, seed: int) -> None:
        self.queue, self.rng, self.box = list(design), np.random.default_rng(seed), _box(task)

    def ask(self) -> np.ndarray:
        return self.queue.pop(0) if self.queue else self.rng.uniform(*self.box.T)

    def tell(self, value: float) -> None:
        pass


class BayesOpt:
    name = "bayesian-optimization"

    def __init__(self, task: Task, design: np.ndarray, seed: int) -> None:
        from bayes_opt import BayesianOptimization

        bounds = dict(zip(task.space.parameters, map(tuple, _box(task)), strict=True))
        self.names, self.queue = list(bounds), list(design)
        self.optimizer = BayesianOptimization(f=None, pbounds=bounds, random_state=seed, verbose=0)

    def ask(self) -> np.ndarray:
        if self.queue:
            x = self.queue.pop(0)
            self.params = dict(zip(self.names, x, strict=True))
        else:
            self.params = self.optimizer.suggest()
        return np.array([self.params[n] for n in self.names])

    def tell(self, value: float) -> None:
        self.optimizer.register(params=self.params, target=-value)  # it maximises


class Optuna:
    name = "optuna GPSampler"
    options: ClassVar[dict] = {}

    def __init__(self, task: Task, design: np.ndarray, seed: int) -> None:
        import optuna
        import torch

        torch.set_num_threads(1)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.names, self.box = list(task.space.parameters), _box(task)
        sampler = optuna.samplers.GPSampler(seed=seed, n_startup_trials=len(design), **self.options)
        self.study = optuna.create_study(sampler=sampler)
        for x in design:
            self.study.enqueue_trial(dict(zip(self.names, map(float, x), strict=True)))

    def ask(self) -> np.ndarray:
        self.trial = self.study.ask()
        return np.array([self.trial.suggest_float(n, *b) for n, b in zip(self.names, self.box, strict=True)])

    def tell(self, value: float) -> None:
        self.study.tell(self.trial, value)


class Deterministic(Optuna):
    name = "optuna, deterministic"
    options: ClassVar[dict] = {"deterministic_objective": True}


PEERS = [Nasbook, Noiseless, Random, BayesOpt, Optuna, Deterministic]


def _box(task: Task) -> np.ndarray:
    return np.array([[p.low, p.high] for p in task.space.parameters.values()])


def design(task: Task, n: int, seed: int) -> np.ndarray:
    low, high = _box(task).T
    return np.random.default_rng([seed, 1]).uniform(low, high, (n, len(low))).round(6).clip(low, high)


def regret(peer: type, name: str, trials: int, initial: int, seed: int) -> tuple[float, float]:
    """Simple regret after the last trial, and the seconds of CPU that it took."""
    begin, task = time.process_time(), nasbook.task(name, shift=seed)
    run, values = peer(task, design(task, initial, seed), seed), []
    for _ in range(trials):
        values.append(float(task(run.ask())))
        run.tell(values[-1])
    return min(values) - task.optimum, time.process_time() - begin


def cost(peer: type, counts: tuple[int, ...] = (10, 50, 100), repeats: int = 10) -> dict[int, np.ndarray]:
    """Milliseconds of CPU of an ask, at n told trials of a function of five numbers."""
    task = nasbook.task("rosenbrock", d=5, shift=1)
    taken = {}
    for n in counts:
        run = peer(task, design(task, n, 0), 0)
        for _ in range(n):
            run.tell(float(task(run.ask())))
        ms = []
        for _ in range(repeats + 1):
            begin = time.process_time()
            x = run.ask()
            ms.append(1000 * (time.process_time() - begin))
            run.tell(float(task(x)))
        taken[n] = np.array(ms[1:])  # the first pays for imports
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--initial", type=int, default=10, help="points of the common initial design")
    parser.add_argument("--peers", nargs="*", default=[p.name for p in PEERS], choices=[p.name for p in PEERS])
    parser.add_argument("--tasks", nargs="*", default=["branin", "hartmann6"])
    parser.add_argument("--jobs", type=int, default=1, help="processes over which the seeds are spread")
    parser.add_argument("--no-cost", action="store_true", help="leave out the cost of an ask")
    args = parser.parse_args()
    peers = [p for p in PEERS if p.name in args.peers]

    missed = []
    for name in args.tasks:
        print(
            f"\n{name}, shifted by the seed: simple regret after {args.trials} trials, of which {args.initial} the same"
        )
        print(f"for all, {args.seeds} seeds\n\n{'peer':24}{'median':>12}{'quartiles':>26}{'CPU s':>10}")
        medians = {}
        for peer in peers:
            with ProcessPoolExecutor(args.jobs) as pool:
                columns = [[v] * args.seeds for v in (peer, name, args.trials, args.initial)]
                final, seconds = np.array(list(pool.map(regret, *columns, range(args.seeds)))).T
            low, medians[peer.name], high = np.percentile(final, [25, 50, 75])
            cells = f"{medians[peer.name]:12.3g}{f'{low:.3g} … {high:.3g}':>26}{seconds.mean():10.1f}"
            print(f"{peer.name:24}{cells}", flush=True)
        missed += [(name, p) for p in medians if medians[p] < medians.get("nasbook", np.inf) and "nasbook" not in p]

    if not args.no_cost:
        print(
            "\nCPU per ask in 5 dimensions, in milliseconds: p50 / p95\n\n"
            f"{'peer':24}{'n=10':>16}{'n=50':>16}{'n=100':>16}"
        )
        for peer in peers:
            cells = [f"{np.percentile(ms, 50):.1f} / {np.percentile(ms, 95):.1f}" for ms in cost(peer).values()]
            print(f"{peer.name:24}" + "".join(f"{cell:>16}" for cell in cells), flush=True)

    if "nasbook" in args.peers:
        told = ", ".join(f"{p} on {t}" for t, p in missed)
        print(f"\nnasbook's median regret is {'WORSE than that of ' + told if missed else 'no worse than any peer’s'}.")


if __name__ == "__main__":
    main()
