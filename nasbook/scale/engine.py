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

import math
import os
import queue
import shutil
import sys
import time as clock
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from nasbook.files import lock
from nasbook.kit.interrupt import terminable
from nasbook.loop import Run
from nasbook.method import Method, OneShot
from nasbook.prepare import MOST_WORKERS, header_of
from nasbook.scale.control import Desk
from nasbook.scale.job import Job
from nasbook.scale.machine import environment, gpus
from nasbook.scale.progress import Bar
from nasbook.scale.study import Study, load_study
from nasbook.scale.study_errors import RunError
from nasbook.scale.study_schema import Tracking
from nasbook.scale.trust import Trust, importable
from nasbook.scale.workers import OPTUNA, Crew, Inbox, Site, Worker, check_engine, crew
from nasbook.search import steps
from nasbook.task import Task, trial_seed
from nasbook.trace import Header, Trace, Trial
from nasbook.trace_file import TraceFile, is_torn, read

GRACE = 5.0  # seconds that a worker has to give up a trial by itself before it is killed
MANY = 64  # processes that any machine can hold, if they mostly wait; 16 a core where there are more than four
STARTS = 3  # a worker that dies this often before it is ready will not come up


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
    with _lock(out):
        _claim(out, study, resume)
        task, method = study.make_task(trust), study.make_method(trust)
        if task.knows_cost and isinstance(method, Method):
            _same_clock(out / "trace.jsonl", study.workers)
        study.save(out / "study.yaml", overwrite=True)
        if study.fidelity:
            task.fidelity = study.fidelity.of(task)
        with Bar(study, progress, out) as bar, terminable():
            inside = isinstance(method, OneShot) or task.knows_cost
            wanted = study.resources.gpus and study.resources.device == "auto" and not task.knows_cost
            if wanted and (inside or engine == "local") and not gpus():
                bar.say("the study asks for GPUs, and this machine shows none: its trials run on the CPU")
            if inside and engine not in ("local", OPTUNA):
                what = "one training" if isinstance(method, OneShot) else "a search in a table"
                bar.say(f"{study.method.name} on {study.task.name} is {what}: it runs here, without {engine}")
            if engine == OPTUNA:
                return import_module("nasbook.scale.storage_engine").shared(study, out, bar, trust, storage)
            if isinstance(method, OneShot) or task.knows_cost:
                return _inside(study, task, method, out, bar)
            with crew(engine, Site(study, method.space, trust, out, bar.say, address)) as hands:
                return _Engine(study, task, method, out, bar, hands).run()


# ---- in this process -------------------------------------------------------------------------------------


def _inside(study: Study, task: Task, method: Method | OneShot, out: Path, bar: Bar) -> Trace:
    """A table on its simulated clock, or one training: the search loop does it all."""
    path = out / "trace.jsonl"
    if _begun(path):
        bar.resumed(read(path)[0])
    one_shot = isinstance(method, OneShot)
    if study.seeds.training is not None:
        evaluate, seed = task.evaluate, study.seeds.training
        task.evaluate = lambda config, **context: evaluate(config, **{**context, "seed": seed})  # type: ignore[method-assign]
    with environment(study, 0) if one_shot else nullcontext(), warnings.catch_warnings():
        if one_shot and (torch := sys.modules.get("torch")):
            torch.set_num_threads(study.resources.cpus)  # it has read its variables already
        warnings.filterwarnings("ignore", message="interrupted after")
        going = steps(
            method,
            task,
            trials=study.budget.trials,
            time=None if study.budget.hours is None else study.budget.hours * 3600,
            workers=1 if one_shot else study.workers,
            timeout=study.budget.timeout,
            first=study.first,
            out=path,
            resume=path.exists(),
            views=one_shot,  # a view of a training cannot be computed again
        )
        while True:
            try:
                bar.ended(next(going))
            except StopIteration as end:
                return end.value


# ---- on workers ------------------------------------------------------------------------------------------


class _Engine:
    """Asks the method, hands trials to workers, tells the method; one thread, fed by a queue of messages."""

    def __init__(self, study: Study, task: Task, method: Method, out: Path, bar: Bar, hands: Crew) -> None:
        self.crew = hands
        self.study, self.task, self.method, self.out, self.bar = study, task, method, out, bar
        self.inbox: Inbox = queue.Queue()
        self.workers: list[Worker] = []
        self.waiting: list[Job] = []
        self.still_births = 0  # processes that died, one after the other, before they were ready
        self.method_waits = False  # for a result
        header = _header(study, task, method)
        path = out / "trace.jsonl"
        trace, self.file = TraceFile.open(path, header, resume=path.exists(), but=("workers",))
        for config in study.first:
            method.enqueue(config)
        self.search = Run(method, task, trace, self.file)
        self.bar.resumed(trace)
        self.desk = Desk(out, self.search, bar.say, self.now)
        self.origin = clock.perf_counter() - max(
            [0.0, *(t.end or 0.0 for t in trace.trials), *(t.start for t in trace.pending)]
        )

    @property
    def trace(self) -> Trace:
        return self.search.trace

    def now(self) -> float:
        return clock.perf_counter() - self.origin

    def run(self) -> Trace:
        folder = self.out / "checkpoints"
        for old in folder.glob("*"):  # of trials that were told just before a kill
            if not (old.name.isdigit() and int(old.name) in self.trace.running):
                shutil.rmtree(old, ignore_errors=True)
        self.waiting = [Job.load(t, folder / str(t.id)) for t in self.trace.pending]
        state = "failed"
        try:
            self._loop()
            shutil.rmtree(self.out / "trainings", ignore_errors=True)
            state = "ended"
        except KeyboardInterrupt:
            self.trace.interrupted, state = True, "stopped"
        finally:
            for worker in self.workers:
                if worker.job:
                    worker.job.save()
                worker.kill()
            self.file.close()
            self.desk.end(state)
            with suppress(OSError):
                folder.rmdir()  # only if empty
        return self.trace

    def _loop(self) -> None:
        while True:
            if self.desk.turn():
                self.method_waits = False  # there is a configuration from outside
            if not self.desk.paused:
                self._hand_out()
                if not any(w.job for w in self.workers):
                    return
            try:
                worker, message = self.inbox.get(timeout=self._patience())
            except queue.Empty:
                self._enforce_timeouts()
                continue
            if worker in self.workers:  # not the last words of one that was given up
                self._handle(worker, message)
            self._enforce_timeouts()

    def _hand_out(self) -> None:
        """Give every idle worker a trial: first what a kill or a death cut off, then what the method asks for."""
        while True:
            idle = sorted((w for w in self.workers if w.job is None), key=lambda w: not w.ready)
            worker = idle[0] if idle else None
            if worker is None and len(self.workers) >= min(self.study.workers, self.crew.room()):
                return
            index = worker.index if worker else min(set(range(self.study.workers)) - {w.index for w in self.workers})
            job = self.waiting.pop(0) if self.waiting else self._ask(index) or self._left_lying(worker)
            if job is None:
                return
            if worker is None:
                worker = self.crew.start(index, self.inbox)
                self.workers.append(worker)
            worker.job = job
            if worker.ready:
                self._send(worker)

    def _ask(self, worker: int) -> Job | None:
        budget = self.study.budget
        if (
            self.method_waits
            or (budget.trials is not None and self.trace.asked >= budget.trials)
            or (budget.hours is not None and self.now() >= budget.hours * 3600)
        ):
            return None
        trial = self.search.ask(start=self.now(), worker=worker)
        self.method_waits = trial is None
        return None if trial is None else Job(trial, self.out / "checkpoints" / str(trial.id))

    def _left_lying(self, idle: Worker | None) -> Job | None:
        """For a worker that is up and would have nothing to do: the job of one that is not up yet, and may never be."""
        late = next((w for w in self.workers if w.job and not w.ready), None)
        if late is None or idle is None or not idle.ready:
            return None
        job, late.job = late.job, None
        return job

    def _send(self, worker: Worker) -> None:
        job, study = worker.job, self.study
        assert job
        job.begin = clock.perf_counter()
        job.save()
        left = None if study.budget.timeout is None else max(0.001, study.budget.timeout - job.seconds)
        worker.deadline = math.inf if left is None else clock.perf_counter() + left + GRACE
        seed, root = study.seeds.training, job.trial.info.get("continues", job.trial.id)
        state = self.out / "trainings" / str(root) if self.method.continues else job.folder / "state"
        worker.send(
            trial=job.trial.to_dict(),
            seed=trial_seed(study.seeds.search, root) if seed is None else seed,
            fidelity=study.fidelity.max if study.fidelity else None,
            checkpoint=str(state),
            timeout=left,
        )

    def _handle(self, worker: Worker, message: dict[str, Any] | None) -> None:
        job = worker.job
        if message is None:
            self._died(worker)
        elif "problem" in message:
            raise RunError(f"worker {worker.index} cannot make the task: {message['problem']}")
        elif "ready" in message:
            worker.ready, self.still_births = True, 0
            if job:
                self._send(worker)
        elif "report" in message and job:
            job.report(*message["report"])
            worker.send(stop=self.method.should_stop(job.trial, list(job.curve)))
        elif "ended" in message and job:
            self._tell(worker, Trial.from_dict(message["ended"]))

    def _tell(self, worker: Worker, trial: Trial) -> None:
        job = worker.job
        assert job
        earlier = [(f, v) for f, v in job.curve if not trial.curve or f < trial.curve[0][0]]
        trial = replace(
            trial,
            curve=(*earlier, *trial.curve),
            cost=job.spent if trial.cost is None else trial.cost + job.seconds,
            worker=worker.index,
            start=job.trial.start,
            end=self.now(),
        )
        if trial.reason and trial.reason.startswith("timed out after"):
            trial = replace(trial, reason=f"timed out after {self.study.budget.timeout:g} s")
        worker.job, worker.deadline, self.method_waits = None, math.inf, False
        self.bar.ended(self.search.tell(trial))
        shutil.rmtree(job.folder, ignore_errors=True)

    def _died(self, worker: Worker) -> None:
        """The process has ended. Its trial starts again in a new one, from its checkpoint, unless that has happened too
        often."""
        fate, job = worker.fate(), worker.job
        log = self._log(worker.index)
        self.workers.remove(worker)
        if not worker.ready:
            self.still_births += 1
            if self.still_births >= STARTS:
                raise RunError(f"the worker processes do not come up: the last one {fate}; see {log}")
        elif job:
            job.seconds, job.begin = job.spent, 0.0
            job.deaths += 1
            job.save()
            if job.deaths > self.study.budget.max_failures:
                times = f" ({job.deaths} times)" if job.deaths > 1 else ""
                self._tell(worker, replace(job.trial, status="failed", reason=f"the worker process {fate}{times}"))
            else:
                self.bar.say(f"worker {worker.index} {fate}; trial {job.trial.id} goes on in a new process; see {log}")
        if worker.job:
            self.waiting.insert(0, worker.job)

    def _log(self, index: int) -> Path:
        return self.out / "logs" / f"worker-{index}.log"

    def _enforce_timeouts(self) -> None:
        for worker in list(self.workers):
            if worker.job and clock.perf_counter() > worker.deadline:
                worker.kill()
                self.workers.remove(worker)
                reason = f"timed out after {self.study.budget.timeout:g} s"
                self._tell(worker, replace(worker.job.trial, status="failed", reason=reason))

    def _patience(self) -> float:
        next_deadline = min((w.deadline for w in self.workers), default=math.inf) - clock.perf_counter()
        return min(1.0, max(0.01, next_deadline))


# ---- the folder ------------------------------------------------------------------------------------------


@contextmanager
def _lock(out: Path) -> Iterator[None]:
    """One run in a folder at a time. The system lets go of the lock when the process ends, however it ends."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file; --out names a folder")
    out.mkdir(parents=True, exist_ok=True)
    with open(out / ".lock", "a+") as file:
        if not lock(file):
            raise ValueError(f"another run is at work in {out}; wait for it, or use another --out")
        yield


def _claim(out: Path, study: Study, resume: bool) -> None:
    """Make sure that the folder is new, or holds this very search."""
    copy, trace = out / "study.yaml", out / "trace.jsonl"
    if _begun(trace) and not resume:
        raise ValueError(f"{out} holds a run already; --resume goes on with it, another --out starts anew")
    if copy.exists() and _begun(trace):
        before = load_study(copy, check=False)
        for key in ("task", "space", "method", "fidelity", "seeds", "first"):
            if getattr(before, key) != getattr(study, key):
                raise ValueError(
                    f"{out} was begun with another study: its {key} differs, and only budget, workers and resources "
                    "may change; use another --out"
                )


def _same_clock(trace: Path, workers: int) -> None:
    """ValueError where a table's search would go on with other workers: they are simulated, so they decide what was
    known when each trial was chosen."""
    if _begun(trace) and (before := read(trace)[0].header.workers) != workers:
        raise ValueError(
            f"{trace.parent} was begun with {before} simulated workers, which decide what a table's search finds, so "
            f"{workers} cannot go on with it; take --workers {before}, or another --out"
        )


def _tracking(study: Study, more: Mapping[str, str | bool]) -> Tracking:
    known = study.tracking.places if study.tracking else {}
    if unknown := next((to for to in more if to not in Tracking.model_fields), None):
        raise ValueError(f"there is no tracker {unknown!r}; there are {', '.join(Tracking.model_fields)}")
    if wrong := next((to for to, at in more.items() if at is not True and not (isinstance(at, str) and at)), None):
        raise ValueError(f"{wrong} is tracked in a place, as text, or True for the usual one, not {more[wrong]!r:.60}")
    return Tracking.model_validate({**known, **more})


def _begun(path: Path) -> bool:
    """Does the trace hold at least its header? A kill may have come before."""
    return path.exists() and not is_torn(path)


def _header(study: Study, task: Task, method: Method | OneShot) -> Header:
    header = header_of(method, task, study.workers)
    fidelity = {"fidelity": study.fidelity.model_dump()} if study.fidelity else {}
    return replace(header, provenance={**header.provenance, "study": study.name, **fidelity})
