"""What is known of a task without running code of the user's, for a study that is written and what it would cost."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nasbook import registry
from nasbook.answer import value_of
from nasbook.scale.outline import Outline, outline
from nasbook.scale.target import is_ours, make_task
from nasbook.scale.trust import Trust, check_origin
from nasbook.space import Arguments, Space
from nasbook.task import CONTEXT, Fidelity, HoldsImages, Task, trial_seed
from nasbook.tasks.command import NAME as COMMAND
from nasbook.trace import Trace


@dataclass(frozen=True)
class Facts:
    """What is known of a task: all of one of nasbook's own; of a user's, whose code is not run here, what its trace and
    its source tell."""

    name: str
    fidelity: Fidelity | None = None
    scales: bool = False  # it has a fidelity, or may take one
    knows_cost: bool = False
    examples: int | None = None  # to learn from


def facts_of(name: str, arguments: Arguments, space: Space, trace: Trace | None) -> Facts:
    """Of a task by its name; `trace`: a trace of this very task. ValueError where there is none."""
    if is_ours(name) and name != COMMAND:
        task = make_task(name, arguments, space)
        return Facts(name, task.fidelity, task.fidelity is not None, task.knows_cost, examples(task))
    if name == COMMAND:
        make_task(name, arguments, space)
        source = Outline([COMMAND], CONTEXT)
    else:
        check_origin(name, Trust(Path.cwd()))
        source = outline(name, Path.cwd())
    told = trace.header.provenance.get("task") if trace is not None else None
    told = told if isinstance(told, dict) else {}
    fidelity = None
    with suppress(TypeError, ValueError, KeyError, AttributeError):
        row = told.get("fidelity") or trace.header.provenance["fidelity"]  # type: ignore[union-attr]
        levels = tuple(map(float, row.get("levels", ())))
        fidelity = Fidelity(str(row["unit"]), float(row["min"]), float(row["max"]), levels)
    scales = fidelity is not None or source.takes is None or "fidelity" in source.context
    return Facts(name, fidelity, scales, told.get("knows_cost") is True)


def old_facts(trace: Trace, name: str) -> Facts | None:
    """Of the trace's task; None where its name stands for something else here."""
    try:
        facts = facts_of(name, trace.header.arguments, trace.space, trace)
    except ValueError as error:
        raise ValueError(f"the task of this trace cannot be made again: {error}") from error
    entry = {e.name: e for e in registry.TASKS}.get(name)
    done = [t for t in trace.trials if t.status == "done" and t.fidelity is None]
    if entry is not None and entry.family == "function" and done:  # a notebook's own function may bear this name, too
        try:
            task = make_task(name, trace.header.arguments, trace.space)
            value = value_of(task.evaluate(done[0].config, seed=trial_seed(trace.header.seed, done[0].id)))
        except Exception:
            return None
        if not math.isclose(value, done[0].value or 0.0, rel_tol=1e-6, abs_tol=1e-9):
            return None
    return facts


def examples(task: Task) -> int | None:
    """Number of training examples, where a task tells its data."""
    if not isinstance(task, HoldsImages):
        return None
    try:
        return len(task.data()["train"][1])
    except (TypeError, KeyError, IndexError):
        return None
