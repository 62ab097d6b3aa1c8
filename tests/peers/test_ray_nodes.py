"""Two nodes of Ray that share a wire and no disk: one is lost at a random moment, and so is the driver."""

import importlib.util
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from waiting import until

import nasbook
from nasbook.trace import Trace

HERE = Path(__file__).parent
spec = importlib.util.spec_from_file_location("objectives", HERE.parent / "scale" / "conftest.py")
assert spec and spec.loader
objectives = importlib.util.module_from_spec(spec)
spec.loader.exec_module(objectives)

EPOCHS = 16
HEAD, OTHER = "10.213.7.1", "10.213.7.2"
ADDRESS = f"{HEAD}:6399"
RAY = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
    "PYTHONPATH": str(Path(nasbook.__file__).parents[1]),
}


class Wire:
    """Two network namespaces with a cable between them; the processes in each are a machine of their own."""

    def __init__(self) -> None:
        self.names = [f"nb{os.getpid()}{end}" for end in "ab"]
        a, b = self.names
        for name in self.names:
            subprocess.run(["ip", "netns", "add", name], check=True, capture_output=True)
        self.ip("link", "add", a, "netns", a, "type", "veth", "peer", "name", b, "netns", b)
        for name, address in zip(self.names, (HEAD, OTHER), strict=True):
            self.ip("-n", name, "addr", "add", f"{address}/24", "dev", name)
            self.ip("-n", name, "link", "set", "lo", "up")
            self.ip("-n", name, "link", "set", name, "up")

    def ip(self, *words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True)

    def inside(self, k: int, *command: str) -> list[str]:
        return ["ip", "netns", "exec", self.names[k], *command]

    def lose(self, k: int) -> None:
        """The cable is cut, and then the power: nobody is told good-bye."""
        self.ip("-n", self.names[k], "link", "set", self.names[k], "down")
        self.kill(k)

    def kill(self, k: int) -> None:
        pids = subprocess.run(["ip", "netns", "pids", self.names[k]], capture_output=True, text=True).stdout.split()
        for pid in pids:
            try:
                psutil.Process(int(pid)).kill()
            except psutil.NoSuchProcess:
                continue

    def remove(self) -> None:
        for k, name in enumerate(self.names):
            self.kill(k)
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


@pytest.fixture
def wire() -> Iterator[Wire]:
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("network namespaces need root and the command ip")
    try:
        made = Wire()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"this machine allows no network namespaces: {error.stderr.decode()[:100]}")
    yield made
    made.remove()


def start(wire: Wire, k: int, folder: Path, hide: Path) -> None:
    """A node of one CPU in a namespace; the second cannot see the folder of the study. Ray gives it 15 s, twice."""
    words = ["start", f"--node-ip-address={(HEAD, OTHER)[k]}", "--num-cpus=1", f"--temp-dir={folder}"]
    words += ["--head", "--port=6399", "--include-dashboard=false"] if k == 0 else [f"--address={ADDRESS}"]
    ray = [sys.executable, "-m", "ray.scripts.scripts", *words]
    hidden = ["sh", "-c", f'mount -t tmpfs none "{hide}" && exec "$@"', "sh"] if k else []
    for _ in range(2):
        done = subprocess.run(
            wire.inside(k, *hidden, *ray), cwd="/", env={**os.environ, **RAY}, capture_output=True, text=True
        )
        if done.returncode == 0:
            return
        wire.kill(k)
    pytest.skip(f"Ray's node did not come up within its 15 seconds, twice: {done.stderr[-200:]}")


def test_a_node_and_the_driver_are_lost_at_random_moments_and_at_most_an_epoch_a_trial_with_them(wire, tmp_path):
    own = tmp_path / "study"
    own.mkdir()
    (own / "objective.py").write_text(objectives.OBJECTIVE.replace("pause=0.03", "pause=0.2"))
    more = f"fidelity: {{unit: epoch, min: 1, max: {EPOCHS}}}\nseeds: {{search: 5}}\nworkers: 2"
    (own / "study.yaml").write_text(objectives.STUDY.format(function="learn", trials=3, more=more))
    out, log, held = own / "out", own / "starts.log", own / "hold.json"
    held.write_text('{"epoch": 2}')  # the first node's trial waits for the other's, which sees no such file
    folders = [Path(f"/tmp/nb{os.getpid()}{end}") for end in "ab"]  # short: sockets lie in them
    seed = random.randrange(10**6)
    rng = random.Random(seed)
    print(f"random moments of seed {seed}")

    def here() -> list[dict]:
        """The starts on the first node; the other writes elsewhere, since it sees no folder of the study."""
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def reported() -> dict[float, int]:
        """By trial (its x), the last epoch that the driver has heard of."""
        found = {}
        for file in out.glob("checkpoints/*/progress.json"):
            row = json.loads(file.read_text())
            found[int(file.parent.name)] = int(row["curve"][-1][0]) if row["curve"] else 0
        asked = {t.id: t.config["x"] for t in Trace.load(out / "trace.jsonl").pending}
        return {asked[i]: epoch for i, epoch in found.items() if i in asked}

    def begin() -> subprocess.Popen:
        command = [sys.executable, "-m", "nasbook.cli", "run", str(own / "study.yaml"), "--out", str(out), "--resume"]
        command += ["--engine", "ray", "--address", ADDRESS]
        with open(own / "said", "ab") as said:
            return subprocess.Popen(wire.inside(0, *command), env={**os.environ, **RAY}, stderr=said, stdout=said)

    try:
        start(wire, 0, folders[0], own)
        start(wire, 1, folders[1], own)
        driver = begin()
        until(lambda: (out / "trace.jsonl").exists() and len(reported()) == 2 and min(reported().values()) >= 1)
        assert len(here()) == 1, "each node has one of the two trials"
        (there,) = set(reported()) - {here()[0]["x"]}
        moment = rng.randint(2, 8)
        until(lambda: reported()[there] >= moment)
        time.sleep(rng.random() / 2)
        before = reported()[there]
        wire.lose(1)
        held.unlink()
        until(lambda: any(s["x"] == there for s in here()))
        again = next(s for s in here() if s["x"] == there)
        assert again["epoch"] >= before - 1, "it goes on from what had come home"
        moment = rng.randint(again["epoch"] + 1, EPOCHS - 3)
        until(lambda: reported().get(there, EPOCHS) >= moment)
        time.sleep(rng.random() / 2)
        heard = reported()
        driver.kill()
        driver.wait(timeout=200)
        workers = [s["pid"] for s in here()]
        until(lambda: not any(psutil.pid_exists(pid) for pid in workers))
        n = len(here())
        driver = begin()
        assert driver.wait(timeout=400) == 0, (own / "said").read_text()[-2000:]
        for s in here()[n:]:
            assert s["epoch"] >= heard.get(s["x"], 0) - 1
    finally:
        for k in (0, 1):
            wire.kill(k)
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
    trace = Trace.load(out / "trace.jsonl")
    assert [t.status for t in trace.trials] == ["done"] * 3
    assert all([f for f, _ in t.curve] == list(range(1, EPOCHS + 1)) for t in trace.trials)
    rows = [json.loads(line) for line in (out / "trace.jsonl").read_text().splitlines()]
    assert set(Counter(row["id"] for row in rows if row.get("event") == "tell").values()) == {1}
