"""`nasbook run` on real processes: to the end, through kills, timeouts, locks and interrupts."""

import random
import signal
import subprocess
import time

import psutil
import pytest
from scale.starting import LEARN, command, hold, nasbook_run, starts, wait_for

import nasbook
from nasbook.scale import load_study, run
from nasbook.task import trial_seed
from nasbook.trace import Trace

# ---- to the end ------------------------------------------------------------------------------------------


def test_a_run_leaves_a_trace_a_copy_of_the_study_and_no_checkpoints(study, tmp_path):
    path, out = study("learn", 4, LEARN), tmp_path / "out"
    trace = run(path, out)
    assert Trace.load(out / "trace.jsonl").digest == trace.digest
    assert load_study(out / "study.yaml", check=False) == load_study(path, check=False)
    assert not (out / "checkpoints").exists()
    for trial in trace.trials:
        seed = trial_seed(5, trial.id)
        expected = (trial.config["x"] - 0.3) ** 2 + (seed % 1000) / 1e6
        assert trial.value == pytest.approx(expected, rel=1e-12)
        assert [f for f, _ in trial.curve] == [1, 2, 3, 4, 5, 6]
        assert trial.cost >= 6 * 0.03 and trial.end >= trial.start


def test_one_worker_asks_for_what_a_search_in_the_notebook_asks_for(study, tmp_path):
    trace = run(study("square", 8, "seeds: {search: 3}"), tmp_path / "out")
    space = nasbook.Space(x=nasbook.Float(0, 1))
    here = nasbook.search("random", lambda c: (c["x"] - 0.3) ** 2, space=space, trials=8, seed=3)
    assert trace.digest == here.digest


def test_the_trace_can_be_replayed_like_one_from_a_notebook(study, tmp_path):
    trace = run(study("square", 6, "workers: 2"), tmp_path / "out")
    again = list(nasbook.replay(Trace.load(tmp_path / "out" / "trace.jsonl")))
    assert [s.trial for s in again] == trace.trials


def test_two_workers_work_at_the_same_time(study, tmp_path):
    path = study("learn", 6, LEARN + "\nworkers: 2")
    trace = run(path, tmp_path / "out")
    assert {t.worker for t in trace.trials} == {0, 1}
    assert len({row["pid"] for row in starts(path)}) == 2
    spans = sorted((t.start, t.end) for t in trace.trials)
    assert any(b[0] < a[1] for a, b in zip(spans, spans[1:], strict=False))


def test_first_trials_come_first_and_one_training_seed_serves_all(study, tmp_path):
    more = "first:\n- {x: 0.25}\n- {x: 0.75}\nfidelity: {unit: epoch, min: 1, max: 2}\nseeds: {training: 7}"
    path = study("learn", 3, more)
    trace = run(path, tmp_path / "out")
    assert [t.config["x"] for t in trace.trials[:2]] == [0.25, 0.75]
    assert [row["seed"] for row in starts(path)] == [7, 7, 7]


def test_a_table_runs_on_its_simulated_clock(tmp_path):
    notebook = nasbook.search("random", "nb201-cifar10", trials=20, seed=4)
    path = notebook.export(tmp_path / "study.yaml", trials=60, workers=4)
    trace = run(path, tmp_path / "out")
    best = sorted(notebook.trials, key=lambda t: t.value)[:5]
    here = nasbook.search("random", "nb201-cifar10", trials=60, seed=4, workers=4, first=[t.config for t in best])
    assert trace.digest == here.digest
    assert trace.times[-1] > 1000  # seconds of the table's machine, not of this one
    assert len({t.worker for t in trace.trials}) == 4


@pytest.mark.slow
def test_digits_train_for_real_on_two_workers(tmp_path):
    notebook = nasbook.search("random", nasbook.task("digits-mlp", epochs=1, train=200), trials=2, seed=1)
    path = notebook.export(tmp_path / "study.yaml", trials=4, epochs=2, train=300, workers=2)
    done = nasbook_run(path, "--out", tmp_path / "out", timeout=280)
    assert done.returncode == 0, done.stderr
    trace = Trace.load(tmp_path / "out" / "trace.jsonl")
    assert [t.status for t in trace.trials] == ["done"] * 4
    assert all([f for f, _ in t.curve] == [1, 2] for t in trace.trials)
    trial = trace.trials[0]
    task = nasbook.task("digits-mlp", epochs=2, train=300)
    alone = task.evaluate(trial.config, seed=trial_seed(1, trial.id))
    assert trial.value == alone.value


# ---- pruning ---------------------------------------------------------------------------------------------


def test_a_method_stops_a_trial_at_the_report_it_dislikes(study, tmp_path, monkeypatch):
    from nasbook.hpo.random import RandomSearch

    asked = []

    def should_stop(self, trial, curve):
        asked.append((trial.id, [f for f, _ in curve]))
        return "not good enough" if trial.id == 1 and len(curve) == 3 else None

    monkeypatch.setattr(RandomSearch, "should_stop", should_stop)
    trace = run(study("learn", 3, LEARN), tmp_path / "out")
    assert [t.status for t in trace.trials] == ["done", "pruned", "done"]
    pruned = trace.trials[1]
    assert pruned.reason == "not good enough" and pruned.value == pruned.curve[-1][1] and len(pruned.curve) == 3
    assert asked[:6] == [(0, list(range(1, n + 1))) for n in range(1, 7)]


# ---- the parent killed -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("draw", [0])
def test_killed_at_random_moments_a_run_resumes_to_the_same_result(study, tmp_path, draw):
    path = study("learn", 8, LEARN)
    straight = run(path, tmp_path / "straight")
    log = tmp_path / "starts.log"
    log.unlink()
    out, rng, kills = tmp_path / "out", random.Random(draw), 0
    while True:
        process = subprocess.Popen(command("run", path, "--out", out, "--resume"), stderr=subprocess.DEVNULL)
        # most of a run is start-up: count from the moment at which it trains, sometimes not even that
        if rng.random() < 0.8:
            seen = len(starts(path)) if log.exists() else 0
            deadline = time.monotonic() + 200
            while process.poll() is None and not (log.exists() and len(starts(path)) > seen):
                assert time.monotonic() < deadline
                time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.4))
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.kill()
        if process.wait() == 0:
            break
        kills += 1
        assert not psutil.wait_procs(children, timeout=100)[1], "a worker outlived its parent"
        if kills == 4:
            done = nasbook_run(path, "--out", out, "--resume")
            assert done.returncode == 0, done.stderr
            break
    trace = Trace.load(out / "trace.jsonl")
    assert kills >= 2
    assert trace.digest == straight.digest
    assert [t.curve for t in trace.trials] == [t.curve for t in straight.trials]
    assert any(row["epoch"] > 0 for row in starts(path)), "nothing went on from a checkpoint"
    assert not (out / "checkpoints").exists()


def test_killed_with_two_workers_a_run_loses_nothing_that_had_ended(study, tmp_path):
    path, out = study("learn", 10, LEARN + "\nworkers: 2"), tmp_path / "out"
    evolution = "{name: regularized-evolution, settings: {population: 3, sample: 2}}"  # its asks depend on its tells
    path.write_text(path.read_text().replace("{name: random}", evolution))
    before: list[str] = []
    trace_file = out / "trace.jsonl"
    for _ in range(2):
        begun = len(starts(path)) if (tmp_path / "starts.log").exists() else 0
        hold(path, starts=begun + 6)  # two go on, four are new: it cannot be over before it is killed
        process = subprocess.Popen(command("run", path, "--out", out, "--resume"), stderr=subprocess.DEVNULL)
        lines = len(before) + 4
        assert wait_for(lambda n=lines: trace_file.exists() and trace_file.read_bytes().count(b"\n") > n)
        process.kill()
        process.wait()
        before = trace_file.read_text().splitlines()
    hold(path)
    running = Trace.load(trace_file).pending
    done = nasbook_run(path, "--out", out, "--resume")
    assert done.returncode == 0, done.stderr
    after = trace_file.read_text().splitlines()
    assert after[: len(before) - 1] == before[:-1]
    trace = Trace.load(trace_file)
    assert sorted(t.id for t in trace.trials) == list(range(10)) and not trace.pending
    ended = {t.id: t.config for t in trace.trials}
    assert all(ended[t.id] == t.config for t in running)
    again = list(nasbook.replay(trace))  # refuses a trace whose asks the method would not repeat
    assert [s.trial for s in again] == trace.trials
    assert {t.info["parent"] for t in trace.trials if "parent" in t.info} <= set(range(10))


def test_a_header_cut_off_by_a_kill_is_written_again(study, tmp_path):
    path, out = study("square", 2), tmp_path / "out"
    out.mkdir()
    (out / "trace.jsonl").write_text('{"schema": "nasb')
    assert len(run(path, out)) == 2


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(study, tmp_path):
    path, out = study("learn", 50, LEARN), tmp_path / "out"
    hold(path, starts=5)
    process = subprocess.Popen(
        command("run", path, "--out", out), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert wait_for(lambda: (tmp_path / "starts.log").exists() and len(starts(path)) > 2)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=200)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert f"this goes on: nasbook run {path} --out {out} --resume" in errors
    assert not psutil.wait_procs(children, timeout=100)[1]
    trace = Trace.load(out / "trace.jsonl")
    assert len(trace) >= 2 and len(trace.pending) <= 1


def test_no_trial_starts_after_the_hours_are_over(study, tmp_path):
    path = study("learn", 1000, LEARN)
    path.write_text(path.read_text().replace("{trials: 1000}", f"{{hours: {1.0 / 3600}}}"))
    trace = run(path, tmp_path / "out")
    assert 1 <= len(trace) < 100 and not trace.pending
    assert all(t.start < 1.0 for t in trace.trials)
