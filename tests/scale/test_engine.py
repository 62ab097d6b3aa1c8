"""`nasbook run` on real processes: to the end, through kills, timeouts, locks and interrupts."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import nasbook
from nasbook.scale import RunError, load_study, run
from nasbook.scale.machine import gpus_of
from nasbook.task import trial_seed
from nasbook.trace import Trace

LEARN = "fidelity: {unit: epoch, min: 1, max: 6}\nseeds: {search: 5}"


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "nasbook.cli", *map(str, arguments)]


def nasbook_run(*arguments: object, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command("run", *arguments), capture_output=True, text=True, timeout=timeout)


def starts(study: Path) -> list[dict]:
    return [json.loads(line) for line in (study.parent / "starts.log").read_text().splitlines()]


def hold(study: Path, **at: int) -> None:
    """Let the trainings of objective:learn wait there, so that nothing comes too late for it; with nothing, go on."""
    file = study.parent / "hold.json"
    if at:
        scratch = file.with_suffix(".tmp")
        scratch.write_text(json.dumps(at))
        scratch.replace(file)
    else:
        file.unlink()


def wait_for(condition, seconds: float = 200.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


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


def test_what_a_task_prints_goes_to_the_log(study, tmp_path, capfd):
    trace = run(study("printing", 2), tmp_path / "out")
    assert len(trace.trials) == 2 and trace.best.status == "done"
    assert capfd.readouterr().out == ""
    log = (tmp_path / "out" / "logs" / "worker-0.log").read_text()
    assert log.count("a word on stdout") == 2 and log.count("and one past Python") == 2


def test_workers_are_told_how_many_threads_they_have(study, tmp_path):
    path = study("threads", 1, "resources: {cpus: 3, device: cpu}")
    run(path, tmp_path / "out")
    assert starts(path) == [{"threads": "3", "gpus": ""}]
    assert os.environ.get("OMP_NUM_THREADS") != "3"


def test_half_a_gpu_each_means_that_two_share_one(study, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    path = study("square", 4, "workers: 4\nresources: {gpus: 0.5}")
    seen = [gpus_of(load_study(path), i)["CUDA_VISIBLE_DEVICES"] for i in range(4)]
    assert seen == ["4", "4", "7", "7"]
    path = study("square", 4, "workers: 2\nresources: {gpus: 2}")
    assert gpus_of(load_study(path), 0)["CUDA_VISIBLE_DEVICES"] == "4,7"
    with pytest.raises(RunError, match="2 workers with 2 GPUs each are more than the 2 GPUs here"):
        gpus_of(load_study(path), 1)


def test_a_study_for_cuda_does_not_run_on_the_cpu_unnoticed(study, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(RunError, match="the study's device is cuda, but this machine shows no GPU"):
        run(study("square", 2, "resources: {device: cuda}"), tmp_path / "a")
    run(study("square", 2, "resources: {gpus: 0.5}"), tmp_path / "b", progress=True)
    assert "this machine shows none: its trials run on the CPU" in capsys.readouterr().err


def test_exceptions_and_exits_inside_a_task_are_failed_trials(study, tmp_path):
    trace = run(study("fails", 3), tmp_path / "a")
    assert [t.reason for t in trace.trials] == ["RuntimeError: no luck today"] * 3
    trace = run(study("leaves", 2), tmp_path / "b")
    assert [(t.status, t.reason) for t in trace.trials] == [("failed", "SystemExit: enough")] * 2


def test_a_table_runs_on_its_simulated_clock(tmp_path):
    notebook = nasbook.search("random", "nb201-cifar10", trials=20, seed=4)
    path = notebook.export(tmp_path / "study.yaml", trials=60, workers=4)
    trace = run(path, tmp_path / "out")
    best = sorted(notebook.trials, key=lambda t: t.value)[:5]
    here = nasbook.search("random", "nb201-cifar10", trials=60, seed=4, workers=4, first=[t.config for t in best])
    assert trace.digest == here.digest
    assert trace.times[-1] > 1000  # seconds of the table's machine, not of this one
    assert len({t.worker for t in trace.trials}) == 4


def test_what_needs_no_workers_runs_here_whatever_the_engine_and_says_so(tmp_path, capsys):
    notebook = nasbook.search("random", "nb201-cifar10", trials=3, seed=4)
    path = notebook.export(tmp_path / "study.yaml", trials=6)
    trace = run(path, tmp_path / "ray", engine="ray", progress=True)  # Ray is not even imported
    assert "random on nb201-cifar10 is a search in a table: it runs here, without ray" in capsys.readouterr().err
    assert trace.digest == run(path, tmp_path / "local", progress=True).digest
    assert "it runs here" not in capsys.readouterr().err


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


# ---- workers that die ------------------------------------------------------------------------------------


def test_a_trial_whose_worker_is_killed_runs_again(study, tmp_path):
    trace = run(study("dies_once", 3), tmp_path / "out")
    assert [t.status for t in trace.trials] == ["done"] * 3
    assert [t.id for t in trace.trials] == [0, 1, 2]


def test_a_trial_that_kills_every_worker_fails_with_the_reason(study, tmp_path):
    path = study("dies", 2, "")
    path.write_text(path.read_text().replace("{trials: 2}", "{trials: 2, max_failures: 1}"))
    trace = run(path, tmp_path / "out")
    assert [t.status for t in trace.trials] == ["failed"] * 2
    assert "killed by SIGKILL" in trace.trials[0].reason and "(2 times)" in trace.trials[0].reason


def test_after_sigkill_of_a_worker_its_trial_goes_on_from_the_checkpoint(study, tmp_path):
    path, out = study("learn", 2, "fidelity: {unit: epoch, min: 1, max: 30}\nseeds: {search: 5}"), tmp_path / "out"
    hold(path, epoch=5)
    process = subprocess.Popen(command("run", path, "--out", out), stderr=subprocess.PIPE, text=True)
    try:
        state = out / "checkpoints" / "0" / "state"
        assert wait_for(lambda: state.exists() and json.loads(state.read_text())["epoch"] >= 5)
        os.kill(starts(path)[0]["pid"], signal.SIGKILL)
        hold(path)
        _, errors = process.communicate(timeout=200)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert "was killed by SIGKILL" in errors and "trial 0 goes on in a new process" in errors
    first, again = starts(path)[:2]
    assert first["x"] == again["x"] and first["epoch"] == 0 and again["epoch"] >= 5
    trial = Trace.load(out / "trace.jsonl").trials[0]
    assert [f for f, _ in trial.curve] == list(range(1, 31))
    assert trial.cost >= 30 * 0.03  # of both processes


def test_what_all_processes_of_a_trial_have_used_is_counted(study, tmp_path):
    """Its worker is killed after three epochs, and the driver after four."""
    path, out = study("learn", 2, LEARN), tmp_path / "out"
    saved = out / "checkpoints" / "0" / "progress.json"

    def progress(epochs):
        state = saved.with_name("state")  # written after the report
        assert wait_for(lambda: state.exists() and json.loads(state.read_text())["epoch"] == epochs, 60)
        return json.loads(saved.read_text())["used"]["seconds"]

    hold(path, epoch=3)
    process = subprocess.Popen(command("run", path, "--out", out), stderr=subprocess.DEVNULL)
    try:
        three = progress(3)
        os.kill(starts(path)[0]["pid"], signal.SIGKILL)
        four = progress(4)
    finally:
        process.kill()
        process.wait()
    assert three > 0.08 and four > three + 0.02
    row = json.loads(saved.read_text())
    saved.write_text(json.dumps({**row, "used": {**row["used"], "cpu_seconds": 60.0, "peak_bytes": 1e15}}))
    hold(path)
    trace = run(path, out, resume=True)
    first, second = trace.trials
    assert first.used["seconds"] > four + 0.05 and first.cost > first.used["seconds"] - 0.01
    assert first.used["cpu_seconds"] > 60 > second.used["cpu_seconds"] and first.used["peak_bytes"] == 1e15
    assert trace.cost().cpu_seconds > 60 and trace.cost().seconds > four + 0.05


@pytest.mark.parametrize("engine", ["local", "optuna"])
def test_a_trial_that_ends_all_its_processes_has_used_what_it_had_saved(study, tmp_path, engine):
    path = study("dies_later", 1)
    path.write_text(path.read_text().replace("{trials: 1}", "{trials: 1, max_failures: 1}"))
    (trial,) = run(path, tmp_path / "out", engine=engine).trials
    assert trial.status == "failed" and "(2 times)" in trial.reason
    assert trial.used["seconds"] >= 0.1 and trial.cost >= 0.1, "twice 0.05 s"


def test_a_worker_that_takes_no_hint_is_killed_when_its_time_is_over(study, tmp_path, monkeypatch):
    monkeypatch.setattr("nasbook.scale.dispatch.GRACE", 0.3)
    path = study("hangs", 3, "first: [{x: 0.9}, {x: 0.1}, {x: 0.8}]")
    path.write_text(path.read_text().replace("{trials: 3}", "{trials: 3, timeout: 3}"))
    trace = run(path, tmp_path / "out")
    assert [t.status for t in trace.trials] == ["done", "failed", "done"]
    assert trace.trials[1].reason == "timed out after 3 s"


def test_a_worker_that_cannot_make_the_task_says_why(study, tmp_path, monkeypatch):
    path = study("square", 2)
    objective = tmp_path / "objective.py"
    objective.write_text(
        "import os\nif 'nasbook.scale.worker' in os.sys.orig_argv: raise OSError('the disk is gone')\n"
        + objective.read_text()
    )
    with pytest.raises(RunError, match="worker 0 cannot make the task: importing objective fails: OSError: the disk"):
        run(path, tmp_path / "out")


def test_workers_that_die_at_once_end_the_run_in_a_sentence(study, tmp_path):
    path = study("square", 2)
    objective = tmp_path / "objective.py"
    objective.write_text(
        "import os\nif 'nasbook.scale.worker' in os.sys.orig_argv: os._exit(3)\n" + objective.read_text()
    )
    with pytest.raises(RunError, match="do not come up: the last one ended with code 3; see .*worker-0.log"):
        run(path, tmp_path / "out")


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


# ---- the folder ------------------------------------------------------------------------------------------


def test_a_folder_holds_one_run(study, tmp_path):
    path, out = study("square", 2), tmp_path / "out"
    run(path, out)
    with pytest.raises(ValueError, match="holds a run already; --resume goes on with it"):
        run(path, out)


def test_a_longer_budget_goes_on_and_another_search_does_not(study, tmp_path):
    path, out = study("square", 2), tmp_path / "out"
    run(path, out)
    trace = run(study("square", 5, "workers: 2"), out, resume=True)
    assert len(trace) == 5
    with pytest.raises(ValueError, match="begun with another study: its seeds differs"):
        run(study("square", 5, "seeds: {search: 1}"), out, resume=True)
    with pytest.raises(ValueError, match="begun with another study: its task differs"):
        run(study("printing", 5), out, resume=True)


def test_two_runs_do_not_share_a_folder(study, tmp_path):
    path, out = study("learn", 50, LEARN), tmp_path / "out"
    hold(path, starts=1)
    process = subprocess.Popen(command("run", path, "--out", out), stderr=subprocess.DEVNULL)
    try:
        assert wait_for(lambda: (tmp_path / "starts.log").exists())
        with pytest.raises(ValueError, match="another run is at work in"):
            run(path, out, resume=True)
    finally:
        process.kill()
        process.wait()
    assert wait_for(lambda: not _locked(out)), "the lock outlived its process"


def _locked(out: Path) -> bool:
    import fcntl

    with open(out / ".lock", "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def test_no_trial_starts_after_the_hours_are_over(study, tmp_path):
    path = study("learn", 1000, LEARN)
    path.write_text(path.read_text().replace("{trials: 1000}", f"{{hours: {1.0 / 3600}}}"))
    trace = run(path, tmp_path / "out")
    assert 1 <= len(trace) < 100 and not trace.pending
    assert all(t.start < 1.0 for t in trace.trials)


# ---- other engines ---------------------------------------------------------------------------------------


def test_an_engine_that_is_not_installed_is_a_sentence_with_the_pip_line(study, tmp_path, monkeypatch, capsys):
    from nasbook.cli import main

    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["run", str(study("square", 2)), "--out", str(tmp_path / "out"), "--engine", "ray"]) == 2
    assert 'pip install "nasbook[scale]"' in capsys.readouterr().err.splitlines()[-1]
    with pytest.raises(ValueError, match="there is no engine 'slurm'; there are local, ray"):
        run(study("square", 2), tmp_path / "out", engine="slurm")
    with pytest.raises(ValueError, match="an address names a cluster, and the local engine has none"):
        run(study("square", 2), tmp_path / "out", address="10.0.0.1:6379")


def test_a_worker_elsewhere_needs_neither_the_folder_of_the_study_nor_that_of_the_run(study, tmp_path):
    """What an actor does on another machine, as one process without Ray."""
    from nasbook.scale.luggage import own_code, pack, unpack
    from nasbook.scale.machine import variables
    from nasbook.scale.process import task_of
    from nasbook.scale.ray_engine import Shell
    from nasbook.scale.trust import Trust
    from nasbook.scale.workers import Site

    plan = load_study(study("learn", 1, LEARN))
    site = Site(plan, plan.search_space, Trust(plan.folder), tmp_path / "out", print)
    message, code = task_of(site), own_code(plan, site.trust)
    assert list(code) == ["objective.py"]
    for file in plan.folder.glob("*.*"):
        file.unlink()
    plan.folder.rename(gone := tmp_path.with_name(tmp_path.name + "-gone"))
    shell = Shell(variables(plan), code)
    try:
        assert shell.exchange(message, {})[0] == {"ready": True}
        unpack_here = gone / "home" / "state"
        unpack_here.parent.mkdir()
        unpack_here.write_text(json.dumps({"epoch": 4, "sum": 0.5}))  # from where it was cut off
        trial = {"id": 0, "config": {"x": 0.3}, "status": "running"}
        asked = {"trial": trial, "seed": 0, "checkpoint": "/nowhere/state"}
        order = {"trials": [asked], "fidelity": 6, "timeout": None, "vetoes": False}
        answer, _, _ = shell.exchange(order, {0: pack(unpack_here)})
        assert answer["reports"] == [[0, 5, 0.1]]
        answer, saved, _ = shell.exchange({"stop": None}, {})
        while answer is None:  # it has saved its state before the next report
            answer, saved, _ = shell.exchange(None, {})
        assert answer["reports"] == [[0, 6, pytest.approx(0.5 / 6)]]
        unpack(saved[0], unpack_here)
        assert json.loads(unpack_here.read_text())["epoch"] == 5
        os.kill(shell.child.process.pid, signal.SIGKILL)
        answer, _, _ = shell.exchange({"stop": None}, {})
        assert answer == {"died": shell.child.fate()} and "SIGKILL" in answer["died"]
    finally:
        shell.close()
    assert not shell.folder.exists()


@pytest.mark.parametrize("found", ["nothing", "an empty folder", "an older version", "a part of it", "the same"])
def test_the_code_of_a_study_is_the_same_on_every_machine_whatever_lies_there(tmp_path, found):
    from nasbook.scale.luggage import unfolded

    code = {"objective.py": b"LAST = 2", "deep/more.py": b"MORE = 2"}
    there, own = tmp_path / "study", tmp_path / "own"
    if found != "nothing":
        (there / "deep").mkdir(parents=True)
        (there / "data.txt").write_text("rows")
    if found == "the same":
        (there / "deep/more.py").write_bytes(code["deep/more.py"])
    if found != "an empty folder" and there.exists():
        (there / "objective.py").write_bytes(b"LAST = 1" if found == "an older version" else code["objective.py"])
    place = unfolded(code, there, own)
    assert place == (there if found == "the same" else own)
    assert {name: (place / name).read_bytes() for name in code} == code
    assert found == "nothing" or (place / "data.txt").read_text() == "rows"
    assert unfolded({}, there, tmp_path / "unused") == there


def test_what_travels_is_the_state_and_what_lies_beside_it_under_its_name(tmp_path):
    from nasbook.scale.luggage import pack, stamp, unpack

    here, there = tmp_path / "here" / "7", tmp_path / "there" / "state"
    here.parent.mkdir()
    assert pack(here) == b""
    here.mkdir()
    (here / "weights").write_text("w")
    for name, kept in (("7.npz", True), ("7.tmp", False), ("70", False), ("progress.json", False)):
        (here.parent / name).write_text(name if kept else "not this")
    unpack(pack(here), there)
    assert sorted(p.name for p in there.parent.iterdir()) == ["state", "state.npz"]
    assert (there / "weights").read_text() == "w"
    before = stamp(there)
    (there / "weights").write_text("later")
    assert stamp(there) != before
    unpack(pack(there), here)
    assert (here / "weights").read_text() == "later" and (here.parent / "70").read_text() == "not this"


def test_the_folder_of_a_worker_elsewhere_goes_with_whoever_has_started_it(tmp_path):
    """An actor of Ray that is killed says nothing to the worker that it holds."""
    code = "import sys, time; from nasbook.scale.ray_engine import Shell; print(Shell({}, {}).folder, flush=True)\n"
    shell = subprocess.Popen(
        [sys.executable, "-c", code + "time.sleep(600)"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    try:
        folder = Path(shell.stdout.readline().strip())
        assert folder.parent == tmp_path
        assert wait_for(lambda: len(psutil.Process(shell.pid).children(recursive=True)) == 2)  # it, and its watchdog
    finally:
        shell.kill()
        shell.wait()
    assert wait_for(lambda: not folder.exists()), "its folder has stayed"
