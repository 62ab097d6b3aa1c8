"""Earlier searches as something to learn from: traces of related tasks, brought into plain numbers.

    {"task": "nb201-cifar100", "trials": [[{"edge_0_1": "skip", …}, 0.31], …]}

A source is given as a Trace, as the file of one, or in this form, which a trace's header can hold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nasbook.space import Config, Json, Space
from nasbook.trace import Trace
from nasbook.trial import plain


def as_sources(given: object) -> tuple[Json, ...]:
    """Each source in the plain form, with the trials of the highest fidelity that have a value.

    ValueError for what is no source, or has fewer than two such trials."""
    if isinstance(given, str | Path | Trace | Mapping) or not isinstance(given, Sequence):
        raise ValueError(f"sources must be a list of traces or of their files, not {given!r:.60}")
    return tuple(_as_source(one) for one in given)


def _as_source(one: object) -> Json:
    if isinstance(one, str | Path):
        one = Trace.load(one)
    if isinstance(one, Trace):
        done = [t for t in one.trials if t.status == "done"]
        most = max((math.inf if t.fidelity is None else t.fidelity for t in done), default=None)
        rows = [[t.config, t.value] for t in done if (math.inf if t.fidelity is None else t.fidelity) == most]
        one = {"task": one.header.task, "trials": rows}
    if not isinstance(one, Mapping) or set(one) != {"task", "trials"}:
        raise ValueError(
            f"a source is a trace, its file or {{'task': …, 'trials': [[config, value], …]}}, not {one!r:.60}"
        )
    if len(one["trials"]) < 2:
        raise ValueError(f"the source {one['task']!r} has {len(one['trials'])} trials with a value; two are the least")
    return plain(one)


class Source:
    """One source of a space: `configs` with `values` (n,), lowest first. ValueError if it is of another space."""

    def __init__(self, source: Json, space: Space) -> None:
        self.task = str(source["task"])
        try:
            rows = sorted(((space.validate(c), float(v)) for c, v in source["trials"]), key=lambda row: row[1])
        except (ValueError, TypeError) as error:
            raise ValueError(f"the source {self.task!r} is not of this space: {error}") from None
        self.configs = [config for config, _ in rows]
        self.values = np.array([value for _, value in rows])


def best_of(sources: Sequence[Source], n: int, space: Space) -> list[Config]:
    """The n best configurations, in turn from each source, each once."""
    found: dict[tuple, Config] = {}
    for rank in range(max((len(s.configs) for s in sources), default=0)):
        for source in sources:
            if rank < len(source.configs) and len(found) < n:
                found.setdefault(space.key(source.configs[rank]), source.configs[rank])
    return list(found.values())


def normal_scores(y: Sequence[float] | np.ndarray) -> np.ndarray:
    """(n,) Φ⁻¹((rank - ½) / n): the order of the values without their scale; equal values share a score."""
    from scipy.stats import norm, rankdata  # dear

    return norm.ppf((rankdata(y) - 0.5) / len(y))
