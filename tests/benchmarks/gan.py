"""What the Inception Score of small generators of digits can and cannot tell, and what AutoGAN finds.

python tests/benchmarks/gan.py bias [--seeds 10]       a score by the number of images, one generator a seed
python tests/benchmarks/gan.py noise [--seeds 10]      six generators: spread between them, seeds, evaluations
python tests/benchmarks/gan.py search [--seeds 10]     AutoGAN beside random search at the same cost, trained anew
"""

import argparse
import time

import numpy as np

import nasbook
from nasbook.nas.parts.gan import inception_score
from nasbook.tasks.gan import PART, Alone, DigitsGAN


def alike(conv, norm, up, shortcut=False, skips="none"):
    """A generator whose two cells are alike."""
    cell = {"conv": conv, "norm": norm, "up": up, "shortcut": shortcut}
    return {f"{d}_{s}": o for s in (1, 2) for d, o in cell.items()} | {"skips_2": skips}


SIX = {
    "post batch nearest": alike("post", "batch", "nearest"),
    "post batch nearest, shortcut, skip": alike("post", "batch", "nearest", True, "1"),
    "post instance nearest": alike("post", "instance", "nearest"),
    "pre batch bilinear, shortcut": alike("pre", "batch", "bilinear", True),
    "post none deconv": alike("post", "none", "deconv"),
    "pre none nearest": alike("pre", "none", "nearest"),
}


def interval(x):
    x = np.asarray(x, float)
    return f"{x.mean():6.2f} ± {x.std(ddof=1) / len(x) ** 0.5:.2f} (s.d. {x.std(ddof=1):.2f}, n = {len(x)})"


def trained(task, config, seed):
    training = Alone(task, config, seed)
    training.learn(task.steps // PART)
    return training


def predictions(task, training, n, rng):
    return task.predictions(training.gan.images(n, training.lines, rng))


def bias(seeds):
    task = DigitsGAN()
    rows = {n: [] for n in (10, 50, 200, 1000)}
    jitter = {n: [] for n in rows}
    for seed in range(seeds):
        training, rng = trained(task, SIX["post batch nearest"], seed), np.random.default_rng(seed)
        for n in rows:
            scores = [inception_score(predictions(task, training, n, rng)) for _ in range(20)]
            rows[n].append(np.mean(scores))
            jitter[n].append(np.std(scores, ddof=1))
        print(f"seed {seed}: " + ", ".join(f"{n}: {rows[n][-1]:.2f} ± {jitter[n][-1]:.2f}" for n in rows), flush=True)
    for n in rows:
        print(f"n = {n:5}: mean score {interval(rows[n])}, s.d. of one evaluation {np.mean(jitter[n]):.3f}")


def noise(seeds):
    task = DigitsGAN()
    score = {name: [] for name in SIX}
    again = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        for name, config in SIX.items():
            training = trained(task, config, seed)
            scores = [inception_score(predictions(task, training, 1000, rng)) for _ in range(10)]
            score[name].append(np.mean(scores))
            again.append(np.std(scores, ddof=1))
        print(f"seed {seed}: " + ", ".join(f"{s[-1]:.2f}" for s in score.values()), flush=True)
    for name, s in score.items():
        print(f"{name:38} {interval(s)}")
    table = np.array(list(score.values()))  # (generators, seeds)
    print(f"s.d. between generators (of their means) {table.mean(1).std(ddof=1):.2f}")
    print(f"s.d. between training seeds, within a generator {np.sqrt(table.var(1, ddof=1).mean()):.2f}")
    print(f"s.d. between evaluations of 1,000 images {np.mean(again):.3f}")
    top = table[:3]
    best = [int(top[:, k].argmax()) for k in range(seeds)]
    print(f"the best of the first three, seed by seed: {best}")
    worst_pair = [bool(table[:4, k].min() > table[4:, k].max()) for k in range(seeds)]
    print(f"all four with a norm beat both without: {sum(worst_pair)} of {seeds} seeds")


def search(seeds):
    task = DigitsGAN()
    rows = []
    for seed in range(seeds):
        begin = time.process_time()
        found = nasbook.search("autogan", task, seed=seed, views=True)
        cost = time.process_time() - begin
        begin, rng, tried = time.process_time(), np.random.default_rng(seed), []
        while time.process_time() - begin < cost:
            config = task.space.sample(rng)
            tried.append((task.evaluate(config, seed=seed).value, len(tried), config))
        best = min(tried)[2]
        ours, theirs = (
            np.mean([-task.evaluate(c, seed=1000 + k).value for k in range(3)]) for c in (found.best.config, best)
        )
        any_one = np.mean([-v for v, _, _ in tried])
        last = found[-1].view
        rows.append((ours, theirs, any_one, last.score))
        print(
            f"seed {seed}: {cost:.0f} CPU s, {len(tried)} random ones; found {ours:.2f}, best random {theirs:.2f}, "
            f"mean random {any_one:.2f}; shared weights said {last.score:.2f}; resets {last.resets}, "
            f"prefixes {len(last.prefixes)}; {found.best.config}",
            flush=True,
        )
    table = np.array(rows)
    for name, column in zip(
        ("found, trained anew", "best random, trained anew", "mean random", "with shared weights"), table.T, strict=True
    ):
        print(f"{name:26} {interval(column)}")
    print(f"found minus best random {interval(table[:, 0] - table[:, 1])}")
    print(f"found minus mean random {interval(table[:, 0] - table[:, 2])}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("bias", "noise", "search"))
    parser.add_argument("--seeds", type=int, default=10)
    args = parser.parse_args()
    {"bias": bias, "noise": noise, "search": search}[args.what](args.seeds)
