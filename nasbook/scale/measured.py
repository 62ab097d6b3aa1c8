"""What `nasbook measure` has found, in a file beside the study: seconds of a few short trials, on which device."""

from __future__ import annotations

import hashlib
import json
import math
import platform
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from nasbook.cost import watts_of
from nasbook.files import parse_json
from nasbook.scale.forecast import Estimate, trained
from nasbook.scale.machine import gpus
from nasbook.scale.study import Study, load_study
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
        cost = Estimate(
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
        return trained(cost, study)


def find(path: str | Path, study: Study | None = None) -> tuple[Measured | None, str]:
    """What was measured for a study on this device, or None and a sentence that says why what is there does not count;
    no sentence where nothing was measured. A damaged file is one that does not count. study: the one that stands there,
    or is about to."""
    at = beside(path)
    if not at.is_file():
        return None, ""
    try:
        study = study or load_study(path, check=False)
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
    if study.fidelity and "epochs" in study.task.arguments:  # which the estimate reckons with
        row["task"] = {**row["task"], "arguments": {k: v for k, v in study.task.arguments.items() if k != "epochs"}}
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


def beside(path: str | Path) -> Path:
    return Path(path).with_suffix(".measured.json")


def _read(at: Path) -> Measured:
    if at.stat().st_size > MOST:
        raise ValueError(f"it has more than {MOST:,} bytes")
    row = parse_json(at.read_text(encoding="utf-8"))
    if not isinstance(row, dict) or row.pop("schema", None) != SCHEMA:
        raise ValueError(f"its schema is not {SCHEMA}")

    def number(x: object) -> bool:
        return isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x) and x > 0

    row = {k: row.get(k) for k in Measured.__dataclass_fields__}
    texts = all(isinstance(row[k], str) for k in ("study", "device", "unit"))
    numbers = all(row[k] is None or number(row[k]) for k in ("epochs", "full", "peak_bytes"))
    seconds = row["seconds"]
    if not (texts and numbers and isinstance(seconds, list) and seconds and all(map(number, seconds))):
        raise ValueError("it does not hold what nasbook measure writes")
    return Measured(**{**plain(row), "seconds": tuple(float(s) for s in seconds)})
