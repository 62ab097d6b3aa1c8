"""A trace told to TensorBoard, MLflow and W&B, and read back by their own readers, offline."""

import json
import math
import os
import shutil
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import nasbook
from nasbook.scale import load_study, run, track
from nasbook.scale.trackers import MLflow, Wandb, study_id
from nasbook.task import Evaluation, Fidelity
from nasbook.trace import Trace, best_of
from nasbook.trace_file import load, save

SPACE = nasbook.Space(x=nasbook.Float(0, 1), kind=nasbook.Choice(["a", None, "b"]))
N = 7
STUDY = """
schema: nasbook/study@1
name: own/ study
task: {name: "objective:learn"}
space: {x: {type: float, low: 0, high: 1}}
method: {name: random}
fidelity: {unit: epoch, min: 1, max: 3}
budget: {trials: 4}
TRACKING
"""
OBJECTIVE = """
def learn(config, fidelity, report):
    for epoch in range(1, int(fidelity) + 1):
        report(epoch, config["x"] / epoch)
    if config["x"] > 0.9:
        raise ValueError("too\\nlarge")
    return config["x"] / fidelity
"""


def learn(config, fidelity, report):
    for epoch in range(1, int(fidelity) + 1):
        report(epoch, config["x"] + 1 / epoch)
    if config["x"] > 0.6:
        raise ValueError("too\nlarge")
    return Evaluation(config["x"] + 1 / fidelity, metrics={"size": 3, "value": -1, "deep": {"a": 1}})


NAME = "learn-random"


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Which MLflow makes in some hundred steps, each of which waits for the disk: once is enough."""
    folder = tmp_path_factory.mktemp("mlflow")
    MLflow(f"sqlite:///{folder / 'mlflow.db'}")
    return folder / "mlflow.db"


@pytest.fixture
def half(tmp_path: Path, empty_database: Path) -> Path:
    """A trace cut off in the middle of a trial, as a kill leaves it; `whole` beside it goes on to the end."""
    trace = nasbook.search("random", learn, space=SPACE, fidelity=Fidelity("epoch", 1, 4), trials=N, seed=1)
    assert {t.status for t in trace.trials} == {"done", "failed"}
    pruned = next(t for t in trace.trials if t.status == "done" and t is not trace.best)
    out = Trace(replace(trace.header, provenance={**trace.header.provenance, "study": NAME}))
    for kind, t in trace.events:
        if kind == "tell" and t.id == pruned.id:
            curve = (*t.curve[:1], (2.0, None))
            t = replace(t, status="pruned", reason="below the median", curve=curve)
        (out.started if kind == "ask" else out.ended)(t)
    save(out, tmp_path / "whole.jsonl")
    lines = (tmp_path / "whole.jsonl").read_text().splitlines(keepends=True)
    path = tmp_path / "run" / "trace.jsonl"
    path.parent.mkdir()
    shutil.copy(empty_database, path.parent)
    path.write_text("".join(lines[: 2 * 4]))  # the header, three trials, and one that runs
    return path


def grow(half: Path) -> Trace:
    half.write_text((half.parents[1] / "whole.jsonl").read_text())
    return load(half)


def at_least_thrice(half: Path, to: str) -> Trace:
    """Told while it is unfinished, again, when it is whole, again."""
    assert load(half).pending
    assert [track(half, to), track(half, to)] == [3, 0]
    trace = grow(half)
    (half.parent / "study.yaml").write_text("name: x\n")
    assert [track(half.parent, to), track(half, to)] == [N - 3, 0]
    return trace


def test_tensorboard_reads_back_each_curve_and_the_parameters_once(half: Path) -> None:
    trace = at_least_thrice(half, "tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    top = half.parent / "tensorboard" / f"{NAME}-{study_id(trace.header)}"
    assert sorted(p.name for p in top.iterdir()) == ["study", *(f"trial-{i:04d}" for i in range(N))]
    for t in trace.trials:
        events = EventAccumulator(str(top / f"trial-{t.id:04d}")).Reload()
        curve = [(e.step, e.value) for e in events.Scalars("curve/value")]
        expected = [(int(f), v) for f, v in t.curve if v is not None]
        assert [s for s, _ in curve] == [s for s, _ in expected]
        assert [v for _, v in curve] == pytest.approx([v for _, v in expected])
        assert ("value" in events.Tags()["scalars"]) == (t.status == "done")
        if t.status == "done":
            assert [e.value for e in events.Scalars("value")] == pytest.approx([t.value])
        plugin = "_hparams_/session_start_info"
        from tensorboard.plugins.hparams import metadata

        content = events.SummaryMetadata(plugin).plugin_data.content
        given = metadata.parse_session_start_info_plugin_data(content).hparams
        assert given["x"].number_value == pytest.approx(t.config["x"])
        assert given["status"].string_value == t.status
    study = EventAccumulator(str(top / "study")).Reload()
    best = [i for i, v in enumerate(trace.incumbent_values, 1) if math.isfinite(v)]
    assert [e.step for e in study.Scalars("curve/best")] == best
    assert load(top / "study" / "trace.jsonl").digest == trace.digest and (top / "study" / "study.yaml").exists()


def test_mlflow_has_a_parent_with_children_in_its_database(half: Path) -> None:
    trace = at_least_thrice(half, "mlflow")
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{half.parent / 'mlflow.db'}")
    (experiment,) = [e for e in client.search_experiments() if e.name == NAME]
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [r for r in runs if "mlflow.parentRunId" not in r.data.tags]
    children = {int(r.data.tags["nasbook.trial"]): r for r in runs if r is not parent}
    assert sorted(children) == list(range(N)) and len(runs) == N + 1
    assert all(r.data.tags["mlflow.parentRunId"] == parent.info.run_id for r in children.values())
    ends = {"done": "FINISHED", "pruned": "KILLED", "failed": "FAILED"}
    for t in trace.trials:
        r = children[t.id]
        assert (r.info.status, r.data.tags["nasbook.status"]) == (ends[t.status], t.status)
        assert float(r.data.params["x"]) == t.config["x"] and set(r.data.params) == {"x", "kind"}
        history = client.get_metric_history(r.info.run_id, "curve")
        assert [(m.step, m.value) for m in history] == [(int(f), v) for f, v in t.curve if v is not None]
        assert r.data.metrics.get("value") == (t.value if t.status == "done" else None) or t.status != "done"
        assert ("too" in r.data.tags.get("nasbook.reason", "")) == (t.status == "failed")
    assert parent.info.status == "FINISHED" and parent.data.params["method"] == "random"
    best = client.get_metric_history(parent.info.run_id, "best so far")
    assert [(m.step, m.value) for m in best] == [(i, v) for i, v in enumerate(trace.incumbent_values, 1) if v == v]
    assert parent.data.metrics["best"] == best_of(trace.trials).value
    artefacts = Path(client.download_artifacts(parent.info.run_id, ""))
    assert load(artefacts / "trace.jsonl").digest == trace.digest and (artefacts / "study.yaml").exists()


def test_mlflow_writes_a_child_that_was_cut_off_anew(half: Path) -> None:
    track(half, "mlflow")
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{half.parent / 'mlflow.db'}")
    (experiment,) = [e for e in client.search_experiments() if e.name == NAME]
    one = client.search_runs([experiment.experiment_id], "tags.`nasbook.trial` = '1'")[0]
    client.set_terminated(one.info.run_id, "RUNNING")
    assert track(half, "mlflow") == 1
    (again,) = client.search_runs([experiment.experiment_id], "tags.`nasbook.trial` = '1'")
    assert again.info.run_id != one.info.run_id and again.info.status in ("FINISHED", "FAILED", "KILLED")


def records(folder: Path) -> list:
    """A file of W&B: a head of seven bytes, then pieces (checksum, length, kind) in blocks of 32 KiB."""
    from wandb.proto.wandb_internal_pb2 import Record

    (file,) = folder.glob("*.wandb")
    data, at, found, whole = file.read_bytes(), 7, [], b""
    while at + 7 <= len(data):
        if 32768 - at % 32768 < 7:
            at += 32768 - at % 32768
        length, kind = struct.unpack("<HB", data[at + 4 : at + 7])
        whole += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # a whole record, or its last piece
            found.append(Record.FromString(whole))
            whole = b""
    return found


def test_wandb_has_a_folder_for_each_run_with_its_history(half: Path) -> None:
    trace = at_least_thrice(half, "wandb")
    for t in trace.trials:
        (folder,) = half.parent.glob(f"wandb/offline-run-*-{study_id(trace.header)}-{t.id}")
        rows = records(folder)
        history = [
            {i.key or "/".join(i.nested_key): json.loads(i.value_json) for i in r.history.item}
            for r in rows
            if r.HasField("history")
        ]
        assert [(h["_step"], h["value"]) for h in history] == [(int(f), v) for f, v in t.curve if v is not None]
        (began,) = [r.run for r in rows if r.HasField("run")][:1]
        config = {u.key: json.loads(u.value_json) for u in began.config.update}
        assert config["x"] == t.config["x"] and list(began.tags) == [t.status] and began.job_type == "trial"
        assert [r.exit.exit_code for r in rows if r.HasField("exit")] == [int(t.status == "failed")]
        final = {}
        for r in rows:
            final |= {u.key or "/".join(u.nested_key): json.loads(u.value_json) for u in r.summary.update}
        assert final["status"] == t.status
        assert t.status != "done" or final["value"] == t.value
    (folder,) = half.parent.glob(f"wandb/offline-run-*-{study_id(trace.header)}")
    assert [r.run.job_type for r in records(folder) if r.HasField("run")][0] == "study"
    assert sum(r.request.HasField("log_artifact") or r.HasField("artifact") for r in records(folder)) == 2


def test_nothing_is_told_that_is_not_finite(tmp_path: Path, empty_database: Path) -> None:
    trace = Trace(nasbook.search("random", lambda c: c["x"], space=SPACE, trials=1).header)
    for i, value in enumerate((math.nan, math.inf)):
        trial = nasbook.Trial(i, {"x": 0.5, "kind": None}, status="done", value=value, curve=((1.0, value), (2.0, 0.5)))
        trace.started(replace(trial, status="running", value=None, curve=()))
        trace.ended(trial)
    shutil.copy(empty_database, tmp_path / "m.db")
    assert track(trace, "mlflow", f"sqlite:///{tmp_path / 'm.db'}") == 2
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'm.db'}")
    runs = client.search_runs([e.experiment_id for e in client.search_experiments()])
    assert len(runs) == 3
    assert all(math.isfinite(v) for r in runs for v in r.data.metrics.values())


@pytest.fixture
def study(tmp_path: Path, empty_database: Path) -> Path:
    (tmp_path / "out").mkdir()
    shutil.copy(empty_database, tmp_path / "out")
    (tmp_path / "objective.py").write_text(OBJECTIVE)
    path = tmp_path / "study.yaml"
    path.write_text(STUDY.replace("TRACKING", "tracking: {mlflow: true, tensorboard: true, wandb: true}"))
    return path


def test_a_run_tells_its_trackers_as_it_goes_and_track_adds_nothing(study: Path) -> None:
    out = study.parent / "out"
    trace = run(study, out)
    assert len(trace) == 4
    for to in ("mlflow", "tensorboard", "wandb"):
        assert track(out, to) == 0, to
    assert load_study(out / "study.yaml").tracking == load_study(study).tracking
    assert len(list(out.glob("tensorboard/*/trial-*"))) == 4 == len(list(out.glob("wandb/offline-run-*-[0-3]")))
    run(study, out, resume=True)
    assert len(list(out.glob("tensorboard/*/trial-*"))) == 4


def gone(*_: object) -> bool:
    raise SystemExit("gone")


def test_a_tracker_that_fails_is_left_out_with_one_warning(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wandb, "trial", gone)
    (study.parent / "blocked").write_text("a file where a folder should be")
    study.write_text(STUDY.replace("TRACKING", f"tracking: {{wandb: true, tensorboard: {study.parent / 'blocked'}}}"))
    with pytest.warns(UserWarning) as told:
        trace = run(study, study.parent / "out")
    assert len(trace) == 4 and {t.status for t in trace.trials} <= {"done", "failed"}
    texts = sorted(str(w.message) for w in told if "the run does without it" in str(w.message))
    assert [t.split(" has failed")[0] for t in texts] == ["TensorBoard", "Weights & Biases"]
    assert "nasbook track" in texts[0] and "gone" in texts[1]


def nasbook_command(*words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "nasbook", *map(str, words)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env={**os.environ, **environment})


def test_the_command_tells_a_trace_once_and_says_where(half: Path) -> None:
    words = ("track", half, "--to", "mlflow", "--out", "tracked")
    (half.parent / "tracked").mkdir()
    (half.parent / "mlflow.db").rename(half.parent / "tracked" / "mlflow.db")
    first, second = (nasbook_command(*words, cwd=half.parent) for _ in "ab")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert first.stdout.startswith("3 new trials in sqlite:///tracked/mlflow.db. See: mlflow ui --backend-store-uri")
    assert second.stdout.startswith("0 new trials")
    bad = half.parent / "bad.db"
    bad.write_text("no database")
    refused = nasbook_command("track", half, "--to", "mlflow", "--uri", f"sqlite:///{bad}", cwd=half.parent)
    assert refused.returncode == 2 and refused.stderr.count("\n") == 1, refused.stderr
    assert "MLflow" in refused.stderr and "Traceback" not in refused.stderr
