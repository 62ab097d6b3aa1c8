"""Several methods over seeds: mean ranks with the critical difference, who beats whom, performance profiles, and all.

    nasbook.plots.plot(traces, "compare")          # traces of several methods and seeds, or {label: traces}

The numbers are those of nasbook.statistics; a picture of a `Comparison` draws what it holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import SubFigure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullFormatter

from nasbook.plots import style
from nasbook.plots.data import Quantity, label_of
from nasbook.plots.picture import Picture, Stack
from nasbook.plots.scales import tick_label
from nasbook.plots.style import Figure, plural
from nasbook.plots.traces.race import RacePicture
from nasbook.statistics.compare import compare as compared
from nasbook.statistics.comparison import FEW, Comparison, Pair
from nasbook.statistics.profiles import first_hits, profile
from nasbook.statistics.runs import Searches, within
from nasbook.trace import Trace, Trial

MOST = 10  # pairs that are drawn
ROW = 0.3  # inches
FAR = 64.0  # the factor at which a profile ends


class RanksPicture(Picture[Comparison]):
    """Mean ranks, the best on top, each with half the critical difference at both sides: two methods whose bars do not
    overlap differ by more than luck (Nemenyi). State: a Comparison that has ranks."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.count = len(names)
        self.figsize = (style.WIDTH, 1.25 + ROW * max(2, self.count))

    def build(self, fig: Figure | SubFigure) -> None:
        half = style.line(style.BELIEF, lw=4, alpha=0.35)
        rows = style.key(fig, [("mean rank", style.dot(style.BELIEF, ms=7)), ("± half the critical difference", half)])
        self.ax = ax = style.axes(fig, 1.75, 0.5, 0.3, 0.45 + 0.2 * rows)
        ax.set(xlabel="mean rank (1 is best)", xlim=(0.5, self.count + 0.5), ylim=(self.count - 0.5, -0.5))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        ax.grid(False, axis="y")
        self.title(fig)
        at = range(self.count)
        self.bars = [
            self.live(ax.plot([], [], color=style.BELIEF, lw=7, alpha=0.3, solid_capstyle="butt")[0]) for _ in at
        ]
        (self.dots,) = ax.plot([], [], "o", color=style.BELIEF, ms=7, zorder=3)
        self.live(self.dots)

    def update(self, state: Comparison) -> bool:
        self.found = state
        names, ranks = list(state.ranks), list(state.ranks.values())
        self.ax.set_yticks(range(len(names)), [style.shorten(style.named(n), 1.55) for n in names])
        low, high = min(0.5, ranks[0] - state.cd / 2), max(self.count + 0.5, ranks[-1] + state.cd / 2)
        self.ax.set_xlim(max(low, 0.5 - self.count), min(high, 2.0 * self.count))
        for k, (bar, r) in enumerate(zip(self.bars, ranks, strict=True)):
            bar.set_data([r - state.cd / 2, r + state.cd / 2], [k, k])
        self.dots.set_data(ranks, range(len(ranks)))
        self.say(self._sentence())
        return True

    def _sentence(self) -> str:
        s = self.found
        first, *rest = s.ranks
        apart = [m for m in rest if s.ranks[m] - s.ranks[first] > s.cd]
        name = style.named(first)
        if len(apart) == len(rest):
            return f"{name} ranks first, beyond the critical difference ({s.blocks})"
        if not apart:
            return f"{name} ranks first, but no rank lies beyond the critical difference ({s.blocks})"
        return f"{name} ranks first; {plural(len(apart), 'method')} of {len(rest)} beyond the critical difference"

    def alt(self) -> str:
        s = self.found
        ranks = ", ".join(f"{style.named(m)} {r:.2f}" for m, r in s.ranks.items())
        return f"Mean ranks over {s.blocks}: {ranks}. The critical difference (Nemenyi, {s.alpha:g}) is {s.cd:.2f}."


class BeatsPicture(Picture[Comparison]):
    """For each pair of methods the probability that the first ends better, with its interval; at the right p
    after Holm. Filled: p below alpha. State: a Comparison."""

    def __init__(self, pairs: Sequence[Pair], alpha: float = 0.05) -> None:
        super().__init__()
        self.pairs, self.alpha = drawn(pairs), alpha
        self.left_out = len(pairs) - len(self.pairs)
        self.figsize = (style.WIDTH, 1.25 + ROW * max(2, len(self.pairs)))

    def build(self, fig: Figure | SubFigure) -> None:
        rows = style.key(
            fig,
            [
                ("differ, after Holm", style.dot(style.BELIEF, ms=7)),
                ("may be luck", style.dot(style.BELIEF, ms=7, mfc="white")),
                ("95 % interval", style.line(style.BELIEF, lw=1.6)),
            ],
        )
        self.ax = ax = style.axes(fig, 2.6, 0.5, 1.0, 0.45 + 0.2 * rows)
        ax.set(xlim=(-0.03, 1.03), ylim=(len(self.pairs) - 0.5, -0.5), xlabel="probability that the first ends better")
        ax.set_yticks(range(len(self.pairs)), [style.shorten(_pair(p, 18), 2.4) for p in self.pairs])
        ax.grid(False, axis="y")
        ax.axvline(0.5, color=style.HIDDEN, lw=1.2, ls=style.DASH, zorder=1)
        for k, p in enumerate(self.pairs):
            sure = p.holm < self.alpha and p.agree
            if np.isfinite(p.low):
                ax.plot([p.low, p.high], [k, k], color=style.BELIEF, lw=1.6, zorder=2)
            ax.plot([p.beats], [k], "o", color=style.BELIEF, mfc=style.BELIEF if sure else "white", ms=7, zorder=3)
            words = "no test" if np.isnan(p.holm) else "p < 0.001" if p.holm < 0.001 else f"p = {p.holm:.3f}"
            style.add_words(ax, 1.06, k, words, fontsize=style.SMALL, va="center")
        self.title(fig)

    def update(self, state: Comparison) -> bool:
        self.found = state
        self.say(self._sentence())
        return True

    def _sentence(self) -> str:
        sure = len(self.found.differ())
        n = len(self.found.pairs)
        if not n:
            return "One method alone: nobody to compare it with"
        if all(p.n < 2 for p in self.found.pairs):
            return "One seed each: whoever is ahead may be lucky"
        return f"{sure} of {plural(n, 'pair')} of methods {'differs' if sure == 1 else 'differ'} beyond luck"

    def alt(self) -> str:
        parts = []
        for p in self.pairs:
            band = f" ({p.low:.2f} to {p.high:.2f})" if np.isfinite(p.low) else ""
            test = "no test" if np.isnan(p.holm) else f"p after Holm {p.holm:.2g}"
            parts.append(f"{_pair(p)} {p.beats:.2f}{band}, {test}, n = {p.n}")
        more = f" {plural(self.left_out, 'more pair')} not drawn." if self.left_out else ""
        return f"Probability that the first of two methods ends better: {'; '.join(parts) or 'no pair'}.{more}"


def drawn(pairs: Sequence[Pair]) -> list[Pair]:
    """At most MOST pairs: those of the method that is ahead come first."""
    if len(pairs) <= MOST:
        return list(pairs)
    first = pairs[0].a
    return sorted(pairs, key=lambda p: first not in (p.a, p.b))[:MOST]


def _pair(p: Pair, longest: int = 28) -> str:
    return f"{style.named(p.a, longest)} before {style.named(p.b, longest)}"


class ProfilesPicture(Picture[Mapping[str, np.ndarray]]):
    """Performance profiles: on what share of the problems (a task and a seed) a method needs at most τ times as many
    trials as the fastest. State: {method: (problems,) trials until the target, inf where never}."""

    figsize = (style.WIDTH, 3.8)

    def __init__(self, names: Sequence[str], target: str = "") -> None:
        super().__init__()
        self.names, self.target = list(names), target

    def build(self, fig: Figure | SubFigure) -> None:
        looks, racers = {}, iter(style.RACERS * (1 + len(self.names)))
        for name in self.names:
            looks[name] = (style.BASELINE, style.DASH) if name == "random" else next(racers)[:2]
        entries = [(style.shorten(style.named(n), 2.2), style.line(c, d)) for n, (c, d) in looks.items()]
        rows = style.key(fig, entries)
        self.ax = ax = style.axes(fig, 0.75, 0.5, 0.25, 0.45 + 0.2 * rows)
        ax.set(
            xlabel="τ: times as many trials as the fastest", ylabel="share of problems", ylim=(0, 1.04), xscale="log"
        )
        ax.xaxis.set_major_locator(FixedLocator([2.0**k for k in range(8)]))
        ax.xaxis.set_major_formatter(lambda v, _: tick_label(round(v)))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.minorticks_off()
        ax.set_xlim(1, FAR)
        self.title(fig)
        self.lines = {
            n: self.live(ax.plot([], [], color=c, ls=d, drawstyle="steps-post")[0]) for n, (c, d) in looks.items()
        }

    def update(self, state: Mapping[str, np.ndarray]) -> bool:
        costs = np.column_stack([state[n] for n in self.names])
        self.n, self.reached = len(costs), {n: float(np.isfinite(state[n]).mean()) for n in self.names}
        tau, rho = profile(costs)
        self.first = dict(zip(self.names, rho[:, 0], strict=True))
        self.end = max(2.0, min(FAR, 1.15 * float(tau[-1])))
        self.ax.set_xlim(1, self.end)
        for name, share in zip(self.names, rho, strict=True):
            self.lines[name].set_data(np.r_[tau, max(FAR, tau[-1])], np.r_[share, share[-1]])
        self.say(self._sentence())
        return True

    def _sentence(self) -> str:
        first = max(self.names, key=lambda n: self.first[n])
        last = max(self.names, key=lambda n: self.reached[n])
        text = f"{style.named(first)} is fastest on {100 * self.first[first]:.0f} % of {plural(self.n, 'problem')}"
        if last != first and self.reached[last] > self.reached[first]:
            return f"{text}; {style.named(last)} gets there most often ({100 * self.reached[last]:.0f} %)"
        return f"{text} and gets there on {100 * self.reached[first]:.0f} %"

    def alt(self) -> str:
        parts = [
            f"{style.named(n)} is fastest on {100 * self.first[n]:.0f} % and gets there on "
            f"{100 * self.reached[n]:.0f} %"
            for n in self.names
        ]
        target = f" The target is {self.target}." if self.target else ""
        return f"Performance profiles over {plural(self.n, 'problem')} (a task and a seed): {'; '.join(parts)}.{target}"


# ---- still pictures --------------------------------------------------------------------------------------------------


def _found(runs: Searches | Comparison, kind: str, options: Mapping[str, Any]) -> Comparison:
    """A Comparison of several methods; ValueError says what a picture of them needs."""
    if not isinstance(runs, Comparison) and not isinstance(runs, Mapping | Trace):
        runs = list(runs)
        if any(not isinstance(t, Trace) for t in runs):
            raise ValueError(f"plot {kind}: give whole traces of several methods, or {{label: traces}}")
    found = runs if isinstance(runs, Comparison) else compared(runs, **options)
    if len(found.methods) < 2:
        raise ValueError(f"plot {kind}: it compares methods, and all of these runs are of {found.methods[0]!r}")
    if not found.pairs:
        raise ValueError(f"plot {kind}: no two of these methods were run on the same task; same_task=True joins tasks")
    return found


def critical_difference(runs: Searches | Comparison, **options: object) -> Figure:
    """Mean ranks of methods with Nemenyi's critical difference. runs: traces of several methods and seeds, {label:
    traces}, or a Comparison; options: those of nasbook.statistics.compare."""
    found = _found(runs, "critical-difference", options)
    if not found.ranks:
        raise ValueError("plot critical-difference: no seed was run by every method, so there are no ranks")
    return RanksPicture(list(found.ranks)).render_static(found)


def beats(runs: Searches | Comparison, **options: object) -> Figure:
    """The probability that one method ends better than another, with intervals and Holm's p-values; runs and options as
    in `critical_difference`."""
    found = _found(runs, "beats", options)
    return BeatsPicture(found.pairs, found.alpha).render_static(found)


def profiles(runs: Searches | Comparison, *, target: float | None = None, **options: object) -> Figure:
    """Performance profiles over tasks and seeds. target: the value to reach (by default, on each task, the median of
    what all runs end with); runs and options as in `critical_difference`."""
    found = _found(runs, "profiles", options)
    costs, words = hits(found, target)
    return ProfilesPicture(list(costs), words).render_static(costs)


def hits(found: Comparison, target: float | None = None) -> tuple[dict[str, np.ndarray], str]:
    """{method: trials until the target} over the problems that every method has, and what the target is. Every trial
    takes its place, but only one of the highest fidelity can reach the target: a low value after one epoch says little.
    """
    assert found.runs is not None
    out: dict[str, list[float]] = {m: [] for m in found.methods}
    for task, groups in found.values.items():
        if set(groups) != set(found.methods):
            continue
        runs = {m: {s: found.runs.of(task, m)[s] for s in seeds} for m, seeds in groups.items()}
        ended = {m: {s: within(t, found.budgets[task], found.unit) for s, t in g.items()} for m, g in runs.items()}
        done = [t for g in ended.values() for run in g.values() for t in run if t.status == "done"]
        full = max((t.effort for t in done), default=np.inf)
        curves = {m: {s: _full(run, full) for s, run in g.items()} for m, g in ended.items()}
        ends = np.array([c[-1] if len(c) else np.nan for g in curves.values() for c in g.values()])
        goal = float(np.median(np.where(np.isnan(ends), np.inf, ends))) if target is None else target
        for seed in [s for s in groups[found.methods[0]] if all(s in groups[m] for m in found.methods)]:
            for m in found.methods:
                out[m].append(float(first_hits(curves[m][seed][None], [goal])[0]))
    if not out[found.methods[0]]:
        raise ValueError("plot profiles: no task and seed was run by every method, so there is no problem to share")
    words = f"{target:g}" if target is not None else "the median of what all runs end with, on each task"
    if any(t.fidelity is not None for run in found.runs.everything() for t in run.trials):
        words += ", in a trial of the highest fidelity"
    return {m: np.array(v) for m, v in out.items()}, words


def _full(trials: Sequence[Trial], effort: float) -> np.ndarray:
    """(n,) the lowest value so far of trials of the highest fidelity; NaN before there is one."""
    there = (t.status == "done" and t.value is not None and t.effort == effort for t in trials)
    return np.fmin.accumulate(np.array([t.value if ok else np.nan for t, ok in zip(trials, there, strict=True)], float))


def compare(runs: Searches | Comparison, *, label: str | None = None, **options: object) -> Figure:
    """Methods over seeds in one figure: anytime curves with bootstrap bands (of several tasks: performance profiles),
    mean ranks with the critical difference, and who beats whom. runs and options as in `critical_difference`."""
    found = _found(runs, "compare", options)
    pictures: list[Picture] = []
    states: list[object] = []
    if len(found.tasks) == 1:
        task, budget = found.tasks[0], found.budgets[found.tasks[0]]
        used = {m: [found.runs.of(task, m)[s] for s in seeds] for m, seeds in found.values[task].items()}  # type: ignore[union-attr]
        first = next(iter(used.values()))[0]
        pictures.append(RacePicture(found.methods, budget, found.unit, Quantity(label or label_of(first))))
        states.append(
            {m: [t.steps[: int(budget)] if found.unit == "trials" else t for t in ts] for m, ts in used.items()}
        )
    else:
        try:
            costs, words = hits(found)
            pictures.append(ProfilesPicture(list(costs), words))
            states.append(costs)
        except ValueError:
            pass  # no problem that all have run
    if found.ranks:
        pictures.append(RanksPicture(list(found.ranks)))
        states.append(found)
    pictures.append(BeatsPicture(found.pairs, found.alpha))
    states.append(found)
    figure = Stack(pictures).render_static(states)
    figure.sentence = found.sentence
    return figure


__all__ = [
    "FEW",
    "BeatsPicture",
    "ProfilesPicture",
    "RanksPicture",
    "beats",
    "compare",
    "critical_difference",
    "profiles",
]
