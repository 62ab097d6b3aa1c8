"""Before a run: how long a trial of a study takes on this machine, from a few short ones that really run.

    found = measure("study.yaml", trials=3, epochs=2)      # the same as: nasbook measure study.yaml
    print(found.estimate(study))                           # what the whole study would cost here

The trials run in a worker process, with the threads, the GPU and the device that the study gives them, on some of its
first configurations and on random ones. What was found stands in study.measured.json beside the study, with the name of
the device; `nasbook run` says the cost from there, as long as device, task, space and resources are the same.

A full trial is taken to be as many times longer as it has more epochs. What a training needs once, such as reading its
data, is counted in each, so that the figure is rather too high; and it is for full trials, so that a method which stops
or halves its trials needs less.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from nasbook.cost import watts_of
from nasbook.files import parse_json, write_text
from nasbook.method import OneShot
from nasbook.scale.engine import run
from nasbook.scale.export import Estimate
from nasbook.scale.machine import gpus
from nasbook.scale.study import Study, load_study
from nasbook.scale.study_errors import RunError
from nasbook.scale.study_schema import Budget, FidelitySpec, MethodSpec
from nasbook.scale.trust import Trust
from nasbook.trial import plain

SCHEMA = "nasbook/measured@1"
MOST = 100_000  # bytes of the file


@dataclass(frozen=True)
class Measured:
    """Short trials of a study on one device."""

    study: str  # digest of what the seconds depend on: task, space, resources
    device: str
    seconds: tuple[float, ...]  # of each trial that ended
    epochs: float | None  # of each; None: the task has no epochs, or a trial is one epoch of a single training
    full: float | None  # epochs of the task's full training
    unit: str = "epoch"
    peak_bytes: float | None = None  # the most memory that a trial's process held

    def estimate(self, study: Study, watts: float | None = None) -> Estimate:
        """What the study would cost on this device. watts: of one trial (default: 300 for each GPU, or 10 a core)."""
        r, full = study.resources, study.fidelity.max if study.fidelity else self.full
        longer = () if self.epochs is None or full is None or full == self.epochs else (full / self.epochs,)
        memory = "" if self.peak_bytes is None else f"Memory: at most {self.peak_bytes / 1e6:,.0f} MB a worker."
        return Estimate(
            trials=study.budget.trials,
            measured=median(self.seconds),
            factors=tuple((f"{self.unit}s {self.epochs:g} → {full:g}", times) for times in longer),
            workers=study.workers,
            cpus=r.cpus,
            gpus=r.gpus,
            watts=watts or watts_of(r.cpus, r.gpus),
            limit=study.budget.hours,
            n=len(self.seconds),
            source=f"on this device ({self.device})",
            notes=(memory,) if memory else (),
        )


def measure(
    path: str | Path, *, trials: int = 3, epochs: int = 2, progress: bool = False, trust: Sequence[str] = ()
) -> Measured:
    """Run `trials` trials of `epochs` epochs of a study here and keep their seconds beside it, in NAME.measured.json.
    Of a method that is one training, its first `epochs` epochs are run; a task without epochs runs whole trials.

    trust: as of `run`. Raises StudyError for a study that cannot run, ValueError for one that has nothing to measure,
    and RunError where no trial ended."""
    for name, number in (("trials", trials), ("epochs", epochs)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, not {number!r:.40}")
    study = load_study(path, check=False)
    trusted = Trust(study.folder, tuple(trust))
    study = load_study(path, trust=trusted)
    task, alone = study.make_task(trusted), isinstance(study.make_method(trusted), OneShot)
    if task.knows_cost:
        raise ValueError(f"{path}: the task {study.task.name} looks its answers up, so there is nothing to measure")

    short, length, full = study.fidelity, None, study.fidelity or task.fidelity
    if full and not alone:
        length = float(min([x for x in full.levels if x >= epochs] or [min(epochs, full.max)]))
        short = FidelitySpec(unit=full.unit, min=length, max=length, levels=[length] if full.levels else [])
    shared = {"workers": 1, "tracking": None, "fidelity": short}
    if alone:
        small = study.model_copy(update={**shared, "budget": Budget(trials=epochs), "first": []})
    else:
        trials = max(trials, study.packed)  # one whole pack
        some = {"method": MethodSpec(name="random"), "first": study.first[: trials // 2]}
        small = study.model_copy(update={**shared, **some, "budget": Budget(trials=trials)})
    with tempfile.TemporaryDirectory() as folder:
        trace = run(small, Path(folder) / "run", progress=progress, trust=trusted)
    if trace.interrupted:
        raise KeyboardInterrupt
    ended = [t for t in trace.trials if t.status == "done" and t.cost]
    if not ended:
        reason = next((f": {t.reason}" for t in trace.trials if t.reason), "")
        raise RunError(f"{path}: none of the {len(trace)} short trials ended{reason:.300}")
    peaks = [t.used["peak_bytes"] for t in ended if t.used and "peak_bytes" in t.used]
    found = Measured(
        study=digest(study),
        device=device(study),
        seconds=tuple(float(t.cost or 0.0) for t in ended),
        epochs=length,
        full=full.max if full else None,
        unit=short.unit if short else "epoch",
        peak_bytes=max(peaks, default=None),
    )
    write_text(_beside(path), json.dumps({"schema": SCHEMA, **asdict(found)}, indent=1) + "\n")
    return found


def find(path: str | Path) -> tuple[Measured | None, str]:
    """What was measured for a study on this device, or None and a sentence that says why what is there does not count;
    no sentence where nothing was measured. A damaged file is one that does not count."""
    at = _beside(path)
    if not at.is_file():
        return None, ""
    try:
        study = load_study(path, check=False)
        found = _read(at)
    except (OSError, ValueError) as error:
        return None, f"{at.name} is not used: {error}"
    if found.study != digest(study):
        return None, f"{at.name} is not used: it was measured with another task, space or resources"
    if found.device != (here := device(study)):
        return None, f"{at.name} is not used: it was measured on {found.device}, and this is {here}"
    return found, ""


def digest(study: Study) -> str:
    """Of all that the seconds of an epoch depend on, besides the device."""
    row = study.to_dict()
    keys = ("task", "space", "resources", *(("packed",) if study.packed > 1 else ()))
    text = json.dumps([row.get(key) for key in keys], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def device(study: Study) -> str:
    """What trials of the study run on: the name of the GPU, or of the processor."""
    if study.resources.device != "cpu" and (study.resources.gpus or study.resources.device == "cuda") and gpus():
        import torch

        return str(torch.cuda.get_device_name(0))
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _beside(path: str | Path) -> Path:
    return Path(path).with_suffix(".measured.json")


def _read(at: Path) -> Measured:
    if at.stat().st_size > MOST:
        raise ValueError(f"it has more than {MOST:,} bytes")
    row: Any = parse_json(at.read_text(encoding="utf-8"))
    if not isinstance(row, dict) or row.pop("schema", None) != SCHEMA:
        raise ValueError(f"its schema is not {SCHEMA}")

    def number(x: Any) -> bool:
        return isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x) and x > 0

    row = {k: row.get(k) for k in Measured.__dataclass_fields__}
    texts = all(isinstance(row[k], str) for k in ("study", "device", "unit"))
    numbers = all(row[k] is None or number(row[k]) for k in ("epochs", "full", "peak_bytes"))
    seconds = row["seconds"]
    if not (texts and numbers and isinstance(seconds, list) and seconds and all(map(number, seconds))):
        raise ValueError("it does not hold what nasbook measure writes")
    return Measured(**{**plain(row), "seconds": tuple(float(s) for s in seconds)})
