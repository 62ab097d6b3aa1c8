"""A study on a real PostgreSQL server: workers and the server itself are killed, and mistakes are one sentence."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from ports import free_ports
from waiting import until

import nasbook
from nasbook import cli
from nasbook.loop import Run
from nasbook.scale import load_study, patience
from nasbook.scale.storage import begin, stored, trace_of
from nasbook.scale.trust import Trust
from nasbook.trace import Trace

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("objectives", HERE.parent / "scale" / "conftest.py")
assert spec and spec.loader
objectives = importlib.util.module_from_spec(spec)
spec.loader.exec_module(objectives)

BINARIES = [
    *map(Path, os.environ.get("PATH", "").split(os.pathsep)),
    *sorted(Path("/usr/lib/postgresql").glob("*/bin")),
]
EPOCHS = "fidelity: {unit: epoch, min: 1, max: 6}\nseeds: {search: 3}\nworkers: 3"


class Server:
    """A PostgreSQL of its own in a folder of its own; as root, it is nobody's, since it will not run as root's."""

    def __init__(self, binaries: Path) -> None:
        self.binaries, self.folder = binaries, Path(tempfile.mkdtemp(prefix="nasbook-pg-"))
        self.user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
        password = self.folder / "password"
        password.write_text("s3cret\n")
        if self.user:
            for path in (self.folder, password):
                shutil.chown(path, "nobody", "nogroup")
        options = ["-D", "data", "-U", "me", "-A", "scram-sha-256", "--pwfile=password", "--no-sync", "--no-locale"]
        subprocess.run(
            [binaries / "initdb", *options], cwd=self.folder, check=True, stdout=subprocess.DEVNULL, **self.user
        )
        [self.port] = free_ports(1)

    def start(self) -> None:
        command = [self.binaries / "postgres", "-D", self.folder / "data", "-p", str(self.port), "-h", "127.0.0.1"]
        command += ["-k", self.folder, "-c", "fsync=off"]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stderr=log, **self.user)
        ready = self.folder / "data" / "postmaster.pid"
        until(lambda: ready.exists() and ready.read_text().split()[-1:] == ["ready"])  # made empty, then written

    def kill(self) -> None:
        """At once, as a crash ends it: its children with it, and what was not committed is lost."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(timeout=200)

    def url(self, who: str = "me:s3cret", database: str = "postgres", scheme: str = "postgresql") -> str:
        return f"{scheme}://{who}@127.0.0.1:{self.port}/{database}"


@pytest.fixture(scope="module")
def server():
    binaries = next((b for b in BINARIES if (b / "initdb").exists() and (b / "postgres").exists()), None)
    if binaries is None:
        pytest.skip("there is no PostgreSQL server here: no initdb and postgres on the PATH")
    real = Server((binaries / "initdb").resolve().parent)
    real.start()
    yield real
    real.kill()
    shutil.rmtree(real.folder, ignore_errors=True)


def study(folder: Path, name: str, trials: int) -> Path:
    (folder / "objective.py").write_text(objectives.OBJECTIVE)
    path = folder / "study.yaml"
    text = objectives.STUDY.format(function="learn", trials=trials, more=EPOCHS)
    path.write_text(text.replace("name: test\n", f"name: {name}\n"))
    return path


def starts(folder: Path) -> list[dict]:
    log = folder / "starts.log"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def test_workers_and_the_server_are_killed_and_nothing_is_lost(server, tmp_path):
    path, url = study(tmp_path, "killed", 7), server.url()
    begin(load_study(path), url, Trust(tmp_path))
    (tmp_path / "hold.json").write_text('{"epoch": 3}')
    command = [sys.executable, "-m", "nasbook", "worker", url, "--name", "killed", "--heartbeat", "1", "--out", "runs"]
    env = {**os.environ, "PYTHONPATH": str(Path(nasbook.__file__).parents[1])}
    three = [subprocess.Popen(command, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True) for _ in range(3)]

    def at_three() -> bool:
        running = [t for t in stored(url, "killed").trials if t.state.name == "RUNNING"]
        return sum(max(t.intermediate_values, default=0) == 3 for t in running) == 3

    until(at_three)
    cut = next(s for s in starts(tmp_path) if s["pid"] == three[0].pid)
    server.kill()
    three[0].kill()
    (tmp_path / "hold.json").unlink()  # the others go on, and find nobody to tell
    heard = [three[1].stderr.readline(), three[2].stderr.readline()]
    assert all("s3cret" not in h and "does not answer" in h and "waiting for it" in h for h in heard), heard
    server.start()
    for worker in three[1:]:
        assert worker.wait(timeout=200) == 0, worker.stderr.read()
    trace = trace_of(stored(url, "killed"))
    assert sorted(t.id for t in trace.trials) == list(range(7)) and trace.asked == 7
    assert all(t.status == "done" and [f for f, _ in t.curve] == [1, 2, 3, 4, 5, 6] for t in trace.trials)
    again = [s["epoch"] for s in starts(tmp_path) if s["x"] == cut["x"]]
    assert len(starts(tmp_path)) == 8 and again[0] == 0 and again[1] in (2, 3), "at most one epoch is lost"
    plan = load_study(path)
    Run(plan.make_method(Trust(tmp_path)), plan.make_task(Trust(tmp_path)), trace)  # the method's own search


def test_where_the_server_never_comes_back_all_end_with_a_sentence_and_the_trial_goes_on_later(
    server, tmp_path, monkeypatch, capsys
):
    path, out = study(tmp_path, "gone", 2), tmp_path / "out"
    work = ["worker", server.url(), "--name", "gone", "--heartbeat", "1", "--folder", str(tmp_path), "--out", str(out)]
    drive = ["run", str(path), "--engine", "optuna", "--storage", server.url(), "--out", str(out), "--workers", "1"]
    state, held = out / "checkpoints/0/state", tmp_path / "hold.json"
    held.write_text('{"epoch": 3}')
    monkeypatch.setattr(patience, "PATIENCE", 0.5)

    def at_three() -> bool:
        return state.exists() and '"epoch": 3' in state.read_text()

    def driven() -> bool:  # the driver has heard of the trial, too
        return at_three() and len(Trace.load(out / "trace.jsonl").pending) == 1

    def ends(command: list[str], seen: Callable[[], bool]) -> None:
        def crash() -> None:
            until(seen)
            server.kill()
            held.unlink()

        thread = threading.Thread(target=crash, daemon=True)
        thread.start()
        assert cli.main(command) == 2
        said = capsys.readouterr().err.strip().splitlines()[-1]
        assert said.startswith("nasbook: the storage postgresql://me@127.0.0.1"), said
        assert "has not answered for 0.5 s" in said and "resumed" in said and "s3cret" not in said
        thread.join()
        server.start()

    begin(load_study(path), server.url(), Trust(tmp_path))
    ends(work, at_three)
    assert cli.main(work) == 0, capsys.readouterr().err
    trace = trace_of(stored(server.url(), "gone"))
    assert [t.status for t in trace.trials] == ["done"] * 2 and len({t.id for t in trace.trials}) == 2
    assert all([f for f, _ in t.curve] == [1, 2, 3, 4, 5, 6] for t in trace.trials)
    x = starts(tmp_path)[0]["x"]
    assert [s["epoch"] for s in starts(tmp_path) if s["x"] == x] == [0, 3]
    path.write_text(path.read_text().replace("name: gone", "name: driven"))
    held.write_text('{"epoch": 3}')
    ends(drive, driven)
    assert len(Trace.load(out / "trace.jsonl").pending) == 1


def test_what_is_wrong_with_a_server_is_one_sentence(server, tmp_path, capsys):
    import psycopg

    with psycopg.connect(server.url(), autocommit=True) as line:
        line.execute("CREATE ROLE guest LOGIN PASSWORD 's3cret'")
        line.execute("CREATE DATABASE empty")
    dead = f"postgresql://me:s3cret@127.0.0.1:{server.port + 1 if server.port < 65535 else 1}/postgres"
    for url, words in (
        (server.url("me:s3cretly"), 'password authentication failed for user "me"'),
        (server.url("me"), "no password supplied"),
        (server.url(database="nothing"), 'database "nothing" does not exist'),
        (server.url("guest:s3cret", "empty"), "permission denied for schema public"),
        (dead, "Connection refused"),
        ("postgresql://me:s3cret@nowhere.invalid/db", "nowhere.invalid"),
        (server.url("me:s3@cret"), "written as %40"),
        (server.url(scheme="postgres"), "no database is called 'postgres'"),
        (server.url(scheme="postgresql+psycopg2"), "pip install 'psycopg2-binary'"),
        (server.url(database="postgres?password=s3cret"), "holds no study 'nothing'"),
    ):
        assert cli.main(["worker", url, "--name", "nothing"]) == 2
        said = capsys.readouterr().err
        assert said.startswith("nasbook: ") and said.count("\n") == 1 and words in said, (url, said)
        assert "s3c" not in said and "s3@c" not in said, said
