"""How one trial is run; how its answer is read: answer.py.

Whatever an objective does becomes part of its trial: it may raise, exit, run out of time, answer with a tensor or with
nonsense. A search goes on, and the trial says in a sentence what went wrong and where.
"""

from __future__ import annotations

import math
import os
import signal
import threading
import time as clock
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from nasbook.answer import finite, number, read, seconds
from nasbook.meter import Meter, added, part_of
from nasbook.task import EvaluatesMany, Evaluation, StopTrial, Task
from nasbook.trace import Trial
from nasbook.trial import described, text

FRAMES = 4  # lines of its traceback


ShouldStop = Callable[[Trial, Sequence[tuple[float, float]]], str | None]
Row = tuple[Trial, int, Path | None]  # with its seed and its checkpoint


def evaluate(
    task: Task,
    trial: Trial,
    *,
    seed: int,
    should_stop: ShouldStop | None = None,
    timeout: float | None = None,
    checkpoint: Path | None = None,
) -> Trial:
    """Run one trial to its end. Whatever goes wrong inside the task becomes part of the trial.

    An exception, an exit, an answer that is no finite number or more than `timeout` seconds give status 'failed' with a
    reason; `report` with a method's veto gives 'pruned', with the last reported value. On a simulated clock a trial
    that ends without telling its cost takes no time. KeyboardInterrupt is passed on.
    """
    running = _Running(task, trial, should_stop, timeout)
    try:
        if checkpoint is not None:
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
        with _time_limit(timeout), _no_exit(), running.meter:
            told = task.evaluate(
                trial.config, fidelity=trial.fidelity, seed=seed, report=running.report, checkpoint=checkpoint
            )
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return running.raised(error)
    return running.answered(told)


def evaluate_many(
    task: Task,
    trials: Sequence[Trial],
    *,
    seeds: Sequence[int],
    should_stop: ShouldStop | None = None,
    timeout: float | None = None,
    checkpoints: Sequence[Path | None],
) -> list[Trial]:
    """Run trials to their ends, those of each fidelity at once, each as `evaluate` would; its cost is its share of the
    seconds, of which `timeout` looks at those that the task tells. Where the task raises for all of them, each is run
    alone, and fails alone.
    How many have trained with one stands in its metrics, as `packed`."""
    ended: dict[int, Trial] = {}
    for fidelity in dict.fromkeys(t.fidelity for t in trials):
        alike = [i for i, t in enumerate(trials) if t.fidelity == fidelity]
        rows = [(trials[i], seeds[i], checkpoints[i]) for i in alike]
        if len(alike) == 1:
            found = _each(task, rows, should_stop, timeout)
        else:
            found = _at_once(task, rows, should_stop, timeout)
            found = [replace(t, metrics={**t.metrics, "packed": len(alike)}) for t in found]
        ended |= dict(zip(alike, found, strict=True))
    return [ended[i] for i in range(len(trials))]


def _each(task: Task, rows: Sequence[Row], should_stop: ShouldStop | None, timeout: float | None) -> list[Trial]:
    return [
        evaluate(task, trial, seed=seed, should_stop=should_stop, timeout=timeout, checkpoint=checkpoint)
        for trial, seed, checkpoint in rows
    ]


def _at_once(task: Task, rows: Sequence[Row], should_stop: ShouldStop | None, timeout: float | None) -> list[Trial]:
    trials, seeds, checkpoints = (list(column) for column in zip(*rows, strict=True))
    running = [_Running(task, trial, should_stop, timeout, shares=len(trials)) for trial in trials]
    meter = Meter(f"{len(trials)} trials", on=not task.knows_cost)
    try:
        for checkpoint in checkpoints:
            if checkpoint is not None:
                checkpoint.parent.mkdir(parents=True, exist_ok=True)
        assert isinstance(task, EvaluatesMany)
        with _time_limit(timeout, len(trials)), _no_exit(), meter:
            told = task.evaluate_many(
                [t.config for t in trials],
                fidelity=trials[0].fidelity,
                seeds=seeds,
                reports=[one.report for one in running],
                checkpoints=checkpoints,
            )
        if len(told) != len(trials):
            raise ValueError(f"evaluate_many has answered {len(told)} times to {len(trials)} configurations")
    except KeyboardInterrupt:
        raise
    except StopTrial as stop:
        return _shared_out([one.raised(stop) for one in running], meter.used)
    except BaseException as error:
        first, last, name = trials[0].id, trials[-1].id, task.name
        warnings.warn(
            f"trials {first} to {last}: {name} cannot evaluate these {len(trials)} at once ({described(error)}); each "
            "is evaluated alone",
            stacklevel=4,
        )
        lost = part_of(meter.used, 1 / len(trials))
        return [_with_lost(t, lost) for t in _each(task, rows, should_stop, timeout)]
    ended = [
        one.raised(answer) if isinstance(answer, BaseException) else one.answered(answer)
        for one, answer in zip(running, told, strict=True)
    ]
    return _shared_out(ended, meter.used)


def _shared_out(trials: Sequence[Trial], used: Mapping[str, float]) -> list[Trial]:
    """Trials that ran at once, each with its share of what all have used: the seconds that it was told, and of those
    that no trial was told, as for setting up, the same for each."""
    if not used:
        return list(trials)
    told = [t.cost or 0.0 for t in trials]
    rest = max(0.0, used["seconds"] - sum(told)) / len(trials)
    costs = [seconds + rest for seconds in told]
    whole = sum(costs)
    parts = [cost / whole if whole else 1 / len(trials) for cost in costs]
    return [replace(t, cost=c, used=part_of(used, p)) for t, c, p in zip(trials, costs, parts, strict=True)]


def _with_lost(trial: Trial, lost: dict[str, float]) -> Trial:
    """The trial, with its share of what was used in vain by trials that could not be evaluated at once."""
    cost = None if trial.cost is None else trial.cost + lost.get("seconds", 0.0)
    return replace(trial, cost=cost, used=added(trial.used, lost))


class _Running:
    """A trial while it runs: hears its reports, and says how it has ended.

    shares: how many trials run at once; above 1, its seconds are those that it is told."""

    def __init__(
        self, task: Task, trial: Trial, should_stop: ShouldStop | None, timeout: float | None, shares: int = 1
    ) -> None:
        self.task, self.trial, self.should_stop, self.timeout, self.shares = task, trial, should_stop, timeout, shares
        self.begin, self.meter = clock.perf_counter(), Meter(f"trial {trial.id}", on=not task.knows_cost)
        self.curve: list[tuple[float, float]] = []
        self.spent: float | None = 0.0 if task.knows_cost else None  # None: measured
        self.stopped: StopTrial | None = None

    @property
    def seconds(self) -> float:
        """Of this machine, so far."""
        if self.shares > 1 and self.spent is not None:
            return self.spent
        return (clock.perf_counter() - self.begin) / self.shares

    def report(self, fidelity: float, value: float, cost: float | None = None) -> None:
        if self.stopped is not None:
            raise self.stopped
        fidelity, value = finite(fidelity, "report's fidelity"), number(value, "report's value")
        self.curve.append((fidelity, value))
        self.meter.epoch(fidelity)
        self.spent = self.spent if cost is None else seconds(cost, "report's cost")
        if self.timeout is not None and self.seconds > self.timeout:
            self.stopped = StopTrial(f"timed out after {self.timeout:g} s", "failed")
        elif self.should_stop is not None and (reason := self.should_stop(self.trial, tuple(self.curve))):
            self.stopped = StopTrial(reason)
        if self.stopped is not None:
            raise self.stopped

    def answered(self, told: object) -> Trial:
        """The trial, ended by what the task has answered."""
        if self.stopped is not None:
            _warn_if_late(self.trial, self.timeout, self.seconds)
            return self._caught(self.stopped)
        try:
            answer, lost = read(told)
            for name, why in lost.items():
                warnings.warn(f"trial {self.trial.id}: the metric {text(name)!r} is dropped: {why}", stacklevel=3)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return self.raised(error)
        _warn_if_late(self.trial, self.timeout, self.seconds)
        return self._judged(answer)

    def raised(self, error: BaseException) -> Trial:
        """The trial, ended by what the task has raised."""
        if not isinstance(error, StopTrial) and self.stopped is None:
            return self._ended("failed", described(error), traceback=short_traceback(error) or None)
        _warn_if_late(self.trial, self.timeout, self.seconds)
        return self._stopped(error) if isinstance(error, StopTrial) else self._caught(self.stopped)

    def _caught(self, stop: StopTrial | None) -> Trial:
        assert stop is not None
        warnings.warn(
            f"trial {self.trial.id}: the objective has caught the StopTrial by which report() ends a trial, and gone "
            f"on; it counts as {stop.status} all the same. Catch narrower errors around report()",
            stacklevel=4,
        )
        return self._stopped(stop)

    def _judged(self, answer: Evaluation) -> Trial:
        found: dict[str, Any] = {"metrics": answer.metrics, "cost": answer.cost, "curve": answer.curve}
        for value in answer.values or (number(answer.value, "value"),):
            if not math.isfinite(value):
                return self._ended("failed", f"diverged: the value is {value}", **found)
        if self.task.knows_cost and answer.cost is None:
            reason = f"{self.task.name} promises to know its cost (knows_cost), but told none"
            return self._ended("failed", reason, **found)
        if self.timeout is not None and self.seconds > self.timeout:
            return self._ended("failed", f"timed out after {self.timeout:g} s", **found)
        return self._ended("done", value=answer.value, values=answer.values, **found)

    def _stopped(self, stop: StopTrial) -> Trial:
        last = self.curve[-1][1] if self.curve and stop.status == "pruned" else None
        value = last if last is not None and math.isfinite(last) else None
        return self._ended(stop.status, text(stop.reason), value=value)

    def _ended(self, status: str, reason: str | None = None, **found: Any) -> Trial:
        measured = 0.0 if self.shares > 1 else self.seconds  # of a share, see _shared_out
        cost = measured if self.spent is None else self.spent
        found = {"cost": cost, "curve": tuple(self.curve), **{k: v for k, v in found.items() if v not in (None, ())}}
        return replace(self.trial, status=status, reason=reason, used=self.meter.used, **found)


# ---- what goes wrong -------------------------------------------------------------------------------------


def _warn_if_late(trial: Trial, timeout: float | None, seconds: float) -> None:
    if timeout is not None and seconds > timeout + max(1.0, timeout):
        warnings.warn(
            f"trial {trial.id} ran for {seconds:.3g} s though its timeout is {timeout:g} s: one long call of C code (a "
            "fit, a query) cannot be interrupted here; `nasbook run` ends it",
            stacklevel=3,
        )


def short_traceback(error: BaseException) -> str:
    """The last frames outside nasbook's own loop, innermost last: 'objective.py, line 12, in loss: y = 1 / x'."""
    frames = traceback.extract_tb(error.__traceback__, limit=-20)
    own = [f for f in frames if Path(f.filename) not in _LOOP]
    lines = []
    for f in own[-FRAMES:]:
        file = "notebook cell" if "ipykernel_" in f.filename else f.filename
        lines.append(f"{file}, line {f.lineno}, in {f.name}" + (f": {f.line}" if f.line else ""))
    return text("\n".join(line[:200] for line in lines))


_LOOP = {Path(__file__), *(Path(__file__).with_name(f"{module}.py") for module in ("answer", "task"))}


class _Exit(BaseException):
    """In the place of os._exit."""


_inside = threading.local()
_exit = os._exit


def _leave(code: int) -> None:
    if getattr(_inside, "process", None) == os.getpid():
        raise _Exit(f"os._exit({code})")
    _exit(code)


@contextmanager
def _no_exit() -> Iterator[None]:
    """os._exit ends the trial of this thread and not the process; other threads, what the objective has forked, and
    whoever calls it after the trial leave as always. It is never put back: others may evaluate, or have kept it."""
    os._exit = _leave  # type: ignore[assignment]
    before, _inside.process = getattr(_inside, "process", None), os.getpid()
    try:
        yield
    finally:
        _inside.process = before


@contextmanager
def _time_limit(seconds: float | None, trials: int = 1) -> Iterator[None]:
    """Interrupt plain Python code after so many seconds for each of so many trials, where the system can (main thread,
    Unix); elsewhere, and in one long call of C code, the limit is looked at when the task reports and when it ends."""
    if seconds is None or not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    waits = True

    def ring(*_: object) -> None:
        if waits:
            raise StopTrial(f"timed out after {seconds:g} s", "failed")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds * trials, max(1.0, seconds))  # again, for those who catch it
    try:
        yield
    finally:
        waits = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
