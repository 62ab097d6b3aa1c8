"""Compound scaling against growing one size, at about the same FLOPs, over seeds.

    python tests/benchmarks/compound.py [--seeds 10] [--epochs 8] [--repeats 1]

For each seed the method `compound` finds its rule on its grid at φ = 1, by validation error. Then each rule is grown to
φ = 1, 2, 3, trained anew with another seed, and judged on the test part, which no search has seen. Printed: the mean
test error in per cent ± its standard error, the FLOPs, and by how much the rule found is better than each other one,
paired by seed, in per cent points ± its standard error.
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402

import nasbook  # noqa: E402

RULES = {
    "depth alone": (2.0, 1.0, 1.0),
    "width alone": (1.0, 1.4, 1.0),
    "resolution alone": (1.0, 1.0, 1.4),
    "EfficientNet's": (1.2, 1.1, 1.15),
}
PHIS = (1, 2, 3)
FRESH = 1000  # what a rule was found with does not judge it


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--epochs", type=int, help="of a training (default: the task's)")
    parser.add_argument("--repeats", type=int, default=1, help="trainings of a point of the grid")
    options = parser.parse_args()
    task = nasbook.task("digits-compound", **({"epochs": options.epochs} if options.epochs else {}))
    errors: dict[str, list[list[float]]] = {"found": [], **{name: [] for name in RULES}}
    for seed in range(options.seeds):
        search = nasbook.search("compound", task, seed=seed, repeats=options.repeats, trials=1 + 9 * options.repeats)
        at_one = [t for t in search.trials if t.config["phi"] == 1 and t.value is not None]
        means = {}
        for trial in at_one:
            means.setdefault(tuple(trial.config[n] for n in ("alpha", "beta", "gamma")), []).append(trial.value)
        found = min(means, key=lambda rule: np.mean(means[rule]))
        for name, rule in {"found": found, **RULES}.items():
            configs = [dict(zip(("alpha", "beta", "gamma", "phi"), (*rule, phi), strict=True)) for phi in PHIS]
            errors[name].append([100 * task.test(config, seed=FRESH + seed) for config in configs])
        print(f"seed {seed}: found {found}, test error {np.round(errors['found'][-1], 1)}", flush=True)

    base = task.architectures.flops({"alpha": 1.0, "beta": 1.0, "gamma": 1.0, "phi": 0})
    ours = np.array(errors["found"])
    print(f"\n{task.name}, {options.seeds} seeds; FLOPs are multiples of the base network's")
    for name, rows in errors.items():
        theirs = np.array(rows)
        text = f"{name:17}"
        for i, phi in enumerate(PHIS):
            gain = theirs[:, i] - ours[:, i]
            text += f"   φ = {phi}: {theirs[:, i].mean():5.1f} ± {_se(theirs[:, i]):3.1f} %"
            if name in RULES:
                config = dict(zip(("alpha", "beta", "gamma", "phi"), (*RULES[name], phi), strict=True))
                times = task.architectures.flops(config) / base
                text += f" at {times:4.1f}×, found is {gain.mean():+5.1f} ± {_se(gain):3.1f}"
        print(text)


def _se(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / len(values) ** 0.5)


if __name__ == "__main__":
    main()
