"""Several objectives at once: the error of a network, and what the network costs.

    task = nasbook.task("nb201-cifar10", objectives=("error", "latency"))
    task.objectives                                   # ("validation error", "latency (ms)")
    nasbook.search("nsga2", task, trials=200).plot("pareto")

Everything is minimised. The error stands first, so `trial.value` still is the error, and `trial.values` holds all. A
method must be able to weigh several objectives: nsga2 and parego can.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace

from nasbook.task import Evaluation, Task

LABELS = {
    "error": "validation error",
    "parameters": "parameters",
    "flops": "FLOPs (millions)",  # multiply-adds for one image
    "latency": "latency (ms)",
    "seconds": "training time (s)",
}


def weigh(task: Task, objectives: object, costs: Collection[str]) -> tuple[str, ...]:
    """Give a task these objectives: "error" and some of its `costs`; () or ("error",) leaves it with the error alone.

    Sets `task.objectives` (the labels) and `task.arguments`; returns the names. ValueError for what the task cannot
    tell."""
    can = ", ".join(map(repr, ("error", *costs)))
    if isinstance(objectives, str) or not isinstance(objectives, Collection):
        raise ValueError(
            f"{task.name}: objectives is a list such as ('error', {next(iter(costs))!r}), not {objectives!r}"
        )
    names = tuple(objectives)
    for name in names:
        if name not in ("error", *costs):
            raise ValueError(f"{task.name}: there is no objective {name!r}; it can be any of {can}")
    if names and names[0] != "error":
        raise ValueError(f"{task.name}: 'error' must be the first objective, not {names[0]!r}")
    if len(set(names)) < len(names):
        raise ValueError(f"{task.name}: each objective once, not {names}")
    if len(names) < 2:
        return ()
    task.objectives = tuple(LABELS[name] for name in names)
    task.arguments = {**task.arguments, "objectives": list(names)}
    return names


def weighed(answer: Evaluation, names: tuple[str, ...], costs: Mapping[str, float]) -> Evaluation:
    """The evaluation with one of `values` for each name; unchanged where there are none, or where it has no value."""
    if not names or answer.value is None or math.isnan(answer.value):
        return answer
    return replace(answer, values=(answer.value, *(float(costs[name]) for name in names[1:])))
