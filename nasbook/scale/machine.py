"""What of this machine a worker may use: threads and GPUs, told by environment variables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from nasbook.meter import SHARE
from nasbook.scale.study import Study
from nasbook.scale.study_errors import ResourceError

SCRATCH = "NASBOOK_SCRATCH"  # names a worker's own folder, which goes when whoever has started the worker is gone
THREADS = [f"{library}_NUM_THREADS" for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")] + ["VECLIB_MAXIMUM_THREADS"]


def gpus() -> list[str]:
    """The GPUs that this process may use."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [name for name in visible.split(",") if name]
    import torch

    return [str(i) for i in range(torch.cuda.device_count())]


def variables(study: Study) -> dict[str, str]:
    """What holds for every worker, whichever GPU is its own."""
    want = dict.fromkeys(THREADS, str(study.resources.cpus))
    if study.resources.device == "cpu":
        want["CUDA_VISIBLE_DEVICES"] = ""
    return want


@contextmanager
def environment(study: Study, index: int) -> Iterator[None]:
    """The variables by which numerical libraries learn how many threads and which GPUs are theirs."""
    want = variables(study)
    if study.resources.device != "cpu" and (study.resources.gpus or study.resources.device == "cuda"):
        want.update(gpus_of(study, index))
        want[SHARE] = str(min(1.0, study.resources.gpus or 1.0))
    before = {k: os.environ.get(k) for k in want}
    os.environ.update(want)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def gpus_of(study: Study, index: int) -> dict[str, str]:
    """Which GPUs worker `index` sees: with 0.5 each, workers 0 and 1 share the first."""
    names, share = gpus(), study.resources.gpus
    if not names and study.resources.device == "cuda":
        raise ResourceError(
            "the study's device is cuda, but this machine shows no GPU; device: auto takes what is there"
        )
    if not names or not share:
        return {}
    if share <= 1:
        return {"CUDA_VISIBLE_DEVICES": names[int(index * share + 1e-9) % len(names)]}
    first = index * int(share)
    if first + share > len(names):
        raise ResourceError(
            f"{study.workers} workers with {share:g} GPUs each are more than the {len(names)} GPUs here"
        )
    return {"CUDA_VISIBLE_DEVICES": ",".join(names[first : first + int(share)])}
