"""A worker on an Optuna database: it asks the method by replaying the search, evaluates, writes the answer, and again.

    work("sqlite:///search.db", Path("runs/first"), Trust(Path.cwd()))        # what `nasbook worker URL` does

No worker knows the others. Each has a method of its own, which is told what the database holds, in the order that is
written there, and then asked: the search is the one that a single process would have made. Trials are asked for one
after the other: a worker waits until those with lower numbers have their configurations.
"""

from __future__ import annotations

import faulthandler
import os
import platform
import shutil
import sys
import time as clock
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import fail_stale_trials
from optuna.trial import FrozenTrial, TrialState

from nasbook.evaluation import evaluate
from nasbook.kit.interrupt import terminable
from nasbook.loop import Run
from nasbook.meter import Meter, added
from nasbook.method import Method, Proposal
from nasbook.scale.control import ORDERED
from nasbook.scale.job import Job
from nasbook.scale.machine import environment
from nasbook.scale.optuna import KEPT, KEY, _distribution
from nasbook.scale.patience import Patient, StorageLost
from nasbook.scale.storage import BEAT, BEGUN, PAUSE, PAUSED, Record, again, begin, connect, records, stored, study_of
from nasbook.scale.study import Study
from nasbook.scale.trust import Trust, importable
from nasbook.space import Config, Scalar
from nasbook.task import Task, trial_seed
from nasbook.trace import Header, Trace, Trial
from nasbook.trial import plain

if TYPE_CHECKING:
    from nasbook.scale.optuna import Distribution

GRACE = 5.0  # seconds beyond its timeout that a trial has to end by itself
POLL = 0.2  # seconds between two looks at the database, where there is nothing else to do


class Nothing(Exception):
    """There is nothing to ask for any more: the trial is given back as failed, and is not in the trace."""


class Sampler(optuna.samplers.BaseSampler):
    """A method of nasbook's as a sampler of Optuna: stateless, as far as Optuna can tell."""

    def __init__(self, study: Study, task: Task, make: Callable[[], Method], header: Header, worker: int) -> None:
        self.study, self.worker = study, worker
        method = make()
        for config in study.first:
            method.enqueue(config)
        self.run = Run(method, task, Trace(header))
        self.told: set[int] = set()
        self.begun = clock.time()

    def now(self) -> float:
        """Seconds since the search began; the clocks of two machines differ, and one may be set back."""
        return max(0.0, clock.time() - self.begun)

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return {name: _distribution(optuna, p) for name, p in self.study.search_space.parameters.items()}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> Config:
        """Replay what was asked and told, wait for lower numbers, ask, and write down what came of it."""
        waited = clock.monotonic()
        told: list[int] = []
        wanted = self._wanted(trial)
        while True:
            earlier = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
            if late := [t for t in earlier if t.number < trial.number and KEY not in t.user_attrs]:
                self._bury(study, late, clock.monotonic() - waited)
                continue
            found = self.catch_up(study)
            budget = self.study.budget
            if budget.trials is not None and len(found) >= budget.trials:
                raise Nothing
            fresh = [r.ended for r in found if r.ended and r.ended.id not in self.told]
            for ended in sorted(fresh, key=lambda t: (t.end or 0.0, t.id)):
                self._hear(ended)
                told.append(ended.id)
            if wanted is not None:
                ordered = {ORDERED: True} if trial.user_attrs.get(ORDERED) else {}
                self.run.method.queue.insert(0, Proposal(wanted, info={"by": "user", **ordered}))
                wanted = None
            asked = self.run.ask(start=self.now(), worker=self.worker)
            if asked is not None:
                row = {"id": asked.id, "told": told, "row": asked.to_dict(), "worker": self.worker}
                study._storage.set_trial_user_attr(trial._trial_id, KEY, row)
                return dict(asked.config)
            if not self.run.trace.running:
                study.set_user_attr("nasbook over", True)
                raise Nothing
            clock.sleep(POLL)
            fail_stale_trials(study)

    def _wanted(self, trial: FrozenTrial) -> Config | None:
        """What somebody has queued in Optuna's dashboard. TrialFailed where it is not in the space."""
        fixed = trial.system_attrs.get("fixed_params")
        try:
            return None if fixed is None else self.study.search_space.validate(fixed)
        except ValueError as error:
            raise TrialFailed(f"what was queued is not in the space: {error}") from None

    def catch_up(self, study: optuna.Study) -> list[Record]:
        """Bring the method to where it was when the last trial was asked for. ValueError if it asks for another."""
        found = records(study, self.study.budget.max_failures)
        for record in found[self.run.trace.asked :]:
            for i in record.told:
                ended = found[i].ended
                assert ended is not None
                self._hear(ended)
            self.run._ask_again(record.asked)
            self.run.trace.started(record.asked)
        return found

    def _hear(self, ended: Trial) -> None:
        if ended.id not in self.told:
            self.told.add(ended.id)
            self.run.hear(ended)

    def _bury(self, study: optuna.Study, late: Sequence[FrozenTrial], waited: float) -> None:
        """Wait for those that ask before us; what does so for too long has died without a single heartbeat."""
        clock.sleep(POLL / 4)
        if waited > 1:
            fail_stale_trials(study)
        if waited > 8 * BEAT:
            for t in late:
                try:
                    study._storage.set_trial_state_values(t._trial_id, TrialState.FAIL)
                except Exception:
                    continue

    def sample_independent(self, study: optuna.Study, trial: FrozenTrial, name: str, distribution: object) -> NoReturn:
        raise ValueError(f"the study has no parameter {name!r}")


def work(
    url: str,
    out: Path | None,
    trust: Trust,
    *,
    study: Study | None = None,
    name: str | None = None,
    index: int | None = None,
    beat: int = BEAT,
    say: Callable[[str], None] = lambda _: None,
) -> int:
    """Work on the study in a database until it is done, and return how many trials this worker has ended.

    out: where trainings keep their states; a folder that all workers see lets any of them go on with a training.
    trust: whose code the study may run here. study: begun where the database does not hold it yet.
    name: of the study, where the database holds several. index: the worker's number in the trace. beat: seconds between
    two heartbeats; who misses four of them is dead.

    KeyboardInterrupt leaves its trial to others. ValueError for what cannot be worked on."""
    if study is not None:
        with importable(*trust.path):
            study.check(trust=trust)
            begin(study, url, trust)
        name = study.name
    first = stored(url, name)
    plan = study_of(first, url)
    storage = connect(url, beat=beat, deaths=plan.budget.max_failures, say=say)
    plan._folder = trust.folder
    out = out or Path("runs") / plan.folder_name
    with importable(*trust.path), environment(plan, 0), warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
        plan.check("the study in the storage", trust=trust)
        there = stored(url, first.study_name, storage)
        worker = _Worker(plan, there, storage, out, trust, index, say)
        with terminable():
            return worker.loop()


class _Worker:
    def __init__(
        self,
        plan: Study,
        there: optuna.Study,
        storage: Patient,
        out: Path,
        trust: Trust,
        index: int | None,
        say: Callable[[str], None],
    ) -> None:
        self.plan, self.there, self.storage, self.out, self.trust, self.say = plan, there, storage, out, trust, say
        self.task, _ = plan.make(trust)
        self.index = self._join() if index is None else index
        header = Header.from_dict(there.user_attrs[KEY])
        self.sampler = Sampler(plan, self.task, self.method, header, self.index)
        self.sampler.begun = float(there.user_attrs[BEGUN])
        self.there.sampler = self.sampler
        self.ended = 0
        self.mine: int | None = None  # Optuna's number of the trial that runs
        self.given_away = False  # it runs elsewhere by now
        if torch := sys.modules.get("torch"):
            torch.set_num_threads(plan.resources.cpus)

    def method(self) -> Method:
        return self.plan.make_method(self.trust, self.task)  # type: ignore[return-value]

    def _join(self) -> int:
        """A number that no other worker has: of the Slurm array, or the next one."""
        if (task := os.environ.get("SLURM_ARRAY_TASK_ID", "")).isdigit():
            return int(task)
        me = f"nasbook worker {platform.node()} {os.getpid()}"
        self.there.set_user_attr(me, clock.time())
        joined = {k: v for k, v in self.there.user_attrs.items() if k.startswith("nasbook worker ")}
        return sorted(joined, key=lambda k: (joined[k], k)).index(me)

    def loop(self) -> int:
        try:
            while (kind := self._next()) is not None:
                if kind == "wait":
                    clock.sleep(POLL)
                else:
                    self._once()
        except KeyboardInterrupt:
            self._leave()
            raise
        return self.ended

    def _once(self) -> None:
        """One trial, or nothing where there is none left."""
        self.mine, self.given_away = None, False
        try:
            self.there.optimize(self._trial, n_trials=1, catch=(Nothing, TrialFailed))
        except (Exception, KeyboardInterrupt) as error:
            if lost := self.storage.lost:  # Optuna may have stumbled over that
                raise lost from None
            if not (self.given_away or isinstance(error, UpdateFinishedTrialError)):
                raise
            self.say("a trial of this worker, which was not heard of for too long, was given to another")

    def _next(self) -> str | None:
        """What is to be done: a trial of ours, or waiting for those of others, who may die. None: all is done."""
        fail_stale_trials(self.there)
        if self.there.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            return "wait" if self._paused() else "trial"
        found, budget = records(self.there, self.plan.budget.max_failures), self.plan.budget
        spent = budget.hours is not None and clock.time() - self.sampler.begun >= budget.hours * 3600
        full = budget.trials is not None and len(found) >= budget.trials
        if not (spent or full or self.there.user_attrs.get("nasbook over")):
            return "wait" if self._paused() else "trial"
        return "wait" if any(r.ended is None for r in found) else None

    def _paused(self) -> bool:
        return clock.time() - float(self.there.user_attrs.get(PAUSED) or 0.0) < PAUSE

    def _trial(self, trial: optuna.Trial) -> float | Sequence[float]:
        """Optuna's objective: one trial to its end, which is written into the database before Optuna is told."""
        self.mine = trial.number
        if KEY not in trial.user_attrs:
            _ = trial.relative_params  # asks the sampler, also where somebody has queued a configuration
        config: Config = {}
        space = self.plan.search_space
        for name, p in space.parameters.items():
            if space.is_active(name, config):
                config[name] = _suggest(trial, name, _distribution(optuna, p))
        frozen = self.there._storage.get_trial(trial._trial_id)
        kept = dict(frozen.user_attrs[KEY])
        row = Trial.from_dict(kept["row"])
        asked = Trial(row.id, row.config, row.fidelity, info=row.info, worker=self.index, start=row.start)
        before = frozen.intermediate_values  # of a worker that died
        self.sampler.catch_up(self.there)  # another worker may have asked for it
        job = Job.load(asked, self.out / "checkpoints" / str(asked.id))
        kept["evaluated"] = clock.time() - job.seconds
        trial.set_user_attr(KEY, kept)
        ended = self._evaluated(trial, job)
        curve = [(float(k), v) for k, v in before.items() if not ended.curve or k < ended.curve[0][0]]
        ended = replace(
            ended,
            fidelity=asked.fidelity,
            curve=(*sorted(curve), *ended.curve),
            end=max(asked.start, self.sampler.now()),
        )
        ended = self.sampler.run._usable(ended)
        for name, value in ended.metrics.items():
            trial.set_user_attr(name, plain(value))
        final = {k: plain(getattr(ended, k)) for k in KEPT} | {"status": ended.status}
        trial.set_user_attr(KEY, {**kept, **final, "row": ended.to_dict()})
        self.ended += 1
        shutil.rmtree(self.out / "checkpoints" / str(asked.id), ignore_errors=True)
        self.say(f"trial {ended.id}: {ended.status}" + (f", {ended.value:.6g}" if ended.value is not None else ""))
        if ended.status == "pruned":
            raise optuna.TrialPruned(ended.reason)
        if ended.status == "failed":
            raise TrialFailed(ended.reason)
        values = ended.values or (ended.value,)
        directions = len(self.there.directions)
        return [float(v) for v in values[:directions] if v is not None]

    def _evaluated(self, trial: optuna.Trial, job: Job) -> Trial:
        asked, limit = job.trial, self.plan.budget.timeout
        root, one = asked.info.get("continues", asked.id), len(self.there.directions) == 1
        seeds, full = self.plan.seeds, self.plan.fidelity.max if self.plan.fidelity else None

        left = None if limit is None else max(0.001, limit - job.seconds)

        def should_stop(t: Trial, curve: Sequence[tuple[float, float]]) -> str | None:
            fidelity, value = curve[-1]
            job.report(fidelity, value, meter.so_far())  # for those who watch, or go on with it
            if one and fidelity == int(fidelity):
                self._report(trial, value, int(fidelity))
            return self.sampler.run.method.should_stop(asked, curve)

        meter = Meter()
        job.start()
        try:
            with _ends_at_last(left), meter:
                ended = evaluate(
                    self.task,
                    replace(asked, fidelity=full if asked.fidelity is None else asked.fidelity),
                    seed=trial_seed(seeds.search, root) if seeds.training is None else seeds.training,
                    should_stop=should_stop,
                    timeout=left,
                    checkpoint=self._state(asked),
                )
        except KeyboardInterrupt:
            self.storage.hurry()
            job.running = meter.used
            if not self.given_away:
                job.save()  # whoever goes on with it counts from here
            raise
        if ended.reason and ended.reason.startswith("timed out after"):
            ended = replace(ended, reason=f"timed out after {limit:g} s")
        return replace(ended, cost=(ended.cost or 0.0) + job.seconds, used=added(job.before, ended.used))

    def _report(self, trial: optuna.Trial, value: float, step: int) -> None:
        """What the dashboard shows of a trial that runs. Where nobody waits for its end any more, it ends here."""
        try:
            trial.report(value, step)
        except UpdateFinishedTrialError:
            self.given_away = True
            raise KeyboardInterrupt from None
        except StorageLost:
            raise KeyboardInterrupt from None

    def _state(self, asked: Trial) -> Path:
        if self.sampler.run.method.continues:
            return self.out / "trainings" / str(asked.info.get("continues", asked.id))
        return self.out / "checkpoints" / str(asked.id) / "state"

    def _leave(self) -> None:
        """Give the trial that Ctrl-C or SIGTERM has cut off to whoever comes next."""
        self.storage.hurry()
        for t in self.there.get_trials(deepcopy=False, states=(TrialState.FAIL, TrialState.RUNNING)):
            kept = t.user_attrs.get(KEY)
            if t.number != self.mine or not kept or kept["row"].get("status", "running") != "running":
                continue
            if t.state == TrialState.RUNNING:
                self.there._storage.set_trial_state_values(t._trial_id, TrialState.FAIL)
            again(self.there, t, self.plan.budget.max_failures, counts=False)


@contextmanager
def _ends_at_last(timeout: float | None) -> Iterator[None]:
    """Within: a trial that is not over long after its time, as in one call of C code that never returns, ends this
    process, with a traceback in its log; a thread of C does so, which needs no turn of Python's."""
    if timeout is None:
        yield
        return
    faulthandler.dump_traceback_later(timeout + GRACE, exit=True, file=2)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


class TrialFailed(Exception):
    """As Optuna is told of a trial that has no value."""


def _suggest(trial: optuna.Trial, name: str, d: Distribution) -> Scalar:
    if isinstance(d, optuna.distributions.CategoricalDistribution):
        return trial.suggest_categorical(name, d.choices)
    if isinstance(d, optuna.distributions.IntDistribution):
        return trial.suggest_int(name, d.low, d.high, step=d.step, log=d.log)
    return trial.suggest_float(name, d.low, d.high, step=d.step, log=d.log)
