"""What a comparison of methods has found, in a sentence, as tables, and as plain types."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TypeAlias

import numpy as np

from nasbook.space import Json
from nasbook.statistics.runs import Key, Runs

Values: TypeAlias = dict[str, dict[str, dict[Key, float]]]  # {task: {method: {run: its best value}}}
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
    values: Values = field(repr=False, default_factory=dict)
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
            return f"{first} has the best mean rank, but run by run it loses to {listed(better)}"
        if not beaten:
            return f"{first} is ahead, but nothing sets it apart from {listed(open_)}"
        return f"{first} is better than {listed(beaten)}" + (f", not told apart from {listed(open_)}" if open_ else "")

    def to_dict(self) -> Json:
        """Plain types, for JSON; what is not known is null."""
        row = {k: getattr(self, k) for k in ("methods", "tasks", "unit", "budgets", "ranks", "blocks", "n_blocks", "cd",
                                             "friedman_p", "alpha", "notes", "sentence")}  # fmt: skip
        row |= {"scores": [asdict(s) for s in self.scores], "pairs": [asdict(p) for p in self.pairs]}
        return {name: _null(value) for name, value in row.items()}

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


def listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def counted(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"


def _number(x: float) -> str:
    return "–" if np.isnan(x) else "none" if np.isinf(x) else f"{x:.4g}"


def _p(p: float) -> str:
    return "–" if np.isnan(p) else f"{p:.1e}" if p < 0.001 else f"{p:.3f}"


def _null(x: object) -> object:
    if isinstance(x, dict):
        return {k: _null(v) for k, v in x.items()}
    if isinstance(x, list):
        return [_null(v) for v in x]
    return None if isinstance(x, float) and not np.isfinite(x) else x
