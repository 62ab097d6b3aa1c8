"""Lesson 12, weight sharing: how a supernet ranks, how evenly it is trained, and what it may leave out at the end."""

from __future__ import annotations

import numpy as np
from scipy.stats import pearsonr, spearmanr

from nasbook.course.exercises import Exercise
from nasbook.course.predictions import Question, level


def concordant(x: np.ndarray, y: np.ndarray) -> float:
    """Pairs in the same order minus pairs in the opposite order."""
    return float(np.triu(np.sign(np.subtract.outer(x, x)) * np.sign(np.subtract.outer(y, y)), 1).sum())


def check_tau(tau: object) -> str | None:
    if not callable(tau):
        return f"tau must be a function, not a {type(tau).__name__}"
    rng = np.random.default_rng()
    for n, ties in ((6, False), (9, False), (15, False), (12, True)):
        x, y, slips = scores_for(n, ties, rng)
        given = x.copy(), y.copy()
        got = tau(*given)
        if not (np.array_equal(given[0], x) and np.array_equal(given[1], y)):
            return "the arrays that were given have been changed: work on copies"
        if np.shape(got) != ():
            return f"τ is one number, not of shape {np.shape(got)}"
        right = concordant(x, y) / (n * (n - 1) / 2)
        if np.isclose(got, right):
            continue
        told = f"for {n} random scores{' with ties' if ties else ''} τ is {right:.4f}, yours is {float(got):.4f}"
        for hint, value in slips.items():
            if np.isclose(got, value):
                return f"{told}: {hint}"
        return told
    return None


def scores_for(n: int, ties: bool, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, dict[str, float]]:
    """Scores, truth, and what the usual slips make of them: each something else, and none of them right."""
    while True:
        x, y = rng.normal(size=n), rng.normal(size=n)
        if ties:
            x[:4] = x[0]
        slips = slips_of(x, y)
        values = np.sort([concordant(x, y) / (n * (n - 1) / 2), *slips.values()])
        if np.diff(values).min() > 1e-3:
            return x, y, slips


def slips_of(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    n = len(x)
    pairs, right = n * (n - 1) / 2, concordant(x, y) / (n * (n - 1) / 2)
    slips = {
        "that is the other sign: a pair counts +1 if both say the same": -right,
        "that is the share of pairs in the same order; τ subtracts those in the opposite order": share(x, y),
        "there are n (n − 1) / 2 pairs, so divide by that": 2 * right,
        "count each pair once, or divide by n (n − 1)": right / 2,
        "no architecture makes a pair with itself: n (n − 1) / 2 pairs, not n² / 2": 2 * concordant(x, y) / n**2,
        "divide by the number of pairs": right * pairs,
        "all pairs count, not only neighbours": neighbours(x, y),
        "that is Pearson's correlation: count pairs, whatever the distance": float(pearsonr(x, y).statistic),
        "that is Spearman's ρ, the correlation of the ranks; τ counts pairs": float(spearmanr(x, y).statistic),
    }
    if tied(x):
        slips |= {
            "a pair with equal scores counts 0, neither +1 nor −1": (concordant(x, y) - tied(x)) / pairs,
            "a pair with equal scores counts 0, not as the same order": (concordant(x, y) + tied(x)) / pairs,
        }
    return slips


def share(x: np.ndarray, y: np.ndarray) -> float:
    i, j = np.triu_indices(len(x), 1)
    return float(np.mean(np.sign(x[i] - x[j]) * np.sign(y[i] - y[j]) > 0))


def tied(x: np.ndarray) -> float:
    i, j = np.triu_indices(len(x), 1)
    return float((x[i] == x[j]).sum())


def neighbours(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.mean(np.sign(np.diff(x)) * np.sign(np.diff(y))))


def check_fair(fair_paths: object) -> str | None:
    if not callable(fair_paths):
        return f"fair_paths must be a function, not a {type(fair_paths).__name__}"
    rng = np.random.default_rng()
    for places, ops in ((6, 5), (4, 3), (int(rng.integers(8, 12)), int(rng.integers(4, 8)))):
        seen = [np.asarray(fair_paths(places, ops, np.random.default_rng(rng.integers(2**32)))) for _ in range(30)]
        told = f"for {places} places of {ops} operations"
        for paths in seen:
            if paths.shape == (places, ops):
                return f"{told} there are {ops} paths, so the array has shape ({ops}, {places}), not {paths.shape}"
            if paths.shape != (ops, places):
                return f"{told} the array must have shape ({ops}, {places}), a row a path, not {paths.shape}"
            if not np.isin(paths, range(ops)).all():
                return f"{told} the entries are whole numbers 0 … {ops - 1}; yours hold {paths.ravel()[0]} and others"
            if not (np.sort(paths, axis=0) == np.arange(ops)[:, None]).all():
                n = np.bincount(paths[:, 0].astype(int), minlength=ops)
                return (
                    f"{told} each operation must stand once in every column; in your first column they stand "
                    f"{', '.join(map(str, n))} times: that is fair on average only"
                )
        if all((p == seen[0]).all() for p in seen):
            return f"{told} all draws are the same: take permutations from the generator that is given"
        steps = [(p[:, 1:] - p[:, :1]) % ops for p in seen]
        if all((p == p[:, :1]).all() for p in seen):
            return (
                f"{told} all places have the same permutation, so only {ops} of {ops}^{places} paths are ever trained"
            )
        if all((s == s[:1]).all() for s in steps):
            return f"{told} the columns are one column, shifted: draw a permutation of its own for every place"
        if all((p[:, k] == seen[0][:, k]).all() for p in seen for k in [0]) and places > 1:
            return f"{told} the first place always has the same order; every place needs a random permutation"
    return None


def merged(W2: np.ndarray, W1: np.ndarray) -> np.ndarray:
    return np.einsum("oihw,ic->ochw", W2, W1)


def check_merge(merge: object) -> str | None:
    if not callable(merge):
        return f"merge must be a function, not a {type(merge).__name__}"
    rng = np.random.default_rng()
    for out, mid, into, k in ((3, 4, 4, 3), (4, 4, 4, 3), (5, 2, 3, 5), (2, 6, 6, 1)):
        W2, W1 = rng.normal(size=(out, mid, k, k)), rng.normal(size=(mid, into))
        right, given = merged(W2, W1), (W2.copy(), W1.copy())
        got = merge(*given)
        if not (np.array_equal(given[0], W2) and np.array_equal(given[1], W1)):
            return "the weights that were given have been changed: make a new array"
        told = f"for W₂ of shape {W2.shape} and W₁ of shape {W1.shape}"
        if np.shape(got) != right.shape:
            return f"{told} the merged weights have shape {right.shape}, not {np.shape(got)}"
        got = np.asarray(got, float)
        if np.allclose(got, right):
            continue
        for hint, value in (
            ("W₁ is used the wrong way round: its first index is what W₂ reads", transposed(W2, W1)),
            ("that is W₂ alone: the 1×1 convolution has been dropped, which only a net that is trained anew bears", W2),
            ("each channel of W₂ goes through W₁ whole; you have taken the diagonal only", diagonal(W2, W1)),
            ("the 1×1 convolution mixes channels at every pixel, not only at the middle of W₂", middle(W2, W1)),
            ("W₁ comes first, then W₂: nothing is averaged over the channels between, they are summed", right / mid),
        ):
            if value is not None and value.shape == right.shape and np.allclose(got, value):
                return f"{told}: {hint}"
        return f"{told} the merged layer is another function than W₁ and then W₂: off by up to {abs(got - right).max():.2f}"
    return None


def transposed(W2: np.ndarray, W1: np.ndarray) -> np.ndarray | None:
    return np.einsum("oihw,ci->ochw", W2, W1) if W1.shape[0] == W1.shape[1] else None


def diagonal(W2: np.ndarray, W1: np.ndarray) -> np.ndarray | None:
    return W2 * np.diag(W1)[:, None, None] if W1.shape[0] == W1.shape[1] else None


def middle(W2: np.ndarray, W1: np.ndarray) -> np.ndarray | None:
    if W1.shape[0] != W1.shape[1]:
        return None
    value, k = W2.copy(), W2.shape[-1] // 2
    value[..., k, k] = W2[..., k, k] @ W1
    return value


def judge_recalibration(tau: dict[str, float]) -> tuple[int, str]:
    """Statistics of the batch norms -> Kendall's τ of the loss with the truth."""
    gain = tau["recalibrated"] - tau["running"]
    return level(gain, -0.1, 0.1), (
        f"{tau['running']:.2f} with running statistics, {tau['recalibrated']:.2f} after recalibration. No weight has "
        "changed: only the means and variances, which were those of a mixture of all paths, are now those of the path."
    )


def judge_count(tau: dict[str, float]) -> tuple[int, str]:
    """ "supernet" and "count" -> Kendall's τ with the truth."""
    gap = tau["supernet"] - tau["count"]
    return level(-gap, -0.1, 0.1), (
        f"{tau['supernet']:.2f} for the supernet, {tau['count']:.2f} for the number of 3×3 convolutions. A likely "
        "reason: after 72 steps the cells that learn fast are ahead, and those with many weights do."
    )


def judge_counts(counts: np.ndarray) -> tuple[int, str]:
    """(edges, operations) updates of a uniformly trained supernet."""
    low, high = int(counts.min()), int(counts.max())
    return level(high / low - 1, 0.01, 0.1, 0.5, 1.0), (
        f"{low} to {high}, {100 * (high / low - 1):.0f} % apart, with {counts.mean():.0f} on average. A count of 1,200 draws "
        "with probability 1/5 has a standard deviation of 13.9, and this is the widest of thirty."
    )


def judge_found(found: float, band: tuple[float, float]) -> tuple[int, str]:
    """True accuracy of what was found; the 5 % and 95 % quantiles of random search at equal cost."""
    low, high = band
    return level(found, low, high), (
        f"{100 * found:.1f} %. Ninety of a hundred random searches that cost as much end between {100 * low:.1f} and "
        f"{100 * high:.1f} %."
    )


QUESTIONS = [
    Question(
        "12.q1",
        "The supernet is trained. Judged with the running statistics of its batch norms, the losses of 60 cells have some "
        "Kendall's τ with the truth. Now each path's statistics are taken anew, from 100 training images, before it is "
        "judged. What happens to τ?",
        ("it falls by more than 0.1", "it changes by less than 0.1", "it rises by more than 0.1"),
        judge_recalibration,
    ),
    Question(
        "12.q2",
        "Plain 8×8 digits, and the same 60 cells. A supernet is trained for 360 steps, and each path is recalibrated and "
        "judged by its loss. The rival counts the 3×3 convolutions of a cell. Which order is nearer to the truth?",
        ("the supernet's, τ more than 0.1 above", "they are within 0.1", "the count's, τ more than 0.1 above"),
        judge_count,
    ),
    Question(
        "12.q3",
        "1,200 paths were drawn uniformly, so each of the 30 operations (five on each of six edges) is trained 240 times on "
        "average. How much more often was the most trained one trained than the least trained one?",
        ("equally often", "up to 10 % more", "10 to 50 % more", "50 to 100 % more", "more than twice as often"),
        judge_counts,
    ),
    Question(
        "12.q4",
        "Evolution has judged 100 paths and found the best of them by shared weights. Training the supernet and judging cost "
        "as many steps as training 6 or 7 cells alone. Random search trains so many random cells and keeps the best by its "
        "validation images. Where does the found cell lie, trained alone?",
        ("below 95 of 100 such random searches", "among them", "above 95 of 100"),
        judge_found,
    ),
]

EXERCISES = [
    Exercise(
        name="12.tau",
        prompt="Write <code>tau(scores, truth)</code> for two arrays of shape (n,): over all pairs of architectures, +1 if "
        "both put the pair in the same order, −1 if in opposite orders, 0 if either sees a tie; then divide by the number of "
        "pairs.",
        answer="tau",
        test=check_tau,
        hints=(
            "The order of a pair is the sign of a difference; two orders agree if the product of the signs is 1.",
            "<code>np.triu_indices(n, 1)</code> gives each pair once: <code>i, j</code> with i &lt; j.",
        ),
        stub="def tau(scores, truth):\n    return ...",
        solution="import numpy as np\n\ndef tau(scores, truth):\n    i, j = np.triu_indices(len(scores), 1)\n"
        "    return float(np.mean(np.sign(scores[i] - scores[j]) * np.sign(truth[i] - truth[j])))",
        why="1 for the same order, −1 for the opposite, about 0 for chance. A τ of 0.5 means that three of four pairs are "
        "right.",
    ),
    Exercise(
        name="12.fair",
        prompt="FairNAS draws m paths at once. Write <code>fair_paths(places, ops, rng)</code>: an array of shape (ops, "
        "places), a row a path, in which every operation 0 … ops − 1 stands exactly once at every place, in random order, "
        "place by place.",
        answer="fair_paths",
        test=check_fair,
        hints=(
            "A column holds each operation once: it is a permutation. The columns do not know of each other.",
            "<code>rng.permutation(ops)</code> for each place, and then stack them as columns.",
        ),
        stub="def fair_paths(places, ops, rng):\n    return ...",
        solution="import numpy as np\n\ndef fair_paths(places, ops, rng):\n"
        "    return np.column_stack([rng.permutation(ops) for _ in range(places)])",
        why="The gradients of the m paths add up, and then one step is made: after K steps each operation has been trained K "
        "times, no more and no less.",
    ),
    Exercise(
        name="12.merge",
        prompt="SCARLET-NAS lets a skip be a 1×1 convolution W₁ of shape (i, c), without bias, while the supernet learns. In "
        "the derived network it is multiplied into the convolution behind it, W₂ of shape (o, i, k, k). Write "
        "<code>merge(W2, W1)</code>: one array of shape (o, c, k, k) that computes the same as W₁ and then W₂.",
        answer="merge",
        test=check_merge,
        hints=(
            "A 1×1 convolution is a matrix that is applied to the channels of each pixel: y_i = Σ_c W₁[i, c] x_c. Put that "
            "into W₂'s sum over i.",
            "W[o, c, h, w] = Σ_i W₂[o, i, h, w] W₁[i, c]; <code>np.einsum</code> says just that.",
        ),
        stub="def merge(W2, W1):\n    return ...",
        solution="import numpy as np\n\ndef merge(W2, W1):\n    return np.einsum('oihw,ic->ochw', W2, W1)",
        why="So the stabilizer costs the derived network nothing. It needs that nothing stands between the two: no ReLU, no "
        "batch norm that is training, and no bias, which would be wrong in the border that W₂ pads with zeros.",
    ),
]
