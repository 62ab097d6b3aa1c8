"""Out-of-fold predictions of a search's trials: what ensembles and honest numbers are made of.

    kept = collect(trace, task)        # kept.of[trial id]: (n, classes) probabilities, or (n,) numbers
    kept.save("trace.jsonl")           # trace.predictions.npz, beside the trace

Each row is predicted by a model that has not seen it. A trial's predictions follow from its configuration and its seed,
so that what no file and no memory holds is predicted again.
"""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from nasbook.space import Config
from nasbook.task import trial_seed
from nasbook.trace import Trace


class HoldsOut(Protocol):
    """A task whose trials predict rows that they have not seen: `held_out(config, seed)` (n, classes) or (n,)."""

    y: np.ndarray
    fold: np.ndarray

    def held_out(self, config: Config, seed: int) -> np.ndarray: ...


@dataclass(frozen=True)
class Predictions:
    """of: by the number of the trial (n, classes) float, rows of sum 1, or (n,) numbers; done trials of the full
    fidelity only. y (n,): the numbers of the classes, or numbers. fold (n,): in which fold a row was held out; -1 where
    in none, and there the predictions are NaN."""

    of: dict[int, np.ndarray]
    y: np.ndarray
    fold: np.ndarray

    def save(self, trace: str | Path) -> Path:
        """Write them beside the file of the trace."""
        path = beside(trace)
        scratch = path.with_name(path.name + ".tmp")
        with open(scratch, "wb") as file:
            np.savez_compressed(file, y=self.y, fold=self.fold, **{str(i): p for i, p in self.of.items()})  # type: ignore[arg-type]
        os.replace(scratch, path)
        return path

    @classmethod
    def load(cls, trace: str | Path) -> Predictions:
        """Those beside the file of a trace; ValueError where they cannot be read. Nothing that is pickled is loaded."""
        path = beside(trace)
        try:
            with np.load(path, allow_pickle=False) as file:
                of = {int(name): file[name] for name in file.files if name not in ("y", "fold")}
                y, fold = file["y"], file["fold"]
        except FileNotFoundError:
            raise
        except (KeyError, OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(f"{path}: these are no predictions of a search ({str(error)[:80]})") from None
        if y.ndim != 1 or fold.shape != y.shape or any(p.shape[:1] != y.shape or p.ndim > 2 for p in of.values()):
            raise ValueError(f"{path}: the predictions have not one row for each of {y.shape} targets")
        return cls(of, y, fold)


def beside(trace: str | Path) -> Path:
    """The file of the predictions of a trace's file."""
    return Path(trace).with_suffix(".predictions.npz")


def collect(trace: Trace, task: Any, path: str | Path | None = None) -> Predictions:
    """The predictions of all done trials: from the file beside the trace at `path` where it goes with this task, from
    what the task remembers, or predicted again."""
    known: dict[int, np.ndarray] = {}
    if path is not None and beside(path).exists():
        kept = Predictions.load(path)
        known = kept.of if np.array_equal(kept.y, task.y) and np.array_equal(kept.fold, task.fold) else {}
    full = task.fidelity.max if task.fidelity else None
    done = [t for t in trace.trials if t.status == "done" and t.fidelity in (None, full)]
    of = {t.id: known[t.id] if t.id in known else task.held_out(t.config, seed_of(trace, t)) for t in done}
    return Predictions(of, task.y, task.fold)


def seed_of(trace: Trace, trial: Any) -> int:
    """The seed of a trial's training: of the trial that it continues, if it does."""
    return trial_seed(trace.header.seed, int(trial.info.get("continues", trial.id)))
