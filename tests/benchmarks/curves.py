"""Learning curves and a prior-fitted network: how near it comes to an exact belief, and what it says of real trainings.

    python tests/benchmarks/curves.py exact [--steps 200 600]    against the exact belief of a linear prior
    python tests/benchmarks/curves.py ends [--seeds 10]                the ends of Digits-HPO's curves
    python tests/benchmarks/curves.py search [--seeds 20] [--epochs 600] [--tasks messy]    freeze-thaw and others

`exact`: KL(exact ‖ bars) in nats after 4 of 20 epochs of curves y = a + c e^(-3 t / T), mean over 200 curves of 12
queries. `ends`: of 100 random trainings a seed the first 3, 6 and 14 of 27 epochs are known. Rank correlation with the
error at the end, of all and of the best quarter, and the mean log density of that error, mean ± standard error over
seeds. The last value is given the bias and the spread that it has over exactly these trainings. A run is kept in
curves.txt.
"""

from __future__ import annotations

import argparse
import os

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402
import torch  # noqa: E402
from scipy.stats import norm, spearmanr  # noqa: E402

import nasbook  # noqa: E402
from nasbook.hpo.parts import curve_prior  # noqa: E402
from nasbook.hpo.parts.bars import Bars  # noqa: E402
from nasbook.hpo.parts.curve_belief import Measure, bars, expected  # noqa: E402
from nasbook.hpo.parts.learning_curve import extrapolate  # noqa: E402
from nasbook.hpo.parts.prior_fitted import PriorFitted  # noqa: E402
from nasbook.hpo.parts.prior_fitting import edges_of, fit  # noqa: E402
from nasbook.statistics import wilcoxon  # noqa: E402
from nasbook.tasks.digits_hpo import IMAGES  # noqa: E402

EPOCHS, KNOWN, TRAININGS = 27, (3, 6, 14), 100


def small(seed: int = 0) -> PriorFitted:
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    return PriorFitted(1, edges_of(curve_prior.linear(5000, 0, 4, rng)[3], 50), 32, 2, 4, 64)


def learn(net: PriorFitted, steps: int, seed: int = 0) -> None:
    rng = torch.Generator().manual_seed(seed)

    def draw() -> curve_prior.Batch:
        return curve_prior.linear(64, int(torch.randint(0, 9, (), generator=rng)), 12, rng)

    for _ in fit(net, draw, steps, rate=3e-3):
        pass


def divergence(net: PriorFitted, n: int = 4, curves: int = 200) -> float:
    """KL(exact ‖ bars) in nats, mean over curves of which n epochs are known."""
    X, y, query, _ = curve_prior.linear(curves, n, 12, torch.Generator().manual_seed(99))
    with torch.inference_mode():
        p = net(X, y, query).softmax(-1).double().numpy()
    edges, grid, found = Bars(net.edges.numpy()), np.linspace(-6, 6, 4001), []
    b = np.clip(np.searchsorted(edges.edges, grid, side="right") - 1, 0, p.shape[-1] - 1)
    for i in range(curves):
        mean, std = curve_prior.linear_exactly(y[i], query[i, :, 0] * 20)
        for j in range(query.shape[1]):
            exact = norm.pdf(grid, float(mean[j]), float(std[j]))
            q = np.maximum(p[i, j, b] / edges.width[b], 1e-12)
            found.append(np.sum(exact * (np.log(np.maximum(exact, 1e-300)) - np.log(q))) * (grid[1] - grid[0]))
    return float(np.mean(found))


def exact(steps: list[int]) -> None:
    print(f"{'steps':>6}{'KL (nats)':>12}\n{0:6}{divergence(small()):12.3f}")
    for n in steps:
        net = small()
        learn(net, n)
        print(f"{n:6}{divergence(net):12.3f}", flush=True)


def ends(seeds: int) -> None:
    for name in IMAGES:
        task = nasbook.task(f"digits-hpo-{name}")
        for n in KNOWN:
            each = [judge(trainings(task, seed), n) for seed in range(seeds)]
            found = {way: [told[way] for told in each] for way in each[0]}
            print(f"\n{name}, {n} of {EPOCHS} epochs {'rank corr.':>16}{'of the best quarter':>22}{'log density':>16}")
            for k, rows in found.items():
                mean, error = np.mean(rows, 0), np.std(rows, 0, ddof=1) / np.sqrt(seeds)
                told = "".join(f"{m:10.3f} ± {e:.3f}   " for m, e in zip(mean, error, strict=True))
                better = [np.subtract(row, last)[0] for row, last in zip(rows, found["last value"], strict=True)]
                against = "" if k == "last value" else f"p {wilcoxon(np.array(better), np.zeros(seeds)):.1e}"
                print(f"  {k:12}{told}{against}", flush=True)


def trainings(task: nasbook.Task, seed: int) -> np.ndarray:
    """Errors (k, 27) of random trainings that did not diverge."""
    rng = np.random.default_rng(seed)
    rows, run = rng.integers(0, len(task.val), TRAININGS), rng.integers(0, 2, TRAININGS)
    whole = task.diverged[rows, run] == 0
    return 1 - task.val[rows, run][whole]


def judge(errors: np.ndarray, n: int) -> dict[str, tuple[float, float, float]]:
    """Rank correlation, that of the best quarter, and log density of each way to tell the end from n epochs."""
    end, last = errors[:, -1], errors[:, n - 1]
    best = end <= np.quantile(end, 0.25)
    p = expected([list(enumerate(y, 1)) for y in errors[:, :n]], [EPOCHS], EPOCHS, Measure())[:, 0]
    b = np.clip(np.searchsorted(bars().edges, end, side="right") - 1, 0, p.shape[1] - 1)
    density = np.log(np.maximum(p[np.arange(len(p)), b], 1e-9) / bars().width[b])
    told = {
        "last value": (last, norm.logpdf(end, last + (end - last).mean(), (end - last).std())),
        "network": (bars().mean(p), density),
    }
    if n >= 5:
        made = [extrapolate(range(1, n + 1), y, EPOCHS) for y in errors[:, :n]]
        mean = np.array([possible(e, y) for e, y in zip(made, last, strict=True)])
        spread = np.maximum([e.std for e in made], 0.005)
        told["power laws"] = mean, norm.logpdf(end, [e.mean for e in made], spread)
    return {
        k: (spearmanr(at, end)[0], spearmanr(at[best], end[best])[0], float(density.mean()))
        for k, (at, density) in told.items()
    }


def possible(end: object, last: float) -> float:
    """What the estimator `learning-curve` answers: models that end below 0 or above the last value have no say."""
    told = [(float(f.predict(end.at)), w) for f, w in zip(end.fits, end.weights, strict=True)]
    told = [(f, w) for f, w in told if 0 <= f <= last]
    total = sum(w for _, w in told)
    return sum(f * w for f, w in told) / total if total > 0 else last


def search(seeds: int, epochs: int, names: list[str]) -> None:
    """Seed after seed, so that a run which is interrupted has its table, too."""
    from hpo_fidelity import regret  # the file beside this one

    tasks = {name: nasbook.task(f"digits-hpo-{name}") for name in names}
    others = ("random", "successive-halving", "hyperband", "asha", "bohb")
    found: dict[tuple[str, str], list[float]] = {}
    try:
        for seed in range(seeds):
            for name, task in tasks.items():
                alone = nasbook.method("freeze-thaw", task.space, seed=seed, new="random")
                row = {"freeze-thaw": regret("freeze-thaw", task, epochs, seed)}
                row |= {"new ones random": regret(alone, task, epochs, seed)}
                row |= {method: regret(method, task, epochs, seed) for method in others}
                for method, value in row.items():
                    found.setdefault((name, method), []).append(value)
                print(f"seed {seed:2}  {name:9}" + "".join(f"  {k} {v:.2f}" for k, v in row.items()), flush=True)
    except KeyboardInterrupt:
        pass
    print(f"\nafter {epochs} epochs: points of test accuracy below the best, mean ± standard error")
    for name in names:
        ours = np.array(found[name, "freeze-thaw"])
        print(f"\n{name}, {len(ours)} seeds")
        for method in [m for n, m in found if n == name]:
            values = np.array(found[name, method])[: len(ours)]
            print(f"  {method:20}{values.mean():7.2f} ± {values.std(ddof=1) / np.sqrt(len(values)):.2f}", end="")
            won, lost, p = (ours < values).sum(), (ours > values).sum(), wilcoxon(ours, values)
            print("" if method == "freeze-thaw" else f"{won:6} won, {lost:2} lost, p {p:.1e}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("exact", "ends", "search"))
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--steps", type=int, nargs="+", default=[200, 600])
    parser.add_argument("--epochs", type=int, default=600)
    parser.add_argument("--tasks", nargs="+", choices=IMAGES, default=list(IMAGES))
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.what == "exact":
        exact(options.steps)
    elif options.what == "ends":
        ends(options.seeds or 10)
    else:
        search(options.seeds or 20, options.epochs, options.tasks)
