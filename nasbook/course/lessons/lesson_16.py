"""Lesson 16, AutoGAN: what the Inception Score of a sample tells, and how exactly."""

from __future__ import annotations

import numpy as np

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level


def score_of(p: np.ndarray) -> float:
    mean = p.mean(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log(p / mean), 0.0)
    return float(np.exp(terms.sum(1).mean()))


def check_score(inception_score: object) -> str | None:
    if not callable(inception_score):
        return f"inception_score must be a function, not a {type(inception_score).__name__}"
    rng = np.random.default_rng()
    for n in (40, 7):
        p = rng.dirichlet(np.full(10, 0.3), n)
        right, given = score_of(p), p.copy()
        got = inception_score(given)
        if not np.array_equal(given, p):
            return "the array that was given has been changed: work on a copy"
        if np.shape(got) != ():
            return f"the score is one number, not of shape {np.shape(got)}"
        wrong = {
            "take the exponential at the end": np.log(right),
            "use the natural logarithm, whose inverse is exp": float(np.exp(np.log(right) / np.log(2))),
            "KL compares each row with the mean of the rows, not with equal shares": _against_uniform(p),
            "take the mean over the images, not the sum": float(np.exp(min(700, n * np.log(right)))),
            "compare with the mean of the rows (over the images), not over the classes": _against_row_mean(p),
            "the divergence is Σ p log(p / mean), in this order": _reversed(p),
        }
        if not np.isclose(got, right, rtol=1e-6):
            for hint, value in wrong.items():
                if np.isclose(got, value, rtol=1e-6):
                    return f"for {n} random predictions the score is {right:.4f}, yours is {float(got):.4f}: {hint}"
            return f"for {n} random predictions the score is {right:.4f}, yours is {float(got):.4f}"
    for labels, right in (([0, 1, 2, 3, 4] * 4, 5.0), ([3] * 20, 1.0)):
        got = inception_score(np.eye(10)[labels])
        if not np.isclose(got, right, atol=1e-6):
            return (
                f"for certain predictions of {right:.0f} classes the score is {right:.0f}, yours is {got}: 0 log 0 is 0"
            )
    return None


def _against_uniform(p: np.ndarray) -> float:
    return float(np.exp((p * np.log(p * p.shape[1])).sum(1).mean()))


def _against_row_mean(p: np.ndarray) -> float:
    return float(np.exp((p * np.log(p / p.mean(1, keepdims=True))).sum(1).mean()))


def _reversed(p: np.ndarray) -> float:
    m = p.mean(0)
    return float(np.exp(min(700, (m * np.log(m / p)).sum(1).mean())))


def check_report(report: object) -> str | None:
    if not callable(report):
        return f"report must be a function, not a {type(report).__name__}"
    rng = np.random.default_rng()
    for n in (5, 8, 12):
        x = rng.normal(5, rng.uniform(0.1, 1), n)
        try:
            mean, error = report(x.copy())
        except (TypeError, ValueError):
            return "report must return two numbers: the mean and its standard error"
        if not np.isclose(mean, x.mean()):
            return f"the mean of {n} scores is {x.mean():.4f}, yours is {float(mean):.4f}"
        right = x.std(ddof=1) / n**0.5
        if not np.isclose(error, right):
            for hint, value in {
                "that is the standard deviation of one score; the mean of n scores varies by 1/√n of it": x.std(ddof=1),
                "divide by n − 1 inside the root (ddof=1): the mean was estimated from the same scores": x.std()
                / n**0.5,
                "that is the standard deviation of one score, and with n in its denominator": x.std(),
                "divide by the root of n, not by n": x.std(ddof=1) / n,
                "that is the variance of the mean: take its root": x.var(ddof=1) / n,
            }.items():
                if np.isclose(error, value):
                    return f"for {n} scores the standard error is {right:.4f}, yours is {float(error):.4f}: {hint}"
            return f"for {n} scores the standard error is {right:.4f}, yours is {float(error):.4f}"
    return None


def judge_again(scores: dict[int, list[float]]) -> tuple[int, str]:
    """Images of a score -> scores of the same generator from other images."""
    few, many = np.array(scores[10]), np.array(scores[1000])
    gap = few.mean() - many.mean()
    error = (few.var(ddof=1) / len(few) + many.var(ddof=1) / len(many)) ** 0.5
    which = 1 if abs(gap) < 2 * error else 0 if gap < 0 else 2
    return which, (
        f"{few.mean():.2f} from 10 images, {many.mean():.2f} from 1,000: a difference of {gap:+.2f} ± {error:.2f}. And one "
        f"score of 10 images varies by ± {few.std(ddof=1):.2f}, one of 1,000 by ± {many.std(ddof=1):.2f}."
    )


def judge_perfect(scores: list[float]) -> tuple[int, str]:
    """Scores of ten certain predictions with random labels."""
    mean = float(np.mean(scores))
    return level(mean, 4, 8, 9.5), (
        f"{mean:.2f} on average. Ten draws of ten classes show about six and a half different ones, and their mean is no "
        "longer flat. The generator is perfect; the sample is small."
    )


QUESTIONS = [
    Question(
        "16.q1",
        "A generator has been trained and is left as it is. We score it twenty times from 10 new images each, and four times "
        "from 1,000 new images each. How do the average scores compare?",
        ("10 images score lower", "they agree, within two standard errors", "10 images score higher"),
        judge_again,
    ),
    Question(
        "16.q2",
        "A perfect generator: each image is surely one of the ten digits, all digits are equally likely, so its score would be "
        "10. What is its average score from 10 images?",
        ("about 3", "about 6", "about 9", "10, as it must be"),
        judge_perfect,
    ),
]

EXERCISES = [
    Exercise(
        name="16.score",
        prompt="Write <code>inception_score(p)</code> for predictions p of shape (n, classes), each row of sum 1: "
        "exp(mean over the images of Σ_c p_ic log(p_ic / p̄_c)), where p̄ is the mean of the rows. 0 log 0 counts as 0.",
        answer="inception_score",
        test=check_score,
        hints=(
            "<code>p.mean(0)</code> is the mean prediction, one number a class. The sum runs over the classes, the mean over "
            "the images, and exp comes last.",
            "<code>scipy.special.xlogy(p, p)</code> is p log p with 0 log 0 = 0; log(p/p̄) = log p − log p̄.",
        ),
        stub="def inception_score(p):\n    return ...",
        solution="import numpy as np\nfrom scipy.special import xlogy\n\ndef inception_score(p):\n"
        "    mean = p.mean(0)\n    return float(np.exp((xlogy(p, p) - xlogy(p, mean)).sum(1).mean()))",
        why="1 if all images look alike to the classifier, the number of classes if each is certain and all are equally often.",
    ),
    Exercise(
        name="16.report",
        prompt="A reward without its error says little. Write <code>report(scores)</code>: the mean of some scores of one "
        "generator, and the standard error of that mean.",
        answer="report",
        test=check_report,
        hints=(
            "The standard deviation of one score, estimated from n of them, has n − 1 in its denominator.",
            "The mean of n independent scores varies by 1/√n of what one score varies.",
        ),
        stub="def report(scores):\n    return ...",
        solution="import numpy as np\n\ndef report(scores):\n"
        "    return np.mean(scores), np.std(scores, ddof=1) / len(scores) ** 0.5",
        why="It is the error from the images alone: another training of the same architecture differs by more than that.",
    ),
]
