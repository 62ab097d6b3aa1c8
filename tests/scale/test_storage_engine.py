"""A run whose workers meet at a database: it starts dead ones again, pauses, and is told what to try."""

import threading
import time

import pytest
from scale.database import EPOCHS, replayed
from waiting import until

from nasbook import cli
from nasbook.scale import run
from nasbook.scale.control import order
from nasbook.scale.storage import PAUSED, stored
from nasbook.scale.watch import Watched
from nasbook.trace import Trace


def test_the_engine_makes_the_run_and_starts_a_dead_worker_again(study, tmp_path, capsys):
    path = study("dies_once", trials=5, more="workers: 2")
    trace = run(path, tmp_path / "out", engine="optuna")
    assert len(trace) == 5 and {t.status for t in trace.trials} == {"done"}
    assert Trace.load(tmp_path / "out/trace.jsonl").digest == trace.digest
    replayed(trace, path)
    path.write_text(path.read_text().replace("{trials: 5}", "{trials: 7}"))
    longer = run(path, tmp_path / "out", engine="optuna", resume=True, workers=1)
    assert len(longer) == 7 and [t.value for t in longer.trials[:5]] == [t.value for t in trace.trials]
    with pytest.raises(ValueError, match="has 7 trials and the study in .* 0, so they are not the same run"):
        run(path, tmp_path / "out", engine="optuna", resume=True, storage=f"sqlite:///{tmp_path / 'new'}")
    assert len(Trace.load(tmp_path / "out/trace.jsonl")) == 7
    url = f"sqlite:///{tmp_path / 'out/study.db'}"
    assert cli.main(["worker", url, "--trace", str(tmp_path / "t.jsonl")]) == 0
    assert Trace.load(tmp_path / "t.jsonl").digest == longer.digest
    assert cli.main(["run", str(path), "--storage", url]) == 2
    assert "take that engine" in capsys.readouterr().err


def test_a_trial_that_kills_its_workers_has_failed_in_the_end(study, tmp_path):
    path = study("dies", trials=1)
    path.write_text(path.read_text().replace("{trials: 1}", "{trials: 1, max_failures: 1}"))
    trace = run(path, tmp_path / "out", engine="optuna")
    assert [t.reason for t in trace.trials] == ["its worker died (2 times)"]


def test_a_trial_in_c_code_that_never_returns_times_out_and_its_worker_goes_on_with_the_next(study, tmp_path):
    path = study("stuck", trials=3, more="first: [{x: 0.75}, {x: 0.25}, {x: 0.875}]")
    path.write_text(path.read_text().replace("{trials: 3}", "{trials: 3, timeout: 1, max_failures: 0}"))
    trace = run(path, tmp_path / "out", engine="optuna")
    assert [(t.status, t.config["x"]) for t in trace.trials] == [("done", 0.75), ("failed", 0.25), ("done", 0.875)]
    assert trace.trials[1].reason == "timed out after 1 s" and trace.trials[1].cost == 1
    assert "line" in (tmp_path / "out/logs/worker-0.log").read_text()  # where it was


def test_an_engine_on_a_database_pauses_and_tries_what_it_is_told_to(study, tmp_path):
    path, out, seen = study("learn", trials=6, more=EPOCHS), tmp_path / "out", []
    (tmp_path / "hold.json").write_text('{"epoch": 2}')

    def watch():
        lab = Watched(out)
        until(lambda: lab.read() and lab.running() and lab.running()[0].curve)  # what a worker reports is seen here
        order(out, pause=True)
        until(lambda: stored(f"sqlite:///{out / 'study.db'}").user_attrs.get(PAUSED))
        (tmp_path / "hold.json").unlink()
        until(lambda: lab.read() and len(lab.trace) == 1)
        order(out, then={"x": 0.125})
        time.sleep(1.0)  # so long nothing may happen
        lab.read()
        seen.append((lab.state(), len(lab.trace), len(lab.pending)))
        order(out, pause=False)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    trace = run(path, out, engine="optuna")
    watcher.join(timeout=100)
    assert len(trace) == 6 and seen == [("paused", 1, 0)]
    ours = [t for t in trace.trials if t.info.get("ordered")]
    assert [t.config["x"] for t in ours] == [0.125] and ours[0].id == 1
    replayed(trace, path)
    lab = Watched(out)
    assert lab.read() and lab.state() == "ended" and lab.hears == ("pause", "stop", "next")
    path.write_text(path.read_text().replace("{trials: 6}", "{trials: 7}"))
    longer = run(path, out, engine="optuna", resume=True)
    assert len(longer) == 7 and sum(t.config["x"] == 0.125 for t in longer.trials) == 1
