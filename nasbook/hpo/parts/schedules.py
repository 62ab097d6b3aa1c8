"""Schedules: what population based training finds, as stages that one network can be trained along again.

    seed, stages = schedule(trace)          # from the first epoch to the best trial, through all copies
    member = follow(task, seed, stages)     # one training; on the CPU its weights are those of the winner, bit for bit

A copy takes over the network, the optimiser and the random numbers, so a lineage is one training during which the
hyperparameters change. A task offers `Member` by `member(config, seed)`.

Paper: Jaderberg et al., Population Based Training of Neural Networks, 2017. Read first: `schedule`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nasbook.hpo.parts.own_training import Member, leadable
from nasbook.space import Config
from nasbook.task import Task, trial_seed
from nasbook.trace import Trace, Trial


@dataclass(frozen=True)
class Stage:
    """Train with this configuration until the end of an epoch."""

    epoch: int
    config: Config


def schedule(trace: Trace, trial: Trial | None = None) -> tuple[int, list[Stage]]:
    """(training seed, stages) that lead to a trial of a PBT trace; None is the best. Its lineage, oldest first."""
    trials = {t.id: t for t in trace.trials}
    line = [trace.best if trial is None else trial]
    while (parent := line[-1].info.get("parent")) is not None:
        line.append(trials[parent])
    stages = [Stage(round(t.fidelity or 0), t.config) for t in reversed(line)]
    return trial_seed(trace.header.seed, line[-1].info["member"]), stages


def follow(task: Task, seed: int, stages: Sequence[Stage]) -> Member:
    """Train one network along a schedule: on the CPU it ends with the same weights, bit for bit."""
    member = leadable(task).member(stages[0].config, seed)
    for stage in stages:
        member.set(stage.config)
        while len(member.curve) < stage.epoch:
            member.epoch()
    return member
