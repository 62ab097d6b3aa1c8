"""Methods over seeds, and over tasks: who is better, beyond luck?

    found = compare(traces)            # or {"mine": traces, "theirs": traces}
    print(found)                       # a table of methods, a table of pairs, and what was left out
    found.ranks, found.cd, found.pairs

Each run counts by the best value that it has had after a budget that all of them have. Runs of one task and seed are
pairs (runs.py). Over several tasks a difference is measured in that task's interquartile range, so that tasks of
different units can stand in one test; blocks of the ranks are the tasks where there are five or more, else each pair of
task and seed, and then the ranks speak of these tasks only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from itertools import combinations

import numpy as np

from nasbook.statistics.comparison import FEW, Comparison, Pair, Score, Values, counted, listed
from nasbook.statistics.intervals import beats, bootstrap_mean
from nasbook.statistics.paired import favours, holm, wilcoxon
from nasbook.statistics.power import seeds_needed
from nasbook.statistics.ranks import average_ranks, critical_difference, friedman
from nasbook.statistics.runs import Key, Searches, common_budget, grouped, mixed_fidelities, value_after

TASKS = 5  # so many are blocks by themselves


def compare(
    traces: Searches,
    *,
    trials: int | None = None,
    seconds: float | None = None,
    x: str = "trials",
    alpha: float = 0.05,
    against: str | None = None,
    same_task: bool = False,
) -> Comparison:
    """Compare the runs of several methods; traces, or {label: traces}.

    trials, seconds: after which budget (by default the longest that every run has). x: "trials" or "time". against:
    only the pairs with this method, so that Holm has fewer tests to correct for. same_task: whatever the traces say,
    they are of one task. ValueError, in one sentence, for what cannot be compared."""
    if not 0 < alpha < 1:
        raise ValueError(f"compare: alpha lies between 0 and 1, not {alpha!r}")
    if trials is not None and seconds is not None:
        raise ValueError("compare: say trials or seconds, and not both")
    x = "time" if seconds is not None else x
    asked = trials if seconds is None else seconds
    if asked is not None and not asked > 0:
        raise ValueError(f"compare: the budget must be above 0, not {asked!r}")
    runs = grouped(traces, same_task=same_task)
    if against is not None and against not in runs.methods:
        raise ValueError(f"compare: there is no method {against!r} among these; there are {', '.join(runs.methods)}")
    values, budgets = {}, {}
    for task in runs.tasks:
        budgets[task], kept = common_budget(runs, task, x, asked)
        values[task] = {m: {s: value_after(t, budgets[task], x) for s, t in group.items()} for m, group in kept.items()}
        mixed_fidelities(runs, task, kept, budgets[task], x)
    there = [m for m in runs.methods if any(m in found for found in values.values())]
    if not there:
        raise ValueError(f"compare: no run reaches {asked:g} {'s' if x == 'time' else 'trials'}")
    ranks, blocks, n, cd, p = _ranks(values, there, alpha, runs.notes)
    order = sorted(there, key=lambda m: ranks.get(m, _standing(values, m)))
    pairs = [(a, b) for a, b in combinations(order, 2) if against in (None, a, b)]
    return Comparison(
        order,
        runs.tasks,
        x,
        budgets,
        [_score(m, t, values[t][m]) for t in runs.tasks for m in order if m in values[t]],
        _pairs(values, pairs, alpha, runs.notes),
        {m: ranks[m] for m in order if m in ranks},
        blocks,
        n,
        cd,
        p,
        alpha,
        runs.notes,
        values,
        runs,
    )


def _standing(values: Values, method: str) -> float:
    """Mean place of a method by its median, where there are no blocks."""
    places = []
    for found in values.values():
        medians = {m: np.median(list(v.values())) for m, v in found.items()}
        if method in medians:
            places.append(sum(other < medians[method] for other in medians.values()) + 1.0)
    return float(np.mean(places))


def _score(method: str, task: str, found: dict[Key, float]) -> Score:
    all_ = np.array(list(found.values()))
    good = all_[np.isfinite(all_)]
    mean, low, high = bootstrap_mean(good)
    middle = np.sort(all_)
    median = float((middle[(len(all_) - 1) // 2] + middle[len(all_) // 2]) / 2)
    return Score(method, task, len(all_), mean, low, high, median, len(all_) - len(good))


def _ranks(
    values: Values, methods: list[str], alpha: float, notes: list[str]
) -> tuple[dict[str, float], str, int, float, float]:
    """{method: mean rank}, what the blocks are, how many, the critical difference, Friedman's p."""
    nothing: tuple[dict[str, float], str, int, float, float] = {}, "", 0, np.nan, np.nan
    if len(methods) < 2:
        return nothing
    whole = {t: found for t, found in values.items() if set(found) == set(methods)}
    if missing := [t for t in values if t not in whole]:
        notes.append(f"Ranks leave out {', '.join(missing[:3])}, where not every method was run.")
    rows: list[list[float]] = []
    if len(whole) >= TASKS:
        rows = [[float(np.mean(list(found[m].values()))) for m in methods] for found in whole.values()]
        blocks = f"{len(rows)} tasks"
    else:
        for found in whole.values():
            shared = _shared(found, methods)
            rows += [[found[m][seed] for m in methods] for seed in shared]
            lost = len({s for m in methods for s in found[m]}) - len(shared)
            if shared and lost:
                notes.append(
                    f"Ranks are over the {len(shared)} seeds that every method has; {lost} more are not shared."
                )
        blocks = f"{len(rows)} seed{'' if len(rows) == 1 else 's'} of {listed(list(whole))}" if rows else ""
    if not rows:
        if len(whole):
            notes.append("No seed was run by every method, so there are no ranks.")
        return nothing
    table = np.array(rows)
    cd = critical_difference(len(methods), len(rows), alpha)
    return dict(zip(methods, average_ranks(table).tolist(), strict=True)), blocks, len(rows), cd, friedman(table).p


def _shared(found: dict[str, dict[Key, float]], methods: Iterable[str]) -> list[Key]:
    first, *rest = (found[m] for m in methods)
    return [seed for seed in first if all(seed in other for other in rest)]


def _pairs(values: Values, pairs: list[tuple[str, str]], alpha: float, notes: list[str]) -> list[Pair]:
    made = [p for a, b in pairs if (p := _pair(values, a, b, alpha)) is not None]
    known = [p for p in made if np.isfinite(p.p)]
    corrected = dict(zip(map(id, known), holm([p.p for p in known]), strict=True))
    if any(not p.paired for p in made):
        notes.append("Where methods share no seed, runs are not paired (Mann-Whitney's test), which sees less.")
    notes += [
        f"{p.a} ends better than {p.b} more often, but by less than it loses: the test, in which sizes count, favours "
        f"{p.b}, so the pair is not called different."
        for p in made
        if not p.agree and p.p < alpha
    ]
    small = [p for p in made if p.n < 6]
    if small:
        notes.append(
            f"{counted(min(p.n for p in small), 'pair')} cannot reach p < 0.05 whatever the methods do: it takes six."
            if all(p.paired for p in small)
            else "So few runs can hardly reach p < 0.05."
        )
    return [Pair(**{**asdict(p), "holm": float(corrected.get(id(p), np.nan))}) for p in made]


def _pair(values: Values, a: str, b: str, alpha: float) -> Pair | None:
    """The better one by P(a beats b) stands first."""
    both = [(found[a], found[b], _spread(found)) for found in values.values() if a in found and b in found]
    if not both:
        return None
    paired = [(x[s] / scale, y[s] / scale) for x, y, scale in both for s in _shared({"x": x, "y": y}, "xy")]
    if paired:
        u, v = np.array(paired).T
        chance, low, high = beats(u, v)
        if chance < 0.5 or (chance == 0.5 and favours(u, v) > 0):
            a, b, u, v, chance, low, high = b, a, v, u, 1 - chance, 1 - high, 1 - low
        seeds = seeds_needed(u, v, alpha) if len(u) >= FEW else None
        return Pair(a, b, len(u), True, chance, low, high, wilcoxon(u, v), np.nan, seeds, favours(u, v) <= 0)
    u = np.concatenate([np.array(list(x.values())) / scale for x, _, scale in both])
    v = np.concatenate([np.array(list(y.values())) / scale for _, y, scale in both])
    chance, low, high = beats(u, v, paired=False)
    if chance < 0.5:
        a, b, u, v, chance, low, high = b, a, v, u, 1 - chance, 1 - high, 1 - low
    return Pair(a, b, min(len(u), len(v)), False, chance, low, high, _mann_whitney(u, v, len(both)), np.nan, None)


def _mann_whitney(u: np.ndarray, v: np.ndarray, tasks: int) -> float:
    if tasks > 1:
        return np.nan  # values of different tasks are no sample of one thing
    from scipy.stats import mannwhitneyu  # dear

    return float(mannwhitneyu(u, v).pvalue)


def _spread(found: dict[str, dict[Key, float]]) -> float:
    """The interquartile range of all that was found on a task; 1 where there is none."""
    values = np.array([v for runs in found.values() for v in runs.values() if np.isfinite(v)])
    low, high = np.quantile(values, [0.25, 0.75]) if len(values) else (0.0, 0.0)
    return float(high - low) or 1.0
