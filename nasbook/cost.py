"""What a search has cost: seconds, memory and energy, summed over its trials.

    print(trace.cost())                 # the same as: nasbook cost runs/mlp
    print(trace.cost(core_watts=5))

Seconds are measured (see meter.py). Energy is the machine's own count where it has one; the rest is seconds × watts,
which is said, with a range: half as much to twice as much.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from nasbook.space import Json
from nasbook.trace import Trace
from nasbook.trial import Trial

CORE_WATTS, GPU_WATTS = 10.0, 300.0  # of a core and of a GPU at work; assumptions, stated wherever they are used
RANGE = (0.5, 2.0)  # of an estimate


def watts_of(cpus: float, gpus: float) -> float:
    """What a worker draws that has so many cores and GPUs; the cores beside a GPU are taken to be in its figure."""
    return gpus * GPU_WATTS or cpus * CORE_WATTS


@dataclass(frozen=True)
class Cost:
    """Of the trials that were measured. Energy in Wh: `counted` by the machine, `estimated` from seconds and watts."""

    trials: int
    measured: int
    seconds: float  # of all measured trials, one after the other
    cpu_seconds: float
    gpu_seconds: float
    gpu_use: float | None  # mean, from 0 to 1
    peak_bytes: float | None
    counted: float
    estimated: float
    core_watts: float
    gpu_watts: float
    looked_up: float | None = None  # seconds on record, of the trials of a table

    @property
    def wh(self) -> float:
        return self.counted + self.estimated

    @property
    def range(self) -> tuple[float, float]:
        low, high = RANGE
        return self.counted + low * self.estimated, self.counted + high * self.estimated

    @property
    def energy(self) -> str:
        """E.g. "0.2 Wh (estimate, 10 W a core)"."""
        if not self.measured:
            return "not known"
        how = f"estimate, {self.watts}" if self.estimated else "as the machine has counted it"
        return f"{energy_words(self.wh)} ({how})"

    @property
    def energy_line(self) -> str:
        """The same as a sentence, with its range."""
        if not self.estimated:
            return f"Energy: {energy_words(self.counted)}, as the machine has counted it."
        low, high = map(energy_words, self.range)
        part = f"; the machine has counted {energy_words(self.counted)} of it" if self.counted else ""
        return f"Energy: {energy_words(self.wh)} (estimate, {self.watts}; range {low} to {high}{part})."

    @property
    def watts(self) -> str:
        """What the estimate assumes."""
        return f"{self.core_watts:g} W a core" + (f", {self.gpu_watts:g} W a GPU" if self.gpu_seconds else "")

    def to_dict(self) -> Json:
        return {**asdict(self), "wh": self.wh, "wh_range": list(self.range)}

    def __str__(self) -> str:
        if self.looked_up is not None:
            return (
                f"Its {_many(self.trials, 'trial')} stand in a table with {_time(self.looked_up)}; to look them up "
                "costs next to nothing, and is not measured."
            )
        if not self.measured:
            return f"Of its {_many(self.trials, 'trial')} none was measured, so its cost is not known."
        memory = "" if self.peak_bytes is None else f"; at most {self.peak_bytes / 1e6:,.0f} MB of memory"
        many = _many(self.measured, "trial")
        lines = [
            f"This search cost {_time(self.cpu_seconds)} of processor time in {_time(self.seconds)} ({many}{memory})."
        ]
        if self.gpu_seconds:
            use = "" if self.gpu_use is None else f", {100 * self.gpu_use:.0f} % in use"
            lines.append(f"GPU: {_time(self.gpu_seconds)}{use}.")
        lines.append(self.energy_line)
        if missing := self.trials - self.measured:
            lines.append(f"{_many(missing, 'trial')} more {'was' if missing == 1 else 'were'} not measured.")
        return "\n".join(lines)


def cost(trace: Trace, *, core_watts: float = CORE_WATTS, gpu_watts: float = GPU_WATTS) -> Cost:
    """What the trials of a trace have cost. core_watts, gpu_watts: of a core and of a GPU at work, for what the machine
    has not counted. ValueError for watts that are not above 0."""
    used = [t.used for t in trace.trials if t.used]
    found = cost_of(used, core_watts=core_watts, gpu_watts=gpu_watts)
    looked_up = _on_record(trace.trials) if not used and _is_table(trace) else None
    return replace(found, trials=len(trace), looked_up=looked_up)


def cost_of(
    used: Sequence[Mapping[str, float]], *, core_watts: float = CORE_WATTS, gpu_watts: float = GPU_WATTS
) -> Cost:
    """What trials, or trainings, have cost that have used so much (see meter.py); the watts as above."""
    for name, watts in (("core_watts", core_watts), ("gpu_watts", gpu_watts)):
        if not (isinstance(watts, int | float) and math.isfinite(watts) and watts > 0):
            raise ValueError(f"{name} must be a number above 0, not {watts!r:.40}")
    counted = sum(_of(u, "cpu_joules") + _of(u, "gpu_joules") for u in used)
    estimated = sum(_of(u, "cpu_seconds") * core_watts for u in used if "cpu_joules" not in u)
    estimated += sum(_of(u, "gpu_seconds") * u.get("gpu_use", 1.0) * gpu_watts for u in used if "gpu_joules" not in u)
    gpu = sum(_of(u, "gpu_seconds") for u in used)
    looked = [u for u in used if "gpu_use" in u]
    weights = sum(_of(u, "gpu_seconds") for u in looked)
    return Cost(
        trials=len(used),
        measured=len(used),
        seconds=sum(_of(u, "seconds") for u in used),
        cpu_seconds=sum(_of(u, "cpu_seconds") for u in used),
        gpu_seconds=gpu,
        gpu_use=sum(u["gpu_use"] * _of(u, "gpu_seconds") for u in looked) / weights if weights else None,
        peak_bytes=max((u["peak_bytes"] for u in used if "peak_bytes" in u), default=None),
        counted=counted / 3600,
        estimated=estimated / 3600,
        core_watts=core_watts,
        gpu_watts=gpu_watts,
    )


def _of(used: Mapping[str, float], name: str) -> float:
    return max(0.0, used.get(name, 0.0))


def _is_table(trace: Trace) -> bool:
    """Did the trials end on a simulated clock, exactly when their costs say?"""
    ends = [(t.end, t.start + t.cost) for t in trace.trials if t.end is not None and t.cost]
    return bool(ends) and all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) for a, b in ends)


def _on_record(trials: Sequence[Trial]) -> float:
    return sum(t.cost or 0.0 for t in trials)


def _many(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _time(seconds: float) -> str:
    if seconds >= 7200:
        return f"{seconds / 3600:,.3g} hours" if seconds < 3.6e6 else f"{seconds / 3600:,.0f} hours"
    return f"{seconds / 60:.3g} minutes" if seconds >= 120 else f"{seconds:.3g} s"


def energy_words(wh: float) -> str:
    """Watt-hours in the unit that suits them."""
    return f"{wh / 1000:.2g} kWh" if wh >= 1000 else f"{wh:.2g} Wh" if wh >= 1 else f"{1000 * wh:.2g} mWh"
