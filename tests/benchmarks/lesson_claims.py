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
    verdict = "within two standard errors" if abs(d.mean()) <= 2 * error else "beyond two standard errors"
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
        say(
            f"length scale fitted to {n} points of a process with 0.2, 50 functions",
            f"median {middle:.3f}, from {low:.3f} to {high:.3f} in 80 % of them",
        )
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
    for one, two in (
        ("CMA-ES, 30°", "DE, 30°"),
        ("CMA-ES, 30°", "random steps, 30°"),
        ("GA, 30°", "random steps, 30°"),
        ("DE with CR = 1, 30°", "DE, 30°"),
    ):
        say(f"log10 of {one} - log10 of {two}", against(np.log10(found[one]), np.log10(found[two]), 2))


def lesson_06() -> None:
    task = nasbook.task("digits-hpo-messy")

    def full(trace: nasbook.Trace) -> float:
        return 100 * (1 - min(t.value for t in trace.trials if t.fidelity in (None, 27) and t.value is not None))

    halving = [full(nasbook.search("successive-halving", task, trials=40, seed=s)) for s in range(100)]
    three = [full(nasbook.search("random", task, trials=3, seed=s)) for s in range(100)]
    say("one bracket - three full trainings, points", against(halving, three, 1))

    def spend(method: str, seed: int, epochs: int = 1200) -> float:
        trained: dict[int, float] = {}
        best = 1.0
        for step in nasbook.steps(method, task, trials=10_000, seed=seed, views=False):
            t = step.trial
            trained[t.info.get("continues", t.id)] = t.fidelity or 27
            if sum(trained.values()) > epochs:
                break
            if t.status == "done" and t.value is not None and t.fidelity in (None, 27):
                best = min(best, t.value)
        return 100 * (1 - best)

    ends = {m: [spend(m, s) for s in range(50)] for m in ("random", "hyperband", "bohb", "dehb")}
    for name, found in ends.items():
        say(f"1,200 epochs, {name}", mean(found, 1) + f" %; minus hyperband {against(found, ends['hyperband'], 1)}")
    per_seed = {r: [] for r in (1, 3, 9, 27)}
    for seed in range(20):
        first, later = ({r: [] for r in per_seed} for _ in range(2))
        for t in nasbook.search("dehb", task, trials=207, seed=seed).trials:
            (first if t.info["bracket"] < 4 else later)[t.fidelity].append(1.0 if t.value is None else t.value)
        for r, gains in per_seed.items():
            gains.append(100 * (np.median(first[r]) - np.median(later[r])))
    for r, gains in per_seed.items():
        say(f"DEHB, {r} epochs: later median - that of the first four brackets, 20 seeds", mean(gains, 1) + " points")

    one, ends = nasbook.task("digits-hpo-messy", run=0), {}
    for grace in (0, 2, 5):
        runs = [
            nasbook.search("median-stopping", one, trials=27, seed=s, warmup=grace, views=False).trials
            for s in range(50)
        ]
        best = [min(t.value for t in trials if t.status == "done") for trials in runs]
        lost = [
            any(1 - one.val[one.row(t.config), 0, -1] < b for t in trials if t.status == "pruned")
            for trials, b in zip(runs, best, strict=True)
        ]
        ends[grace] = 100 * np.array(best)
        spent = [sum(t.curve[-1][0] for t in trials if t.curve) for trials in runs]
        say(
            f"median stopping, grace {grace}: epochs of 729",
            f"{mean(spent, 0)}; stopped a better one in {sum(lost)} of 50",
        )
    five = [nasbook.search("successive-halving", one, trials=200, seed=s, views=False).trials for s in range(50)]
    brackets = [100 * min(t.value for t in trials if t.fidelity == 27) for trials in five]
    say("median stopping - five brackets, error in points", against(ends[2], brackets, 1))


def lesson_07() -> None:
    from nasbook.hpo.parts.schedules import Stage, follow, schedule
    from nasbook.widgets.labs.pbt import NETWORK, TRAIN, lab_space

    task, space = nasbook.task("digits-mlp", epochs=20, train=TRAIN), lab_space("lr")
    copied, alone, tested, left = [], [], [], []

    def test(stages: list[Stage], seeds: range) -> float:
        return float(np.mean([100 * (1 - follow(task, 100 + s, stages).error("test")) for s in seeds]))

    for seed in range(10):
        run = nasbook.search("pbt", task, space=space, population=10, seed=seed)
        copied.append(100 * (1 - run.best.value))
        without = nasbook.search("pbt", task, space=space, population=10, seed=seed, quantile=0.0)
        alone.append(100 * (1 - without.best.value))
        trials = {t.id: t for t in run.trials}
        roots = set()
        for t in {t.info["member"]: t for t in run.trials}.values():
            while "parent" in t.info:
                t = trials[t.info["parent"]]
            roots.add(t.id)
        left.append(len(roots))
        rows = schedule(run)[1]
        rows += [Stage(20, rows[-1].config)] if rows[-1].epoch < 20 else []
        tested.append(test(rows, range(3)))
        print(f"    seed {seed}: {copied[-1]:.1f} {alone[-1]:.1f} {left[-1]} {tested[-1]:.1f}", flush=True)
    say("founders left after 20 epochs, 10 seeds", f"{min(left)} to {max(left)}, median {np.median(left):g}")
    say("best validation accuracy with copying - without, points", against(copied, alone, 1))
    rates = (0.003, 0.01, 0.02, 0.03, 0.05, 0.08)
    curves = {r: np.array([follow(task, s, [Stage(20, {**NETWORK, "lr": r})]).curve for s in range(10)]) for r in rates}
    best = {e: [rates[int(np.argmin([curves[r][s, e - 1] for r in rates]))] for s in range(10)] for e in (1, 20)}
    say("best constant after epoch 1, seed by seed", str(best[1]))
    say("best constant after epoch 20, seed by seed", str(best[20]))
    constant = [
        100 * (1 - follow(task, 100 + s, [Stage(20, {**NETWORK, "lr": 0.02})]).error("test")) for s in range(10)
    ]
    say("constant 0.02, test accuracy of 10 new networks", mean(constant, 1))
    say("schedules of 10 runs, test accuracy (3 new networks each)", mean(tested, 1))


def lesson_08() -> None:
    task = nasbook.task("ridge-digits")
    ends = {}
    for method in ("random", "bayesian"):
        ends[method] = [nasbook.search(method, task, trials=12, seed=s).best.value for s in range(12)]
        say(f"{method}, best of 12 trainings, 12 seeds", mean(ends[method], 4))
    walk = nasbook.search("hypergradient", task, epochs=12, steps=100, rate=0.3, seed=0).best.value
    say("hypergradients from the middle (no chance in it)", f"{walk:.4f}")


def lesson_09() -> None:
    cells = nasbook.task("digits201-messy", run=0)
    found = {}
    for method in ("random", "tpe", "regularized-evolution"):
        found[method] = [
            100 * cells.test_accuracy(nasbook.search(method, cells, trials=60, seed=s).best.config) for s in range(50)
        ]
        say(f"cells, {method}", mean(found[method], 1) + " %")
    say("TPE - evolution", against(found["tpe"], found["regularized-evolution"], 1))
    say("TPE - random", against(found["tpe"], found["random"], 1))


def lesson_10() -> None:
    from itertools import combinations

    from nasbook.nas.spaces.nb201.cell import to_cell

    task = nasbook.task("nb201-cifar10")
    a = task.mean_accuracy.reshape((5,) * 6) * 100
    moves = np.concatenate(
        [np.abs(np.take(a, i, k) - np.take(a, j, k)).ravel() for k in range(6) for i, j in combinations(range(5), 2)]
    )
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
    near = [
        sum(
            top[int(np.ravel_multi_index(tuple(np.r_[c[:k], o, c[k + 1 :]]), a.shape))]
            for k in range(6)
            for o in range(5)
            if o != c[k]
        )
        for c in cells
    ]
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


def lesson_11() -> None:
    task = nasbook.task("nb201-cifar10")
    last, regret = {}, {}
    kinds: list[tuple[str, str, dict]] = [
        ("with a baseline", "reinforce", {"reward": "accuracy"}),
        ("without", "reinforce", {"reward": "accuracy", "baseline": False}),
        ("standardised, with a baseline", "reinforce", {}),
        ("standardised, without", "reinforce", {"baseline": False}),
        ("ppo", "ppo", {}),
        ("evolution", "regularized-evolution", {}),
        ("random", "random", {}),
    ]
    for label, method, settings in kinds:
        runs = [nasbook.search(method, task, trials=150, seed=s, **settings) for s in range(20)]
        last[label] = [100 * np.mean([task.accuracy(t.config) for t in run.trials[-50:]]) for run in runs]
        regret[label] = [100 * task.regret(run.best.config) for run in runs]
        say(label, f"last 50 cells {mean(last[label], 1)} %; regret {mean(regret[label], 2)}")
    for kind in ("", "standardised, "):
        found = against(last[f"{kind}with a baseline"], last[f"{kind}without"], 1)
        say(f"last 50 cells: {kind}with a baseline - without", found)
    say("regret: PPO - evolution", against(regret["ppo"], regret["evolution"], 2))
    say("regret: PPO - random", against(regret["ppo"], regret["random"], 2))


def lesson_13() -> None:
    from nasbook.course.lessons.lesson_13 import searches

    kinds = [(data, "darts") for data in ("digits", "messy", "textures")]
    for data, search in (*kinds, ("digits", "darts, second order")):  # relaxations.py prints the others
        runs = searches(data, search)
        start, end = (np.array([r["derived"][e] for r in runs]) for e in (2, -1))
        peak = np.array([r["derived"].max() for r in runs])
        rank, free = (np.array([r[what][-1] for r in runs]) for what in ("rank", "free"))
        name = f"{data}, {search}, {len(runs)} seeds"
        say(f"{name}: the supernet gains", f"{sum(r['supernet'][-1] > r['supernet'][2] for r in runs)} of {len(runs)}")
        say(f"{name}: end - epoch 3, points", against(100 * end, 100 * start, 1))
        say(f"{name}: epoch 3, best on the way, end", f"{start.mean():.3f} {peak.mean():.3f} {mean(end)}")
        say(f"{name}: rank at the end", f"{mean(rank, 0)} ({rank.min():.0f} to {rank.max():.0f})")
        say(
            f"{name}: end below epoch 3; more than 2 points below its own best; no weights",
            f"{(end < start).sum()}; {(end < peak - 0.02).sum()}; {free.mean():.1f} of 6",
        )
    truth = nasbook.task("digits201-digits")
    blind = [truth.test_accuracy(nasbook.search("random", truth, trials=14, seed=s).best.config) for s in range(200)]
    end = [r["derived"][-1] for r in searches("digits")]
    say("digits: best of 14 random cells, 200 draws", mean(blind))
    gap = np.mean(blind) - np.mean(end)
    error = np.hypot(np.std(blind, ddof=1) / 200**0.5, np.std(end, ddof=1) / len(end) ** 0.5)
    say("digits: best of 14 random cells - the derived one", f"{gap:+.3f} ± {error:.3f}")


def lesson_14() -> None:
    from nasbook.hpo.parts.pareto import front, hypervolume

    task = nasbook.task("nb201-cifar10", run=0, objectives=("error", "latency"))
    table = task.outcomes()
    true, reference = np.unique(table[front(table)], axis=0), np.quantile(table, 0.9, axis=0)
    share: dict[tuple[str, int], np.ndarray] = {}
    for method, trials, seeds in (
        ("random", 60, 20),
        ("nsga2", 60, 20),
        ("parego", 60, 20),
        ("random", 200, 20),
        ("nsga2", 200, 20),
        ("parego", 200, 5),
    ):
        found = [nasbook.search(method, task, trials=trials, seed=s, views=False).trials for s in range(seeds)]
        covered = [hypervolume(np.array([t.values for t in f if t.values]), reference) for f in found]
        share[method, trials] = 100 * np.array(covered) / hypervolume(true, reference)
        say(f"{method}, {trials} trials: % of the true front's hypervolume", mean(share[method, trials], 1))
    for trials, seeds in ((60, 20), (200, 5)):
        gap = against(share["parego", trials], share["nsga2", trials][:seeds], 1)
        say(f"parego - nsga2, {trials} trials", gap)
    say("nsga2 - random, 200 trials", against(share["nsga2", 200], share["random", 200], 1))
    lesson_14_prices()


def lesson_14_prices() -> None:
    """From data/hardware_prices.csv, which nasbook/data/make/hardware.py makes: ten seeds of proxylessnas a price."""
    import csv
    from pathlib import Path

    from nasbook.tasks.chain_table import ChainTable

    table = ChainTable()
    known = {
        " ".join(c.values()): (e, t)
        for c, e, t in zip(table.configs, table.columns["error"], table.columns["latency"], strict=True)
    }
    costs = np.array(list(known.values()))
    with (Path(nasbook.__file__).parent / "data" / "hardware_prices.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    prices = sorted({float(row["price"]) for row in rows})
    expected = {
        p: np.array(
            [[float(r["expected"]) for r in rows if (float(r["price"]), int(r["seed"])) == (p, s)] for s in range(10)]
        )
        for p in prices
    }
    for price, course in expected.items():
        fall = 100 * (1 - course / course[:, 7:8])
        for epoch in (9, 10, 12, 16, 24):
            say(
                f"price {price:g}: % that the expected latency has fallen by epoch {epoch}", mean(fall[:, epoch - 1], 1)
            )
        ends = [known[r["network"]] for r in rows if float(r["price"]) == price and r["epoch"] == "24"]
        say(f"price {price:g}: latency of what is found, µs", mean([t for _, t in ends], 0))
        say(f"price {price:g}: its error alone, %", mean([100 * e for e, _ in ends], 1))
        near = [100 * costs[np.abs(costs[:, 1] - t) < 0.1 * t, 0].mean() for _, t in ends]
        say(f"price {price:g}: error - that of chains as fast", against([100 * e for e, _ in ends], near, 1))
    for low, high in zip(prices, prices[1:], strict=False):
        say(
            f"expected at the end, price {high:g} - {low:g}, µs",
            against(expected[high][:, -1], expected[low][:, -1], 0),
        )


def lesson_15() -> None:
    from nasbook.estimate import compare, estimator

    task = nasbook.task("digits201-digits")
    judges = {
        "full training": task,
        "1 epoch": estimator("low-fidelity", task, epochs=1),
        "parameters": estimator("parameters", task),
        "6 epochs": estimator("low-fidelity", task, epochs=6),
        "curve of 6 epochs": estimator("learning-curve", task, epochs=6),
        "snip": estimator("snip", task),
    }
    judged = {name: compare.judge(j, task.test_accuracy, trials=400, name=name) for name, j in judges.items()}
    for budget in (1, 10, 100, 1000):
        found = {name: 100 * j.choose(budget, seeds=100)[0] for name, j in judged.items()}
        for name, a in found.items():
            gap = against(a, found["full training"], 1)
            say(f"{budget} s, {name}", f"{mean(a, 1)} %; minus full training {gap}")
    choices = []
    for seed in range(10):
        mlp = compare.judge(estimator("mlp-predictor", task, train=50, seed=seed), task.test_accuracy, trials=400)
        choices.append(mlp.correlation())
    say(
        "rank correlation of the MLP over 10 draws of 50 cells",
        f"{mean(choices, 2)}, {min(choices):.2f} to {max(choices):.2f}",
    )
    nb201, last = nasbook.task("nb201-cifar10"), {}
    for method in ("random", "regularized-evolution", "bananas"):
        last[method] = [
            100 * nb201.regret(nasbook.search(method, nb201, trials=100, seed=s).best.config) for s in range(12)
        ]
        say(f"100 cells, {method}, 12 seeds", mean(last[method], 2))
    say("evolution - bananas", against(last["regularized-evolution"], last["bananas"], 2))


def lesson_17() -> None:
    target, table = nasbook.task("nb201-imagenet16"), nasbook.task("nb201-cifar10")

    def parameters(config: dict) -> int:
        return int(table.parameters[table.row(config)])

    def gap(config: dict) -> float:
        return 100 * target.regret(config)

    def searched(source: object, seed: int, trials: int = 100) -> nasbook.Trace:
        return nasbook.search("random", source, trials=trials, seed=seed, space=target.space)

    best = {}
    for source in ("nb201-cifar10", "nb201-cifar100", "digits201-textures", parameters):
        name = source if isinstance(source, str) else "parameters"
        best[name] = [min(map(gap, searched(source, s).top(5))) for s in range(100)]
    best["five at random"] = [min(gap(t.config) for t in searched(target, s, 5).trials) for s in range(100)]
    for name, found in best.items():
        say(f"best of five from {name}", f"{mean(found, 2)}; minus chance {against(found, best['five at random'], 2)}")
    small, curves = searched(parameters, 0), {}
    for name, options in (
        ("cold", {}),
        ("misled", {"sources": [small]}),
        ("misled, equal weights", {"sources": [small], "weighting": "equal"}),
    ):
        runs = [nasbook.search("rgpe", target, trials=30, seed=s, **options) for s in range(20)]
        curves[name] = np.array([[gap(step.incumbent.config) for step in run] for run in runs])
    for n in (5, 10, 20, 30):
        for name in ("misled", "misled, equal weights"):
            say(f"after {n} trials, {name} - cold", against(curves[name][:, n - 1], curves["cold"][:, n - 1], 2))


def lesson_19() -> None:
    from nasbook.automl import honest
    from nasbook.automl.evaluate import Pipelines

    config = {"scale": "none", "features": "best", "share": 0.01, "model": "logistic", "C": 1.0}
    found = []
    for s in range(20):
        clean, leaky = (Pipelines("noise", rows=80, split=s, leak=leak) for leak in (False, True))
        found.append(
            [100 - 100 * v for v in (leaky.evaluate(config).value, clean.evaluate(config).value, clean.test(config))]
        )
    for name, values in zip(
        ("before the split", "inside the folds", "untouched test"), zip(*found, strict=True), strict=True
    ):
        say(f"noise, 80 × 2,000, the best 20 features chosen {name}: % right, 20 draws", mean(values, 1))
    models = ["logistic", "svm", "naive-bayes", "knn", "tree"]
    for name, rows in (("wine", 60), ("cancer", 120), ("digits", 150)):
        three = []
        for s in range(20):
            task = Pipelines(name, rows=rows, split=s, models=models)
            trace = nasbook.search("random", task, trials=25, seed=s)
            three.append([100 * v for v in honest.three(trace, task).values])
        search, nested, test = np.array(three).T
        say(
            f"{name}, {rows} rows, 25 trials, 20 splits: search, nested, test, % wrong",
            ", ".join(mean(v, 2) for v in (search, nested, test)),
        )
        say(f"{name}: test - search", against(test, search, 2))
        say(f"{name}: test - nested", against(test, nested, 2))
        say(f"{name}: searches whose own number is better than the test", f"{(search < test).sum()} of 20")


def lesson_20() -> None:
    from nasbook.statistics import compare, overtuning, winners_curse

    methods = ("random", "genetic", "tpe")
    runs = {m: [nasbook.search(m, "digits-hpo-messy", trials=40, seed=s) for s in range(50)] for m in methods}
    print(compare(runs))
    for name in ("digits201-textures", "digits201-digits", "digits-hpo-textures"):
        task = nasbook.task(name)
        found = [nasbook.search("random", task, trials=200, seed=s) for s in range(50)]
        lost = []
        for run in found:
            test = [1 - task.test_accuracy(t.config) if t.status == "done" else np.nan for t in run.trials]
            lost.append(100 * overtuning(run.values, test)[-1])
        say(f"{name}, over-tuned", f"{np.mean(np.array(lost) > 0):.0%}, {mean(lost, 2)} points")
        worth = {}
        for n in (10, 50, 200):
            best = [run[n - 1].incumbent for run in found]
            others = [np.delete(task.val[task.row(t.config), :, -1], t.metrics["run"]).mean() for t in best]
            worth[n] = 100 * (1 - np.array(others))
            gap = winners_curse([100 * t.value for t in best], worth[n])
            say(f"{name}, the winner's curse after {n} trials", "{:.1f} [{:.1f}, {:.1f}] points".format(*gap))
        say(f"{name}, trained again: after 200 trials minus after 10", against(worth[200], worth[10], 2))


def lesson_21() -> None:
    """Three training seeds of Digits-201, 3,000 draws of twenty cells each; ± is over the seeds."""
    for name in ("digits", "messy", "textures"):
        table, rng = nasbook.task(f"digits201-{name}"), np.random.default_rng(0)
        end = table.test[:, :, -1].mean(1)
        i, j = rng.integers(len(end), size=(2, 20_000))
        drawn = np.array([rng.choice(len(end), 20, replace=False) for _ in range(3000)])
        best = end[drawn].argmin(1)[:, None, None]
        for epoch in (2, 4, 12):
            early = table.val[:, :, epoch - 1]
            clear = (early[i] != early[j]) & (end[i] != end[j])[:, None]
            pairs = [np.mean(((early[i] < early[j]) == (end[i] < end[j])[:, None])[clear[:, s], s]) for s in range(3)]
            ranked = early[drawn]  # (draws, cells, seeds)
            place = (ranked < np.take_along_axis(ranked, best, 1)).sum(1)
            at = f"{name}, after {epoch} of 12 epochs"
            say(f"{at}, share of pairs in the right order", mean(pairs))
            say(
                f"{at}, the best of 20 stands first, among the first five",
                f"{mean((place < 1).mean(0))}, {mean((place < 5).mean(0))}",
            )


def lesson_18() -> None:
    task = nasbook.task("digits-jahs")
    default, inner = {"lr": 0.1, "weight_decay": 5e-4}, "regularized-evolution"

    def search(order: str, trials: int, rate: float) -> np.ndarray:
        turn, frozen = trials // (4 if order == "in turns" else 2), {**default, "lr": rate}
        options = {"order": order, "turn": turn, "inner": inner, "default": frozen}
        runs = [nasbook.search("staged", task, trials=trials, seed=s, **options) for s in range(50, 150)]
        return np.array([100 * (1 - task.test_accuracy(t.best.config)) for t in runs])

    for trials in (30, 60, 120):
        joint = search("joint", trials, 0.1)
        say(f"joint, {trials} trials, 100 seeds: test error in %", mean(joint, 2))
        for order in ("architecture first", "in turns", "recipe fixed"):
            for rate in (0.03, 0.1, 1.0):
                name = f"{order} frozen at {rate:g}, {trials} trials - joint"
                say(name, against(search(order, trials, rate), joint, 2))


def lesson_22() -> None:
    table = nasbook.task("digits201-digits")
    validation, test = 100 - 100 * table.val[:, :, -1], 100 - 100 * table.test[:, :, -1]
    for trials in (1, 10, 100, 1000):
        rng, rows = np.random.default_rng(1), []
        for _ in range(1000):
            cells, seeds = rng.choice(len(validation), trials, replace=False), rng.integers(3, size=trials)
            best = validation[cells, seeds].argmin()
            other = [seed for seed in range(3) if seed != seeds[best]]
            rows.append([x[cells[best], other].mean() for x in (validation, test)] + [validation[cells, seeds].min()])
        again, later, promised = np.array(rows).T
        say(f"best of {trials} cells, 1,000 searches: promised, in % of errors", mean(promised, 2))
        say(f"best of {trials}: other seeds, the same validation images", mean(again, 2))
        say(f"best of {trials}: other seeds, the test images", mean(later, 2))
        say(f"best of {trials}: again - promised", against(again, promised, 2))


def lesson_23() -> None:
    from dataclasses import dataclass

    @dataclass(frozen=True)
    class HillSettings:
        step: float = 0.1

    class HillClimbing(nasbook.Method):
        name = "hill-climbing"
        Settings = HillSettings

        def propose(self) -> dict[str, object]:
            if not self.done:
                return self.space.sample(self.rng)
            best = min(self.done, key=lambda trial: trial.value)
            u = np.nan_to_num(self.space.encode(best.config), nan=0.5)
            return self.space.decode((u + self.settings.step * self.rng.standard_normal(len(u))).clip(0, 1))

    for task in ("ackley", "forrester"):
        runs = {"random": [nasbook.search("random", task, trials=40, seed=s) for s in range(100)]}
        for step in (0.03, 0.1, 0.3, 1.0):
            runs[f"step {step}"] = [
                nasbook.search(HillClimbing, task, trials=40, seed=s, step=step) for s in range(100)
            ]
        found = {name: np.array([t.best.value for t in traces]) for name, traces in runs.items()}
        best = min((name for name in found if name != "random"), key=lambda name: found[name].mean())
        for name, values in found.items():
            say(f"{task}, {name}: best of 40 trials, 100 seeds", mean(values, 2))
            if name != "random":
                say(f"{task}, {name} - random", against(values, found["random"], 2))
                say(f"{task}, {name} - {best}", against(values, found[best], 2))
        space = nasbook.task(task).space
        u = np.array([space.encode_all([t.config for t in trace.trials[1:]]) for trace in runs["step 1.0"]])
        say(f"{task}, step 1.0: share of coordinates at the edge", mean(((u <= 0) | (u >= 1)).mean((1, 2))))
        if task == "forrester":
            wrong = np.array([abs(t.best.config["x"] - 0.757) > 0.15 for t in runs["step 0.1"]])
            say("forrester, step 0.1: searches that end outside of the lowest valley", f"{wrong.sum()} of 100")


def lesson_24() -> None:
    from nasbook.tasks.widths import losses

    rates = 2.0 ** np.arange(-10, -2)
    for optimizer, shift in (("adam", 0), ("sgd", 1)):
        for parametrisation in ("standard", "mup"):
            given = {"optimizer": optimizer, "parametrisation": parametrisation}
            widths = (32, 64, 128, 256)
            found = {w: losses(w, rates * 2.0**shift, range(10), **given)[0] for w in widths}
            best = np.array([np.log2(rates[t.argmin(0)]) + shift for t in found.values()])  # (widths, seeds)
            name = f"{parametrisation}, {optimizer}, 10 seeds"
            for w, powers in zip(widths, best, strict=True):
                say(f"{name}: best rate of width {w}, a power of 2", mean(powers, 1))
            say(f"{name}: power of the width", mean(np.polyfit(np.log2(widths), best, 1)[0], 2))
            toy = found[32].mean(1).argmin()
            say(f"{name}: width 256 at the toy's rate - at its own best", against(found[256][toy], found[256].min(0)))
            same = all(
                bool((found[b].mean(1) <= found[a].mean(1)).all()) for a, b in zip(widths, widths[1:], strict=False)
            )
            say(f"{name}: wider is at least as good at every rate", str(same))
    end = losses(32, rates, range(10), steps=160)[0].mean(1)
    for steps in (10, 20, 40, 80, 160):
        best = losses(32, rates, range(10), steps=steps)[0].mean(1).argmin()
        say(f"toy, {steps} steps: best rate 2^{np.log2(rates[best]):.0f}; its loss after 160", f"{end[best]:.3f}")


LESSONS: dict[str, Callable[[], None]] = {
    name.removeprefix("lesson_"): made for name, made in sorted(globals().items()) if name.startswith("lesson_")
}


def main(wanted: Sequence[str]) -> None:
    for number in wanted or LESSONS:
        print(f"Lesson {number}", flush=True)
        LESSONS[number]()


if __name__ == "__main__":
    main(sys.argv[1:])
