"""What the lessons claim, over seeds: every number or comparison that stands in a lesson's words, with an interval.

    python tests/benchmarks/lesson_claims.py [LESSON ...]      # e.g. 04 13; without any, all: about half an hour

± is one standard error of the mean over the seeds (surfaces, draws) that are named; "wins" are told beyond two.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402

import nasbook  # noqa: E402


def mean(x: Sequence[float] | np.ndarray, digits: int = 3) -> str:
    """Mean ± standard error."""
    x = np.asarray(x, float)
    return f"{x.mean():.{digits}f} ± {x.std(ddof=1) / len(x) ** 0.5:.{digits}f}"


def against(a: Sequence[float] | np.ndarray, b: Sequence[float] | np.ndarray, digits: int = 3) -> str:
    """a − b, seed by seed, and whether that is more than two standard errors."""
    d = np.asarray(a, float) - np.asarray(b, float)
    error = d.std(ddof=1) / len(d) ** 0.5
    verdict = "within two standard errors" if abs(d.mean()) < 2 * error else "beyond two standard errors"
    return f"{d.mean():+.{digits}f} ± {error:.{digits}f}, {verdict} ({len(d)} seeds)"


def say(words: str, found: str) -> None:
    print(f"  {words}: {found}", flush=True)


def lesson_01() -> None:
    def regret(method: str, importance: float, angle: float = 0.0, **settings: object) -> np.ndarray:
        out = []
        for s in range(100):
            f = nasbook.task("uneven-axes", importance=importance, seed=s, rotation=angle)
            out.append(nasbook.search(method, f, trials=25, seed=s, **settings).best.value - f.optimum)
        return np.array(out)

    for importance in (1.0, 0.05):
        grid, chance = regret("grid", importance, resolution=5), regret("random", importance)
        say(f"importance {importance}: grid", mean(grid))
        say(f"importance {importance}: random", mean(chance))
        say(f"importance {importance}: grid - random", against(grid, chance))
    points = {"sobol": {}, "halton": {}, "latin-hypercube": {"points": 25}}
    for name, settings in points.items():
        r = regret(name, 0.05, **settings)
        say(f"importance 0.05: {name}", f"{mean(r)}; minus random {against(r, chance)}; minus grid {against(r, grid)}")
    turned = regret("grid", 0.05, np.pi / 6, resolution=5)
    say("grid, turned 30°", f"{mean(turned)}; minus the grid as it was {against(turned, grid)}")
    turned_chance = regret("random", 0.05, np.pi / 6)
    say("random, turned 30°", f"{mean(turned_chance)}; grid - random, turned {against(turned, turned_chance)}")


def lesson_02() -> None:
    from nasbook.hpo.parts.belief import Belief

    grid = np.linspace(0, 1, 201)
    lengths = []
    for n in (5, 20):
        for seed in range(50):
            rng = np.random.default_rng(seed)
            truth = Belief(np.empty(0), np.empty(0), "rbf", 0.2).samples(grid, 1, seed)[0]
            at = rng.random(n)
            y = np.interp(at, grid, truth) + 0.05 * rng.standard_normal(n)
            lengths.append(Belief(at, y, "rbf", 0.2, 1.0, 0.05).fitted("lengthscale").lengthscale)
        low, middle, high = np.quantile(lengths[-50:], (0.1, 0.5, 0.9))
        say(f"length scale fitted to {n} points of a process with 0.2, 50 functions",
            f"median {middle:.3f}, from {low:.3f} to {high:.3f} in 80 % of them")  # fmt: skip
    held = {"matern32": [], "rbf": [], "rbf fitted": []}
    for seed in range(200):
        rng = np.random.default_rng(seed)
        truth = Belief(np.empty(0), np.empty(0), "matern32", 0.2).samples(grid, 1, seed)[0]
        at = rng.random(8)
        y = np.interp(at, grid, truth) + 0.05 * rng.standard_normal(8)
        for name, shares in held.items():
            b = Belief(at, y, name.split()[0], 0.2, 1.0, 0.05).fitted(*(["lengthscale"] if "fitted" in name else []))
            m, s = b.predict(grid)
            shares.append(100 * np.mean(np.abs(truth - m) <= 2 * s))
    for name, shares in held.items():
        say(f"share of a Matérn 3/2 truth in the band, believed {name}, 200 functions", mean(shares, 1) + " %")
    say("fitted - not fitted", against(held["rbf fitted"], held["rbf"], 1))


def lesson_03() -> None:
    f = nasbook.task("forrester")
    for name, settings in {"lowest mean": {"acquisition": "ucb", "kappa": 0.0}, "EI": {"acquisition": "ei"}}.items():
        ends = [nasbook.search("bayesian", f, trials=16, seed=s, startup=3, **settings).best.value for s in range(50)]
        stuck = np.array(ends) > f.optimum + 1
        error = (stuck.mean() * (1 - stuck.mean()) / 50) ** 0.5
        say(f"{name}: stuck", f"{stuck.sum()} of 50 ({100 * stuck.mean():.0f} ± {100 * error:.0f} %)")


def lesson_04() -> None:
    ends = {}
    for task in ("branin", "cancer-svm"):
        for name in ("random", "tpe", "bayesian"):
            ends[name] = [nasbook.search(name, task, trials=30, seed=s).best.value for s in range(20)]
            say(f"{task}, {name}: best of 30 trials, 20 seeds", mean(ends[name], 4))
        say(f"{task}: bayesian - tpe", against(ends["bayesian"], ends["tpe"], 4))
        say(f"{task}: tpe - random", against(ends["tpe"], ends["random"], 4))


def lesson_05() -> None:
    import math

    from nasbook.widgets.labs.strategies import compass

    def valley(angle: float) -> object:
        return nasbook.task("ellipsoid", condition=1000.0, shift=[1.5, 1.0], rotation=math.radians(angle))

    def ends(method: str, angle: float, **settings: object) -> np.ndarray:
        f = valley(angle)
        return np.array([nasbook.search(method, f, trials=200, seed=s, **settings).best.value for s in range(50)])

    def random_steps(seed: int) -> float:
        f, rng = valley(30), np.random.default_rng(seed)
        x = rng.uniform(-5, 5, 2)
        best = f(x)
        for _ in range(199):
            y = (x + 0.5 * rng.standard_normal(2)).clip(-5, 5)
            if (value := f(y)) < best:
                x, best = y, value
        return float(best)

    for angle in (0, 30):
        say(f"{angle}°: axis by axis", f"{compass(valley(angle), np.zeros(2), step=1.25, trials=200)[1].min():.1e}")
    found = {
        "CMA-ES, 0°": ends("cma-es", 0, population=10),
        "CMA-ES, 30°": ends("cma-es", 30, population=10),
        "random steps, 30°": np.array([random_steps(s) for s in range(50)]),
        "GA, 30°": ends("genetic", 30),
        "DE, 30°": ends("differential-evolution", 30, population=10),
        "DE with CR = 1, 30°": ends("differential-evolution", 30, population=10, CR=1.0),
    }
    for name, x in found.items():
        low, middle, high = np.quantile(x, (0.25, 0.5, 0.75))
        say(f"{name}: quartiles of 50 seeds", f"{low:.1e} {middle:.1e} {high:.1e}")
    for one, two in (("CMA-ES, 30°", "DE, 30°"), ("CMA-ES, 30°", "random steps, 30°"), ("GA, 30°", "random steps, 30°"),
                     ("DE with CR = 1, 30°", "DE, 30°")):  # fmt: skip
        say(f"log10 of {one} - log10 of {two}", against(np.log10(found[one]), np.log10(found[two]), 2))


def lesson_10() -> None:
    from itertools import combinations

    from nasbook.nas.spaces.nb201.cell import to_cell

    task = nasbook.task("nb201-cifar10")
    a = task.mean_accuracy.reshape((5,) * 6) * 100
    moves = np.concatenate([np.abs(np.take(a, i, k) - np.take(a, j, k)).ravel()
                            for k in range(6) for i, j in combinations(range(5), 2)])  # fmt: skip
    rng = np.random.default_rng(0)
    i, j = rng.integers(a.size, size=(2, 200_000))
    pairs = np.abs(a.ravel()[i] - a.ravel()[j])
    say(
        "one changed edge moves the accuracy by more than a point",
        f"{100 * np.mean(moves > 1):.0f} %, mean {moves.mean():.1f}",
    )
    say("two random cells differ by more than a point", f"{100 * np.mean(pairs > 1):.0f} %, mean {pairs.mean():.1f}")
    top = a.ravel() >= np.quantile(a, 0.99)
    cells = np.argwhere(top.reshape(a.shape))
    near = [sum(top[int(np.ravel_multi_index(tuple(np.r_[c[:k], o, c[k + 1:]]), a.shape))] for k in range(6)
                for o in range(5) if o != c[k]) for c in cells]  # fmt: skip
    say("neighbours of a cell of the best 1 % that are in the best 1 %", f"{np.mean(near):.1f} of 24 (chance: 0.24)")

    def regrets(method: str, seeds: int = 50, trials: int = 150, **settings: object) -> np.ndarray:
        runs = (nasbook.search(method, task, trials=trials, seed=s, **settings) for s in range(seeds))
        return np.array([[100 * task.regret(step.incumbent.config) for step in run] for run in runs])

    curves = {
        "random": regrets("random"),
        "evolution": regrets("regularized-evolution", population=10, sample=3),
        "genetic, no crossover": regrets("genetic", crossover_rate=0.0),
        "genetic, uniform": regrets("genetic", crossover="uniform"),
        "genetic, one-point": regrets("genetic", crossover="one-point"),
        "local search": regrets("local-search"),
    }
    for n in (20, 50, 100, 150):
        for name, r in curves.items():
            say(
                f"{n} cells, {name}",
                f"{mean(r[:, n - 1], 2)}; minus random {against(r[:, n - 1], curves['random'][:, n - 1], 2)}",
            )
    say("local search - evolution, 150 cells", against(curves["local search"][:, -1], curves["evolution"][:, -1], 2))
    say(
        "one-point - no crossover, 100 cells",
        against(curves["genetic, one-point"][:, 99], curves["genetic, no crossover"][:, 99], 2),
    )
    for S in (1, 3, 10, 25):
        runs = [
            list(nasbook.steps("regularized-evolution", task, trials=150, seed=s, population=25, sample=S))
            for s in range(50)
        ]
        regret = [100 * task.regret(steps[-1].incumbent.config) for steps in runs]
        spread = []
        for steps in runs:
            pairs = combinations([np.array(to_cell(t.config)) for t in steps[-1].view.population], 2)
            spread.append(np.mean([(x != y).sum() for x, y in pairs]))
        say(f"S = {S}: edges that differ; regret", f"{mean(spread, 2)}; {mean(regret, 2)}")


LESSONS: dict[str, Callable[[], None]] = {
    name.removeprefix("lesson_"): made for name, made in sorted(globals().items()) if name.startswith("lesson_")
}


def main(wanted: Sequence[str]) -> None:
    for number in wanted or LESSONS:
        print(f"Lesson {number}", flush=True)
        LESSONS[number]()


if __name__ == "__main__":
    main(sys.argv[1:])
