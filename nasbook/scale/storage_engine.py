"""The engine `optuna` of `nasbook run`: workers on a database, started and watched from here; more may join anywhere.

    trace = run("study.yaml", "runs/first", engine="optuna", storage="postgresql://me@host/name")

Without a storage the database is a file in the folder of the run. The trace is written there while it grows. Workers
outlive a run that is killed; --resume watches them again, and starts what is missing.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time as clock
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nasbook.scale.control import ORDERED, Desk
from nasbook.scale.job import Job
from nasbook.scale.machine import environment
from nasbook.scale.optuna import KEY, needs_optuna
from nasbook.scale.progress import Bar
from nasbook.scale.storage import BEGUN, PAUSE, PAUSED, again, begin, connect, hidden, trace_of
from nasbook.scale.study import Study
from nasbook.scale.study_errors import RunError
from nasbook.scale.trust import Trust
from nasbook.space import Config
from nasbook.trace import Trace, Trial
from nasbook.trace_file import is_torn, read

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

LOOK = 0.5  # seconds between two looks at the database
STARTS = 3  # a worker that dies so often without a trial will not come up


def shared(study: Study, out: Path, bar: Bar, trust: Trust, storage: str | None) -> Trace:
    """Work on the study with its number of processes until it is done, and return the trace. ValueError for a database
    that cannot be used, RunError where the workers do not start."""
    needs_optuna()
    url = storage or f"sqlite:///{out.resolve() / 'study.db'}"
    there = begin(study, url, trust, connect(url, deaths=study.budget.max_failures, say=bar.say))
    path = out / "trace.jsonl"
    trace = trace_of(there)
    if path.exists() and not is_torn(path) and len(before := read(path)[0]) > len(trace):
        raise ValueError(
            f"{path} has {len(before)} trials and the study in {hidden(url)} {len(trace)}, so they are not the same "
            "run; name the storage that it was begun with, or another --out"
        )
    bar.resumed(trace)
    crew = _Crew(study, url, out, trust, bar)
    begun = float(there.user_attrs[BEGUN])
    desk = Desk(out, study.search_space, trace, partial(_queue, there), bar.say, lambda: clock.time() - begun)
    state, said = "failed", 0.0
    try:
        while crew.at_work(there):
            desk.turn()
            if desk.paused and clock.time() - said > PAUSE / 6 or said and not desk.paused:
                said = clock.time() if desk.paused else 0.0
                there.set_user_attr(PAUSED, said)
            clock.sleep(LOOK)
            trace = _follow(there, trace, path, bar)
        trace, state = _follow(there, trace, path, bar), "ended"
    except KeyboardInterrupt:
        crew.stop()
        trace, state = _follow(there, trace, path, bar), "stopped"
        trace.interrupted = True
    finally:
        crew.stop()
        desk.end(state)
        if said:
            there.set_user_attr(PAUSED, 0.0)
    return trace


def _queue(there: optuna.Study, configs: Sequence[Config]) -> None:
    """Have the workers try these next; what an earlier run has queued, and nobody has taken yet, is there already."""
    from optuna.trial import TrialState

    waiting = [t for t in there.get_trials(deepcopy=False, states=(TrialState.WAITING,)) if ORDERED in t.user_attrs]
    there_already = [t.system_attrs.get("fixed_params") for t in waiting]
    for config in configs:
        if config in there_already:
            there_already.remove(config)
        else:
            there.enqueue_trial(config, user_attrs={ORDERED: True})


def _follow(there: optuna.Study, trace: Trace, path: Path, bar: Bar) -> Trace:
    """The trace as it is now; what is new is written down and shown."""
    now = trace_of(there)
    if now.asked != trace.asked or len(now) != len(trace) or not path.exists():
        now.save(path)
    known = {t.id for t in trace.trials}
    for step in now:
        if step.trial.id not in known:
            bar.ended(step)
    return now


class _Crew:
    """The worker processes of this run. One that dies is started again, and its trial is queued at once."""

    def __init__(self, study: Study, url: str, out: Path, trust: Trust, bar: Bar) -> None:
        self.study, self.url, self.out, self.trust, self.bar = study, url, out, trust, bar
        self.up: dict[int, subprocess.Popen[bytes]] = {}
        self.done: set[int] = set()
        self.failures = 0
        (out / "logs").mkdir(exist_ok=True)

    def at_work(self, there: optuna.Study) -> bool:
        """Start what is missing; False when every worker has found that all is done."""
        for k in range(self.study.workers):
            if k in self.done:
                continue
            code = self.up[k].poll() if k in self.up else None
            if k not in self.up:
                self.up[k] = self._start(k)
            elif code == 0:
                self.done.add(k)
            elif code is not None:
                self._died(k, code, there)
        return len(self.done) < self.study.workers

    def _log(self, k: int) -> Path:
        return self.out / "logs" / f"worker-{k}.log"

    def _start(self, k: int) -> subprocess.Popen[bytes]:
        root = str(Path(__file__).parents[2])  # where nasbook lies, if it is not installed
        command = [sys.executable, "-P", "-m", "nasbook", "worker", "--name", self.study.name]
        command += ["--out", str(self.out), "--folder", str(self.trust.folder), "--index", str(k)]
        command += [f"--trust={name}" for name in self.trust.modules]
        with open(self._log(k), "ab") as log, environment(self.study, k):
            path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": path, "NASBOOK_STORAGE": self.url},  # it may hold a password
                start_new_session=True,  # Ctrl-C in the terminal is for this process
            )

    def _died(self, k: int, code: int, there: optuna.Study) -> None:
        from optuna.trial import TrialState

        del self.up[k]
        mine = [
            t
            for t in there.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
            if t.user_attrs.get(KEY, {}).get("worker") == k
        ]
        for t in mine:
            with suppress(Exception):  # somebody was faster
                self._note(there, t)
                if self._out_of_time(there, t):
                    there._storage.set_trial_state_values(t._trial_id, TrialState.FAIL)
                elif there._storage.set_trial_state_values(t._trial_id, TrialState.FAIL):
                    again(there, t, self.study.budget.max_failures)
        self.failures = 0 if mine else self.failures + 1
        if self.failures >= STARTS:
            last = self._log(k).read_text(errors="replace").strip().splitlines()[-1:] or [f"it ended with code {code}"]
            raise RunError(f"the workers do not come up; the last one said: {last[0]:.300}")
        self.bar.say(f"worker {k} has died (code {code}); see {self._log(k)}")

    def _note(self, there: optuna.Study, t: FrozenTrial) -> None:
        """Write down what a trial has used until its worker died, which counts if nobody goes on with it."""
        kept = dict(t.user_attrs[KEY])
        row = Trial.from_dict(kept["row"])
        job = Job.load(row, self.out / "checkpoints" / str(row.id))
        kept["row"] = replace(row, cost=job.seconds or None, used=job.before).to_dict()
        there._storage.set_trial_user_attr(t._trial_id, KEY, kept)
        t.user_attrs[KEY] = kept

    def _out_of_time(self, there: optuna.Study, t: FrozenTrial) -> bool:
        """Has the worker ended itself, because the trial went on past its time? Then that is how it ended."""
        kept, limit = dict(t.user_attrs[KEY]), self.study.budget.timeout
        if limit is None or clock.time() - kept.get("evaluated", math.inf) < limit:
            return False
        curve = tuple((float(f), v) for f, v in sorted(t.intermediate_values.items()))
        over, reason = clock.time() - float(there.user_attrs[BEGUN]), f"timed out after {limit:g} s"
        ended = replace(Trial.from_dict(kept["row"]), status="failed", reason=reason, curve=curve, end=over, cost=limit)
        there._storage.set_trial_user_attr(t._trial_id, KEY, {**kept, "status": "failed", "row": ended.to_dict()})
        return True

    def stop(self) -> None:
        """Let the workers give their trials back, and wait for them."""
        for process in self.up.values():
            if process.poll() is None:
                process.terminate()
        for process in self.up.values():
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
