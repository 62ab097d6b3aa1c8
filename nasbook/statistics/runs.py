"""Traces as runs of methods on tasks, paired by their seeds, and what each had found after a common budget.

A trace says its method, settings, task and seed. Two traces of one task with the same seed are a pair. Studies that
were imported (from Optuna, or a table of trials) name no task and no seed: they belong to the one task that there is,
and make no pairs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from nasbook.trace import Trace, Trial, best_of, on_one_line

IMPORTED = ("optuna", "csv")  # a trace's provenance: what it was before
UNITS = ("trials", "time")
LARGEST = 1e150  # values beyond count as this, so that sums and differences are numbers
Key: TypeAlias = tuple[int | str, int]  # a seed, or a name where there is none, and 1, 2 … where several runs have it

Searches: TypeAlias = Mapping[str, Trace | Iterable[Trace]] | Iterable[Trace] | Trace  # traces, or {label: traces}


@dataclass
class Runs:
    """`traces[task, method]` is {seed: Trace}; `notes` are sentences about what was left out or assumed."""

    methods: list[str]
    tasks: list[str]
    traces: dict[tuple[str, str], dict[Key, Trace]]
    notes: list[str] = field(default_factory=list)

    def of(self, task: str, method: str) -> dict[Key, Trace]:
        return self.traces.get((task, method), {})

    def everything(self) -> list[Trace]:
        return [trace for runs in self.traces.values() for trace in runs.values()]


def grouped(traces: Searches, *, same_task: bool = False) -> Runs:
    """Runs of traces, or of {label: traces}. Without labels a method goes by its name, and by the settings in which its
    traces differ. same_task: all are of one task, whatever they are called. ValueError for what does not compare."""
    pairs = _labelled(traces)
    if not pairs:
        raise ValueError("compare: give at least one trace")
    _check_directions([trace for _, trace in pairs])
    notes: list[str] = []
    tasks = _tasks([trace for _, trace in pairs], same_task, notes)
    found: dict[tuple[str, str], dict[Key, Trace]] = {}
    twice = again = 0
    for (label, trace), task in zip(pairs, tasks, strict=True):
        runs = found.setdefault((task, label), {})
        seed = _seed(trace, len(runs), label)
        alike = [other for key, other in runs.items() if key[0] == seed[0] or _one_study(seed[0], trace, other)]
        if any(trace.digest == other.digest for other in alike):
            twice += 1
            continue
        if seed in runs:
            again += 1
            seed = (seed[0], sum(key[0] == seed[0] for key in runs))
        runs[seed] = trace
    if twice:
        notes.append(f"{_traces(twice, 'repeats', 'repeat')} the search of another one, and {_are(twice)} left out.")
    if again:
        notes.append(f"{_traces(again, 'has', 'have')} the seed of another one, and another result; both count.")
    if any(t.values and len(t.values) > 1 for _, trace in pairs for t in trace.trials):
        notes.append("Of several objectives the first is compared.")
    if pairs[0][1].header.maximised:
        notes.append("What was maximised is compared as its negative: lower is better here.")
    return Runs(list(dict.fromkeys(label for label, _ in pairs)), list(dict.fromkeys(tasks)), found, notes)


def _labelled(traces: Searches) -> list[tuple[str, Trace]]:
    if isinstance(traces, Trace):
        traces = [traces]
    if isinstance(traces, Mapping):
        pairs = [
            (on_one_line(str(k)), t)
            for k, group in traces.items()
            for t in ([group] if isinstance(group, Trace) else group)
        ]
    else:
        given = list(traces)
        _check(given)
        pairs = list(zip(_names(given), given, strict=True))
    _check([trace for _, trace in pairs])
    return pairs


def _check(traces: Sequence[object]) -> None:
    for trace in traces:
        if not isinstance(trace, Trace):
            hint = "; nasbook.Trace.load reads a file" if isinstance(trace, str) or hasattr(trace, "__fspath__") else ""
            raise ValueError(f"compare: traces are needed, not {trace!r:.60}{hint}")


def _names(traces: Sequence[Trace]) -> list[str]:
    """The method of each, and in brackets those of its settings in which traces of this method differ."""
    varied: dict[str, list[str]] = {}
    for method in dict.fromkeys(t.header.method for t in traces):
        mine = [t.header.settings for t in traces if t.header.method == method]
        keys = list(dict.fromkeys(k for settings in mine for k in settings))
        varied[method] = [k for k in keys if len({_text(s.get(k)) for s in mine}) > 1]
    return [
        on_one_line(h.method + (f" ({', '.join(f'{k} = {h.settings.get(k)}' for k in keys)})" if keys else ""))
        for h in (t.header for t in traces)
        for keys in [varied[h.method]]
    ]


def _text(value: object) -> str:
    return json.dumps(value, default=repr, sort_keys=True)


def _imported(trace: Trace) -> bool:
    return trace.header.provenance.get("source") in IMPORTED


def _one_study(run: int | str, trace: Trace, other: Trace) -> bool:
    """May two imported runs, which have no seed to tell them apart, be one?"""
    return isinstance(run, str) and trace.header.task == other.header.task


def _check_directions(traces: Sequence[Trace]) -> None:
    up = [t for t in traces if t.header.maximised]
    if up and len(up) < len(traces):
        down = next(t for t in traces if not t.header.maximised)
        raise ValueError(
            f"compare: {up[0].header.task!r} was maximised and {down.header.task!r} was minimised, so their values do "
            "not measure the same; compare searches of one objective"
        )


def _tasks(traces: Sequence[Trace], same: bool, notes: list[str]) -> list[str]:
    """The task of each trace by a name of its own: with its arguments where two tasks share a name."""
    if same:
        return [on_one_line(traces[0].header.task)] * len(traces)
    keys = [
        None if _imported(t) and not t.header.arguments else (on_one_line(t.header.task), _text(t.header.arguments))
        for t in traces
    ]
    named = list(dict.fromkeys(key for key in keys if key is not None))
    alike = [name for name, _ in named]
    shown = {key: key[0] if alike.count(key[0]) == 1 else f"{key[0]} {key[1]}" for key in named}
    if None not in keys:
        return [shown[key] for key in keys if key is not None]
    studies = list(
        dict.fromkeys(on_one_line(t.header.task) for t, key in zip(traces, keys, strict=True) if key is None)
    )
    if len(named) > 1:
        raise ValueError(
            f"compare: the trials of {studies[0]!r} do not say which of {', '.join(shown.values())} they searched; "
            "compare them with one task at a time"
        )
    target = shown[named[0]] if named else studies[0]
    if named or len(studies) > 1:
        notes.append(f"Imported trials ({', '.join(studies[:3])}) name no task; they are taken for the same one.")
    return [target] * len(traces)


def _seed(trace: Trace, place: int, label: str) -> Key:
    """What a run shares with its pair; of an imported one a name that nobody else has."""
    if _imported(trace) and not trace.header.provenance.get("seeded"):
        return (f"{label}, run {place + 1}", 0)
    return (trace.header.seed, 0)


def _traces(n: int, one: str, many: str) -> str:
    return f"{n} traces {many}" if n > 1 else f"One trace {one}"


def _are(n: int) -> str:
    return "are" if n > 1 else "is"


# ---- after a budget ------------------------------------------------------------------------------------------------


def length(trace: Trace, unit: str) -> float:
    """How far a run goes: its trials, or its seconds."""
    if unit == "trials":
        return len(trace)
    times = trace.times
    return float(np.nanmax(times)) if np.isfinite(times).any() else 0.0


def within(trace: Trace, budget: float, unit: str) -> list[Trial]:
    """The trials that have ended after so many trials or seconds."""
    if unit == "trials":
        return trace.trials[: int(budget)]
    return [t for t in trace.trials if t.end is not None and t.end <= budget + 1e-9]


def value_after(trace: Trace, budget: float, unit: str) -> float:
    """The best value that a run has had after so many trials or seconds; inf where nothing had succeeded."""
    best = best_of(within(trace, budget, unit))
    value = np.nan if best is None or best.value is None else best.value
    return float(np.clip(value, -LARGEST, LARGEST)) if np.isfinite(value) else np.inf


def mixed_fidelities(runs: Runs, task: str, kept: Mapping[str, Mapping[Key, Trace]], budget: float, unit: str) -> None:
    """Say where the best of some runs was measured at a lower fidelity than that of others: they do not compare."""
    traces = [trace for group in kept.values() for trace in group.values()]
    bests = [best for trace in traces if (best := best_of(within(trace, budget, unit))) is not None]
    everyone = [trace for m in runs.methods for trace in runs.of(task, m).values()]
    known = {t.effort for trace in everyone for t in trace.trials if np.isfinite(t.effort)}
    low = [best.effort for best in bests if known and best.effort < max(known)]
    if low and len({best.effort for best in bests}) > 1:
        are = "is" if len(low) == 1 else "are"
        runs.notes.append(
            f"{task}: after {_budget(budget, unit)} the best of {len(low)} of {len(bests)} runs {are} known at a low "
            f"fidelity only (from {min(low):g}, of {max(known):g}), and values of different fidelities do not compare."
        )


def common_budget(runs: Runs, task: str, unit: str, asked: float | None) -> tuple[float, dict[str, dict[Key, Trace]]]:
    """The budget that every run of a task has, or the one that was asked for, and the runs that reach it."""
    if unit not in UNITS:
        raise ValueError(f"compare: x is 'trials' or 'time', not {unit!r}")
    mine = {m: runs.of(task, m) for m in runs.methods if runs.of(task, m)}
    lengths = {(m, s): length(t, unit) for m, group in mine.items() for s, t in group.items()}
    empty = sum(n == 0 for n in lengths.values())
    if empty:
        are = "has no trial and is" if empty == 1 else "have no trial and are"
        runs.notes.append(f"{task}: {empty} of {len(lengths)} runs {are} left out.")
    known = [n for n in lengths.values() if n > 0]
    if not known:
        raise ValueError(f"compare: no run on {task} has a trial that ended")
    budget = min(known) if asked is None else asked
    short = [key for key, n in lengths.items() if 0 < n < budget - 1e-9]
    if short:
        runs.notes.append(
            f"{task}: {len(short)} of {len(lengths)} runs end before {_budget(budget, unit)} and are left out; "
            f"the shortest has {_budget(min(lengths[k] for k in short), unit)}."
        )
    elif max(known) > budget + 1e-9 and asked is None:
        runs.notes.append(
            f"{task}: compared after {_budget(budget, unit)}, which every run has; "
            f"the longest has {_budget(max(known), unit)}."
        )
    kept = {m: {s: t for s, t in group.items() if lengths[m, s] >= budget - 1e-9} for m, group in mine.items()}
    return budget, {m: group for m, group in kept.items() if group}


def _budget(n: float, unit: str) -> str:
    return f"{n:,.0f} trial{'' if n == 1 else 's'}" if unit == "trials" else f"{n:,.4g} s"
