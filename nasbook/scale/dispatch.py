"""The loop of a run on workers: ask the method, hand trials out, hear reports and ends, tell the method.

Each worker has a pack of trials, which is one trial where the study does not say `packed`. Its trials train as one
network, for their shares of the seconds; each has its own seed, checkpoint and end. A pack holds only trials that the
method would choose alike without each other's results. When its process has died, the whole pack goes on from its
checkpoints; when that happens again, each of its trials goes on alone, and the one that ends processes is found.
"""

from __future__ import annotations

import math
import queue
import shutil
import time as clock
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from nasbook.loop import Run
from nasbook.meter import added
from nasbook.method import Method
from nasbook.prepare import header_of
from nasbook.scale.control import Desk, front
from nasbook.scale.job import Job
from nasbook.scale.progress import Bar
from nasbook.scale.study import Study
from nasbook.scale.study_errors import RunError
from nasbook.scale.workers import Crew, Inbox, Worker
from nasbook.space import Json
from nasbook.task import Task, trial_seed
from nasbook.trace import Header, Trace, Trial
from nasbook.trace_file import TraceFile

GRACE = 5.0  # seconds that a worker has to give up a trial by itself before it is killed
STARTS = 3  # a worker that dies this often before it is ready will not come up
TOGETHER = 2  # a trial whose process has died so often in company goes on alone


class Dispatcher:
    """Asks the method, hands trials to workers, tells the method; one thread, fed by a queue of messages."""

    def __init__(self, study: Study, task: Task, method: Method, out: Path, bar: Bar, hands: Crew) -> None:
        self.crew = hands
        self.study, self.task, self.method, self.out, self.bar = study, task, method, out, bar
        self.inbox: Inbox = queue.Queue()
        self.workers: list[Worker] = []
        self.waiting: list[Job] = []
        self.still_births = 0  # processes that died, one after the other, before they were ready
        self.method_waits = False  # for a result
        self.vetoes = type(method).should_stop is not Method.should_stop
        header = _header(study, task, method)
        path = out / "trace.jsonl"
        trace, self.file = TraceFile.open(path, header, resume=path.exists(), but=("workers",))
        for config in study.first:
            method.enqueue(config)
        self.search = Run(method, task, trace, self.file)
        self.bar.resumed(trace)
        self.desk = Desk(out, method.space, trace, partial(front, method), bar.say, self.now)
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
                for job in worker.jobs:
                    job.save()
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
                if not any(w.jobs for w in self.workers):
                    return
            try:
                worker, message = self.inbox.get(timeout=self._patience())
            except queue.Empty:
                self._enforce_timeouts()
                continue
            if worker in self.workers:  # not the last words of one that was given up
                self._handle(worker, message)
            self._enforce_timeouts()

    # ---- handing out -----------------------------------------------------------------------------------------

    def _hand_out(self) -> None:
        """Give every idle worker a pack: first what a kill or a death cut off, then what the method asks for."""
        while True:
            idle = sorted((w for w in self.workers if not w.jobs), key=lambda w: not w.ready)
            worker = idle[0] if idle else None
            if worker is None and len(self.workers) >= min(self.study.workers, self.crew.room()):
                return
            index = worker.index if worker else min(set(range(self.study.workers)) - {w.index for w in self.workers})
            jobs = self._pack(index) or self._left_lying(worker)
            if not jobs:
                return
            if worker is None:
                worker = self.crew.start(index, self.inbox)
                self.workers.append(worker)
            worker.jobs = jobs
            if worker.ready:
                self._send(worker)

    def _pack(self, worker: int) -> list[Job]:
        """What a worker gets next: up to `packed` trials. One that a kill has cut off is filled up again, as it would
        have been."""
        jobs: list[Job] = []
        while self.waiting and len(jobs) < self._share(jobs):
            alone = self.waiting[0].together >= TOGETHER
            if alone and jobs:
                break
            jobs.append(self.waiting.pop(0))
            if alone:
                return jobs
        while len(jobs) < self._share(jobs) and (not jobs or self.method.settled()):
            if (job := self._ask(worker)) is None:
                break
            jobs.append(job)
        return jobs

    def _share(self, jobs: Sequence[Job]) -> int:
        """The most that a pack that has these trials holds: what can begin now (of a rung, a generation, the budget) is
        shared evenly by the workers that have nothing."""
        places = min(self.study.workers, max(self.crew.room(), len(self.workers)))
        free = max(1, places - sum(bool(w.jobs) for w in self.workers))
        left = math.inf if (limit := self.study.budget.trials) is None else limit - self.trace.asked
        begin = len(jobs) + len(self.waiting) + min(left, self.method.settled())
        return max(1, math.ceil(min(begin / free, self.study.packed)))

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

    def _left_lying(self, idle: Worker | None) -> list[Job]:
        """For a worker that is up and would have nothing to do: the pack of one that is not up yet, and may never
        be."""
        late = next((w for w in self.workers if w.jobs and not w.ready), None)
        if late is None or idle is None or not idle.ready:
            return []
        jobs, late.jobs = late.jobs, []
        return jobs

    def _send(self, worker: Worker) -> None:
        jobs, study, orders = worker.jobs, self.study, []
        for job in jobs:
            job.start(shares=len(jobs))
            job.save()
            seed, root = study.seeds.training, job.trial.info.get("continues", job.trial.id)
            state = self.out / "trainings" / str(root) if self.method.continues else job.folder / "state"
            orders.append(
                {
                    "trial": job.trial.to_dict(),
                    "seed": trial_seed(study.seeds.search, root) if seed is None else seed,
                    "checkpoint": str(state),
                }
            )
        left = None if (limit := study.budget.timeout) is None else max(0.001, limit - max(j.seconds for j in jobs))
        worker.deadline = math.inf if left is None else clock.perf_counter() + left * len(jobs) + GRACE
        full = study.fidelity.max if study.fidelity else None
        worker.send(trials=orders, fidelity=full, timeout=left, vetoes=self.vetoes)

    # ---- hearing ---------------------------------------------------------------------------------------------

    def _handle(self, worker: Worker, message: Json | None) -> None:
        jobs = {job.trial.id: job for job in worker.jobs}
        if message is None:
            self._died(worker)
        elif "problem" in message:
            raise RunError(f"worker {worker.index} cannot make the task: {message['problem']}")
        elif "ready" in message:
            worker.ready, self.still_births = True, 0
            if jobs:
                self._send(worker)
        elif "reports" in message and jobs:
            for number, fidelity, value in message["reports"]:
                jobs[number].report(fidelity, value, message["used"])
            last = jobs[number]
            worker.send(stop=self.method.should_stop(last.trial, list(last.curve)) if self.vetoes else None)
        elif "ended" in message and jobs:
            self._tell(worker, [Trial.from_dict(row) for row in message["ended"]])

    def _tell(self, worker: Worker, trials: Sequence[Trial]) -> None:
        """The trials of a worker's pack have ended: one after the other, each for its share of the seconds."""
        jobs = {job.trial.id: job for job in worker.jobs}
        worker.jobs, worker.deadline, self.method_waits = [], math.inf, False
        costs = [jobs[t.id].spent if t.cost is None else t.cost + jobs[t.id].seconds for t in trials]
        now, first = self.now(), min(job.trial.start for job in jobs.values())
        begin = first if len(jobs) == 1 else max(first, now - sum(costs))
        for trial, cost in zip(trials, costs, strict=True):
            job, end = jobs[trial.id], now if trial is trials[-1] else min(begin + cost, now)
            earlier = [(f, v) for f, v in job.curve if not trial.curve or f < trial.curve[0][0]]
            used = added(job.before, trial.used or job.running)
            trial = replace(trial, curve=(*earlier, *trial.curve), cost=cost, used=used)
            trial = replace(trial, worker=worker.index, start=begin, end=end)
            if trial.reason and trial.reason.startswith("timed out after"):
                trial = replace(trial, reason=f"timed out after {self.study.budget.timeout:g} s")
            self.bar.ended(self.search.tell(trial))
            shutil.rmtree(job.folder, ignore_errors=True)
            begin = end

    def _died(self, worker: Worker) -> None:
        """The process has ended. Its trials start again in a new one, from their checkpoints, unless that has happened
        too often."""
        fate, jobs, log = worker.fate(), worker.jobs, self._log(worker.index)
        self.workers.remove(worker)
        if not worker.ready:
            self.still_births += 1
            if self.still_births >= STARTS:
                raise RunError(f"the worker processes do not come up: the last one {fate}; see {log}")
        elif jobs:
            for job in jobs:
                job.cut_off()
                job.deaths, job.together = job.deaths + (len(jobs) == 1), job.together + (len(jobs) > 1)
                job.save()
            if (deaths := jobs[0].deaths) > self.study.budget.max_failures:  # alone, so that it is to blame
                times = f" ({deaths} times)" if deaths > 1 else ""
                reason = f"the worker process {fate}{times}"
                self._tell(worker, [replace(jobs[0].trial, status="failed", reason=reason)])
            else:
                named = f"trial {jobs[0].trial.id} goes"
                if len(jobs) > 1:
                    named = f"trials {jobs[0].trial.id} to {jobs[-1].trial.id} go"
                self.bar.say(f"worker {worker.index} {fate}; {named} on in a new process; see {log}")
        self.waiting[:0] = worker.jobs

    def _log(self, index: int) -> Path:
        return self.out / "logs" / f"worker-{index}.log"

    def _enforce_timeouts(self) -> None:
        for worker in list(self.workers):
            if worker.jobs and clock.perf_counter() > worker.deadline:
                worker.kill()
                self.workers.remove(worker)
                reason = f"timed out after {self.study.budget.timeout:g} s"
                self._tell(worker, [replace(job.trial, status="failed", reason=reason) for job in worker.jobs])

    def _patience(self) -> float:
        next_deadline = min((w.deadline for w in self.workers), default=math.inf) - clock.perf_counter()
        return min(1.0, max(0.01, next_deadline))


def _header(study: Study, task: Task, method: Method) -> Header:
    header = header_of(method, task, study.workers)
    more: Json = {"fidelity": study.fidelity.model_dump()} if study.fidelity else {}
    more |= {"packed": study.packed} if study.packed > 1 else {}
    return replace(header, provenance={**header.provenance, "study": study.name, **more})
