"""What pictures need to know besides a trace: how its values are read, and what random search would have found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

import numpy as np

from nasbook import answer, registry
from nasbook.axes import Scalar
from nasbook.explain.source import known_task as known_task
from nasbook.plots import style
from nasbook.plots.style import number, plus_minus
from nasbook.prepare import as_task
from nasbook.search import search
from nasbook.space import Config
from nasbook.statistics.intervals import bootstrap as bootstrap  # averages over seeds
from nasbook.task import Task
from nasbook.tasks.objectives import LABELS
from nasbook.trace import Step, Trace, Trial

Trials: TypeAlias = Trace | Step | Trial | Sequence[Step | Trial]  # what a picture of trials draws
Steps: TypeAlias = Trace | Step | Sequence[Step]  # the same, where what the method knew is drawn as well


@dataclass(frozen=True)
class Quantity:
    """How the value of a task is shown. Errors are fractions that are minimised; people read accuracies in percent.

    `label` is the task's `value_label`. With `accuracy`, "validation error" 0.08 is shown as "validation accuracy"
    92 %, without it as 8 %. `above`: a distance from something, " above the optimum", which a long label keeps.
    """

    label: str = "value"
    accuracy: bool = True
    above: str = ""

    @property
    def percent(self) -> bool:
        return "error" in self.label and not any(w in self.label for w in ("squared", "absolute", "mse", "mae"))

    @property
    def higher(self) -> bool:
        """Is the better value shown higher?"""
        return self.percent and self.accuracy

    @property
    def name(self) -> str:
        return style.named(self.label.replace("error", "accuracy") if self.higher else self.label, 32) + self.above

    @property
    def left(self) -> float:
        """Inches at the left of an axis with such values: percentages are short, other numbers may have six digits."""
        return 0.75 if self.percent else 0.9

    @property
    def axis(self) -> str:
        return f"{self.name} (%)" if self.percent else self.name

    def show(self, value: object) -> Any:
        """The number on the axis, for a value or an array."""
        if not self.percent:
            return value
        return 100 * (1 - np.asarray(value)) if self.accuracy else 100 * np.asarray(value)

    def spread(self, mean: float, std: float) -> str:
        """'7.8 ± 0.4 %', '−0.43 ± 0.15'."""
        if self.percent:
            return f"{float(self.show(mean)):.1f} ± {100 * std:.1f} %"
        return plus_minus(mean, std)

    def text(self, value: float | None) -> str:
        if value is None or not np.isfinite(value):
            return "–"
        return f"{float(self.show(value)):.1f} %" if self.percent else number(float(value))


def steps_of(state: Steps) -> list[Step]:
    """The steps of a Trace, of a Step, or of a sequence of steps."""
    if isinstance(state, Trace):
        return state.steps
    return [state] if isinstance(state, Step) else list(state)


def trials_of(state: Trials) -> list[Trial]:
    if isinstance(state, Trial):
        return [state]
    return [s.trial if isinstance(s, Step) else s for s in (state if not isinstance(state, Step) else [state])]


BIGGEST = 1e300  # what lies beyond is drawn here: the length of an axis must be a number
FAR = 1.5  # how often the better three quarters' range fits between them and a value that is far off
VERY_FAR = 30.0  # the same where every value should be seen, if that is possible at all


def drawable(values: object) -> np.ndarray:
    """Numbers that can be drawn: those that are larger than 10³⁰⁰ stand there, NaN stays."""
    return np.clip(np.asarray(values, float), -BIGGEST, BIGGEST)


def values_of(trials: Iterable[Trial]) -> np.ndarray:
    """(n,) value of each trial as it can be drawn, NaN where it failed or was pruned."""
    return drawable([t.value if t.status == "done" and t.value is not None else np.nan for t in trials])


def near(values: np.ndarray, higher: bool = False, among: np.ndarray | None = None, far: float = FAR) -> np.ndarray:
    """The values that an axis must reach: all but those that lie so far off that they would flatten the others.

    Measured from the best one, b, with the quantile q that three quarters reach, what is worse than q + far · (q − b)
    is far off. `among` gives b and q where they are known better than from the values; `higher`: more is better."""
    loss = -values if higher else values
    loss = loss[np.isfinite(loss)]
    known = loss if among is None else -among if higher else among
    known = known[np.isfinite(known)]
    if len(known) < 4:
        kept = loss
    else:
        best, q = float(known.min()), float(np.quantile(known, 0.75))
        spread = known[known > best]
        core = q - best or (2 * float(np.median(spread) - best) if len(spread) else np.inf)  # most are equal
        kept = loss[loss <= q + far * core]
    return -kept if higher else kept


def label_of(trace: Trace | None, task: Task | None = None) -> str:
    """The name of what is minimised: the task's, or that of the registry's task with the trace's name."""
    if task is not None:
        return task.value_label
    if trace is None:
        return "value"
    if isinstance(trace, OneObjective):
        return trace.label
    try:
        return str(getattr(registry.find("task", trace.header.task).load(), "value_label", "value"))
    except (ValueError, ImportError, AttributeError):  # not one of ours, or not installed here
        return "objective 1" if any(t.values for t in trace.trials) else "value"


def value_of(task: Task) -> Callable[[Config], float]:
    """The objective of a task as a function of a configuration."""

    def truth(config: Config) -> float:
        return answer.value_of(task.evaluate(config))

    return truth


class OneObjective(Trace):
    """A trace of several objectives, seen by one of them."""

    label: str
    objective: int  # which one, from 0


def one_objective(trace: object, k: object) -> OneObjective:
    """The same trials with the k-th of their values (from 0) as their value; ValueError if there is none."""
    if not isinstance(trace, Trace):
        raise ValueError(f"objective={k!r} needs a Trace, not {type(trace).__name__}")
    m = max((len(t.values or ()) for t in trace.trials if t.status == "done"), default=0)
    if m < 2 or isinstance(k, bool) or not isinstance(k, int) or not 0 <= k < m:
        has = f"an objective is a whole number from 0 to {m - 1}" if m > 1 else "these trials have one value"
        raise ValueError(f"objective={k!r}: {has}")
    out = OneObjective(trace.header)
    out.label, out.objective = objective_labels(trace, m)[k], k
    for kind, t in trace.events:
        if kind == "ask":
            out.started(t)
        elif t.status != "done" or not t.values:
            out.ended(replace(t, values=None))
        else:  # the curve is that of the first objective
            out.ended(replace(t, value=t.values[k], values=None, curve=t.curve if k == 0 else ()))
    return out


def objective_labels(trace: object, m: int, task: Task | None = None) -> list[str]:
    """The names of m objectives: the task's, or those that the header of a trace of our own tasks tells."""
    if task is not None and len(task.objectives) == m:
        return list(task.objectives)
    if isinstance(trace, Trace):
        try:
            fixed = dict(registry.find("task", trace.header.task).settings).get("objectives", ())
        except ValueError:  # not one of ours
            fixed = ()
        names = trace.header.arguments.get("objectives", fixed)
        if isinstance(names, list | tuple) and len(names) == m:
            return [LABELS.get(name, str(name)) for name in names]
    return [f"objective {k + 1}" for k in range(m)]


# ---- random search -----------------------------------------------------------------------------------------------


def _pad(curve: np.ndarray, n: int) -> np.ndarray:
    return np.r_[curve[:n], np.full(max(0, n - len(curve)), np.nan)]


@dataclass(frozen=True, eq=False)
class Baseline:
    """What random search finds, from a pool of N independent random trials.

    Its trials are exchangeable, so the best of n of them has an exact distribution given the pool. With the values in
    rising order x_1 ≤ … ≤ x_N (failures last),

        P(best of n > x_i) = C(N - i, n) / C(N, n),

    which says more than the few runs that made the pool.
    """

    values: np.ndarray  # (N,) NaN where a trial failed
    seeds: int = 1

    def __post_init__(self) -> None:
        values = np.sort(np.where(np.isfinite(self.values), self.values, np.inf))
        if not np.isfinite(values[:1]).all() or not len(values):
            raise ValueError("a random-search baseline needs at least one random trial with a value")
        object.__setattr__(self, "values", values)

    def best_of(self, trials: int) -> Iterator[np.ndarray]:
        """For n = 1 … trials (at most N): (N,) probability that the best of n is x_1, x_2, …"""
        N = len(self.values)
        i = np.arange(N + 1)
        above = np.ones(N + 1)  # P(best of n > x_i); x_0 lies below all
        for n in range(1, min(trials, N) + 1):
            above = above * np.maximum(N - i - n + 1, 0) / (N - n + 1)  # from C(N-i, n-1) / C(N, n-1) to n
            yield above[:-1] - above[1:]

    def expected(self, trials: int) -> np.ndarray:
        """(trials,) expected best of n = 1 … trials, given that one of the n succeeded; NaN where n > N."""
        return _pad(self._curves[0], trials)

    def interval(self, trials: int) -> tuple[np.ndarray, np.ndarray]:
        """(trials,) twice: nine random searches out of ten have their best of n in between; inf: no success yet."""
        low, high = (_pad(c, trials) for c in self._curves[1:])
        return low, high

    @cached_property
    def _curves(self) -> np.ndarray:
        """(3, N): mean, 5 % and 95 % quantile of the best of n."""
        ok = np.isfinite(self.values)
        rows = []
        for p in self.best_of(len(self.values)):
            below = np.cumsum(p) + 1e-12
            low, high = (self.values[int(np.argmax(below >= q))] for q in (0.05, 0.95))
            rows.append((p[ok] @ self.values[ok] / p[ok].sum(), low, high))
        return np.array(rows).T

    def trials_for(self, value: float) -> int | None:
        """How many random trials are expected to be this good; None where the pool is too small to say."""
        curve = self.expected(len(self.values))
        return int(np.argmax(curve <= value)) + 1 if (curve <= value).any() else None


def random_baseline(task: Task | str, trials: int = 100, seeds: int = 10) -> Baseline:
    """Run random search `seeds` times for `trials` trials and pool what it finds."""
    made = as_task(task)
    traces = [search("random", made, trials=trials, seed=1000 + s) for s in range(seeds)]
    return Baseline(np.concatenate([t.values for t in traces]), seeds)


def as_baseline(source: object, trials: int = 100) -> Baseline | None:
    """None, a Baseline, random-search traces, the values of random trials, or a task (name) to a Baseline."""
    if source is None or isinstance(source, Baseline):
        return source
    if isinstance(source, Task | str):
        return random_baseline(source, max(50, trials), 10)
    if isinstance(source, Trace):
        source = [source]
    if isinstance(source, Sequence) and all(isinstance(t, Trace) for t in source):
        return Baseline(np.concatenate([t.values for t in source]), len(source))
    return Baseline(np.asarray(source, float).ravel())


@lru_cache(maxsize=16)
def _cheap_baseline(task: str, arguments: tuple[tuple[str, Scalar], ...]) -> Baseline | None:
    try:
        if registry.find("task", task).family not in ("function", "table"):
            return None
        return random_baseline(registry.make("task", task, **dict(arguments)), 200, 10)
    except (ValueError, ImportError, LookupError, OSError):
        return None


def baseline_for(trace: Trace) -> Baseline | None:
    """The baseline of a trace whose task is a built-in function or table, which cost next to nothing; else None."""
    arguments = trace.header.arguments
    if any(isinstance(v, list | dict) for v in arguments.values()):
        return None
    return _cheap_baseline(trace.header.task, tuple(sorted(arguments.items())))
