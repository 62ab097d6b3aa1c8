"""The job array of `nasbook export --to slurm` on a real Slurm of one node: its tasks are cancelled and killed."""

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from ports import free_ports
from waiting import until

import nasbook
from nasbook.scale import export, load_study
from nasbook.scale.storage import stored, trace_of

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("objectives", HERE.parent / "scale" / "conftest.py")
assert spec and spec.loader
objectives = importlib.util.module_from_spec(spec)
spec.loader.exec_module(objectives)

DAEMONS = ["munged", "slurmctld", "slurmd", "sbatch"]
CONFIGURATION = """
ClusterName=nasbook
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 Gres=gpu:2 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


@pytest.fixture
def slurm():
    """A controller, a node of four CPUs and two things it takes for GPUs; answers of its commands, in words."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    if missing := [name for name in DAEMONS if shutil.which(name, path=path) is None]:
        pytest.skip(f"there is no Slurm here: no {', '.join(missing)} on the PATH")
    if os.geteuid() != 0:
        pytest.skip("a node of Slurm starts jobs as root only")
    folder = Path(tempfile.mkdtemp(prefix="nasbook-slurm-"))
    folder.chmod(0o755)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    ports = free_ports(2)
    host = socket.gethostname().partition(".")[0]
    (folder / "slurm.conf").write_text(CONFIGURATION.format(host=host, ports=ports, folder=folder))
    (folder / "gres.conf").write_text("".join(f"Name=gpu File={folder}/gpu{i}\n" for i in range(2)))
    for i in range(2):
        (folder / f"gpu{i}").touch()
    root = str(Path(nasbook.__file__).parents[1])
    (folder / "bin").mkdir()
    command = folder / "bin/nasbook"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m nasbook "$@"\n')
    command.chmod(0o755)
    env = {**os.environ, "PATH": f"{folder}/bin:{path}", "PYTHONPATH": root, "SLURM_CONF": f"{folder}/slurm.conf"}
    munge = [f"--key-file={key}", f"--socket={folder}/munge", f"--pid-file={folder}/munge.pid"]
    munge += [f"--log-file={folder}/munge.log", f"--seed-file={folder}/munge.seed"]
    starts = [["munged", "-f", "-F", *munge], ["slurmctld", "-D"], ["slurmd", "-D"]]
    up = []
    with open(folder / "log", "ab") as log:
        for words in starts:
            up.append(subprocess.Popen(words, env=env, stdout=log, stderr=log, start_new_session=True))
            if words[0] == "munged":
                until(lambda: (folder / "munge").exists())

    def ask(*words: str, cwd: Path | None = None) -> str:
        done = subprocess.run(words, env=env, cwd=cwd, capture_output=True, text=True, timeout=200)
        return done.stdout if done.returncode == 0 else ""

    until(lambda: "idle" in ask("sinfo", "--noheader"))
    yield ask
    ask("scancel", "--user=root")
    for process in reversed(up):
        process.terminate()
        process.wait(timeout=200)
    shutil.rmtree(folder, ignore_errors=True)


def test_the_array_runs_and_loses_nothing_of_tasks_that_are_cancelled_and_killed(slurm, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "objective.py").write_text(objectives.OBJECTIVE)
    space = nasbook.Space(x=nasbook.Float(0, 1))
    trace = nasbook.search("random", lambda config: config["x"], space=space, trials=3)
    what = {"task": "objective:learn", "epochs": 6, "trials": 6, "workers": 3, "gpus": 0.5, "hours": 1}
    script = export(trace, tmp_path / "job.sh", to="slurm", name="array é", best=0, **what)
    script.write_text(script.read_text().replace("nasbook worker", "nasbook worker --heartbeat 1"))
    (tmp_path / "hold.json").write_text('{"epoch": 3}')

    def queued() -> str:
        return slurm("squeue", "--noheader", "--array", "--format=%K %T")

    def started() -> list[dict]:
        log = tmp_path / "starts.log"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def epochs() -> list[int]:
        return sorted(json.loads(p.read_text())["epoch"] for p in tmp_path.glob("runs/*/checkpoints/*/state"))

    said = slurm("sbatch", "job.sh", cwd=tmp_path)
    assert said.startswith("Submitted batch job "), said
    number = said.split()[-1]
    until(lambda: queued().count("RUNNING") == 2)  # of three, since each wants one of two GPUs
    assert queued().count("PENDING") == 1
    until(lambda: epochs() == [3, 3])
    slurm("scancel", f"{number}_0")  # as a time limit does: SIGTERM to the worker; the third comes up
    until(lambda: "0 " not in queued() and len(started()) == 3)
    assert started()[2]["epoch"] == 3, "the trial that was given back goes on"
    (dead,) = [s for s in started()[:2] if s["x"] != started()[2]["x"]]
    os.kill(dead["pid"], signal.SIGKILL)
    until(lambda: "1 " not in queued())
    (tmp_path / "hold.json").unlink()
    until(lambda: not queued())
    (database,) = tmp_path.glob("*.db")
    back = trace_of(stored(f"sqlite:///{database}"))
    assert [t.status for t in back.trials] == ["done"] * 6 and sorted(t.id for t in back.trials) == list(range(6))
    assert all([f for f, _ in t.curve] == [1, 2, 3, 4, 5, 6] for t in back.trials)
    assert [s["epoch"] for s in started() if s["x"] == dead["x"]][1] in (2, 3)
    study = script.with_suffix(".yaml")
    study.write_text(study.read_text().replace("trials: 6", "trials: 7"))
    assert load_study(study, check=False).budget.trials == 7
    slurm("sbatch", "--array=0", "job.sh", cwd=tmp_path)  # once more: it goes on
    until(lambda: len(trace_of(stored(f"sqlite:///{database}"))) == 7 and not queued())
    logs = "".join(p.read_text() for p in tmp_path.glob("*.log"))
    assert "the study is done" in logs and "Traceback" not in logs
