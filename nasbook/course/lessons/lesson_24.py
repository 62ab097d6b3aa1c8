"""Lesson 24, what transfers: how the best rate moves with the width, by a power, and what μP makes of the rates."""

from __future__ import annotations

import math

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level


def _power(widths: np.ndarray, best: np.ndarray) -> np.ndarray:
    """The slope of log best over log width, of each seed."""
    return np.polyfit(np.log(widths), np.log(best), 1)[0]


def _numbers(got: object, n: int) -> list[float] | None:
    """The n numbers of a tuple, a list or an array, each alone or in an array of one; None for anything else."""
    if not isinstance(got, tuple | list) and not (isinstance(got, np.ndarray) and got.ndim):
        return None
    if len(got) != n:
        return None
    parts = [np.asarray(x) for x in got]
    return [float(x.item()) for x in parts] if all(x.size == 1 and x.dtype.kind in "fiu" for x in parts) else None


def check_power(power: object) -> str | None:
    if not callable(power):
        return f"power must be a function, not a {type(power).__name__}"
    rng = np.random.default_rng()
    for true, n, seeds in ((-1.0, 3, 3), (-0.7, 4, 10), (0.5, 4, 5), (float(rng.uniform(-1, 1)), 5, 6)):
        widths = 32 * 2.0 ** np.arange(n)
        widths[-1] *= 2  # not evenly spaced
        best = 0.05 * widths[:, None] ** true * 2.0 ** rng.normal(0, 0.5, (n, seeds))
        slopes = _power(widths, best)
        p, error = slopes.mean(), slopes.std(ddof=1) / math.sqrt(seeds)
        got = power(widths.copy(), best.copy())
        if (pair := _numbers(got, 2)) is None:
            return f"two numbers are needed, (power, standard error), not {' '.join(repr(got).split()):.60}"
        got, head = pair, f"for {n} widths and {seeds} seeds"
        if not np.isclose(got[0], p, atol=1e-4):
            logs, ratio = np.log(widths), np.log(best)
            known = {
                -p: "The sign is wrong: a rate that falls as the width grows has a negative power.",
                1 / p: "That is its inverse: the rate is a function of the width.",
                p / math.log(2): "The two logarithms have different bases.",
                p * math.log(2): "The two logarithms have different bases.",
                p / math.log(10): "The two logarithms have different bases.",
                p * math.log(10): "The two logarithms have different bases.",
                float(slopes[0]): "That is the power of the first seed alone.",
                float(np.polyfit(widths, best, 1)[0].mean()): "That is a slope without logarithms.",
                float((ratio / logs[:, None]).mean()): "A power is a slope of logarithms, not their ratio.",
                float(((logs @ ratio) / (logs @ logs)).mean()): "That line goes through the origin; leave it free.",
                float(
                    ((ratio[-1] - ratio[0]) / (logs[-1] - logs[0])).mean()
                ): "That takes the first and the last width alone; use all of them.",
            }
            why = next((words for value, words in known.items() if np.isclose(got[0], value)), "")
            return f"{head} the power is {p:.4f}, yours is {float(got[0]):.4f}. {why}".strip()
        if not np.isclose(got[1], error, atol=1e-4):
            known = {
                error * math.sqrt(seeds): "That is the deviation of one seed's power.",
                slopes.std() / math.sqrt(seeds): "The variance was divided by n instead of n − 1.",
                slopes.std(): "That is a deviation, and divided by n instead of n − 1.",
                error / math.sqrt(seeds): "It is divided by n instead of its root.",
            }
            why = next((words for value, words in known.items() if np.isclose(got[1], value)), "")
            return f"{head} the standard error is {error:.4f}, yours is {float(got[1]):.4f}. {why}".strip()
    return None


LAYERS = ("input", "hidden", "output")


def check_rates(layer_rates: object) -> str | None:
    if not callable(layer_rates):
        return f"layer_rates must be a function, not a {type(layer_rates).__name__}"
    rng = np.random.default_rng()
    for rate, m in ((0.01, 1.0), (0.01, 8.0), (0.2, 4.0), (float(rng.uniform(0.01, 1)), float(rng.uniform(1.5, 9)))):
        for optimizer in ("adam", "sgd"):
            right = (rate, rate / m, rate / m) if optimizer == "adam" else (rate * m, rate, rate / m)
            got = layer_rates(rate, m, optimizer)
            if (three := _numbers(got, 3)) is None:
                return f"three rates are needed, (input, hidden, output), not {' '.join(repr(got).split()):.60}"
            for layer, value, true in zip(LAYERS, three, right, strict=True):
                if not np.isclose(value, true):
                    return _wrong_rate(layer, value, true, rate, m, optimizer)
    return None


def _wrong_rate(layer: str, value: float, true: float, rate: float, m: float, optimizer: str) -> str:
    words = f"{optimizer}, a rate of {rate:.3g} and {m:.3g} times the width: the {layer} layer's is {true:.4g}"
    why = ""
    if np.isclose(value, rate * m) and true < rate:
        why = " A sum over more numbers grows, so its rate must fall: the sign of the power is wrong."
    elif np.isclose(value, rate / m) and layer == "hidden" and optimizer == "sgd":
        why = " That is the output layer's power. A hidden gradient of SGD is itself smaller in a wider network."
    elif np.isclose(value, rate / m) and layer == "input":
        why = " Its sum runs over the pixels, whose number does not grow."
    elif np.isclose(value, rate) and optimizer == "adam":
        why = " Adam's step has the same size in each weight, and this sum runs over the width."
    elif np.isclose(value, rate / m**0.5):
        why = " The root is that of the first weights, which are random. Steps point in one direction, so they add up."
    return f"{words}, yours is {value:.4g}.{why}"


def judge_where(found: dict[int, np.ndarray], rates: np.ndarray) -> tuple[int, str]:
    """Width -> losses (rates, seeds)."""
    narrow, wide = min(found), max(found)
    a, b = (np.log2(rates[found[w].argmin(0)]) for w in (narrow, wide))
    moved = b - a
    error = moved.std(ddof=1) / len(moved) ** 0.5
    return level(float(moved.mean()), -0.5, 0.5), (
        f"It moved by {moved.mean():+.1f} ± {error:.1f} powers of 2, from width {narrow} to {wide}, over {len(moved)} "
        "seeds. Each weight of a wide layer moves as far as one of a narrow layer, and there are more of them to add up."
    ).replace("+-", "−").replace("-", "−")


def judge_price(found: dict[int, np.ndarray]) -> tuple[int, str]:
    """Width -> losses (rates, seeds) under μP: what the toy's best rate costs the widest network."""
    narrow, wide = min(found), max(found)
    toy = int(found[narrow].mean(1).argmin())
    ratio = float(found[wide][toy].mean() / found[wide].mean(1).min())
    return level(ratio, 1.2, 2.0), (
        f"{ratio:.2f} times the loss of its own best rate, on the mean of {found[wide].shape[1]} seeds. The rates of the "
        "layers are divided as their sums grow, so that a step moves what they put out as far as in the toy."
    )


QUESTIONS = [
    Question(
        "24.q1",
        "A network with two hidden layers of 32 units learns best at some rate of Adam. Its layers are made 256 wide, and "
        "everything else stays. Where is the best rate now?",
        ("lower", "the same", "higher"),
        judge_where,
    ),
    Question(
        "24.q2",
        "Now under μP. The best rate of width 32 is taken to width 256. How large is the loss there, against that of the best "
        "of the eight rates for width 256?",
        ("at most a fifth larger", "up to twice as large", "more than twice as large"),
        judge_price,
    ),
]

EXERCISES = [
    Exercise(
        name="24.power",
        prompt="Write <code>power(widths, best)</code>: the p of best rate = c · width^p, and its standard error, as a "
        "tuple. <code>widths</code> has the shape (n,), <code>best</code> (n, seeds): the best rate of each seed at each "
        "width. Fit a line for each seed by least squares; p is the mean of their slopes.",
        answer="power",
        test=check_power,
        hints=(
            "best = c · width^p means log best = log c + p log width: a line, whose slope is p. Both logarithms have the same base.",
            "<code>np.polyfit(x, y, 1)</code> takes a y with a column for each seed and gives the slopes as its first row. The "
            "standard error of their mean is their deviation (with n − 1) divided by the root of their number.",
        ),
        stub="def power(widths, best):\n    return ...",
        solution="import numpy as np\n\ndef power(widths, best):\n"
        "    slopes = np.polyfit(np.log(widths), np.log(best), 1)[0]\n"
        "    return slopes.mean(), slopes.std(ddof=1) / len(slopes) ** 0.5",
        why="One seed gives a power, too, and nothing tells you how far it can be trusted.",
    ),
    Exercise(
        name="24.rates",
        prompt="Write <code>layer_rates(rate, m, optimizer)</code>: under μP, the rates of the input, the hidden and the output "
        "layer's weights of a network that is m times as wide as the one that <code>rate</code> was found for. "
        '<code>optimizer</code> is "adam" or "sgd".',
        answer="layer_rates",
        test=check_rates,
        hints=(
            "Adam moves every weight by about the rate. What a layer puts out is a sum over its inputs: how does their number grow, "
            "in each of the three layers?",
            "SGD moves a weight by rate × gradient. With output weights of 1/m, the gradient of what a hidden unit puts out is "
            "of the size 1/m. So input: the step must be made m times as large; hidden: 1/m × a sum over m times as many is 1 "
            "already; output: its gradient does not shrink, and its sum grows.",
        ),
        stub="def layer_rates(rate, m, optimizer):\n    return ...",
        solution='def layer_rates(rate, m, optimizer):\n    if optimizer == "adam":\n        return rate, rate / m, rate / m\n'
        "    return rate * m, rate, rate / m",
        why="This is the table of nasbook/tasks/mup.py, and of Tensor Programs V. At m = 1 it changes nothing.",
    ),
]
