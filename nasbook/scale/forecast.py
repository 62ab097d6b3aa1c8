"""What a study would cost, by what its trials took in a trace or on the device at hand. What is not known is said."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import median

from numpy.random import default_rng

from nasbook.cost import energy_words
from nasbook.hpo.parts.rungs import RungMethod
from nasbook.scale.study_schema import Plan
from nasbook.scale.target import is_ours
from nasbook.scale.task_facts import Facts
from nasbook.space import Arguments, Json
from nasbook.trace import Trace

SCHEDULED = 300  # trials of a schedule that are counted


@dataclass(frozen=True)
class Estimate:
    """What a study would cost. None is what cannot be known from the trace; `unknown` says what else is not."""

    trials: int | None  # that will be evaluated; for a method that is one training, its epochs
    measured: float | None  # median seconds of a finished trial in the trace, at its full fidelity
    factors: tuple[tuple[str, float], ...]  # what multiplies them, e.g. ("epochs 10 → 50", 5.0)
    workers: int
    cpus: int  # of a trial
    gpus: float  # of a trial
    watts: float | None  # of a trial
    limit: float | None  # hours after which no trial is started
    n: int  # trials that were measured
    source: str = "here"  # where the seconds were measured
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def seconds(self) -> float | None:
        """Of one trial."""
        return None if self.measured is None else self.measured * math.prod(f for _, f in self.factors)

    @property
    def hours(self) -> float | None:
        """From beginning to end, with all workers busy."""
        if self.seconds is None or self.trials is None:
            return self.limit
        return math.ceil(self.trials / self.workers) * self.seconds / 3600

    @property
    def trial_hours(self) -> float | None:
        """Of all trials together."""
        return None if self.seconds is None or self.trials is None else self.trials * self.seconds / 3600

    @property
    def gpu_hours(self) -> float | None:
        return None if self.trial_hours is None else self.trial_hours * self.gpus

    @property
    def kwh(self) -> float | None:
        return None if self.trial_hours is None or self.watts is None else self.trial_hours * self.watts / 1000

    def __str__(self) -> str:
        lines = []
        if self.seconds is None:
            lines.append("Cost: not known, because no finished trial of this task was measured.")
        elif self.trials is None:
            lines.append(f"Cost: {_seconds(self.seconds)} a trial.")
        else:
            many = f"{self.trials} trial{'' if self.trials == 1 else 's'}"
            lines.append(f"Cost: {many} × {_seconds(self.seconds)} = {_hours(self.trial_hours)}.")
            if self.workers > 1:
                lines.append(f"With {self.workers} workers side by side: about {_hours(self.hours)}.")
        if self.measured is not None:
            times = "".join(f" × {f:.4g} ({why})" for why, f in self.factors)
            lines.append(f"A trial: {_seconds(self.measured)} {self.source}, median of {self.n}{times}.")
        if self.limit is not None:
            lines.append(f"After {self.limit:g} hours no trial is started any more.")
        if self.gpus and self.gpu_hours is not None:
            lines.append(f"GPU: {self.gpu_hours:.3g} hours ({self.gpus:g} a trial).")
        if self.kwh is not None:
            energy = energy_words(1000 * self.kwh)
            lines.append(f"Energy: {energy}, if a trial draws {self.watts:g} W; cooling is not counted.")
        if self.unknown:
            lines.append(f"Not known: {'; '.join(self.unknown)}.")
        return "\n".join([*lines, *self.notes])


def forecast(
    trace: Trace,
    old: Facts | None,
    new: Facts,
    same: bool,
    arguments: Arguments,
    fidelity: Json | None,
    ranges: list[str],
    one_shot: bool,
) -> Estimate:
    """Seconds of a trial here, and by what they grow."""
    full = old.fidelity.max if old and old.fidelity else None
    seconds = [
        t.cost * (full / t.fidelity if full and t.fidelity and not one_shot else 1.0)
        for t in trace.trials
        if t.status == "done" and t.cost is not None
    ]
    factors: list[tuple[str, float]] = []
    unknown: list[str] = []
    notes: list[str] = []
    known = {"epochs", "device", "base_width"}
    if not same:
        unknown.append(f"how long a trial of {new.name} takes: run one (trials: 1) and look at its cost")
        seconds = []
    elif fidelity and full and not one_shot and fidelity["max"] != full:
        factors.append((f"{fidelity['unit']}s {full:g} → {fidelity['max']:g}", fidelity["max"] / full))
    elif fidelity and not full and not one_shot:
        unknown.append(f"how the cost grows with the {fidelity['unit']}s")
    if same and seconds:
        was, will = old and old.examples, new.examples
        if was and will:
            known |= {"train", "data"}
            if was != will:
                factors.append((f"training examples {was} → {will}", will / was))
        changed = [k for k in arguments if k not in known and arguments[k] != trace.header.arguments.get(k)]
        unknown += [f"how the cost changes with {k}" for k in [*changed, *ranges]]
    if not seconds and same:
        unknown.append("the seconds of a trial, because none has finished in the trace")
    simulated = old is not None and old.knows_cost
    if simulated and same:
        notes.append("These are the costs on record. The study looks its answers up, which takes seconds.")
    return Estimate(
        trials=None,
        measured=median(seconds) if seconds else None,
        factors=tuple(factors),
        workers=1,
        cpus=1,
        gpus=0,
        watts=0,
        limit=None,
        n=len(seconds),
        source="in the table" if simulated else "here",
        unknown=tuple(unknown),
        notes=tuple(notes),
    )


def trained(cost: Estimate, study: Plan) -> Estimate:
    """With a method that trains most of its trials briefly: by the epochs that the first of them take. Their values are
    made up: a schedule asks for about as many whatever comes."""
    task = study.make_task() if study.fidelity is None and is_ours(study.task.name) else None
    fidelity = study.fidelity_of(task)
    method = None if fidelity is None or ":" in study.method.name else study.make_method(task=task)
    if fidelity is None or not isinstance(method, RungMethod):
        return cost
    rng, epochs = default_rng(0), 0.0
    reached: dict[int, float] = {}
    n = min(study.budget.trials or SCHEDULED, SCHEDULED)
    for _ in range(n):
        if (trial := method.ask()) is None:
            return cost
        root, to = trial.info.get("continues", trial.id), method.epochs(trial)
        epochs += to - reached.get(root, 0.0)
        reached[root] = to
        method.tell(replace(trial, status="done", value=float(rng.random())))
    mean = epochs / n
    why = f"{study.method.name}: {mean:.3g} of {fidelity.max:g} {fidelity.unit}s a trial"
    return replace(cost, factors=(*cost.factors, (why, mean / fidelity.max)))


def within(cost: Estimate) -> Estimate:
    """With a limit in hours: as many trials as fit."""
    if cost.limit is None or not cost.seconds:
        return cost
    fit = cost.workers * max(1, math.ceil(cost.limit * 3600 / cost.seconds))
    return replace(cost, trials=fit if cost.trials is None else min(fit, cost.trials))


def _seconds(seconds: float) -> str:
    if seconds >= 120:
        return _hours(seconds / 3600)
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def _hours(hours: float | None) -> str:
    if hours is None:
        return "an unknown time"
    if hours >= 48:
        return f"{hours / 24:.3g} days"
    if hours >= 1:
        return f"{hours:.3g} hours"
    return f"{hours * 60:.3g} minutes" if hours >= 1 / 30 else f"{hours * 3600:.3g} seconds"
