"""Before a run: how long a trial of a study takes on this machine, from a few short ones that really run.

    found = measure("study.yaml", trials=3, epochs=2)      # the same as: nasbook measure study.yaml
    print(found.estimate(study))                           # what the whole study would cost here

The trials run in a worker process, with the threads, the GPU and the device that the study gives them, on some of its
first configurations and on random ones. What was found stands in study.measured.json beside the study, with the name of
the device; `nasbook run` says the cost from there, as long as device, task, space and resources are the same.

A full trial is taken to be as many times longer as it has more epochs. What a training needs once, such as reading its
data, is counted in each, so that the figure is rather too high. A method with rungs is reckoned by the epochs of its
rungs; one that stops trials by what they report needs less than is said.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from nasbook.files import write_text
from nasbook.method import OneShot
from nasbook.scale.engine import run
from nasbook.scale.measured import SCHEMA, Measured, beside, device, digest, find
from nasbook.scale.study import load_study
from nasbook.scale.study_errors import RunError
from nasbook.scale.study_schema import Budget, FidelitySpec, MethodSpec
from nasbook.scale.trust import Trust

__all__ = ["Measured", "find", "measure"]


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
    try:
        write_text(beside(path), json.dumps({"schema": SCHEMA, **asdict(found)}, indent=1) + "\n")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        warnings.warn(f"{beside(path)}: {why}; so what was measured is said once and not kept", stacklevel=2)
    return found
