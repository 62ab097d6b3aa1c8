"""`packed: n` in a study: a worker's job is a pack of trials, which end, fail, die and go on each for itself."""

import json
import math
import os
import signal
import subprocess
import textwrap

import pytest
from scale.conftest import TOGETHER
from scale.starting import command, hold, nasbook_run, starts, wait_for

import nasbook
from nasbook.scale import StudyError, load_study, run
from nasbook.trace import Trace


@pytest.fixture
def packs(study, tmp_path):
    """packs(trials, method, more) -> the path of a study of objective:Together with packs of four."""

    def write(trials=8, method="{name: random}", more="packed: 4"):
        path = study("Together", trials, textwrap.dedent(more))
        path.write_text(path.read_text().replace("{name: random}", method))
        objective = tmp_path / "objective.py"
        objective.write_text(objective.read_text() + TOGETHER)
        return path

    return write


def told(trace):
    return [(t.id, t.config, t.fidelity, t.status, t.value, t.curve) for t in sorted(trace.trials, key=lambda t: t.id)]


@pytest.mark.parametrize(
    "method",
    [
        "{name: random}",
        "{name: cma-es}",
        "{name: successive-halving, settings: {min_fidelity: 2, max_fidelity: 6, eta: 3}}",
    ],
)
def test_a_packed_run_has_the_trials_of_one_at_a_time(packs, tmp_path, method):
    """The space is the lower part, where no trial fails: cma-es would learn the failure all the same."""
    path = packs(9, method)
    path.write_text(path.read_text().replace("high: 1", "high: 0.9"))
    packed = run(path, tmp_path / "packed")
    sizes = [len(row["x"]) for row in starts(path)]
    (tmp_path / "starts.log").unlink()
    path.write_text(path.read_text().replace("packed: 4", ""))
    alone = run(path, tmp_path / "alone")
    assert [len(row["x"]) for row in starts(path)] == [1] * 9 and max(sizes) >= 3, sizes
    assert told(packed) == told(alone) and all(t.status == "done" for t in packed.trials)
    assert packed.header.provenance["packed"] == 4
    assert {t.metrics.get("packed", 1) for t in packed.trials} == set(sizes)
    again = Trace.load(tmp_path / "packed" / "trace.jsonl")
    assert [s.trial for s in nasbook.replay(again)] == packed.trials
    spans = [(t.start, t.end) for t in packed.trials]
    assert all(a[1] <= b[0] + 1e-9 for a, b in zip(spans, spans[1:], strict=False)), "one worker, one after the other"


@pytest.mark.parametrize(("trials", "workers", "packed", "sizes"), [(6, 2, 6, [3, 3]), (7, 3, 4, [2, 2, 3])])
def test_what_is_left_is_shared_evenly_by_the_workers(packs, tmp_path, trials, workers, packed, sizes):
    path = packs(trials, more=f"packed: {packed}\nworkers: {workers}")
    path.write_text(path.read_text().replace("high: 1", "high: 0.9"))
    trace = run(path, tmp_path / "out")
    assert sorted(len(row["x"]) for row in starts(path)) == sizes and len(trace) == trials
    assert sorted(t.id for t in trace.trials) == list(range(trials))


def test_a_rung_is_shared_evenly_by_the_workers(packs, tmp_path):
    """It ends long before the budget does, and the next one begins when its last trial ends."""
    settings = "min_fidelity: 2, max_fidelity: 6, eta: 3, configurations: 9"
    path = packs(12, f"{{name: successive-halving, settings: {{{settings}}}}}", more="packed: 9\nworkers: 2")
    path.write_text(path.read_text().replace("high: 1", "high: 0.9"))
    trace = run(path, tmp_path / "out")
    assert sorted(len(row["x"]) for row in starts(path)) == [1, 2, 4, 5] and len(trace) == 12
    assert [len([t for t in trace.trials if t.fidelity == r]) for r in (2, 6)] == [9, 3]


@pytest.mark.parametrize(
    ("name", "settings", "first", "counts"),
    [
        ("successive-halving", {"max_fidelity": 9, "configurations": 9}, 0, [8, 7, 6, 5, 4, 3, 2, 1, 0]),
        ("hyperband", {"max_fidelity": 9}, 0, [8, 7, 6, 5, 4, 3, 2, 1, 0, 4, 3]),
        ("grid", {"resolution": 4}, 4, [3, 2, 1, 0]),
        ("cma-es", {"population": 4}, 0, [3, 2, 1, 0]),
        ("random", {}, math.inf, [math.inf] * 3),
        ("dehb", {"max_fidelity": 9}, 0, [0] * 3),
        ("tpe", {}, 0, [0] * 3),
    ],
)
def test_a_method_counts_what_can_begin_at_once(name, settings, first, counts):
    method = nasbook.method(name, nasbook.Space(x=nasbook.Float(0, 1)), **settings)
    assert method.settled() == first
    assert [method.ask() and method.settled() for _ in counts] == counts


def test_one_of_a_pack_that_fails_fails_alone_and_one_that_ends_processes_is_found(packs, tmp_path):
    path = packs(6, more="packed: 6\nfirst: [{x: 0.1}, {x: 0.95}, {x: 0.99}, {x: 0.2}]")
    text = path.read_text().replace("{trials: 6}", "{trials: 6, max_failures: 0}").replace("high: 1", "high: 1.0")
    path.write_text(text)
    trace = run(path, tmp_path / "out")
    by = {t.config["x"]: t for t in trace.trials}
    assert by[0.1].status == by[0.2].status == "done" and len(trace) == 6
    assert by[0.95].status == "failed" and "too large" in by[0.95].reason
    assert by[0.99].status == "failed" and by[0.99].reason.startswith("the worker process was killed by SIGKILL")
    sizes = [len(row["x"]) for row in starts(path)]
    assert sizes == [6, 6, *[1] * 6], "a pack goes on as a pack once, then each alone"
    assert all([f for f, _ in t.curve] == [1, 2, 3, 4, 5, 6] for t in trace.trials if t.status == "done")


def test_a_pack_goes_on_from_the_epoch_at_which_its_worker_and_then_its_driver_was_killed(packs, tmp_path):
    path, out = packs(8), tmp_path / "out"
    path.write_text(path.read_text().replace("high: 1", "high: 0.9"))
    straight = run(path, tmp_path / "straight")
    (tmp_path / "starts.log").unlink()
    hold(path, epoch=4)
    process = subprocess.Popen(command("run", path, "--out", out), stderr=subprocess.DEVNULL)
    states = [out / "checkpoints" / str(i) / "state" for i in range(4)]

    def saved(epoch):
        return wait_for(lambda: all(s.exists() and json.loads(s.read_text())["epoch"] >= epoch for s in states))

    try:
        assert saved(4)
        os.kill(starts(path)[0]["pid"], signal.SIGKILL)
        assert wait_for(lambda: len(starts(path)) == 2)
    finally:
        process.kill()
        process.wait()
    hold(path)
    assert len(Trace.load(out / "trace.jsonl").pending) == 4
    for at in out.glob("checkpoints/*/progress.json"):
        row = json.loads(at.read_text())
        assert row["used"]["seconds"] > 0
        at.write_text(json.dumps({**row, "used": {**row["used"], "cpu_seconds": 60.0}}))
    done = nasbook_run(path, "--out", out, "--resume")
    assert done.returncode == 0, done.stderr
    trace = Trace.load(out / "trace.jsonl")
    assert told(trace) == told(straight)
    assert [t.used["cpu_seconds"] > 60 for t in trace.trials] == [True] * 4 + [False] * 4
    assert [row["epoch"] for row in starts(path)[:3]] == [[0] * 4, [4] * 4, [4] * 4]
    assert [len(row["x"]) for row in starts(path)] == [4, 4, 4, 4]
    assert not (out / "checkpoints").exists()


def test_a_pack_out_of_time_is_killed_and_its_trials_fail_with_their_share(packs, tmp_path, monkeypatch):
    monkeypatch.setattr("nasbook.scale.dispatch.GRACE", 0.2)
    path = packs(2, more="packed: 2")
    path.write_text(
        path.read_text().replace("{trials: 2}", "{trials: 2, timeout: 0.4}").replace("high: 1", "high: 0.9")
    )
    objective = tmp_path / "objective.py"
    objective.write_text(objective.read_text().replace("            hold(epoch)", "            hangs({'x': 0})"))
    trace = run(path, tmp_path / "out")
    assert [(t.status, t.reason) for t in trace.trials] == [("failed", "timed out after 0.4 s")] * 2
    assert all(len(t.curve) <= 1 for t in trace.trials)


@pytest.mark.parametrize(
    ("task", "method", "said"),
    [
        ("digits-cells", "bayesian", "packed: must be left out: bayesian chooses after each result"),
        ("digits-cells", "darts", "packed: must be left out: darts trains its networks itself"),
        ("digits-hpo-digits", "random", "packed: must be left out: digits-hpo-digits looks its answers up"),
        ("cancer-svm", "random", "packed: must be left out: cancer-svm evaluates one at a time"),
    ],
)
def test_what_cannot_be_packed_is_one_sentence(tmp_path, task, method, said):
    made = nasbook.task(task)
    path = tmp_path / "study.yaml"
    rows = {k: v for k, v in made.space.to_dict().items()}
    path.write_text(
        json.dumps(
            {
                "schema": "nasbook/study@1",
                "name": "x",
                "task": {"name": task},
                "space": rows,
                "method": {"name": method},
                "budget": {"trials": 3},
                "packed": 8,
            }
        )
    )
    with pytest.raises(StudyError) as error:
        load_study(path)
    assert said in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("value", ["0", "1.5", "yes", "100000", "-3", "[4]"])
def test_packed_is_a_whole_number(packs, value):
    path = packs(2, more=f"packed: {value}")
    with pytest.raises(StudyError, match="packed: "):
        load_study(path)


def test_workers_on_a_database_take_one_trial_at_a_time_and_say_so(packs, tmp_path):
    with pytest.raises(ValueError, match="packed: 4 trains several trials as one network, and a worker on a database"):
        run(packs(2), tmp_path / "out", engine="optuna")
