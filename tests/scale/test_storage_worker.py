"""Workers on a database: two of them, a stopped one, one that slept, one whose disk is full."""

import json
import resource
import signal
import threading
import time

import optuna
import pytest
from scale.database import EPOCHS, replayed, worker
from waiting import PATIENCE, until

from nasbook import cli
from nasbook.scale import from_optuna, load_study, run
from nasbook.scale.job import Job
from nasbook.scale.storage import STUDY, again, begin, stored, trace_of
from nasbook.scale.storage_worker import work
from nasbook.scale.trust import Trust
from nasbook.trace import Trace


@pytest.mark.parametrize("method", ["random", "grid", "regularized-evolution", "cma-es", "hyperband"])
def test_one_worker_makes_the_search_that_a_run_makes(study, tmp_path, monkeypatch, method):
    halving = method == "hyperband"
    path = study("learn" if halving else "square", trials=12, more="first: [{x: 0.25}]\n" + EPOCHS * halving)
    settings = {"grid": "{resolution: 4}", "asha": "{max_fidelity: 6}", "hyperband": "{max_fidelity: 6}"}.get(
        method, "{}"
    )
    text = path.read_text().replace("{name: random}", f"{{name: {method}, settings: {settings}}}")
    path.write_text(text)
    url = f"sqlite:///{tmp_path / 'db'}"
    n = work(url, tmp_path / "shared", Trust(tmp_path), study=load_study(path), index=0)
    trace = trace_of(stored(url))
    local = run(path, tmp_path / "local")
    assert n == len(trace) == len(local) and trace.digest == local.digest
    assert [t.curve for t in trace.trials] == [t.curve for t in local.trials]
    assert trace.header.differences(local.header) == []
    monkeypatch.chdir(tmp_path)  # whichever trace is brought back, an export of it trains for as long
    monkeypatch.syspath_prepend(tmp_path)
    for i, found in enumerate((trace, local)):
        again = load_study(found.export(tmp_path / f"{i}.yaml", best=0), trust=Trust(tmp_path))
        assert again.fidelity == load_study(path).fidelity
    assert from_optuna(stored(url)).digest == trace.digest  # Optuna's own view of it
    replayed(trace, path)
    trace.save(tmp_path / "t.jsonl")
    assert Trace.load(tmp_path / "t.jsonl").digest == trace.digest
    assert trace.plot("history") is not None


def test_a_clock_that_is_set_back_makes_no_trial_end_before_it_begins(study, tmp_path, monkeypatch):
    from nasbook.scale import storage_worker

    path, real = study("square", trials=3), time.time
    url = f"sqlite:///{tmp_path / 'db'}"
    back = iter([0.0, -1000.0, -1.0, -5000.0] * 50)
    monkeypatch.setattr(storage_worker.clock, "time", lambda: real() + next(back, -1e4))
    work(url, tmp_path / "shared", Trust(tmp_path), study=load_study(path), index=0)
    monkeypatch.undo()
    trace = trace_of(stored(url))
    assert [t.status for t in trace.trials] == ["done"] * 3 and all(0 <= t.start <= t.end for t in trace.trials)


def test_two_workers_share_a_study_and_the_trial_of_a_killed_one_goes_on(study, tmp_path):
    path = study("learn", trials=7, more=EPOCHS)
    url = f"sqlite:///{tmp_path / 'db'}"
    (tmp_path / "hold.json").write_text('{"epoch": 3}')
    log = tmp_path / "starts.log"
    two = [worker(url, tmp_path, "--study", "study.yaml") for _ in range(2)]
    until(lambda: log.exists() and log.read_text().count("\n") == 2 or any(w.poll() for w in two))
    starts = [json.loads(line) for line in log.read_text().splitlines()]
    assert {s["pid"] for s in starts} == {w.pid for w in two}
    cut = next(s for s in starts if s["pid"] == two[0].pid)
    until(lambda: sum(len(t.intermediate_values) for t in stored(url).trials) >= 6)  # both have reported three epochs
    before = trace_of(stored(url))
    assert len(before) == 0 and len(before.pending) == 2
    two[0].send_signal(signal.SIGKILL)
    (tmp_path / "hold.json").unlink()
    said = two[1].communicate(timeout=120)[1]
    assert two[1].returncode == 0, said
    trace = trace_of(stored(url))
    starts = [json.loads(line) for line in log.read_text().splitlines()]
    assert len(trace) == trace.asked == 7 and {t.status for t in trace.trials} == {"done"}
    assert sorted(t.id for t in trace.trials) == list(range(7))
    again = [s["epoch"] for s in starts if s["x"] == cut["x"]]
    assert len(starts) == 8 and again[0] == 0 and again[1] in (2, 3)  # at most one epoch is lost
    assert all([f for f, _ in t.curve] == [1, 2, 3, 4, 5, 6] for t in trace.trials)
    assert {t.worker for t in trace.trials} in ({0}, {1})  # whoever lived
    replayed(trace, path)
    there = stored(url)
    there.tell(there.ask(), state=optuna.trial.TrialState.FAIL)  # as of a worker that found nothing left to ask
    back = from_optuna(stored(url))
    assert back.space == trace.space and sorted(t.value for t in back.trials) == sorted(t.value for t in trace.trials)
    assert [t.state.name for t in stored(url).trials].count("COMPLETE") == 7
    late = worker(url, tmp_path)  # it finds that all is done
    assert late.wait(timeout=PATIENCE) == 0 and len(trace_of(stored(url))) == 7
    assert trace.plot("history") is not None


def test_a_worker_that_is_stopped_leaves_its_trial_to_the_next(study, tmp_path):
    path = study("learn", trials=3, more=EPOCHS + "budget: {trials: 3, max_failures: 0}\n")
    path.write_text(path.read_text().replace("budget: {trials: 3}\n", ""))
    url = f"sqlite:///{tmp_path / 'db'}"
    (tmp_path / "hold.json").write_text('{"epoch": 3}')
    first = worker(url, tmp_path, "--study", "study.yaml")
    until(lambda: (tmp_path / "db").exists() and first.poll() is None)
    until(lambda: (tmp_path / "starts.log").exists())
    until(lambda: any(len(t.intermediate_values) == 3 for t in stored(url).trials))
    first.send_signal(signal.SIGTERM)
    said = first.communicate(timeout=PATIENCE)[1]
    assert first.returncode == 130 and "Traceback" not in said, said
    (tmp_path / "hold.json").unlink()
    assert len(trace_of(stored(url))) == 0
    (job,) = (tmp_path / "runs/shared").glob("checkpoints/*/progress.json")
    saved = Job.load(None, job.parent)
    spent = 60 + saved.seconds
    assert saved.used["seconds"] > 0.08
    used = {**saved.used, "cpu_seconds": 60.0}
    job.write_text(json.dumps({**json.loads(job.read_text()), "seconds": spent, "used": used}))
    assert spent > 60, "it is written how long the trial took before"
    work(url, tmp_path / "runs/shared", Trust(tmp_path), beat=60)  # nobody waits for a heart that has stopped
    trace = trace_of(stored(url))
    assert trace.trials[0].cost > spent and trace.trials[1].cost < spent
    assert trace.trials[0].used["cpu_seconds"] > 60 > trace.cost().cpu_seconds - 60
    assert trace.trials[0].used["seconds"] > saved.used["seconds"] + 0.08, "both processes count"
    assert [t.status for t in trace.trials] == ["done"] * 3 and len(trace.trials[0].curve) == 6


def test_failures_and_stops_are_in_the_trace(study, tmp_path):
    path = study("fails", trials=3)
    url = f"sqlite:///{tmp_path / 'db'}"
    work(url, tmp_path / "shared", Trust(tmp_path), study=load_study(path))
    trace = trace_of(stored(url))
    assert [t.reason for t in trace.trials] == ["RuntimeError: no luck today"] * 3
    path = study("learn", trials=8, more=EPOCHS)
    path.write_text(path.read_text().replace("{name: random}", "{name: median-stopping}").replace("test", "stops"))
    work(url, tmp_path / "shared", Trust(tmp_path), study=load_study(path))
    trace = trace_of(stored(url, "stops"))
    local = run(path, tmp_path / "local")
    assert trace.digest == local.digest and "pruned" in {t.status for t in trace.trials}


def test_a_worker_that_slept_for_too_long_leaves_its_trial_to_the_one_that_has_it_now(study, tmp_path):
    """As a laptop that was closed, or a job that was suspended: the trial is another's, and is told once."""
    path = study("learn", trials=2, more=EPOCHS)
    url, said = f"sqlite:///{tmp_path / 'db'}", []
    (tmp_path / "hold.json").write_text('{"epoch": 3}')

    def take_away():
        until(lambda: (tmp_path / "starts.log").exists())
        until(lambda: any(len(t.intermediate_values) == 3 for t in stored(url).trials))
        there = stored(url)
        (running,) = there.trials
        there._storage.set_trial_state_values(running._trial_id, optuna.trial.TrialState.FAIL)
        again(there, running, 2)
        (tmp_path / "hold.json").unlink()

    taker = threading.Thread(target=take_away, daemon=True)
    taker.start()
    assert work(url, tmp_path / "shared", Trust(tmp_path), study=load_study(path), say=said.append) == 2
    taker.join()
    trace = trace_of(stored(url))
    assert [t.status for t in trace.trials] == ["done"] * 2 and sum("given to another" in s for s in said) == 1
    assert all([f for f, _ in t.curve] == [1, 2, 3, 4, 5, 6] for t in trace.trials)
    starts = [json.loads(line) for line in (tmp_path / "starts.log").read_text().splitlines()]
    assert [s["epoch"] for s in starts] in ([0, 3, 0], [0, 4, 0])
    replayed(trace, path)


def test_a_full_disk_ends_a_worker_with_a_sentence_and_what_was_told_is_kept(study, tmp_path, capsys):
    path = study("square", trials=60)
    begin(load_study(path), f"sqlite:///{tmp_path / 'db'}", Trust(tmp_path))
    words = ["worker", f"sqlite:///{tmp_path / 'db'}", "--folder", str(tmp_path), "--out", str(tmp_path / "out")]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "db").stat().st_size + 4096, limits[1]))
    try:
        code = cli.main(words)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    said = capsys.readouterr().err.splitlines()
    told = sum(": done, " in line for line in said)
    assert code == 2 and f"nasbook: the storage sqlite:///{tmp_path / 'db'} takes nothing: " in said[-1], said
    assert not any("Traceback" in line for line in said)
    assert len(trace_of(stored(words[1]))) == told < 60
    there = stored(words[1])
    there.set_user_attr(STUDY, {**there.user_attrs[STUDY], "budget": {"trials": told + 1}})
    assert cli.main([*words, "--heartbeat", "1"]) == 0 and len(trace_of(stored(words[1]))) == told + 1
