"""Lesson 17, meta-learning and transfer: a warm start that is one, the weight of a source by hand, a step of Reptile."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from nasbook import registry
from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question
from nasbook.search import search
from nasbook.trace import Trace

if TYPE_CHECKING:
    from nasbook.nas.rgpe import RGPEView

IMAGES = (20, 50, 100, 300)  # of the target, in fine_tuning_seeds.csv


def moved_over_seeds() -> dict[str, dict[str, np.ndarray]]:
    """Source -> way -> (16 seeds, 4 numbers of images) test errors in %, from nasbook/data/fine_tuning_seeds.csv, which
    nasbook/data/make/fine_tuning_seeds.py has made."""
    found: dict[str, dict[str, dict[int, list[float]]]] = {}
    text = (files("nasbook") / "data" / "fine_tuning_seeds.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        of = found.setdefault(row["source"], {}).setdefault(row["way"], {})
        of.setdefault(int(row["images"]), []).append(100 * float(row["error"]))
    table = {s: {w: np.array([of[n] for n in IMAGES]).T for w, of in ways.items()} for s, ways in found.items()}
    anew = table.pop("none")
    return {source: anew | ways for source, ways in table.items()}


def judge_moved(errors: Mapping[str, Mapping[str, np.ndarray]]) -> tuple[int, str]:
    few, many = ({w: e[:, k].mean() for w, e in errors["messy"].items()} for k in (0, -1))
    learned = ("frozen", "partly", "all")
    which = {"frozen": 0, "partly": 1, "all": 2}[min(learned, key=lambda w: few[w])]
    return which, (
        f"With 20 images: the head alone {few['frozen']:.1f} % wrong, the second half {few['partly']:.1f} %, all {few['all']:.1f} %, "
        f"from scratch {few['scratch']:.1f} %. With 300 it is {many['frozen']:.1f}, {many['partly']:.1f} and {many['all']:.1f} %: what "
        "is free can learn, and can also be spoilt."
    )


def check_warm(warm: object) -> str | None:
    if not callable(warm):
        return f"warm must be a function, not a {type(warm).__name__}"
    task = registry.make("task", "digits201-messy")
    source = search("random", "digits201-digits", trials=60, seed=3)
    best = source.top(4)
    gains = []
    for seed in range(5):
        trace = warm(source, "digits201-messy", 4, seed)
        if not isinstance(trace, Trace):
            return f"warm must return the trace of the search on the target, not a {type(trace).__name__}"
        h = trace.header
        if h.task != "digits201-messy":
            return f"the search must be on the target, 'digits201-messy', not on {h.task!r}"
        if (h.method, len(trace), h.seed) != ("regularized-evolution", 30, seed):
            told = f"{h.method!r} with {len(trace)} trials and seed {h.seed}"
            return f"the search must be 'regularized-evolution' with 30 trials and the seed that is given ({seed}), not {told}"
        tried = [t.config for t in sorted(trace.trials, key=lambda t: t.id)[:5]]
        if tried[:4] != best:
            worst = sorted(source.trials, key=lambda t: -(t.value or 0.0))[0].config
            if tried[:4] == [t.config for t in source.trials[:4]]:
                why = "these are the source's first trials: take its best ones"
            elif tried[0] == worst:
                why = "these are its worst ones: values are errors, and low is good"
            elif all(c not in best for c in tried):
                why = "none of them is tried: hand them over with first=…"
            else:
                why = f"of the first four trials, {sum(c in best for c in tried[:4])} are"
            return f"with n = 4 the first four trials must be the source's four best, best first; {why}"
        if tried[4] in source.top(5):
            return "with n = 4, a fifth configuration of the source is tried too: take n of them"
        cold = search("regularized-evolution", task, trials=4, seed=seed)
        gains.append(task.accuracy(trace[3].incumbent.config) - task.accuracy(cold.best.config))  # type: ignore[union-attr]
    rng = np.random.default_rng()
    n, seed = int(rng.integers(2, 7)), int(rng.integers(10, 10**6))
    tried = [t.config for t in sorted(warm(source, "digits201-messy", n, seed).trials, key=lambda t: t.id)[: n + 1]]
    if tried[:n] != source.top(n) or tried[n] in source.top(n + 1):
        return f"with n = {n} the first {n} trials must be the source's {n} best, best first, and no other of them"
    if np.mean(gains) <= 0:
        return f"after 4 trials it is {-np.mean(gains):.1%} behind the cold start: is the target searched from the source's best?"
    return None


def check_weight(weight: object) -> str | None:
    if not callable(weight):
        return f"weight must be a function, not a {type(weight).__name__}"
    rng = np.random.default_rng(0)
    n = 8
    b = rng.integers(n, size=(40, n))
    y = rng.permutation(n).astype(float)
    noisy, poor = y + rng.normal(0, 1.5, n), y + rng.normal(0, 4.0, n)

    def loss(f: np.ndarray, sample: np.ndarray) -> int:
        return sum(bool(f[j] < f[k]) != bool(y[j] < y[k]) for j in sample for k in sample)

    def truth(f: np.ndarray, g: np.ndarray) -> float:
        return float(np.mean([loss(f, s) < loss(g, s) for s in b]))

    cases = [
        (noisy, noisy, "both make the same mistakes: a tie goes to the target"),
        (noisy, poor, "the source is the better one, yet not in every sample"),
        (poor, noisy, "the target is the better one, yet not in every sample"),
        (3 * y + 100, noisy, "the source has the right order on another scale: only the order counts"),
        (-y, noisy, "the source is upside down"),
        (*np.random.default_rng().normal(y, 2.0, (2, n)), "predictions drawn at random"),
    ]
    for f, g, why in cases:
        got, right = weight(f.copy(), g.copy(), y.copy(), b.copy()), truth(f, g)
        if np.ndim(got) or not isinstance(got, int | float | np.number):
            return f"the weight must be a number from 0 to 1, not {got!r:.60}"
        if not np.isclose(got, right):
            theirs = np.mean([loss(g, s) < loss(f, s) for s in b])
            if theirs > 0 and np.isclose(got, theirs):
                return (
                    f"you have returned {got:.3f}, how often the target wins; the weight is the source's ({right:.3f})"
                )
            everywhere = float(loss(f, np.arange(n)) < loss(g, np.arange(n)))
            hint = " Count in each sample of b, not once over all trials." if np.isclose(got, everywhere) else ""
            return f"{why}. The source wins {right:.3f} of the samples; your weight is {float(got):.3f}.{hint}"
    return None


def check_reptile(reptile_step: object) -> str | None:
    if not callable(reptile_step):
        return f"reptile_step must be a function, not a {type(reptile_step).__name__}"
    phi = np.array([1.0, -2.0])
    bowls = [(0.5, 3.0), (2.0, -1.0)]  # L = a/2 |phi - c|², so k steps leave (1 - lr a)^k of the way to c
    gradients = [lambda p, a=a, c=c: a * (p - c) for a, c in bowls]

    def right(k: int, epsilon: float, n: int) -> np.ndarray:
        ends = [c + (1 - 0.1 * a) ** k * (phi - c) for a, c in bowls[:n]]
        return phi + epsilon * (np.mean(ends, axis=0) - phi)

    cases = [
        (1, 0.5, 1, "with one task and one inner step it is a step of SGD with the rate ε · lr"),
        (4, 1.0, 1, "with one task and ε = 1 it is where k inner steps end"),
        (
            4,
            0.5,
            2,
            "with two tasks φ moves by ε times the mean of the two differences; each task starts from the same φ",
        ),
        (int(np.random.default_rng().integers(2, 6)), 0.3, 2, "with a number of inner steps drawn at random"),
    ]
    for k, epsilon, n, why in cases:
        given = phi.copy()
        got = np.asarray(reptile_step(given, gradients[:n], 0.1, k, epsilon), float)
        if not np.array_equal(given, phi):
            return "phi itself has been changed: work on a copy, because every task starts from it"
        if got.shape != phi.shape:
            return f"the new weights must have the shape of phi, {phi.shape}, not {got.shape}"
        if not np.allclose(got, right(k, epsilon, n)):
            return f"{why}: from {phi} that is {np.round(right(k, epsilon, n), 4)}, yours is {np.round(got, 4)}"
    return None


def judge_five(best: dict[str, np.ndarray]) -> tuple[int, str]:
    """Source -> (seeds,) points below the target's best cell of the best of five."""
    few, chance = best["parameters"].mean(), best["five at random"].mean()
    which = 2 if few > chance + 1 else 0 if few < chance - 1 else 1
    return which, (
        f"{few:.1f} points against {chance:.1f}. The same cells are ranked nearly the other way round by the number of their "
        "parameters. A source that is wrong for the target is worse than no source: negative transfer."
    )


def judge_weight(view: RGPEView) -> tuple[int, str]:
    """The view after 10 trials; its sources are CIFAR-100 and the fewest parameters."""
    weight, (related, small) = view.weights[1], view.loss[:2]
    return (2 if weight < 0.005 else 1 if weight < 0.3 else 0), (
        f"After 10 trials the model of CIFAR-100 has {related:.0%} of the pairs in the wrong order, that of the parameters "
        f"{small:.0%}."
    )


def judge_misled(misled: np.ndarray, cold: np.ndarray) -> tuple[int, str]:
    """(seeds, trials) regret in points of both, the same seeds."""
    behind = (misled - cold)[:, -1]
    error = behind.std(ddof=1) / len(behind) ** 0.5
    return (0 if behind.mean() > 2 else 1), (
        f"Misled minus cold: {behind.mean():+.2f} ± {error:.2f} points. The start was lost, the search was not. A fixed belief "
        "has no such way back."
    )


QUESTIONS = [
    Question(
        "17.q1",
        "Five cells from a search for the fewest parameters, or five cells at random: which of them lie closer to the best "
        "cell of ImageNet16-120?",
        (
            "the small ones: any search beats no search",
            "about the same: advice on another question does no harm",
            "the random ones",
        ),
        judge_five,
    ),
    Question(
        "17.q2",
        "Two sources at once, CIFAR-100 and the fewest parameters. After 10 trials on the target, how much weight does the "
        "second one have?",
        ("about a third, as the others", "less than the others, but not nothing", "none at all"),
        judge_weight,
    ),
    Question(
        "17.q3",
        "After 30 trials: how far behind the cold start is the search that was misled at its start, with ranking weights?",
        ("by more than 2 points", "by less than 2 points, or not at all"),
        judge_misled,
    ),
    Question(
        "17.q4",
        "A cell that was found and trained on messy digits goes on with clean ones, of which there are 20. What should learn?",
        ("the head alone", "the second half of the network", "all of it"),
        judge_moved,
    ),
]

EXERCISES = [
    Exercise(
        name="17.warm",
        prompt="Write <code>warm(source, target, n, seed)</code>: it returns the trace of a search of 30 trials on the task "
        "<code>target</code> by <code>regularized-evolution</code> with this seed, whose first n trials are the n best "
        "configurations of the trace <code>source</code>. The check compares it with a cold start on a related task.",
        answer="warm",
        test=check_warm,
        hints=(
            "A trace knows its best configurations: <code>source.top(n)</code>.",
            "<code>nasbook.search</code> takes a list of configurations to try before the method chooses: "
            "<code>first=…</code>.",
        ),
        stub="def warm(source, target, n, seed):\n    return ...",
        solution="def warm(source, target, n, seed):\n"
        "    return nasbook.search('regularized-evolution', target, trials=30, seed=seed, first=source.top(n))",
        why="On a related task a few good configurations are worth more than as many random ones, over five seeds. "
        "warm_start= is for another case: more trials of the same task.",
    ),
    Exercise(
        name="17.weight",
        prompt="Values <code>y</code> (n,) of the target's trials, predictions <code>f</code> (n,) of the source's model and "
        "<code>g</code> (n,) of the target's own, and S samples <code>b</code> (S, n) of places in them. In one sample, a model's "
        "loss is the number of ordered pairs (j, k) with 1[f_j &lt; f_k] ≠ 1[y_j &lt; y_k]. Write "
        "<code>weight(f, g, y, b)</code>: the share of the samples in which the source's loss is <i>lower</i> than the "
        "target's.",
        answer="weight",
        test=check_weight,
        hints=(
            "For one sample s: <code>fs, ys = f[s], y[s]</code>; all pairs at once are "
            "<code>(fs[:, None] &lt; fs) != (ys[:, None] &lt; ys)</code>.",
            "Sum that for f and for g, compare with &lt;, and take the mean over the samples.",
        ),
        stub="def weight(f, g, y, b):\n    return ...",
        solution="import numpy as np\n\ndef weight(f, g, y, b):\n"
        "    def loss(p, s):\n"
        "        return ((p[s][:, None] < p[s]) != (y[s][:, None] < y[s])).sum()\n"
        "    return np.mean([loss(f, s) < loss(g, s) for s in b])",
        why="The source has to win against the target's own model, on results that it has never seen. Nobody has to say "
        "beforehand whether the tasks are related.",
    ),
    Exercise(
        name="17.reptile",
        prompt="Write one outer step of Reptile: <code>reptile_step(phi, gradients, lr, k, epsilon)</code>. Each entry of "
        "<code>gradients</code> is the gradient of one task's loss, a function of the weights. Each task starts from "
        "<code>phi</code> (an array) and takes k steps of SGD with the rate <code>lr</code>; then phi moves by ε times the mean "
        "of the differences.",
        answer="reptile_step",
        test=check_reptile,
        hints=(
            "For one task: <code>p = phi.copy()</code>, then k times <code>p = p - lr * gradient(p)</code>.",
            "With all ends in a list: <code>phi + epsilon * (np.mean(ends, axis=0) - phi)</code>.",
        ),
        stub="def reptile_step(phi, gradients, lr, k, epsilon):\n    return ...",
        solution="import numpy as np\n\ndef reptile_step(phi, gradients, lr, k, epsilon):\n    ends = []\n"
        "    for gradient in gradients:\n        p = phi.copy()\n        for _ in range(k):\n"
        "            p = p - lr * gradient(p)\n        ends.append(p)\n"
        "    return phi + epsilon * (np.mean(ends, axis=0) - phi)",
        why="With k = 1 this is plain SGD on the mean loss. Only further steps make it meta-learning: they see how each "
        "task's gradient changes on the way.",
    ),
]
