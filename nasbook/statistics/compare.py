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

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from nasbook.statistics.intervals import beats, bootstrap_mean
from nasbook.statistics.paired import favours, holm, wilcoxon
from nasbook.statistics.power import seeds_needed
from nasbook.statistics.ranks import average_ranks, critical_difference, friedman
from nasbook.statistics.runs import Key, Runs, common_budget, grouped, mixed_fidelities, value_after
from nasbook.trace import Trace

TASKS = 5  # so many are blocks by themselves
FEW = 5  # seeds, below which no p-value can be small


@dataclass(frozen=True)
class Pair:
    """Two methods: P(a beats b) with its interval, p of the test, p after Holm, and how many seeds would show it."""

    a: str
    b: str
    n: int  # pairs of runs; of an unpaired test the smaller of the two groups
    paired: bool
    beats: float
    low: float
    high: float
    p: float
    holm: float
    seeds: int | None  # for p < alpha in four of five repetitions, before Holm; None: more than are at hand can tell
    agree: bool = True  # False: a ends better more often, but the test, in which sizes count, favours b


@dataclass(frozen=True)
class Score:
    """A method on a task: mean of the best value over its runs with the bootstrap interval, median, and lost runs."""

    method: str
    task: str
    n: int
    mean: float  # of the runs that have a success
    low: float
    high: float
    median: float  # of all runs; inf where most have none
    lost: int  # runs without a success


@dataclass(frozen=True)
class Comparison:
    """What `compare` has found. Methods stand in the order of their mean ranks, pairs with the better one first.

    ranks: {method: mean rank over `blocks`}, empty where no block has all methods. cd: Nemenyi's critical difference.
    values: {task: {method: {seed: best value}}}."""

    methods: list[str]
    tasks: list[str]
    unit: str
    budgets: dict[str, float]
    scores: list[Score]
    pairs: list[Pair]
    ranks: dict[str, float]
    blocks: str
    n_blocks: int
    cd: float
    friedman_p: float
    alpha: float
    notes: list[str]
    values: dict[str, dict[str, dict[Key, float]]] = field(repr=False, default_factory=dict)
    runs: Runs | None = field(repr=False, default=None)

    def differ(self) -> list[Pair]:
        """The pairs that differ beyond alpha after Holm."""
        return [p for p in self.pairs if p.holm < self.alpha and p.agree]

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        if len(self.methods) < 2:
            return f"Only {self.methods[0]}: there is nothing to compare it with"
        first = self.methods[0]
        if not self.pairs:
            return "No two of these methods were run on the same task, so nothing compares (--same-task joins tasks)"
        mine = [p for p in self.pairs if first in (p.a, p.b)]
        if not mine:
            return f"{first} has the best mean rank, and was asked about no pair"
        if all(p.n < 2 for p in mine):
            return f"{first} is ahead with one seed, which may be luck"
        apart = self.differ()
        beaten = [p.b for p in mine if p in apart and p.a == first]
        better = [p.a for p in mine if p in apart and p.b == first]
        open_ = [p.b if p.a == first else p.a for p in mine if p not in apart]
        if better:
            return f"{first} has the best mean rank, but run by run it loses to {_listed(better)}"
        if not beaten:
            return f"{first} is ahead, but nothing sets it apart from {_listed(open_)}"
        return f"{first} is better than {_listed(beaten)}" + (
            f", not told apart from {_listed(open_)}" if open_ else ""
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for JSON; what is not known is null."""
        row = {k: getattr(self, k) for k in ("methods", "tasks", "unit", "budgets", "ranks", "blocks", "n_blocks", "cd",
                                             "friedman_p", "alpha", "notes", "sentence")}  # fmt: skip
        row |= {"scores": [asdict(s) for s in self.scores], "pairs": [asdict(p) for p in self.pairs]}
        return _null(row)

    def __str__(self) -> str:
        wide = max(6, *(len(m) for m in self.methods))
        lines = []
        for task in self.tasks:
            of = f"{self.budgets[task]:,.0f} trials" if self.unit == "trials" else f"{self.budgets[task]:,.4g} s"
            lines += [
                f"{task}, best value after {of}",
                f"{'':{wide}}{'seeds':>7}{'mean':>12}  {'95 % interval':24}{'median':>10}",
            ]
            for s in (s for s in self.scores if s.task == task):
                band = f"[{_number(s.low)}, {_number(s.high)}]" if s.n > 1 else "one seed: may be luck"
                lost = f"   {s.lost} without a success" if s.lost else ""
                lines.append(f"{s.method:{wide}}{s.n:7d}{_number(s.mean):>12}  {band:24}{_number(s.median):>10}{lost}")
            lines.append("")
        if self.ranks:
            lines.append(f"Mean ranks over {self.blocks}: " + ", ".join(f"{m} {r:.2f}" for m, r in self.ranks.items()))
            lines.append(
                f"Friedman p = {_p(self.friedman_p)}; critical difference (Nemenyi, {self.alpha:g}) {self.cd:.2f}"
            )
            lines.append("")
        if self.pairs:
            pair = max(len(f"{p.a} before {p.b}") for p in self.pairs) + 2
            lines.append(f"{'':{pair}}{'pairs':>6}  {'P(a beats b), 95 %':22}{'p':>9}{'Holm':>9}   seeds to show it")
            for p in self.pairs:
                band = f"{p.beats:.2f} [{p.low:.2f}, {p.high:.2f}]" if np.isfinite(p.low) else f"{p.beats:.2f}"
                seeds = "–" if not p.paired else "over 200" if p.seeds is None else str(p.seeds)
                seeds = seeds if p.n >= FEW and p.agree else "–"
                lines.append(f"{f'{p.a} before {p.b}':{pair}}{p.n:6d}  {band:22}{_p(p.p):>9}{_p(p.holm):>9}   {seeds}")
            lines.append("")
        return "\n".join([*lines, f"{self.sentence}.", *self.notes])


def compare(
    traces: Mapping[str, Any] | Iterable[Trace] | Trace,
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
        order, runs.tasks, x, budgets,
        [_score(m, t, values[t][m]) for t in runs.tasks for m in order if m in values[t]],
        _pairs(values, pairs, alpha, runs.notes), {m: ranks[m] for m in order if m in ranks}, blocks, n, cd, p, alpha,
        runs.notes, values, runs,
    )  # fmt: skip


def _standing(values: dict[str, Any], method: str) -> float:
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
    values: dict[str, Any], methods: list[str], alpha: float, notes: list[str]
) -> tuple[dict[str, float], str, int, float, float]:
    """{method: mean rank}, what the blocks are, how many, the critical difference, Friedman's p."""
    nothing: tuple[dict[str, float], str, int, float, float] = {}, "", 0, np.nan, np.nan
    if len(methods) < 2:
        return nothing
    whole = {t: found for t, found in values.items() if set(found) == set(methods)}
    if missing := [t for t in values if t not in whole]:
        notes.append(f"Ranks leave out {', '.join(missing[:3])}, where not every method was run.")
    rows = []
    if len(whole) >= TASKS:
        rows = [[np.mean(list(found[m].values())) for m in methods] for found in whole.values()]
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
        blocks = f"{len(rows)} seed{'' if len(rows) == 1 else 's'} of {_listed(list(whole))}" if rows else ""
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


def _pairs(values: dict[str, Any], pairs: list[tuple[str, str]], alpha: float, notes: list[str]) -> list[Pair]:
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
            f"{_counted(min(p.n for p in small), 'pair')} cannot reach p < 0.05 whatever the methods do: it takes six."
            if all(p.paired for p in small)
            else "So few runs can hardly reach p < 0.05."
        )
    return [Pair(**{**asdict(p), "holm": float(corrected.get(id(p), np.nan))}) for p in made]


def _pair(values: dict[str, dict[str, Any]], a: str, b: str, alpha: float) -> Pair | None:
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


# ---- words ---------------------------------------------------------------------------------------------------------


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _counted(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"


def _number(x: float) -> str:
    return "–" if np.isnan(x) else "none" if np.isinf(x) else f"{x:.4g}"


def _p(p: float) -> str:
    return "–" if np.isnan(p) else f"{p:.1e}" if p < 0.001 else f"{p:.3f}"


def _null(x: Any) -> Any:
    if isinstance(x, dict):
        return {k: _null(v) for k, v in x.items()}
    if isinstance(x, list):
        return [_null(v) for v in x]
    return None if isinstance(x, float) and not np.isfinite(x) else x
