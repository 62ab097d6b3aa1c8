"""A joint search goes through all rooms: join, search, export, run, kill, resume, picture, and the winner trained."""

import os
import signal
import subprocess
import sys
import time

import nasbook
from nasbook.scale import load_study
from nasbook.scale.winner import train
from nasbook.trace import Trace

JOINED = nasbook.join(
    {"edge_0_1": nasbook.Choice(["conv1x1", "conv3x3"])},
    {
        name: nasbook.Constant("skip" if name == "edge_1_3" else "none")
        for name in ("edge_0_2", "edge_1_2", "edge_0_3", "edge_1_3", "edge_2_3")
    },
    lr=nasbook.Float(0.05, 1, log=True),
    weight_decay=nasbook.Choice([0.0, 5e-3], ordered=True, when={"edge_0_1": "conv3x3"}),
)


def test_join_search_export_kill_resume_picture(tmp_path):
    task = nasbook.task("digits-cells", epochs=1, train=50)
    staged = {"order": "in turns", "turn": 3, "inner": "random"}
    whole = nasbook.search("staged", task, space=JOINED, trials=9, seed=2, **staged)
    assert any("weight_decay" in t.config for t in whole.trials) and len({t.info["turn"] for t in whole.trials}) == 3
    study = whole.export(tmp_path / "study.yaml", trials=9, best=0)
    made = load_study(study)
    assert made.search_space == JOINED

    out = tmp_path / "run"
    command = [sys.executable, "-m", "nasbook", "run", str(study), "--out", str(out)]
    going = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    trace = out / "trace.jsonl"
    while going.poll() is None and (not trace.exists() or trace.read_text().count('"status"') < 3):
        time.sleep(0.02)
    if going.poll() is None:
        os.killpg(going.pid, signal.SIGKILL)
    going.wait()
    done = subprocess.run([*command, "--resume"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = Trace.load(trace)
    assert [t.config for t in found.trials] == [t.config for t in whole.trials]
    assert [t.value for t in found.trials] == [t.value for t in whole.trials]
    assert found.plot("history") and found.plot("cell") and found.plot("parallel")

    winner = train(found, tmp_path / "winner", seeds=1)
    assert {k: v for k, v in winner.card["config"].items()} == found.best.config
