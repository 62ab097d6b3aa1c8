"""A trace in TensorBoard, MLflow or Weights & Biases: the study is the parent, its trials are the children.

    track("runs/mlp/trace.jsonl", "mlflow")      # the same as: nasbook track runs/mlp/trace.jsonl --to mlflow

A run's name is the digest of the trace's header and the number of its trial. By it a tracker knows what it has already:
telling a trace again, or once more after it has grown, adds only what is missing. Only trials that are done have a
value in the end; nothing that is not finite is told.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nasbook.space import Scalar
from nasbook.trace import Header, Trace, Trial
from nasbook.trace_file import load, save

PACKAGES = {
    "tensorboard": ("TensorBoard", "torch.utils.tensorboard", "tensorboard"),
    "mlflow": ("MLflow", "mlflow", "mlflow-skinny sqlalchemy alembic"),
    "wandb": ("Weights & Biases", "wandb", "wandb"),
}  # a tracker: how it is called, what is imported, what is installed


@dataclass
class Row:
    """What is told of a study or of a trial."""

    id: str
    study: str  # the id of the study
    group: str  # the study's name
    name: str
    given: dict[str, Scalar]  # the configuration, or method, task and settings
    curve: list[tuple[int, float]]  # (step, value)
    found: dict[str, float]
    tags: dict[str, str]
    begin: float  # seconds since 1970
    end: float
    files: list[Path] = field(default_factory=list)


def row_of_trial(header: Header, trial: Trial) -> Row:
    study, whole = study_id(header), all(float(f).is_integer() for f, _ in trial.curve)
    points = [(int(f) if whole else i, v) for i, (f, v) in enumerate(trial.curve, 1) if v is not None and isfinite(v)]
    values = (trial.values or (trial.value,)) if trial.status == "done" else ()
    found = {"value" if i == 1 else f"value_{i}": v for i, v in enumerate(values, 1)} | {"cost": trial.cost}
    found |= {f"metric.{name}": x for name, x in trial.metrics.items()}  # as in the columns of a CSV
    found |= {f"used.{name}": x for name, x in trial.used.items()}
    tags = {"status": trial.status, "trial": trial.id, "reason": trial.reason, "fidelity": trial.fidelity}
    begin = _created(header)
    return Row(
        f"{study}-{trial.id}",
        study,
        _group(header),
        f"trial-{trial.id:04d}",
        _given(trial.config),
        points,
        _numbers(found),
        _texts(tags),
        begin + trial.start,
        begin + (trial.end or trial.start),
    )


def row_of_study(trace: Trace) -> Row:
    h, best, trials = trace.header, trace.incumbent, trace.trials
    given = {"method": h.method, "task": h.task, "seed": h.seed, "workers": h.workers}
    given |= {f"settings.{k}": v for k, v in h.settings.items()} | {f"arguments.{k}": v for k, v in h.arguments.items()}
    curve = [(i, float(v)) for i, v in enumerate(trace.incumbent_values, 1) if isfinite(v)]
    many = {s: float(sum(t.status == s for t in trials)) for s in ("done", "failed", "pruned")}
    tags = {"status": "running" if trace.pending else "done", "best trial": None if best is None else best.id}
    begin, name = _created(h), f"{h.method} on {h.task}, seed {h.seed}"
    return Row(
        study_id(h),
        study_id(h),
        _group(h),
        name,
        _given(given),
        curve,
        _numbers({"best": None if best is None else best.value, **many}),
        _texts({**tags, "digest": trace.digest}),
        begin,
        begin + max((t.end or 0.0 for t in trials), default=0.0),
    )


def study_id(header: Header) -> str:
    return hashlib.sha256(json.dumps(header.to_dict(), sort_keys=True).encode()).hexdigest()[:12]


def _group(header: Header) -> str:
    return str(header.provenance.get("study") or f"{header.task}-{header.method}")


def _created(header: Header) -> float:
    try:
        return datetime.fromisoformat(str(header.provenance.get("created"))).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


def _given(config: Mapping[str, object]) -> dict[str, Scalar]:
    return {k: v if isinstance(v, bool | int | float | str) else json.dumps(v) for k, v in config.items()}


def _numbers(found: Mapping[str, object]) -> dict[str, float]:
    fine = {k: v for k, v in found.items() if isinstance(v, int | float) and not isinstance(v, bool)}
    return {k: float(v) for k, v in fine.items() if abs(v) < 1e300}


def _texts(tags: Mapping[str, object]) -> dict[str, str]:
    return {k: str(v) for k, v in tags.items() if v is not None}


# ---- the trackers ----------------------------------------------------------------------------------------
# begin(study), then trial(row) for each trial, which tells whether it was new, then study(row) with its files.


class TensorBoard:
    """A folder of event files for each run below the study's; one that is there is whole."""

    look = "tensorboard --logdir {place}"

    def __init__(self, place: str) -> None:
        self.writer, self.folder = import_module("torch.utils.tensorboard").SummaryWriter, Path(place)

    def begin(self, study: Row) -> None:
        self.top = self.folder / f"{_file_name(study.group)}-{study.id}"

    def trial(self, row: Row) -> bool:
        return not (self.top / row.name).exists() and self._write(self.top / row.name, row, "value")

    def study(self, row: Row) -> None:
        self._write(self.top / "study", row, "best")

    def _write(self, folder: Path, row: Row, label: str) -> bool:
        scratch = folder.with_name(folder.name + ".tmp")
        shutil.rmtree(scratch, ignore_errors=True)
        with self.writer(str(scratch)) as writer:
            for step, value in row.curve:
                writer.add_scalar(f"curve/{label}", value, step)
            for name, text in row.tags.items():
                writer.add_text(name, text)
            writer.add_hparams({**row.given, "status": row.tags["status"]}, row.found, run_name=".")
        for file in row.files:
            shutil.copy(file, scratch)
        shutil.rmtree(folder, ignore_errors=True)
        scratch.rename(folder)
        return True


class MLflow:
    """Runs in an experiment of the study's name; one that has not ended was cut off and is written anew."""

    look = "mlflow ui --backend-store-uri {place}"

    def __init__(self, place: str) -> None:
        self.mlflow, self.place = import_module("mlflow"), place
        for name in ("alembic", "mlflow"):  # which tell of every step of a new database
            logging.getLogger(name).setLevel(logging.ERROR)
        file = Path(place.removeprefix("sqlite:///")) if place.startswith("sqlite:///") else None
        self.artefacts = file and (file.absolute().parent / "mlartifacts").as_uri()
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
        self.client = self.mlflow.MlflowClient(tracking_uri=place)

    def begin(self, study: Row) -> None:
        there = self.client.get_experiment_by_name(study.group)
        self.experiment = there.experiment_id if there else self.client.create_experiment(study.group, self.artefacts)
        token, mine = None, f"tags.`nasbook.study` = '{study.id}'"
        self.known: dict[str, Any] = {}
        while token != "":
            found = self.client.search_runs([self.experiment], mine, max_results=1000, page_token=token)
            self.known |= {run.data.tags["nasbook.id"]: run.info for run in found}
            token = found.token or ""
        self.parent = self.known[study.id].run_id if study.id in self.known else self._new(study, {})

    def trial(self, row: Row) -> bool:
        if old := self.known.get(row.id):
            if old.status != "RUNNING":
                return False
            self.client.delete_run(old.run_id)
        run = self._new(row, {"mlflow.parentRunId": self.parent})
        self._log(run, row, "curve", 0)
        status = {"done": "FINISHED", "pruned": "KILLED"}.get(row.tags["status"], "FAILED")
        self.client.set_terminated(run, status, int(row.end * 1000))
        return True

    def study(self, row: Row) -> None:
        told = max((m.step for m in self.client.get_metric_history(self.parent, "best so far")), default=0)
        self._log(self.parent, row, "best so far", told)
        for file in row.files:
            self.client.log_artifact(self.parent, str(file))
        if row.tags["status"] == "done":
            self.client.set_terminated(self.parent, "FINISHED", int(row.end * 1000))

    def _new(self, row: Row, tags: dict[str, str]) -> str:
        tags = {"nasbook.id": row.id, "nasbook.study": row.study, **tags}
        return str(self.client.create_run(self.experiment, int(row.begin * 1000), tags, row.name).info.run_id)

    def _log(self, run: str, row: Row, label: str, told: int) -> None:
        """In the portions that a server takes."""
        parts, now = self.mlflow.entities, int(row.end * 1000)
        metrics = [parts.Metric(label, v, now, step) for step, v in row.curve if step > told or not told]
        before = self.client.get_run(run).data.metrics
        metrics += [parts.Metric(_key(k), v, now, 0) for k, v in row.found.items() if before.get(_key(k)) != v]
        given = [parts.Param(_key(k), str(v)[:5000]) for k, v in row.given.items()]
        tags = [parts.RunTag(f"nasbook.{_key(k)}", v[:5000]) for k, v in row.tags.items()]
        for i in range(0, max(len(metrics), len(given), len(tags)), 100):
            self.client.log_batch(run, metrics[i : i + 100], given[i : i + 100], tags[i : i + 100])


class Wandb:
    """A folder for each run, offline unless WANDB_MODE says otherwise; a stamp in it says that it is whole."""

    look = "wandb sync {place}/wandb/offline-run-*"

    def __init__(self, place: str) -> None:
        self.wandb, self.folder = import_module("wandb"), Path(place)
        self.folder.mkdir(parents=True, exist_ok=True)

    def begin(self, study: Row) -> None:
        pass

    def trial(self, row: Row) -> bool:
        return self._write(row, "trial", "value", row.id)

    def study(self, row: Row) -> None:
        self._write(row, "study", "best", row.tags["digest"] + row.tags["status"])

    def _write(self, row: Row, kind: str, label: str, stamp: str) -> bool:
        for old in self.folder.glob(f"wandb/*run-*-{row.id}"):
            if (mark := old / "nasbook.stamp").exists() and mark.read_text() == stamp:
                return False
            shutil.rmtree(old)
        options = {"silent": True, "disable_git": True, "disable_code": True, "console": "off", "reinit": "create_new"}
        run = self.wandb.init(
            project=os.environ.get("WANDB_PROJECT", "nasbook"),
            group=f"{row.group}-{row.study}"[:128],
            id=row.id,
            name=row.name,
            job_type=kind,
            config=row.given,
            tags=[row.tags["status"]],
            resume="allow",
            mode=os.environ.get("WANDB_MODE", "offline"),
            dir=str(self.folder),
            settings=self.wandb.Settings(x_disable_stats=True, **options),
        )
        for step, value in row.curve:
            run.log({label: value}, step=step)
        run.summary.update({**row.found, **row.tags})
        for file in row.files:
            artefact = self.wandb.Artifact(f"{row.id}-{file.stem}", "nasbook")
            artefact.add_file(str(file), skip_cache=True)
            run.log_artifact(artefact)
        folder = Path(run.dir).parent
        run.finish(exit_code=int(row.tags["status"] == "failed"))
        (folder / "nasbook.stamp").write_text(stamp)
        return True


def _key(name: str) -> str:
    """A name as MLflow takes it."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-. /") else "_" for c in name)[:240] or "_"


def _file_name(name: str) -> str:
    return _key(name).replace("/", "_").replace(" ", "_").strip(".")[:100]


Tracker = TensorBoard | MLflow | Wandb
TRACKERS: dict[str, type[Tracker]] = {"tensorboard": TensorBoard, "mlflow": MLflow, "wandb": Wandb}


def usual_place(to: str, folder: Path) -> str:
    """Where a tracker keeps what it is told, if nobody says where: beside the trace, MLflow where its variable says."""
    if to == "mlflow":
        return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{folder / 'mlflow.db'}"
    return str(folder / "tensorboard") if to == "tensorboard" else str(folder)


def tracker(to: str, place: str) -> Tracker:
    """One of TRACKERS; ValueError in one sentence where its package is not there."""
    if to not in TRACKERS:
        raise ValueError(f"there is no tracker {to!r}; there are {', '.join(TRACKERS)}")
    title, _, packages = PACKAGES[to]
    try:
        return TRACKERS[to](place)
    except ImportError:
        raise ValueError(f"{title} is not installed: pip install {packages}") from None
    except Exception as error:
        raise ValueError(f"{title} at {place} cannot be used: {said(error)}") from error


def track(trace: Trace | str | Path, to: str, place: str | Path | None = None) -> int:
    """Tell a tracker ("tensorboard", "mlflow", "wandb") of a trace, and return how many trials were new to it.

    trace: also its file, or the folder of a run; what lies beside it as study.yaml goes along. place: a folder, for
    MLflow a tracking URI (sqlite:///mlflow.db); by default beside the trace. A trace may be told while it grows.

    Raises ValueError, in one sentence, where the tracker is not installed or refuses."""
    path = None if isinstance(trace, Trace) else _file_of(trace)
    found = trace if isinstance(trace, Trace) else load(_file_of(trace))
    there = Path.cwd() if path is None else path.parent
    made = tracker(to, usual_place(to, there) if place is None else str(place))
    with TemporaryDirectory() as scratch:
        files = [path or save(found, Path(scratch) / "trace.jsonl"), there / "study.yaml"]
        try:
            return tell(made, found, [f for f in files if f.is_file() and (path or f.parent != there)])
        except Exception as error:
            raise ValueError(f"{PACKAGES[to][0]} has failed: {said(error)}") from error


def tell(made: Tracker, trace: Trace, files: list[Path]) -> int:
    """What the tracker does not know yet, and what lies on disk; returns how many trials were new."""
    made.begin(row_of_study(trace))
    new = sum(made.trial(row_of_trial(trace.header, t)) for t in trace.trials)
    study = row_of_study(trace)
    study.files = files
    made.study(study)
    return new


def said(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _file_of(path: str | Path) -> Path:
    return Path(path) / "trace.jsonl" if Path(path).is_dir() else Path(path)
