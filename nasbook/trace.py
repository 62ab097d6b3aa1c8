"""What a search leaves behind: steps, and the trace that keeps them. Its file: see trace_file.py."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nasbook.space import Config, Json, Space
from nasbook.trial import DICT, MOST_WORKERS, TEXT, WHOLE, Trial, check_types, keep, on_one_line, plain, shown

SCHEMA = "nasbook/trace@1"
_HEADER_TYPES = {
    "method": TEXT,
    "task": TEXT,
    "seed": WHOLE,
    "settings": DICT,
    "arguments": DICT,
    "workers": WHOLE,
    "provenance": DICT,
}


@dataclass(frozen=True)
class Step:
    """A trial that has ended, the best one so far, and the method's view: what it believed when it chose."""

    index: int
    trial: Trial
    incumbent: Trial | None
    view: Any = None


@keep("settings", "arguments", "provenance")
@dataclass(frozen=True)
class Header:
    """What was searched, with what. Two runs with equal headers give the same configurations."""

    method: str
    task: str
    space: Space
    seed: int = 0
    settings: Json = field(default_factory=dict)  # of the method
    arguments: Json = field(default_factory=dict)  # of the task
    workers: int = 1
    provenance: Json = field(default_factory=dict)  # version, date: not part of what must agree

    @property
    def maximised(self) -> bool:
        """Is the value the negative of what was maximised, as in an imported study?"""
        return 0 in (self.provenance.get("maximised") or ())

    def to_dict(self) -> Json:
        row = {f.name: getattr(self, f.name) for f in fields(self)}
        return plain({"schema": SCHEMA, **row, "space": self.space.to_dict()})

    @classmethod
    def from_dict(cls, row: Json) -> Header:
        if row.get("schema") != SCHEMA:
            raise ValueError(f"this is not a trace: schema must be {SCHEMA!r}, not {shown(row.get('schema'))}")
        names = {f.name for f in fields(cls)}
        check_types(row, _HEADER_TYPES)
        if not 1 <= row.get("workers", 1) <= MOST_WORKERS:
            raise ValueError(f"workers must be a number from 1 to {MOST_WORKERS}, not {row['workers']}")
        try:
            return cls(**{k: v for k, v in row.items() if k in names} | {"space": Space.from_dict(row["space"])})
        except (KeyError, TypeError) as error:
            raise ValueError(f"the header lacks or garbles a field: {error}") from None

    def differences(self, other: Header, *, but: Sequence[str] = ()) -> list[str]:
        """In what two headers disagree, provenance and the fields in `but` aside; `self` is there, `other` here:
        ["settings.acquisition is 'ei' there and 'ucb' here"]."""
        a, b = self.to_dict(), other.to_dict()
        return [d for k in a if k not in ("provenance", *but) for d in _differences(k, a[k], b[k])]


def _differences(name: str, there: object, here: object) -> list[str]:
    if isinstance(there, dict) and isinstance(here, dict):
        keys = list(dict.fromkeys([*there, *here]))
        found = [d for k in keys for d in _differences(f"{name}.{k}", there.get(k, _MISSING), here.get(k, _MISSING))]
        if not found and list(there) != list(here):  # their order counts
            found = [f"the order of {name} is {', '.join(there)} there and {', '.join(here)} here"]
        return found
    if isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        pairs = enumerate(zip(there, here, strict=True))
        return [d for i, (a, b) in pairs for d in _differences(f"{name}[{i}]", a, b)]
    if json.dumps(there, default=repr) == json.dumps(here, default=repr):
        return []
    words = ["missing" if x is _MISSING else shown(x) for x in (there, here)]
    if words[0] != words[1]:
        return [f"{name} is {words[0]} there and {words[1]} here"]
    at = next((i for i, (a, b) in enumerate(zip(str(there), str(here), strict=False)) if a != b), 0)
    a, b = (f"…{shown(str(x)[max(0, at - 10) :])}" for x in (there, here))  # they begin alike
    return [f"{name} is {a} there and {b} here"]


_MISSING = object()


def _rank(trial: Trial) -> tuple[float, float]:
    """Sorts done trials, the best first: the highest fidelity decides, then the lowest value."""
    return -trial.effort, math.inf if trial.value is None else trial.value


def best_of(trials: Iterable[Trial]) -> Trial | None:
    """The best of the done trials, as in `Trace.best`; the first of equals; None without a success."""
    return min((t for t in trials if t.status == "done" and t.value is not None), key=_rank, default=None)


class Trace:
    """The steps of one search, in the order in which the trials ended.

    Iterate over it for steps; `best` is the best trial of the highest fidelity; `pending` are trials that had started
    and not ended. It is a record: what it hands out may be changed without changing it.
    """

    # The root package binds these, because what they call lies above this module.
    save: ClassVar[Callable[..., Path]]
    load: ClassVar[Callable[..., Trace]]
    export: ClassVar[Callable[..., Path]]
    cost: ClassVar[Callable[..., Any]]
    explain: ClassVar[Callable[..., Any]]
    plot: ClassVar[Callable[..., Any]]
    to_csv: ClassVar[Callable[..., Path]]
    to_dataframe: ClassVar[Callable[..., Any]]

    def __init__(self, header: Header) -> None:
        self.header = header
        self._events: list[tuple[str, Trial]] = []
        self._steps: list[Step] = []
        self._running: dict[int, Trial] = {}
        self._begun: list[int] = []  # numbers of trials, once for each time that one was begun
        self.interrupted = False

    # ---- growing ---------------------------------------------------------------------------------------

    def started(self, trial: Trial) -> None:
        self._events.append(("ask", trial))
        self._running[trial.id] = trial
        self._begun.append(trial.id)

    def again(self, trial: Trial) -> None:
        """A trial that a kill has cut off begins once more."""
        self._begun.append(trial.id)

    def begun(self, trial: Trial) -> int:
        """How often this trial was begun."""
        return self._begun.count(trial.id)

    def cut_off(self, trial: Trial) -> int:
        """How many processes were ended when this trial was the last that they had begun: those before it were made,
        though on a simulated clock they had not ended yet. A process begins trials in the order of their numbers."""
        after = [*self._begun[1:], -1]
        return sum(a == trial.id and b <= a for a, b in zip(self._begun, after, strict=True))

    def ended(self, trial: Trial, view: object = None) -> Step:
        self._running.pop(trial.id, None)
        self._events.append(("tell", trial))
        best = best_of([trial] if self.incumbent is None else [self.incumbent, trial])
        self._steps.append(Step(len(self._steps), trial, best, view))
        return self._steps[-1]

    # ---- reading ---------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, i: int) -> Step:
        return self._steps[i]

    @property
    def steps(self) -> list[Step]:
        """The steps so far, in the order in which the trials ended."""
        return list(self._steps)

    @property
    def events(self) -> list[tuple[str, Trial]]:
        """("ask", trial) for each start and ("tell", trial) for each end, in their order."""
        return list(self._events)

    @property
    def running(self) -> dict[int, Trial]:
        """The trials that have started and not ended, by their number."""
        return dict(self._running)

    @property
    def space(self) -> Space:
        return self.header.space

    @property
    def trials(self) -> list[Trial]:
        """The trials that have ended, in the order of their ends."""
        return [s.trial for s in self._steps]

    @property
    def pending(self) -> list[Trial]:
        return list(self._running.values())

    @property
    def asked(self) -> int:
        """Number of trials that were ever started."""
        return len(self._steps) + len(self._running)

    @property
    def incumbent(self) -> Trial | None:
        return self._steps[-1].incumbent if self._steps else None

    @property
    def best(self) -> Trial:
        """The best of the done trials: of those with the highest fidelity the one with the lowest value. LookupError
        says why there is none."""
        if self.incumbent is None:
            failed = [t for t in self.trials if t.status == "failed"]
            first = f"; the first of {len(failed)} failures: {failed[0].reason}" if failed else ""
            raise LookupError(f"no trial of this trace has succeeded{first}")
        return self.incumbent

    def top(self, n: int) -> list[Config]:
        """The n best configurations, each once: those that were evaluated most thoroughly first, then the lowest
        values. To try first in another search, `first=trace.top(5)`."""
        found: dict[tuple, Config] = {}
        for t in sorted((t for t in self.trials if t.status == "done"), key=_rank):
            found.setdefault(self.space.key(t.config), t.config)
        return list(found.values())[:n]

    @property
    def values(self) -> np.ndarray:
        """(n,) value of every ended trial; NaN where it failed or was pruned."""
        ok = [t.value if t.status == "done" and t.value is not None else math.nan for t in self.trials]
        return np.array(ok, float)

    @property
    def incumbent_values(self) -> np.ndarray:
        """(n,) value of the best trial after each step; NaN before the first success. It rises where a trial of a
        higher fidelity takes the lead: values of different fidelities do not compare."""
        best = [math.nan if s.incumbent is None else s.incumbent.value for s in self._steps]
        return np.array(best, float)

    @property
    def times(self) -> np.ndarray:
        """(n,) seconds from the beginning of the search to the end of each trial."""
        return np.array([math.nan if t.end is None else t.end for t in self.trials])

    @property
    def digest(self) -> str:
        """Twelve hex digits that name what was tried and found (times aside)."""
        rows = [[kind, t.id, plain(t.config), t.fidelity, t.status, plain(t.value)] for kind, t in self._events]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:12]

    def __repr__(self) -> str:
        n, h = len(self), self.header
        found = "no success yet"
        if (best := self.incumbent) is not None:
            at = ", ".join(f"{k} = {f'{v:.4g}' if isinstance(v, float) else v}" for k, v in best.config.items())
            found = f"best {best.value:.4g} at {at}"
        trials = f"{n} trial{'' if n == 1 else 's'}"
        return on_one_line(f"<Trace: {h.method} on {h.task}, seed {h.seed}, {trials}, {found}>")
