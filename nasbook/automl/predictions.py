"""Out-of-fold predictions of a search's trials: what ensembles and honest numbers are made of.

    kept = collect(trace, task)        # kept.of[trial id]: (n, classes) probabilities, or (n,) numbers
    kept.save("trace.jsonl")           # trace.predictions.npz, beside the trace

Each row is predicted by a model that has not seen it. A trial's predictions follow from its configuration and its seed,
so that what no file and no memory holds is predicted again.
"""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from nasbook.space import Config
from nasbook.task import trial_seed
from nasbook.trace import Trace
from nasbook.trial import Trial, on_one_line, plain

if TYPE_CHECKING:
    from nasbook.automl.evaluate import Pipelines

NOT_TRIALS = ("y", "fold", "made")  # what a file holds beside the predictions of each trial


class HoldsOut(Protocol):
    """A task whose trials predict rows that they have not seen: `held_out(config, seed)` (n, classes) or (n,)."""

    y: np.ndarray
    fold: np.ndarray

    def held_out(self, config: Config, seed: int) -> np.ndarray: ...


@dataclass(frozen=True)
class Predictions:
    """of: by the number of the trial (n, classes) float, rows of sum 1, or (n,) numbers; done trials of the full
    fidelity only. y (n,): the numbers of the classes, or numbers. fold (n,): in which fold a row was held out; -1 where
    in none, and there the predictions are NaN. made: by the number of the trial the configuration and the seed, as
    text; a file of an earlier version does not say it."""

    of: dict[int, np.ndarray]
    y: np.ndarray
    fold: np.ndarray
    made: dict[int, str] = field(default_factory=dict)

    def save(self, trace: str | Path) -> Path:
        """Write them beside the file of the trace."""
        path = beside(trace)
        scratch = path.with_name(path.name + ".tmp")
        with open(scratch, "wb") as file:
            made = np.array([self.made.get(i, "") for i in self.of], str)
            np.savez_compressed(file, y=self.y, fold=self.fold, made=made, **{str(i): p for i, p in self.of.items()})  # type: ignore[arg-type]
        os.replace(scratch, path)
        return path

    @classmethod
    def load(cls, trace: str | Path) -> Predictions:
        """Those beside the file of a trace; ValueError where they cannot be read. Nothing that is pickled is loaded."""
        path = beside(trace)
        try:
            with np.load(path, allow_pickle=False) as file:
                of = {int(name): file[name] for name in file.files if name not in NOT_TRIALS}
                y, fold = file["y"], file["fold"]
                made = file["made"].tolist() if "made" in file.files else [""] * len(of)
        except FileNotFoundError:
            raise
        except Exception as error:  # each layer of such a file, zip, deflate, npy, has errors of its own
            said = on_one_line(str(error))[:80]
            raise ValueError(f"{path}: these are no predictions of a search ({said})") from None
        if y.ndim != 1 or fold.shape != y.shape or any(p.shape[:1] != y.shape or p.ndim > 2 for p in of.values()):
            raise ValueError(f"{path}: the predictions have not one row for each of {y.shape} targets")
        if len({p.shape for p in of.values()}) > 1 or any(p.dtype.kind != "f" for p in of.values()):
            raise ValueError(f"{path}: the predictions of the trials are not all numbers of one shape")
        return cls(of, y, fold, {i: text for i, text in zip(of, made, strict=False) if text})


def beside(trace: str | Path) -> Path:
    """The file of the predictions of a trace's file."""
    return Path(trace).with_suffix(".predictions.npz")


def collect(trace: Trace, task: Pipelines, path: str | Path | None = None) -> Predictions:
    """The predictions of all done trials: from the file beside the trace at `path` where it goes with this task and
    these trials, from what the task remembers, or predicted again. A file that cannot be read is a warning."""
    full = task.fidelity.max if task.fidelity else None
    done = [t for t in trace.trials if t.status == "done" and t.fidelity in (None, full)]
    made = {t.id: _made(t.config, seed_of(trace, t)) for t in done}
    known = {} if path is None else _known(path, task, made)
    of = {t.id: known[t.id] if t.id in known else task.held_out(t.config, seed_of(trace, t)) for t in done}
    return Predictions(of, task.y, task.fold, made)


def _known(path: str | Path, task: Pipelines, made: dict[int, str]) -> dict[int, np.ndarray]:
    """What the file beside a trace says of these trials."""
    if not os.path.lexists(beside(path)):
        return {}
    try:
        kept = Predictions.load(path)
    except (OSError, ValueError) as error:
        said = str(error) if isinstance(error, ValueError) else f"{beside(path)}: {error.strerror or error}"
        warnings.warn(f"{said}; what the trials have predicted is computed again", stacklevel=3)
        return {}
    if not (np.array_equal(kept.y, task.y) and np.array_equal(kept.fold, task.fold)):
        return {}
    return {i: p for i, p in kept.of.items() if kept.made.get(i) in (None, made.get(i))}


def _made(config: Config, seed: int) -> str:
    return json.dumps([plain(config), seed], sort_keys=True)


def seed_of(trace: Trace, trial: Trial) -> int:
    """The seed of a trial's training: of the trial that it continues, if it does."""
    return trial_seed(trace.header.seed, int(trial.info.get("continues", trial.id)))
