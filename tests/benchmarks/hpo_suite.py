"""Methods side by side with their matched peers, in one run: same functions, budgets, starts and seeds.

    python tests/benchmarks/hpo_suite.py --seeds 20 --trials 100

    ours                       matched peer                            the same start
    tpe                        Optuna's TPESampler, multivariate       ten random points
    cma-es                     cmaes.CMA, with bounds                  mean in the middle, σ = 0.3
    differential-evolution     scipy, rand1bin, immediate, F = CR = ½  twenty random points

Besides, on the same functions: random search, the forest, the genetic algorithm, the particle swarm. Each function is
moved by the seed (nasbook.tasks.functions), so a seed is one problem, the same for all.

Regret is the best value so far minus the optimum, at least 1e-9. Printed: the anytime area (mean of log10 regret over
all trials; lower is better), the median final regret, the mean rank of the final regret among all; for each pair a
Wilcoxon signed-rank test over the seeds, of the area and function by function, with Holm's correction over all tests;
and the CPU that an ask costs when n trials are known. One BLAS thread. This is a measurement, not a test.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from contextlib import suppress

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
from scipy import stats  # noqa: E402

import nasbook  # noqa: E402
from nasbook.tasks.functions import Function  # noqa: E402

warnings.filterwarnings("ignore")
TASKS = {"branin": {}, "hartmann6": {}, "rosenbrock": {"d": 4}, "ackley": {"d": 5}}
FLOOR = 1e-9
OWN_SEEDS = 1000  # a function moved by seed 3 must not meet a search of seed 3: both begin with the same numbers


class Ours:
    """A method of nasbook, which first tries the points of `design` (m, d), in the unit cube."""

    def __init__(self, method: str, task: Function, design: np.ndarray, seed: int) -> None:
        self.method = nasbook.method(method, task.space, seed=seed)
        for u in design:
            self.method.enqueue(task.space.decode(u))

    def ask(self) -> np.ndarray:
        self.trial = self.method.ask()
        return np.array(list(self.trial.config.values()))

    def tell(self, value: float) -> None:
        self.method.tell(nasbook.Trial(self.trial.id, self.trial.config, status="done", value=value))


class OptunaTPE:
    def __init__(self, task: Function, design: np.ndarray, seed: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.names, self.box = list(task.space.parameters), task.box
        self.study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, multivariate=True))
        for u in design:
            self.study.enqueue_trial(task.space.decode(u))

    def ask(self) -> np.ndarray:
        self.trial = self.study.ask()
        return np.array([self.trial.suggest_float(n, *b) for n, b in zip(self.names, self.box, strict=True)])

    def tell(self, value: float) -> None:
        self.study.tell(self.trial, value)


class Cmaes:
    def __init__(self, task: Function, design: np.ndarray, seed: int) -> None:
        from cmaes import CMA

        self.box, d = task.box, task.d
        self.cma = CMA(np.full(d, 0.5), 0.3, bounds=np.tile([0.0, 1.0], (d, 1)), seed=seed)
        self.told: list = []

    def ask(self) -> np.ndarray:
        self.u = self.cma.ask()
        return self.box[:, 0] + self.u * (self.box[:, 1] - self.box[:, 0])

    def tell(self, value: float) -> None:
        self.told.append((self.u, value))
        if len(self.told) == self.cma.population_size:
            self.cma.tell(self.told)
            self.told = []


class Enough(Exception):
    pass


def scipy_de(task: Function, design: np.ndarray, seed: int, trials: int) -> np.ndarray:
    """scipy has no ask and tell: it is stopped from within the function."""
    from scipy.optimize import differential_evolution

    values: list[float] = []
    low, high = task.box.T

    def function(x: np.ndarray) -> float:
        if len(values) == trials:
            raise Enough
        values.append(float(task(x[None])[0]))
        return values[-1]

    with suppress(Enough):
        differential_evolution(
            function, task.box, strategy="rand1bin", init=low + design * (high - low), mutation=0.5, recombination=0.5,
            updating="immediate", polish=False, maxiter=10**6, tol=0, atol=0, rng=seed,
        )  # fmt: skip
    return np.array(values + [values[-1]] * (trials - len(values)))  # it ends where the population is one point


PAIRS = {"tpe": "Optuna TPE", "cma-es": "cmaes", "differential-evolution": "scipy DE"}
DESIGNS = {"tpe": 10, "Optuna TPE": 10, "forest": 10, "differential-evolution": 20, "scipy DE": 20}
NAMES = ["random", *PAIRS, *PAIRS.values(), "genetic", "particle-swarm", "forest"]


def make(name: str, task: Function, seed: int) -> Ours | OptunaTPE | Cmaes:
    design = np.random.default_rng([seed, 1]).random((DESIGNS.get(name, 0), task.d))
    theirs = {"Optuna TPE": OptunaTPE, "cmaes": Cmaes}.get(name)
    seed += OWN_SEEDS
    return theirs(task, design, seed) if theirs else Ours(name, task, design, seed)


def log_regret(name: str, task: Function, seed: int, trials: int) -> np.ndarray:
    """(trials,) log10 of the regret after each trial."""
    if name == "scipy DE":
        values = scipy_de(task, np.random.default_rng([seed, 1]).random((20, task.d)), seed + OWN_SEEDS, trials)
    else:
        run, values = make(name, task, seed), np.empty(trials)
        for i in range(trials):
            values[i] = task(run.ask()[None])[0]
            run.tell(values[i])
    return np.log10(np.maximum(np.minimum.accumulate(values) - task.optimum, FLOOR))


def cost(name: str, counts: tuple[int, ...] = (10, 50, 100, 200), repeats: int = 12) -> list[str]:
    """Milliseconds of CPU of an ask with n told trials: 'p50 / p95', from `repeats` asks after the n-th."""
    task, taken = nasbook.task("rosenbrock", d=5, shift=1), {}
    run = make(name, task, 0)
    for n in range(max(counts) + repeats):
        begin = time.process_time()
        x = run.ask()
        taken[n] = 1000 * (time.process_time() - begin)
        run.tell(float(task(x[None])[0]))
    cells = [np.percentile([taken[n + i] for i in range(repeats)], [50, 95]) for n in counts]
    return [f"{a:.2f} / {b:.2f}" for a, b in cells]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--names", nargs="*", default=NAMES, choices=NAMES)
    parser.add_argument("--tasks", nargs="*", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--no-cost", action="store_true", help="leave out the cost of an ask")
    args = parser.parse_args()

    area, final = {}, {}  # (name, task) -> (seeds,)
    for task_name in args.tasks:
        for name in args.names:
            curves = [
                log_regret(name, nasbook.task(task_name, shift=seed, **TASKS[task_name]), seed, args.trials)
                for seed in range(args.seeds)
            ]
            area[name, task_name] = np.mean(curves, axis=1)
            final[name, task_name] = np.array([c[-1] for c in curves])
    ranks = {t: stats.rankdata([final[n, t] for n in args.names], axis=0) for t in args.tasks}

    print(
        f"{args.trials} trials, {args.seeds} seeds; mean area of log10 regret, median final regret, mean final rank\n"
    )
    print(f"{'':24}" + "".join(f"{t:>24}" for t in args.tasks) + f"{'rank of all':>13}")
    for i, name in enumerate(args.names):
        cells = [
            f"{area[name, t].mean():.2f}  {10 ** np.median(final[name, t]):.2g}  {ranks[t][i].mean():.1f}"
            for t in args.tasks
        ]
        overall = np.mean([ranks[t][i] for t in args.tasks])
        print(f"{name:24}" + "".join(f"{c:>24}" for c in cells) + f"{overall:13.2f}")

    tests = [(o, p, t) for o, p in PAIRS.items() for t in args.tasks if o in args.names and p in args.names]
    p_values = [float(stats.wilcoxon(area[o, t], area[p, t]).pvalue) for o, p, t in tests]
    worse = []
    print(f"\n{'ours against its peer':52}{'difference of the area':>24}{'p':>9}{'Holm':>9}")
    for (ours, peer, task_name), p, corrected in zip(tests, p_values, holm(p_values), strict=True):
        difference = np.median(area[ours, task_name] - area[peer, task_name])
        print(f"{f'{ours} – {peer}, {task_name}':52}{difference:24.3f}{p:9.3f}{corrected:9.3f}")
        if corrected < 0.05 and difference > 0:
            worse.append(f"{ours} on {task_name}")
    if tests:
        print(f"\nBeyond noise, ours is worse: {', '.join(worse) or 'nowhere'}.")

    if not args.no_cost:
        print(
            f"\nCPU of an ask in milliseconds, p50 / p95\n{'':24}"
            + "".join(f"{f'n={n}':>18}" for n in (10, 50, 100, 200))
        )
        for name in args.names:
            if name != "scipy DE":
                print(f"{name:24}" + "".join(f"{cell:>18}" for cell in cost(name)), flush=True)


def holm(p: list[float]) -> np.ndarray:
    """Holm's step-down correction: the i-th smallest p times (m - i), never falling, at most 1."""
    order, m = np.argsort(p), len(p)
    corrected = np.empty(m)
    corrected[order] = np.minimum(np.maximum.accumulate(np.array(p)[order] * (m - np.arange(m))), 1) if m else []
    return corrected


if __name__ == "__main__":
    main()
