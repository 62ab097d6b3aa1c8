"""Which members of a pool predict best together, and how much of that is luck: on arrays of their predictions.

    w = greedy(P, y, nll, size=20).weights()        # P (m, n, classes) probabilities, or (m, n) numbers; y (n,)
    combine(w, P)                                    # (n, classes) or (n,): what the ensemble says

    S ← ∅;  repeat:  S ← S ∪ {i},  i = argmin_i L( (Σ_{j∈S} p_j + p_i) / (|S| + 1), y )        i may be in S already

S is a multiset: a member that is taken again weighs more. `start` begins with the best single members ("sorted
initialisation"), because the first steps overfit most. `bagged` does all this with random parts of the pool and takes
the mean of the weights. The predictions must be of rows that no member has learned from: out of fold, or of validation
rows. What is chosen on these rows looks better on them than it is; `nested` and test rows say by how much.

Paper: Caruana, Niculescu-Mizil, Crew & Ksikes, Ensemble Selection from Libraries of Models, ICML 2004. Read first:
`greedy`. Of members that are equally good the first is taken; they draw one. Their search stops where the loss is
lowest on its way: `weights()` looks back for that place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nasbook.kit.checks import flag, whole, within

Loss = Callable[[np.ndarray, np.ndarray], float]  # (predictions (n, classes) or (n,), y (n,)) -> mean over the rows
Says = np.ndarray | Callable[[np.ndarray], np.ndarray]  # weights (m,), or what makes one prediction of P
Choose = Callable[[np.ndarray, np.ndarray], Says]  # (P, y) -> an ensemble
LEAST = 1e-12  # a probability below it counts as it


def nll(p: np.ndarray, y: np.ndarray) -> float:
    """Mean of −log p_y, in nats, of probabilities (n, classes)."""
    return float(-np.log(np.maximum(p[np.arange(len(y)), y], LEAST)).mean())


def error(p: np.ndarray, y: np.ndarray) -> float:
    """Fraction of rows whose largest probability is not at y."""
    return float((p.argmax(-1) != y).mean())


def squared(p: np.ndarray, y: np.ndarray) -> float:
    """Mean of (p − y)², of numbers (n,)."""
    return float(((p - y) ** 2).mean())


@dataclass(frozen=True)
class Selection:
    """Who was taken, one after the other, from a pool of m, and the loss of the ensemble after each."""

    m: int
    order: tuple[int, ...]
    losses: tuple[float, ...]

    def weights(self, size: int | None = None) -> np.ndarray:
        """(m,) of the ensemble of the first `size`; None: of the size whose loss is lowest, the smallest of several."""
        k = int(np.argmin(self.losses)) + 1 if size is None else size
        whole("size", k, 1, len(self.order))
        return np.bincount(self.order[:k], minlength=self.m) / k


def greedy(
    P: Any, y: Any, loss: Loss = nll, size: int = 20, replace: bool = True, start: int = 0, judge: bool = True
) -> Selection:
    """An ensemble of `size` members, of which the best `start` single ones are the first.

    replace: may a member be taken again? Without, the size is at most m. ValueError for arrays that do not fit."""
    P, y = checked(P, y) if judge else (P, y)
    m = len(P)
    whole("size", size, 1)
    flag("replace", replace)
    whole("start", start, 0, m)
    order: list[int] = []
    losses: list[float] = []
    total = np.zeros(P.shape[1:])
    first = np.argsort([loss(p, y) for p in P], kind="stable")[:start].tolist()
    for k in range(min(size, 1_000_000 if replace else m)):
        able = [first[k]] if k < start else [i for i in range(m) if replace or i not in order]
        tried = [loss((total + P[i]) / (k + 1), y) for i in able]
        best = int(np.argmin(tried))
        order.append(able[best])
        losses.append(tried[best])
        total += P[able[best]]
    return Selection(m, tuple(order), tuple(losses))


def bagged(
    P: ArrayLike, y: ArrayLike, loss: Loss = nll, size: int = 20, bags: int = 20, part: float = 0.5, seed: int = 0,
    start: int = 0,
) -> np.ndarray:  # fmt: skip
    """(m,) mean weights of `bags` selections, each from a random part of the pool."""
    P, y = checked(P, y)
    whole("bags", bags, 1)
    within("part", part, 0, 1, above=True)
    rng, m = np.random.default_rng(seed), len(P)
    few = max(1, round(part * m))
    weights = np.zeros(m)
    for _ in range(bags):
        rows = np.sort(rng.choice(m, few, replace=False))
        weights[rows] += greedy(P[rows], y, loss, size, start=min(start, few), judge=False).weights() / bags
    return weights


def combine(ensemble: object, P: ArrayLike) -> np.ndarray:
    """What an ensemble predicts: Σ_i w_i p_i where it is weights (m,)."""
    P = np.asarray(P, float)
    return ensemble(P) if callable(ensemble) else np.tensordot(np.asarray(ensemble, float), P, 1)


def nested(
    P: ArrayLike, y: ArrayLike, choose: Choose, loss: Loss = nll, folds: ArrayLike = 5, seed: int = 0,
    forward: bool = False,
) -> float:  # fmt: skip
    """The loss of the procedure `choose`: it chooses on all folds of the rows but one and is judged on that one.

    folds: how many, drawn by the seed, or (n,) the fold of each row. No member is trained again. What is said of each
    fold is put together first, as in the search's own number: the loss is that of all rows at once. forward: folds lie
    in time, and only earlier ones choose, so that the first is not judged."""
    P, y = checked(P, y)
    n, of = len(y), np.asarray(folds)
    if of.ndim == 0:
        whole("folds", folds, 2, n)
        of = np.random.default_rng(seed).permutation(np.arange(n) % of)
    if of.shape != (n,) or len(np.unique(of)) < 2:
        raise ValueError(f"folds must be a number, or (n,) with two folds at least; here n is {n}")
    said = np.empty(P.shape[1:])
    for out, others in outer(of, forward):
        said[out] = combine(choose(P[:, others], y[others]), P[:, out])
    judged = of > of.min() if forward else np.full(n, True)
    return loss(said[judged], y[judged])


def outer(fold: np.ndarray, forward: bool = False) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Of each fold (n,) the rows that are judged and those that may choose, as booleans (n,)."""
    for f in np.unique(fold)[int(forward) :]:
        yield fold == f, fold < f if forward else fold != f


def correlation(P: ArrayLike, y: ArrayLike) -> np.ndarray:
    """(m, m) correlation of the members' mistakes: of being wrong (n, classes), or of p − y (n,).

    Rows of a member that is never, or always, wrong are 0 beside the diagonal, which is 1."""
    P, y = checked(P, y)
    wrong = (P.argmax(-1) != y).astype(float) if P.ndim == 3 else P - y
    away = wrong - wrong.mean(1, keepdims=True)
    norm = np.sqrt((away**2).sum(1))
    alike = away @ away.T / np.maximum(np.outer(norm, norm), LEAST)
    np.fill_diagonal(alike, 1.0)
    return alike


def checked(P: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and labels as arrays that fit each other; ValueError, in one sentence, where they do not."""
    try:
        P, y = np.asarray(P, float), np.asarray(y)
    except (TypeError, ValueError):
        raise ValueError("predictions must be numbers, as many of each member: (m, n, classes) or (m, n)") from None
    if P.ndim not in (2, 3) or 0 in P.shape or y.shape != (P.shape[1],):
        raise ValueError(
            f"predictions (m, n, classes) or (m, n) and labels (n,) are needed, not {P.shape} and {y.shape}"
        )
    if not np.isfinite(P).all():
        member = int(np.flatnonzero(~np.isfinite(P.reshape(len(P), -1)).all(1))[0])
        raise ValueError(f"the predictions of member {member} are not all finite; leave it out of the pool")
    if P.ndim == 2:
        if y.dtype.kind not in "iufb" or not np.isfinite(y).all():
            raise ValueError("labels must be finite numbers where the predictions are numbers")
        return P, y.astype(float)
    if y.dtype.kind not in "iub" or y.min() < 0 or y.max() >= P.shape[2]:
        raise ValueError(f"labels must be whole numbers from 0 to {P.shape[2] - 1}, the places of the classes")
    if P.min() < 0 or np.abs(P.sum(-1) - 1).max() > 0.01:
        raise ValueError("probabilities must be at least 0 and add up to 1 in each row; take exp of log-probabilities")
    return P, y.astype(int)
