"""The engine of `nasbook run`: a study on N workers, with checkpoints and resume; their kinds are in workers.py.

    trace = run("study.yaml", "runs/first")
    trace = run("study.yaml", "runs/second", engine="ray", address="10.0.0.1:6379")

What a run leaves in its folder:

    study.yaml         a copy of the study
    trace.jsonl        the trace, written as it grows
    checkpoints/<id>/  of a running trial: `state`, which the task keeps, and progress.json; removed when it has ended
    trainings/<id>     states that a method may continue (successive halving and its kin); removed with the last trial
    logs/worker-k.log  what the tasks printed
    pulse.jsonl        a sign of life now and then, with what the run uses (pulse.py)
    control.json       what somebody outside asks of the run: to pause, to stop, what to try next (control.py)

A run can be killed at any moment and resumed: what had ended is in the trace, what was running goes on from its
checkpoint. (A task reports an epoch before it saves it, or reports the saved ones again: then no curve has a gap.)
Tasks that look their answers up, and methods that are one training, run inside this process.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from nasbook.kit.browser import refusal
from nasbook.kit.interrupt import terminable
from nasbook.method import Method, OneShot
from nasbook.prepare import MOST_WORKERS, deaf_to
from nasbook.scale.dispatch import Dispatcher
from nasbook.scale.inside import run_inside
from nasbook.scale.machine import gpus
from nasbook.scale.progress import Bar
from nasbook.scale.run_folder import check_clock, claim, held
from nasbook.scale.study import Study, load_study
from nasbook.scale.study_errors import RunError
from nasbook.scale.study_schema import Tracking
from nasbook.scale.trust import Trust, importable
from nasbook.scale.workers import OPTUNA, Site, check_engine, crew
from nasbook.trace import Trace

MANY = 64  # processes that any machine can hold, if they mostly wait; 16 a core where there are more than four


def run(
    study: Study | str | Path,
    out: str | Path,
    *,
    resume: bool = False,
    workers: int | None = None,
    engine: str = "local",
    address: str | None = None,
    storage: str | None = None,
    progress: bool = False,
    trust: Sequence[str] | Trust = (),
    track: Mapping[str, str | bool] | None = None,
) -> Trace:
    """Run a study to the end of its budget and return the trace; `trace.interrupted` says that Ctrl-C ended it early.

    out: the folder of the run (see above). resume: go on with the run in it; the budget, the workers and the resources
    may have changed since, what is searched may not (nor the workers of a table, which are simulated).
    workers: overrides the study's number. progress: a bar on stderr.
    engine: "local" for processes on this machine, "ray" for actors of Ray; the folder and the trace are the same, and a
    run that one has begun can be resumed with the other. address: of a Ray cluster; left out, Ray starts here.
    "optuna" for workers on an Optuna database, which others may join; storage: its URL, by default a file in `out`.
    trust: modules and packages whose code the study may run besides the modules in its own folder (beside its file; in
    the working folder where it has none), e.g. ["mypackage"]. Whoever wrote the study and its folder runs code here.
    track: more trackers than the study names, e.g. {"mlflow": "sqlite:///mlflow.db", "tensorboard": True}. One that
    fails is left out with a warning; that its package is not installed is a ValueError before the first trial.

    Raises StudyError for a study that cannot be run, ValueError for a folder that cannot be used, and RunError where
    the workers do not start.
    """
    out = Path(out)
    check_engine(engine, address, storage)
    folder = study.folder if isinstance(study, Study) else Path(study).resolve().parent
    if not isinstance(trust, Trust):
        trust = Trust(folder, (trust,) if isinstance(trust, str) else tuple(trust))
    with importable(*trust.path):
        if isinstance(study, Study):
            study.check(trust=trust)
        else:
            study = load_study(study, trust=trust)
        if track:
            study = study.model_copy(update={"tracking": _tracking(study, track)})
        return _run(study, out, resume, workers, engine, address, storage, progress, trust)


def _run(
    study: Study,
    out: Path,
    resume: bool,
    workers: int | None,
    engine: str,
    address: str | None,
    storage: str | None,
    progress: bool,
    trust: Trust,
) -> Trace:
    if workers is not None:
        if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= MOST_WORKERS:
            raise ValueError(f"workers must be a whole number from 1 to {MOST_WORKERS}, not {workers!r:.40}")
        study = study.model_copy(update={"workers": workers})
    cores = os.cpu_count() or 1
    if engine == "local" and study.workers > (most := max(MANY, MANY * cores // 4)):
        raise ValueError(f"{study.workers} workers are too many for this machine ({cores} cores): take at most {most}")
    with held(out):
        claim(out, study, resume)
        task, method = study.make(trust)
        inside = isinstance(method, OneShot) or task.knows_cost
        if (engine == OPTUNA or not inside) and (said := refusal(f"a study on {study.workers} worker processes")):
            raise RunError(said)
        if task.knows_cost and isinstance(method, Method):
            check_clock(out / "trace.jsonl", study.workers)
        study.save(out / "study.yaml", overwrite=True)
        with Bar(study, progress, out) as bar, terminable():
            wanted = study.resources.gpus and study.resources.device == "auto" and not task.knows_cost
            if wanted and (inside or engine == "local") and not gpus():
                bar.say("the study asks for GPUs, and this machine shows none: its trials run on the CPU")
            if inside and engine not in ("local", OPTUNA):
                what = "one training" if isinstance(method, OneShot) else "a search in a table"
                bar.say(f"{study.method.name} on {study.task.name} is {what}: it runs here, without {engine}")
            if said := deaf_to(method, task):
                bar.say(f"warning: {said}")
            if engine == OPTUNA:
                return import_module("nasbook.scale.storage_engine").shared(study, out, bar, trust, storage)
            if isinstance(method, OneShot) or inside:
                return run_inside(study, task, method, out, bar)
            with crew(engine, Site(study, method.space, trust, out, bar.say, address)) as hands:
                return Dispatcher(study, task, method, out, bar, hands).run()


def _tracking(study: Study, more: Mapping[str, str | bool]) -> Tracking:
    known = study.tracking.places if study.tracking else {}
    if unknown := next((to for to in more if to not in Tracking.model_fields), None):
        raise ValueError(f"there is no tracker {unknown!r}; there are {', '.join(Tracking.model_fields)}")
    if wrong := next((to for to, at in more.items() if at is not True and not (isinstance(at, str) and at)), None):
        raise ValueError(f"{wrong} is tracked in a place, as text, or True for the usual one, not {more[wrong]!r:.60}")
    return Tracking.model_validate({**known, **more})
