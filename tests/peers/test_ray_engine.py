"""`nasbook run --engine ray`: the local engine's trace, through workers, nodes and drivers that are killed."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
from waiting import until

from nasbook.scale import run
from nasbook.scale.study_errors import ResourceError
from nasbook.trace import Trace

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("objectives", HERE.parent / "scale" / "conftest.py")
assert spec and spec.loader
objectives = importlib.util.module_from_spec(spec)
spec.loader.exec_module(objectives)

MORE = """

def visible(config):
    note(gpus=os.environ.get("CUDA_VISIBLE_DEVICES"), threads=os.environ["OMP_NUM_THREADS"])
    print("seen")
    return config["x"]
"""


def study(folder: Path, function: str, trials: int, more: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "objective.py").write_text(objectives.OBJECTIVE + MORE)
    path = folder / "study.yaml"
    text = objectives.STUDY.format(function=function, trials=trials, more=textwrap.dedent(more))
    path.write_text(text)
    return path


def starts(path: Path) -> list[dict]:
    return [json.loads(line) for line in (path.parent / "starts.log").read_text().splitlines()]


def told_once(trace_file: Path) -> bool:
    rows = [json.loads(line) for line in trace_file.read_text().splitlines()]
    told = Counter(row["id"] for row in rows if row.get("event") == "tell")
    return bool(told) and set(told.values()) == {1}


def test_halving_on_ray_is_halving_on_this_machine(ray_node, tmp_path):
    """Promotions go on from states that have travelled: what they report is what one training would have."""
    more = "fidelity: {unit: epoch, min: 1, max: 9}\nseeds: {search: 5}"
    path = study(tmp_path, "learn", 13, more)
    halving = "{name: successive-halving, settings: {configurations: 9}}"
    path.write_text(path.read_text().replace("{name: random}", halving))
    here = run(path, tmp_path / "here")
    there = run(path, tmp_path / "there", engine="ray")
    assert there.digest == here.digest
    assert [(t.config, t.value, t.curve) for t in there.trials] == [(t.config, t.value, t.curve) for t in here.trials]
    begun = [row["epoch"] for row in starts(path)]
    assert max(begun) >= 3 and begun[: len(begun) // 2] == begun[len(begun) // 2 :]
    assert not (tmp_path / "there" / "checkpoints").exists() and not (tmp_path / "there" / "trainings").exists()


def test_a_pack_on_ray_is_a_pack_on_this_machine(ray_node, tmp_path):
    """Its worker is killed once; the states of all its trials have come home, and go out again."""
    path = study(tmp_path, "Together", 4, "packed: 4\nseeds: {search: 3}")
    path.write_text(path.read_text().replace("high: 1", "high: 0.9"))
    objective = tmp_path / "objective.py"
    objective.write_text(objective.read_text() + objectives.TOGETHER)
    here = run(path, tmp_path / "here")
    out, held = tmp_path / "there", tmp_path / "hold.json"
    held.write_text('{"epoch": 4}')
    states = [out / "checkpoints" / str(i) / "state" for i in range(4)]

    def kill() -> None:
        until(lambda: all(s.exists() and json.loads(s.read_text())["epoch"] >= 3 for s in states))
        os.kill(starts(path)[1]["pid"], signal.SIGKILL)
        held.unlink()

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    there = run(path, out, engine="ray")
    killer.join(timeout=1)
    assert [(t.id, t.config, t.value, t.curve) for t in there.trials] == [
        (t.id, t.config, t.value, t.curve) for t in here.trials
    ]
    begun = [row["epoch"] for row in starts(path)]
    assert [len(b) for b in begun] == [4, 4, 4] and min(begun[2]) >= 3


def test_two_trials_share_a_gpu_where_each_asks_for_half_of_one(ray_node, tmp_path):
    path = study(tmp_path, "visible", 4, "workers: 2\nresources: {gpus: 0.5}")
    trace = run(path, tmp_path / "out", engine="ray")
    assert {t.worker for t in trace.trials} <= {0, 1} and len(trace) == 4
    assert [row["gpus"] for row in starts(path)] == ["0"] * 4
    logs = "".join(p.read_text() for p in (tmp_path / "out" / "logs").iterdir())
    assert logs.count("seen") == 4
    with pytest.raises(ResourceError, match=r"no node of Ray is large enough .*cpus: 1, gpus: 3"):
        run(study(tmp_path / "b", "visible", 4, "resources: {gpus: 3}"), tmp_path / "b" / "out", engine="ray")


def test_what_hangs_is_killed_and_what_fails_is_told(ray_node, tmp_path, monkeypatch):
    monkeypatch.setattr("nasbook.scale.dispatch.GRACE", 0.3)
    path = study(tmp_path, "hangs", 3, "first: [{x: 0.9}, {x: 0.1}, {x: 0.8}]")
    path.write_text(path.read_text().replace("{trials: 3}", "{trials: 3, timeout: 3}"))
    trace = run(path, tmp_path / "out", engine="ray")
    assert [t.status for t in trace.trials] == ["done", "failed", "done"]
    assert trace.trials[1].reason == "timed out after 3 s"


def test_a_worker_a_node_and_the_driver_are_killed_and_nothing_is_told_twice(ray_node, tmp_path):
    from ray.cluster_utils import Cluster

    try:
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        second = cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
    except Exception as error:
        pytest.skip(f"Ray's second node did not come up: {error!s:.200}")
    more = "fidelity: {unit: epoch, min: 1, max: 30}\nseeds: {search: 5}\nworkers: 2"
    path, out = study(tmp_path, "learn", 3, more), tmp_path / "out"
    held = tmp_path / "hold.json"
    command = [sys.executable, "-m", "nasbook.cli", "run", str(path), "--out", str(out)]

    def begin() -> subprocess.Popen[str]:
        on_ray = [*command, "--engine", "ray", "--address", cluster.address]
        return subprocess.Popen([*on_ray, "--resume"], stderr=subprocess.PIPE, text=True)

    def epochs() -> list[int]:
        """Of the states that have come home."""
        found = []
        for file in (out / "checkpoints").glob("*/state"):
            found.append(json.loads(file.read_text())["epoch"])
        return sorted(found)

    def hold(epoch: int) -> None:
        (tmp_path / "hold.tmp").write_text(json.dumps({"epoch": epoch}))
        (tmp_path / "hold.tmp").replace(held)

    hold(4)
    process = begin()
    try:
        until(lambda: epochs() == [4, 4])
        pids = [row["pid"] for row in starts(path)]
        os.kill(pids[0], signal.SIGKILL)  # a worker: its trial goes on in a new one, from the state that came home
        until(lambda: len(starts(path)) == 3)
        assert starts(path)[2]["epoch"] == 4
        hold(8)
        until(lambda: epochs() == [8, 8])
        cluster.remove_node(second, allow_graceful=False)  # a node: its trial waits for the other worker's place
        hold(12)
        until(lambda: 12 in epochs())
        process.kill()  # the driver
        _, errors = process.communicate(timeout=200)
        assert "was killed by SIGKILL" in errors
        until(lambda: not any(psutil.pid_exists(row["pid"]) for row in starts(path)))
        before = len(starts(path))
        held.unlink()
        done = subprocess.run([*command, "--resume"], capture_output=True, text=True, timeout=400)  # elsewhere
        assert done.returncode == 0, done.stderr
        again = starts(path)[before:]
        assert min(row["epoch"] for row in again[:2]) >= 8
    finally:
        process.kill()
        cluster.shutdown()
    trace = Trace.load(out / "trace.jsonl")
    assert [t.status for t in trace.trials] == ["done"] * 3
    assert all([f for f, _ in t.curve] == list(range(1, 31)) for t in trace.trials)
    assert told_once(out / "trace.jsonl")


def test_a_dead_address_is_one_sentence(tmp_path, monkeypatch, capsys):
    import ray

    from nasbook.cli import main

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    path = study(tmp_path, "square", 2)
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        alive = f"127.0.0.1:{server.server_port}"
        for address, said in (
            ("127.0.0.1:1", "no Ray cluster answers at 127.0.0.1:1 "),
            ("nowhere", "an address of Ray looks like 10.0.0.1:6379"),
            (alive, f"what answers at {alive} is no Ray cluster"),
        ):
            code = main(["run", str(path), "--out", str(tmp_path / "out"), "--engine", "ray", "--address", address])
            sentence = capsys.readouterr().err.splitlines()[-1]
            assert code == 2 and sentence.startswith("nasbook: ") and said in sentence
        server.shutdown()
    assert not (tmp_path / "out" / "trace.jsonl").exists()
